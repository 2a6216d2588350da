/* SPDX-License-Identifier: 0BSD */
/* `lookaside import`: other tools' recordings to traces, and traces between their forms. */
#include "verbs.h"

#include "../import/formats.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_DESCRIBE = 256, KEY_KERNEL };

struct arguments {
    struct import_job job;
    bool describe;
    char **paths;
    int count;
};

static error_t parse_kernel(const char *argument, struct argp_state *state)
{
    static const char *const names[] = { "kmalloc", "slab", "vmap" };
    struct arguments *arguments = state->input;

    for (int i = 0; i < 3; i++)
        if (strcmp(argument, names[i]) == 0) {
            arguments->job.kernel = (enum import_kernel)i;
            return 0;
        }
    argp_error(state, "--kernel '%s' (expected kmalloc, slab or vmap)", argument);
    return EINVAL;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 'o': arguments->job.output = argument; return 0;
    case 'f':
        if (!format_named(argument))
            argp_error(state, "--from: there is no format %s", argument);
        arguments->job.from = argument;
        return 0;
    case 't': arguments->job.with_time = true; return 0;
    case 's':
        arguments->job.set =
            realloc(arguments->job.set,
                    sizeof *arguments->job.set * (size_t)(arguments->job.set_count + 1));
        if (!arguments->job.set)
            argp_failure(state, 3, 0, "out of memory");
        arguments->job.set[arguments->job.set_count++] = argument;
        return 0;
    case KEY_KERNEL: return parse_kernel(argument, state);
    case KEY_DESCRIBE: arguments->describe = true; return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (!arguments->describe && arguments->count != 1)
            argp_error(state, "one RECORDING at a time, found %d", arguments->count);
        if (!arguments->describe && !arguments->job.output)
            argp_error(state, "no output (expected -o TRACE)");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "output", 'o', "TRACE", 0, "Write to TRACE: .lat, .lat.zst, or text by any other name", 0 },
    { "from", 'f', "FORMAT", 0,
      "Format of the recording instead of a guess by content; the list is below", 0 },
    { "kernel", KEY_KERNEL, "WHAT", 0,
      "What to keep of a kernel recording: kmalloc (default), slab (kmalloc and typed caches), "
      "vmap (areas of addresses)",
      0 },
    { "time", 't', NULL, 0, "Keep the time between ops", 0 },
    { "set", 's', "KEY=VALUE", 0, "Add a line to the header text (may be repeated)", 0 },
    { "describe", KEY_DESCRIBE, NULL, 0, "Print a table of TRACEs, in Markdown", 0 },
    { 0 }
};

int verb_import(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse_option,
        "RECORDING -o TRACE\n--describe TRACE...",
        "Other tools' recordings of heaps, address spaces and stacks to traces.\v"
        "RECORDING is plain or in zstd; - is stdin. What a conversion leaves out is counted in the "
        "trace's header text. A trace is taken too, as it is: that changes its form.",
        NULL,
        NULL,
        NULL
    };
    struct arguments arguments = { .job = { .kernel = IMPORT_KMALLOC } };
    char error[TRACE_MESSAGE_BYTES] = "";
    bool good;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.describe) {
        good = import_describe(arguments.paths, arguments.count, error, sizeof error);
    } else {
        arguments.job.input = arguments.paths[0];
        good = import_run(&arguments.job, error, sizeof error);
    }
    if (good && fflush(stdout) != 0) {
        snprintf(error, sizeof error, "stdout: cannot write");
        good = false;
    }
    if (!good)
        fprintf(stderr, "%s: %s\n", argv[0], error);
    free(arguments.job.set);
    return good ? 0 : 1;
}
