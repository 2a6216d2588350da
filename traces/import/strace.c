/* SPDX-License-Identifier: 0BSD */
/* What `strace -f` prints: address spaces of a tree of processes, one call a line.
 *
 *     execve("/bin/true", ["true"], 0x7ffe248a5ad8) = 0
 *     brk(NULL)                               = 0x55fe7b4b3000
 *     [pid   12] mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f00
 *     12 1795207944.029073 munmap(0x7f0000000000, 65536 <unfinished ...>
 *     12 1795207944.029114 <... munmap resumed>) = 0
 *
 * With or without -t, -r, -T, -y, -i, -n, and numbers of threads. As in all recordings of several
 * processes, their address spaces share the one of the trace; a fork copies nothing; exec and exit
 * release everything. A region lives until its last page is unmapped. A thread's stack has the
 * guard that its first mprotect shows. Lines that are not strace's are skipped and counted: the
 * program's own output may be among them.
 */
#define _GNU_SOURCE /* asprintf */
#include "strace.h"

#include "formats.h"
#include "scan.h"
#include "strace_area.h"
#include "strace_call.h"
#include "strace_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS UINT64_C(86400000000000)

struct state {
    struct strace strace;
    uint64_t last_ns;        /* of the line before, by the same clock */
    enum strace_clock clock; /* of it */
    char *begun;             /* a line that an announcement broke off in the middle, or NULL */
};

/* -- Time -------------------------------------------------------------------------------------- */

/* A time of day starts again at midnight; one that goes back a little is another thread's. */
static void add_time(struct state *state, const struct strace_line *line)
{
    uint64_t *time_ns = &state->strace.import->time_ns;
    uint64_t now = line->time_ns;

    if (line->clock == STRACE_NO_TIME)
        return;
    if (line->clock == STRACE_STEP) {
        *time_ns += now;
        return;
    }
    if (state->clock == line->clock && now < state->last_ns) {
        if (line->clock != STRACE_TIME_OF_DAY || state->last_ns - now < DAY_NS / 2u)
            return;
        *time_ns += DAY_NS;
        *time_ns += now;
        *time_ns -= state->last_ns;
    } else if (state->clock == line->clock) {
        *time_ns += now - state->last_ns;
    }
    state->clock = line->clock;
    state->last_ns = now;
}

/* -- Calls ------------------------------------------------------------------------------------- */

static void forget_call(struct strace_task *task)
{
    free(task->pending);
    task->pending = NULL;
    task->unfinished = false;
    task->done = false;
}

static bool unfinished(struct strace *strace, struct strace_task *task,
                       const struct strace_line *line)
{
    bool done;

    forget_call(task);
    task->unfinished = true;
    if (!strace_matters(line->name))
        return true;
    task->pending = strdup(line->text);
    if (!task->pending)
        return import_out_of_memory(strace->import);
    if (!strace_begin(strace, task, line->name, line->text, &done))
        return false;
    task->done = done;
    return true;
}

/* The text of a call that broke off, joined with its rest. */
static bool resumed(struct strace *strace, struct strace_task *task, const struct strace_line *line)
{
    char *pending = task->pending;
    bool done = task->done;
    char *text;
    bool good;

    task->pending = NULL;
    forget_call(task);
    if (!strace_matters(line->name)) {
        strace->others++;
        free(pending);
        return true;
    }
    if (done || !pending) {
        free(pending);
        return done || strace_not_understood(strace);
    }
    if (asprintf(&text, "%s%s", pending, line->text) < 0)
        text = NULL;
    good =
        text ? strace_return(strace, task, line->name, text) : import_out_of_memory(strace->import);
    free(text);
    free(pending);
    return good;
}

static bool whole(struct strace *strace, struct strace_task *task, const struct strace_line *line)
{
    forget_call(task);
    if (!strace_matters(line->name)) {
        strace->others++;
        return true;
    }
    strace->calls++;
    return strace_return(strace, task, line->name, line->text);
}

/* -- Lines ------------------------------------------------------------------------------------- */

