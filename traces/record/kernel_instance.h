/* SPDX-License-Identifier: 0BSD */
/* A trace buffer of our own in the running kernel: a tracefs instance "lookaside-PID". Other users
 * of tracing do not see it, and it is gone when the recorder is, however that ended: a child that
 * outlives a SIGKILL watches a pipe for it, and a new recorder removes what dead ones left behind.
 * Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_KERNEL_INSTANCE_H
#define LOOKASIDE_RECORD_KERNEL_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tracefs_instance;

struct kernel_instance {
    struct tracefs_instance *tracefs;
    pid_t watcher;
    int watch; /* our end of its pipe */
};

/* Make the instance, with tracing off. False and a message if that is not possible here; nothing is
 * left then. Forks, so no thread may run yet.
 */
bool kernel_instance_open(struct kernel_instance *ret_instance, char *error, size_t error_size);

/* Write `value` to `file` of the instance. False and a message if the kernel refuses. */
bool kernel_instance_set(struct kernel_instance *instance, const char *file, const char *value,
                         char *error, size_t error_size);

/* Remove it. Its files must be closed. False and a message if it is still there. */
bool kernel_instance_close(struct kernel_instance *instance, char *error, size_t error_size);

#endif
