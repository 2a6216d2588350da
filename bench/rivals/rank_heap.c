/* SPDX-License-Identifier: 0BSD */
/* A trace's blocks on every heap, over one window of real memory whose commits are counted. Each
 * block carries a stamp at both ends while it is live.
 */
#include "rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lookaside/host.h>

#define FIRST_PAGE LA_PAGES_PER_SEGMENT

struct block {
    va32_t va;      /* 0: none */
    va32_t base_va; /* as the rival gave it: below va when it was asked for more */
    uint32_t bytes;
    uint32_t heap;
};

/* One rival's run. */
struct run {
    const struct trace_loaded *trace;
    struct host_window *window;
    void *state;
    struct block *blocks;
    uint32_t heap_in_use;
    uint64_t live_bytes;
    struct rank_heap_row *row;
    const char *broken;
};

/* -- Stamps ------------------------------------------------------------------------------------ */

static uint8_t stamp_of(uint32_t slot)
{
    return (uint8_t)(slot * 167u + 13u);
}

static uint8_t *bytes_at(const struct run *run, va32_t va)
{
    return la_host(run->window->port.host_base, va);
}

static void write_stamps(const struct run *run, uint32_t slot)
{
    const struct block *block = &run->blocks[slot];

    bytes_at(run, block->va)[0] = stamp_of(slot);
    bytes_at(run, block->va)[block->bytes - 1u] = stamp_of(slot);
}

static void verify_stamps(struct run *run, uint32_t slot, uint32_t bytes)
{
    const struct block *block = &run->blocks[slot];

    if (bytes_at(run, block->va)[0] != stamp_of(slot) ||
        (bytes == block->bytes && bytes_at(run, block->va)[bytes - 1u] != stamp_of(slot)))
        run->broken = "a live block's content changed";
}

/* -- Ops --------------------------------------------------------------------------------------- */

static void alloc(struct run *run, const struct trace_op *op)
{
    const struct heap_rival *rival = run->row->rival;
    uint32_t bytes = op->bytes > 0 ? op->bytes : 1u;
    uint32_t align_log2 = op->kind == TRACE_ALLOC_ALIGNED ? op->align_log2 : 0;
    bool aligns = align_log2 <= HEAP_RIVAL_ALIGN_LOG2 ||
                  (rival->can & HEAP_ALIGNS && align_log2 <= LA_PAGE_SHIFT);
    uint32_t slack = aligns ? 0 : (1u << align_log2) - 1u;
    va32_t va;

    run->row->over_asked += !aligns;
    if (bytes > HEAP_RIVAL_BYTES_MAX || slack > HEAP_RIVAL_BYTES_MAX - bytes ||
        rival->alloc(run->state, bytes + slack, aligns ? align_log2 : 0, &va) != RIVAL_OK) {
        run->row->refused++;
        return;
    }
    run->blocks[op->slot] = (struct block){
        .va = (va + slack) & ~slack, .base_va = va, .bytes = bytes, .heap = run->heap_in_use
    };
    run->live_bytes += bytes;
    write_stamps(run, op->slot);
}

static void free_slot(struct run *run, uint32_t slot)
{
    struct block *block = &run->blocks[slot];
    enum rival_answer answer;

    if (block->va == 0)
        return;
    verify_stamps(run, slot, block->bytes);
    answer = run->row->rival->free(run->state, block->base_va);
    if (answer != RIVAL_OK && answer != RIVAL_CANNOT)
        run->broken = "a live block was not taken back";
    run->live_bytes -= block->bytes;
    block->va = 0;
}

