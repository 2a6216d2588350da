/* SPDX-License-Identifier: 0BSD */
/* What all recorders do about the command they record. Private to traces/record. */
#ifndef LOOKASIDE_RECORD_COMMAND_H
#define LOOKASIDE_RECORD_COMMAND_H

#include "record.h"

#include <signal.h>

/* The signals that a recorder blocks and fetches: SIGCHLD, and those that would end it. What was
 * ignored when it was started (nohup) stays ignored.
 */
void command_signals(sigset_t *ret_set);

/* Say how the command ended, unless all went well. `status` as waitpid() has it. */
void command_print_end(const struct record_job *job, int status);

#endif
