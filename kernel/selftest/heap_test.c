/* SPDX-License-Identifier: 0BSD */
/* The kernel's heaps: blocks, large regions, several heaps on one space, memory for devices. */
#include "groups.h"

#include <kernel/fence.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/text.h>

static void blocks_are_aligned_apart_and_reused(void)
{
    uint8_t *block[200];
    uint8_t *again;

    for (uint32_t i = 0; i < 200u; i++) {
        block[i] = kernel_alloc(1u + 7u * i);
        CHECK(block[i] != NULL && ((uintptr_t)block[i] & 7u) == 0);
        memset(block[i], (int)i, 1u + 7u * i);
    }
    for (uint32_t i = 0; i < 200u; i++)
        CHECK(block[i][0] == (uint8_t)i && block[i][(size_t)7u * i] == (uint8_t)i);
    kernel_free(block[50]);
    again = kernel_alloc(1u + 7u * 50u);
    CHECK(again == block[50]);
    CHECK(heap_check(&kernel_heap) == NULL);
    for (uint32_t i = 0; i < 200u; i++)
        kernel_free(block[i]);
    CHECK(heap_check(&kernel_heap) == NULL);
}

static void large_blocks_give_frames_and_addresses_back(void)
{
    struct vas_stats before;
    struct vas_stats after;
    uint32_t bytes = 1024u * 1024u;

    heaps_trim();
    vas_stats(&kernel_space.vas, &before);
    uint32_t frames = memory_free_frames();
    uint32_t *block = kernel_alloc_zeroed(bytes);
    CHECK(block != NULL && ((uintptr_t)block & (LA_PAGE_BYTES - 1u)) == 0);
    CHECK(frames - memory_free_frames() >= bytes / LA_PAGE_BYTES);
    for (uint32_t i = 0; i < bytes / 4u; i += 1000u)
        CHECK(block[i] == 0);
    kernel_free(block);
    heaps_trim();
    vas_stats(&kernel_space.vas, &after);
    CHECK_EQUAL(memory_free_frames(), frames);
    CHECK_EQUAL(after.free_segments, before.free_segments);
    CHECK(!port_probe_read((va32_t)(uintptr_t)block, NULL, NULL));
}

static void bad_frees_are_told(void)
{
    va32_t block = heap_alloc(&kernel_heap, 100);

    CHECK(block != 0);
    CHECK(heap_free(&kernel_heap, block + 8u) == LA_BAD_ADDRESS);
    CHECK(heap_free(&kernel_heap, port_geometry->direct_first) == LA_BAD_ADDRESS);
    CHECK(heap_free(&kernel_heap, block) == LA_OK);
    CHECK(heap_free(&kernel_heap, block) != LA_OK);
}

/* Two heaps by turns: no page has blocks of both. */
static void two_heaps_share_no_page(void)
{
    static struct heap other;
    va32_t mine[64];
    va32_t theirs[64];

    CHECK(heap_init(&other, &kernel_heap_space, kernel_heap.buckets, NULL) == LA_OK);
    for (uint32_t i = 0; i < 64u; i++) {
        mine[i] = heap_alloc(&kernel_heap, 48);
        theirs[i] = heap_alloc(&other, 48);
        CHECK(mine[i] != 0 && theirs[i] != 0);
    }
    for (uint32_t i = 0; i < 64u; i++)
        for (uint32_t j = 0; j < 64u; j++)
            CHECK(mine[i] >> LA_PAGE_SHIFT != theirs[j] >> LA_PAGE_SHIFT);
    CHECK(heap_free(&other, mine[0]) == LA_BAD_ADDRESS);
    CHECK(heap_free(&kernel_heap, theirs[0]) == LA_BAD_ADDRESS);
    heap_destroy(&other); /* live blocks and all */
    CHECK(!port_probe_read(theirs[0], NULL, NULL));
    for (uint32_t i = 0; i < 64u; i++)
        CHECK(heap_free(&kernel_heap, mine[i]) == LA_OK);
}

/* Blocks chained through themselves until there are more than 64 MiB of them. */
static void the_heap_exceeds_64_mib(void)
{
    uint32_t block_bytes = 256u * 1024u;
    uint32_t blocks = 272; /* 68 MiB */
    uint32_t *head = NULL;
    uint32_t good = 0;

    if (memory_free_frames() < 272u * 64u + 1024u) {
        selftest_skip("less than 72 MiB of memory");
        return;
    }
    for (uint32_t i = 0; i < blocks; i++) {
        uint32_t *block = kernel_alloc(block_bytes);

        if (block == NULL)
            break;
        block[0] = (uint32_t)(uintptr_t)head;
        block[block_bytes / 4u - 1u] = i;
        head = block;
        good++;
    }
    for (uint32_t i = good; i-- > 0;) {
        uint32_t *next = (uint32_t *)(uintptr_t)head[0];

        good -= head[block_bytes / 4u - 1u] != i;
        kernel_free(head);
        head = next;
    }
    CHECK_EQUAL(good, blocks);
}

/* -- Memory for devices ------------------------------------------------------------------------ */

static bool check_device_block(uint8_t *block, uint32_t bytes, uint32_t physical)
{
    EXPECT(block != NULL);
    EXPECT(physical + bytes <= FRAMES_LOW_FIRST << LA_PAGE_SHIFT);
    for (uint32_t at = 0; at < bytes; at += LA_PAGE_BYTES) {
        struct port_page page;

        EXPECT(port_query(&port_kernel_space, (va32_t)(uintptr_t)block + at, &page));
        EXPECT(page.frame == (physical + at) >> LA_PAGE_SHIFT);
    }
    memset(block, 0x5A, bytes);
    return true;
}

