/* SPDX-License-Identifier: 0BSD */
/* Allocators that do nothing: what a replay costs on top of them is the allocator's own. */
#include "heap_world.h"

/* -- Our signatures ---------------------------------------------------------------------------- */

static LA_REGISTER_CALL va32_t ours_alloc(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return HEAP_EMPTY_BLOCK;
}

static LA_REGISTER_CALL va32_t ours_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return HEAP_EMPTY_BLOCK;
}

static va32_t ours_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2)
{
    (void)heap;
    (void)bytes;
    (void)align_log2;
    return HEAP_EMPTY_BLOCK;
}

static LA_REGISTER_CALL va32_t ours_realloc(struct heap *heap, va32_t va, uint32_t bytes)
{
    (void)heap;
    (void)va;
    (void)bytes;
    return HEAP_EMPTY_BLOCK;
}

static LA_REGISTER_CALL enum la_status ours_free(struct heap *heap, va32_t va)
{
    (void)heap;
    (void)va;
    return LA_OK;
}

/* -- The C library's --------------------------------------------------------------------------- */

static void *libc_malloc(size_t bytes)
{
    (void)bytes;
    return (void *)(uintptr_t)HEAP_EMPTY_BLOCK;
}

static void *libc_calloc(size_t count, size_t bytes)
{
    (void)count;
    (void)bytes;
    return (void *)(uintptr_t)HEAP_EMPTY_BLOCK;
}

static void *libc_aligned_alloc(size_t align, size_t bytes)
{
    (void)align;
    (void)bytes;
    return (void *)(uintptr_t)HEAP_EMPTY_BLOCK;
}

static void *libc_realloc(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
    return (void *)(uintptr_t)HEAP_EMPTY_BLOCK;
}

static void libc_free(void *block)
{
    (void)block;
}

/* -- The rivals' ------------------------------------------------------------------------------- */

static enum rival_answer rival_alloc(void *state, uint32_t bytes, uint32_t align_log2,
                                     va32_t *ret_va)
{
    (void)state;
    (void)bytes;
    (void)align_log2;
    *ret_va = HEAP_EMPTY_BLOCK;
    return RIVAL_OK;
}

static enum rival_answer rival_free(void *state, va32_t va)
{
    (void)state;
    (void)va;
    return RIVAL_OK;
}

static enum rival_answer rival_realloc(void *state, va32_t va, uint32_t bytes, va32_t *ret_va)
{
    (void)state;
    (void)va;
    (void)bytes;
    *ret_va = HEAP_EMPTY_BLOCK;
    return RIVAL_OK;
}

/* -- All --------------------------------------------------------------------------------------- */

void heap_world_empty(struct heap_world *world)
{
    static const struct heap_rival rival = {
        .name = "floor", .alloc = rival_alloc, .free = rival_free, .realloc = rival_realloc
    };

    world->ours = (struct heap_ours_calls){ ours_alloc, ours_alloc_zeroed, ours_alloc_aligned,
                                            ours_realloc, ours_free };
    world->libc = (struct heap_libc_calls){ libc_malloc, libc_calloc, libc_aligned_alloc,
                                            libc_realloc, libc_free };
    world->rival = &rival;
    world->clears_large = false;
}
