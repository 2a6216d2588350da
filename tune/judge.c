/* SPDX-License-Identifier: 0BSD */
/* A lean replay. The one fact to know: the core never looks into a block and gives its metadata
 * back only when the space ends, so the pages behind the window need not be zeroed when they come
 * back; the port here only counts. heap_realloc() does copy, which costs time and changes nothing.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise() */
#include "judge.h"

#include "classes.h"

#include <lookaside/heap.h>
#include <lookaside/replay.h>
#include <lookaside/vas.h>

#include <stdlib.h>
#include <sys/mman.h>

#define WINDOW_BYTES ((size_t)REPLAY_END_SEGMENT * LA_SEGMENT_BYTES)

struct judge {
    void *window;
    struct vas vas;
    struct heap_space space;
    struct bucket_table buckets;
};

struct live_block {
    va32_t va; /* 0: empty slot */
    uint32_t bytes;
    uint32_t heap;
};

struct live_heap {
    struct heap heap;
    bool exists;
};

/* One run. */
struct run {
    struct judge *judge;
    const struct judge_table *table;
    struct judge_result *result;
    struct live_block *blocks;
    uint32_t block_slots;
    struct live_heap *heaps;
    uint32_t heap_slots;
    uint32_t heap_in_use;
    uint32_t heap_pages;
    uint32_t free_segments_at_start;
    uint64_t live_bytes;
};

static enum la_status count_commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
    return LA_OK;
}

static void count_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

struct judge *judge_new(void)
{
    struct judge *judge = calloc(1, sizeof *judge);

    if (!judge)
        return NULL;
    judge->window = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (judge->window == MAP_FAILED) {
        free(judge);
        return NULL;
    }
    return judge;
}

void judge_free(struct judge *judge)
{
    if (!judge)
        return;
    munmap(judge->window, WINDOW_BYTES);
    free(judge);
}

/* What the class set's own rule makes of a request above its largest bucket. */
static uint32_t rounded_request(const struct run *run, uint32_t bytes)
{
    uint32_t rounded = LA_PAGE_BYTES;

    if (!run->table->large_power_of_two || bytes <= run->judge->buckets.bytes_max ||
        bytes > CLASS_POWER_OF_TWO_BYTES_MAX)
        return bytes;
    while (rounded < bytes)
        rounded *= 2u;
    return rounded;
}

static void block_alloc(struct run *run, struct live_block *block, const struct tune_op *op)
{
    struct heap *heap = &run->heaps[run->heap_in_use].heap;
    uint32_t bytes = rounded_request(run, op->bytes);

    run->heap_pages -= heap->pages;
    if (op->code >= TUNE_ALIGNED)
        block->va = heap_alloc_aligned(heap, bytes, op->code - TUNE_ALIGNED);
    else
        block->va = heap_alloc(heap, bytes);
    run->heap_pages += heap->pages;
    if (!block->va) {
        run->result->refused++;
        return;
    }
    block->bytes = op->bytes;
    block->heap = run->heap_in_use;
    run->live_bytes += op->bytes;
}

static void block_realloc(struct run *run, struct live_block *block, const struct tune_op *op)
{
    struct heap *heap = &run->heaps[block->heap].heap;
    va32_t va;

    run->heap_pages -= heap->pages;
    va = heap_realloc(heap, block->va, rounded_request(run, op->bytes));
    run->heap_pages += heap->pages;
    if (!va) {
        run->result->refused++;
        return;
    }
    run->live_bytes += op->bytes;
    run->live_bytes -= block->bytes;
    block->va = va;
    block->bytes = op->bytes;
}

static void block_free(struct run *run, struct live_block *block)
{
    struct heap *heap = &run->heaps[block->heap].heap;
    enum la_status status;

    run->heap_pages -= heap->pages;
    status = heap_free(heap, block->va);
    run->heap_pages += heap->pages;
    LA_ASSERT(status == LA_OK);
    run->live_bytes -= block->bytes;
    block->va = 0;
}

static void heap_end(struct run *run, uint32_t slot)
{
    for (uint32_t i = 0; i < run->block_slots; i++) {
        struct live_block *block = &run->blocks[i];
        if (block->va && block->heap == slot) {
            run->live_bytes -= block->bytes;
            block->va = 0;
        }
    }
    run->heap_pages -= run->heaps[slot].heap.pages;
    heap_destroy(&run->heaps[slot].heap);
    run->heaps[slot].exists = false;
    if (run->heap_in_use == slot)
        run->heap_in_use = 0;
}

static bool heap_begin(struct run *run, uint32_t slot)
{
    struct judge *judge = run->judge;

    if (heap_init(&run->heaps[slot].heap, &judge->space, &judge->buckets, NULL) != LA_OK)
        return false;
    run->heaps[slot].exists = true;
    return true;
}

