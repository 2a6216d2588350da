/* SPDX-License-Identifier: 0BSD */
/* What all recorders do about the command they record. */
#define _GNU_SOURCE /* strsignal */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void command_signals(sigset_t *ret_set)
{
    static const int ending[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
    struct sigaction action;

    sigemptyset(ret_set);
    sigaddset(ret_set, SIGCHLD);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(ret_set, ending[i]);
}

void command_print_end(const struct record_job *job, int status)
{
    if (WIFSIGNALED(status))
        fprintf(stderr, "%s: the command was ended by signal %d (%s)\n", job->name,
                WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fprintf(stderr, "%s: the command ended with exit code %d\n", job->name,
                WEXITSTATUS(status));
}
