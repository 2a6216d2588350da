/* SPDX-License-Identifier: 0BSD */
/* Opening targets. Slots and scratch memory do not come from malloc(): the measured heap shall hold
 * the recorded blocks and nothing else.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "heap_target.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define RIVAL_PREFIX "rival-"

/* -- A port that only counts ------------------------------------------------------------------- */

static enum la_status count_commit(void *context, va32_t va, uint32_t pages)
{
    struct heap_counts *counts = &((struct heap_target *)context)->counts;

    (void)va;
    counts->pages += pages;
    counts->committed_pages += pages;
    counts->commits++;
    if (counts->pages_peak < counts->pages)
        counts->pages_peak = counts->pages;
    return LA_OK;
}

static void count_decommit(void *context, va32_t va, uint32_t pages)
{
    struct heap_counts *counts = &((struct heap_target *)context)->counts;

    (void)va;
    counts->pages -= pages;
    counts->decommits++;
}

/* -- Windows ----------------------------------------------------------------------------------- */

static const char *open_window(struct heap_target *target, const struct heap_options *options)
{
    const struct host_window_options wish = { .cheap = !target->as_shipped,
                                              .unchecked = true,
                                              .first_segment = 1,
                                              .end_segment = options->window_segments };

    if (host_window_open(&target->window, &wish) != LA_OK)
        return "no addresses for the window (ulimit -v? --window-mib)";
    target->port = *host_window_port(&target->window);
    target->world.base = target->port.host_base;
    if (!target->as_shipped) {
        target->port.context = target;
        target->port.commit = count_commit;
        target->port.decommit = count_decommit;
    }
    return NULL;
}

static const char *begin_ours(struct heap_target *target)
{
    vas_init(&target->vas, 1, target->window.end_segment);
    if (heap_space_init(&target->space, &target->vas, &target->port) != LA_OK)
        return "the window has no room for a heap";
    if (heap_init(&target->heap, &target->space, &target->buckets, &target->policy) != LA_OK)
        return "the heap does not begin";
    return NULL;
}

static const char *open_ours(struct heap_target *target, const struct heap_options *options)
{
    bool given = options->buckets.count != 0;
    const char *problem = open_window(target, options);

    if (problem != NULL)
        return problem;
    if (bucket_table_init(&target->buckets, given ? options->buckets.bytes : bucket_default_bytes,
                          given ? options->buckets.count : bucket_default_count) != LA_OK)
        return "these block sizes make no bucket table";
    target->world.heap = &target->heap;
    target->world.ours = (struct heap_ours_calls){ heap_alloc, heap_alloc_zeroed,
                                                   heap_alloc_aligned, heap_realloc, heap_free };
    target->world.clears_large = !target->as_shipped;
    return begin_ours(target);
}

/* -- Rivals ------------------------------------------------------------------------------------ */

static const char *begin_rival(struct heap_target *target)
{
    const struct heap_window window = { .port = &target->port,
                                        .first_page = LA_PAGES_PER_SEGMENT,
                                        .end_page =
                                            target->window.end_segment * LA_PAGES_PER_SEGMENT };

    return target->world.rival->init(target->world.rival_state, target->rival_bytes, &window)
               ? NULL
               : "the rival does not begin in this window";
}

