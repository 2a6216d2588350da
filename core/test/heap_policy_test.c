/* SPDX-License-Identifier: 0BSD */
/* How much memory a heap takes, keeps and gives back, one promise a case. */
#include "heap_fixture.h"

static void untouched_pages_are_never_committed(void)
{
    fresh(ARENA_SEGMENTS);
    CHECK(heap_alloc(&heap, 1024) != 0);
    CHECK_EQ(heap.pages, 1);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(heap_alloc(&heap, 1024) != 0);
    CHECK_EQ(heap.pages, 2);
    finish();
}

static void lowest_free_block_is_reused_first(void)
{
    va32_t blocks[8];

    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 8; i++)
        blocks[i] = heap_alloc(&heap, 64);
    CHECK_EQ(heap_free(&heap, blocks[6]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[2]), LA_OK);
    CHECK_EQ(heap_alloc(&heap, 64), blocks[2]);
    CHECK_EQ(heap_alloc(&heap, 64), blocks[6]);
    finish();
}

static void trim_decommits_empty_pages_inside_used_segments(void)
{
    va32_t blocks[64];

    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 64; i++)
        blocks[i] = heap_alloc(&heap, 1024);
    CHECK_EQ(heap.pages, 16);
    for (uint32_t i = 0; i < 64; i++)
        if (i != 17)
            CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    CHECK_EQ(heap_trim(&heap), 15);
    CHECK_EQ(heap.pages, 1);
    CHECK(arena_is_committed(blocks[17], 1024));
    CHECK_SOUND(&heap);

    /* Committed pages first: the three blocks beside the live one, then the lowest page again. */
    CHECK_EQ(heap_alloc(&heap, 1024), blocks[16]);
    CHECK_EQ(heap_alloc(&heap, 1024), blocks[18]);
    CHECK_EQ(heap_alloc(&heap, 1024), blocks[19]);
    CHECK_EQ(heap_alloc(&heap, 1024), blocks[0]);
    CHECK_EQ(heap.pages, 2);
    finish();
}

static void growth_looks_for_empty_pages_first(void)
{
    static va32_t blocks[2048];

    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 2048; i++)
        blocks[i] = heap_alloc(&heap, 1024);
    for (uint32_t i = 0; i < 2048; i++)
        if (i % 64 != 0)
            CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    for (uint32_t i = 0; i < 400; i++)
        CHECK(heap_alloc(&heap, 4096) != 0);
    CHECK(heap.pages_peak <= 512 + 512 / 32); /* 400 pages came from those freed */
    finish();
}

static void empty_segments_are_kept_up_to_the_bound(void)
{
    const struct heap_policy policy = { .retain_pages_min = 48, .retain_shift = 31 };
    static va32_t blocks[640];
    struct vas_stats before, after;

    arena_init(ARENA_SEGMENTS, sizes, sizeof sizes / sizeof sizes[0]);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, &policy), LA_OK);
    vas_stats(&arena_vas, &before);
    for (uint32_t i = 0; i < 640; i++)
        blocks[i] = heap_alloc(&heap, 1024);
    CHECK_EQ(heap.segments, 10);
    for (uint32_t i = 0; i < 640; i++)
        CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    CHECK_EQ(heap.empty_pages, 48);
    CHECK_EQ(heap.segments, 4); /* three retained and the current one */
    CHECK_SOUND(&heap);

    /* Any bucket may take a retained segment, pages and all. */
    CHECK(heap_alloc(&heap, 24) != 0);
    CHECK_EQ(heap.segments, 4);
    CHECK_EQ(heap.empty_pages, 32);
    (void)heap_trim(&heap);
    CHECK_EQ(heap.segments, 1);
    CHECK_EQ(heap.pages, 1);
    vas_stats(&arena_vas, &after);
    CHECK_EQ(after.committed_segments - before.committed_segments, 2); /* and a region of maps */
    finish();
}

static void large_regions_take_whole_pages_and_no_more(void)
{
    va32_t va;

    fresh(ARENA_SEGMENTS);
    va = heap_alloc(&heap, 70000);
    CHECK_EQ(va % LA_SEGMENT_BYTES, 0);
    CHECK_EQ(heap.pages, 18);
    CHECK_EQ(heap.segments, 2);
    CHECK_EQ(heap_free(&heap, va), LA_OK);
    CHECK_EQ(heap.pages, 0);
    CHECK_EQ(heap.segments, 0);
    finish();
}

