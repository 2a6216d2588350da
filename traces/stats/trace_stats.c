/* SPDX-License-Identifier: 0BSD */
/* Counting a trace: every op to those who count its kind. */
#include "trace_stats.h"

#include "stats_private.h"

#include <lookaside/types.h>
#include <stdlib.h>

bool trace_stats_init(struct trace_stats *stats)
{
    struct trace_stats_memory *memory = calloc(1, sizeof *memory);

    *stats = (struct trace_stats){ .memory = memory };
    if (!memory)
        return false;
    stats->slots[TRACE_HEAP] = 1;
    memory->slots[TRACE_BLOCK].item_bytes = sizeof(struct live_block);
    memory->slots[TRACE_REGION].item_bytes = sizeof(struct region_slot);
    memory->slots[TRACE_STACK].item_bytes = sizeof(struct stack_slot);
    memory->slots[TRACE_HEAP].item_bytes = sizeof(struct live_heap);
    stats->sizes = &memory->sizes;
    stats->lifetimes = &memory->lifetimes;
    stats->reallocs = &memory->reallocs;
    stats->recorded = &memory->recorded;
    stats->threads = &memory->threads;
    stats->cpus = &memory->cpus;
    stats->region_use = &memory->region_use;
    stats->stack_use = &memory->stack_use;
    stats->labels = &memory->labels;
    stats_sizes_init(stats->sizes);
    stats_reallocs_init(stats->reallocs);
    stats_actors_init(stats->threads);
    stats_actors_init(stats->cpus);
    stats_stacks_init(stats->stack_use);
    stats_labels_init(stats->labels);
    return true;
}

void trace_stats_free(struct trace_stats *stats)
{
    if (!stats->memory)
        return;
    for (int kind = 0; kind < TRACE_NO_SLOT; kind++)
        slots_free(&stats->memory->slots[kind]);
    stats_sizes_free(stats->sizes);
    stats_actors_free(stats->threads);
    stats_actors_free(stats->cpus);
    stats_labels_free(stats->labels);
    free(stats->memory);
    stats->memory = NULL;
}

/* -- Notes ------------------------------------------------------------------------------------- */

static bool note(struct trace_stats *stats, const struct trace_op *op)
{
    uint64_t mark = stats->kinds[TRACE_MARK] - 1u;

    switch (op->kind) {
    case TRACE_THREAD: stats_actors_switch(stats->threads, op->thread); return true;
    case TRACE_CPU: stats_actors_switch(stats->cpus, op->cpu); return true;
    case TRACE_LABEL: return stats_labels_set(stats->labels, op->label);
    case TRACE_TIME: stats->time_ns = stats_sum(stats->time_ns, op->delta_ns); return true;
    default:
        if (mark < TRACE_MARKS)
            stats->marks[mark] = (struct trace_mark){ stats->ops, stats->time_ns, op->mark };
        return true;
    }
}

/* -- Regions and stacks ------------------------------------------------------------------------ */

static uint64_t bytes_of(uint32_t pages)
{
    return (uint64_t)pages * LA_PAGE_BYTES;
}

static bool region_op(struct trace_stats *stats, const struct trace_op *op, uint32_t label)
{
    struct slots *slots = &stats->memory->slots[TRACE_REGION];
    struct region_slot *slot = slots_find(slots, op->slot);
    uint64_t peak = stats->region_pages.peak;

    if ((slot && slot->live) == (op->kind == TRACE_RESERVE)) {
        stats->skipped++;
        return true;
    }
    if (op->kind == TRACE_RESERVE) {
        slot = slots_take(slots, op->slot);
        if (!slot)
            return false;
        slot->label = label;
        stats_raise(&stats->regions, 1, stats->ops);
        stats_raise(&stats->region_pages, op->pages, stats->ops);
        stats_labels_made(stats->labels, label, bytes_of(op->pages), stats->ops);
    } else if (op->kind == TRACE_RESIZE || op->kind == TRACE_RELEASE) {
        stats_labels_resized(stats->labels, slot->label, bytes_of(slot->pages), bytes_of(op->pages),
                             stats->ops); /* a release has 0 pages */
        stats_lower(&stats->region_pages, slot->pages);
        stats_raise(&stats->region_pages, op->pages, stats->ops);
        stats_lower(&stats->regions, op->kind == TRACE_RELEASE);
    }
    stats_regions_op(stats->region_use, slot, op, stats->ops);
    if (stats->region_pages.peak > peak)
        stats->region_use->segments_at_peak = stats->region_use->segments.now;
    return true;
}

