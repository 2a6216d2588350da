/* SPDX-License-Identifier: 0BSD */
/* The heap ops of a trace as formats without slots and heaps need them: each block with an id of
 * its own, and only what really happens (an op that does not fit its slot does not). Private to
 * traces/export.
 */
#ifndef LOOKASIDE_EXPORT_WALK_H
#define LOOKASIDE_EXPORT_WALK_H

#include "../file/trace_file.h"

/* One thing that happens to a block. */
struct walk_event {
    uint8_t kind; /* TRACE_ALLOC, _ZEROED, _ALIGNED, TRACE_REALLOC (it lives) or TRACE_FREE */
    uint8_t align_log2;
    uint32_t slot; /* unique among the live blocks */
    uint32_t id;   /* unique in the trace, by order of birth */
    uint32_t bytes;
    uint32_t thread;
    uint64_t time_ns; /* since the beginning */
};

/* Take an event; false ends the walk. */
typedef bool (*walk_fn)(void *context, const struct walk_event *event);

/* What a walk comes across. */
struct walk_totals {
    uint64_t events;
    uint64_t ids;
    uint64_t bytes_max;              /* live at once */
    uint64_t kinds[TRACE_KINDS];     /* ops as the trace has them */
    uint64_t recorded;               /* blocks with a recorded size */
    uint64_t skipped;                /* ops on blocks that did not fit their slots */
    uint64_t reallocs_of_nothing;    /* told as allocations */
    uint64_t frees_of_heap_destroys; /* of the blocks that lived in the heap */
};

/* Walk through `trace`; `take` may be NULL. False without memory or because `take` said so. O(ops),
 * a heap-destroy O(slots).
 */
bool walk_trace(const struct trace_loaded *trace, walk_fn take, void *context,
                struct walk_totals *ret_totals);

#endif
