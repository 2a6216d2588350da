/* SPDX-License-Identifier: 0BSD */
/* `lookaside import`: other tools' recordings to traces, and traces between their forms. Quiet when
 * nobody looks; but what makes a trace less than it seems is always said.
 */
#include "verbs.h"

#include "../import/formats.h"
#include "info_words.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_DESCRIBE = 256, KEY_KERNEL, KEY_LABELS };

struct arguments {
    struct import_job job;
    bool describe;
    char **paths;
    int count;
};

static error_t parse_kernel(const char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    for (int i = 0; i < IMPORT_STACK; i++) /* stacks need more than a recording's text has */
        if (strcmp(argument, import_kernels[i]) == 0) {
            arguments->job.kernel = (enum import_kernel)i;
            return 0;
        }
    argp_error(state, "--kernel '%s' (expected kmalloc, slab, vmap or pages)", argument);
    return EINVAL;
}

/* Only zstd is written: another packer's name would be a lie. */
static void check_output(const char *path, struct argp_state *state)
{
    static const char *const endings[] = { ".gz", ".xz", ".bz2" };
    size_t bytes = strlen(path);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (bytes >= ending && strcmp(path + bytes - ending, endings[i]) == 0)
            argp_error(state, "-o %s: %s is not written (expected .lat, .lat.zst or text)", path,
                       endings[i]);
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct import_job *job = &arguments->job;
    char **set;

    switch (key) {
    case 'o':
        job->output = argument;
        check_output(argument, state);
        return 0;
    case 'f':
        if (!format_named(argument))
            argp_error(state, "--from: there is no format %s", argument);
        job->from = argument;
        return 0;
    case 't': job->with_time = true; return 0;
    case 's':
        set = realloc(job->set, sizeof *job->set * (size_t)(job->set_count + 1));
        if (!set) {
            argp_failure(state, 3, 0, "out of memory");
            return ENOMEM;
        }
        set[job->set_count++] = argument;
        job->set = set;
        return 0;
    case KEY_KERNEL: return parse_kernel(argument, state);
    case KEY_LABELS: job->with_labels = true; return 0;
    case KEY_DESCRIBE: arguments->describe = true; return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    case ARGP_KEY_SUCCESS:
        if (!arguments->describe && arguments->count != 1)
            argp_error(state, "one RECORDING at a time, found %d", arguments->count);
        if (!arguments->describe && !job->output)
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
      "vmap (areas of addresses), pages (of the page allocator)",
      0 },
    { "labels", KEY_LABELS, NULL, 0, "Keep CPUs and call sites, where a recording has them", 0 },
    { "time", 't', NULL, 0, "Keep the time between ops", 0 },
    { "set", 's', "KEY=VALUE", 0, "Add a line to the header text (may be repeated)", 0 },
    { "describe", KEY_DESCRIBE, NULL, 0, "Print a table of TRACEs, in Markdown", 0 },
    { 0 }
};

/* The list of formats behind the options; one that has two beginnings is there once. */
static char *list_formats(int key, const char *text, void *input)
{
    const struct format *format;
    const char *last = "";
    size_t size;
    char *list;
    FILE *file;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    file = open_memstream(&list, &size);
    if (!file)
        return (char *)text;
    fprintf(file, "%s\n\nFormats, and the programs that write them:\n", text);
    for (size_t i = 0; (format = format_at(i)) != NULL; last = format->name, i++)
        if (strcmp(format->name, last) != 0)
            fprintf(file, "  %-11s %s\n", format->name, format->what);
    return fclose(file) == 0 ? list : NULL;
}

/* -- What is said on stderr -------------------------------------------------------------------- */

struct progress {
    uint64_t shown_ms; /* when last */
    bool shown;
};

#define PROGRESS_MS 200u

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* (input_watch_fn) */
static void show_progress(void *context, uint64_t bytes, uint64_t total)
{
    struct progress *progress = context;
    uint64_t now = now_ms();

    if (now - progress->shown_ms < PROGRESS_MS)
        return;
    progress->shown_ms = now;
    progress->shown = true;
    if (total > 0)
        fprintf(stderr, "\rimporting: %s of %s KiB", digits(bytes / 1024u).text,
                digits(total / 1024u).text);
    else
        fprintf(stderr, "\rimporting: %s KiB", digits(bytes / 1024u).text);
    fflush(stderr);
}

static void end_progress(const struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
}

static bool begins(const char *line, const char *const keys[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return true;
    return false;
}

static const char *shown(const char *path, const char *instead)
{
    return strcmp(path, "-") == 0 ? instead : path;
}

/* The summary for who looks, and warnings for everybody. */
static void say_report(const char *verb, const struct import_job *job,
                       const struct import_report *report, bool someone_looks)
{
    static const char *const warnings[] = { "lost: ", "histogram-only: " };
    static const char *const notes[] = { "dropped: ", "implied: ", "changed: " };

    if (someone_looks)
        fprintf(stderr, "%s: %s operations from %s -> %s\n", shown(job->input, "stdin"),
                digits(report->ops).text, report->format, shown(job->output, "stdout"));
    for (const char *line = report->text; *line != '\0'; line = strchr(line, '\n') + 1) {
        int bytes = (int)strcspn(line, "\n");
        if (begins(line, warnings, sizeof warnings / sizeof warnings[0]))
            fprintf(stderr, "%s: %s: %.*s\n", verb, shown(job->input, "stdin"), bytes, line);
        else if (someone_looks && begins(line, notes, sizeof notes / sizeof notes[0]))
            fprintf(stderr, "  %.*s\n", bytes, line);
    }
}

static bool convert(const char *verb, struct import_job *job, char *error, size_t error_size)
{
    struct progress progress = { now_ms(), false };
    struct import_report report = { .text = NULL };
    bool someone_looks = isatty(STDERR_FILENO);
    bool good;

    job->watch = someone_looks ? show_progress : NULL;
    job->watch_context = &progress;
    job->report = &report;
    good = import_run(job, error, error_size);
    end_progress(&progress);
    if (good)
        say_report(verb, job, &report, someone_looks);
    free(report.text);
    return good;
}

/* -- The verb ---------------------------------------------------------------------------------- */

int verb_import(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse_option,
        "RECORDING -o TRACE\n--describe TRACE...",
        "Other tools' recordings of heaps, address spaces and stacks to traces.\v"
        "RECORDING is plain or in zstd, gzip or xz; - is stdin. What a conversion leaves out is "
        "counted in the trace's header text. A trace is taken too, as it is: that changes its "
        "form.",
        NULL,
        list_formats,
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
        good = convert(argv[0], &arguments.job, error, sizeof error);
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
