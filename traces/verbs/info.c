/* SPDX-License-Identifier: 0BSD */
/* `lookaside info`: what a trace holds, and where it comes from. It reads every op, so an answer
 * also means that the whole file is intact (or, with --salvage, says how often it is not).
 */
#include "info.h"
#include "verbs.h"

#include "../file/input.h"
#include "../file/trace_file.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEPS_MAX        16u
#define FORM_BYTES       40
#define PROGRESS_AFTER_S 1 /* shorter files are over before anybody wonders */

enum info_way { INFO_TEXT, INFO_JSON, INFO_BRIEF };
enum info_status { INFO_GOOD = 0, INFO_BAD = 1, INFO_USAGE = 2, INFO_NO_MEMORY = 3 };

struct info_arguments {
    char **paths;
    int count;
    enum info_way way;
    bool salvage;
    bool bytes;
    uint32_t steps;
};

/* One run over all files. */
struct info_run {
    const char *name; /* for messages */
    struct info_arguments arguments;
    struct page page;
    json_t *all;
    const char *path; /* of the file at hand */
    time_t started;
    bool progress_shown;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct info_arguments *arguments = state->input;
    char *end;

    switch (key) {
    case 'b':
    case 'j':
        if (arguments->way != INFO_TEXT)
            argp_error(state, "--json and --brief exclude each other");
        arguments->way = key == 'j' ? INFO_JSON : INFO_BRIEF;
        return 0;
    case 's': arguments->salvage = true; return 0;
    case 'y': arguments->bytes = true; return 0;
    case 'n':
        arguments->steps = (uint32_t)strtoul(argument, &end, 10);
        if (end == argument || *end != '\0' || strlen(argument) > 2 || arguments->steps == 0 ||
            arguments->steps > STEPS_MAX || (arguments->steps & (arguments->steps - 1u)) != 0)
            argp_error(state, "--sizes: found '%s', expected 1, 2, 4, 8 or 16", argument);
        return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Progress, on a terminal ------------------------------------------------------------------- */

static void show_progress(void *context, uint64_t bytes, uint64_t total)
{
    struct info_run *run = context;

    if (total == 0 || time(NULL) - run->started < PROGRESS_AFTER_S)
        return;
    fprintf(stderr, "\r\033[K%s: %s: %" PRIu64 " %%", run->name, run->path,
            stats_ppm(bytes, total) / 10000u);
    run->progress_shown = true;
}

static void clear_progress(struct info_run *run)
{
    if (run->progress_shown)
        fprintf(stderr, "\r\033[K");
    run->progress_shown = false;
}

/* -- One trace --------------------------------------------------------------------------------- */

static void complain(struct info_run *run, const char *message)
{
    clear_progress(run);
    fprintf(stderr, "%s: %s\n", run->name, message);
}

/* Say what is damaged and go on behind it. False if that is not wanted or not possible. */
static bool skip_damage(struct info_run *run, struct trace_file *file, struct info *info)
{
    complain(run, trace_file_message(file));
    info->damages++;
    return run->arguments.salvage && trace_file_resync(file);
}

/* All ops of a file, the first of which may be out of reach. */
static enum info_status count_ops(struct info_run *run, struct trace_file *file, bool damaged,
                                  struct info *info)
{
    bool more = !damaged || skip_damage(run, file, info);
    struct trace_op op;

    while (more) {
        enum trace_answer answer = trace_file_next(file, &op);
        if (answer == TRACE_FILE_END)
            break;
        if (answer == TRACE_FILE_WRONG)
            more = skip_damage(run, file, info);
        else if (!trace_stats_add(&info->stats, &op))
            return INFO_NO_MEMORY;
    }
    if (info->damages > 0 && !run->arguments.salvage)
        return INFO_BAD;
    return trace_stats_finish(&info->stats) ? INFO_GOOD : INFO_NO_MEMORY;
}

static enum info_status show(struct info_run *run, const struct info *info, bool first)
{
    clear_progress(run);
    switch (run->arguments.way) {
    case INFO_JSON:
        return json_array_append_new(run->all, info_to_json(info)) == 0 ? INFO_GOOD
                                                                        : INFO_NO_MEMORY;
    case INFO_BRIEF: info_brief_line(info); return INFO_GOOD;
    default:
        if (!first)
            printf("\n");
        info_print(&run->page, info);
        return INFO_GOOD;
    }
}

static void describe_file(const struct trace_file *file, struct info *info, char form[FORM_BYTES])
{
    const char *packing = trace_file_packing(file);
    struct stat status;

    snprintf(form, FORM_BYTES, "%s%s%s", trace_file_form(file), packing ? " in " : "",
             packing ? packing : "");
    info->form = form;
    info->text = trace_file_text(file);
    info->has_file_bytes =
        strcmp(info->path, "-") != 0 && stat(info->path, &status) == 0 && S_ISREG(status.st_mode);
    info->file_bytes = info->has_file_bytes ? (uint64_t)status.st_size : 0;
}

static enum info_status inform(struct info_run *run, struct input *input, bool first)
{
    struct info *info = calloc(1, sizeof *info);
    char error[TRACE_MESSAGE_BYTES] = "";
    char form[FORM_BYTES];
    bool damaged = false;
    enum info_status status = INFO_NO_MEMORY;
    struct trace_file *file =
        trace_file_over(input, run->arguments.salvage ? &damaged : NULL, error, sizeof error);

    if (!file) {
        complain(run, error);
        free(info);
        return INFO_BAD;
    }
    if (info && trace_stats_init(&info->stats)) {
        info->path = run->path;
        info->steps = run->arguments.steps;
        status = count_ops(run, file, damaged, info);
        describe_file(file, info, form);
        if (status == INFO_GOOD)
            status = show(run, info, first);
        trace_stats_free(&info->stats);
    }
    if (status == INFO_NO_MEMORY) {
        snprintf(error, sizeof error, "%s: out of memory", run->path);
        complain(run, error);
    }
    trace_file_close(file);
    free(info);
    return status;
}

/* -- All traces -------------------------------------------------------------------------------- */

/* A trace that fails does not keep the others from being shown; the worst answer is the run's. */
static enum info_status inform_all(struct info_run *run)
{
    enum info_status worst = INFO_GOOD;
    bool first = true;

    for (int i = 0; i < run->arguments.count; i++) {
        char error[TRACE_MESSAGE_BYTES] = "";
        enum info_status status = INFO_BAD;
        struct input *input;

        run->path = run->arguments.paths[i];
        run->started = time(NULL);
        input = run->arguments.bytes ? input_open_bytes(run->path, error, sizeof error)
                                     : input_open(run->path, error, sizeof error);
        if (!input) {
            complain(run, error);
        } else {
            if (isatty(STDERR_FILENO))
                input_watch(input, show_progress, run);
            status = inform(run, input, first);
            input_close(input);
        }
        first &= status != INFO_GOOD;
        if (status > worst)
            worst = status;
    }
    return worst;
}

static enum info_status run_all(struct info_run *run)
{
    enum info_status status;

    if (run->arguments.way == INFO_JSON)
        run->all = json_array();
    if (run->arguments.way == INFO_BRIEF)
        info_brief_head();
    status = inform_all(run);
    if (run->arguments.way == INFO_JSON) {
        if (json_dumpf(run->all, stdout, JSON_INDENT(2)) != 0)
            status = INFO_NO_MEMORY;
        printf("\n");
    }
    json_decref(run->all);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain(run, "stdout: cannot write");
        status = INFO_BAD;
    }
    return status;
}

static const struct argp_option options[] = {
    { "json", 'j', NULL, 0, "Print an array of JSON objects; docs/info.md names the keys", 0 },
    { "brief", 'b', NULL, 0, "Print a table, one line a trace", 0 },
    { "sizes", 'n', "N", 0,
      "Show sizes in N classes between one power of two and the next: 1 (default), 2, 4, 8 or 16",
      0 },
    { "salvage", 's', NULL, 0, "Count what is intact of a damaged trace", 0 },
    { "bytes", 'y', NULL, 0, "TRACE is in byte form, whatever it looks like", 0 },
    { 0 }
};

int verb_info(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse_option,
        "TRACE...",
        "What a trace holds, and where it comes from: ops by kind, threads, what lives and when it "
        "peaks, sizes by requests and by live bytes, lifetimes, realloc, frees by other threads, "
        "what the recorded allocator wasted, regions and stacks, call sites, and what is unknown "
        "or "
        "lost."
        "\vTRACE is binary, text or in byte form, plain or in zstd, gzip or xz; - is stdin. Live "
        "bytes and pages "
        "are as asked for, without any allocator's overhead. Means are over the ops on objects of "
        "that kind. A lifetime is the bytes allocated between birth and death of a block; above "
        "256 "
        "such figures are rounded up by 0.8 % at most. A damaged trace is an error (exit code 1) "
        "unless --salvage is given; the other traces are shown all the same.",
        NULL,
        NULL,
        NULL
    };
    struct info_run run = { .name = argv[0], .arguments = { .steps = 1 } };

    argp_err_exit_status = INFO_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &run.arguments);
    run.page = info_page();
    return run_all(&run);
}
