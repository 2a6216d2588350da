/* SPDX-License-Identifier: 0BSD */
/* What mmap and its family do to an address space, call by call. Each changes the address space and
 * emits the ops, or says false without memory; a call that cannot be understood is counted. Private
 * to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_STRACE_MAP_H
#define LOOKASIDE_IMPORT_STRACE_MAP_H

#include "strace_task.h"

bool strace_mmap(struct strace *strace, struct strace_task *task, const struct strace_call *call);
bool strace_munmap(struct strace *strace, struct strace_task *task, const struct strace_call *call);
bool strace_mprotect(struct strace *strace, struct strace_task *task,
                     const struct strace_call *call);
bool strace_madvise(struct strace *strace, struct strace_task *task,
                    const struct strace_call *call);
bool strace_mremap(struct strace *strace, struct strace_task *task, const struct strace_call *call);
bool strace_shmdt(struct strace *strace, struct strace_task *task, const struct strace_call *call);

/* shmat answered `address`, and the segment has `bytes` bytes. */
bool strace_attach(struct strace *strace, struct strace_task *task, uint64_t address,
                   uint64_t bytes);

/* An mremap has begun: what it moves is lifted off, so that its addresses can be given out again
 * before it returns. When it returns strace_mremap() puts it down, when it fails strace_undo().
 */
bool strace_begin_mremap(struct strace *strace, struct strace_task *task,
                         const struct strace_call *call);
bool strace_undo(struct strace *strace, struct strace_task *task);

/* Forget what is lifted off. */
void strace_drop_moving(struct strace_task *task);

/* Count a call on addresses that nothing is known about. */
void strace_count_unknown(struct strace *strace, const struct strace_space *space);

/* Count a line that does not look as it should; always true. */
bool strace_not_understood(struct strace *strace);

#endif
