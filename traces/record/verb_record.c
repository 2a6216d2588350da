/* SPDX-License-Identifier: 0BSD */
/* `lookaside record`: options, and which recorder. */
#include "record_verb.h"

#include "kernel_options.h"
#include "record.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_HEAP = 256, KEY_VAS, KEY_KERNEL };

struct arguments {
    struct record_job job;
    int what; /* one of the keys above; 0: not told */
};

static error_t choose(struct arguments *arguments, int what, struct argp_state *state)
{
    if (arguments->what != 0 && arguments->what != what)
        argp_error(state, "--heap, --vas and --kernel exclude each other");
    arguments->what = what;
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 'o': arguments->job.output = argument; return 0;
    case 't': arguments->job.with_time = true; return 0;
    case KEY_HEAP:
    case KEY_VAS: return choose(arguments, key, state);
    case KEY_KERNEL:
        arguments->job.kernel = argument ? argument : import_kernels[IMPORT_KMALLOC];
        return choose(arguments, key, state);
    case ARGP_KEY_ARG: /* the command begins; what follows is its own */
        arguments->job.command = state->argv + state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_SUCCESS:
        if (arguments->what == 0)
            arguments->what = KEY_HEAP;
        if (!arguments->job.command && arguments->what != KEY_KERNEL)
            argp_error(state, "no command (expected -- COMMAND [ARGUMENT...])");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "heap", KEY_HEAP, NULL, 0, "Calls of malloc(), free() and their kind (default)", 0 },
    { "vas", KEY_VAS, NULL, 0, "Calls of mmap(), munmap() and their kind", 0 },
    { "kernel", KEY_KERNEL, "WHAT[,OPTION...]", OPTION_ARG_OPTIONAL,
      "The running kernel, while COMMAND runs or until Ctrl-C: kmalloc (default), slab, vmap, "
      "pages "
      "or stack. Options: " KERNEL_OPTIONS_HELP,
      0 },
    { "output", 'o', "FILE", 0,
      "Write to FILE (COMMAND.lat.zst in this folder): .lat, .lat.zst, or text by any other name. "
      "%p in it is replaced by the process's number: then each process has a trace of its own",
      0 },
    { "time", 't', NULL, 0, "Keep the time between operations", 0 },
    { 0 }
};

/* "COMMAND.lat.zst", without the command's folder. NULL: out of memory. */
static char *default_output(const struct arguments *arguments)
{
    const char *name = arguments->job.command ? arguments->job.command[0] : "kernel";
    const char *slash = strrchr(name, '/');
    size_t bytes;
    char *output;

    name = slash ? slash + 1 : name;
    bytes = strlen(name) + sizeof ".lat.zst";
    output = malloc(bytes);
    if (output)
        snprintf(output, bytes, "%s.lat.zst", name);
    return output;
}

int verb_record(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse_option,
        "[--] COMMAND [ARGUMENT...]",
        "Runs a command and writes what it asked an allocator for as a trace.\v"
        "A heap is recorded through a preloaded library: threads, forks and exec as they come, "
        "32-bit programs where the library was built for them; not set-user-id and static "
        "programs. Without %p only the command's own process is kept, through every exec.\n"
        "Until it is a trace, a recording takes 16 bytes a call (24 with --time) beside FILE; a "
        "long "
        "one of a single process becomes one while it runs.\n"
        "Ctrl-C goes to the command as ever; the trace is written when it has ended. The exit code "
        "is 0 when the trace is whole, whatever the command's was.",
        NULL,
        NULL,
        NULL
    };
    struct arguments arguments = { .job = { .name = argv[0] } };
    char *output = NULL;
    int code;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
    if (!arguments.job.output) {
        output = default_output(&arguments);
        if (!output) {
            fprintf(stderr, "%s: out of memory\n", argv[0]);
            return 3;
        }
        arguments.job.output = output;
    }
    switch (arguments.what) {
    case KEY_VAS: code = record_vas(&arguments.job); break;
    case KEY_KERNEL: code = record_kernel(&arguments.job); break;
    default: code = record_heap(&arguments.job); break;
    }
    free(output);
    return code;
}
