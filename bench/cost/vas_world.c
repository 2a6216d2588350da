/* SPDX-License-Identifier: 0BSD */
/* Opening and running address space allocators. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "vas_world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vas_target.h"

/* -- Worlds ------------------------------------------------------------------------------------ */

static const struct vas_window window = { .first_page = 1,
                                          .end_page = VAS_SEGMENTS + 1u,
                                          .page_shift = VAS_RIVAL_PAGE_SHIFT_MAX,
                                          .regions = VAS_SEGMENTS };

const struct vas_rival *vas_target_find(const char *name)
{
    if (strcmp(name, vas_target_floor.name) == 0)
        return &vas_target_floor;
    if (strcmp(name, vas_target_ours.name) == 0)
        return &vas_target_ours;
    for (uint32_t i = 0; vas_rivals[i] != NULL; i++)
        if (strcmp(vas_rivals[i]->name, name) == 0)
            return vas_rivals[i];
    return NULL;
}

const char *vas_target_name(uint32_t number)
{
    return vas_rivals[number] != NULL ? vas_rivals[number]->name : NULL;
}

const char *vas_world_open(struct vas_world *ret_world, const struct vas_rival *rival,
                           uint32_t slot_count)
{
    struct vas_world world = { .rival = rival, .slot_count = slot_count };

    world.state_bytes = rival->bytes(&window);
    world.state = mmap(NULL, world.state_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    world.slots = calloc(slot_count, sizeof *world.slots);
    if (world.state == MAP_FAILED || world.slots == NULL)
        return "no memory for an address space";
    if (!rival->init(world.state, world.state_bytes, &window))
        return "the rival does not begin";
    *ret_world = world;
    return NULL;
}

void vas_world_close(struct vas_world *world)
{
    (void)munmap(world->state, world->state_bytes);
    free(world->slots);
}

/* -- Keeping ----------------------------------------------------------------------------------- */

/* A pass changes little of a large state; copying back all of it would leave the caches cold. */
#define CHUNK_BYTES 4096u

struct vas_kept {
    uint8_t *state;
    struct vas_slot *slots;
    uint32_t *chunks; /* of the state: those that a pass leaves changed */
    uint32_t chunk_count;
    uint32_t rewinds; /* 2: two or more, and the chunks are known */
};

struct vas_kept *vas_world_keep(const struct vas_world *world)
{
    struct vas_kept *kept = calloc(1, sizeof *kept);

    if (kept == NULL)
        return NULL;
    kept->state = malloc(world->state_bytes);
    kept->slots = malloc(world->slot_count * sizeof *kept->slots);
    kept->chunks = malloc((world->state_bytes / CHUNK_BYTES + 1u) * sizeof *kept->chunks);
    if (kept->state == NULL || kept->slots == NULL || kept->chunks == NULL) {
        vas_kept_free(kept);
        return NULL;
    }
    memcpy(kept->state, world->state, world->state_bytes);
    memcpy(kept->slots, world->slots, world->slot_count * sizeof *kept->slots);
    return kept;
}

void vas_world_put_back(struct vas_world *world, const struct vas_kept *kept)
{
    memcpy(world->state, kept->state, world->state_bytes);
    memcpy(world->slots, kept->slots, world->slot_count * sizeof *kept->slots);
}

static size_t chunk_bytes(const struct vas_world *world, size_t at)
{
    return world->state_bytes - at < CHUNK_BYTES ? world->state_bytes - at : CHUNK_BYTES;
}

static void find_chunks(const struct vas_world *world, struct vas_kept *kept)
{
    for (size_t at = 0; at < world->state_bytes; at += CHUNK_BYTES)
        if (memcmp((uint8_t *)world->state + at, kept->state + at, chunk_bytes(world, at)) != 0)
            kept->chunks[kept->chunk_count++] = (uint32_t)(at / CHUNK_BYTES);
}

void vas_world_rewind(struct vas_world *world, struct vas_kept *kept)
{
    if (kept->rewinds < 2u)
        kept->rewinds++;
    if (kept->rewinds == 1u) {
        vas_world_put_back(world, kept);
        return;
    }
    if (kept->chunk_count == 0)
        find_chunks(world, kept);
    for (uint32_t i = 0; i < kept->chunk_count; i++) {
        size_t at = (size_t)kept->chunks[i] * CHUNK_BYTES;

        memcpy((uint8_t *)world->state + at, kept->state + at, chunk_bytes(world, at));
    }
    memcpy(world->slots, kept->slots, world->slot_count * sizeof *kept->slots);
}

void vas_kept_free(struct vas_kept *kept)
{
    if (kept == NULL)
        return;
    free(kept->chunks);
    free(kept->state);
    free(kept->slots);
    free(kept);
}

/* -- The timed loop ---------------------------------------------------------------------------- */

/* A region that cannot grow where it is moves: nothing of it is copied, it is addresses only. */
static inline bool move(struct vas_world *world, struct vas_slot *slot, uint32_t segments)
{
    uint32_t page;

    if (world->rival->reserve(world->state, segments, 0, &page) != RIVAL_OK)
        return false;
    (void)world->rival->release(world->state, slot->page, slot->pages);
    slot->page = page;
    world->moved++;
    return true;
}

void vas_pass(struct vas_world *world, const struct vas_op *op, const struct vas_op *end)
{
    const struct vas_rival *rival = world->rival;
    struct vas_slot *slots = world->slots;
    void *state = world->state;

    for (; op < end; op++) {
        struct vas_slot *slot = &slots[op->slot];
        uint32_t page;

        if (op->code == OP_RELEASE) {
            if (slot->page != 0)
                (void)rival->release(state, slot->page, slot->pages);
            slot->page = 0;
            continue;
        }
        if (op->code == OP_RESIZE && slot->page != 0) {
            if ((rival->resize != NULL &&
                 rival->resize(state, slot->page, slot->pages, op->segments) == RIVAL_OK) ||
                move(world, slot, op->segments))
                slot->pages = op->segments;
            else
                world->failed++;
            continue;
        }

        uint32_t align_log2 = op->code > OP_RESERVE ? op->code - (uint32_t)OP_RESERVE : 0;

        if (rival->reserve(state, op->segments, align_log2, &page) == RIVAL_OK)
            *slot = (struct vas_slot){ page, op->segments };
        else
            world->failed++;
    }
}
