/* SPDX-License-Identifier: 0BSD */
/* Counting a trace: one array a kind of slot, as a replay has, but only sizes in it. */
#include "trace_stats.h"

#include <stdlib.h>
#include <string.h>

/* One slot: what lives in it. */
struct stats_slot {
    bool live;
    uint32_t amount; /* bytes or pages */
    uint32_t heap;   /* of a block */
};

struct stats_slots {
    struct stats_slot *at;
    uint32_t room;
};

struct trace_stats_memory {
    struct stats_slots slots[TRACE_NO_SLOT];
    uint32_t heap_in_use;
    uint32_t thread;
    uint32_t *threads; /* sorted */
    uint32_t threads_room;
    bool thread_counted;
    uint64_t exact[TRACE_SIZE_EXACT + 1u];
    uint64_t above[32]; /* [i]: 2^i to 2^(i+1) - 1 bytes */
};

bool trace_stats_init(struct trace_stats *stats)
{
    *stats = (struct trace_stats){ .bytes_min = UINT32_MAX };
    stats->slots[TRACE_HEAP] = 1;
    stats->memory = calloc(1, sizeof *stats->memory);
    return stats->memory != NULL;
}

void trace_stats_free(struct trace_stats *stats)
{
    if (!stats->memory)
        return;
    for (int kind = 0; kind < TRACE_NO_SLOT; kind++)
        free(stats->memory->slots[kind].at);
    free(stats->memory->threads);
    free(stats->memory);
    stats->memory = NULL;
}

/* The slot's entry, growing the array; NULL when out of memory. */
static struct stats_slot *slot_of(struct trace_stats *stats, enum trace_slot_kind kind,
                                  uint32_t slot)
{
    struct stats_slots *slots = &stats->memory->slots[kind];

    if (slot >= slots->room) {
        uint32_t room = slots->room ? slots->room : 64u;
        struct stats_slot *at;
        while (room <= slot)
            room *= 2u;
        at = realloc(slots->at, room * sizeof *at);
        if (!at)
            return NULL;
        memset(at + slots->room, 0, (room - slots->room) * sizeof *at);
        slots->at = at;
        slots->room = room;
    }
    if (slot >= stats->slots[kind])
        stats->slots[kind] = slot + 1u;
    return &slots->at[slot];
}

static void raise_level(struct trace_level *level, uint64_t amount)
{
    level->now += amount;
    if (level->now > level->peak)
        level->peak = level->now;
}

/* Object count and amount of a kind of slot. */
static void levels_of(struct trace_stats *stats, enum trace_slot_kind kind,
                      struct trace_level **ret_count, struct trace_level **ret_amount)
{
    switch (kind) {
    case TRACE_BLOCK:
        *ret_count = &stats->blocks;
        *ret_amount = &stats->block_bytes;
        break;
    case TRACE_REGION:
        *ret_count = &stats->regions;
        *ret_amount = &stats->region_pages;
        break;
    default:
        *ret_count = &stats->stacks;
        *ret_amount = &stats->stack_pages;
        break;
    }
}

static void create(struct trace_stats *stats, enum trace_slot_kind kind, struct stats_slot *slot,
                   uint32_t amount)
{
    struct trace_level *count;
    struct trace_level *amounts;

    if (slot->live) {
        stats->skipped++;
        return;
    }
    levels_of(stats, kind, &count, &amounts);
    *slot = (struct stats_slot){ true, amount, stats->memory->heap_in_use };
    raise_level(count, 1);
    raise_level(amounts, amount);
}

static void destroy(struct trace_stats *stats, enum trace_slot_kind kind, struct stats_slot *slot)
{
    struct trace_level *count;
    struct trace_level *amounts;

    if (!slot->live) {
        stats->skipped++;
        return;
    }
    levels_of(stats, kind, &count, &amounts);
    slot->live = false;
    count->now--;
    amounts->now -= slot->amount;
}

static void resize(struct trace_stats *stats, enum trace_slot_kind kind, struct stats_slot *slot,
                   uint32_t amount)
{
    struct trace_level *count;
    struct trace_level *amounts;

    levels_of(stats, kind, &count, &amounts);
    amounts->now -= slot->amount;
    slot->amount = amount;
    raise_level(amounts, amount);
}

static uint32_t log2_of(uint32_t value)
{
    uint32_t log2 = 0;

    while (value >>= 1)
        log2++;
    return log2;
}

static void count_request(struct trace_stats *stats, const struct trace_op *op)
{
    stats->requests++;
    stats->request_bytes += op->bytes;
    if (op->bytes < stats->bytes_min)
        stats->bytes_min = op->bytes;
    if (op->bytes > stats->bytes_max)
        stats->bytes_max = op->bytes;
    if (op->bytes <= TRACE_SIZE_EXACT)
        stats->memory->exact[op->bytes]++;
    else
        stats->memory->above[log2_of(op->bytes)]++;
    if (op->recorded_bytes != 0) {
        stats->known_requests++;
        stats->known_request_bytes += op->bytes;
        stats->known_recorded_bytes += op->recorded_bytes;
    }
}

