/* SPDX-License-Identifier: 0BSD */
/* Who is who in strace's output. */
#define _GNU_SOURCE /* tdestroy */
#include "strace_task.h"

#include "strace_area.h"
#include "strace_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MAX       4096u /* lines; a call that makes a task returns much earlier */
#define CANDIDATES_MAX 64u   /* calls that may have made a task */

/* -- Tasks and processes ----------------------------------------------------------------------- */

static int by_thread(const void *left, const void *right)
{
    uint32_t a = ((const struct strace_task *)left)->thread;
    uint32_t b = ((const struct strace_task *)right)->thread;

    return (a > b) - (a < b);
}

static struct strace_task *find(const struct strace *strace, uint32_t thread)
{
    struct strace_task wanted = { .thread = thread };
    struct strace_task *const *found = tfind(&wanted, &strace->tasks, by_thread);

    return found ? *found : NULL;
}

static bool new_space(struct strace *strace, struct strace_process *process)
{
    process->space = calloc(1, sizeof *process->space);
    if (!process->space)
        return import_out_of_memory(strace->import);
    process->space->users = 1;
    process->space->selected = strace->selected == 0 || strace->selected == process->number;
    return true;
}

/* NULL without memory. */
static struct strace_process *new_process(struct strace *strace, uint32_t number,
                                          struct strace_space *shared)
{
    struct strace_process *process = NULL;
    void *numbers = strace->numbers;

    if (import_room(strace->import, &numbers, &strace->numbers_room, sizeof *strace->numbers,
                    strace->numbers_count)) {
        strace->numbers = numbers;
        process = calloc(1, sizeof *process);
    }
    if (!process) {
        import_out_of_memory(strace->import);
        return NULL;
    }
    process->number = number;
    process->space = shared;
    strace->numbers[strace->numbers_count++] = number;
    if (shared) {
        shared->users++;
    } else if (!new_space(strace, process)) {
        free(process);
        return NULL;
    }
    return process;
}

static void free_process(struct strace_process *process)
{
    if (!LIST_EMPTY(&process->tasks))
        return;
    if (process->space && --process->space->users == 0)
        space_free(process->space);
    free(process);
}

static void free_task(void *node)
{
    struct strace_task *task = node;

    free(task->pending);
    strace_drop_moving(task);
    LIST_REMOVE(task, in_process);
    free_process(task->process);
    free(task);
}

/* A task of `process`, which is its owner from now on. NULL without memory. */
static struct strace_task *new_task(struct strace *strace, uint32_t thread,
                                    struct strace_process *process)
{
    struct strace_task *dead = find(strace, thread);
    struct strace_task *task = calloc(1, sizeof *task);

    if (dead) {
        tdelete(dead, &strace->tasks, by_thread);
        free_task(dead);
    }
    if (task) {
        task->thread = thread;
        task->process = process;
        LIST_INSERT_HEAD(&process->tasks, task, in_process);
    }
    if (!task || !tsearch(task, &strace->tasks, by_thread)) {
        import_out_of_memory(strace->import);
        if (task)
            LIST_REMOVE(task, in_process);
        free(task);
        return NULL;
    }
    task->alive = true;
    process->alive++;
    LIST_INSERT_HEAD(&strace->alive, task, in_alive);
    if (!strace->root)
        strace->root = task;
    strace->threads++;
    strace->held_known = strace->held_count > 0;
    return task;
}

void strace_free(struct strace *strace)
{
    tdestroy(strace->tasks, free_task);
    tdestroy(strace->segments, free);
    for (size_t i = 0; i < strace->held_count; i++)
        free(strace->held[i].text);
    free(strace->held);
    free(strace->numbers);
}

void strace_forget(struct strace *strace, struct strace_task *task)
{
    if (!task->confirmed)
        return;
    tdelete(task, &strace->tasks, by_thread);
    free_task(task);
}

/* -- Ends -------------------------------------------------------------------------------------- */

static void bury(struct strace *strace, struct strace_task *task)
{
    task->alive = false;
    task->unfinished = false;
    task->process->alive--;
    LIST_REMOVE(task, in_alive);
    strace_bear_end(task);
    free(task->pending);
    task->pending = NULL;
    if (strace->root == task)
        strace->root = NULL;
}

/* The process uses its address space no longer. */
static bool leave_space(struct strace *strace, struct strace_task *task)
{
    struct strace_space *space = task->process->space;

    if (space->users == 1 && !strace_release(strace, task))
        return false;
    task->process->space = NULL;
    if (--space->users == 0)
        space_free(space);
    return true;
}

bool strace_exit(struct strace *strace, struct strace_task *task)
{
    if (!task->alive)
        return true;
    if (!strace_settle(strace, task) || !strace_undo(strace, task))
        return false;
    bury(strace, task);
    return task->process->alive > 0 || leave_space(strace, task);
}

