/* SPDX-License-Identifier: 0BSD */
/* How large the objects of a trace are: how many were asked for, and how many bytes of them were
 * live on average. Blocks, regions and stacks are counted apart, by bytes as asked for (stacks in
 * whole segments, as they are made).
 *
 * Eight bins a doubling, multiples of 8 bytes: 1 to 8, 9 to 16, ... 57 to 64, 65 to 72, ... 121 to
 * 128, 129 to 144, ... The upper edge belongs to a bin, as it does to a bucket.
 */
#ifndef LOOKASIDE_PLOT_SIZES_H
#define LOOKASIDE_PLOT_SIZES_H

#include <lookaside/replay.h>

#define PLOT_BINS 216u /* 8 * 27: the last one ends at 4 GiB */

enum plot_object { PLOT_BLOCKS, PLOT_REGIONS, PLOT_STACKS, PLOT_OBJECTS };

struct plot_bin {
    uint64_t requests; /* creations and changes of size, refused ones too */
    uint64_t live_bytes;
    uint64_t live_bytes_sum; /* over ticks, up to `tick` */
    uint64_t tick;
};

struct plot_sizes {
    uint64_t ticks; /* ops so far, without notes */
    struct plot_bin bin[PLOT_OBJECTS][PLOT_BINS];
};

/* The bin of a size (0 counts as 1), and the smallest and largest size in a bin. O(1). */
uint32_t plot_bin_of(uint64_t bytes);
uint64_t plot_bin_first(uint32_t bin);
uint64_t plot_bin_last(uint32_t bin);

/* Zeroed is empty. Call before and after the interpreter runs an op; `memory` is the interpreter's,
 * *held belongs to the two calls. Cost: O(1), O(block slots) for the end of a heap.
 */
struct plot_held {
    enum plot_object object; /* PLOT_OBJECTS: the op has none */
    bool live;
    uint64_t bytes; /* while live */
};
void plot_sizes_before(struct plot_sizes *sizes, const struct replay_memory *memory,
                       const struct trace_op *op, struct plot_held *ret_held);
void plot_sizes_after(struct plot_sizes *sizes, const struct replay_memory *memory,
                      const struct trace_op *op, const struct plot_held *held);

/* Bring all sums up to the last op. */
void plot_sizes_finish(struct plot_sizes *sizes);

#endif