/* Heaps are counted beside heap 0, which exists from the start and cannot be made. */
static void heap_op(struct trace_stats *stats, const struct trace_op *op, struct stats_slot *slot)
{
    bool exists = slot->live || op->slot == 0;
    struct stats_slots *blocks = &stats->memory->slots[TRACE_BLOCK];

    if (exists == (op->kind == TRACE_HEAP_CREATE) ||
        (op->kind == TRACE_HEAP_DESTROY && op->slot == 0)) {
        stats->skipped++;
    } else if (op->kind == TRACE_HEAP_CREATE) {
        slot->live = true;
        raise_level(&stats->heaps, 1);
    } else if (op->kind == TRACE_HEAP_USE) {
        stats->memory->heap_in_use = op->slot;
    } else {
        slot->live = false;
        stats->heaps.now--;
        for (uint32_t i = 0; i < blocks->room; i++)
            if (blocks->at[i].live && blocks->at[i].heap == op->slot)
                destroy(stats, TRACE_BLOCK, &blocks->at[i]);
        if (stats->memory->heap_in_use == op->slot)
            stats->memory->heap_in_use = 0;
    }
}

static void slot_op(struct trace_stats *stats, const struct trace_op *op, struct stats_slot *slot)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);

    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED:
        count_request(stats, op);
        create(stats, kind, slot, op->bytes);
        break;
    case TRACE_REALLOC:
        count_request(stats, op);
        if (slot->live)
            resize(stats, kind, slot, op->bytes);
        else
            create(stats, kind, slot, op->bytes);
        break;
    case TRACE_RESERVE:
    case TRACE_STACK_CREATE: create(stats, kind, slot, op->pages); break;
    case TRACE_FREE:
    case TRACE_RELEASE:
    case TRACE_STACK_DESTROY: destroy(stats, kind, slot); break;
    case TRACE_HEAP_CREATE:
    case TRACE_HEAP_DESTROY:
    case TRACE_HEAP_USE: heap_op(stats, op, slot); break;
    default:
        if (!slot->live)
            stats->skipped++;
        else if (op->kind == TRACE_RESIZE)
            resize(stats, kind, slot, op->pages);
        else if (op->kind == TRACE_STACK_TOUCH && op->depth_page > stats->deepest_page)
            stats->deepest_page = op->depth_page;
        break;
    }
}

/* Remember the thread in use once it does something. False when out of memory. */
static bool count_thread(struct trace_stats *stats)
{
    struct trace_stats_memory *memory = stats->memory;
    uint32_t low = 0;
    uint32_t high = stats->threads;

    memory->thread_counted = true;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2u;
        if (memory->threads[middle] < memory->thread)
            low = middle + 1u;
        else
            high = middle;
    }
    if (low < stats->threads && memory->threads[low] == memory->thread)
        return true;
    if (stats->threads == memory->threads_room) {
        uint32_t room = memory->threads_room ? memory->threads_room * 2u : 64u;
        uint32_t *threads = realloc(memory->threads, room * sizeof *threads);
        if (!threads)
            return false;
        memory->threads = threads;
        memory->threads_room = room;
    }
    memmove(memory->threads + low + 1, memory->threads + low,
            (stats->threads - low) * sizeof *memory->threads);
    memory->threads[low] = memory->thread;
    stats->threads++;
    return true;
}

bool trace_stats_add(struct trace_stats *stats, const struct trace_op *op)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);
    struct stats_slot *slot;

    stats->ops++;
    stats->kinds[op->kind < TRACE_KINDS ? op->kind : 0]++;
    if (op->kind == TRACE_THREAD) {
        stats->memory->thread = op->thread;
        stats->memory->thread_counted = false;
    } else if (op->kind == TRACE_TIME) {
        stats->time_ns += op->delta_ns;
    } else if (!stats->memory->thread_counted && !count_thread(stats)) {
        return false;
    }
    if (kind == TRACE_NO_SLOT)
        return true;
    slot = slot_of(stats, kind, op->slot);
    if (!slot)
        return false;
    slot_op(stats, op, slot);
    return true;
}

uint32_t trace_stats_size_at(const struct trace_stats *stats, uint32_t permille)
{
    uint64_t wanted = (stats->requests * permille + 999u) / 1000u;
    uint64_t seen = 0;

    if (stats->requests == 0)
        return 0;
    for (uint32_t bytes = 0; bytes <= TRACE_SIZE_EXACT; bytes++) {
        seen += stats->memory->exact[bytes];
        if (seen >= wanted)
            return bytes;
    }
    for (uint32_t log2 = 0; log2 < 31u; log2++) {
        seen += stats->memory->above[log2];
        if (seen >= wanted)
            return UINT32_C(2) << log2;
    }
    return UINT32_MAX;
}

size_t trace_stats_top_sizes(const struct trace_stats *stats, uint32_t *ret_bytes,
                             uint64_t *ret_requests, size_t count)
{
    size_t found = 0;

    for (uint32_t bytes = 0; bytes <= TRACE_SIZE_EXACT; bytes++) {
        uint64_t requests = stats->memory->exact[bytes];
        size_t at = found;
        while (at > 0 && requests > ret_requests[at - 1u])
            at--;
        if (requests == 0 || at == count)
            continue;
        found += found < count;
        for (size_t i = found - 1u; i > at; i--) {
            ret_bytes[i] = ret_bytes[i - 1u];
            ret_requests[i] = ret_requests[i - 1u];
        }
        ret_bytes[at] = bytes;
        ret_requests[at] = requests;
    }
    return found;
}