/* The others of the process are gone at once. */
static bool bury_others(struct strace *strace, struct strace_task *task)
{
    struct strace_task *other = LIST_FIRST(&task->process->tasks);

    for (; other; other = LIST_NEXT(other, in_process)) {
        if (other == task || !other->alive)
            continue;
        if (!strace_settle(strace, other) || !strace_undo(strace, other))
            return false;
        bury(strace, other);
    }
    return true;
}

bool strace_exit_process(struct strace *strace, struct strace_task *task)
{
    return bury_others(strace, task) && strace_exit(strace, task);
}

bool strace_exec(struct strace *strace, struct strace_task *task)
{
    strace->execs++;
    if (!bury_others(strace, task) || !strace_settle(strace, task) || !leave_space(strace, task))
        return false;
    return new_space(strace, task->process);
}

bool strace_supersede(struct strace *strace, uint32_t thread, uint32_t from)
{
    struct strace_task *task = find(strace, from);
    struct strace_task *old = find(strace, thread);

    if (!task || task == old)
        return true;
    if (old && !strace_exit(strace, old))
        return false;
    if (old) {
        old->confirmed = true;
        strace_forget(strace, old);
    }
    if (!strace->root)
        strace->root = task;
    tdelete(task, &strace->tasks, by_thread);
    task->thread = thread;
    if (!tsearch(task, &strace->tasks, by_thread)) {
        free_task(task);
        return import_out_of_memory(strace->import);
    }
    return true;
}

/* -- Births ------------------------------------------------------------------------------------ */

void strace_bear(struct strace *strace, struct strace_task *task, enum strace_birth birth)
{
    task->birth = birth;
    task->child = 0;
    if (!task->bearing)
        LIST_INSERT_HEAD(&strace->bearing, task, in_bearing);
    task->bearing = true;
}

void strace_bear_end(struct strace_task *task)
{
    if (task->bearing)
        LIST_REMOVE(task, in_bearing);
    task->bearing = false;
    task->child = 0;
}

/* NULL without memory. */
static struct strace_task *make(struct strace *strace, struct strace_task *parent,
                                enum strace_birth birth, uint32_t thread)
{
    struct strace_space *space = parent->process->space;
    struct strace_process *process = parent->process;
    struct strace_task *task;

    if (birth != STRACE_THREAD)
        process = new_process(strace, thread, birth == STRACE_VFORK ? space : NULL);
    if (!process)
        return NULL;
    if (birth == STRACE_FORK) {
        process->space->inherited = true;
        process->space->brk_at = space->brk_at;
        process->space->brk_low = space->brk_at;
    }
    task = new_task(strace, thread, process);
    if (!task)
        free_process(process);
    return task;
}

/* Another call than the one that was taken for it has made a task: that one has yet to. */
static void set_right(struct strace *strace, const struct strace_task *task,
                      const struct strace_task *parent)
{
    struct strace_task *wrong = find(strace, task->parent);

    if (wrong && wrong != parent && wrong->child == task->thread)
        strace_bear(strace, wrong, wrong->birth);
}

bool strace_born(struct strace *strace, struct strace_task *parent, enum strace_birth birth,
                 uint32_t thread)
{
    struct strace_task *task = find(strace, thread);

    if (!parent->process->space)
        return true; /* it has ended, and with it whatever it made */
    if (task && !task->confirmed) {
        task->confirmed = true;
        set_right(strace, task, parent);
        if (!task->alive)
            strace_forget(strace, task);
        return true;
    }
    if (task == parent)
        return true;
    if (task) { /* its number is used again */
        if (!strace_exit(strace, task))
            return false;
        strace_forget(strace, task);
    }
    task = make(strace, parent, birth, thread);
    if (task)
        task->confirmed = true;
    return task != NULL;
}

/* -- Unknown ones ------------------------------------------------------------------------------ */

void strace_announce(struct strace *strace, uint32_t thread)
{
    strace->announced[strace->announced_at++ % STRACE_ANNOUNCED] = thread;
}

static bool is_announced(const struct strace *strace, uint32_t thread)
{
    for (uint32_t i = 0; i < STRACE_ANNOUNCED; i++)
        if (strace->announced[i] == thread)
            return true;
    return false;
}

/* Whether it does not matter which of the unfinished calls made a task. */
static bool bearing_agree(const struct strace *strace)
{
    const struct strace_task *first = LIST_FIRST(&strace->bearing);
    const struct strace_task *task = first;
    uint32_t count = 0;

    for (; task; task = LIST_NEXT(task, in_bearing))
        if (++count > CANDIDATES_MAX || task->process != first->process ||
            task->birth != first->birth)
            return false;
    return count > 0;
}

