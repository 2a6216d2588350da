/* SPDX-License-Identifier: 0BSD */
/* The heap ops of one trace, 8 bytes each, so that a whole corpus stays in memory and is replayed
 * hundreds of times. Time is the index of a heap op: whatever is live after op i is live for one
 * tick. Ops on regions, stacks, threads and clocks are left out; they do not move a heap's
 * footprint.
 */
#ifndef LOOKASIDE_TUNE_OPS_H
#define LOOKASIDE_TUNE_OPS_H

#include <lookaside/trace.h>

enum tune_code {
    TUNE_ALLOC = 0, /* zeroed or not: the same footprint */
    TUNE_REALLOC,   /* on an empty slot it allocates */
    TUNE_FREE,
    TUNE_HEAP_CREATE,
    TUNE_HEAP_DESTROY, /* its live blocks go with it */
    TUNE_HEAP_USE,
    TUNE_HEAP_TRIM,
    TUNE_ALIGNED, /* TUNE_ALIGNED + n: an allocation aligned to 2^n bytes, n = 0 to 31 */
};

struct tune_op {
    uint32_t slot : 24;
    uint32_t code : 8; /* enum tune_code */
    uint32_t bytes;
};

_Static_assert(sizeof(struct tune_op) == 8, "a corpus of 30 M ops must fit in 240 MB");

/* One trace in memory. Owns its strings and ops; tune_trace_free() gives them back. */
struct tune_trace {
    char *name;   /* "user/redis": path below the corpus, without the extensions */
    char *family; /* traces of one program: never one of them trains a table that judges another */
    struct tune_op *ops;
    uint32_t op_count;
    uint32_t op_room;
    uint32_t block_slots;
    uint32_t heap_slots;
    bool kernel;                  /* recorded in a kernel: the table must hold up against kmalloc */
    uint64_t recorded_bytes_time; /* byte x ticks as the recorded allocator rounded them */
    uint64_t recorded_request_time; /* byte x ticks requested, of the blocks that is known for */
};

/* Append `op` if it is a heap op. False when memory is out or there are 2^32 - 1 ops already. */
bool tune_trace_append(struct tune_trace *trace, const struct trace_op *op);

/* Give back what `trace` owns; the struct itself is the caller's. */
void tune_trace_free(struct tune_trace *trace);

/* The bytes a request asks of a bucket: its size, rounded up to its alignment, because only blocks
 * of a multiple of the alignment are all aligned. Saturates instead of wrapping.
 */
uint32_t tune_op_bucket_bytes(const struct tune_op *op);

#endif
