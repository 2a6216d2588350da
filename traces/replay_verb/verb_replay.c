/* SPDX-License-Identifier: 0BSD */
/* `lookaside replay`: options, one trace after the other, exit status. A trace that fails does not
 * keep the others from being replayed.
 */
#include "replay_verb.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay_print.h"

enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

#define SEGMENTS_PER_MIB ((UINT32_C(1) << 20) / LA_SEGMENT_BYTES)
#define RANGE_MIB_MAX    (LA_SEGMENTS / SEGMENTS_PER_MIB)

enum option_key {
    KEY_DIGEST = 256,
    KEY_JSON,
    KEY_BUCKETS,
    KEY_BUCKETS_TABLE,
    KEY_RANGE,
    KEY_LIMIT,
    KEY_FAIL,
    KEY_CHECK,
    KEY_NO_CANARIES,
    KEY_WINDOW,
    KEY_SALVAGE,
    KEY_RETAIN_PAGES,
    KEY_RETAIN_SHIFT,
    KEY_TRIM_SHIFT,
    KEY_UPTO,
    KEY_BYTES,
};

struct replay_verb {
    struct replay_run_options run;
    struct bucket_table buckets;
    bool digest_only;
    bool json;
    bool buckets_table;
    bool real_window;
    char **paths;
    int path_count;
    json_t *results; /* with --json */
};

static const struct argp_option options[] = {
    { "digest", KEY_DIGEST, NULL, 0, "Print one line a trace: digest, file", 0 },
    { "json", KEY_JSON, NULL, 0, "Print an array with every figure of every trace", 0 },
    { "buckets", KEY_BUCKETS, "16,32,...", 0, "Block sizes in bytes (the default table)", 0 },
    { "buckets-table", KEY_BUCKETS_TABLE, NULL, 0, "Show what each bucket holds at the end", 0 },
    { "range-mib", KEY_RANGE, "N", 0, "Manage the first N MiB of addresses (2048)", 0 },
    { "limit-pages", KEY_LIMIT, "N", 0, "There are N pages of memory", 0 },
    { "fail-commit", KEY_FAIL, "N", 0, "The N-th commit of each trace fails", 0 },
    { "check-every", KEY_CHECK, "N", 0, "Check all invariants after every N-th op", 0 },
    { "no-canaries", KEY_NO_CANARIES, NULL, 0, "Do not write to blocks and stacks", 0 },
    { "window", KEY_WINDOW, "real|cheap", 0,
      "Memory by protection, or without system calls (cheap)", 0 },
    { "retain-pages", KEY_RETAIN_PAGES, "N", 0, "Heaps keep at least N pages of empty segments",
      0 },
    { "retain-shift", KEY_RETAIN_SHIFT, "N", 0, "... and one page in 2^N of theirs", 0 },
    { "trim-shift", KEY_TRIM_SHIFT, "N", 0, "Heaps look for empty pages when grown by 1 in 2^N",
      0 },
    { "upto", KEY_UPTO, "N", 0, "Replay only the first N ops of each trace", 0 },
    { "bytes", KEY_BYTES, NULL, 0, "Traces are in byte form, whatever they look like", 0 },
    { "salvage", KEY_SALVAGE, NULL, 0, "Replay what a damaged trace still holds", 0 },
    { 0 },
};

/* -- Options ----------------------------------------------------------------------------------- */

/* A whole decimal number in [min, max], or a usage error. */
static uint32_t number(struct argp_state *state, const char *option, const char *text, uint32_t min,
                       uint32_t max)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < min || value > max)
        argp_error(state, "--%s: %s is not a number from %" PRIu32 " to %" PRIu32, option, text,
                   min, max);
    return (uint32_t)value;
}

static void parse_buckets(struct argp_state *state, struct replay_verb *verb, const char *text)
{
    uint16_t bytes[BUCKETS_MAX];
    uint32_t count = 0;

    for (const char *at = text;; at++) {
        char *end;
        unsigned long value = strtoul(at, &end, 10);

        if (end == at || value > BUCKET_BYTES_MAX || count == BUCKETS_MAX)
            break;
        bytes[count++] = (uint16_t)value;
        at = end;
        if (*at == '\0') {
            if (bucket_table_init(&verb->buckets, bytes, count) == LA_OK)
                return;
            break;
        }
        if (*at != ',')
            break;
    }
    argp_error(state, "--buckets: %s: expected at most %u ascending multiples of %u up to %u", text,
               BUCKETS_MAX, BUCKET_GRAIN_BYTES, (unsigned)BUCKET_BYTES_MAX);
}

