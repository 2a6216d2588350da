/* SPDX-License-Identifier: 0BSD */
/* `lookaside export`: a trace in somebody else's format. */
#include "verbs.h"

#include "../export/export.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const struct export_format *format;
    const char *path;
    const char *output;
};

static bool looks_packed(const char *path)
{
    size_t bytes = strlen(path);

    return (bytes > 4 && strcmp(path + bytes - 4, ".zst") == 0) ||
           (bytes > 4 && strcmp(path + bytes - 4, ".lat") == 0);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 't':
        arguments->format = export_format_named(argument);
        if (!arguments->format)
            argp_error(state, "--to: there is no format %s", argument);
        return 0;
    case 'o':
        arguments->output = argument;
        if (looks_packed(argument))
            argp_error(state, "-o %s: what is written is plain text (expected another ending)",
                       argument);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "only one TRACE, found '%s' too", argument);
        arguments->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (!arguments->format)
            argp_error(state, "no format (expected --to FORMAT)");
        if (!arguments->output)
            argp_error(state, "no output (expected -o FILE)");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The list of formats behind the options. */
static char *list_formats(int key, const char *text, void *input)
{
    const struct export_format *format;
    size_t size;
    char *list;
    FILE *file;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    file = open_memstream(&list, &size);
    if (!file)
        return (char *)text;
    fprintf(file, "%s\n\nFormats:\n", text);
    for (size_t i = 0; (format = export_format_at(i)) != NULL; i++)
        fprintf(file, "  %-8s %s\n", format->name, format->what);
    return fclose(file) == 0 ? list : NULL;
}

static const struct argp_option options[] = {
    { "to", 't', "FORMAT", 0, "Tell the trace in this format; the list is below", 0 },
    { "output", 'o', "FILE", 0, "Write to FILE; - is stdout", 0 },
    { 0 }
};

int verb_export(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse_option,
        "TRACE --to FORMAT -o FILE",
        "A trace in the format of other programs.\v"
        "TRACE is binary or text, plain or packed; - is stdin. What the format cannot tell is "
        "counted on stderr; a trace of which nothing is left is an error.",
        NULL,
        list_formats,
        NULL
    };
    struct arguments arguments = { NULL, NULL, NULL };
    char error[TRACE_MESSAGE_BYTES] = "";

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (export_run(arguments.format, arguments.path, arguments.output, argv[0], stderr, error,
                   sizeof error))
        return 0;
    fprintf(stderr, "%s: %s\n", argv[0], error);
    return 1;
}