static const char *open_rival(struct heap_target *target, const struct heap_options *options)
{
    const char *name = options->target + strlen(RIVAL_PREFIX);
    const char *problem = open_window(target, options);
    struct heap_window window = { .port = &target->port,
                                  .first_page = LA_PAGES_PER_SEGMENT,
                                  .end_page = options->window_segments * LA_PAGES_PER_SEGMENT };

    if (problem != NULL)
        return problem;
    for (uint32_t i = 0; heap_rivals[i] != NULL; i++)
        if (strcmp(heap_rivals[i]->name, name) == 0)
            target->world.rival = heap_rivals[i];
    if (target->world.rival == NULL)
        return "there is no such rival";
    target->rival_bytes = target->world.rival->bytes(&window);
    target->world.rival_state =
        mmap(NULL, target->rival_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (target->world.rival_state == MAP_FAILED)
        return "no memory for the rival";
    return begin_rival(target);
}

/* -- Peers ------------------------------------------------------------------------------------- */

static const char *open_peer(struct heap_target *target, const struct heap_options *options)
{
    const char *problem;

    if (!memory_map_take(&target->before))
        return "the process's mappings cannot be read";
    target->addresses_before_bytes = memory_addresses_bytes();
    problem = peer_open(&target->peer, options->target, options->library, !options->as_shipped,
                        target->message, sizeof target->message);
    target->world.libc = target->peer.calls;
    return problem;
}

/* -- The floor --------------------------------------------------------------------------------- */

/* Something to touch for blocks that nobody allocated. */
static void *map_scratch(const struct ops *ops, size_t *ret_bytes)
{
    *ret_bytes = (size_t)ops->facts.longest + LA_PAGE_BYTES;
    return mmap(NULL, *ret_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static const char *open_floor(struct heap_target *target, const struct ops *ops)
{
    target->scratch = map_scratch(ops, &target->scratch_bytes);
    if (target->scratch == MAP_FAILED)
        return "no addresses for the largest block";
    heap_world_empty(&target->world);
    target->world.base = (uintptr_t)target->scratch - HEAP_EMPTY_BLOCK;
    return NULL;
}

bool heap_target_empty(const struct heap_target *target, const struct ops *ops,
                       struct heap_world *ret_world)
{
    size_t bytes;
    void *scratch = map_scratch(ops, &bytes);
    void *slots =
        mmap(NULL, target->slots_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (scratch == MAP_FAILED || slots == MAP_FAILED)
        return false;
    *ret_world = target->world;
    heap_world_empty(ret_world);
    ret_world->slots = slots;
    ret_world->base = (uintptr_t)scratch - HEAP_EMPTY_BLOCK;
    return true;
}

/* -- All --------------------------------------------------------------------------------------- */

static const char *open_by_name(struct heap_target *target, const struct heap_options *options,
                                const struct ops *ops)
{
    static const char *const floors[HEAP_WAYS] = { "floor-lookaside", "floor-libc", "floor-rival" };
    const char *name = options->target;

    for (uint32_t way = 0; way < HEAP_WAYS; way++) {
        if (strcmp(name, floors[way]) != 0)
            continue;
        target->way = (enum heap_way)way;
        target->is_floor = true;
        return open_floor(target, ops);
    }
    if (strcmp(name, "lookaside") == 0 || strcmp(name, "lookaside-keeps") == 0) {
        target->way = HEAP_OURS;
        target->is_ours = true;
        if (strcmp(name, "lookaside") != 0)
            target->policy =
                (struct heap_policy){ .retain_pages_min = UINT32_MAX, .trim_shift = 1 };
        return open_ours(target, options);
    }
    if (strncmp(name, RIVAL_PREFIX, strlen(RIVAL_PREFIX)) == 0) {
        target->way = HEAP_RIVAL;
        return open_rival(target, options);
    }
    target->way = HEAP_LIBC;
    return open_peer(target, options);
}

const char *heap_target_open(struct heap_target *target, const struct heap_options *options,
                             const struct ops *ops)
{
    memset(target, 0, sizeof *target);
    target->name = options->target;
    target->as_shipped = options->as_shipped;
    target->slots = ops->facts.slots;
    target->slots_bytes = ((size_t)target->slots + 1u) * sizeof *target->world.slots;
    target->world.slots = mmap(NULL, target->slots_bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (target->world.slots == MAP_FAILED)
        return "no memory for the slots";

    const char *problem = open_by_name(target, options, ops);

    target->pass = heap_pass_of(target->way);
    return problem;
}

void heap_target_release(struct heap_target *target)
{
    for (uint32_t slot = 0; slot < target->slots; slot++) {
        const struct heap_op op = { .slot = slot & 0xffffffu, .code = OP_FREE };

        if (target->world.slots[slot] != 0)
            target->pass(&target->world, &op, &op + 1);
    }
}

const char *heap_target_renew(struct heap_target *target)
{
    memset(target->world.slots, 0, target->slots_bytes);
    memset(&target->counts, 0, sizeof target->counts);
    return begin_rival(target);
}
