/* SPDX-License-Identifier: 0BSD */
/* The command that the kernel is recorded under: started early, so that its number is known, and
 * held back until the recording runs. Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_KERNEL_COMMAND_H
#define LOOKASIDE_RECORD_KERNEL_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the command has as we had it. */
struct kernel_signals {
    sigset_t mask;
    void (*child)(int); /* SIGCHLD: ignored or default */
};

struct kernel_command {
    pid_t process; /* 0: there is none */
    int go;        /* a byte lets it run; closing it ends it */
    int problem;   /* gives an errno if the program cannot be run */
    int status;    /* of waitpid(), once it has ended */
    bool ended;
};

/* Fork a process that will run `argv`. False and a message. */
bool kernel_command_prepare(struct kernel_command *ret_command, char **argv,
                            const struct kernel_signals *signals, char *error, size_t error_size);

/* Let it run. False and a message if the program cannot be run; the process has ended then. */
bool kernel_command_run(struct kernel_command *command, const char *name, char *error,
                        size_t error_size);

/* Whether it has ended; does not wait. */
bool kernel_command_ended(struct kernel_command *command);

/* It will not be run any more, if it was not. */
void kernel_command_forget(struct kernel_command *command);

#endif
