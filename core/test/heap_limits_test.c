/* SPDX-License-Identifier: 0BSD */
/* The heap where a word of a block map, a page, a piece of metadata or the space ends: places that
 * random histories come to once in millions of operations, each built on purpose.
 */
#include "heap_arena.h"

#include <stddef.h>

static struct heap heap;
static va32_t blocks[512];

/* A heap of one bucket on a fresh arena. */
static void begin(uint32_t end_segment, uint16_t bytes)
{
    arena_init(end_segment, &bytes, 1);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
}

static void finish(void)
{
    CHECK_SOUND(&heap);
    heap_destroy(&heap);
    arena_expect_all_returned();
}

/* Blocks 0 to `count` - 1 of the first segment, live, in `blocks`. */
static void begin_with_live(uint16_t bytes, uint32_t count)
{
    begin(ARENA_SEGMENTS, bytes);
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = heap_alloc(&heap, bytes);
        CHECK_EQ(blocks[i], blocks[0] + i * bytes);
    }
}

static void free_blocks(uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        CHECK_EQ(heap_free(&heap, blocks[i]), LA_OK);
}

static void expect_alloc(uint16_t bytes, uint32_t block, uint32_t new_pages)
{
    uint32_t pages = heap.pages;
    va32_t va = heap_alloc(&heap, bytes);

    CHECK_EQ(va, blocks[0] + block * bytes);
    CHECK_EQ(heap.pages - pages, new_pages);
    CHECK(arena_is_committed(va, bytes));
}

/* -- Words of the block map -------------------------------------------------------------------- */

static void a_block_right_behind_a_missing_page_serves(void)
{
    begin_with_live(136, 60); /* block 30 lies on pages 0 and 1, block 31 on page 1 alone */
    free_blocks(0, 31);
    CHECK_EQ(heap_trim(&heap), 1);
    expect_alloc(136, 31, 0);
    expect_alloc(136, 0, 1);
    finish();
}

/* 16 words of the map are one page: the third page begins with word 32. */
static void the_first_word_of_a_page_behind_missing_ones_serves(void)
{
    va32_t first, va;

    begin(ARENA_SEGMENTS, 8);
    first = heap_alloc(&heap, 8);
    for (uint32_t i = 1; i < 3 * 512; i++)
        va = heap_alloc(&heap, 8);
    CHECK_EQ(va, first + (3 * 512 - 1) * 8);
    for (uint32_t i = 0; i < 2 * 512; i++)
        CHECK_EQ(heap_free(&heap, first + i * 8), LA_OK);
    CHECK_EQ(heap_free(&heap, first + 1030 * 8), LA_OK);
    CHECK_EQ(heap_trim(&heap), 2);
    CHECK_EQ(heap_alloc(&heap, 8), first + 1030 * 8);
    CHECK_EQ(heap.pages, 1);
    finish();
}

/* 65 blocks: a word of 32, another, and a last one of one block. With page 1 missing. */
static void words_serve_upwards_before_those_below(void)
{
    begin_with_live(1008, 65);
    free_blocks(4, 8);
    CHECK_EQ(heap_trim(&heap), 1);
    free_blocks(40, 40);
    expect_alloc(1008, 40, 0); /* the second word is the current one now */
    free_blocks(64, 64);
    free_blocks(0, 0);
    expect_alloc(1008, 64, 0);
    expect_alloc(1008, 0, 0);
    expect_alloc(1008, 4, 1);
    finish();
}

/* The second word begins near the end of page 3, which is missing; the pages behind it are not. */
static void a_word_that_begins_on_a_missing_page_is_no_whole_word(void)
{
    begin_with_live(504, 65);
    free_blocks(24, 32);
    CHECK_EQ(heap_trim(&heap), 1);
    free_blocks(0, 0);
    expect_alloc(504, 0, 0);
    expect_alloc(504, 24, 1);
    finish();
}

static void past_the_last_block_of_a_full_segment_is_nothing(void)
{
    va32_t past;

    begin_with_live(504, 130);
    CHECK(heap_alloc(&heap, 504) != 0); /* the first segment is full, and not the current one */
    past = blocks[0] + 130 * 504;
    CHECK_EQ(heap_realloc(&heap, past, 8), 0);
    CHECK_EQ(heap.error, LA_BAD_ADDRESS);
    CHECK_EQ(heap_usable(&heap, past), 0);
    CHECK_EQ(heap_free(&heap, past), LA_BAD_ADDRESS);
    finish();
}

/* -- Trimming ---------------------------------------------------------------------------------- */

/* What lies on a page of a segment whose blocks [0, live) are live but for [first, last]: the pages
 * that trimming gives back, by hand.
 */
