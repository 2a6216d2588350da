/* SPDX-License-Identifier: 0BSD */
/* The command of an address space recording while it runs under strace. Private to traces/record.
 *
 * strace -DD keeps the command our own child and runs beside it in a process group of its own: what
 * the terminal sends (Ctrl-C, Ctrl-\) the command gets and strace does not. What another process
 * sends us alone is passed on to the command.
 */
#ifndef LOOKASIDE_RECORD_VAS_RUN_H
#define LOOKASIDE_RECORD_VAS_RUN_H

#include "record.h"

#include <signal.h>
#include <sys/types.h>

struct vas_run {
    pid_t process; /* the command */
    bool ended;    /* it has, and `status` is good; what it started may go on */
    bool all_over; /* nothing is left, strace has written its last line */
    bool asked;    /* the command got a SIGTERM from us; the next one kills it */
    bool told;     /* what was left has been asked to end */
    int status;    /* as waitpid() has it */
    sigset_t old_mask;
    void (*old_child)(int); /* what SIGCHLD did */
};

/* Run the command with strace writing to `output`. False and errno if that cannot be started. */
bool vas_command_start(const struct record_job *job, const char *output, struct vas_run *ret_run);

/* Wait until all is over, which strace makes the end of the last process of the tree. When the
 * command itself has ended and others go on, it says so; Ctrl-C then ends them.
 */
void vas_run_wait(const struct record_job *job, struct vas_run *run);

#endif
