/* SPDX-License-Identifier: 0BSD */
/* What a heap promises, one promise a case. */
#include "heap_fixture.h"

static struct heap other;
static struct heap_stats stats;

/* -- Sizes ------------------------------------------------------------------------------------- */

static void smallest_bucket_that_fits_serves(void)
{
    static const struct {
        uint32_t bytes, usable;
    } cases[] = { { 0, 16 },           { 1, 16 },        { 16, 16 },          { 17, 24 },
                  { 64, 64 },          { 65, 128 },      { 201, 512 },        { 4095, 4096 },
                  { 4097, 32768 },     { 32768, 32768 }, { 32769, 9 * 4096 }, { 65536, 65536 },
                  { 65537, 17 * 4096 } };

    fresh(ARENA_SEGMENTS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(heap_usable(&heap, heap_alloc(&heap, cases[i].bytes)), cases[i].usable);
    finish();
}

static void bucket_tables_outside_the_domain_are_refused(void)
{
    static const struct {
        uint16_t bytes[3];
        uint32_t count;
    } cases[] = { { { 8, 16, 24 }, 0 },   { { 8, 16, 24 }, BUCKETS_MAX + 1 },
                  { { 0, 8, 16 }, 3 },    { { 8, 8, 16 }, 3 },
                  { { 16, 8, 24 }, 3 },   { { 8, 12, 16 }, 3 },
                  { { 8, 16, 32776 }, 3 } };
    static struct bucket_table table;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table.count = 77;
        CHECK_EQ(bucket_table_init(&table, cases[i].bytes, cases[i].count), LA_BAD_ARGUMENT);
        CHECK_EQ(table.count, 77);
    }
    CHECK_EQ(bucket_table_init(&table, bucket_default_bytes, bucket_default_count), LA_OK);
}

static void largest_table_fits_into_memory_of_any_contents(void)
{
    static struct bucket_table table;
    uint16_t bytes[BUCKETS_MAX];

    for (uint32_t i = 0; i < BUCKETS_MAX; i++)
        bytes[i] = (uint16_t)(8 * (i + 1));
    memset(&table, 0xff, sizeof table);
    CHECK_EQ(bucket_table_init(&table, bytes, BUCKETS_MAX), LA_OK);
    for (uint32_t i = 0; i <= bytes[BUCKETS_MAX - 1]; i++)
        CHECK_EQ(bucket_for(&table, i), i == 0 ? 0 : (i - 1) / 8);
}

/* The counts of a bucket, by division. */
static void check_counts(const struct bucket_shape *shape, uint32_t bytes)
{
    uint32_t blocks = LA_SEGMENT_BYTES / bytes;
    uint32_t pages = (blocks * bytes + LA_PAGE_BYTES - 1) / LA_PAGE_BYTES;

    CHECK_EQ(shape->blocks, blocks);
    CHECK_EQ(shape->words, (blocks - 1) / 32);
    CHECK_EQ(shape->pages, 0xffffu >> (LA_PAGES_PER_SEGMENT - pages));
    CHECK_EQ(shape->wake_blocks, blocks >= 64 ? blocks / 32 : 1);
}

static void every_offset_of_every_bucket_is_told_apart(void)
{
    static struct bucket_table table;
    static uint16_t bytes[1];

    /* The oracle is division; free() multiplies by an inverse. */
    for (bytes[0] = 8; bytes[0] <= 32768 && bytes[0] != 0; bytes[0] = (uint16_t)(bytes[0] + 8)) {
        const struct bucket_shape *shape = &table.shape[0];

        CHECK_EQ(bucket_table_init(&table, bytes, 1), LA_OK);
        check_counts(shape, bytes[0]);
        for (uint32_t offset = 0; offset < LA_SEGMENT_BYTES; offset++) {
            uint32_t product = offset * shape->inverse;
            uint32_t block = product >> shape->shift | product << (-shape->shift & 31);
            bool is_block = offset % bytes[0] == 0 && offset / bytes[0] < shape->blocks;

            if ((block < shape->blocks) != is_block || (is_block && block != offset / bytes[0]))
                CHECK_FAIL("offset %u of %u-byte blocks is taken for block %u", offset, bytes[0],
                           block);
        }
    }
}

