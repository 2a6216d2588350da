/* SPDX-License-Identifier: 0BSD */
/* Recorded heap objects by address, in a hash table. */
#include "objects.h"

#include <stdlib.h>

#define ROOM_MIN 1024u

void objects_free_all(struct objects *objects)
{
    free(objects->at);
    *objects = (struct objects){ NULL, 0, 0 };
}

/* -- The table --------------------------------------------------------------------------------- */

/* Where the search for an address begins. Source: splitmix64's finalizer (Steele et al. 2014). */
static size_t home(const struct objects *objects, uint32_t space, uint64_t address)
{
    uint64_t hash = address + space * UINT64_C(0x9e3779b97f4a7c15);

    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(hash ^ (hash >> 31)) & (objects->room - 1u);
}

/* The place of an address, or the empty one where it would go. There is always an empty one. */
static struct object *place(const struct objects *objects, uint32_t space, uint64_t address)
{
    size_t i = home(objects, space, address);

    while (objects->at[i].address != 0 &&
           (objects->at[i].address != address || objects->at[i].space != space))
        i = (i + 1u) & (objects->room - 1u);
    return &objects->at[i];
}

/* At most half full, so that runs stay short. */
static bool grow(struct import *import, struct objects *objects)
{
    struct objects more = { NULL, objects->room ? objects->room * 2u : ROOM_MIN, objects->count };

    if (objects->count * 2u < objects->room)
        return true;
    more.at = calloc(more.room, sizeof *more.at);
    if (!more.at)
        return import_out_of_memory(import);
    for (size_t i = 0; i < objects->room; i++)
        if (objects->at[i].address != 0)
            *place(&more, objects->at[i].space, objects->at[i].address) = objects->at[i];
    free(objects->at);
    *objects = more;
    return true;
}

bool objects_put(struct import *import, struct objects *objects, struct object object)
{
    if (!grow(import, objects))
        return false;
    *place(objects, object.space, object.address) = object;
    objects->count++;
    return true;
}

/* Empties a place and moves up what was pushed behind it. Source: Knuth, TAOCP 3, 6.4 algorithm R.
 */
static void take_out(struct objects *objects, struct object *object)
{
    size_t mask = objects->room - 1u;
    size_t hole = (size_t)(object - objects->at);

    for (size_t i = (hole + 1u) & mask; objects->at[i].address != 0; i = (i + 1u) & mask) {
        size_t first = home(objects, objects->at[i].space, objects->at[i].address);
        if (((i - first) & mask) < ((i - hole) & mask))
            continue; /* it would be before its home */
        objects->at[hole] = objects->at[i];
        hole = i;
    }
    objects->at[hole].address = 0;
    objects->count--;
}

static struct object *find(const struct objects *objects, uint32_t space, uint64_t address)
{
    struct object *object = objects->room ? place(objects, space, address) : NULL;

    return object && object->address != 0 ? object : NULL;
}

bool objects_take(struct objects *objects, uint32_t space, uint64_t address,
                  struct object *ret_object)
{
    struct object *object = address ? find(objects, space, address) : NULL;

    if (!object)
        return false;
    *ret_object = *object;
    take_out(objects, object);
    return true;
}

const struct object *objects_find(const struct objects *objects, uint32_t space, uint64_t address)
{
    return address ? find(objects, space, address) : NULL;
}

/* -- Life -------------------------------------------------------------------------------------- */

static bool emit_free(struct import *import, uint32_t slot)
{
    return import_emit(import, (struct trace_op){ .kind = TRACE_FREE, .slot = slot }) &&
           slot_give(import, TRACE_BLOCK, slot);
}

/* What lived at `address` must be gone, because the allocator gave it out again. */
static bool imply_free(struct import *import, struct objects *objects, uint32_t space,
                       uint64_t address)
{
    struct object *object = find(objects, space, address);
    uint32_t slot;

    if (!object)
        return true;
    slot = object->slot;
    take_out(objects, object);
    import->notes[NOTE_IMPLIED_FREE]++;
    return emit_free(import, slot);
}

