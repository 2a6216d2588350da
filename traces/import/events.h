/* SPDX-License-Identifier: 0BSD */
/* What recordings share that have a whole call of the malloc family in each event: the answer too,
 * because their recorder writes it down when the call returns. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_EVENTS_H
#define LOOKASIDE_IMPORT_EVENTS_H

#include "objects.h"

/* A function, and a letter for each of its arguments: p the old address, b bytes, n how many of
 * them, a alignment, w bytes in whole pages. posix_memalign() is here without its first argument.
 */
struct event_function {
    const char *name;
    const char *arguments;
    uint8_t kind; /* TRACE_ALLOC, _ZEROED, _ALIGNED, TRACE_REALLOC or TRACE_FREE */
};

#define EVENT_ARGUMENTS_MAX 3

/* NULL: it is not of the family. */
const struct event_function *event_function(const char *name, size_t bytes);

/* The names of all of them, for messages. */
#define EVENT_FUNCTIONS                                                                            \
    "malloc, calloc, realloc, reallocarray, free, posix_memalign, aligned_alloc, memalign, "       \
    "valloc or pvalloc"

/* Does what `function` did with these arguments when it answered `answer`, 0 for a failure. */
bool event_call(struct import *import, struct objects *objects, uint32_t space,
                const struct event_function *function,
                const uint64_t arguments[EVENT_ARGUMENTS_MAX], uint64_t answer);

/* When the event before was. Zeroed is before the first one. */
struct event_clock {
    bool started;
    uint64_t now_ns;
};

/* An event at `now_ns`, counted from anywhere. False if that is before the event before or years
 * behind it; `order` says how to get the lines into order.
 */
bool event_time(struct import *import, struct event_clock *clock, uint64_t now_ns,
                const char *order);

#endif
