/* SPDX-License-Identifier: 0BSD */
/* Options. */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inventory.h"

enum { EXIT_USAGE = 2 };

enum option_key {
    KEY_FILTER = 256,
    KEY_QUICK,
    KEY_PEER,
    KEY_JSON,
    KEY_BRIEF,
    KEY_REPEAT,
    KEY_MINUTES,
    KEY_COUNT,
    KEY_SPACE,
    KEY_CORPUS,
    KEY_BUCKETS,
    KEY_OPS
};

static const struct argp_option table[] = {
    { "filter", KEY_FILTER, "RE", 0,
      "Only cases that match, such as heap/user32, vas/mix/98/i386 or /mimalloc$", 0 },
    { "quick", KEY_QUICK, NULL, 0, "The most telling cases, about a minute and a half", 0 },
    { "peer", KEY_PEER, "NAME=PATH", 0,
      "Measure the malloc() of this shared library too (may be given several times)", 0 },
    { "json", KEY_JSON, "FILE", 0,
      "Also write every figure, for ./lookaside compare (-: to stdout, and no tables)", 0 },
    { "brief", KEY_BRIEF, NULL, 0, "JSON with the median of each case, not each repetition", 0 },
    { "minutes", KEY_MINUTES, "N", 0,
      "Stop after N minutes (what is in --quick comes first) and report what is done", 0 },
    { "repeat", KEY_REPEAT, "N", 0, "Repetitions of each timed case (3 to 9)", 0 },
    { "space", KEY_SPACE, NULL, 0, "Only what is exact: memory, refusals, digests; no time", 0 },
    { "instructions", KEY_COUNT, NULL, 0, "Count instructions (valgrind) instead of time", 0 },
    { "corpus", KEY_CORPUS, "DIR", 0, "Where the recorded traces are", 0 },
    { "buckets", KEY_BUCKETS, "16,32,...", 0, "Block sizes in bytes (the default table)", 0 },
    { "ops", KEY_OPS, "N", 0, "Only the first N heap ops of a trace (all; counting: 1000000)", 0 },
    { 0 },
};

static uint32_t number(struct argp_state *state, const char *option, const char *text,
                       unsigned long max)
{
    char *end;

    errno = 0;

    unsigned long value = strtoul(text, &end, 10);

    if (errno || *text < '0' || *text > '9' || *end || value < 1 || value > max)
        argp_error(state, "--%s: %s is not a number from 1 to %lu", option, text, max);
    return (uint32_t)value;
}

static void parse_filter(struct argp_state *state, struct bench_options *options, const char *text)
{
    char problem[128];
    int error;

    if (options->filtered)
        regfree(&options->filter);
    error = regcomp(&options->filter, text, REG_EXTENDED | REG_NOSUB);
    options->filtered = error == 0;
    if (error != 0) {
        regerror(error, &options->filter, problem, sizeof problem);
        argp_error(state, "--filter: %s: %s", text, problem);
    }
}

static void parse_peer(struct argp_state *state, struct bench_options *options, const char *text)
{
    if (!inventory_is_peer(text))
        argp_error(state, "--peer: %s: expected NAME=PATH, NAME of letters, digits and .-+_", text);
    if (options->peer_count == BENCH_PEERS_GIVEN_MAX)
        argp_error(state, "--peer: more than %u", BENCH_PEERS_GIVEN_MAX);
    options->peers[options->peer_count++] = text;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct bench_options *options = state->input;

    switch (key) {
    case KEY_FILTER: parse_filter(state, options, argument); return 0;
    case KEY_QUICK: options->quick = true; return 0;
    case KEY_PEER: parse_peer(state, options, argument); return 0;
    case KEY_JSON: options->json = argument; return 0;
    case KEY_REPEAT: options->repeat = number(state, "repeat", argument, 1000); return 0;
    case KEY_BRIEF: options->brief = true; return 0;
    case KEY_MINUTES: options->minutes = number(state, "minutes", argument, 10000); return 0;
    case KEY_COUNT: options->count = true; return 0;
    case KEY_SPACE: options->space = true; return 0;
    case KEY_CORPUS: options->corpus = argument; return 0;
    case KEY_BUCKETS:
        if (!buckets_parse(argument, &options->sizes))
            argp_error(state, BUCKETS_EXPECTED, argument);
        options->buckets = argument;
        return 0;
    case KEY_OPS:
        (void)number(state, "ops", argument, UINT32_MAX);
        options->ops = argument;
        return 0;
    case ARGP_KEY_ARGS:
        options->paths = state->argv + state->next;
        options->path_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (options->count && options->space)
            argp_error(state, "--instructions and --space exclude each other");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Words with other than these are quoted. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%"

static void keep_command(struct bench_options *options, int argc, char **argv)
{
    size_t length = 0;

    for (int i = 0; i < argc && length < sizeof options->command; i++) {
        const char *quote = i == 0 || argv[i][strspn(argv[i], PLAIN)] == '\0' ? "" : "'";

        length += (size_t)snprintf(options->command + length, sizeof options->command - length,
                                   "%s%s%s%s", i == 0 ? "./" : " ", quote, argv[i], quote);
    }
}

int options_parse(struct bench_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = table,
        .parser = parse_option,
        .args_doc = "[TRACE...]",
        .doc = "What the allocator costs, beside other people's allocators and the other systems "
               "in bench/rivals, in one run, on x86-64 and i386: recorded heaps and address "
               "spaces, address spaces at an occupancy, stacks, faults, several heaps. With TRACE "
               "only these traces.\v"
               "Names of cases are WHAT/ABI/WHOSE; what is in the tables are ns of CPU time per op "
               "minus those of an empty replay (floor-...).",
    };

    *options =
        (struct bench_options){ .corpus = BENCH_CORPUS_DIR, .progress = isatty(STDERR_FILENO) };
    keep_command(options, argc, argv);
    argp_err_exit_status = EXIT_USAGE;
    return argp_parse(&argp, argc, argv, 0, NULL, options) != 0 ? EXIT_USAGE : 0;
}

void options_free(struct bench_options *options)
{
    if (options->filtered)
        regfree(&options->filter);
}

bool options_want(const struct bench_options *options, const char *name)
{
    return !options->filtered || regexec(&options->filter, name, 0, NULL, 0) == 0;
}
