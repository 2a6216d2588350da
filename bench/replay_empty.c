/* SPDX-License-Identifier: 0BSD */
/* Allocators that do nothing: what a replay costs on top of them is the allocator's own. */
#include "replay_lean.h"

LA_REGISTER_CALL va32_t empty_heap_alloc(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return LEAN_EMPTY_BLOCK;
}

LA_REGISTER_CALL va32_t empty_heap_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return LEAN_EMPTY_BLOCK;
}

va32_t empty_heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2)
{
    (void)heap;
    (void)bytes;
    (void)align_log2;
    return LEAN_EMPTY_BLOCK;
}

LA_REGISTER_CALL va32_t empty_heap_realloc(struct heap *heap, va32_t va, uint32_t bytes)
{
    (void)heap;
    (void)va;
    (void)bytes;
    return LEAN_EMPTY_BLOCK;
}

LA_REGISTER_CALL enum la_status empty_heap_free(struct heap *heap, va32_t va)
{
    (void)heap;
    (void)va;
    return LA_OK;
}

void *empty_malloc(size_t bytes)
{
    (void)bytes;
    return (void *)(uintptr_t)LEAN_EMPTY_BLOCK;
}

void *empty_calloc(size_t count, size_t bytes)
{
    (void)count;
    (void)bytes;
    return (void *)(uintptr_t)LEAN_EMPTY_BLOCK;
}

void *empty_aligned_alloc(size_t align, size_t bytes)
{
    (void)align;
    (void)bytes;
    return (void *)(uintptr_t)LEAN_EMPTY_BLOCK;
}

void *empty_realloc(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
    return (void *)(uintptr_t)LEAN_EMPTY_BLOCK;
}

void empty_free(void *block)
{
    (void)block;
}
