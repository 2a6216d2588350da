/* SPDX-License-Identifier: 0BSD */
/* The deadlock that the address thread fears: a reservation needs a descriptor, the descriptor
 * comes from the kernel heap, the heap has none left and needs address space, and that is a
 * reservation.
 *
 *   vas_section_list: reserve() -> no node -> heap: no page -> reserve() -> no node -> heap ...
 *
 * Shown in a toy kernel whose heap counts how deep it is; then the cure with spare nodes, and then
 * the core, whose heap lives in the address space that the core manages too.
 */
#include <lookaside/heap.h>

#include "check.h"
#include "vas_rival.h"
#include "vas_section_list.h"

#define WINDOW_PAGES    4096u
#define DEPTH_MAX       100u /* a kernel stack of 8 KiB would be long gone */
#define NODES_PER_PAGE  (4096u / 12u)
#define HEAP_GROW_PAGES 1u
#define NODES_AT_START  8u /* the static ones, which every kernel has at first */

static const struct vas_window window = {
    .first_page = 1, .end_page = 1 + WINDOW_PAGES, .page_shift = 12, .regions = WINDOW_PAGES
};

static uint64_t memory[1u << 15]; /* 256 KiB: nodes for WINDOW_PAGES regions */

/* A kernel heap that takes its pages from the list, and feeds the list's nodes. */
struct toy_heap {
    uint32_t depth;
    uint32_t depth_seen;
    uint32_t pages;
    uint32_t calls;
};

static bool toy_heap_more(void *context, struct nodes *nodes)
{
    struct toy_heap *heap = context;
    uint32_t page;

    heap->calls++;
    if (++heap->depth > heap->depth_seen)
        heap->depth_seen = heap->depth;

    bool good = heap->depth < DEPTH_MAX &&
                vas_section_list.reserve(memory, HEAP_GROW_PAGES, 0, &page) == RIVAL_OK;

    heap->depth--;
    if (!good)
        return false;
    heap->pages += HEAP_GROW_PAGES;
    nodes->granted += NODES_PER_PAGE;
    if (nodes->granted > nodes->room)
        nodes->granted = nodes->room;
    return true;
}

static void begin(struct toy_heap *heap, uint32_t spare)
{
    struct section_source source = { .context = heap, .more = toy_heap_more, .spare = spare };

    *heap = (struct toy_heap){ 0 };
    CHECK(vas_section_list.bytes(&window) <= sizeof memory);
    CHECK(vas_section_list.init(memory, sizeof memory, &window));
    vas_section_list_source(memory, &source, NODES_AT_START);
}

static uint32_t free_pages(void)
{
    struct vas_figures figures;
    const char *broken = vas_section_list.check(memory);

    CHECK_STR(broken ? broken : "sound", "sound");
    vas_section_list.figures(memory, &figures);
    return figures.free_pages;
}

/* Reserve single pages until it fails; answers how many there were. */
static uint32_t reserve_until_refused(enum rival_answer *ret_answer)
{
    uint32_t count = 0;
    uint32_t page;

    while ((*ret_answer = vas_section_list.reserve(memory, 1, 0, &page)) == RIVAL_OK)
        CHECK(++count <= WINDOW_PAGES);
    return count;
}

static void a_list_whose_nodes_need_the_list_dead_ends(void)
{
    struct toy_heap heap;
    enum rival_answer answer;

    begin(&heap, 0);

    uint32_t served = reserve_until_refused(&answer);

    CHECK_EQ(answer, RIVAL_NO_METADATA);
    CHECK_EQ(heap.depth_seen, DEPTH_MAX); /* it would never have come back */
    CHECK_EQ(heap.pages, 0);
    CHECK_EQ(served, NODES_AT_START - 1u);         /* and one for what is free */
    CHECK(free_pages() > WINDOW_PAGES * 9u / 10u); /* there was room all along */
}