static bool task_line(struct strace *strace, const struct strace_line *line)
{
    struct strace_task *task;

    if (!strace_task_of(strace, line, &task))
        return false;
    if (!task)
        return true;
    if (line->kind == STRACE_SUPERSEDED)
        return strace_supersede(strace, task->thread, line->other);
    if (line->kind == STRACE_EXITED) {
        if (!strace_exit(strace, task))
            return false;
        strace_forget(strace, task);
        return true;
    }
    if (!task->alive)
        return true; /* its process has ended, and strace shows what was under way */
    switch (line->kind) {
    case STRACE_CALL: return whole(strace, task, line);
    case STRACE_UNFINISHED: return unfinished(strace, task, line);
    default: return resumed(strace, task, line);
    }
}

/* Lines that were held back until their task was known. */
static bool unhold(struct strace *strace)
{
    struct strace_line line;
    bool good = strace_guess(strace, true);

    while (good && strace_unhold(strace, &line)) {
        good = task_line(strace, &line) && strace_guess(strace, true);
        free(line.text);
    }
    return good;
}

static bool handle(struct state *state, char *text)
{
    struct strace *strace = &state->strace;
    struct strace_line line;

    strace_cut(text, &line);
    add_time(state, &line);
    switch (line.kind) {
    case STRACE_FOREIGN: strace->foreign += !scan_at_end(text); return true;
    case STRACE_MESSAGE: return true;
    case STRACE_ATTACHED: strace_announce(strace, line.other); return true;
    default: return task_line(strace, &line) && unhold(strace);
    }
}

/* On a terminal, and in a file that has what the terminal would show, strace says that it follows a
 * new task whenever it does, in the middle of a line too. The next line goes on there.
 */
static bool join(struct state *state, char *text)
{
    char *begun = state->begun;
    uint32_t thread;
    bool interrupted;
    char *line;
    bool good;

    if (strncmp(text, "strace: ", 8) == 0 && begun)
        return handle(state, text);
    interrupted = strace_interrupted(text, &thread);
    if (interrupted)
        strace_announce(&state->strace, thread);
    if (!interrupted && !begun)
        return handle(state, text);
    if (asprintf(&line, "%s%s", begun ? begun : "", text) < 0)
        return import_out_of_memory(state->strace.import);
    free(begun);
    state->begun = NULL;
    if (interrupted && strlen(line) < LINE_BYTES_MAX) { /* no line of strace's is that long */
        state->begun = line;
        return true;
    }
    good = handle(state, line);
    free(line);
    return good;
}

/* -- The whole --------------------------------------------------------------------------------- */

static bool write_count(struct import *import, const char *key, uint64_t count, const char *words)
{
    char value[160];

    if (count == 0)
        return true;
    snprintf(value, sizeof value, "%" PRIu64 " %s", count, words);
    return import_text(import, key, value);
}

static void summarize(const struct strace *strace, char *summary, size_t size)
{
    size_t bytes = 0;

    if (strace->selected != 0)
        bytes = (size_t)snprintf(summary, size, "process %" PRIu32 " of ", strace->selected);
    snprintf(summary + bytes, size - bytes,
             "%zu process%s, %" PRIu64 " thread%s, %" PRIu64 " calls about memory or tasks",
             strace->numbers_count, strace->numbers_count == 1 ? "" : "es", strace->threads,
             strace->threads == 1 ? "" : "s", strace->calls);
}

static bool write_counts(const struct strace *strace)
{
    struct import *import = strace->import;
    char value[160];

    if (strace->calls + strace->others == 0)
        return import_fail(import, "no line of strace's (expected \"name(arguments) = result\")");
    summarize(strace, value, sizeof value);
    return import_text(import, "recording", value) &&
           write_count(import, "dropped", strace->others, "calls about other things") &&
           write_count(import, "dropped", strace->foreign,
                       "lines that are not strace's, or not whole") &&
           write_count(import, "changed", strace->strangers,
                       "threads of unknown beginning, taken as the first process's");
}

