/* SPDX-License-Identifier: 0BSD */
/* Opening targets, and proving that each serves its own blocks. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "targets.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const struct target targets[TARGETS] = {
    { "empty-lookaside", lean_pass_empty_lookaside, .is_empty = true },
    { "empty-glibc", lean_pass_empty_glibc, .is_empty = true, .is_glibc = true },
    { "lookaside", lean_pass_lookaside, .is_glibc = false },
    { "glibc", lean_pass_glibc, .is_glibc = true },
    { "lookaside+mmap", lean_pass_lookaside, .calls = true },
    { "glibc+mmap", lean_pass_glibc, .is_glibc = true, .calls = true },
};

const struct target *target_find(const char *name)
{
    for (uint32_t i = 0; i < TARGETS; i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

/* -- A port that only counts ------------------------------------------------------------------- */

static enum la_status count_commit(void *context, va32_t va, uint32_t pages)
{
    struct target_world *opened = context;

    (void)va;
    opened->committed_pages += pages;
    if (opened->committed_pages_peak < opened->committed_pages)
        opened->committed_pages_peak = opened->committed_pages;
    return LA_OK;
}

static void count_decommit(void *context, va32_t va, uint32_t pages)
{
    struct target_world *opened = context;

    (void)va;
    opened->committed_pages -= pages;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static const char *open_heap(struct target_world *opened, const struct target_buckets *buckets,
                             uint32_t window_segments)
{
    bool given = buckets->count != 0;

    opened->port = *host_window_port(&opened->window);
    if (!opened->target->calls) {
        opened->port.context = opened;
        opened->port.commit = count_commit;
        opened->port.decommit = count_decommit;
    }
    if (bucket_table_init(&opened->buckets, given ? buckets->bytes : bucket_default_bytes,
                          given ? buckets->count : bucket_default_count) != LA_OK)
        return "these block sizes make no bucket table";
    if (!opened->target->calls)
        opened->world.clear_above_bytes = opened->buckets.bytes_max;
    vas_init(&opened->vas, 1, window_segments);
    if (heap_space_init(&opened->space, &opened->vas, &opened->port) != LA_OK)
        return "the window has no room for a heap";
    if (heap_init(&opened->heap, &opened->space, &opened->buckets, NULL) != LA_OK)
        return "the heap does not begin";
    return NULL;
}

/* Something to touch for blocks that nobody allocated. */
static bool open_scratch(struct target_world *opened, const struct lean_trace *trace)
{
    opened->scratch_bytes = (size_t)trace->bytes_max + LA_PAGE_BYTES;
    opened->scratch = mmap(NULL, opened->scratch_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return opened->scratch != MAP_FAILED;
}

static const char *open_memory(struct target_world *opened, const struct lean_trace *trace,
                               const struct target_buckets *buckets, uint32_t window_segments)
{
    const struct target *target = opened->target;

    if (target->is_empty) {
        if (!open_scratch(opened, trace))
            return "no addresses for the largest block";
        opened->world.base = (uintptr_t)opened->scratch - LEAN_EMPTY_BLOCK;
    } else if (target->is_glibc) {
        /* Large blocks come from the heap too then, and the heap is never cut at its end. */
        if (!target->calls &&
            (mallopt(M_MMAP_MAX, 0) == 0 || mallopt(M_TRIM_THRESHOLD, INT32_MAX) == 0))
            return "glibc does not take its settings";
    } else {
        opened->world.base = opened->window.port.host_base;
        opened->world.heap = &opened->heap;
        return open_heap(opened, buckets, window_segments);
    }
    return NULL;
}

const char *target_open(struct target_world *opened, const struct target *target,
                        const struct lean_trace *trace, const struct target_buckets *buckets,
                        uint32_t window_segments)
{
    const struct host_window_options options = { .cheap = !target->calls,
                                                 .unchecked = true,
                                                 .first_segment = 1,
                                                 .end_segment = window_segments };
    const char *problem;

    memset(opened, 0, sizeof *opened);
    opened->target = target;
    opened->world.clear_above_bytes = UINT32_MAX;
    opened->slots_bytes = ((size_t)trace->block_slots + 1u) * sizeof *opened->world.slots;
    if (host_window_open(&opened->window, &options) != LA_OK)
        return "no addresses for the window (ulimit -v? --window-mib)";
    /* Not from malloc(): the measured heap shall hold the trace's blocks and nothing else. */
    opened->world.slots =
        mmap(NULL, opened->slots_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    problem = opened->world.slots == MAP_FAILED
                  ? "no memory for the slots"
                  : open_memory(opened, trace, buckets, window_segments);
    if (problem != NULL)
        target_close(opened);
    return problem;
}

void target_close(struct target_world *opened)
{
    if (opened->scratch != NULL && opened->scratch != MAP_FAILED)
        munmap(opened->scratch, opened->scratch_bytes);
    if (opened->world.slots != MAP_FAILED)
        munmap(opened->world.slots, opened->slots_bytes);
    host_window_close(&opened->window);
}

/* -- Proof ------------------------------------------------------------------------------------- */

static const char *prove_block(const struct target_world *opened, uintptr_t block, uint32_t bytes)
{
    const struct target *target = opened->target;
    va32_t va;
    bool inside = host_window_va(&opened->window, (void *)(opened->world.base + block), &va);

    if (target->is_empty)
        return block == LEAN_EMPTY_BLOCK && !inside ? NULL : "the empty harness allocates";
    if (target->is_glibc) {
        if (inside)
            return "a block of glibc lies in the window";
        return malloc_usable_size((void *)block) >= bytes ? NULL : "glibc's block is too small";
    }
    if (!inside || va != block)
        return "a block of the heap lies outside the window";
    return heap_usable(&opened->heap, va) >= bytes ? NULL : "the heap does not know its block";
}

/* Peak of a window that makes system calls, which counts by itself. */
static void take_peak(struct target_world *opened)
{
    if (opened->target->calls && !opened->target->is_glibc)
        opened->committed_pages_peak = opened->window.stats.committed_pages_peak;
}

const char *target_prove(struct target_world *opened, const struct lean_trace *trace)
{
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct lean_op *op = &trace->ops[i];
        uint32_t failed = opened->world.failed;
        const char *problem = NULL;

        opened->target->pass(&opened->world, op, op + 1);
        if (op->code != LEAN_FREE && opened->world.failed == failed)
            problem = prove_block(opened, opened->world.slots[op->slot], op->bytes);
        if (problem != NULL)
            return problem;
    }
    take_peak(opened);
    return NULL;
}

void target_release(struct target_world *opened, const struct lean_trace *trace)
{
    opened->target->pass(&opened->world, trace->ops + trace->count, trace->ops + trace->count_all);
}
