/* SPDX-License-Identifier: 0BSD */
/* One heap with a small bucket table on a fresh arena, and the end every case should come to. */
#ifndef LOOKASIDE_CORE_TEST_HEAP_FIXTURE_H
#define LOOKASIDE_CORE_TEST_HEAP_FIXTURE_H

#include "heap_arena.h"

static const uint16_t sizes[] = { 16, 24, 64, 128, 200, 512, 1024, 4096, 32768 };
static struct heap heap;

static void fresh(uint32_t end_segment)
{
    arena_init(end_segment, sizes, sizeof sizes / sizeof sizes[0]);
    CHECK_EQ(heap_init(&heap, &arena_space, &arena_buckets, NULL), LA_OK);
}

static void finish(void)
{
    CHECK_SOUND(&heap);
    heap_destroy(&heap);
    arena_expect_all_returned();
}

#endif
