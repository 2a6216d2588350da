/* SPDX-License-Identifier: 0BSD */
/* Which calls that strace saw are of interest, and what each does. Private to traces/import. */
#ifndef LOOKASIDE_IMPORT_STRACE_CALL_H
#define LOOKASIDE_IMPORT_STRACE_CALL_H

#include "strace_task.h"

bool strace_matters(const char *name);

/* A call of interest has begun and not returned; `text` is what strace had printed behind the '('.
 * What others may see before it returns is done now. *ret_done: all of it is.
 */
bool strace_begin(struct strace *strace, struct strace_task *task, const char *name,
                  const char *text, bool *ret_done);

/* A call of interest has returned; `text` is all of it. */
bool strace_return(struct strace *strace, struct strace_task *task, const char *name,
                   const char *text);

#endif