static void aligned_blocks_are_aligned(void)
{
    fresh(ARENA_SEGMENTS);
    for (uint32_t align_log2 = 0; align_log2 <= LA_SEGMENT_SHIFT; align_log2++) {
        for (uint32_t bytes = 0; bytes < 70000; bytes = bytes * 3 + 1) {
            va32_t va = heap_alloc_aligned(&heap, bytes, align_log2);

            CHECK(va != 0 && va % (UINT32_C(1) << align_log2) == 0);
            CHECK(heap_usable(&heap, va) >= bytes);
        }
    }
    CHECK_EQ(heap_alloc_aligned(&heap, 8, LA_SEGMENT_SHIFT + 1), 0);
    CHECK_EQ(heap.error, LA_BAD_ARGUMENT);
    finish();
}

static void small_aligned_blocks_do_not_take_huge_buckets(void)
{
    fresh(ARENA_SEGMENTS);
    CHECK_EQ(heap_usable(&heap, heap_alloc_aligned(&heap, 24, 13)), 4096); /* a region of a page */
    CHECK_EQ(heap_usable(&heap, heap_alloc_aligned(&heap, 24, 6)), 64);
    finish();
}

/* -- Misuse ------------------------------------------------------------------------------------ */

static void freeing_null_does_nothing(void)
{
    fresh(ARENA_SEGMENTS);
    CHECK_EQ(heap_free(&heap, 0), LA_OK);
    finish();
}

/* A block freed twice is caught wherever its segment is by then. */
static void double_free_is_caught_in_every_place(void)
{
    va32_t blocks[64];

    fresh(ARENA_SEGMENTS);
    blocks[0] = heap_alloc(&heap, 1024);
    CHECK_EQ(heap_free(&heap, blocks[0]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[0]), LA_DOUBLE_FREE); /* current, empty */
    for (uint32_t i = 0; i < 64; i++)
        blocks[i] = heap_alloc(&heap, 1024);
    CHECK(heap_alloc(&heap, 1024) != 0); /* the first segment is full now */
    CHECK_EQ(heap_free(&heap, blocks[5]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[5]), LA_DOUBLE_FREE); /* ready */
    for (uint32_t i = 0; i < 60; i++)
        if (i != 5)
            CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    CHECK(heap_trim(&heap) != 0);
    CHECK_EQ(heap_free(&heap, blocks[7]), LA_DOUBLE_FREE); /* its page is gone */
    for (uint32_t i = 60; i < 64; i++)
        CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[63]), LA_BAD_ADDRESS); /* the segment is retained */
    blocks[0] = heap_alloc(&heap, 100000);
    CHECK_EQ(heap_free(&heap, blocks[0]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[0]), LA_BAD_ADDRESS); /* the region is gone */
    finish();
}

