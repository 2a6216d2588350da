/* SPDX-License-Identifier: 0BSD */
/* `lookaside record --kernel`: what the running kernel's allocators are asked for, while a command
 * runs or until a signal comes.
 *
 *     kernel_instance   a trace buffer of our own, removed whatever happens
 *     kernel_spool      full pages move to files without names; afterwards, events in order
 *     kernel_events     what the bytes of an event mean
 *     import/kmem       events to ops
 */
#define _GNU_SOURCE
#include "record.h"

#include "command.h"
#include "kernel_command.h"
#include "kernel_events.h"
#include "kernel_options.h"
#include "kernel_spool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#define DRAIN_MS       100
#define BUFFER_PERCENT "10" /* full, and the recorder wakes up; the rest is for while it does not */

/* For each CPU: 3 million events of 60 bytes a second, and a disk that does not answer for 1/3 s.
 * All of them together take no more than a part of the memory.
 */
#define BUFFER_MIB         64u
#define BUFFER_MEMORY_PART 16u

#define LONG_BYTES           (UINT64_C(256) << 20) /* takes seconds to convert */
#define EVENTS_BETWEEN_LOOKS 16384u                /* for a signal, while converting */

struct recording {
    const struct record_job *job;
    struct kernel_options options;
    struct kernel_command command;
    struct kernel_instance instance;
    struct kernel_events events;
    struct kernel_spool spool;
    struct kernel_signals old_signals;
    int signals;
    int stops;         /* signals that asked for the end */
    bool cut;          /* by a signal: not all events are in the trace */
    uint64_t begin_ns; /* CLOCK_MONOTONIC, which is the events' clock, too */
    uint64_t end_ns;
    bool command_ran;
    uint64_t event_count;
    char error[TRACE_MESSAGE_BYTES];
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* -- Setting up -------------------------------------------------------------------------------- */

/* Signals are read in the loop from here on. */
static bool catch_signals(struct recording *recording)
{
    sigset_t set;

    /* Ignored, it would keep the status from us. */
    recording->old_signals.child = signal(SIGCHLD, SIG_DFL);
    command_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &recording->old_signals.mask);
    recording->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (recording->signals < 0)
        snprintf(recording->error, sizeof recording->error, "signalfd: %s", strerror(errno));
    return recording->signals >= 0;
}

static uint32_t buffer_kib(const struct kernel_options *options)
{
    uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
    uint64_t memory_kib =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024u;
    uint64_t most_kib = memory_kib / BUFFER_MEMORY_PART / cpus;

    if (options->buffer_mib != 0)
        return options->buffer_mib * 1024u;
    return BUFFER_MIB * 1024u < most_kib ? BUFFER_MIB * 1024u : (uint32_t)most_kib;
}

static bool set_up_buffer(struct recording *recording)
{
    struct kernel_instance *instance = &recording->instance;
    char *error = recording->error;
    size_t room = sizeof recording->error;
    char number[16];

    snprintf(number, sizeof number, "%" PRIu32, buffer_kib(&recording->options));
    if (!kernel_instance_set(instance, "trace_clock", "mono", error, room) ||
        !kernel_instance_set(instance, "options/overwrite", "0", error, room) ||
        !kernel_instance_set(instance, "buffer_size_kb", number, error, room))
        return false;
    if (tracefs_file_exists(instance->tracefs, "buffer_percent") && /* since Linux 5.0 */
        !kernel_instance_set(instance, "buffer_percent", BUFFER_PERCENT, error, room))
        return false;
    if (!recording->options.tree)
        return true;
    snprintf(number, sizeof number, "%d", (int)recording->command.process);
    return kernel_instance_set(instance, "options/event-fork", "1", error, room) &&
           kernel_instance_set(instance, "set_event_pid", number, error, room);
}

/* Everything but the start. What was opened is closed by the caller. */
static bool set_up(struct recording *recording, const char *output)
{
    struct kernel_options *options = &recording->options;
    char *error = recording->error;
    size_t room = sizeof recording->error;

    if (!kernel_instance_open(&recording->instance, error, room))
        return false;
    return kernel_events_open(&recording->events, options->what, !options->plain, error, room) &&
           set_up_buffer(recording) &&
           kernel_events_enable(&recording->events, &recording->instance, error, room) &&
           kernel_spool_open(&recording->spool, &recording->instance, output, error, room);
}

/* -- Recording --------------------------------------------------------------------------------- */

