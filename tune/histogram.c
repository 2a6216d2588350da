/* SPDX-License-Identifier: 0BSD */
/* Two passes over a trace: one for times and the moment of the peak, one for what was live then.
 * The one fact to know: a block's weight is added when it ends, as block x ticks it lived.
 */
#include "histogram.h"

#include <stdlib.h>
#include <string.h>

/* What is live, by slot. */
struct live_block {
    uint64_t since_tick;
    uint32_t bytes;        /* requested */
    uint32_t bucket_bytes; /* what a bucket must hold, see tune_op_bucket_bytes() */
    uint32_t heap;         /* slot + 1; 0: empty slot */
};

/* One pass: the live set, and what to do with a block that ends. */
struct pass {
    struct histogram *histogram;
    struct live_block *blocks;
    uint32_t block_slots;
    uint8_t *heap_exists;
    uint32_t heap_slots;
    uint32_t heap_in_use;
    uint64_t tick;
    uint64_t live_bytes;
    uint64_t live_bytes_peak;
    uint64_t peak_tick;
};

static uint32_t grain_of(uint32_t bytes)
{
    return bytes == 0 ? 1u : (bytes - 1u) / BUCKET_GRAIN_BYTES + 1u;
}

static void block_end(struct pass *pass, struct live_block *block)
{
    struct histogram *histogram = pass->histogram;
    uint64_t ticks = pass->tick - block->since_tick;

    if (block->bucket_bytes <= BUCKET_BYTES_MAX) {
        histogram->count_time[grain_of(block->bucket_bytes)] += ticks;
        histogram->small_bytes_time += ticks * block->bytes;
    } else {
        histogram->large_count_time += ticks;
        histogram->large_bytes_time += ticks * block->bytes;
    }
    pass->live_bytes -= block->bytes;
    block->heap = 0;
}

static void block_begin(struct pass *pass, struct live_block *block, const struct tune_op *op,
                        uint32_t heap)
{
    *block = (struct live_block){
        .since_tick = pass->tick,
        .bytes = op->bytes,
        .bucket_bytes = tune_op_bucket_bytes(op),
        .heap = heap + 1u,
    };
    pass->live_bytes += op->bytes;
    pass->histogram->allocations++;
}

static void heap_op(struct pass *pass, const struct tune_op *op)
{
    if (op->slot >= pass->heap_slots)
        return;
    if (op->code == TUNE_HEAP_CREATE) {
        pass->heap_exists[op->slot] = 1;
    } else if (op->code == TUNE_HEAP_USE) {
        if (pass->heap_exists[op->slot])
            pass->heap_in_use = op->slot;
    } else if (op->code == TUNE_HEAP_DESTROY && op->slot != 0 && pass->heap_exists[op->slot]) {
        pass->heap_exists[op->slot] = 0;
        if (pass->heap_in_use == op->slot)
            pass->heap_in_use = 0;
        for (uint32_t slot = 0; slot < pass->block_slots; slot++) {
            if (pass->blocks[slot].heap == op->slot + 1u)
                block_end(pass, &pass->blocks[slot]);
        }
    }
}

/* Ops on slots that do not fit them are skipped, exactly as a replay skips them. Heap 0 always
 * exists.
 */
static void step(struct pass *pass, const struct tune_op *op)
{
    struct live_block *block;

    if (op->code >= TUNE_HEAP_CREATE && op->code <= TUNE_HEAP_TRIM) {
        heap_op(pass, op);
        return;
    }
    if (op->slot >= pass->block_slots)
        return;
    block = &pass->blocks[op->slot];
    if (op->code == TUNE_FREE) {
        if (block->heap)
            block_end(pass, block);
        return;
    }
    if (op->code == TUNE_REALLOC && block->heap) {
        uint32_t heap = block->heap - 1u;
        block_end(pass, block);
        block_begin(pass, block, op, heap);
    } else if (!block->heap) {
        block_begin(pass, block, op, pass->heap_in_use);
    }
}