static bool stack_op(struct trace_stats *stats, const struct trace_op *op, uint32_t label)
{
    struct slots *slots = &stats->memory->slots[TRACE_STACK];
    struct stack_slot *slot = slots_find(slots, op->slot);

    if ((slot && slot->live) == (op->kind == TRACE_STACK_CREATE)) {
        stats->skipped++;
    } else if (op->kind == TRACE_STACK_CREATE) {
        slot = slots_take(slots, op->slot);
        if (!slot)
            return false;
        slot->label = label;
        stats_stacks_created(stats->stack_use, slot, op->pages, op->committed_pages,
                             op->guard_pages);
        stats_raise(&stats->stacks, 1, stats->ops);
        stats_raise(&stats->stack_pages, op->pages, stats->ops);
        stats_labels_made(stats->labels, label, bytes_of(op->pages), stats->ops);
    } else if (op->kind == TRACE_STACK_TOUCH) {
        stats_stacks_touched(stats->stack_use, slot, op->depth_page);
    } else {
        stats_stacks_end(stats->stack_use, slot);
        stats_labels_resized(stats->labels, slot->label, bytes_of(slot->pages), 0, stats->ops);
        stats_lower(&stats->stacks, 1);
        stats_lower(&stats->stack_pages, slot->pages);
    }
    return true;
}

/* -- All of them ------------------------------------------------------------------------------- */

/* An op that does something, and the tick after it. */
static bool act(struct trace_stats *stats, const struct trace_op *op)
{
    uint32_t label = stats_labels_take(stats->labels);
    bool good;

    stats->acts++;
    if (!stats_actors_act(stats->threads) || !stats_actors_act(stats->cpus))
        return false;
    switch (trace_slot_kind(op->kind)) {
    case TRACE_REGION:
        good = region_op(stats, op, label);
        stats_tick(&stats->regions);
        stats_tick(&stats->region_pages);
        stats_tick(&stats->region_use->segments);
        stats->region_ticks++;
        return good;
    case TRACE_STACK:
        good = stack_op(stats, op, label);
        stats_tick(&stats->stacks);
        stats_tick(&stats->stack_pages);
        stats->stack_ticks++;
        return good;
    case TRACE_BLOCK: good = stats_block_op(stats, op, label); break;
    case TRACE_HEAP: good = stats_heap_op(stats, op); break;
    default: good = true; break; /* heap-trim */
    }
    stats_tick(&stats->blocks);
    stats_tick(&stats->block_bytes);
    stats_tick(&stats->heaps);
    stats_recorded_tick(stats->recorded);
    stats->block_ticks++;
    return good;
}

bool trace_stats_add(struct trace_stats *stats, const struct trace_op *op)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);

    stats->ops++;
    stats->kinds[op->kind < TRACE_KINDS ? op->kind : 0]++;
    if (kind != TRACE_NO_SLOT && op->slot >= stats->slots[kind])
        stats->slots[kind] = op->slot + 1u;
    if (trace_kind_is_probe(op->kind))
        return true; /* no program did that */
    return trace_kind_is_note(op->kind) ? note(stats, op) : act(stats, op);
}

bool trace_stats_finish(struct trace_stats *stats)
{
    const struct slots *slots = &stats->memory->slots[TRACE_STACK];

    stats_blocks_finish(stats);
    for (uint32_t i = slots_next(slots, 0); i < TRACE_SLOTS_MAX; i = slots_next(slots, i + 1u)) {
        struct stack_slot *slot = slots_find(slots, i);
        if (slot->live)
            stats_stacks_end(stats->stack_use, slot);
    }
    return stats_sizes_finish(stats->sizes);
}
