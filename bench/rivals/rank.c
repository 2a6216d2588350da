/* SPDX-License-Identifier: 0BSD */
/* lookaside-rank: every rival over the same traces, ranked by the space they need. */
#include "rank.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"

enum { EXIT_DONE = 0, EXIT_BAD = 1, EXIT_USAGE = 2 };
enum option_key {
    KEY_JSON = 256,
    KEY_RIVALS,
    KEY_WINDOW,
    KEY_SEGMENTS,
    KEY_STEPS,
    KEY_MOVES,
    KEY_QUICK,
    KEY_LIST
};

#define HEAP_WINDOW_MIB 256u
#define VAS_WINDOW_MIB  4096u
#define STEPS_MAX       UINT64_C(1000000000)

struct arguments {
    struct rank_options options; /* window_mib 0: each kind's default */
    const char *json;            /* NULL: none; "-": instead of the tables */
    bool list;
    char **paths;
    int path_count;
};

static const struct argp_option options[] = {
    { "json", KEY_JSON, "FILE", 0, "Every figure, as exact integers; - is standard output", 0 },
    { "rivals", KEY_RIVALS, "NAME,...", 0, "Only these; --list names them", 0 },
    { "window-mib", KEY_WINDOW, "N", 0, "Addresses to give out (heaps 256, address spaces 4096)",
      0 },
    { "segments", KEY_SEGMENTS, NULL, 0, "Ask address spaces for whole 64 KiB segments", 0 },
    { "steps-max", KEY_STEPS, "N", 0, "A rival gives up on a trace after N steps (1000000000)", 0 },
    { "moves", KEY_MOVES, NULL, 0, "Regions that grow move, also where they could grow in place",
      0 },
    { "quick", KEY_QUICK, NULL, 0, "Do not look for the smallest window that refuses nothing", 0 },
    { "list", KEY_LIST, NULL, 0, "The rivals, a line each", 0 },
    { 0 },
};

/* -- Options ----------------------------------------------------------------------------------- */

static bool is_name(const char *name, size_t length)
{
    for (uint32_t i = 0; heap_rivals[i] != NULL; i++)
        if (strlen(heap_rivals[i]->name) == length &&
            strncmp(heap_rivals[i]->name, name, length) == 0)
            return true;
    for (uint32_t i = 0; vas_rivals[i] != NULL; i++)
        if (strlen(vas_rivals[i]->name) == length &&
            strncmp(vas_rivals[i]->name, name, length) == 0)
            return true;
    return false;
}

static void check_names(struct argp_state *state, const char *names)
{
    for (const char *at = names; at != NULL;) {
        size_t length = strcspn(at, ",");

        if (!is_name(at, length))
            argp_error(state, "there is no rival '%.*s'; --list names them", (int)length, at);
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
}

static uint64_t number(struct argp_state *state, const char *option, const char *text, uint64_t min,
                       uint64_t max)
{
    char *end;

    errno = 0;

    unsigned long long value = strtoull(text, &end, 10);

    if (errno || end == text || *end || *text == '-' || value < min || value > max)
        argp_error(state, "--%s: %s is not a number from %llu to %llu", option, text,
                   (unsigned long long)min, (unsigned long long)max);
    return value;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case KEY_JSON: arguments->json = argument; return 0;
    case KEY_RIVALS:
        check_names(state, argument);
        arguments->options.rivals = argument;
        return 0;
    case KEY_WINDOW:
        arguments->options.window_mib = (uint32_t)number(state, "window-mib", argument, 4, 4096);
        return 0;
    case KEY_SEGMENTS: arguments->options.segments = true; return 0;
    case KEY_STEPS:
        arguments->options.steps_max = number(state, "steps-max", argument, 1, UINT64_MAX / 2u);
        return 0;
    case KEY_MOVES: arguments->options.moves = true; return 0;
    case KEY_QUICK: arguments->options.no_smallest = true; return 0;
    case KEY_LIST: arguments->list = true; return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->list && arguments->path_count == 0)
            argp_error(state, "expected traces");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Ranking ----------------------------------------------------------------------------------- */

static void list_rivals(void)
{
    printf("heaps\n");
    for (uint32_t i = 0; heap_rivals[i] != NULL; i++)
        printf("  %-14s %s\n", heap_rivals[i]->name, heap_rivals[i]->what);
    printf("address spaces\n");
    for (uint32_t i = 0; vas_rivals[i] != NULL; i++)
        printf("  %-14s %s\n", vas_rivals[i]->name, vas_rivals[i]->what);
}

static bool fail(const char *what)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    fprintf(stderr, "lookaside-rank: %s\n", what);
    return false;
}