static void device_memory_is_contiguous_and_low(void)
{
    static const struct {
        uint32_t bytes, align_log2;
    } wishes[] = { { 16, 0 }, { 512, 9 }, { 4096, 12 }, { 65536, 16 }, { 262144, 16 } };
    uint8_t *block[5];
    uint32_t before;

    before = selftest_free_frames();
    if (before < 2048u) {
        selftest_skip("too little memory below 16 MiB");
        return;
    }
    for (uint32_t i = 0; i < 5u; i++) {
        uint32_t physical = 0;

        block[i] = dma_alloc(wishes[i].bytes, wishes[i].align_log2, &physical);
        CHECK(check_device_block(block[i], wishes[i].bytes, physical));
        CHECK_EQUAL(physical & ((1u << wishes[i].align_log2) - 1u), 0);
    }
    CHECK(heap_check(&dma_heap) == NULL);
    for (uint32_t i = 0; i < 5u; i++)
        dma_free(block[i]);
    CHECK_EQUAL(selftest_free_frames(), before);
}

static void device_memory_ends_with_an_error(void)
{
    uint32_t physical;
    void *first = NULL;
    uint32_t count = 0;

    CHECK(dma_alloc(64u * 1024u * 1024u, 0, &physical) == NULL);
    for (;;) {
        void **block = dma_alloc(32768, 0, &physical);

        if (block == NULL)
            break;
        *block = first;
        first = block;
        count++;
    }
    for (void *block = first; block != NULL; block = first) {
        first = *(void **)block;
        dma_free(block);
    }
    CHECK(count > 4u);
    CHECK(heap_check(&dma_heap) == NULL);
    void *again = dma_alloc(32768, 0, &physical);
    CHECK(again != NULL);
    dma_free(again);
}

/* Each wrong write is told once, with its own address. */
static void writes_outside_of_a_block_are_told_once(void)
{
    static const struct {
        int32_t offset;
        enum fence_finding finding;
    } writes[] = {
        { -1, FENCE_BEFORE }, { -16, FENCE_BEFORE }, { 100, FENCE_BEHIND }, { 115, FENCE_BEHIND }
    };
    struct fence fence = { .heap = &kernel_heap };

    for (uint32_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        va32_t block = fence_alloc(&fence, 100);

        CHECK(block != 0);
        memset(la_host(0, block), 0x5a, 100);
        *(uint8_t *)la_host(0, block + (uint32_t)writes[i].offset) ^= 1u;
        struct fence_report told = fence_free(&fence, block);
        CHECK_EQUAL(told.finding, writes[i].finding);
        CHECK_EQUAL(told.va, block + (uint32_t)writes[i].offset);
        CHECK_EQUAL(told.block_va, block);
        CHECK_EQUAL(fence_free(&fence, block).finding, FENCE_NO_BLOCK); /* a second free */
    }
    va32_t good = fence_alloc(&fence, 100);
    memset(la_host(0, good), 0x5a, 100);
    CHECK_EQUAL(fence_free(&fence, good).finding, FENCE_INTACT);
    CHECK_EQUAL(fence_check(&fence).finding, FENCE_INTACT);
    fence_end(&fence);
}

static void writes_into_a_freed_block_are_told_once(void)
{
    struct fence fence = { .heap = &kernel_heap };
    va32_t block = fence_alloc(&fence, 3000);

    CHECK(block != 0);
    CHECK_EQUAL(fence_free(&fence, block).finding, FENCE_INTACT);
    *(uint8_t *)la_host(0, block + 2999u) = 1;
    struct fence_report told = fence_check(&fence);
    CHECK_EQUAL(told.finding, FENCE_AFTER_FREE);
    CHECK_EQUAL(told.va, block + 2999u);
    CHECK_EQUAL(told.bytes, 3000u);
    CHECK_EQUAL(fence_check(&fence).finding, FENCE_INTACT);

    /* Also when the block's time in the row is over. */
    *(uint8_t *)la_host(0, block) = 1;
    for (uint32_t i = 0; i < FENCE_KEPT; i++) {
        told = fence_free(&fence, fence_alloc(&fence, 8));
        CHECK_EQUAL(told.finding, i + 1u < FENCE_KEPT ? FENCE_INTACT : FENCE_AFTER_FREE);
    }
    CHECK_EQUAL(told.va, block);
    fence_end(&fence);
}

const struct selftest heap_tests[] = {
    { "blocks_are_aligned_apart_and_reused", blocks_are_aligned_apart_and_reused },
    { "large_blocks_give_frames_and_addresses_back", large_blocks_give_frames_and_addresses_back },
    { "bad_frees_are_told", bad_frees_are_told },
    { "writes_outside_of_a_block_are_told_once", writes_outside_of_a_block_are_told_once },
    { "writes_into_a_freed_block_are_told_once", writes_into_a_freed_block_are_told_once },
    { "two_heaps_share_no_page", two_heaps_share_no_page },
    { "the_heap_exceeds_64_mib", the_heap_exceeds_64_mib },
    { "device_memory_is_contiguous_and_low", device_memory_is_contiguous_and_low },
    { "device_memory_ends_with_an_error", device_memory_ends_with_an_error },
    { NULL, NULL },
};