/* Count the signals that have come, except those of children. What the terminal sends to us it
 * sends to the command as well; what somebody sends to us alone is passed on.
 */
static void take_signals(struct recording *recording)
{
    bool running = recording->command_ran && !recording->command.ended;
    struct signalfd_siginfo info;

    while (read(recording->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        recording->stops++;
        if (running && info.ssi_code <= 0)
            kill(recording->command.process, (int)info.ssi_signo);
    }
}

/* With a command, the first signal is meant for it, and the recording goes on until it has ended. A
 * second one ends the recording whatever the command does.
 */
static bool is_over(struct recording *recording)
{
    take_signals(recording);
    if (!recording->command_ran)
        return recording->stops > 0;
    return kernel_command_ended(&recording->command) || recording->stops > 1;
}

static bool record(struct recording *recording)
{
    uint64_t length_ns = recording->options.seconds * UINT64_C(1000000000);
    char *error = recording->error;
    size_t room = sizeof recording->error;
    bool good = true;

    setpriority(PRIO_PROCESS, 0, -20); /* a full buffer loses events */
    if (tracefs_trace_on(recording->instance.tracefs) != 0) {
        snprintf(error, room, "tracing cannot be switched on: %s", strerror(errno));
        return false;
    }
    recording->begin_ns = now_ns();
    if (recording->command.process > 0) {
        good = kernel_command_run(&recording->command, recording->job->command[0], error, room);
        recording->command_ran = good;
    } else if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "%s: recording the kernel; Ctrl-C ends it\n", recording->job->name);
    }
    while (good && !is_over(recording)) {
        good = kernel_spool_drain(&recording->spool, recording->signals, DRAIN_MS, error, room);
        if (length_ns != 0 && now_ns() - recording->begin_ns >= length_ns)
            break;
    }
    recording->end_ns = now_ns();
    tracefs_trace_off(recording->instance.tracefs);
    setpriority(PRIO_PROCESS, 0, 0);
    return good && kernel_spool_end(&recording->spool, &recording->instance, error, room);
}

/* -- Converting -------------------------------------------------------------------------------- */

static bool write_text(struct import *import, const struct recording *recording)
{
    const struct kernel_options *options = &recording->options;
    struct utsname system;
    char value[512];
    size_t at = 0;

    uname(&system);
    snprintf(value, sizeof value, "%s %s %s", system.sysname, system.release, system.machine);
    if (!import_text(import, "system", value))
        return false;
    snprintf(value, sizeof value, "lookaside record --kernel %s, %s time",
             import_kernels[options->what], import->with_time ? "with" : "without");
    if (!import_text(import, "recorder", value))
        return false;
    snprintf(value, sizeof value,
             "%s; %d CPUs, %.3f s, %" PRIu64 " events, %" PRIu64 " events lost",
             options->tree ? "the command and its children" : "the whole system",
             recording->spool.count, (double)(recording->end_ns - recording->begin_ns) / 1e9,
             recording->event_count, recording->spool.lost);
    if (!import_text(import, "recording", value))
        return false;
    if (recording->cut && !import_text(import, "truncated", "a signal ended the conversion"))
        return false;
    value[0] = '\0';
    for (char **word = recording->job->command; word && *word && at < sizeof value; word++)
        at += (size_t)snprintf(value + at, sizeof value - at, "%s%s", at ? " " : "", *word);
    return import_text(import, "workload", value);
}

/* A signal during a long conversion leaves what has been converted. */
static bool is_cut(struct recording *recording)
{
    int stops = recording->stops;

    if (recording->event_count % EVENTS_BETWEEN_LOOKS == 0) {
        take_signals(recording);
        recording->cut = recording->stops > stops;
    }
    return recording->cut;
}

/* Mark 1 is where the command begins, mark 2 where it has ended. */
static bool convert_events(struct recording *recording, struct kmem *kmem)
{
    uint64_t end_ns = recording->command.ended ? recording->end_ns : UINT64_MAX;
    char *error = recording->error;
    struct kernel_raw raw;
    struct kmem_event event;
    bool good = !recording->command_ran || kmem_mark(kmem, recording->begin_ns, 1);

    while (good && !is_cut(recording) &&
           kernel_spool_next(&recording->spool, &raw, error, sizeof recording->error)) {
        if (!kernel_events_read(&recording->events, &raw, (uint32_t)getpid(), &event))
            continue;
        recording->event_count++;
        if (event.time_ns > end_ns) {
            good = kmem_mark(kmem, end_ns, 2);
            end_ns = UINT64_MAX;
        }
        good = good && kmem_event(kmem, &event);
    }
    if (good && error[0] != '\0')
        return import_fail(kmem->import, "%s", error);
    return good && (recording->cut || end_ns == UINT64_MAX || kmem_mark(kmem, end_ns, 2));
}

