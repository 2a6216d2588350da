/* SPDX-License-Identifier: 0BSD */
/* `lookaside record --heap`: runs a command with the preloaded recorder in it, and turns what that
 * left into traces.
 */
#define _GNU_SOURCE
#include "record.h"

#include "../import/raw.h"
#include "command.h"
#include "heap_folder.h"
#include "heap_nothing.h"
#include "heap_run.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_RECORDS  (UINT64_C(2) << 20)   /* from here on converting takes a while */
#define BACKLOG_BYTES (UINT64_C(256) << 20) /* may wait in raw files before it is converted */

struct recording {
    const struct record_job *job;
    struct heap_folder folder;
    struct heap_run run;
    uint32_t traces;
    bool was_there; /* a process had our library in it */
    bool failed;    /* a raw file could not be converted: it stays */
    bool whole;
};

/* -- Converting one process -------------------------------------------------------------------- */

/* "%p" in the name of the output becomes the process's number; if an earlier process had the same,
 * "-2" and so on follow.
 */
static char *output_name(const char *pattern, unsigned long process, unsigned repeated)
{
    const char *place = strstr(pattern, "%p");
    char number[32];
    char *name;

    if (!place)
        return strdup(pattern);
    snprintf(number, sizeof number, repeated > 1 ? "%lu-%u" : "%lu", process, repeated);
    if (asprintf(&name, "%.*s%s%s", (int)(place - pattern), pattern, number, place + 2) < 0)
        return NULL;
    return name;
}

static void print_trace(const struct recording *recording, const char *output,
                        const struct raw_totals *totals)
{
    fprintf(stderr,
            "%s: %s: %" PRIu64 " calls, %" PRIu32 " thread%s, %" PRIu64 " hole%s, %" PRIu64
            " unknown free%s",
            recording->job->name, output, totals->calls, totals->threads,
            totals->threads == 1 ? "" : "s", totals->holes, totals->holes == 1 ? "" : "s",
            totals->unknown_frees, totals->unknown_frees == 1 ? "" : "s");
    if (totals->implied_frees > 0)
        fprintf(stderr, ", %" PRIu64 " frees not seen", totals->implied_frees);
    if (totals->programs > 1)
        fprintf(stderr, ", %" PRIu32 " programs by exec", totals->programs);
    if (totals->stopped)
        fprintf(stderr, ", cut short: there was no room for more");
    fprintf(stderr, "\n");
    if (totals->own_new)
        fprintf(stderr,
                "%s: %s: its allocator answers C++'s operator new unseen; if it is a C++ program, "
                "start the recording with LD_PRELOAD=libstdc++.so.6\n",
                recording->job->name, output);
}

/* "title=NAME" of the command, which may first of all be an interpreter. NULL: out of memory. */
static char *title_of(const char *command)
{
    const char *slash = strrchr(command, '/');
    char *title;

    if (asprintf(&title, "title=%s", slash ? slash + 1 : command) < 0)
        return NULL;
    return title;
}

/* Convert the process whose first raw file is `raw`; with `run`, while it still runs. */
static void convert(struct recording *recording, const char *raw, const char *output,
                    bool is_command, struct heap_run *run)
{
    char *title = is_command ? title_of(recording->job->command[0]) : NULL;
    struct raw_watch watch = { .context = run, .backlog_bytes = BACKLOG_BYTES };
    struct import_job job = {
        .input = raw,
        .output = output,
        .with_time = recording->job->with_time,
        .read = raw_read,
        .context = &watch,
        .set = &title,
        .set_count = title ? 1 : 0,
    };
    char error[TRACE_MESSAGE_BYTES] = "";
    bool good;

    if (run) {
        watch.alive = heap_run_alive;
        watch.wait = heap_run_wait;
    }
    good = import_run(&job, error, sizeof error);
    free(title);
    if (good) {
        print_trace(recording, output, &watch.totals);
        recording->traces++;
        recording->whole = recording->whole && !watch.totals.stopped;
        return;
    }
    recording->failed = true;
    fprintf(stderr, "%s: %s\n%s: what was recorded stays: lookaside import %s%s -o %s\n",
            recording->job->name, error, recording->job->name, job.with_time ? "--time " : "", raw,
            output);
}

/* On a terminal, say what takes so long and what an interruption does. */
static void say_converting(const struct recording *recording, uint64_t records)
{
    if (records > LONG_RECORDS && isatty(STDERR_FILENO))
        fprintf(stderr, "%s: converting; Ctrl-C leaves what was recorded in %s\n",
                recording->job->name, recording->folder.path);
}

/* -- The command alone ------------------------------------------------------------------------- */

/* Records in the files of the programs that the command was, up to now. */
static uint64_t count_records(struct recording *recording)
{
    struct raw_header header;
    uint64_t records = 0;

    for (unsigned long program = 1;; program++) {
        char *path =
            heap_folder_raw(&recording->folder, (unsigned long)recording->run.process, program);
        bool there = path && heap_folder_header(path, &header);
        free(path);
        if (!there)
            return records;
        recording->was_there = true;
        records += header.next;
    }
}

/* Long recordings are converted while the command runs, so that they do not fill the disk. */
static void record_one(struct recording *recording)
{
    struct heap_run *run = &recording->run;
    char *raw = heap_folder_raw(&recording->folder, (unsigned long)run->process, 1);
    const uint64_t backlog = BACKLOG_BYTES / sizeof(struct raw_record);
    uint64_t records = 0;

    while (heap_run_alive(run) && records < backlog) {
        heap_run_wait(run);
        records = count_records(recording);
    }
    if (run->ended) {
        records = count_records(recording);
        say_converting(recording, records);
    }
    if (raw && records > 0)
        convert(recording, raw, recording->job->output, true, run->ended ? NULL : run);
    while (heap_run_alive(run)) /* still, if it could not be converted */
        heap_run_wait(run);
    free(raw);
}