/* Lines whose task nobody named, and stacks that wait. */
static bool finish(struct strace *strace)
{
    struct strace_task *task;

    while (strace->held_count > 0)
        if (!strace_guess(strace, false) || !unhold(strace))
            return false;
    for (task = LIST_FIRST(&strace->alive); task; task = LIST_NEXT(task, in_alive))
        if (!strace_settle(strace, task) || !strace_undo(strace, task))
            return false;
    return write_counts(strace);
}

static bool read_all(struct state *state)
{
    struct import *import = state->strace.import;
    bool good = true;

    for (char *line = import_next_line(import); good && line;) {
        good = join(state, line);
        line = good ? import_next_line(import) : NULL;
    }
    if (good && state->begun)
        good = handle(state, state->begun);
    free(state->begun);
    return good && import->error[0] == '\0' && finish(&state->strace);
}

bool import_strace(struct import *import)
{
    struct state state = { .strace = { .import = import } };
    bool good = read_all(&state);

    strace_free(&state.strace);
    return good;
}

/* What the wish is told: the processes are in the order in which they came up. */
static void grant(struct strace_wish *wish, struct strace *strace)
{
    summarize(strace, wish->summary, sizeof wish->summary);
    wish->processes = strace->numbers;
    wish->process_count = strace->numbers_count;
    strace->numbers = NULL;
}

/* A recording from the first exec to the last exit, if nothing went wrong. */
static bool check_whole(const struct strace *strace, bool *ret_whole)
{
    const struct strace_task *task = LIST_FIRST(&strace->alive);
    uint64_t alive = 0;

    if (strace->execs == 0)
        return import_fail(strace->import, "no program was run");
    for (; task; task = LIST_NEXT(task, in_alive))
        alive++;
    *ret_whole = alive == 0;
    return write_count(strace->import, "truncated", alive, "threads went on behind the end");
}

bool import_strace_wish(struct import *import, void *context)
{
    struct strace_wish *wish = context;
    struct state state = { .strace = { .import = import, .selected = wish->process } };
    bool good;

    import->input = input_open(wish->path, import->error, sizeof import->error);
    import->lines = import->input ? malloc(sizeof *import->lines) : NULL;
    if (!import->input)
        return false;
    if (!import->lines)
        return import_out_of_memory(import);
    lines_init(import->lines, import->input);
    good = read_all(&state) && check_whole(&state.strace, &wish->whole);
    grant(wish, &state.strace);
    strace_free(&state.strace);
    return good;
}

/* -- First bytes ------------------------------------------------------------------------------- */

/* Calls with arguments as only strace prints them. */
static bool is_proof(const struct strace_line *line)
{
    static const struct {
        const char *name;
        const char *argument;
    } proofs[] = {
        { "execve", ", [\"" },       { "brk", " = 0x" },          { "mmap", "PROT_" },
        { "mmap2", "PROT_" },        { "mprotect", "PROT_" },     { "madvise", "MADV_" },
        { "clone", "flags=CLONE" },  { "clone3", "flags=CLONE" }, { "futex", "FUTEX_" },
        { "openat", "AT_FDCWD" },    { "newfstatat", "st_mode" }, { "rt_sigaction", "SIG" },
        { "rt_sigprocmask", "SIG" }, { "exit_group", " = ?" },    { "restart_syscall", "<..." },
    };

    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++)
        if (strcmp(line->name, proofs[i].name) == 0)
            return strstr(line->text, proofs[i].argument) != NULL;
    return false;
}

static enum scan_verdict judge(const char *text)
{
    char copy[INPUT_PEEK_BYTES + 1u];
    struct strace_line line;

    snprintf(copy, sizeof copy, "%s", text);
    strace_cut(copy, &line);
    switch (line.kind) {
    case STRACE_CALL:
    case STRACE_UNFINISHED: return is_proof(&line) ? SCAN_PROOF : SCAN_NEUTRAL;
    case STRACE_ATTACHED:
    case STRACE_EXITED: return SCAN_PROOF;
    default: return SCAN_NEUTRAL;
    }
}

bool looks_strace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
