/* SPDX-License-Identifier: 0BSD */
/* `lookaside record --vas`: runs a command under strace, and turns what that wrote into a trace of
 * the whole tree of processes, or one of each process.
 */
#define _GNU_SOURCE /* asprintf, basename */
#include "record.h"

#include "../file/aside.h"
#include "../import/strace.h"
#include "command.h"
#include "vas_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKLOAD_BYTES 1000u /* of the command line, in the header text */
#define WORDS          3     /* lines for the header text */

struct recording {
    const struct record_job *job;
    char strace[64]; /* its version */
    int spool;       /* what strace writes: a file without a name */
    char path[64];   /* another name for it */
    struct vas_run run;
    bool whole;
    char *words[WORDS];
};

/* -- What is needed ---------------------------------------------------------------------------- */

/* "strace -- version 6.1" */
static bool find_strace(struct recording *recording)
{
    FILE *pipe = popen("strace -V 2>/dev/null", "re");
    char line[128] = "";
    bool found = pipe && fgets(line, sizeof line, pipe) &&
                 sscanf(line, "strace -- version %32s", recording->strace) == 1;

    if (pipe)
        pclose(pipe);
    if (!found)
        fprintf(stderr, "%s: strace is not here (on Debian and Ubuntu: apt-get install strace)\n",
                recording->job->name);
    return found;
}