static void a_page_goes_exactly_when_no_live_block_lies_on_it(void)
{
    static const struct {
        uint16_t bytes;
        uint32_t live, first, last, trimmed;
    } cases[] = {
        { 504, 66, 56, 63, 0 }, /* 64 and 65 begin on page 7, in another word than its first */
        { 504, 74, 65, 73, 2 }, /* 65 is the first on page 8, and 64 in its word none of it */
        { 264, 64, 46, 62, 1 }, /* 62 is the last on page 3, and 63 in its word none of it */
        { 264, 64, 46, 61, 0 }, { 264, 64, 47, 62, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t pages;

        begin_with_live(cases[i].bytes, cases[i].live);
        free_blocks(cases[i].first, cases[i].last);
        pages = heap.pages;
        CHECK_EQ(heap_trim(&heap), cases[i].trimmed);
        CHECK_EQ(heap.pages, pages - cases[i].trimmed);
        for (uint32_t j = 0; j < cases[i].live; j++)
            if (j < cases[i].first || j > cases[i].last)
                CHECK(arena_is_committed(blocks[j], cases[i].bytes));
        finish();
    }
}

/* 32 blocks of 2,032 bytes end before the segment does, and their map of one word before its piece
 * of memory, where what an earlier heap left says that more blocks are live.
 */
static void what_is_behind_the_last_block_is_not_live(void)
{
    static const uint16_t sizes[] = { 512, 2032 };
    static struct heap earlier;

    arena_init(ARENA_SEGMENTS, sizes, 2);
    CHECK_EQ(heap_init(&earlier, &arena_space, &arena_buckets, NULL), LA_OK);
    for (uint32_t i = 0; i < 128; i++)
        CHECK(heap_alloc(&earlier, 512) != 0);
    heap_destroy(&earlier);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    for (uint32_t i = 0; i < 32; i++)
        blocks[i] = heap_alloc(&heap, 2032);
    CHECK_EQ(heap.pages, 16);
    free_blocks(30, 31); /* all that lies on the last page */
    CHECK_EQ(heap_trim(&heap), 1);
    CHECK_EQ(heap.pages, 15);
    finish();
}

/* -- Metadata ---------------------------------------------------------------------------------- */

#define SMALLEST_BLOCKS (LA_SEGMENT_BYTES / 8u)

static void fill_segments(uint32_t count)
{
    for (uint32_t i = 0; i < count * SMALLEST_BLOCKS; i++)
        CHECK(heap_alloc(&heap, 8) != 0);
}

/* An entry for 8-byte blocks takes 1,056 bytes, the one of a large block 48, and the link between
 * regions 16: 62 and 1 of them fill a region of 64 KiB to its last byte.
 */
static void regions_of_entries_are_filled_and_then_linked(void)
{
    uint32_t free_segments;

    begin(ARENA_SEGMENTS, 8);
    fill_segments(62);
    free_segments = arena_vas.free_segments;
    CHECK(heap_alloc(&heap, 100000) != 0);
    CHECK_EQ(free_segments - arena_vas.free_segments, 2);
    CHECK(heap_alloc(&heap, 100000) != 0);
    CHECK_EQ(free_segments - arena_vas.free_segments, 5); /* its own two and a second region */
    finish(); /* both regions are given back, all pages of the first */
}

static void a_region_of_entries_is_not_shared_beyond_its_end(void)
{
    uint32_t free_segments;

    begin(ARENA_SEGMENTS, 8);
    fill_segments(62);
    free_segments = arena_vas.free_segments;
    fill_segments(1);
    CHECK_EQ(free_segments - arena_vas.free_segments, 2);
    finish();
}

/* A retained segment's entry is too small for the bucket that wants it, and the page that a larger
 * one needs is refused: the segment is not lost, and serves as what the heap kept for later.
 */
static void a_refused_entry_loses_no_retained_segment(void)
{
    uint32_t pages;
    va32_t large;

    begin(ARENA_SEGMENTS, 8);
    fill_segments(3); /* 3 * 1,056 + 16 + 48 bytes: no room for another on the first page */
    large = heap_alloc(&heap, 60000);
    pages = heap.pages;
    CHECK_EQ(heap_free(&heap, large), LA_OK);
    CHECK_EQ(heap.segments, 4);
    arena_port.fail_at = 1;
    CHECK(heap_alloc(&heap, 8) != 0);
    CHECK_EQ(arena_port.fail_at, 0);
    CHECK_EQ(heap.segments, 4);
    CHECK_EQ(heap.empty_pages, 0);
    CHECK_EQ(heap.pages, pages - 15 + 1);
    finish();
}

/* -- Heaps and spaces -------------------------------------------------------------------------- */

/* The sizes of the table are 24, 40, 56, ... so none is a multiple of 16, and what lies behind the
 * last shape reads as a bucket that would do.
 */
static void a_table_without_a_free_place_is_used_to_its_end(void)
{
    static struct {
        struct heap heap;
        uint8_t behind[sizeof(struct heap_bucket)];
    } held;
    uint16_t bytes[BUCKETS_MAX];
    va32_t va;

    for (uint32_t i = 0; i < BUCKETS_MAX; i++)
        bytes[i] = (uint16_t)(24 + 16 * i);
    arena_init(ARENA_SEGMENTS, bytes, BUCKETS_MAX);
    memset(held.behind, 0x5a, sizeof held.behind);
    CHECK_EQ(heap_init(&held.heap, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK_EQ(heap_trim(&held.heap), 0);
    va = heap_alloc_aligned(&held.heap, 24, 4);
    CHECK(va != 0);
    CHECK_EQ(heap_usable(&held.heap, va), LA_PAGE_BYTES); /* a region of its own */
    for (size_t i = 0; i < sizeof held.behind; i++)
        CHECK_EQ(held.behind[i], 0x5a);
    heap_destroy(&held.heap);
    arena_expect_all_returned();
}

static void a_large_block_that_is_refused_is_not_zeroed(void)
{
    begin(ARENA_SEGMENTS, 8);
    CHECK_EQ(heap_alloc_zeroed(&heap, UINT32_MAX), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    finish();
}

#define HEAPS_MAX 65535u
/* Of other heaps a new one reads `key` and `next` only, so those of the list can lie over each
 * other, this far apart.
 */
#define HEAPS_PITCH 24u

_Static_assert(offsetof(struct heap, key) == 0 && offsetof(struct heap, next) % HEAPS_PITCH >= 4 &&
                   offsetof(struct heap, next) % HEAPS_PITCH <= HEAPS_PITCH - sizeof(void *),
               "a heap's `next` lies on no other heap's `key` or `next`");

static _Alignas(struct heap) uint8_t heaps[(size_t)HEAPS_MAX * HEAPS_PITCH + sizeof(struct heap)];

static struct heap *heap_number(uint32_t number)
{
    return (struct heap *)(void *)(heaps + (size_t)(number - 1u) * HEAPS_PITCH);
}

/* A space with as many heaps as there can be. */
static void begin_with_all_heaps(void)
{
    uint16_t bytes = 8;

    arena_init(ARENA_SEGMENTS, &bytes, 1);
    for (uint32_t number = 1; number <= HEAPS_MAX; number++) {
        heap_number(number)->key = number * 65536u + 1u;
        heap_number(number)->next = number < HEAPS_MAX ? heap_number(number + 1u) : NULL;
    }
    arena_space.heaps = heap_number(1);
}

static void there_are_65535_heaps_and_no_more(void)
{
    va32_t va;

    begin_with_all_heaps();
    heap.key = 77;
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_NO_SPACE);
    CHECK_EQ(heap.key, 77);
    CHECK(heap_number(HEAPS_MAX)->next == NULL);

    heap_number(32767)->next = heap_number(32769); /* one is destroyed: its key is free again */
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK_EQ(heap.key, 32768u * 65536u + 1u);
    CHECK(heap_number(32767)->next == &heap);
    CHECK(heap.next == heap_number(32769));

    arena_space.heaps = &heap;
    heap.next = NULL;
    va = heap_alloc(&heap, 8);
    CHECK(va != 0);
    CHECK_EQ(heap_realloc(&heap, va + 2, 8), 0); /* 2 is twice the key */
    CHECK_EQ(heap.error, LA_BAD_ADDRESS);
    finish();
}

static void heaps_with_keys_2_gib_apart_are_strangers(void)
{
    static struct heap other;
    va32_t large;

    begin_with_all_heaps();
    arena_space.heaps = heap_number(2);
    CHECK_EQ(heap_init(&other, &arena_space, &arena_buckets, NULL), LA_OK);
    heap_number(32768)->next = heap_number(32770);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK_EQ(heap.key - other.key, 0x80000000u);
    arena_space.heaps = &other;
    other.next = &heap;
    heap.next = NULL;

    large = heap_alloc(&heap, 100000);
    CHECK_EQ(heap_free(&other, large), LA_BAD_ADDRESS);
    CHECK_EQ(heap_usable(&heap, large), 25 * 4096);
    heap_destroy(&other);
    finish();
}

static void a_space_without_room_for_its_table_is_refused(void)
{
    static struct heap_space space;
    static struct vas vas;

    fake_port_init(&arena_port);
    vas_init(&vas, 1, 8);
    space.table_va = 77;
    CHECK_EQ(heap_space_init(&space, &vas, &arena_port.port), LA_NO_SPACE);
    CHECK_EQ(space.table_va, 77);
    CHECK_EQ(vas.free_segments, 7);
}

static void segment_1_has_an_owner(void)
{
    const struct vas_request first = { .segments = 1, .placement = VAS_FIXED, .window_first = 1 };
    uint32_t bucket;
    va32_t base, va;

    begin(ARENA_SEGMENTS, 8);
    heap_destroy(&heap);
    heap_space_destroy(&arena_space);
    CHECK_EQ(vas_reserve(&arena_vas, &first, &base), LA_OK); /* keeps the table away from it */
    CHECK_EQ(heap_space_init(&arena_space, &arena_vas, &arena_port.port), LA_OK);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK(heap_alloc(&heap, 8) != 0);
    CHECK_EQ(vas_release(&arena_vas, base), LA_OK);
    va = heap_alloc(&heap, LA_SEGMENT_BYTES);
    CHECK_EQ(la_segment_of(va), 1);
    CHECK(heap_owner(&arena_space, 1, &bucket) == &heap);
    CHECK_EQ(bucket, BUCKETS_MAX);
    finish();
}

/* The address of the last segment and the key of the first heap are 2^32 + 1 together. */
static void the_last_segment_has_an_owner(void)
{
    uint16_t bytes = 8;
    uint32_t bucket = 0;
    va32_t last = 0, va;

    arena_init_at(LA_SEGMENTS - 20, LA_SEGMENTS, &bytes, 1);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    while ((va = heap_alloc(&heap, LA_SEGMENT_BYTES)) != 0)
        last = va > last ? va : last;
    CHECK_EQ(la_segment_of(last), LA_SEGMENTS - 1);
    CHECK(heap_owner(&arena_space, LA_SEGMENTS - 1, &bucket) == &heap);
    CHECK_EQ(bucket, BUCKETS_MAX);
    finish();
}

/* -- No more memory ---------------------------------------------------------------------------- */

/* Three full segments, a hole in each: too few for any to serve before nothing else is left. All
 * are woken at once then, and what is freed in one that waits its turn is not lost.
 */
static void all_holes_serve_when_space_has_run_out(void)
{
    uint32_t count = 0;

    begin(13, 512); /* 8 segments are the table, one is entries */
    while (count < 512 && (blocks[count] = heap_alloc(&heap, 512)) != 0)
        count++;
    CHECK_EQ(count, 3 * 128);
    CHECK_EQ(heap_free(&heap, blocks[5]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[128 + 5]), LA_OK);
    CHECK_EQ(heap_free(&heap, blocks[256 + 5]), LA_OK);
    CHECK_EQ(heap_alloc(&heap, 512), blocks[5]);
    CHECK_EQ(heap_free(&heap, blocks[128 + 7]), LA_OK);
    CHECK_SOUND(&heap);
    CHECK_EQ(heap_alloc(&heap, 512), blocks[128 + 5]);
    CHECK_EQ(heap_alloc(&heap, 512), blocks[128 + 7]);
    CHECK_EQ(heap_alloc(&heap, 512), blocks[256 + 5]);
    CHECK_EQ(heap_alloc(&heap, 512), 0);
    CHECK_EQ(heap.error, LA_NO_SPACE);
    finish();
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_block_right_behind_a_missing_page_serves),
        CASE(the_first_word_of_a_page_behind_missing_ones_serves),
        CASE(words_serve_upwards_before_those_below),
        CASE(a_word_that_begins_on_a_missing_page_is_no_whole_word),
        CASE(past_the_last_block_of_a_full_segment_is_nothing),
        CASE(a_page_goes_exactly_when_no_live_block_lies_on_it),
        CASE(what_is_behind_the_last_block_is_not_live),
        CASE(regions_of_entries_are_filled_and_then_linked),
        CASE(a_region_of_entries_is_not_shared_beyond_its_end),
        CASE(a_refused_entry_loses_no_retained_segment),
        CASE(a_large_block_that_is_refused_is_not_zeroed),
        CASE(a_table_without_a_free_place_is_used_to_its_end),
        CASE(there_are_65535_heaps_and_no_more),
        CASE(heaps_with_keys_2_gib_apart_are_strangers),
        CASE(a_space_without_room_for_its_table_is_refused),
        CASE(segment_1_has_an_owner),
        CASE(the_last_segment_has_an_owner),
        CASE(all_holes_serve_when_space_has_run_out),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
