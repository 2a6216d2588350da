/* SPDX-License-Identifier: 0BSD */
/* The command of an address space recording while it runs under strace. Signals are blocked and
 * fetched, so that there is no handler, and the command can be given back what we had.
 */
#define _GNU_SOURCE
#include "vas_run.h"

#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 200000000

/* Everything that makes, changes or ends a mapping, a task or an address space. With a '?' it is no
 * error if this processor has no such call.
 */
static const char traced[] =
    "trace=mmap,?mmap2,?old_mmap,munmap,mremap,mprotect,?pkey_mprotect,madvise,brk,?shmget,?shmat,"
    "?shmdt,clone,?clone3,?fork,?vfork,execve,?execveat,exit,exit_group";

/* -- Starting ---------------------------------------------------------------------------------- */

/* strace, its options, and the command behind them; NULL without memory. -s 0: no contents. Signals
 * are not left out: strace would not tell then who was killed by one.
 */
static char **arguments(const struct record_job *job, const char *output)
{
    const char *const options[] = { "strace", "-DD",  "-f", "--seccomp-bpf", "-s", "0",
                                    "-e",     traced, "-o", output };
    const size_t options_count = sizeof options / sizeof options[0];
    size_t count = 0;
    size_t at = 0;
    char **all;

    while (job->command[count])
        count++;
    all = calloc(count + options_count + 3u, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < options_count; i++)
        all[at++] = (char *)options[i];
    if (job->with_time)
        all[at++] = (char *)"-ttt";
    all[at++] = (char *)"--";
    for (size_t i = 0; i < count; i++)
        all[at++] = job->command[i];
    return all;
}

bool vas_command_start(const struct record_job *job, const char *output, struct vas_run *ret_run)
{
    struct vas_run run = { .process = -1 };
    char **argv = arguments(job, output);
    sigset_t set;

    if (!argv) {
        errno = ENOMEM;
        return false;
    }
    command_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &run.old_mask);
    run.old_child = signal(SIGCHLD, SIG_DFL); /* ignored, it would keep the status from us */
    prctl(PR_SET_CHILD_SUBREAPER, 1);         /* strace, and what the command leaves, become ours */
    fflush(NULL);
    run.process = fork();
    if (run.process == 0) {
        signal(SIGCHLD, run.old_child);
        sigprocmask(SIG_SETMASK, &run.old_mask, NULL);
        execvp(argv[0], argv);
        _exit(127);
    }
    free(argv);
    if (run.process < 0)
        sigprocmask(SIG_SETMASK, &run.old_mask, NULL);
    *ret_run = run;
    return run.process > 0;
}

/* -- What is left ------------------------------------------------------------------------------ */

/* A number of /proc/PROCESS/status; 0 if it is not there. */
static long status_number(const char *process, const char *key)
{
    char path[64];
    char line[128];
    size_t bytes = strlen(key);
    long number = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%.32s/status", process);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, bytes) == 0 && line[bytes] == ':')
            number = strtol(line + bytes + 1u, NULL, 10);
    if (file)
        fclose(file);
    return number;
}

/* Whether a strace of ours follows the process. */
static bool is_ours(const char *process)
{
    char tracer[32];

    snprintf(tracer, sizeof tracer, "%ld", status_number(process, "TracerPid"));
    return strcmp(tracer, "0") != 0 && status_number(tracer, "PPid") == (long)getpid();
}

/* Processes that nobody waits for any more would keep strace, and us, forever. They cannot be let
 * go: strace's filter stays with them, and without strace it fails the calls that it filters.
 */
static void end_rest(int signal)
{
    DIR *all = opendir("/proc");

    for (struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all))
        if (one->d_name[0] >= '1' && one->d_name[0] <= '9' && is_ours(one->d_name))
            kill((pid_t)strtol(one->d_name, NULL, 10), signal);
    if (all)
        closedir(all);
}

/* -- Waiting ----------------------------------------------------------------------------------- */

static void reap(struct vas_run *run)
{
    int status;
    pid_t process;

    while ((process = waitpid(-1, &status, WNOHANG)) > 0)
        if (process == run->process) {
            run->ended = true;
            run->status = status;
        }
    run->all_over = process < 0;
}

static void take_signal(struct vas_run *run, const siginfo_t *signal)
{
    bool from_process = signal->si_code <= 0; /* not from the terminal */

    if (signal->si_signo == SIGCHLD)
        return;
    if (!run->ended) {
        if (from_process)
            kill(run->process,
                 run->asked && signal->si_signo == SIGTERM ? SIGKILL : signal->si_signo);
        run->asked = run->asked || (from_process && signal->si_signo == SIGTERM);
        return;
    }
    end_rest(run->told ? SIGKILL : SIGTERM);
    run->told = true;
}

void vas_run_wait(const struct record_job *job, struct vas_run *run)
{
    const struct timespec wait = { 0, WAIT_NS };
    int turns = 0;
    siginfo_t signal;
    sigset_t set;

    command_signals(&set);
    for (reap(run); !run->all_over; reap(run)) {
        if (sigtimedwait(&set, &signal, &wait) > 0)
            take_signal(run, &signal);
        else if (run->ended && ++turns == 2) /* strace itself takes a moment */
            fprintf(stderr, "%s: waiting for what the command left running; Ctrl-C ends it\n",
                    job->name);
    }
    sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
}
