/* SPDX-License-Identifier: 0BSD */
/* Who is who in strace's output: tasks (threads, by their number), the processes they belong to,
 * and the address spaces those use. Private to traces/import.
 *
 * A new task's first lines may come before the call that made it has returned and told its number.
 * If there is one call only that can have made it, it did; if there are more, the lines are held
 * back until one of them returns.
 */
#ifndef LOOKASIDE_IMPORT_STRACE_TASK_H
#define LOOKASIDE_IMPORT_STRACE_TASK_H

#include "strace_line.h"
#include "strace_space.h"

#include <sys/queue.h>

/* How much a new task shares with the one that made it. */
enum strace_birth { STRACE_THREAD, STRACE_VFORK, STRACE_FORK };

struct strace_task {
    uint32_t thread; /* its number, 0: not told yet */
    struct strace_process *process;
    bool alive;
    bool confirmed;          /* the call that made it has returned, or none was seen */
    bool indexed;            /* it has an `index` */
    uint32_t index;          /* in the trace, in the order of first ops */
    bool unfinished;         /* a call of it has begun */
    bool done;               /* and what it does is done already */
    char *pending;           /* text of that call, if it is of interest */
    enum strace_birth birth; /* what that call makes, while it is bearing */
    bool bearing;            /* and the child is not known yet */
    uint32_t child;          /* or is taken to be this one */
    uint32_t parent;         /* whose `child` this one is, or was */
    struct area *waiting;    /* the stack made last, if it waits for its guard */
    struct piece moving;     /* what an unfinished mremap moves; empty: nothing */
    LIST_ENTRY(strace_task) in_process;
    LIST_ENTRY(strace_task) in_alive;
    LIST_ENTRY(strace_task) in_bearing;
};

LIST_HEAD(strace_tasks, strace_task);

struct strace_process {
    uint32_t number;            /* of its first thread */
    uint32_t alive;             /* tasks of it */
    struct strace_tasks tasks;  /* dead ones too, until they are forgotten */
    struct strace_space *space; /* NULL: it has ended */
};

#define STRACE_ANNOUNCED 64 /* a child is announced right before it comes up */

struct strace {
    struct import *import;
    uint32_t selected;         /* the process whose address spaces are wanted; 0: all */
    void *tasks;               /* a tree of struct strace_task by thread */
    void *segments;            /* of shared memory: a tree by id */
    struct strace_tasks alive; /* the newest first */
    struct strace_tasks bearing;
    struct strace_task *root; /* the first one, while it is alive */
    struct strace_line *held; /* lines of tasks that nobody knows yet; their texts are copies */
    size_t held_count;
    size_t held_room;
    bool held_known; /* perhaps the task of a held line is known by now */
    uint32_t announced[STRACE_ANNOUNCED];
    uint32_t announced_at;
    uint32_t indices;  /* given out */
    uint32_t *numbers; /* of the processes, in the order in which they came up */
    size_t numbers_count;
    size_t numbers_room;
    uint64_t threads;   /* all tasks */
    uint64_t execs;     /* address spaces made by execve */
    uint64_t strangers; /* threads that nobody was seen to make */
    uint64_t calls;     /* of interest */
    uint64_t others;    /* calls of no interest */
    uint64_t foreign;   /* lines that are not strace's, or cut */
};

void strace_free(struct strace *strace);

/* The task of a line; NULL if there is nothing to do with the line, or nothing yet: then it is
 * held. False without memory. O(log n).
 */
bool strace_task_of(struct strace *strace, const struct strace_line *line,
                    struct strace_task **ret_task);

/* "strace: Process 5 attached" */
void strace_announce(struct strace *strace, uint32_t thread);

/* The task's unfinished call makes another one, or is over. */
void strace_bear(struct strace *strace, struct strace_task *task, enum strace_birth birth);
void strace_bear_end(struct strace_task *task);

/* A call of `parent` has made task `thread`. */
bool strace_born(struct strace *strace, struct strace_task *parent, enum strace_birth birth,
                 uint32_t thread);

/* The task is gone; with the last one its process, and with the last process its address space. */
bool strace_exit(struct strace *strace, struct strace_task *task);
bool strace_exit_process(struct strace *strace, struct strace_task *task);

/* execve: a new address space for the process, whose other tasks are gone. */
bool strace_exec(struct strace *strace, struct strace_task *task);

/* The last line of a task has come. */
void strace_forget(struct strace *strace, struct strace_task *task);

/* Task `from` called execve and goes on under the number `thread`. */
bool strace_supersede(struct strace *strace, uint32_t thread, uint32_t from);

/* A held line whose task is known by now, out of the list; its text is the caller's to free. False
 * if there is none.
 */
bool strace_unhold(struct strace *strace, struct strace_line *ret_line);

/* Say who made the task of the first held line: only if that is certain by now, or a guess. False
 * without memory.
 */
bool strace_guess(struct strace *strace, bool certain);

#endif
