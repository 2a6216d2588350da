/* SPDX-License-Identifier: 0BSD */
/* `lookaside dump`: a trace as text, or converted between its forms, or what can be saved of a
 * damaged one. With -o, nothing is written unless all of the input was good (or --salvage says
 * otherwise).
 */
#include "verbs.h"

#include "../file/trace_file.h"
#include "../text/trace_text.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump_arguments {
    const char *path;
    const char *output; /* NULL: text to stdout as it comes */
    bool salvage;
    bool bytes;
};

/* A dump under way. Exactly one of output and stdout is written. */
struct dump {
    const char *name;
    const char *place; /* the output's name */
    struct trace_file *file;
    struct trace_output *output;
    bool salvage;
    uint64_t ops;
    uint64_t gaps;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct dump_arguments *arguments = state->input;

    switch (key) {
    case 'o': arguments->output = strcmp(argument, "-") == 0 ? NULL : argument; return 0;
    case 's': arguments->salvage = true; return 0;
    case 'y': arguments->bytes = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "only one TRACE, found '%s' too", argument);
        arguments->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_text_header(const char *text)
{
    puts(TRACE_TEXT_FIRST_LINE);
    for (; *text != '\0'; text = strchr(text, '\n') + 1)
        printf("# %.*s\n", (int)strcspn(text, "\n"), text);
}

static bool put_op(struct dump *dump, const struct trace_op *op)
{
    char line[TRACE_TEXT_OP_BYTES];

    dump->ops++;
    if (dump->output)
        return trace_output_write(dump->output, op);
    return fwrite(line, trace_text_format(op, line), 1, stdout) == 1;
}

/* Say what is damaged and go on behind it. False if that is not wanted or not possible. */
static bool skip_damage(struct dump *dump)
{
    fprintf(stderr, "%s: %s\n", dump->name, trace_file_message(dump->file));
    dump->gaps++;
    return dump->salvage && trace_file_resync(dump->file);
}

/* False: stop, without output. */
static bool dump_ops(struct dump *dump, bool damaged)
{
    struct trace_op op;

    if (damaged && !skip_damage(dump))
        return dump->salvage;
    for (;;) {
        switch (trace_file_next(dump->file, &op)) {
        case TRACE_FILE_OP:
            if (!put_op(dump, &op)) {
                fprintf(stderr, "%s: %s: cannot write: %s\n", dump->name, dump->place,
                        strerror(errno));
                return false;
            }
            break;
        case TRACE_FILE_WRONG:
            if (!skip_damage(dump))
                return dump->salvage;
            break;
        default: return true;
        }
    }
}

/* The header text of the output: a salvaged trace says so. */
static char *output_text(const struct dump *dump)
{
    const char *text = trace_file_text(dump->file);
    size_t size = strlen(text) + 96u;
    char *result = malloc(size);

    if (result && dump->gaps > 0)
        snprintf(result, size,
                 "%ssalvaged: %" PRIu64 " ops kept, %" PRIu64 " damaged places left out\n", text,
                 dump->ops, dump->gaps);
    else if (result)
        snprintf(result, size, "%s", text);
    return result;
}

/* The byte form is for fuzzers: it says less than the others. */
static void tell_losses(const struct dump *dump)
{
    const struct trace_losses losses = trace_output_losses(dump->output);
    const struct {
        uint64_t ops;
        const char *words;
    } kinds[] = {
        { losses.changed, "told with another number (the next larger one)" },
        { losses.left_out, "left out (slots or numbers out of reach, notes)" },
        { losses.cut, "cut off (more than 4096)" },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].ops > 0)
            fprintf(stderr, "%s: %s: %" PRIu64 " ops %s\n", dump->name, dump->place, kinds[i].ops,
                    kinds[i].words);
}

static int finish(struct dump *dump, bool good)
{
    char error[TRACE_MESSAGE_BYTES];
    char *text;

    if (dump->salvage && dump->gaps > 0 && good)
        fprintf(stderr, "%s: salvaged %" PRIu64 " ops, %" PRIu64 " damaged places left out\n",
                dump->name, dump->ops, dump->gaps);
    if (!dump->output) {
        if (fflush(stdout) == 0)
            return good ? 0 : 1;
        fprintf(stderr, "%s: stdout: cannot write\n", dump->name);
        return 1;
    }
    text = good ? output_text(dump) : NULL;
    if (!text) {
        trace_output_abandon(dump->output);
        return 1;
    }
    tell_losses(dump);
    good = trace_output_commit(dump->output, text, error, sizeof error);
    if (!good)
        fprintf(stderr, "%s: %s\n", dump->name, error);
    free(text);
    return good ? 0 : 1;
}

static int dump_trace(const char *name, const struct dump_arguments *arguments)
{
    struct dump dump = {
        .name = name,
        .place = arguments->output ? arguments->output : "stdout",
        .salvage = arguments->salvage,
    };
    char error[TRACE_MESSAGE_BYTES];
    bool damaged = false;
    int status;

    dump.file = arguments->bytes
                    ? trace_file_open_bytes(arguments->path, error, sizeof error)
                    : trace_file_open(arguments->path, arguments->salvage ? &damaged : NULL, error,
                                      sizeof error);
    if (dump.file && arguments->output)
        dump.output = trace_output_open(arguments->output, error, sizeof error);
    if (!dump.file || (arguments->output && !dump.output)) {
        fprintf(stderr, "%s: %s\n", name, error);
        trace_file_close(dump.file);
        return 1;
    }
    if (!dump.output)
        print_text_header(trace_file_text(dump.file));
    status = finish(&dump, dump_ops(&dump, damaged));
    trace_file_close(dump.file);
    return status;
}

int verb_dump(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "output", 'o', "FILE", 0,
          "Write to FILE: binary if it ends in .lat, binary in zstd if it ends in .lat.zst, in "
          "byte "
          "form if it ends in .lab, text otherwise",
          0 },
        { "salvage", 's', NULL, 0, "Keep what is intact of a damaged trace", 0 },
        { "bytes", 'y', NULL, 0, "TRACE is in byte form, whatever it looks like", 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse_option,
        "TRACE",
        "A trace as text, one op a line, or converted between its forms.\v"
        "TRACE is binary, text or in byte form, plain or in zstd, gzip or xz; - is stdin. What the "
        "byte form cannot tell exactly is said on stderr. A damaged trace is an "
        "error (exit code 1, no output file) unless --salvage is given. docs/trace-format.md "
        "describes all forms.",
        NULL,
        NULL,
        NULL
    };
    struct dump_arguments arguments = { .path = NULL };

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return dump_trace(argv[0], &arguments);
}