static void heap_op(struct run *run, const struct tune_op *op)
{
    if (op->code == TUNE_HEAP_TRIM) {
        struct heap *heap = &run->heaps[run->heap_in_use].heap;
        run->heap_pages -= heap->pages;
        (void)heap_trim(heap);
        run->heap_pages += heap->pages;
        return;
    }
    if (op->slot >= run->heap_slots)
        return;
    if (op->code == TUNE_HEAP_CREATE && !run->heaps[op->slot].exists)
        (void)heap_begin(run, op->slot);
    else if (op->code == TUNE_HEAP_DESTROY && op->slot != 0 && run->heaps[op->slot].exists)
        heap_end(run, op->slot);
    else if (op->code == TUNE_HEAP_USE && run->heaps[op->slot].exists)
        run->heap_in_use = op->slot;
}

/* The same ops are skipped as in the replay interpreter. */
static void step(struct run *run, const struct tune_op *op)
{
    struct live_block *block;

    if (op->code >= TUNE_HEAP_CREATE && op->code <= TUNE_HEAP_TRIM) {
        heap_op(run, op);
        return;
    }
    if (op->slot >= run->block_slots)
        return;
    block = &run->blocks[op->slot];
    if (op->code == TUNE_FREE) {
        if (block->va)
            block_free(run, block);
    } else if (op->code == TUNE_REALLOC && block->va) {
        block_realloc(run, block, op);
    } else if (!block->va) {
        block_alloc(run, block, op);
    }
}

static void account(struct run *run)
{
    struct judge_result *result = run->result;
    uint32_t pages = run->heap_pages + run->judge->space.pages;
    uint32_t segments = run->free_segments_at_start - run->judge->vas.free_segments;

    result->footprint_pages_sum += pages;
    result->live_bytes_sum += run->live_bytes;
    result->va_segments_sum += segments;
    if (pages > result->footprint_pages_peak)
        result->footprint_pages_peak = pages;
    if (segments > result->va_segments_peak)
        result->va_segments_peak = segments;
    if (run->live_bytes > result->live_bytes_peak)
        result->live_bytes_peak = run->live_bytes;
}

static void run_ops(struct run *run, const struct tune_trace *trace, uint32_t op_count,
                    struct judge_sample *samples, uint32_t sample_count)
{
    uint32_t sample = 0;

    for (uint32_t i = 0; i < op_count; i++) {
        step(run, &trace->ops[i]);
        account(run);
        while (sample < sample_count &&
               i >= (uint64_t)op_count * (sample + 1u) / sample_count - 1u) {
            samples[sample++] = (struct judge_sample){
                .tick = i + 1u,
                .footprint_pages = run->heap_pages + run->judge->space.pages,
                .live_bytes = run->live_bytes,
            };
        }
    }
    run->result->ticks = op_count;
}

static bool set_up(struct run *run, const struct tune_trace *trace)
{
    struct judge *judge = run->judge;
    const struct la_port port = {
        .context = judge,
        .host_base = (uintptr_t)judge->window,
        .commit = count_commit,
        .decommit = count_decommit,
    };

    run->block_slots = trace->block_slots;
    run->heap_slots = trace->heap_slots ? trace->heap_slots : 1u;
    run->blocks = calloc(run->block_slots ? run->block_slots : 1u, sizeof *run->blocks);
    run->heaps = calloc(run->heap_slots, sizeof *run->heaps);
    if (!run->blocks || !run->heaps)
        return false;
    if (bucket_table_init(&judge->buckets, run->table->bytes, run->table->count) != LA_OK)
        return false;
    vas_init(&judge->vas, REPLAY_FIRST_SEGMENT, REPLAY_END_SEGMENT);
    run->free_segments_at_start = judge->vas.free_segments;
    if (heap_space_init(&judge->space, &judge->vas, &port) != LA_OK)
        return false;
    return heap_begin(run, 0);
}

bool judge_run(struct judge *judge, const struct tune_trace *trace, uint32_t op_count,
               const struct judge_table *table, struct judge_result *ret_result,
               struct judge_sample *samples, uint32_t sample_count)
{
    struct run run = { .judge = judge, .table = table, .result = ret_result };
    bool ready;

    *ret_result = (struct judge_result){ 0 };
    if (op_count > trace->op_count)
        op_count = trace->op_count;
    ready = set_up(&run, trace);
    if (ready) {
        run_ops(&run, trace, op_count, samples, samples ? sample_count : 0);
        ret_result->done = true;
    }
    free(run.blocks);
    free(run.heaps);
    (void)madvise(judge->window, WINDOW_BYTES, MADV_DONTNEED);
    return ready;
}

static uint64_t ratio_ppm(uint64_t taken, uint64_t unit_bytes, uint64_t live_bytes)
{
    if (live_bytes == 0)
        return UINT64_MAX;
    return (uint64_t)((long double)taken * (long double)unit_bytes * 1000000.0L /
                          (long double)live_bytes +
                      0.5L);
}

uint64_t judge_peak_ppm(const struct judge_result *result)
{
    return ratio_ppm(result->footprint_pages_peak, LA_PAGE_BYTES, result->live_bytes_peak);
}

uint64_t judge_mean_ppm(const struct judge_result *result)
{
    return ratio_ppm(result->footprint_pages_sum, LA_PAGE_BYTES, result->live_bytes_sum);
}

uint64_t judge_va_ppm(const struct judge_result *result)
{
    return ratio_ppm(result->va_segments_peak, LA_SEGMENT_BYTES, result->live_bytes_peak);
}