static bool fail_on(const char *path, const char *what)
{
    char message[TRACE_MESSAGE_BYTES + RANK_MESSAGE_BYTES];

    snprintf(message, sizeof message, "%s: %s", path, what);
    return fail(message);
}

static bool rank_trace(const struct arguments *arguments, const char *path, json_t *json)
{
    static struct rank_heap heap;
    static struct rank_vas vas;
    struct trace_loaded trace;
    struct rank_options heap_options = arguments->options;
    struct rank_options vas_options = arguments->options;
    char message[TRACE_MESSAGE_BYTES];
    bool tables = arguments->json == NULL || strcmp(arguments->json, "-") != 0;

    if (!trace_load(path, &trace, message, sizeof message))
        return fail(message);
    if (heap_options.window_mib == 0)
        heap_options.window_mib = HEAP_WINDOW_MIB;
    if (vas_options.window_mib == 0)
        vas_options.window_mib = VAS_WINDOW_MIB;

    bool good = rank_heaps(&trace, &heap_options, &heap, message) &&
                rank_spaces(&trace, &vas_options, &vas, message);

    trace_unload(&trace);
    if (!good)
        return fail_on(path, message);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (heap.count > 0) {
        json_array_append_new(json, rank_heap_json(path, &heap));
        if (tables)
            rank_print_heap(path, &heap);
    }
    if (vas.count > 0) {
        json_array_append_new(json, rank_vas_json(path, &vas));
        if (tables)
            rank_print_vas(path, &vas);
    }
    return heap.count + vas.count > 0 ||
           fail_on(path, "nothing to rank (expected block, region or stack ops)");
}

static bool write_json(const char *path, json_t *ranks)
{
    struct aside aside;
    json_t *root = json_pack("{ss sO}", "schema", "lookaside-rank 1", "ranks", ranks);
    bool good = root != NULL && aside_open(&aside, path);

    if (good) {
        good = json_dumpfd(root, aside.fd, JSON_INDENT(1)) == 0;
        if (good)
            good = aside_commit(&aside);
        else
            aside_abandon(&aside);
    }
    json_decref(root);
    return good || fail_on(path, strerror(errno));
}

static int rank(const struct arguments *arguments)
{
    json_t *ranks = json_array();
    bool good = ranks != NULL;

    for (int i = 0; i < arguments->path_count; i++) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[K%s", arguments->paths[i]);
        good = rank_trace(arguments, arguments->paths[i], ranks) && good;
        (void)fflush(stdout); /* what is done is seen, whatever comes next */
    }
    if (arguments->json != NULL && !write_json(arguments->json, ranks))
        good = false;
    json_decref(ranks);
    if (fflush(stdout) != 0 || ferror(stdout))
        good = fail_on("standard output", strerror(errno));
    return good ? EXIT_DONE : EXIT_BAD;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "TRACE...",
        .doc = "Every rival over the same traces: heaps ranked by the pages they commit at their "
               "peak, address spaces by the smallest window in which they refuse nothing. The "
               "figures are exact: the same on every run and every machine.",
    };
    struct arguments arguments = { .options = { .steps_max = STEPS_MAX } };

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    if (arguments.list) {
        list_rivals();
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_BAD;
    }
    return rank(&arguments);
}
