/* SPDX-License-Identifier: 0BSD */
/* Words that the tests of strace's output share. */
#ifndef LOOKASIDE_IMPORT_TEST_STRACE_SEEN_H
#define LOOKASIDE_IMPORT_TEST_STRACE_SEEN_H

#include "converted.h"

#define WITHOUT "# conversion: from strace, without time\n"

/* "# recording: ..." of a recording with so many processes, threads and calls. */
#define PROCESSES_1 ""
#define PROCESSES_2 "es"
#define PROCESSES_3 "es"
#define THREADS_1   ""
#define THREADS_2   "s"
#define THREADS_3   "s"
#define THREADS_4   "s"
#define SEEN(processes, threads, calls)                                                            \
    "# recording: " #processes " process" PROCESSES_##processes                                    \
        ", " #threads " thread" THREADS_##threads ", " #calls " calls about memory or tasks\n"

#define RW   "PROT_READ|PROT_WRITE"
#define ANON "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0"

static inline void check_rows(const struct conversion *rows, size_t count)
{
    check_conversions("strace", rows, count);
}

#endif