/* An import_job's `read`. */
static bool convert(struct import *import, void *context)
{
    struct recording *recording = context;
    struct kmem kmem = { .import = import, .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE) };
    bool good = convert_events(recording, &kmem);

    kmem_free(&kmem);
    sigprocmask(SIG_SETMASK, &recording->old_signals.mask, NULL);
    import->notes[NOTE_LOST] += recording->spool.lost;
    return good && write_text(import, recording);
}

/* -- The whole --------------------------------------------------------------------------------- */

/* "%p" in the output's name is the number of what is recorded. */
static char *output_name(const struct recording *recording)
{
    pid_t process = recording->command.process > 0 ? recording->command.process : getpid();
    const char *name = recording->job->output;
    const char *percent = strstr(name, "%p");
    char *whole = NULL;

    if (!percent)
        return strdup(name);
    if (asprintf(&whole, "%.*s%d%s", (int)(percent - name), name, (int)process, percent + 2) < 0)
        return NULL;
    return whole;
}

/* Set up, record, take everything down again. 0, or the exit code with a message. */
static int make_recording(struct recording *recording, const char *output)
{
    char error[TRACE_MESSAGE_BYTES];
    int answer = set_up(recording, output) ? 0 : 3;

    if (answer == 0 && !record(recording))
        answer = 1;
    if (answer != 0)
        kernel_spool_close(&recording->spool);
    kernel_command_forget(&recording->command);
    if (recording->instance.tracefs &&
        !kernel_instance_close(&recording->instance, error, sizeof error))
        fprintf(stderr, "%s: %s\n", recording->job->name, error);
    return answer;
}

static int convert_recording(struct recording *recording, const char *output)
{
    struct import_job job = { .input = output,
                              .output = output,
                              .kernel = recording->options.what,
                              .with_time = recording->job->with_time,
                              .with_labels = !recording->options.plain,
                              .read = convert,
                              .context = recording };
    char error[TRACE_MESSAGE_BYTES];

    if (recording->spool.bytes > LONG_BYTES && isatty(STDERR_FILENO))
        fprintf(stderr, "%s: converting; Ctrl-C ends it, and leaves what is done\n",
                recording->job->name);
    if (!import_run(&job, error, sizeof error)) {
        snprintf(recording->error, sizeof recording->error, "%s", error);
        return 1;
    }
    fprintf(stderr, "%s: %" PRIu64 " events in %.3f s, %" PRIu64 " events lost\n",
            recording->job->name, recording->event_count,
            (double)(recording->end_ns - recording->begin_ns) / 1e9, recording->spool.lost);
    if (recording->command.ended)
        command_print_end(recording->job, recording->command.status);
    if (recording->spool.lost == 0 && !recording->cut)
        return 0;
    snprintf(recording->error, sizeof recording->error, "the trace is not whole, and says so%s",
             recording->cut ? "" : " (--kernel=WHAT,buffer=MIB makes room for more)");
    return 1;
}

int record_kernel(const struct record_job *job)
{
    struct recording recording = { .job = job, .signals = -1 };
    char *error = recording.error;
    char *output = NULL;
    int answer = 3;

    if (!kernel_options_read(job->kernel, &recording.options, error, sizeof recording.error)) {
        answer = 2;
    } else if (recording.options.tree && !job->command) {
        snprintf(error, sizeof recording.error, "--kernel: tree (expected a command to run)");
        answer = 2;
    } else if (catch_signals(&recording) &&
               (!job->command ||
                kernel_command_prepare(&recording.command, job->command, &recording.old_signals,
                                       error, sizeof recording.error))) {
        output = output_name(&recording);
        if (output)
            answer = make_recording(&recording, output);
        else
            snprintf(error, sizeof recording.error, "out of memory");
        if (answer == 0)
            answer = convert_recording(&recording, output);
    }
    if (answer != 0)
        fprintf(stderr, "%s: %s\n", job->name, error);
    kernel_spool_close(&recording.spool);
    kernel_events_close(&recording.events);
    if (recording.signals >= 0)
        close(recording.signals);
    free(output);
    return answer;
}