static void spare_nodes_for_the_refill_are_a_cure(void)
{
    struct toy_heap heap;
    enum rival_answer answer;

    begin(&heap, SECTION_NODES_OF_RESERVE);

    uint32_t served = reserve_until_refused(&answer);

    CHECK_EQ(answer, RIVAL_NO_SPACE);
    CHECK_EQ(heap.depth_seen, 1);
    CHECK_EQ(served + heap.pages, WINDOW_PAGES); /* the last page too */
    CHECK_EQ(free_pages(), 0);
}

/* -- The core: the heap's blocks and tables lie in the addresses that the heap reserves -------- */

#define CORE_SEGMENTS 96u

static struct {
    struct vas vas;
    struct heap_space space;
    struct heap heap;
    struct bucket_table buckets;
    uint32_t committed_pages;
    uint32_t commits_while_reserving; /* of the VAS alone: it must not come to anybody */
    bool reserving;
} core;

static _Alignas(LA_SEGMENT_BYTES) uint8_t core_memory[(size_t)CORE_SEGMENTS << LA_SEGMENT_SHIFT];

static enum la_status core_commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    memset(la_host((uintptr_t)core_memory, va), 0, (size_t)pages << LA_PAGE_SHIFT);
    core.committed_pages += pages;
    core.commits_while_reserving += core.reserving;
    return LA_OK;
}

static void core_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    core.committed_pages -= pages;
}

static void core_begin(void)
{
    const struct la_port port = { .host_base = (uintptr_t)core_memory,
                                  .commit = core_commit,
                                  .decommit = core_decommit };

    memset(&core, 0, sizeof core);
    vas_init(&core.vas, 1, CORE_SEGMENTS);
    CHECK_EQ(bucket_table_init(&core.buckets, bucket_default_bytes, bucket_default_count), LA_OK);
    CHECK_EQ(heap_space_init(&core.space, &core.vas, &port), LA_OK);
    CHECK_EQ(heap_init(&core.heap, &core.space, &core.buckets, NULL), LA_OK);
}

static enum la_status core_reserve(va32_t *ret_base)
{
    struct vas_request request = { .segments = 1 };
    enum la_status status;

    core.reserving = true;
    status = vas_reserve(&core.vas, &request, ret_base);
    core.reserving = false;
    return status;
}

/* The same kernel, ours: reservations and blocks of every size in turn, until neither is served. No
 * reservation asks anybody for memory, and the last free segment is given out.
 */
static void the_core_goes_on_to_the_last_segment(void)
{
    static va32_t blocks[1u << 16];
    uint32_t count = 0;
    uint32_t regions = 0;
    va32_t base;

    core_begin();
    while (core.vas.free_segments > 4u) {
        CHECK(count < sizeof blocks / sizeof blocks[0]);
        blocks[count] = heap_alloc(&core.heap, 16u << count % 12u);
        CHECK(blocks[count] != 0);
        if (count++ % 64u == 0) {
            CHECK_EQ(core_reserve(&base), LA_OK);
            regions++;
        }
    }
    while (core_reserve(&base) == LA_OK)
        regions++;
    CHECK_EQ(core.vas.free_segments, 0);
    CHECK_EQ(core.commits_while_reserving, 0);
    CHECK(regions > 4u);

    /* With nothing left, a block is refused for that reason and no other, and releases work. */
    while (heap_alloc(&core.heap, 4096) != 0)
        continue;
    CHECK_EQ(core.heap.error, LA_NO_SPACE);
    CHECK_EQ(vas_release(&core.vas, base), LA_OK);
    CHECK(heap_alloc(&core.heap, 4096) != 0);
    for (uint32_t i = 0; i < count; i++)
        CHECK_EQ(heap_free(&core.heap, blocks[i]), LA_OK);
    CHECK(heap_check(&core.heap) == NULL);
    CHECK(vas_check(&core.vas) == NULL);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_list_whose_nodes_need_the_list_dead_ends),
        CASE(spare_nodes_for_the_refill_are_a_cure),
        CASE(the_core_goes_on_to_the_last_segment),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
