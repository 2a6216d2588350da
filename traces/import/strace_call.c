/* SPDX-License-Identifier: 0BSD */
/* Which calls that strace saw are of interest, and what each does. */
#include "strace_call.h"

#include "strace_area.h"
#include "strace_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Source: Linux, include/uapi/linux/sched.h. */
#define CLONE_VM_BIT     0x100u
#define CLONE_THREAD_BIT 0x10000u

/* -- brk --------------------------------------------------------------------------------------- */

/* The first one seen tells where the area is, the others where it ends. A fork's child has an area
 * of its own from where the parent's ended.
 */
static bool run_brk(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *wanted = strace_act(strace, task);
    struct strace_space *space = task->process->space;
    uint64_t bytes;

    if (space->brk_at == 0)
        space->brk_low = call->result;
    space->brk_at = call->result;
    if (!wanted)
        return true;
    if (call->result < space->brk_low)
        strace_count_unknown(strace, space);
    bytes = call->result > space->brk_low ? call->result - space->brk_low : 0;
    return mapping_set_heap(strace->import, &space->heap, bytes);
}

/* -- Shared memory of System V ----------------------------------------------------------------- */

struct segment {
    uint64_t id;
    uint64_t bytes;
};

static int by_id(const void *left, const void *right)
{
    uint64_t a = ((const struct segment *)left)->id;
    uint64_t b = ((const struct segment *)right)->id;

    return (a > b) - (a < b);
}

static bool run_shmget(struct strace *strace, struct strace_task *task,
                       const struct strace_call *call)
{
    struct segment *segment = malloc(sizeof *segment);
    struct segment **found;
    uint64_t bytes;

    (void)task;
    if (!segment)
        return import_out_of_memory(strace->import);
    if (!strace_number(call->argument[1], &bytes)) {
        free(segment);
        return strace_not_understood(strace);
    }
    *segment = (struct segment){ call->result, bytes };
    found = tsearch(segment, &strace->segments, by_id);
    if (!found) {
        free(segment);
        return import_out_of_memory(strace->import);
    }
    if (*found == segment)
        return true;
    if (bytes > 0) /* 0 asks for one that is there */
        (*found)->bytes = bytes;
    free(segment);
    return true;
}

static bool run_shmat(struct strace *strace, struct strace_task *task,
                      const struct strace_call *call)
{
    struct segment wanted = { 0, 0 };
    struct segment *const *found;

    if (!strace_number(call->argument[0], &wanted.id))
        return strace_not_understood(strace);
    found = tfind(&wanted, &strace->segments, by_id);
    if (found && (*found)->bytes > 0)
        return strace_attach(strace, task, call->result, (*found)->bytes);
    strace->import->notes[NOTE_UNKNOWN_MAPPING]++; /* nobody told its size */
    return true;
}

/* -- Tasks ------------------------------------------------------------------------------------- */

static enum strace_birth birth_of(const char *name, const char *text)
{
    const char *flags = strstr(text, "flags=");

    if (strcmp(name, "vfork") == 0)
        return STRACE_VFORK;
    if (strcmp(name, "fork") == 0 || !flags)
        return STRACE_FORK;
    flags += strlen("flags=");
    if (!strace_flag(flags, "CLONE_VM", CLONE_VM_BIT))
        return STRACE_FORK;
    return strace_flag(flags, "CLONE_THREAD", CLONE_THREAD_BIT) ? STRACE_THREAD : STRACE_VFORK;
}

static bool run_exec(struct strace *strace, struct strace_task *task,
                     const struct strace_call *call)
{
    (void)call;
    return strace_exec(strace, task);
}

static bool run_exit(struct strace *strace, struct strace_task *task,
                     const struct strace_call *call)
{
    (void)call;
    return strace_exit(strace, task);
}

static bool run_exit_group(struct strace *strace, struct strace_task *task,
                           const struct strace_call *call)
{
    (void)call;
    return strace_exit_process(strace, task);
}

/* -- The table --------------------------------------------------------------------------------- */

