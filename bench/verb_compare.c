/* SPDX-License-Identifier: 0BSD */
/* `lookaside compare`: two figures files of bench, by Google Benchmark's own compare.py. */
#include "bench.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "child.h"

enum { EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

struct arguments {
    char **files; /* two */
    const char *tool;
};

static const struct argp_option options[] = {
    { "tool", 't', "FILE", 0, "compare.py (where distributions put it)", 0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 't': arguments->tool = argument; return 0;
    case ARGP_KEY_ARGS: arguments->files = state->argv + state->next; return 0;
    case ARGP_KEY_END:
        if (arguments->files == NULL || state->argc - (int)(arguments->files - state->argv) != 2)
            argp_error(state, "expected two files: before and after");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Debian's place, and upstream's own. */
static const char *find_tool(void)
{
    static const char *const places[] = {
        "/usr/share/benchmark/compare.py",
        "/usr/share/googlebenchmark/tools/compare.py",
        "/usr/local/share/googlebenchmark/tools/compare.py",
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

/* A Python that has the tool's modules: the one of PATH may be somebody's own without them. */
static const char *find_python(void)
{
    static const char *const pythons[] = { "python3", "/usr/bin/python3" };
    static const char look[] = "import sys, importlib.util as u\n"
                               "sys.exit(not (u.find_spec('numpy') and u.find_spec('scipy')))";

    for (size_t i = 0; i < sizeof pythons / sizeof pythons[0]; i++) {
        const char *argv[] = { pythons[i], "-c", look, NULL };

        if (child_run(argv, NULL, NULL) == 0)
            return pythons[i];
    }
    return NULL;
}

static int missing(void)
{
    fprintf(stderr, "lookaside compare: needs Google Benchmark's compare.py (packages "
                    "libbenchmark-tools, python3-scipy and python3-numpy)\n");
    return EXIT_SETUP;
}

/* compare.py answers a wrong file with a page of Python. */
static bool is_figures(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    bool good = json_is_array(json_object_get(root, "benchmarks"));

    if (root == NULL && error.line > 0)
        fprintf(stderr, "lookaside compare: %s:%d: %s\n", path, error.line, error.text);
    else if (root == NULL)
        fprintf(stderr, "lookaside compare: %s\n", error.text); /* names the file */
    else if (!good)
        fprintf(stderr,
                "lookaside compare: %s: found no benchmarks (expected what bench --json wrote)\n",
                path);
    json_decref(root);
    return good;
}

int verb_compare(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "BEFORE.json AFTER.json",
        .doc = "What changed between two `bench --json` files: for each case the relative "
               "difference of its medians, and whether it is one (U test).",
    };
    struct arguments arguments = { .files = NULL };
    const char *python;

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    if (arguments.tool == NULL)
        arguments.tool = find_tool();
    python = find_python();
    if (arguments.tool == NULL || access(arguments.tool, R_OK) != 0 || python == NULL)
        return missing();
    if (!is_figures(arguments.files[0]) || !is_figures(arguments.files[1]))
        return EXIT_BAD;

    const char *command[8];
    size_t count = 0;

    command[count++] = python;
    command[count++] = arguments.tool;
    command[count++] = "--display_aggregates_only";
    if (!isatty(STDOUT_FILENO))
        command[count++] = "--no-color";
    command[count++] = "benchmarks";
    command[count++] = arguments.files[0];
    command[count++] = arguments.files[1];
    command[count] = NULL;
    fflush(stdout);
    execvp(command[0], (char *const *)command);
    return missing();
}
