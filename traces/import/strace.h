/* SPDX-License-Identifier: 0BSD */
/* strace's output, for a recorder that has it in a file and wants one process of it. Private to
 * traces.
 */
#ifndef LOOKASIDE_IMPORT_STRACE_H
#define LOOKASIDE_IMPORT_STRACE_H

#include "import.h"

struct strace_wish {
    const char *path;
    uint32_t process;    /* only the address spaces of this process; 0: all */
    uint32_t *processes; /* found: the numbers of all processes, for the caller to free */
    size_t process_count;
    bool whole;        /* found: everything had ended when strace did */
    char summary[128]; /* found: "3 processes, 5 threads, 65 calls about memory or tasks" */
};

/* import_job.read for a struct strace_wish. */
bool import_strace_wish(struct import *import, void *wish);

#endif