/* Whether a process may let itself be traced. */
static bool may_trace(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    return child < 0 || waitpid(child, &status, 0) != child ||
           (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool open_spool(struct recording *recording)
{
    recording->spool = aside_unnamed(recording->job->output);
    if (recording->spool < 0) {
        fprintf(stderr, "%s: %s: cannot write: %s\n", recording->job->name, recording->job->output,
                strerror(errno));
        return false;
    }
    snprintf(recording->path, sizeof recording->path, "/proc/%ld/fd/%d", (long)getpid(),
             recording->spool);
    return true;
}

/* -- Header text ------------------------------------------------------------------------------- */

static char *command_line(char **command)
{
    char line[WORKLOAD_BYTES + 1u] = "";
    size_t at = 0;
    char *word;

    for (; *command && at < WORKLOAD_BYTES; command++)
        at += (size_t)snprintf(line + at, sizeof line - at, "%s%s", at ? " " : "", *command);
    return asprintf(&word, "workload=%s", line) < 0 ? NULL : word;
}

static bool find_words(struct recording *recording)
{
    struct utsname name;

    uname(&name);
    recording->words[0] = command_line(recording->job->command);
    if (asprintf(&recording->words[1], "system=%s %s %s", name.sysname, name.release,
                 name.machine) < 0)
        recording->words[1] = NULL;
    if (asprintf(&recording->words[2], "recorder=strace %s -f --seccomp-bpf", recording->strace) <
        0)
        recording->words[2] = NULL;
    if (recording->words[0] && recording->words[1] && recording->words[2])
        return true;
    fprintf(stderr, "%s: out of memory\n", recording->job->name);
    return false;
}

/* -- Traces ------------------------------------------------------------------------------------ */

/* "%p" in the name of the output becomes the process's number. */
static char *output_name(const char *pattern, uint32_t process)
{
    const char *place = strstr(pattern, "%p");
    char *name;

    if (!place)
        return strdup(pattern);
    if (asprintf(&name, "%.*s%" PRIu32 "%s", (int)(place - pattern), pattern, process, place + 2) <
        0)
        return NULL;
    return name;
}

/* One trace: of the process, or (0) of all. Those seen are in *wish. */
static bool convert(struct recording *recording, uint32_t process, struct strace_wish *wish)
{
    char *output = output_name(recording->job->output, process);
    char error[TRACE_MESSAGE_BYTES] = "out of memory";
    struct import_job job = {
        .input = "strace's output",
        .output = output,
        .from = "strace",
        .with_time = recording->job->with_time,
        .read = import_strace_wish,
        .context = wish,
        .set = recording->words,
        .set_count = WORDS,
    };
    bool good;

    *wish = (struct strace_wish){ .path = recording->path, .process = process };
    good = output && import_run(&job, error, sizeof error);
    if (!good)
        fprintf(stderr, "%s: %s\n", recording->job->name, error);
    else
        fprintf(stderr, "%s: %s: %s%s\n", recording->job->name, output, wish->summary,
                wish->whole ? "" : ", cut short: strace ended early");
    recording->whole = recording->whole && wish->whole;
    free(output);
    return good;
}

/* The first process is the command itself; converting it shows the others. */
static bool convert_each(struct recording *recording)
{
    struct strace_wish first;
    struct strace_wish wish = { .processes = NULL };
    bool good = convert(recording, (uint32_t)recording->run.process, &first);

    for (size_t i = 0; good && i < first.process_count; i++) {
        bool repeated = first.processes[i] == (uint32_t)recording->run.process;
        for (size_t j = 0; j < i && !repeated; j++)
            repeated = first.processes[j] == first.processes[i];
        if (repeated)
            continue;
        good = convert(recording, first.processes[i], &wish);
        free(wish.processes);
    }
    free(first.processes);
    return good;
}

static bool convert_all(struct recording *recording)
{
    struct strace_wish wish;
    bool good = convert(recording, 0, &wish);

    free(wish.processes);
    return good;
}

/* What strace wrote gets a name, so that the recording is not lost with a full disk. A file system
 * without unnamed files cannot do that.
 */
static void keep(const struct recording *recording)
{
    const struct record_job *job = recording->job;
    char *folder = aside_folder(job->output);
    char *name = NULL;

    if (folder && asprintf(&name, "%s/%s.%ld.strace", folder, basename(job->output),
                           (long)recording->run.process) < 0)
        name = NULL;
    if (name && linkat(AT_FDCWD, recording->path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
        fprintf(stderr, "%s: what was recorded stays: lookaside import %s%s -o %s\n", job->name,
                job->with_time ? "--time " : "", name, job->output);
    free(name);
    free(folder);
}

/* -- The whole --------------------------------------------------------------------------------- */

/* strace has said why. */
static int explain_nothing(const struct recording *recording)
{
    if (may_trace()) {
        fprintf(stderr, "%s: nothing recorded: strace did not run %s\n", recording->job->name,
                recording->job->command[0]);
        return 1;
    }
    fprintf(stderr,
            "%s: nothing recorded: ptrace is not allowed here (in a container: --cap-add "
            "SYS_PTRACE; else see kernel.yama.ptrace_scope)\n",
            recording->job->name);
    return 3;
}

static int record(struct recording *recording)
{
    bool each = strstr(recording->job->output, "%p") != NULL;

    if (!vas_command_start(recording->job, recording->path, &recording->run)) {
        fprintf(stderr, "%s: cannot start strace: %s\n", recording->job->name, strerror(errno));
        return 1;
    }
    vas_run_wait(recording->job, &recording->run);
    if (lseek(recording->spool, 0, SEEK_END) <= 0)
        return explain_nothing(recording);
    command_print_end(recording->job, recording->run.status);
    if (each ? convert_each(recording) : convert_all(recording))
        return recording->whole ? 0 : 1;
    keep(recording);
    return 1;
}

int record_vas(const struct record_job *job)
{
    struct recording recording = { .job = job, .spool = -1, .whole = true };
    int code = 3;

    if (!job->command || !job->command[0]) {
        fprintf(stderr, "%s: no command (expected -- COMMAND [ARGUMENT...])\n", job->name);
        return 2;
    }
    if (find_strace(&recording))
        code = open_spool(&recording) && find_words(&recording) ? record(&recording) : 1;
    if (recording.spool >= 0)
        close(recording.spool);
    for (int i = 0; i < WORDS; i++)
        free(recording.words[i]);
    return code;
}