static void wild_frees_are_caught(void)
{
    const struct vas_request request = { .segments = 2, .state = VAS_STACK };
    va32_t small, large, foreign, stack;

    fresh(ARENA_SEGMENTS);
    CHECK_EQ(heap_init(&other, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK_EQ(vas_reserve(&arena_vas, &request, &stack), LA_OK);
    small = heap_alloc(&heap, 200);
    large = heap_alloc(&heap, 200000);
    foreign = heap_alloc(&other, 200);
    CHECK_EQ(small % LA_SEGMENT_BYTES, 0);

    const struct {
        const char *what;
        va32_t va;
    } cases[] = {
        { "inside a block", small + 8 },
        { "unaligned", small + 1 },
        { "past the last block of a segment", small + 65536 / 200 * 200 },
        { "last byte of a segment", small + 65535 },
        { "inside a large region's first page", large + 16 },
        { "second segment of a large region", large + 65536 },
        { "another heap's block", foreign },
        { "a stack", stack },
        { "the segment table", arena_space.table_va },
        { "a free segment", (ARENA_SEGMENTS - 1) << LA_SEGMENT_SHIFT },
        { "segment 0", 16 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum la_status status = heap_free(&heap, cases[i].va);

        if (status != LA_BAD_ADDRESS)
            CHECK_FAIL("freeing %s answered %d", cases[i].what, status);
        CHECK_EQ(heap_usable(&heap, cases[i].va), 0);
        CHECK_EQ(heap_realloc(&heap, cases[i].va, 8), 0);
    }
    CHECK_EQ(heap_free(&heap, small + 200), LA_DOUBLE_FREE); /* a block that was never given out */
    CHECK_EQ(heap_usable(&heap, small), 200);
    heap_destroy(&other);
    CHECK_EQ(vas_release(&arena_vas, stack), LA_OK);
    finish();
}

/* Every segment that is no heap's, also those whose page of the segment table is not backed, and in
 * a space far from segment 0.
 */
static void wild_frees_are_caught_in_every_segment(void)
{
    static const uint32_t starts[] = { 1, 40000 };

    for (uint32_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        va32_t mine, foreign;

        arena_init_at(starts[i], starts[i] + ARENA_SEGMENTS, sizes, sizeof sizes / sizeof sizes[0]);
        CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
        CHECK_EQ(heap_init(&other, &arena_space, &arena_buckets, NULL), LA_OK);
        mine = heap_alloc(&heap, 16);
        foreign = heap_alloc(&other, 16);
        for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
            va32_t va = la_segment_va(segment);

            if (segment == 0)
                va = 1;
            if (va == mine)
                va++;
            CHECK_EQ(heap_free(&heap, va), LA_BAD_ADDRESS);
            CHECK_EQ(heap_usable(&heap, va), 0);
            CHECK_EQ(heap_free(&other, va == foreign ? va + 1 : va), LA_BAD_ADDRESS);
        }
        CHECK_EQ(heap_free(&heap, 0), LA_OK);
        CHECK_EQ(heap_free(&other, 0), LA_OK);
        CHECK_EQ(heap_free(&other, foreign), LA_OK);
        CHECK_EQ(heap_free(&heap, mine), LA_OK);
        heap_destroy(&other);
        finish();
    }
}

/* -- Realloc ----------------------------------------------------------------------------------- */

static void realloc_stays_while_the_block_fits(void)
{
    va32_t va, large;

    fresh(ARENA_SEGMENTS);
    va = heap_alloc(&heap, 100);
    CHECK_EQ(heap_realloc(&heap, va, 128), va);
    CHECK_EQ(heap_realloc(&heap, va, 65), va);
    CHECK(heap_realloc(&heap, va, 20) != va); /* less than half is worth a copy */
    large = heap_alloc(&heap, 100000);
    CHECK_EQ(heap_realloc(&heap, large, 500000), large); /* nothing behind it */
    CHECK_EQ(heap_usable(&heap, large), 123 * 4096);
    CHECK_EQ(heap_realloc(&heap, large, 40000), large);
    CHECK_EQ(heap.large_pages, 10);
    finish();
}

static void realloc_keeps_contents_when_it_moves(void)
{
    static const uint32_t steps[] = { 10, 30, 300, 3000, 30000, 40000, 300000, 2000, 100, 1 };
    uint32_t kept = 0;
    va32_t va = 0;

    fresh(ARENA_SEGMENTS);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        va = heap_realloc(&heap, va, steps[i]);
        CHECK(va != 0);
        kept = kept < steps[i] ? kept : steps[i];
        for (uint32_t at = 0; at < kept; at++)
            CHECK_EQ(arena_at(va)[at], (uint8_t)(at * 13));
        for (uint32_t at = kept; at < steps[i]; at++)
            arena_at(va)[at] = (uint8_t)(at * 13);
        kept = steps[i];
    }
    finish();
}

/* -- Limits ------------------------------------------------------------------------------------ */

static void no_space_and_no_memory_are_told_apart(void)
{
    fresh(60);
    CHECK_EQ(heap_alloc(&heap, 56 * LA_SEGMENT_BYTES), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    CHECK_EQ(heap_alloc(&heap, UINT32_MAX), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    arena_port.fail_at = 1;
    CHECK_EQ(heap_alloc(&heap, 16), 0);
    CHECK_EQ(heap.error, LA_NO_MEMORY);
    CHECK(heap_alloc(&heap, 16) != 0);
    finish();
}

/* A full segment waits for a few frees before it serves again; when nothing else is left it must
 * not wait.
 */
static void last_free_block_is_found_when_space_runs_out(void)
{
    va32_t first;
    uint32_t count = 0;

    fresh(36);
    first = heap_alloc(&heap, 16);
    while (heap_alloc(&heap, 16) != 0)
        count++;
    CHECK(count > 4096);
    CHECK_EQ(heap_free(&heap, first + 160), LA_OK);
    CHECK_EQ(heap_alloc(&heap, 16), first + 160);
    CHECK_EQ(heap_alloc(&heap, 16), 0);
    finish();
}

/* Every commit of a small history fails once: the call says so and nothing else has changed. */
static void nth_commit_failing_changes_nothing(void)
{
    static const uint32_t requests[] = { 16, 5000, 100000, 24, 1024, 33000, 200, 64, 4096, 128 };
    enum { COUNT = sizeof requests / sizeof requests[0] };
    uint32_t failures = 0;

    for (uint32_t n = 1; failures == n - 1; n++) {
        va32_t vas_of[COUNT] = { 0 };

        fresh(ARENA_SEGMENTS);
        arena_port.fail_at = n;
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t pages = heap.pages;
            uint32_t segments = heap.segments;
            uint32_t free_segments = arena_vas.free_segments;

            vas_of[i] = heap_alloc(&heap, requests[i]);
            if (vas_of[i] == 0) {
                failures++;
                CHECK_EQ(heap.error, LA_NO_MEMORY);
                CHECK_EQ(heap.pages, pages);
                CHECK_EQ(heap.segments, segments);
                CHECK(free_segments - arena_vas.free_segments <= 1); /* a region for block maps */
                vas_of[i] = heap_alloc(&heap, requests[i]);
            }
            CHECK(vas_of[i] != 0);
            CHECK_SOUND(&heap);
        }
        for (uint32_t i = 0; i < COUNT; i++)
            CHECK_EQ(heap_free(&heap, vas_of[i]), LA_OK);
        finish();
    }
    CHECK(failures > COUNT);
}

/* What the heap keeps for later is worth nothing to a caller who is refused. */
static void kept_pages_serve_before_a_refusal(void)
{
    static va32_t blocks[512];

    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 512; i++)
        blocks[i] = heap_alloc(&heap, 1024);
    for (uint32_t i = 0; i < 512; i++)
        if (i % 64 != 0)
            CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
    arena_port.fail_at = 1;
    CHECK(heap_alloc(&heap, 4096) != 0); /* 120 pages had no live block */
    CHECK(heap.pages < 20);
    finish();
}

static void a_refused_request_does_not_raise_the_budget(void)
{
    uint32_t budget_pages;

    fresh(ARENA_SEGMENTS);
    CHECK(heap_alloc(&heap, 16) != 0);
    budget_pages = heap.trim_at_pages;
    CHECK_EQ(heap_alloc(&heap, 0xf0000000), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    CHECK_EQ(heap_alloc(&heap, UINT32_MAX), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    CHECK_EQ(heap.trim_at_pages, budget_pages);
    finish();
}

static void destroying_a_heap_returns_live_blocks_and_spares_others(void)
{
    va32_t kept;

    fresh(ARENA_SEGMENTS);
    CHECK_EQ(heap_init(&other, &arena_space, &arena_buckets, NULL), LA_OK);
    kept = heap_alloc(&other, 100);
    memset(arena_at(kept), 0x5a, 100);
    for (uint32_t i = 0; i < 2000; i++)
        CHECK(heap_alloc(&heap, i * 7 % 4000) != 0);
    heap_destroy(&heap);
    for (uint32_t i = 0; i < 100; i++)
        CHECK_EQ(arena_at(kept)[i], 0x5a);
    CHECK_SOUND(&other);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK(heap.key != other.key);
    CHECK_EQ(heap_free(&heap, kept), LA_BAD_ADDRESS);
    heap_destroy(&other);
    finish();
}

static void stats_count_what_is_there(void)
{
    fresh(ARENA_SEGMENTS);
    for (uint32_t i = 0; i < 10; i++)
        CHECK(heap_alloc(&heap, 60) != 0);
    CHECK(heap_alloc(&heap, 50000) != 0);
    heap_stats(&heap, &stats);
    CHECK_EQ(stats.live_blocks, 11);
    CHECK_EQ(stats.block_bytes, 10 * 64 + 13 * 4096);
    CHECK_EQ(stats.large_blocks, 1);
    CHECK_EQ(stats.committed_pages, 14);
    CHECK_EQ(stats.bucket[2].block_bytes, 64);
    CHECK_EQ(stats.bucket[2].live_blocks, 10);
    CHECK_EQ(stats.bucket[2].segments, 1);
    CHECK_EQ(stats.bucket[2].committed_pages, 1);
    for (uint32_t i = 0; i < 65536 / 200; i++) {
        CHECK(heap_alloc(&heap, 200) != 0);
        heap_stats(&heap, &stats);
        if (i < 61440 / 200) /* the tail's page is not committed yet */
            CHECK_EQ(stats.bucket[4].tail_bytes, 0);
    }
    CHECK_EQ(stats.bucket[4].tail_bytes, 65536 % 200);
    finish();
}

static void owners_of_segments_are_known(void)
{
    uint32_t bucket = 77;

    fresh(ARENA_SEGMENTS);
    CHECK_EQ(heap_init(&other, &arena_space, &arena_buckets, NULL), LA_OK);

    va32_t small = heap_alloc(&heap, 8);
    va32_t large = heap_alloc(&other, 3u * LA_SEGMENT_BYTES);

    CHECK(heap_owner(&arena_space, la_segment_of(small), &bucket) == &heap);
    CHECK_EQ(bucket, bucket_for(&arena_buckets, 8));
    CHECK(heap_owner(&arena_space, la_segment_of(large), &bucket) == &other);
    CHECK_EQ(bucket, BUCKETS_MAX);
    bucket = 77;
    CHECK(heap_owner(&arena_space, la_segment_of(large) + 1u, &bucket) == NULL);
    CHECK(heap_owner(&arena_space, la_segment_of(arena_space.table_va), &bucket) == NULL);
    CHECK(heap_owner(&arena_space, 0, &bucket) == NULL);
    CHECK(heap_owner(&arena_space, LA_SEGMENTS - 1u, &bucket) == NULL);
    CHECK(heap_owner(&arena_space, LA_SEGMENTS, &bucket) == NULL);
    heap_destroy(&other);
    CHECK(heap_owner(&arena_space, la_segment_of(large), &bucket) == NULL);
    CHECK_EQ(bucket, 77);
    finish();
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(smallest_bucket_that_fits_serves),
        CASE(bucket_tables_outside_the_domain_are_refused),
        CASE(largest_table_fits_into_memory_of_any_contents),
        CASE(every_offset_of_every_bucket_is_told_apart),
        CASE(aligned_blocks_are_aligned),
        CASE(small_aligned_blocks_do_not_take_huge_buckets),
        CASE(freeing_null_does_nothing),
        CASE(double_free_is_caught_in_every_place),
        CASE(wild_frees_are_caught),
        CASE(wild_frees_are_caught_in_every_segment),
        CASE(realloc_stays_while_the_block_fits),
        CASE(realloc_keeps_contents_when_it_moves),
        CASE(no_space_and_no_memory_are_told_apart),
        CASE(last_free_block_is_found_when_space_runs_out),
        CASE(nth_commit_failing_changes_nothing),
        CASE(kept_pages_serve_before_a_refusal),
        CASE(a_refused_request_does_not_raise_the_budget),
        CASE(destroying_a_heap_returns_live_blocks_and_spares_others),
        CASE(stats_count_what_is_there),
        CASE(owners_of_segments_are_known),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