static void parse_window(struct argp_state *state, struct replay_verb *verb, const char *text)
{
    verb->real_window = strcmp(text, "real") == 0;
    if (!verb->real_window && strcmp(text, "cheap") != 0)
        argp_error(state, "--window: %s: expected real or cheap", text);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct replay_verb *verb = state->input;
    struct replay_run_options *run = &verb->run;

    switch (key) {
    case KEY_DIGEST: verb->digest_only = true; return 0;
    case KEY_JSON: verb->json = true; return 0;
    case KEY_BUCKETS: parse_buckets(state, verb, argument); return 0;
    case KEY_BUCKETS_TABLE: verb->buckets_table = true; return 0;
    case KEY_RANGE:
        run->config.end_segment =
            number(state, "range-mib", argument, 1, RANGE_MIB_MAX) * SEGMENTS_PER_MIB;
        return 0;
    case KEY_LIMIT:
        run->limit_pages = number(state, "limit-pages", argument, 1, UINT32_MAX);
        return 0;
    case KEY_FAIL:
        run->fail_commit = number(state, "fail-commit", argument, 1, UINT32_MAX);
        return 0;
    case KEY_CHECK:
        run->config.check_every = number(state, "check-every", argument, 1, UINT32_MAX);
        return 0;
    case KEY_NO_CANARIES: run->config.canaries = false; return 0;
    case KEY_WINDOW: parse_window(state, verb, argument); return 0;
    case KEY_SALVAGE: run->salvage = true; return 0;
    case KEY_BYTES: run->bytes = true; return 0;
    case KEY_UPTO: run->upto = number(state, "upto", argument, 1, UINT32_MAX); return 0;
    case KEY_RETAIN_PAGES:
        run->config.policy.retain_pages_min = number(state, "retain-pages", argument, 1, 1u << 20);
        return 0;
    case KEY_RETAIN_SHIFT:
        run->config.policy.retain_shift = number(state, "retain-shift", argument, 1, 31);
        return 0;
    case KEY_TRIM_SHIFT:
        run->config.policy.trim_shift = number(state, "trim-shift", argument, 1, 31);
        return 0;
    case ARGP_KEY_ARGS:
        verb->paths = state->argv + state->next;
        verb->path_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "expected a trace"); return 0;
    case ARGP_KEY_END:
        run->at_peak = !verb->digest_only;
        if (verb->digest_only && verb->json)
            argp_error(state, "--digest and --json exclude each other");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Traces ------------------------------------------------------------------------------------ */

/* A JSON result is kept until the end; false if there is no memory for it. */
static bool show(struct replay_verb *verb, const char *path, const struct replay_run *run)
{
    if (verb->json)
        return json_array_append_new(verb->results, replay_to_json(path, run, &verb->buckets)) == 0;
    if (verb->digest_only) {
        printf("%016" PRIx64 "  %s\n", run->result.digest, path);
        return true;
    }
    replay_print_summary(path, run);
    if (verb->buckets_table)
        replay_print_buckets(run, &verb->buckets);
    return true;
}

static int replay_all(struct replay_verb *verb, struct host_window *window)
{
    struct replay_run *run = malloc(sizeof *run);
    int status = EXIT_GOOD;

    verb->results = json_array();
    for (int i = 0; run && i < verb->path_count; i++) {
        if (!replay_run(run, verb->paths[i], &verb->run, window)) {
            fprintf(stderr, "lookaside replay: %s\n", run->message);
            status = EXIT_BAD;
        } else if (!show(verb, verb->paths[i], run)) {
            fprintf(stderr, "lookaside replay: no memory for the figures of %s\n", verb->paths[i]);
            status = EXIT_BAD;
        }
    }
    if (verb->json)
        json_dumpf(verb->results, stdout, JSON_INDENT(2));
    if (verb->json)
        putchar('\n');
    json_decref(verb->results);
    if (!run || fflush(stdout) != 0) {
        fprintf(stderr, "lookaside replay: %s\n", strerror(errno));
        status = EXIT_BAD;
    }
    free(run);
    return status;
}

static int open_and_replay(struct replay_verb *verb)
{
    struct host_window *window = calloc(1, sizeof *window);
    const struct host_window_options wanted = { .cheap = !verb->real_window,
                                                .first_segment = verb->run.config.first_segment,
                                                .end_segment = verb->run.config.end_segment };
    enum la_status opened = window ? host_window_open(window, &wanted) : LA_NO_MEMORY;
    int status = EXIT_SETUP;

    if (opened == LA_OK) {
        status = replay_all(verb, window);
        host_window_close(window);
    } else {
        fprintf(stderr, "lookaside replay: no window of %" PRIu32 " MiB: %s\n",
                wanted.end_segment / SEGMENTS_PER_MIB,
                opened == LA_NO_SPACE ? "this process has no addresses for it (ulimit -v?)"
                                      : "no memory");
    }
    free(window);
    return status;
}

int verb_replay(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "TRACE...",
        .doc = "Run recorded traces through the allocator and print digest and space figures.",
    };
    struct replay_verb *verb = calloc(1, sizeof *verb);
    int status = EXIT_SETUP;

    if (!verb) {
        fprintf(stderr, "lookaside replay: %s\n", strerror(errno));
        return EXIT_SETUP;
    }
    verb->run.config = (struct replay_config){ .first_segment = REPLAY_FIRST_SEGMENT,
                                               .end_segment = REPLAY_END_SEGMENT,
                                               .buckets = &verb->buckets,
                                               .canaries = true };
    argp_err_exit_status = EXIT_USAGE;
    if (bucket_table_init(&verb->buckets, bucket_default_bytes, bucket_default_count) == LA_OK &&
        argp_parse(&argp, argc, argv, 0, NULL, verb) == 0)
        status = open_and_replay(verb);
    free(verb);
    return status;
}
