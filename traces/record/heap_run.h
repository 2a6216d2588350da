/* SPDX-License-Identifier: 0BSD */
/* The command of a heap recording while it runs. Private to traces/record.
 *
 * What the terminal sends (Ctrl-C, Ctrl-\) it sends to the command too: that decides what it means.
 * What another process sends us alone is passed on; a second SIGTERM ends the command for sure.
 */
#ifndef LOOKASIDE_RECORD_HEAP_RUN_H
#define LOOKASIDE_RECORD_HEAP_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "heap_folder.h"
#include "record.h"

struct heap_run {
    pid_t process;
    bool all;      /* wait for everything it started, too */
    bool ended;    /* the command itself */
    bool all_over; /* and all the others */
    bool told;     /* SIGTERM was passed on before */
    bool enough;   /* the user does not want to wait for the others */
    bool over;     /* heap_run_alive() said no */
    int status;    /* as waitpid() has it */
    sigset_t old_mask;
    void (*old_child)(int); /* what SIGCHLD did */
};

/* Start it. False and a message if it cannot be run. */
bool heap_run_start(const struct record_job *job, const struct heap_folder *folder,
                    struct heap_run *ret_run);

/* Whether there is something to wait for. From the first no on, signals mean again what they did
 * before. (raw_watch.alive)
 */
bool heap_run_alive(void *run);

/* Wait for a signal, a fifth of a second at most. (raw_watch.wait) */
void heap_run_wait(void *run);

#endif
