/* SPDX-License-Identifier: 0BSD */
/* A command that waits at a pipe before it runs. */
#define _GNU_SOURCE /* pipe2 */
#include "kernel_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noreturn)) static void
run_when_told(char **argv, const struct kernel_signals *signals, int go, int problem)
{
    char byte;
    ssize_t got;
    int failure;

    do
        got = read(go, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1)
        _exit(1); /* the recorder is gone, or has changed its mind */
    signal(SIGCHLD, signals->child);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
    execvp(argv[0], argv);
    failure = errno;
    if (write(problem, &failure, sizeof failure) != sizeof failure)
        _exit(126);
    _exit(127);
}

bool kernel_command_prepare(struct kernel_command *ret_command, char **argv,
                            const struct kernel_signals *signals, char *error, size_t error_size)
{
    struct kernel_command command = { .go = -1, .problem = -1 };
    int go[2] = { -1, -1 };
    int problem[2] = { -1, -1 };

    if (pipe2(go, O_CLOEXEC) == 0 && pipe2(problem, O_CLOEXEC) == 0) {
        fflush(NULL);
        command.process = fork();
        if (command.process == 0) {
            close(go[1]);
            run_when_told(argv, signals, go[0], problem[1]);
        }
    }
    if (command.process <= 0) {
        snprintf(error, error_size, "%s: %s (expected to start it)", argv[0], strerror(errno));
        close(go[1]);
        close(problem[0]);
    }
    close(go[0]);
    close(problem[1]);
    command.go = go[1];
    command.problem = problem[0];
    *ret_command = command;
    return command.process > 0;
}

bool kernel_command_run(struct kernel_command *command, const char *name, char *error,
                        size_t error_size)
{
    int failure = 0;
    ssize_t got = -1;

    if (write(command->go, "", 1) == 1)
        do
            got = read(command->problem, &failure, sizeof failure);
        while (got < 0 && errno == EINTR);
    if (got == 0)
        return true; /* the pipe was closed by the exec */
    snprintf(error, error_size, "%s: %s (expected a program to run)", name,
             strerror(got == sizeof failure ? failure : errno));
    return false;
}

bool kernel_command_ended(struct kernel_command *command)
{
    if (!command->ended && command->process > 0)
        command->ended = waitpid(command->process, &command->status, WNOHANG) == command->process;
    return command->ended;
}

void kernel_command_forget(struct kernel_command *command)
{
    if (command->process <= 0)
        return;
    close(command->go);
    close(command->problem);
    kernel_command_ended(command);
}
