/* SPDX-License-Identifier: 0BSD */
/* The recorders behind `lookaside record`: each runs a command (or watches the whole kernel) and
 * leaves one trace a process. Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_RECORD_H
#define LOOKASIDE_RECORD_RECORD_H

#include <stdbool.h>

struct record_job {
    const char *name;   /* of the program, for messages: argv[0] of the verb */
    const char *output; /* -o; may hold %p, the process's number */
    char **command;     /* argv, NULL-terminated; NULL: none was given */
    bool with_time;     /* keep the time between ops */
    const char *kernel; /* --kernel: what to keep, "kmalloc", "slab", "vmap", "pages" or "stack" */
};

/* Each answers the verb's exit code: 0 a whole trace was written, 1 not (the message is printed),
 * 2 usage, 3 something is missing here (the message says what, and what would help).
 */
int record_heap(const struct record_job *job);
int record_vas(const struct record_job *job);
int record_kernel(const struct record_job *job);

#endif