static void realloc_slot(struct run *run, const struct trace_op *op)
{
    struct block *block = &run->blocks[op->slot];
    uint32_t bytes = op->bytes > 0 ? op->bytes : 1u;
    va32_t va;

    if (block->va == 0) {
        alloc(run, op);
        return;
    }
    verify_stamps(run, op->slot, block->bytes);
    if (block->va != block->base_va) { /* the rival cannot know where in its block the user is */
        free_slot(run, op->slot);
        alloc(run, op);
        return;
    }
    if (bytes > HEAP_RIVAL_BYTES_MAX ||
        run->row->rival->realloc(run->state, block->va, bytes, &va) != RIVAL_OK) {
        run->row->refused++;
        return;
    }
    run->live_bytes += bytes;
    run->live_bytes -= block->bytes;
    block->va = block->base_va = va;
    verify_stamps(run, op->slot, bytes < block->bytes ? 1u : block->bytes);
    block->bytes = bytes;
    write_stamps(run, op->slot);
}

static void destroy_heap(struct run *run, uint32_t heap)
{
    for (uint32_t slot = 0; heap != 0 && slot < run->trace->header.block_slots; slot++)
        if (run->blocks[slot].heap == heap)
            free_slot(run, slot);
    if (heap == run->heap_in_use)
        run->heap_in_use = 0;
}

static void step(struct run *run, const struct trace_op *op)
{
    if (trace_slot_kind(op->kind) == TRACE_BLOCK && op->slot >= run->trace->header.block_slots)
        return;
    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED:
        if (run->blocks[op->slot].va == 0)
            alloc(run, op);
        return;
    case TRACE_REALLOC: realloc_slot(run, op); return;
    case TRACE_FREE: free_slot(run, op->slot); return;
    case TRACE_HEAP_USE: run->heap_in_use = op->slot; return;
    case TRACE_HEAP_DESTROY: destroy_heap(run, op->slot); return;
    default: return;
    }
}

static void run_ops(struct run *run, uint64_t steps_max)
{
    struct rank_heap_row *row = run->row;
    const struct host_window_stats *stats = &run->window->stats;
    struct heap_figures figures;

    while (row->ops < run->trace->header.ops && !row->gave_up && run->broken == NULL) {
        step(run, &run->trace->ops[row->ops++]);
        row->live_bytes_sum += run->live_bytes;
        row->pages_sum += stats->committed_pages;
        row->rival->figures(run->state, &figures);
        row->gave_up =
            steps_max != 0 && figures.probes != RIVAL_NOT_COUNTED && figures.probes > steps_max;
    }
    row->pages_peak = stats->committed_pages_peak;
    row->calls = stats->commits + stats->decommits;
    row->rival->figures(run->state, &figures);
    row->probes = figures.probes;
    row->static_bytes = figures.static_bytes;
    for (uint32_t slot = 0; !row->gave_up && slot < run->trace->header.block_slots; slot++)
        free_slot(run, slot);
    row->pages_left = stats->committed_pages;
}

static bool run_rival(const struct trace_loaded *trace, const struct rank_options *options,
                      struct host_window *window, struct rank_heap_row *row, char *message)
{
    const struct heap_window heap_window = {
        .port = host_window_port(window),
        .first_page = FIRST_PAGE,
        .end_page = window->end_segment * LA_PAGES_PER_SEGMENT,
    };
    size_t bytes = row->rival->bytes(&heap_window);
    struct run run = { .trace = trace, .window = window, .row = row };

    run.state = calloc(1, bytes);
    run.blocks = calloc((size_t)trace->header.block_slots + 1u, sizeof *run.blocks);
    if (run.state == NULL || run.blocks == NULL)
        run.broken = "no memory";
    else if (!row->rival->init(run.state, bytes, &heap_window))
        run.broken = "the window is too small for it";
    else
        run_ops(&run, options->steps_max);
    free(run.state);
    free(run.blocks);
    host_window_reset(window);
    if (run.broken != NULL)
        snprintf(message, RANK_MESSAGE_BYTES, "%s: %s", row->rival->name, run.broken);
    return run.broken == NULL;
}

/* -- All of them ------------------------------------------------------------------------------- */