enum call_kind {
    CALL_MEMORY, /* takes effect when it returns */
    CALL_EARLY,  /* takes effect when it begins: others may see that before it returns */
    CALL_MOVE,   /* mremap: half and half */
    CALL_BIRTH,  /* makes a task */
    CALL_EXEC,   /* makes an address space */
    CALL_END,    /* never returns */
};

struct row {
    const char *name;
    enum call_kind kind;
    bool (*run)(struct strace *strace, struct strace_task *task, const struct strace_call *call);
};

static const struct row rows[] = {
    { "mmap", CALL_MEMORY, strace_mmap },
    { "mmap2", CALL_MEMORY, strace_mmap },
    { "old_mmap", CALL_MEMORY, strace_mmap },
    { "munmap", CALL_EARLY, strace_munmap },
    { "mremap", CALL_MOVE, strace_mremap },
    { "mprotect", CALL_MEMORY, strace_mprotect },
    { "pkey_mprotect", CALL_MEMORY, strace_mprotect },
    { "madvise", CALL_MEMORY, strace_madvise },
    { "brk", CALL_MEMORY, run_brk },
    { "shmget", CALL_MEMORY, run_shmget },
    { "shmat", CALL_MEMORY, run_shmat },
    { "shmdt", CALL_EARLY, strace_shmdt },
    { "clone", CALL_BIRTH, NULL },
    { "clone3", CALL_BIRTH, NULL },
    { "fork", CALL_BIRTH, NULL },
    { "vfork", CALL_BIRTH, NULL },
    { "execve", CALL_EXEC, run_exec },
    { "execveat", CALL_EXEC, run_exec },
    { "exit", CALL_END, run_exit },
    { "_exit", CALL_END, run_exit },
    { "exit_group", CALL_END, run_exit_group },
};

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool strace_matters(const char *name)
{
    return find_row(name) != NULL;
}

/* A stack waits for its guard until its maker does something else. */
static bool settle_before(struct strace *strace, struct strace_task *task, const struct row *row)
{
    return row->run == strace_mprotect || strace_settle(strace, task);
}

bool strace_begin(struct strace *strace, struct strace_task *task, const char *name,
                  const char *text, bool *ret_done)
{
    const struct row *row = find_row(name);
    struct strace_call call;

    *ret_done = row->kind == CALL_EARLY || row->kind == CALL_END;
    strace->calls++;
    if (!settle_before(strace, task, row))
        return false;
    strace_cut_arguments(text, &call);
    if (*ret_done)
        return row->run(strace, task, &call);
    if (row->kind == CALL_MOVE)
        return strace_begin_mremap(strace, task, &call);
    if (row->kind == CALL_BIRTH)
        strace_bear(strace, task, birth_of(name, text));
    return true;
}

/* The call failed, or nobody knows. */
static bool failed(struct strace *strace, struct strace_task *task, const struct row *row)
{
    if (row->kind == CALL_END)
        return row->run(strace, task, NULL);
    if (row->kind == CALL_MEMORY || row->kind == CALL_EARLY || row->kind == CALL_MOVE)
        strace->import->notes[NOTE_FAILED]++;
    return strace_undo(strace, task);
}

bool strace_return(struct strace *strace, struct strace_task *task, const char *name,
                   const char *text)
{
    const struct row *row = find_row(name);
    struct strace_call call;

    strace_bear_end(task);
    if (!settle_before(strace, task, row))
        return false;
    if (!strace_cut_call(text, &call))
        return strace_not_understood(strace);
    if (call.failed)
        return failed(strace, task, row);
    if (row->run == strace_mprotect)
        return strace_mprotect(strace, task, &call) && strace_settle(strace, task);
    if (row->kind != CALL_BIRTH)
        return row->run(strace, task, &call);
    if (call.result == 0 || call.result > UINT32_MAX)
        return strace_not_understood(strace);
    return strace_born(strace, task, birth_of(name, text), (uint32_t)call.result);
}
