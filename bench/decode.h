/* SPDX-License-Identifier: 0BSD */
/* A trace, decoded to what timed loops can run without a check (cost/ops.h). The rules for ops that
 * do not fit their slot are those of the replay interpreter, so both see the same requests.
 *
 *   blocks    all heaps of a trace are one, because malloc() has only one: heap ops are dropped,
 *             and the blocks of a destroyed heap are freed one by one
 *   regions   in whole segments; where a region lies is left to the allocator; commits are dropped
 *   stacks    all have the default layout's committed pages and guard
 */
#ifndef LOOKASIDE_BENCH_DECODE_H
#define LOOKASIDE_BENCH_DECODE_H

#include <lookaside/trace.h>

#include "cost/ops.h"

struct decoder {
    struct ops_list lists[OPS_KINDS];
    uint32_t *owner; /* by block slot: 1 + heap of the live block; 0: empty */
    uint32_t *bytes; /* by block slot */
    bool *exists;    /* by heap slot */
    uint32_t heap_slots;
    uint32_t heap_in_use;
    uint32_t *segments;       /* by region slot; 0: empty */
    bool *stacks;             /* by stack slot: live */
    uint64_t live[OPS_KINDS]; /* bytes, segments, stacks */
};

/* Begin for a trace with that header. False when memory is out; decode_end() in any case. */
bool decode_begin(struct decoder *decoder, const struct trace_header *header);
void decode_end(struct decoder *decoder);

/* Take an op. False when memory is out. */
bool decode_op(struct decoder *decoder, const struct trace_op *op);

/* Read a trace in any form and write a file for each kind of ops it has: `paths[kind]`.
 * facts[kind].count is 0 where there is none. False and a message if it cannot be read whole or
 * written.
 */
bool decode_trace(const char *path, const char *const paths[OPS_KINDS],
                  struct ops_facts facts[OPS_KINDS], char *message, size_t message_size);

#endif
