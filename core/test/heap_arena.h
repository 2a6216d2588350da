/* SPDX-License-Identifier: 0BSD */
/* Memory for the heap's tests: a static arena behind the first segments of a space, backed through
 * the fake port. Committed pages read as zero, decommitted ones are filled with 0xdd, so that a
 * heap which reads what it gave back is found out.
 */
#ifndef LOOKASIDE_CORE_TEST_HEAP_ARENA_H
#define LOOKASIDE_CORE_TEST_HEAP_ARENA_H

#include <lookaside/heap.h>

#include "fake_port.h"

#define ARENA_SEGMENTS (LA_SEGMENTS < 512u ? LA_SEGMENTS : 512u)

static struct fake_port arena_port;
static struct vas arena_vas;
static struct heap_space arena_space;
static struct bucket_table arena_buckets;
static _Alignas(LA_SEGMENT_BYTES) uint8_t arena[(size_t)ARENA_SEGMENTS << LA_SEGMENT_SHIFT];

static uint32_t arena_start; /* first segment of the space that lies in the arena */

static inline uint8_t *arena_at(va32_t va)
{
    return la_host(arena_port.port.host_base, va);
}

static enum la_status arena_commit(void *context, va32_t va, uint32_t pages)
{
    enum la_status status = fake_commit(context, va, pages);

    if (status == LA_OK)
        memset(arena_at(va), 0, (size_t)pages << LA_PAGE_SHIFT);
    return status;
}

static void arena_decommit(void *context, va32_t va, uint32_t pages)
{
    bool is_table = va - arena_space.table_va < LA_SEGMENTS * sizeof(union heap_slot);

    fake_decommit(context, va, pages);
    memset(arena_at(va), is_table ? 0xff : 0xdd, (size_t)pages << LA_PAGE_SHIFT);
}

static inline bool arena_is_committed(va32_t va, uint32_t bytes)
{
    for (uint32_t page = va >> LA_PAGE_SHIFT; page <= (va + bytes - 1) >> LA_PAGE_SHIFT; page++)
        if (!arena_port.committed[page])
            return false;
    return true;
}

/* A fresh space over segments [start, end), 0 left out, with a table of `count` buckets. What is
 * not committed reads as nonsense.
 */
static inline void arena_init_at(uint32_t start, uint32_t end_segment, const uint16_t *bytes,
                                 uint32_t count)
{
    memset(arena, 0xff, sizeof arena);
    fake_port_init(&arena_port);
    arena_start = start;
    arena_port.port.host_base = (uintptr_t)arena - la_segment_va(start);
    arena_port.port.commit = arena_commit;
    arena_port.port.decommit = arena_decommit;
    vas_init(&arena_vas, start, end_segment);
    CHECK_EQ(bucket_table_init(&arena_buckets, bytes, count), LA_OK);
    CHECK_EQ(heap_space_init(&arena_space, &arena_vas, &arena_port.port), LA_OK);
}

static inline void arena_init(uint32_t end_segment, const uint16_t *bytes, uint32_t count)
{
    arena_init_at(0, end_segment, bytes, count);
}

/* Give the space back and expect that nothing is left of it. */
static inline void arena_expect_all_returned(void)
{
    struct vas_stats stats;

    heap_space_destroy(&arena_space);
    vas_stats(&arena_vas, &stats);
    CHECK_EQ(stats.regions, 0);
    CHECK_EQ(stats.free_runs, 1);
    CHECK_EQ(arena_port.committed_pages, 0);
    CHECK_STR(vas_check(&arena_vas) ? vas_check(&arena_vas) : "sound", "sound");
}

#define CHECK_SOUND(heap)                                                                          \
    do {                                                                                           \
        const char *check_broken = heap_check(heap);                                               \
        CHECK_STR(check_broken ? check_broken : "sound", "sound");                                 \
    } while (0)

#endif
