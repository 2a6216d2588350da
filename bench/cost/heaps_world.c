/* SPDX-License-Identifier: 0BSD */
/* Opening heaps, and the loops over them: one of each for each way of calling. */
#include "heaps_world.h"

#include <string.h>

/* -- The floor --------------------------------------------------------------------------------- */

#define EMPTY_BLOCK 8u

static enum la_status no_init(struct heap *heap, struct heap_space *space,
                              const struct bucket_table *buckets, const struct heap_policy *policy)
{
    (void)heap;
    (void)space;
    (void)buckets;
    (void)policy;
    return LA_OK;
}

static LA_REGISTER_CALL va32_t no_alloc(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return EMPTY_BLOCK;
}

static LA_REGISTER_CALL enum la_status no_free(struct heap *heap, va32_t va)
{
    (void)heap;
    (void)va;
    return LA_OK;
}

static void no_destroy(struct heap *heap)
{
    (void)heap;
}

static void *no_peer_create(void)
{
    return (void *)(uintptr_t)EMPTY_BLOCK;
}

static void *no_peer_alloc(void *heap, size_t bytes)
{
    (void)heap;
    (void)bytes;
    return (void *)(uintptr_t)EMPTY_BLOCK;
}

static void no_peer_free(void *block)
{
    (void)block;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static enum la_status no_commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
    return LA_OK;
}

static void no_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

static const char *open_ours(struct heaps_world *world, uint32_t heaps)
{
    const struct host_window_options wish = {
        .cheap = true, .unchecked = true, .first_segment = 1, .end_segment = HEAPS_SEGMENTS
    };

    if (host_window_open(&world->window, &wish) != LA_OK)
        return "no addresses for the window (ulimit -v?)";
    world->port = *host_window_port(&world->window);
    world->port.commit = no_commit;
    world->port.decommit = no_decommit;
    vas_init(&world->vas, 1, HEAPS_SEGMENTS);
    if (bucket_table_init(&world->buckets, bucket_default_bytes, bucket_default_count) != LA_OK ||
        heap_space_init(&world->space, &world->vas, &world->port) != LA_OK)
        return "the heaps do not begin";
    for (uint32_t i = 0; i < heaps; i++)
        if (heap_init(&world->heaps[i], &world->space, &world->buckets, NULL) != LA_OK)
            return "the heaps do not begin";
    world->ours_calls = (struct heaps_ours_calls){ heap_init, heap_alloc, heap_free, heap_destroy };
    world->base = world->port.host_base;
    return NULL;
}

static const char *open_peer(struct heaps_world *world, const char *name, uint32_t heaps)
{
    const char *problem =
        peer_open(&world->peer, name, NULL, true, world->message, sizeof world->message);

    if (problem != NULL)
        return problem;
    if (!peer_heaps(&world->peer, &world->peer_calls))
        return "has no heaps of its own";
    for (uint32_t i = 0; i < heaps; i++) {
        world->peer_heaps[i] = world->peer_calls.create();
        if (world->peer_heaps[i] == NULL)
            return "its heaps do not begin";
    }
    return NULL;
}

const char *heaps_world_open(struct heaps_world *world, const char *target, uint32_t heaps)
{
    memset(world, 0, sizeof *world);
    world->ours = strcmp(target, "lookaside") == 0 || strcmp(target, "floor-lookaside") == 0;
    if (strcmp(target, "lookaside") == 0)
        return open_ours(world, heaps);
    if (strcmp(target, "floor-lookaside") != 0 && strcmp(target, "floor-libc") != 0)
        return open_peer(world, target, heaps);
    world->ours_calls = (struct heaps_ours_calls){ no_init, no_alloc, no_free, no_destroy };
    world->peer_calls =
        (struct peer_heap_calls){ no_peer_create, no_peer_alloc, no_peer_free, no_peer_free };
    world->base = (uintptr_t)world->scratch - EMPTY_BLOCK;
    return NULL;
}

/* -- Loops ------------------------------------------------------------------------------------- */

static inline void take(struct heaps_world *world, uintptr_t *slot, uintptr_t block, uint32_t bytes)
{
    volatile uint8_t *memory = (volatile uint8_t *)(world->base + block);

    if (__builtin_expect(block == 0, 0)) {
        world->failed++;
        return;
    }
    *slot = block;
    memory[0] = 1;
    memory[bytes - 1u] = 1;
}

static void use_ours(struct heaps_world *world, const struct heaps_op *op,
                     const struct heaps_op *end)
{
    const struct heaps_ours_calls calls = world->ours_calls;

    for (; op < end; op++) {
        uintptr_t *slot = &world->slots[op->slot];
        struct heap *heap = &world->heaps[op->heap];

        if (*slot != 0) {
            (void)calls.free(heap, (va32_t)*slot);
            *slot = 0;
        } else {
            take(world, slot, calls.alloc(heap, op->bytes), op->bytes);
        }
    }
}

static void use_peer(struct heaps_world *world, const struct heaps_op *op,
                     const struct heaps_op *end)
{
    const struct peer_heap_calls calls = world->peer_calls;

    for (; op < end; op++) {
        uintptr_t *slot = &world->slots[op->slot];
        void *heap = world->peer_heaps[op->heap];

        if (*slot != 0) {
            calls.free((void *)*slot);
            *slot = 0;
        } else {
            take(world, slot, (uintptr_t)calls.alloc(heap, op->bytes), op->bytes);
        }
    }
}

void heaps_use(struct heaps_world *world, const struct heaps_op *op, const struct heaps_op *end)
{
    (world->ours ? use_ours : use_peer)(world, op, end);
}

void heaps_churn(struct heaps_world *world, const struct heaps_op *op, const struct heaps_op *end)
{
    uintptr_t slot;

    if (world->ours) {
        const struct heaps_ours_calls calls = world->ours_calls;
        struct heap *heap = &world->heaps[0];

        world->failed += calls.init(heap, &world->space, &world->buckets, NULL) != LA_OK;
        for (; op < end; op++)
            take(world, &slot, calls.alloc(heap, op->bytes), op->bytes);
        calls.destroy(heap);
    } else {
        const struct peer_heap_calls calls = world->peer_calls;
        void *heap = calls.create();

        for (; op < end; op++)
            take(world, &slot, (uintptr_t)calls.alloc(heap, op->bytes), op->bytes);
        calls.destroy(heap);
    }
}
