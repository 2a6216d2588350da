/* SPDX-License-Identifier: 0BSD */
/* Lookaside's own heap behind the rivals' interface: core/include/lookaside/heap.h with the default
 * bucket table, over an address space of the window's segments. It does not count its steps.
 */
#include <lookaside/heap.h>

#include "heap_rival.h"

struct ours {
    struct vas vas;
    struct heap_space space;
    struct bucket_table buckets;
    struct heap heap;
};

static size_t bytes(const struct heap_window *window)
{
    (void)window;
    return sizeof(struct ours);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    struct ours *ours = state;
    uint32_t first = (window->first_page + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;
    uint32_t end = window->end_page / LA_PAGES_PER_SEGMENT;

    if (state_bytes < sizeof *ours || first >= end)
        return false;
    vas_init(&ours->vas, first, end);
    return bucket_table_init(&ours->buckets, bucket_default_bytes, bucket_default_count) == LA_OK &&
           heap_space_init(&ours->space, &ours->vas, window->port) == LA_OK &&
           heap_init(&ours->heap, &ours->space, &ours->buckets, NULL) == LA_OK;
}

static enum rival_answer answer_of(const struct ours *ours)
{
    return ours->heap.error == LA_NO_MEMORY ? RIVAL_NO_MEMORY : RIVAL_NO_SPACE;
}

static enum rival_answer alloc(void *state, uint32_t requested, uint32_t align_log2, va32_t *ret_va)
{
    struct ours *ours = state;
    va32_t va;

    if (!heap_rival_asks(requested, align_log2))
        return RIVAL_BAD;
    va = align_log2 > HEAP_RIVAL_ALIGN_LOG2 ? heap_alloc_aligned(&ours->heap, requested, align_log2)
                                            : heap_alloc(&ours->heap, requested);
    if (va == 0)
        return answer_of(ours);
    *ret_va = va;
    return RIVAL_OK;
}

static enum rival_answer free_block(void *state, va32_t va)
{
    struct ours *ours = state;

    return va != 0 && heap_free(&ours->heap, va) == LA_OK ? RIVAL_OK : RIVAL_BAD;
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    struct ours *ours = state;
    va32_t moved;

    if (va == 0 || !heap_rival_asks(wanted, 0))
        return RIVAL_BAD;
    moved = heap_realloc(&ours->heap, va, wanted);
    if (moved == 0)
        return answer_of(ours);
    *ret_va = moved;
    return RIVAL_OK;
}

static uint32_t usable(const void *state, va32_t va)
{
    const struct ours *ours = state;

    return heap_usable(&ours->heap, va);
}

static void figures(const void *state, struct heap_figures *ret_figures)
{
    (void)state;
    *ret_figures =
        (struct heap_figures){ .static_bytes = sizeof(struct ours), .probes = RIVAL_NOT_COUNTED };
}

static const char *check(const void *state)
{
    const struct ours *ours = state;
    const char *broken = vas_check(&ours->vas);

    return broken != NULL ? broken : heap_check(&ours->heap);
}

const struct heap_rival heap_ours = {
    .name = "lookaside",
    .what = "buckets with block maps over 64 KiB segments, pages trimmed: the core's own",
    .can = HEAP_FREES | HEAP_ALIGNS | HEAP_REFUSES | HEAP_RETURNS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
