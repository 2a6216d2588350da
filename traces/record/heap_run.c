/* SPDX-License-Identifier: 0BSD */
/* The command of a heap recording while it runs. Signals are blocked and fetched, so that there is
 * no handler, and the command can be given back what we had.
 */
#define _GNU_SOURCE
#include "heap_run.h"

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 200000000

/* -- Starting ---------------------------------------------------------------------------------- */

/* In the child. Does not return; errno goes to the pipe when exec fails. */
static void become_command(const struct record_job *job, const struct heap_folder *folder,
                           const struct heap_run *run, int failure)
{
    const char *old = getenv("LD_PRELOAD");
    char *preload = folder->preload;
    int error;

    folder->control->process = (uint32_t)getpid();
    if (old && old[0] != '\0' && asprintf(&preload, "%s:%s", folder->preload, old) < 0)
        preload = folder->preload;
    setenv("LD_PRELOAD", preload, 1);
    signal(SIGCHLD, run->old_child);
    sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
    execvp(job->command[0], job->command);
    error = errno;
    if (write(failure, &error, sizeof error) != sizeof error)
        _exit(126);
    _exit(127);
}

bool heap_run_start(const struct record_job *job, const struct heap_folder *folder,
                    struct heap_run *ret_run)
{
    struct heap_run run = { .all = folder->control->all != 0 };
    sigset_t set;
    int failure[2];
    int error = 0;

    command_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &run.old_mask);
    run.old_child = signal(SIGCHLD, SIG_DFL); /* ignored, it would keep the status from us */
    if (run.all)                              /* what the command leaves behind becomes our child */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    fflush(NULL);
    if (pipe2(failure, O_CLOEXEC) != 0) {
        error = errno;
    } else {
        run.process = fork();
        if (run.process == 0)
            become_command(job, folder, &run, failure[1]);
        error = run.process < 0 ? errno : 0;
        close(failure[1]);
        if (run.process > 0 && read(failure[0], &error, sizeof error) == sizeof error)
            waitpid(run.process, &run.status, 0);
        close(failure[0]);
    }
    *ret_run = run;
    if (error == 0)
        return true;
    sigprocmask(SIG_SETMASK, &run.old_mask, NULL);
    fprintf(stderr, "%s: cannot run %s: %s\n", job->name, job->command[0], strerror(error));
    return false;
}

/* -- Waiting ----------------------------------------------------------------------------------- */

/* The Ctrl-C that ended the command waits for us too: it has had its effect. */
static void forget_signals(void)
{
    const struct timespec now = { 0, 0 };
    sigset_t set;

    command_signals(&set);
    while (sigtimedwait(&set, NULL, &now) > 0)
        continue;
}

static void reap(struct heap_run *run)
{
    int status;
    pid_t process;

    while ((process = waitpid(-1, &status, WNOHANG)) > 0)
        if (process == run->process) {
            run->ended = true;
            run->status = status;
            forget_signals();
        }
    run->all_over = process < 0;
    run->ended = run->ended || run->all_over;
}

static void pass_on(struct heap_run *run, const siginfo_t *signal)
{
    bool from_process = signal->si_code <= 0; /* not from the terminal */

    if (signal->si_signo == SIGCHLD)
        return;
    if (run->ended) {
        run->enough = true;
    } else if (from_process) {
        kill(run->process, run->told && signal->si_signo == SIGTERM ? SIGKILL : signal->si_signo);
        run->told = run->told || signal->si_signo == SIGTERM;
    }
}

bool heap_run_alive(void *context)
{
    struct heap_run *run = context;

    if (run->over)
        return false;
    reap(run);
    if (!run->ended || (run->all && !run->all_over && !run->enough))
        return true;
    run->over = true;
    forget_signals();
    sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
    return false;
}

void heap_run_wait(void *context)
{
    struct heap_run *run = context;
    const struct timespec wait = { 0, WAIT_NS };
    siginfo_t signal;
    sigset_t set;

    command_signals(&set);
    if (sigtimedwait(&set, &signal, &wait) > 0)
        pass_on(run, &signal);
}