bool objects_create(struct import *import, struct objects *objects, uint32_t space,
                    uint64_t address, uint64_t bytes, struct trace_op op)
{
    struct object object = { address, space, 0 };

    if (address == 0 || bytes > UINT32_MAX) {
        import->notes[address == 0 ? NOTE_FAILED : NOTE_TOO_LARGE]++;
        return address == 0 || imply_free(import, objects, space, address);
    }
    if (!imply_free(import, objects, space, address) ||
        !slot_take(import, TRACE_BLOCK, &object.slot) || !objects_put(import, objects, object))
        return false;
    op.slot = object.slot;
    op.bytes = (uint32_t)bytes;
    return import_emit(import, op);
}

bool objects_end(struct import *import, struct objects *objects, uint32_t space, uint64_t address)
{
    struct object *object = address ? find(objects, space, address) : NULL;
    uint32_t slot;

    if (!object) {
        import->notes[NOTE_UNKNOWN_FREE] += address != 0;
        return true;
    }
    slot = object->slot;
    take_out(objects, object);
    return emit_free(import, slot);
}

/* -- Realloc ----------------------------------------------------------------------------------- */

struct object_resizing objects_resize_begin(struct objects *objects, uint32_t space, uint64_t from)
{
    struct object *object = from ? find(objects, space, from) : NULL;
    struct object_resizing resizing = { { 0, space, 0 }, from != 0 && !object };

    if (object) {
        resizing.object = *object;
        take_out(objects, object);
    }
    return resizing;
}

/* A realloc that found an object. */
static bool move(struct import *import, struct objects *objects, struct object object, uint64_t to,
                 uint64_t bytes)
{
    struct trace_op op = { .kind = TRACE_REALLOC, .slot = object.slot, .bytes = (uint32_t)bytes };

    if (to == 0 && bytes == 0)
        return emit_free(import, object.slot);
    if (to == 0) { /* it failed: the old block stays */
        import->notes[NOTE_FAILED]++;
        return imply_free(import, objects, object.space, object.address) &&
               objects_put(import, objects, object);
    }
    object.address = to;
    if (!imply_free(import, objects, object.space, to))
        return false;
    if (bytes > UINT32_MAX) { /* what it is now has no op */
        import->notes[NOTE_TOO_LARGE]++;
        return emit_free(import, object.slot);
    }
    return objects_put(import, objects, object) && import_emit(import, op);
}

bool objects_resize_end(struct import *import, struct objects *objects,
                        struct object_resizing resizing, uint64_t to, uint64_t bytes)
{
    struct trace_op op = { .kind = TRACE_ALLOC };

    if (resizing.object.address != 0)
        return move(import, objects, resizing.object, to, bytes);
    import->notes[NOTE_UNKNOWN_REALLOC] += resizing.unknown;
    if (to == 0 && resizing.unknown)
        return true; /* a free or a failure, of something unknown */
    return objects_create(import, objects, resizing.object.space, to, bytes, op);
}

bool objects_resize(struct import *import, struct objects *objects, uint32_t space, uint64_t from,
                    uint64_t to, uint64_t bytes)
{
    return objects_resize_end(import, objects, objects_resize_begin(objects, space, from), to,
                              bytes);
}

/* -- The end of an address space --------------------------------------------------------------- */

static int by_slot(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

bool objects_end_space(struct import *import, struct objects *objects, uint32_t space)
{
    uint32_t *slots = malloc((objects->count ? objects->count : 1u) * sizeof *slots);
    size_t count = 0;
    bool good = true;

    if (!slots)
        return import_out_of_memory(import);
    for (size_t i = 0; i < objects->room;) {
        if (objects->at[i].address == 0 || objects->at[i].space != space) {
            i++;
            continue;
        }
        slots[count++] = objects->at[i].slot;
        take_out(objects, &objects->at[i]); /* another one may be here now */
    }
    qsort(slots, count, sizeof *slots, by_slot);
    for (size_t i = 0; good && i < count; i++)
        good = emit_free(import, slots[i]);
    free(slots);
    return good;
}