/* The bytes of each slot after op, as if everything was served. */
static void count_op(const struct trace_loaded *trace, const struct trace_op *op,
                     struct block *blocks, struct rank_heap *rank, uint64_t *live)
{
    struct block *block = &blocks[op->kind == TRACE_HEAP_DESTROY ? 0 : op->slot];

    if (op->kind == TRACE_FREE) {
        *live -= block->bytes;
        block->bytes = 0;
    } else if (op->kind == TRACE_HEAP_DESTROY) {
        for (uint32_t slot = 0; op->slot != 0 && slot < trace->header.block_slots; slot++)
            if (blocks[slot].heap == op->slot) {
                *live -= blocks[slot].bytes;
                blocks[slot].bytes = 0;
            }
    } else if (block->bytes == 0 || op->kind == TRACE_REALLOC) {
        rank->requests++;
        *live -= block->bytes;
        block->bytes = op->bytes > 0 ? op->bytes : 1u;
        *live += block->bytes;
    }
    if (*live > rank->live_bytes_peak)
        rank->live_bytes_peak = *live;
}

static bool count_asked(const struct trace_loaded *trace, struct rank_heap *rank)
{
    struct block *blocks = calloc((size_t)trace->header.block_slots + 1u, sizeof *blocks);
    uint32_t heap_in_use = 0;
    uint64_t live = 0;

    for (uint64_t i = 0; blocks != NULL && i < trace->header.ops; i++) {
        const struct trace_op *op = &trace->ops[i];
        bool of_block = trace_slot_kind(op->kind) == TRACE_BLOCK && !trace_kind_is_probe(op->kind);

        if (op->kind == TRACE_HEAP_USE)
            heap_in_use = op->slot;
        if (of_block && op->slot < trace->header.block_slots && blocks[op->slot].bytes == 0)
            blocks[op->slot].heap = heap_in_use;
        if ((of_block && op->slot < trace->header.block_slots) || op->kind == TRACE_HEAP_DESTROY)
            count_op(trace, op, blocks, rank, &live);
    }
    free(blocks);
    return blocks != NULL;
}

static bool refuses(const struct rank_heap_row *row)
{
    return row->refused != 0 || row->gave_up;
}

/* What serves everything comes first, then what needs fewer pages. */
static int compare(const void *left, const void *right)
{
    const struct rank_heap_row *a = left;
    const struct rank_heap_row *b = right;

    if (refuses(a) != refuses(b))
        return refuses(a) ? 1 : -1;
    if (a->refused != b->refused)
        return a->refused > b->refused ? 1 : -1;
    if (a->pages_peak != b->pages_peak)
        return a->pages_peak > b->pages_peak ? 1 : -1;
    return strcmp(a->rival->name, b->rival->name);
}

bool rank_heaps(const struct trace_loaded *trace, const struct rank_options *options,
                struct rank_heap *ret_rank, char *message)
{
    const struct host_window_options window_options = {
        .cheap = true,
        .first_segment = 1,
        .end_segment = options->window_mib * 16u,
    };
    static struct host_window window;
    bool good = true;

    *ret_rank = (struct rank_heap){ .ops = trace->header.ops };
    if (!count_asked(trace, ret_rank) || host_window_open(&window, &window_options) != LA_OK) {
        snprintf(message, RANK_MESSAGE_BYTES, "no memory for a window of %u MiB",
                 options->window_mib);
        return false;
    }
    for (uint32_t i = 0; good && ret_rank->requests > 0 && heap_rivals[i] != NULL; i++) {
        if (!rank_wants(options, heap_rivals[i]->name))
            continue;
        ret_rank->rows[ret_rank->count].rival = heap_rivals[i];
        good = run_rival(trace, options, &window, &ret_rank->rows[ret_rank->count], message);
        ret_rank->count += good;
    }
    host_window_close(&window);
    qsort(ret_rank->rows, ret_rank->count, sizeof ret_rank->rows[0], compare);
    return good;
}
