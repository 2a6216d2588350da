/* SPDX-License-Identifier: 0BSD */
/* `lookaside report`: options, inputs, the page. Everything is read before anything is written. */
#include "report_verb.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "gnuplot.h"
#include "html.h"
#include "parts.h"

enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

#define RESULTS "results"

enum option_key { KEY_BENCH = 256, KEY_TUNE, KEY_RANK };

struct arguments {
    const char *bench;
    const char *tune;
    const char *rank;
    const char *output; /* NULL: the default */
};

static const struct argp_option options[] = {
    { "bench", KEY_BENCH, "FILE", 0, "What `lookaside bench --json` wrote (results/bench.json)",
      0 },
    { "tune", KEY_TUNE, "FILE", 0,
      "What `lookaside tune` wrote (results/tune/tune.json, else results/default-table/tune.json)",
      0 },
    { "rank", KEY_RANK, "FILE", 0, "What `lookaside-rank --json` wrote (results/rank.json)", 0 },
    { "output", 'o', "FILE.html", 0, "The page; - is stdout (results/report.html)", 0 },
    { 0 },
};

static int complain(const char *message, int status)
{
    fprintf(stderr, "lookaside report: %s\n", message);
    return status;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case KEY_BENCH: arguments->bench = text; return 0;
    case KEY_TUNE: arguments->tune = text; return 0;
    case KEY_RANK: arguments->rank = text; return 0;
    case 'o':
        if (*text == '\0')
            argp_error(state, "--output: expected a file's name");
        arguments->output = text;
        return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", text); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Inputs ------------------------------------------------------------------------------------ */

/* What was given, or the first default that is there, or NULL. */
static const char *choose(const char *given, const char *first, const char *second)
{
    if (given != NULL)
        return given;
    if (access(first, F_OK) == 0)
        return first;
    return second != NULL && access(second, F_OK) == 0 ? second : NULL;
}

static void choose_inputs(struct part_inputs *inputs, const struct arguments *arguments)
{
    inputs->bench_path = choose(arguments->bench, RESULTS "/bench.json", NULL);
    inputs->tune_path =
        choose(arguments->tune, RESULTS "/tune/tune.json", RESULTS "/default-table/tune.json");
    inputs->rank_path = choose(arguments->rank, RESULTS "/rank.json", NULL);
}

struct files {
    struct bench_file bench;
    struct tune_file tune;
    struct rank_file rank;
};

static bool read_inputs(struct files *files, struct part_inputs *inputs, struct fields *fields)
{
    if (inputs->bench_path != NULL) {
        if (!bench_file_read(&files->bench, inputs->bench_path, fields))
            return false;
        inputs->bench = &files->bench;
    }
    if (inputs->tune_path != NULL) {
        if (!tune_file_read(&files->tune, inputs->tune_path, fields))
            return false;
        inputs->tune = &files->tune;
    }
    if (inputs->rank_path != NULL) {
        if (!rank_file_read(&files->rank, inputs->rank_path, fields))
            return false;
        inputs->rank = &files->rank;
    }
    return true;
}

/* -- Output ------------------------------------------------------------------------------------ */

static void make_parts(struct page *page, const struct part_inputs *inputs)
{
    page_topic(page, "Time of an operation");
    part_time(page, inputs);
    page_topic(page, "Slow operations");
    part_latency(page, inputs);
    page_topic(page, "Memory");
    part_memory(page, inputs);
    part_moments(page, inputs);
    part_rivals(page, inputs);
    page_topic(page, "Bucket tables");
    part_waste(page, inputs);
    part_footprint(page, inputs);
    page_topic(page, "Address spaces");
    part_spaces(page, inputs);
    if (inputs->bench != NULL) {
        page_topic(page, "Where the times are from");
        part_machine(page, inputs);
    }
}

/* The page under its name, or nothing. */
static bool write_page(const char *path, const char *text)
{
    struct aside aside;
    FILE *out;
    bool good = aside_open(&aside, path);

    if (!good)
        return false;
    out = fdopen(dup(aside.fd), "w");
    good = out != NULL && fputs(text, out) >= 0;
    if (out != NULL)
        good = fclose(out) == 0 && good;
    if (good)
        return aside_commit(&aside);
    aside_abandon(&aside);
    return false;
}

static int finish(struct page *page, const char *path)
{
    struct must_text whole;
    bool without_gnuplot = page->without_gnuplot;
    bool bad = page->bad;
    char *text;
    bool good;

    must_text_begin(&whole);
    page_end(page, whole.out);
    text = must_text_end(&whole);
    if (bad) {
        free(text);
        return complain("gnuplot failed on a picture; no page was written", EXIT_BAD);
    }
    good = write_page(path, text);
    free(text);
    if (!good) {
        fprintf(stderr, "lookaside report: %s: %s\n", path, strerror(errno));
        return EXIT_BAD;
    }
    if (strcmp(path, "-") != 0)
        printf("%s\n", path);
    if (fflush(stdout) != 0)
        return complain("standard output cannot be written", EXIT_BAD);
    if (without_gnuplot)
        return complain(
            "the page has no pictures: gnuplot is missing (Debian's package: " GNUPLOT_PACKAGE ")",
            EXIT_SETUP);
    return EXIT_GOOD;
}

static int report(const struct arguments *arguments, struct files *files)
{
    struct part_inputs inputs = { .bench = NULL };
    struct fields fields;
    struct page page;
    const char *path = arguments->output;

    choose_inputs(&inputs, arguments);
    if (inputs.bench_path == NULL && inputs.tune_path == NULL && inputs.rank_path == NULL)
        return complain("there is nothing to report in " RESULTS
                        "/. Make figures with: " PART_BENCH_COMMAND "; or " PART_TUNE_COMMAND
                        "; or " PART_RANK_COMMAND,
                        EXIT_BAD);
    if (!read_inputs(files, &inputs, &fields))
        return complain(fields.message, EXIT_BAD);
    if (path == NULL) {
        path = RESULTS "/report.html";
        if (mkdir(RESULTS, 0777) != 0 && errno != EEXIST)
            return complain(RESULTS " cannot be made here", EXIT_BAD);
    }
    page_begin(&page);
    make_parts(&page, &inputs);
    return finish(&page, path);
}

int verb_report(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "One page of what was measured, with tables and pictures: time and memory beside "
               "each peer, latency, waste, footprint over time, address spaces. It needs no other "
               "file and no network, and is made for phones and paper too."
               "\vAn input that is not there leaves its sections out; the page says which command "
               "makes it. Pictures are drawn by gnuplot.",
    };
    struct arguments arguments = { .output = NULL };
    static struct files files;
    int status;

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    status = report(&arguments, &files);
    bench_file_free(&files.bench);
    tune_file_free(&files.tune);
    rank_file_free(&files.rank);
    return status;
}