/* A task made by the newest unfinished call. */
static struct strace_task *adopt(struct strace *strace, uint32_t thread)
{
    struct strace_task *parent = LIST_FIRST(&strace->bearing);
    struct strace_task *task = make(strace, parent, parent->birth, thread);

    strace_bear_end(parent);
    parent->child = thread;
    if (task)
        task->parent = parent->thread;
    return task;
}

/* A task that nobody was seen to make: the first of the recording, or one that was there before it.
 * strace -p shows the threads of one process that way.
 */
static struct strace_task *take_in(struct strace *strace, uint32_t thread, bool execs)
{
    struct strace_process *process = strace->root && !execs ? strace->root->process : NULL;
    struct strace_task *task;

    if (process)
        strace->strangers++;
    else
        process = new_process(strace, thread, NULL);
    task = process ? new_task(strace, thread, process) : NULL;
    if (task)
        task->confirmed = true;
    else if (process)
        free_process(process);
    return task;
}

static bool hold(struct strace *strace, const struct strace_line *line)
{
    void *at = strace->held;
    char *text = line->text ? strdup(line->text) : NULL;

    if (line->text && !text)
        return import_out_of_memory(strace->import);
    if (!import_room(strace->import, &at, &strace->held_room, sizeof *line, strace->held_count)) {
        free(text);
        return false;
    }
    strace->held = at;
    strace->held[strace->held_count] = *line;
    strace->held[strace->held_count++].text = text;
    return strace->held_count < HELD_MAX || strace_guess(strace, false);
}

bool strace_unhold(struct strace *strace, struct strace_line *ret_line)
{
    for (size_t i = 0; strace->held_known && i < strace->held_count; i++) {
        *ret_line = strace->held[i];
        if (!find(strace, ret_line->thread))
            continue;
        strace->held_count--;
        memmove(&strace->held[i], &strace->held[i + 1u],
                (strace->held_count - i) * sizeof *strace->held);
        return true;
    }
    strace->held_known = false;
    return false;
}

bool strace_guess(struct strace *strace, bool certain)
{
    uint32_t thread = strace->held_count > 0 ? strace->held[0].thread : 0;

    if (strace->held_count == 0 || (certain && !bearing_agree(strace)))
        return true;
    strace->held_known = true;
    if (find(strace, thread))
        return true;
    return LIST_EMPTY(&strace->bearing) ? take_in(strace, thread, false) != NULL
                                        : adopt(strace, thread) != NULL;
}

/* -- Lines ------------------------------------------------------------------------------------- */

/* Lines have no number while there is one task only. The first line with one may be about that
 * task, or about its first child.
 */
static bool names_root(const struct strace *strace, const struct strace_line *line)
{
    const struct strace_task *root = strace->root;

    return root && root->thread == 0 && !is_announced(strace, line->thread) &&
           (!root->unfinished || line->kind == STRACE_RESUMED);
}

static bool rename_root(struct strace *strace, uint32_t thread)
{
    struct strace_task *root = strace->root;

    tdelete(root, &strace->tasks, by_thread);
    root->thread = thread;
    root->process->number = thread;
    if (!tsearch(root, &strace->tasks, by_thread)) {
        free_task(root);
        return import_out_of_memory(strace->import);
    }
    return true;
}

static bool meet(struct strace *strace, const struct strace_line *line,
                 struct strace_task **ret_task)
{
    bool execs = strcmp(line->name, "execve") == 0;

    *ret_task = NULL;
    if (strace->held_count > 0) /* it may be one of those, or made by one */
        return hold(strace, line);
    if (line->kind == STRACE_EXITED || line->kind == STRACE_SUPERSEDED)
        return true;
    if (names_root(strace, line)) {
        *ret_task = strace->root;
        return rename_root(strace, line->thread);
    }
    if (LIST_EMPTY(&strace->bearing))
        *ret_task = take_in(strace, line->thread, execs);
    else if (bearing_agree(strace))
        *ret_task = adopt(strace, line->thread);
    else
        return hold(strace, line);
    return *ret_task != NULL;
}

bool strace_task_of(struct strace *strace, const struct strace_line *line,
                    struct strace_task **ret_task)
{
    if (line->has_thread) {
        *ret_task = find(strace, line->thread);
        return *ret_task || meet(strace, line, ret_task);
    }
    *ret_task = strace->root ? strace->root : LIST_FIRST(&strace->alive);
    if (*ret_task && LIST_NEXT(LIST_FIRST(&strace->alive), in_alive) == NULL)
        *ret_task = LIST_FIRST(&strace->alive);
    return *ret_task || meet(strace, line, ret_task);
}
