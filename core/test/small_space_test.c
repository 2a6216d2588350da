/* SPDX-License-Identifier: 0BSD */
/* A space that ends below 4 GiB: addresses past its end are nobody's, whoever is asked. */
#include "heap_arena.h"

#include <lookaside/fault.h>

#define SEGMENTS_OF_4_GIB (UINT32_C(1) << (32u - LA_SEGMENT_SHIFT))

_Static_assert(LA_SEGMENTS < SEGMENTS_OF_4_GIB, "there are addresses past the end");

static const uint16_t sizes[] = { 8, 64, 512 };
static struct heap heap;

/* The first segments past the end, then fewer and fewer, and the last one of all. */
static uint32_t next_past(uint32_t segment)
{
    uint32_t past = segment - LA_SEGMENTS + 1u;
    uint32_t next = segment + (past < 1024u ? 1u : past / 2u);

    return segment < SEGMENTS_OF_4_GIB - 1u && next >= SEGMENTS_OF_4_GIB ? SEGMENTS_OF_4_GIB - 1u
                                                                         : next;
}

static void expect_no_block(va32_t va)
{
    CHECK_EQ(heap_free(&heap, va), LA_BAD_ADDRESS);
    CHECK_EQ(heap_usable(&heap, va), 0);
    CHECK_EQ(heap_realloc(&heap, va, 8), 0);
    CHECK_EQ(heap.error, LA_BAD_ADDRESS);
}

static void no_block_lies_past_the_end(void)
{
    arena_init(LA_SEGMENTS, sizes, sizeof sizes / sizeof sizes[0]);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
    for (uint32_t blocks = 0; blocks < 2; blocks++) { /* its table is not backed, then it is */
        uint32_t bucket;

        for (uint32_t segment = LA_SEGMENTS; segment < SEGMENTS_OF_4_GIB;
             segment = next_past(segment)) {
            expect_no_block(la_segment_va(segment));
            expect_no_block(la_segment_va(segment) + 64u);
            expect_no_block(la_segment_va(segment) + LA_SEGMENT_BYTES - 1u);
            CHECK(heap_owner(&arena_space, segment, &bucket) == NULL);
        }
        CHECK(heap_alloc(&heap, 64) != 0);
    }
    CHECK_SOUND(&heap);
    heap_destroy(&heap);
    arena_expect_all_returned();
}

static void no_region_lies_past_the_end(void)
{
    static struct vas vas;
    struct vas_region region;

    vas_init(&vas, 1, LA_SEGMENTS);
    for (uint32_t segment = LA_SEGMENTS; segment < SEGMENTS_OF_4_GIB;
         segment = next_past(segment)) {
        va32_t va = la_segment_va(segment);

        CHECK_EQ(vas_release(&vas, va), LA_BAD_ADDRESS);
        CHECK_EQ(vas_resize(&vas, va, 1), LA_BAD_ADDRESS);
        CHECK_EQ(vas_commit(&vas, va, 1), LA_BAD_ARGUMENT);
        CHECK_EQ(vas_decommit(&vas, va, UINT32_MAX), LA_BAD_ARGUMENT);
        CHECK(!vas_query(&vas, va, &region));
    }
    CHECK_EQ(vas.free_segments, LA_SEGMENTS - 1u);
    CHECK_STR(vas_check(&vas) ? vas_check(&vas) : "sound", "sound");
}

/* Every bit behind the state of the last segment is set, as if it went on: nobody looks there. */
static void no_fault_past_the_end_is_served(void)
{
    static struct vas vas;

    vas_init(&vas, 1, LA_SEGMENTS);
    memset(vas.longest, 0xff, sizeof vas.longest);
    for (uint32_t segment = LA_SEGMENTS; segment < SEGMENTS_OF_4_GIB;
         segment = next_past(segment)) {
        const struct fault_access access = { .va = la_segment_va(segment), .allowed_now = true };

        CHECK_EQ(fault_judge(&vas, NULL, &access, UINT32_MAX).verdict, FAULT_VIOLATION);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(no_block_lies_past_the_end),
        CASE(no_region_lies_past_the_end),
        CASE(no_fault_past_the_end_is_served),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
