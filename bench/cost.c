/* SPDX-License-Identifier: 0BSD */
/* lookaside-cost: takes the time. A small program of its own, so that it can be built for i386
 * too, where neither libzstd nor jansson is at hand, and be linked statically: every call is
 * direct then. It reads traces in the plain binary form only and prints one line a figure
 * (heap_cost.h, vas_cost.h); `lookaside bench` runs it for each ABI and makes tables of the lines.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap_cost.h"
#include "vas_cost.h"

enum { EXIT_BAD = 1, EXIT_USAGE = 2 };

#define SEGMENTS_PER_MIB (UINT32_C(1048576) / LA_SEGMENT_BYTES)
#define ROUNDS_DEFAULT   9u
#define WINDOW_MIB       2048u /* as the replay interpreter: a 32-bit process can have it too */

enum option_key { KEY_REPEAT = 256, KEY_BUCKETS, KEY_OPS, KEY_WINDOW, KEY_TARGET, KEY_VAS };

struct arguments {
    struct cost_options cost;
    uint32_t ops_max;
    const char *target; /* NULL: all, timed */
    const char *vas;    /* a work's name */
    char **paths;
    int path_count;
};

static const struct argp_option options[] = {
    { "repeat", KEY_REPEAT, "N", 0, "Rounds; figures are medians over them (9)", 0 },
    { "buckets", KEY_BUCKETS, "16,32,...", 0, "Block sizes in bytes (the default table)", 0 },
    { "ops", KEY_OPS, "N", 0, "Only the first N heap ops of a trace", 0 },
    { "window-mib", KEY_WINDOW, "N", 0, "Manage the first N MiB of addresses (2048)", 0 },
    { "target", KEY_TARGET, "NAME", 0, "One pass of this target, not timed", 0 },
    { "vas", KEY_VAS, "NAME", 0, "Measure this work on an address space, not traces", 0 },
    { 0 },
};

/* -- Options ----------------------------------------------------------------------------------- */

static uint32_t number(struct argp_state *state, const char *option, const char *text, uint32_t max)
{
    char *end;

    errno = 0;

    unsigned long long value = strtoull(text, &end, 10);

    if (errno || end == text || *end || *text == '-' || value < 1 || value > max)
        argp_error(state, "--%s: %s is not a number from 1 to %lu", option, text,
                   (unsigned long)max);
    return (uint32_t)value;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct cost_options *cost = &arguments->cost;

    switch (key) {
    case KEY_REPEAT: cost->rounds = number(state, "repeat", argument, COST_ROUNDS_MAX); return 0;
    case KEY_BUCKETS:
        if (!buckets_parse(argument, &cost->buckets))
            argp_error(state, BUCKETS_EXPECTED, argument);
        return 0;
    case KEY_OPS: arguments->ops_max = number(state, "ops", argument, UINT32_MAX); return 0;
    case KEY_WINDOW:
        cost->window_segments =
            number(state, "window-mib", argument, LA_SEGMENTS / SEGMENTS_PER_MIB) *
            SEGMENTS_PER_MIB;
        return 0;
    case KEY_TARGET: arguments->target = argument; return 0;
    case KEY_VAS: arguments->vas = argument; return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if ((arguments->vas != NULL) == (arguments->path_count > 0))
            argp_error(state, "expected traces, or --vas NAME");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Traces ------------------------------------------------------------------------------------ */

static size_t read_file(void *context, void *buffer, size_t bytes)
{
    FILE *file = context;
    size_t got = fread(buffer, 1, bytes, file);

    return ferror(file) ? SIZE_MAX : got;
}

static bool measure_trace(const struct arguments *arguments, const char *path)
{
    struct lean_trace trace;
    char message[256];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fprintf(stderr, "lookaside-cost: %s: %s\n", path, strerror(errno));
        return false;
    }

    bool good = lean_load(&trace, read_file, file, arguments->ops_max, message, sizeof message);

    fclose(file);
    if (good && trace.count == 0) {
        lean_unload(&trace);
        snprintf(message, sizeof message, "no heap ops (expected a trace with some)");
        good = false;
    }
    if (!good) {
        fprintf(stderr, "lookaside-cost: %s: %s\n", path, message);
        return false;
    }
    if (arguments->target != NULL)
        good = heap_cost_once(&trace, &arguments->cost, target_find(arguments->target));
    else
        good = heap_cost(&trace, &arguments->cost);
    lean_unload(&trace);
    return good;
}

/* -- Address space ----------------------------------------------------------------------------- */

static int usage(const char *what, const char *name)
{
    fprintf(stderr, "lookaside-cost: there is no %s '%s'\n", what, name);
    return EXIT_USAGE;
}

static int measure_vas(const struct arguments *arguments)
{
    uint32_t work = 0;
    uint32_t target = 0;
    bool good;

    while (work < VAS_WORKS && strcmp(vas_work_names[work], arguments->vas) != 0)
        work++;
    if (work == VAS_WORKS)
        return usage("work", arguments->vas);
    if (arguments->target == NULL) {
        good = vas_cost(work, arguments->cost.rounds);
    } else {
        while (target < VAS_TARGETS && strcmp(vas_target_names[target], arguments->target) != 0)
            target++;
        if (target == VAS_TARGETS)
            return usage("target", arguments->target);
        good = vas_cost_once(work, (enum vas_target_id)target);
    }
    return good ? EXIT_SUCCESS : EXIT_BAD;
}

static int measure(const struct arguments *arguments)
{
    int status = EXIT_SUCCESS;

    if (arguments->vas != NULL)
        return measure_vas(arguments);
    if (arguments->target != NULL && target_find(arguments->target) == NULL)
        return usage("target", arguments->target);
    for (int i = 0; i < arguments->path_count; i++)
        if (!measure_trace(arguments, arguments->paths[i]))
            status = EXIT_BAD;
    return status;
}

int main(int argc, char **argv)
{
    static struct arguments arguments = {
        .cost = { .rounds = ROUNDS_DEFAULT, .window_segments = WINDOW_MIB * SEGMENTS_PER_MIB }
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "[TRACE...]",
        .doc = "Take the time of the allocator; `lookaside bench` is made of this.",
    };

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    signal(SIGPIPE, SIG_IGN); /* a child that died is an error message, not our death */

    int status = measure(&arguments);

    if (fflush(stdout) != 0)
        status = EXIT_BAD;
    return status;
}