/* The last word of a block map has fewer blocks than bits for most sizes. */
static void segments_are_filled_to_their_last_block(void)
{
    for (uint32_t bucket = 0; bucket < sizeof sizes / sizeof sizes[0]; bucket++) {
        uint32_t blocks = LA_SEGMENT_BYTES / sizes[bucket];
        va32_t first, last = 0;

        fresh(ARENA_SEGMENTS);
        first = heap_alloc(&heap, sizes[bucket]);
        for (uint32_t i = 1; i < blocks; i++)
            last = heap_alloc(&heap, sizes[bucket]);
        CHECK_EQ(last, first + (blocks - 1) * sizes[bucket]);
        CHECK_EQ(heap.segments, 1);
        CHECK(heap_alloc(&heap, sizes[bucket]) != 0);
        CHECK_EQ(heap.segments, 2);
        CHECK_SOUND(&heap);
        finish();
    }
}

static void holes_in_a_full_segment_are_filled_before_a_new_one_is_taken(void)
{
    enum { BLOCKS = 65536 / 24, HOLES = 96 }; /* more than 1 in 32, in the map's first words */
    static va32_t blocks[2 * BLOCKS];

    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 2 * BLOCKS; i++)
        blocks[i] = heap_alloc(&heap, 24);
    CHECK_EQ(heap.segments, 2);
    for (uint32_t i = 0; i < HOLES; i++)
        CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    for (uint32_t i = 0; i < HOLES; i++)
        CHECK_EQ(heap_alloc(&heap, 24), blocks[i]);
    CHECK_EQ(heap.segments, 2);
    CHECK(heap_alloc(&heap, 24) != 0);
    CHECK_EQ(heap.segments, 3);
    finish();
}

static void rare_sizes_borrow_from_larger_buckets_before_taking_a_page(void)
{
    va32_t va;

    fresh(ARENA_SEGMENTS);
    CHECK(heap_alloc(&heap, 1024) != 0);
    for (uint32_t i = 0; i < 3; i++)
        CHECK_EQ(heap_usable(&heap, heap_alloc(&heap, 512)), 1024);
    CHECK_EQ(heap.pages, 1);
    CHECK_EQ(heap_usable(&heap, heap_alloc(&heap, 512)), 512); /* nothing left to borrow */
    CHECK_EQ(heap.pages, 2);
    CHECK_EQ(heap_usable(&heap, heap_alloc(&heap, 128)), 128); /* 512 is more than twice as much */
    CHECK_EQ(heap.pages, 3);

    /* Who was asked for six pages' worth of blocks gets a page, whatever there is to borrow. */
    for (uint32_t i = 0; i < 6 * 4096 / 64; i++) {
        va = heap_alloc(&heap, 64);
        CHECK_EQ(heap_usable(&heap, va), 128);
        CHECK_EQ(heap_free(&heap, va), LA_OK);
    }
    CHECK_EQ(heap_usable(&heap, heap_alloc(&heap, 64)), 64);
    finish();
}

static void block_maps_are_reused(void)
{
    static va32_t blocks[3 * 4096];
    uint32_t metadata_pages = 0;

    fresh(ARENA_SEGMENTS);
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 0; i < 3 * 4096; i++)
            blocks[i] = heap_alloc(&heap, 16);
        for (uint32_t i = 0; i < 3 * 4096; i++)
            CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
        (void)heap_trim(&heap);
        if (round == 0)
            metadata_pages = arena_space.pages;
        CHECK_EQ(arena_space.pages, metadata_pages);
    }
    finish();
}

static void large_blocks_of_one_segment_reuse_retained_ones(void)
{
    va32_t first, second;

    fresh(ARENA_SEGMENTS);
    first = heap_alloc(&heap, 60000);
    memset(arena_at(first), 0xee, 60000);
    CHECK_EQ(heap_free(&heap, first), LA_OK);
    CHECK_EQ(heap.empty_pages, 15);
    second = heap_alloc_zeroed(&heap, 40000);
    CHECK_EQ(second, first);
    CHECK_EQ(heap.pages, 10); /* what it does not need went back */
    CHECK_EQ(heap.empty_pages, 0);
    for (uint32_t at = 0; at < 40000; at++)
        CHECK_EQ(arena_at(second)[at], 0);
    finish();
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(untouched_pages_are_never_committed),
        CASE(lowest_free_block_is_reused_first),
        CASE(trim_decommits_empty_pages_inside_used_segments),
        CASE(growth_looks_for_empty_pages_first),
        CASE(empty_segments_are_kept_up_to_the_bound),
        CASE(large_regions_take_whole_pages_and_no_more),
        CASE(segments_are_filled_to_their_last_block),
        CASE(holes_in_a_full_segment_are_filled_before_a_new_one_is_taken),
        CASE(rare_sizes_borrow_from_larger_buckets_before_taking_a_page),
        CASE(block_maps_are_reused),
        CASE(large_blocks_of_one_segment_reuse_retained_ones),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
