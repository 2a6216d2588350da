/* SPDX-License-Identifier: 0BSD */
/* Any number of heaps in a process: the core's, unchanged, over two of the kernel's calls (commit
 * and decommit) and the address space of vas_calls.c.
 */
#include "heaps.h"

static struct user_mutex lock; /* of everything here */
static struct heap_space space;
static struct bucket_table buckets;
static bool started;
static uint32_t made; /* heaps so far */
static struct user_heap common;

uint32_t user_heap_label; /* of the heap that is asked now */

static enum la_status commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    return user_commit(va, pages * LA_PAGE_BYTES, UABI_READ_WRITE) == UABI_OK ? LA_OK
                                                                              : LA_NO_MEMORY;
}

static void decommit(void *context, va32_t va, uint32_t pages)
{
    int status = user_decommit(va, pages * LA_PAGE_BYTES);

    (void)context;
    LA_ASSERT(status == UABI_OK);
}

static bool start(void)
{
    const struct la_port port = { .commit = commit, .decommit = decommit };

    if (!started)
        started =
            bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count) == LA_OK &&
            heap_space_init(&space, user_vas, &port) == LA_OK;
    return started;
}

static bool create(struct user_heap *heap)
{
    user_heap_label = UABI_LABEL(UABI_HEAP, 0); /* the table that all share */
    if (!start() || heap_init(&heap->heap, &space, &buckets, NULL) != LA_OK)
        return false;
    heap->label = UABI_LABEL(UABI_HEAP, ++made);
    return true;
}

bool user_heap_create(struct user_heap *heap)
{
    user_lock(&lock);
    bool good = create(heap);
    user_unlock(&lock);
    return good;
}

void user_heap_destroy(struct user_heap *heap)
{
    user_lock(&lock);
    heap_destroy(&heap->heap);
    user_unlock(&lock);
}

void *user_heap_alloc(struct user_heap *heap, uint32_t bytes)
{
    user_lock(&lock);
    user_heap_label = heap->label;
    va32_t va = heap_alloc(&heap->heap, bytes);
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

void *user_heap_realloc(struct user_heap *heap, void *block, uint32_t bytes)
{
    user_lock(&lock);
    user_heap_label = heap->label;
    va32_t va = heap_realloc(&heap->heap, user_address(block), bytes);
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

enum la_status user_heap_free(struct user_heap *heap, void *block)
{
    user_lock(&lock);
    enum la_status status = heap_free(&heap->heap, user_address(block));
    user_unlock(&lock);
    return status;
}

uint32_t user_heap_metadata_pages(void)
{
    return space.pages;
}

/* -- The family -------------------------------------------------------------------------------- */

/* With the lock held; NULL: there is no heap. */
static struct heap *common_heap(void)
{
    if (common.label == 0 && !create(&common))
        return NULL;
    user_heap_label = common.label;
    return &common.heap;
}

void *malloc(size_t bytes)
{
    user_lock(&lock);
    struct heap *heap = common_heap();
    va32_t va = heap == NULL ? 0 : heap_alloc(heap, bytes);
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

void *calloc(size_t count, size_t bytes)
{
    uint32_t all;

    if (__builtin_mul_overflow((uint32_t)count, (uint32_t)bytes, &all))
        return NULL;
    user_lock(&lock);
    struct heap *heap = common_heap();
    va32_t va = heap == NULL ? 0 : heap_alloc_zeroed(heap, all);
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

void *realloc(void *block, size_t bytes)
{
    user_lock(&lock);
    struct heap *heap = common_heap();
    va32_t va = heap == NULL ? 0 : heap_realloc(heap, user_address(block), bytes);
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    va32_t va = 0;

    if (alignment == 0 || (alignment & (alignment - 1u)) != 0)
        return NULL;
    user_lock(&lock);
    struct heap *heap = common_heap();
    if (heap != NULL)
        va = heap_alloc_aligned(heap, bytes, (uint32_t)__builtin_ctz((unsigned)alignment));
    user_unlock(&lock);
    return (void *)(uintptr_t)va;
}

void free(void *block)
{
    user_lock(&lock);
    struct heap *heap = common_heap();
    LA_ASSERT(heap != NULL);
    enum la_status status = heap_free(heap, user_address(block));
    user_unlock(&lock);
    LA_ASSERT(status == LA_OK);
}