/* -- All processes ----------------------------------------------------------------------------- */

/* The first program of a process; further ones belong to it. */
struct first_program {
    unsigned long process;
    unsigned long program;
    uint64_t records;
};

static bool is_first(const struct recording *recording, const struct raw_header *header,
                     unsigned long process, unsigned long program)
{
    char *path = program > 1 ? heap_folder_raw(&recording->folder, process, program - 1u) : NULL;
    struct raw_header before;
    bool first = !path || !heap_folder_header(path, &before) || header->parent[0] != '\0' ||
                 before.process_start != header->process_start;

    free(path);
    return first;
}

/* Records of a process, over all its programs. */
static uint64_t count_from(const struct recording *recording, unsigned long process,
                           unsigned long program)
{
    struct raw_header header;
    uint64_t records = 0;
    bool more = true;

    for (unsigned long i = program; more; i++) {
        char *path = heap_folder_raw(&recording->folder, process, i);
        more = path && heap_folder_header(path, &header) &&
               (i == program || !is_first(recording, &header, process, i));
        records += more ? header.next : 0;
        free(path);
    }
    return records;
}

static int by_process(const void *left, const void *right)
{
    const struct first_program *a = left;
    const struct first_program *b = right;

    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return (a->program > b->program) - (a->program < b->program);
}

/* The processes that have made a call, by number. */
static struct first_program *find_processes(struct recording *recording, size_t *ret_count)
{
    DIR *all = opendir(recording->folder.path);
    struct first_program *found = NULL;
    size_t room = 0;

    *ret_count = 0;
    for (struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all)) {
        struct first_program first = { 0, 0, 0 };
        struct raw_header header;
        char *path;

        if (sscanf(one->d_name, "%lu-%lu.raw", &first.process, &first.program) != 2)
            continue;
        path = heap_folder_raw(&recording->folder, first.process, first.program);
        if (path && heap_folder_header(path, &header) &&
            is_first(recording, &header, first.process, first.program)) {
            recording->was_there = true;
            first.records = count_from(recording, first.process, first.program);
        }
        free(path);
        if (first.records == 0)
            continue;
        if (*ret_count == room) {
            room = room ? room * 2u : 64u;
            found = realloc(found, room * sizeof *found);
            if (!found)
                break;
        }
        found[(*ret_count)++] = first;
    }
    if (all)
        closedir(all);
    if (found)
        qsort(found, *ret_count, sizeof *found, by_process);
    return found;
}

static void wait_for_all(struct recording *recording)
{
    bool said = false;

    while (heap_run_alive(&recording->run)) {
        if (recording->run.ended && !said) {
            said = true;
            fprintf(stderr,
                    "%s: waiting for what the command left running; Ctrl-C converts what is "
                    "there\n",
                    recording->job->name);
        }
        heap_run_wait(&recording->run);
    }
}

static void record_all(struct recording *recording)
{
    struct first_program *processes;
    uint64_t records = 0;
    unsigned repeated = 0;
    size_t count;

    wait_for_all(recording);
    recording->folder.control->over = 1; /* for those that nobody waited for */
    processes = find_processes(recording, &count);
    for (size_t i = 0; processes && i < count; i++)
        records += processes[i].records;
    say_converting(recording, records);
    for (size_t i = 0; processes && i < count; i++) {
        char *raw = heap_folder_raw(&recording->folder, processes[i].process, processes[i].program);
        bool again = i > 0 && processes[i - 1u].process == processes[i].process;
        char *output;

        repeated = again ? repeated + 1u : 1;
        output = output_name(recording->job->output, processes[i].process, repeated);
        if (raw && output)
            convert(recording, raw, output,
                    processes[i].process == (unsigned long)recording->run.process && !again, NULL);
        else
            recording->failed = true;
        free(raw);
        free(output);
    }
    free(processes);
}

/* -- The whole --------------------------------------------------------------------------------- */

static void print_others(const struct recording *recording)
{
    const struct raw_control *control = recording->folder.control;

    if (control->others > 0)
        fprintf(stderr,
                "%s: other processes made calls too (%" PRIu32
                ", with every exec and fork); %%p in -o keeps a trace of each\n",
                recording->job->name, control->others);
    if (control->failed > 0)
        fprintf(stderr, "%s: %" PRIu32 " process%s could not be recorded: %s\n",
                recording->job->name, control->failed, control->failed == 1 ? "" : "es",
                strerror((int)control->failed_errno));
}

int record_heap(const struct record_job *job)
{
    struct recording recording = { .job = job, .whole = true };
    int code = heap_folder_make(job, &recording.folder);

    if (code != 0)
        return code;
    if (!heap_run_start(job, &recording.folder, &recording.run)) {
        heap_folder_remove(&recording.folder);
        return 1;
    }
    if (recording.run.all)
        record_all(&recording);
    else
        record_one(&recording);
    command_print_end(job, recording.run.status);
    print_others(&recording);
    if (recording.traces == 0 && !recording.failed && recording.folder.control->failed == 0)
        heap_nothing_explain(job, recording.was_there);
    if (recording.folder.control->failed > 0)
        recording.whole = false;
    if (recording.failed)
        heap_folder_leave(&recording.folder, !recording.run.enough);
    else
        heap_folder_remove(&recording.folder);
    return recording.traces > 0 && recording.whole && !recording.failed ? 0 : 1;
}