/* Run the first `op_count` ops from an empty live set. */
static void run(struct pass *pass, const struct tune_trace *trace, uint32_t op_count)
{
    memset(pass->blocks, 0, (size_t)pass->block_slots * sizeof *pass->blocks);
    memset(pass->heap_exists, 0, pass->heap_slots);
    pass->heap_exists[0] = 1;
    pass->heap_in_use = 0;
    pass->live_bytes = 0;
    pass->live_bytes_peak = 0;
    pass->peak_tick = 0;
    for (uint32_t i = 0; i < op_count; i++) {
        pass->tick = i;
        step(pass, &trace->ops[i]);
        if (pass->live_bytes > pass->live_bytes_peak) {
            pass->live_bytes_peak = pass->live_bytes;
            pass->peak_tick = i + 1u;
        }
    }
    pass->tick = op_count;
}

static void count_peak(struct pass *pass, struct histogram *histogram)
{
    for (uint32_t slot = 0; slot < pass->block_slots; slot++) {
        const struct live_block *block = &pass->blocks[slot];
        if (block->heap && block->bucket_bytes <= BUCKET_BYTES_MAX) {
            histogram->count_peak[grain_of(block->bucket_bytes)]++;
            histogram->small_bytes_peak += block->bytes;
        }
    }
}

bool histogram_fill(struct histogram *ret_histogram, const struct tune_trace *trace)
{
    static struct histogram scratch; /* the second pass's times: not wanted */
    struct pass pass = {
        .histogram = ret_histogram,
        .block_slots = trace->block_slots,
        .heap_slots = trace->heap_slots ? trace->heap_slots : 1u,
    };

    pass.blocks = calloc(pass.block_slots ? pass.block_slots : 1u, sizeof *pass.blocks);
    pass.heap_exists = calloc(pass.heap_slots, 1u);
    if (!pass.blocks || !pass.heap_exists) {
        free(pass.blocks);
        free(pass.heap_exists);
        return false;
    }
    memset(ret_histogram, 0, sizeof *ret_histogram);
    run(&pass, trace, trace->op_count);
    for (uint32_t slot = 0; slot < pass.block_slots; slot++) {
        if (pass.blocks[slot].heap)
            block_end(&pass, &pass.blocks[slot]);
    }
    ret_histogram->ticks = trace->op_count;
    ret_histogram->live_bytes_peak = pass.live_bytes_peak;

    pass.histogram = &scratch;
    run(&pass, trace, (uint32_t)pass.peak_tick);
    count_peak(&pass, ret_histogram);
    free(pass.blocks);
    free(pass.heap_exists);
    return true;
}

/* What a request of `bytes` bytes above the largest bucket takes. */
static uint64_t large_block_bytes(uint32_t bytes, bool power_of_two)
{
    uint64_t pages = la_pages_up(bytes);

    if (power_of_two) {
        uint64_t order = 1;
        while (order < pages)
            order *= 2u;
        pages = order;
    }
    return pages * LA_PAGE_BYTES;
}

uint64_t histogram_rounding_ppm(const struct histogram *histogram, const uint16_t *bytes,
                                uint32_t count, bool large_power_of_two)
{
    long double block_bytes_time = 0; /* more than 64 bits for a long trace */
    uint32_t bucket = 0;

    if (histogram->small_bytes_time == 0)
        return 1000000u;
    for (uint32_t grain = 1; grain <= HISTOGRAM_GRAINS; grain++) {
        uint32_t size = grain * BUCKET_GRAIN_BYTES;
        while (bucket < count && bytes[bucket] < size)
            bucket++;
        uint64_t block =
            bucket < count ? bytes[bucket] : large_block_bytes(size, large_power_of_two);
        block_bytes_time += (long double)histogram->count_time[grain] * (long double)block;
    }
    return (uint64_t)(block_bytes_time * 1000000.0L / (long double)histogram->small_bytes_time +
                      0.5L);
}
