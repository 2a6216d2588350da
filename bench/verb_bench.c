/* SPDX-License-Identifier: 0BSD */
/* `lookaside bench`: which things to measure, in which order, and what to do with the figures. */
#define _GNU_SOURCE /* nftw() */
#include "bench.h"

#include <argp.h>
#include <errno.h>
#include <ftw.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buckets.h"
#include "measure.h"
#include "vas_names.h"

enum { EXIT_DONE = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

#define ROUNDS_DEFAULT "9"
#define TRACES_MAX     1024u

enum option_key {
    KEY_FILTER = 256,
    KEY_REPEAT,
    KEY_JSON,
    KEY_COUNT,
    KEY_CORPUS,
    KEY_BUCKETS,
    KEY_OPS
};

struct arguments {
    regex_t filter;
    bool filtered;
    bool count;
    bool progress;
    const char *repeat;
    const char *ops;
    const char *json;
    const char *corpus;
    const char *buckets;
    struct target_buckets sizes; /* only to know that they make a table */
    char **paths;
    int path_count;
};

static const struct argp_option options[] = {
    { "filter", KEY_FILTER, "RE", 0, "Only names that match, such as heap/user32 or vas/mix", 0 },
    { "repeat", KEY_REPEAT, "N", 0, "Rounds; figures are medians over them (9)", 0 },
    { "json", KEY_JSON, "FILE", 0, "Also write every figure (-: to stdout, and no tables)", 0 },
    { "instructions", KEY_COUNT, NULL, 0, "Count instructions (valgrind) instead of time", 0 },
    { "corpus", KEY_CORPUS, "DIR", 0, "Where the recorded traces are", 0 },
    { "buckets", KEY_BUCKETS, "16,32,...", 0, "Block sizes in bytes (the default table)", 0 },
    { "ops", KEY_OPS, "N", 0, "Only the first N heap ops of a trace (all; counting: 1000000)", 0 },
    { 0 },
};

/* -- Options ----------------------------------------------------------------------------------- */

static void expect_number(struct argp_state *state, const char *option, const char *text,
                          unsigned long max)
{
    char *end;

    errno = 0;

    unsigned long value = strtoul(text, &end, 10);

    if (errno || *text < '0' || *text > '9' || *end || value < 1 || value > max)
        argp_error(state, "--%s: %s is not a number from 1 to %lu", option, text, max);
}

static void parse_filter(struct argp_state *state, struct arguments *arguments, const char *text)
{
    char problem[128];
    int error;

    if (arguments->filtered)
        regfree(&arguments->filter);
    error = regcomp(&arguments->filter, text, REG_EXTENDED | REG_NOSUB);
    arguments->filtered = error == 0;
    if (error != 0) {
        regerror(error, &arguments->filter, problem, sizeof problem);
        argp_error(state, "--filter: %s: %s", text, problem);
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case KEY_FILTER: parse_filter(state, arguments, argument); return 0;
    case KEY_REPEAT:
        expect_number(state, "repeat", argument, 1000);
        arguments->repeat = argument;
        return 0;
    case KEY_JSON: arguments->json = argument; return 0;
    case KEY_COUNT: arguments->count = true; return 0;
    case KEY_CORPUS: arguments->corpus = argument; return 0;
    case KEY_BUCKETS:
        if (!buckets_parse(argument, &arguments->sizes))
            argp_error(state, BUCKETS_EXPECTED, argument);
        arguments->buckets = argument;
        return 0;
    case KEY_OPS:
        expect_number(state, "ops", argument, UINT32_MAX);
        arguments->ops = argument;
        return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = state->argc - state->next;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Which traces ------------------------------------------------------------------------------ */

/* nftw() passes no context. */
static char *found[TRACES_MAX];
static uint32_t found_count;

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int take_file(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)place;
    if (kind != FTW_F || !(ends_with(path, ".lat") || ends_with(path, ".lat.zst")))
        return 0;
    if (found_count == TRACES_MAX)
        return 1;
    found[found_count] = strdup(path);
    return found[found_count++] == NULL;
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool find_corpus(const char *folder)
{
    if (nftw(folder, take_file, 16, 0) != 0)
        return false;
    qsort(found, found_count, sizeof found[0], compare_paths);
    return true;
}

/* "heap/" and the path below `folder` (NULL: the file's own name) without its extensions. */
static void name_of(const char *path, const char *folder, char *name, size_t size)
{
    static const char *const ends[] = { ".zst", ".lat" };
    const char *last = strrchr(path, '/');
    size_t skip = folder != NULL ? strlen(folder) : last != NULL ? (size_t)(last + 1 - path) : 0;

    while (folder != NULL && path[skip] == '/')
        skip++;
    snprintf(name, size, "heap/%s", path + skip);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i]))
            name[strlen(name) - strlen(ends[i])] = '\0';
}

/* -- Measuring --------------------------------------------------------------------------------- */

static bool is_wanted(const struct arguments *arguments, const char *name)
{
    return !arguments->filtered || regexec(&arguments->filter, name, 0, NULL, 0) == 0;
}

