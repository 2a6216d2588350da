/* SPDX-License-Identifier: 0BSD */
/* Children. */
#define _GNU_SOURCE /* pipe2() */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static volatile pid_t running;

static void on_signal(int number)
{
    stopped = number;
    if (running > 0)
        (void)kill(running, SIGTERM);
}

void child_catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

void child_stop_after(unsigned seconds)
{
    (void)alarm(seconds);
}

bool child_ran_out(void)
{
    return stopped == SIGALRM;
}

const char *child_stopped_words(void)
{
    return child_ran_out() ? "the minutes are over" : "stopped";
}

bool child_stopped(void)
{
    return stopped != 0;
}

/* Ends the child. */
static void execute(const char *const *argv, int output)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static void take_lines(int input, child_line_fn take, void *context)
{
    FILE *lines = fdopen(input, "r");
    char *line = NULL;
    size_t room = 0;

    while (lines != NULL && getline(&line, &room, lines) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (take != NULL)
            take(context, line);
    }
    free(line);
    if (lines != NULL)
        fclose(lines);
    else
        close(input);
}

/* Start argv with its output to `output`, which is closed here. */
static pid_t start(const char *const *argv, int output)
{
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0)
        execute(argv, output);
    running = child;
    close(output);
    if (child_stopped() && child > 0) /* a signal came before `running` was known */
        (void)kill(child, SIGTERM);
    return child;
}

static int finish(pid_t child)
{
    int status = 0;

    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    running = 0;
    if (child < 0)
        return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_run(const char *const *argv, child_line_fn take, void *context)
{
    int ends[2];
    pid_t child;

    if (child_stopped() || pipe2(ends, O_CLOEXEC) != 0)
        return 127;
    child = start(argv, ends[1]);
    take_lines(ends[0], take, context);
    return finish(child);
}

int child_run_into(const char *const *argv, const char *path)
{
    int file = child_stopped() ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    return file >= 0 ? finish(start(argv, file)) : 127;
}

bool child_possible(const char *name)
{
    const char *path = getenv("PATH");

    for (const char *at = path; at != NULL; at = strchr(at, ':')) {
        char program[4096];

        at += *at == ':';
        snprintf(program, sizeof program, "%.*s/%s", (int)strcspn(at, ":"), at, name);
        if (access(program, X_OK) == 0)
            return true;
    }
    return false;
}
