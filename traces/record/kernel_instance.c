/* SPDX-License-Identifier: 0BSD */
/* A tracefs instance of our own. */
#define _GNU_SOURCE /* asprintf, close_range, pipe2 */
#include "kernel_instance.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#define NAME_PREFIX "lookaside-"

/* A dying process closes its files one after the other; until all are, the kernel says EBUSY. */
#define REMOVE_TRIES 500
#define REMOVE_WAIT  ((struct timespec){ .tv_nsec = 10 * 1000 * 1000 })

/* Remove the folder of an instance; true if it is not there any more. */
static bool remove_folder(const char *path, int tries)
{
    while (rmdir(path) != 0 && errno == EBUSY && --tries > 0)
        nanosleep(&REMOVE_WAIT, NULL);
    return access(path, F_OK) != 0;
}

/* -- Left by the dead -------------------------------------------------------------------------- */

/* An instance that is in use is busy and stays, whoever has that number today. */
static int remove_stale(const char *name, void *context)
{
    char *end = NULL;
    long process = strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0
                       ? strtol(name + strlen(NAME_PREFIX), &end, 10)
                       : 0;
    char *path = NULL;

    (void)context;
    if (process <= 0 || *end != '\0')
        return 0;
    if (process != getpid() && (kill((pid_t)process, 0) == 0 || errno != ESRCH))
        return 0;
    if (asprintf(&path, "%s/instances/%s", tracefs_tracing_dir(), name) >= 0) {
        remove_folder(path, 1);
        free(path);
    }
    return 0;
}

/* -- The watcher ------------------------------------------------------------------------------- */

/* The pipe ends when the recorder does. Nothing else ends this: it is in a session of its own, out
 * of the terminal's reach, holds no file, and whoever sends signals means the recorder.
 */
__attribute__((noreturn)) static void watch(int pipe_end, const char *path)
{
    char byte;

    setsid();
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_IGN);
    prctl(PR_SET_NAME, "lookaside-watch");
    dup2(pipe_end, 0);
    close_range(1, ~0u, 0);
    while (read(0, &byte, 1) != 0 && errno == EINTR)
        errno = 0;
    remove_folder(path, REMOVE_TRIES);
    _exit(0);
}

static bool start_watcher(struct kernel_instance *instance, const char *path)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    instance->watcher = fork();
    if (instance->watcher == 0)
        watch((close(ends[1]), ends[0]), path);
    close(ends[0]);
    instance->watch = ends[1];
    if (instance->watcher < 0)
        close(ends[1]);
    return instance->watcher > 0;
}

static void end_watcher(struct kernel_instance *instance)
{
    close(instance->watch);
    while (waitpid(instance->watcher, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* -- Life -------------------------------------------------------------------------------------- */

static bool find_tracefs(char *error, size_t error_size)
{
    const char *path = tracefs_tracing_dir(); /* mounts it if it can */
    struct stat status;

    if (path && stat(path, &status) == 0 && access(path, R_OK | W_OK | X_OK) == 0)
        return true;
    if (geteuid() != 0)
        snprintf(error, error_size, "recording the kernel needs root (expected sudo or the like)");
    else if (path)
        snprintf(error, error_size, "%s: %s (expected to make a trace buffer there)", path,
                 strerror(errno));
    else
        snprintf(error, error_size,
                 "no tracefs (expected it mounted: mount -t tracefs none /sys/kernel/tracing, in a "
                 "kernel with CONFIG_EVENT_TRACING)");
    return false;
}

/* The watcher comes first: whenever we die from here on, somebody removes the folder. */
static bool make(struct kernel_instance *instance, const char *name, const char *path)
{
    int saved;

    if (!start_watcher(instance, path))
        return false;
    instance->tracefs = tracefs_instance_create(name);
    if (instance->tracefs && tracefs_instance_is_new(instance->tracefs) &&
        tracefs_trace_off(instance->tracefs) == 0)
        return true;
    saved = errno;
    if (instance->tracefs)
        tracefs_instance_free(instance->tracefs);
    end_watcher(instance); /* which removes what is there */
    errno = saved;
    return false;
}

bool kernel_instance_open(struct kernel_instance *ret_instance, char *error, size_t error_size)
{
    char name[sizeof NAME_PREFIX + 3 * sizeof(pid_t)];
    char *path = NULL;
    bool good;

    if (!find_tracefs(error, error_size))
        return false;
    tracefs_instances_walk(remove_stale, NULL);
    snprintf(name, sizeof name, NAME_PREFIX "%d", (int)getpid());
    good = asprintf(&path, "%s/instances/%s", tracefs_tracing_dir(), name) >= 0;
    if (good)
        good = make(ret_instance, name, path);
    if (!good)
        snprintf(error, error_size, "%s: %s (expected to make a trace buffer there)",
                 path ? path : name, strerror(errno));
    free(path);
    return good;
}

bool kernel_instance_set(struct kernel_instance *instance, const char *file, const char *value,
                         char *error, size_t error_size)
{
    errno = 0;
    if (tracefs_instance_file_write(instance->tracefs, file, value) >= 0)
        return true;
    snprintf(error, error_size, "%s/%s: %s (expected to write '%s')",
             tracefs_instance_get_name(instance->tracefs), file,
             errno ? strerror(errno) : "it is not there", value);
    return false;
}

bool kernel_instance_close(struct kernel_instance *instance, char *error, size_t error_size)
{
    char *path = tracefs_instance_get_dir(instance->tracefs);
    bool gone = path && remove_folder(path, REMOVE_TRIES);

    if (!gone)
        snprintf(error, error_size, "%s: %s (expected to remove it)", path ? path : "instance",
                 strerror(errno));
    if (path)
        tracefs_put_tracing_file(path);
    tracefs_instance_free(instance->tracefs);
    instance->tracefs = NULL;
    end_watcher(instance);
    return gone;
}