static void show_progress(const struct arguments *arguments, const char *name, uint32_t abi)
{
    if (arguments->progress)
        fprintf(stderr, "\r\033[K%s %s", name, bench_abi_names[abi]);
}

static bool fail(const struct arguments *arguments, const char *message)
{
    fprintf(stderr, "%slookaside bench: %s\n", arguments->progress ? "\r\033[K" : "", message);
    return false;
}

static bool run_trace(const struct arguments *arguments, struct measure *measure, const char *path,
                      const char *folder)
{
    char name[RESULT_NAME_BYTES];
    bool any;

    name_of(path, folder, name, sizeof name);
    if (!is_wanted(arguments, name))
        return true;
    if (!measure_unpack(measure, path, &any))
        return fail(arguments, measure->message);
    for (uint32_t abi = 0; any && abi < BENCH_ABIS; abi++) {
        if (measure->programs[abi] == NULL)
            continue;
        show_progress(arguments, name, abi);
        if (!(arguments->count ? count_heap : measure_heap)(measure, name, abi))
            return fail(arguments, measure->message);
    }
    return true;
}

static bool run_work(const struct arguments *arguments, struct measure *measure, const char *work)
{
    char name[RESULT_NAME_BYTES];

    snprintf(name, sizeof name, "vas/%s", work);
    if (!is_wanted(arguments, name))
        return true;
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        if (measure->programs[abi] == NULL)
            continue;
        show_progress(arguments, name, abi);
        if (!(arguments->count ? count_vas : measure_vas)(measure, name, work, abi))
            return fail(arguments, measure->message);
    }
    return true;
}

/* Traces given: those and nothing else. */
static bool run_all(const struct arguments *arguments, struct measure *measure)
{
    bool good = true;

    for (int i = 0; i < arguments->path_count; i++)
        good = run_trace(arguments, measure, arguments->paths[i], NULL) && good;
    for (uint32_t i = 0; i < found_count; i++)
        good = run_trace(arguments, measure, found[i], arguments->corpus) && good;
    for (uint32_t i = 0; arguments->path_count == 0 && i < VAS_WORKS; i++)
        good = run_work(arguments, measure, vas_work_names[i]) && good;
    if (arguments->progress)
        fprintf(stderr, "\r\033[K");
    return good;
}

static int report(const struct arguments *arguments, struct measure *measure)
{
    struct bench_facts facts = {
        .rounds = (uint32_t)strtoul(arguments->repeat, NULL, 10),
        .ops_max = arguments->ops != NULL ? (uint32_t)strtoul(arguments->ops, NULL, 10) : 0,
        .buckets = arguments->buckets,
    };

    if (measure->results.count == 0) {
        fail(arguments, "nothing was measured: no name matches, or no trace has heap ops");
        return EXIT_USAGE;
    }
    if (arguments->json == NULL || strcmp(arguments->json, "-") != 0)
        bench_print_text(stdout, &measure->results, &facts);
    if (arguments->json != NULL && !bench_print_json(arguments->json, &measure->results, &facts,
                                                     measure->message, sizeof measure->message)) {
        fail(arguments, measure->message);
        return EXIT_BAD;
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_BAD;
}

static int bench(const struct arguments *arguments, struct measure *measure)
{
    int status;

    if (arguments->count && !count_possible()) {
        fail(arguments, "--instructions needs valgrind (package valgrind)");
        return EXIT_SETUP;
    }
    if (!measure_begin(measure)) {
        fail(arguments, measure->message);
        return EXIT_SETUP;
    }
    if (measure->programs[1] == NULL)
        fail(arguments, "no figures for i386: lookaside-cost-i386 is not built (gcc-multilib)");
    if (arguments->path_count == 0 && !find_corpus(arguments->corpus)) {
        fprintf(stderr, "lookaside bench: %s: %s\n", arguments->corpus, strerror(errno));
        return EXIT_SETUP;
    }

    bool good = run_all(arguments, measure);

    if (!good && measure->results.count == 0)
        return EXIT_BAD;
    status = report(arguments, measure);
    return good ? status : EXIT_BAD;
}

int verb_bench(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "[TRACE...]",
        .doc =
            "The cost of the allocator's operations beside glibc's in the same run, on x86-64 and "
            "i386: every recorded trace with heap ops, then reserving and releasing addresses.",
    };
    struct arguments arguments = { .repeat = ROUNDS_DEFAULT,
                                   .corpus = BENCH_CORPUS_DIR,
                                   .progress = isatty(STDERR_FILENO) };
    struct measure measure = { .message = "" };
    int status;

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    measure.rounds = arguments.repeat;
    measure.ops = arguments.ops;
    measure.buckets = arguments.buckets;
    status = bench(&arguments, &measure);
    measure_end(&measure);
    while (found_count > 0)
        free(found[--found_count]);
    if (arguments.filtered)
        regfree(&arguments.filter);
    return status;
}
