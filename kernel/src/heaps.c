/* SPDX-License-Identifier: 0BSD */
/* The kernel's virtual heap, and what both heaps share. */
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/space.h>

#include "dma.h"

struct heap_space kernel_heap_space;
struct heap kernel_heap;

static struct bucket_table buckets; /* the default one, for all heaps of the kernel */

bool heaps_start(void)
{
    return bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count) == LA_OK &&
           heap_space_init(&kernel_heap_space, &kernel_space.vas, &kernel_space.port) == LA_OK &&
           heap_init(&kernel_heap, &kernel_heap_space, &buckets, NULL) == LA_OK &&
           dma_start(&buckets);
}

static void *pointer(va32_t va)
{
    return va == 0 ? NULL : la_host(0, va);
}

void *kernel_alloc(uint32_t bytes)
{
    return pointer(heap_alloc(&kernel_heap, bytes));
}

void *kernel_alloc_zeroed(uint32_t bytes)
{
    return pointer(heap_alloc_zeroed(&kernel_heap, bytes));
}

void kernel_free(void *block)
{
    LA_ASSERT(heap_free(&kernel_heap, (va32_t)(uintptr_t)block) == LA_OK);
}

uint32_t heaps_trim(void)
{
    uint32_t before = memory_free_frames();

    heap_trim(&kernel_heap);
    dma_trim();
    return memory_free_frames() - before;
}

uint32_t heaps_book_frames(void)
{
    return kernel_heap_space.pages + dma_book_frames();
}
