/* SPDX-License-Identifier: 0BSD */
/* Memory for the entries of segments, block map included: pieces of 48 to 1,056 bytes from regions
 * of one segment, never mixed with blocks. Freed pieces wait in a list of their class and are never
 * split or joined, so they take at most what they once took at their peak: 1/62 of the blocks in
 * the worst case (8-byte blocks).
 */
#include "heap_private.h"

/* Pieces begin on multiples of it: what free() reads of an entry is never split between lines. */
#define PIECE_GRAIN_BYTES 16u

/* 4 << class words hold `words` + 1 words. */
static uint32_t class_of(uint32_t words)
{
    return words < 4u ? 0u : bits_highest(words) - 1u;
}

static uint32_t piece_bytes(uint32_t class)
{
    return (uint32_t)sizeof(struct heap_segment) + (16u << class);
}

_Static_assert(BUCKET_BYTES_MAX / BUCKET_GRAIN_BYTES * 2u / 32u <= 4u << (HEAP_ROOM_CLASSES - 1u),
               "the largest block map has a class");

static uint32_t *host_word(const struct heap_space *space, va32_t va)
{
    return la_host(space->port.host_base, va);
}

/* Back the newest region up to `end_bytes` from its base. */
static enum la_status back_up_to(struct heap_space *space, uint32_t end_bytes)
{
    enum la_status status;
    uint32_t pages;

    if (end_bytes <= space->entry_backed_bytes)
        return LA_OK;
    pages = la_pages_up(end_bytes - space->entry_backed_bytes);
    status = space->port.commit(space->port.context,
                                space->entry_region + space->entry_backed_bytes, pages);
    if (status != LA_OK)
        return status;
    space->entry_backed_bytes += pages << LA_PAGE_SHIFT;
    space->pages += pages;
    return LA_OK;
}

static enum la_status new_region(struct heap_space *space)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    enum la_status status;
    va32_t region;

    status = vas_reserve(space->vas, &request, &region);
    if (status != LA_OK)
        return status;
    status = space->port.commit(space->port.context, region, 1);
    if (status != LA_OK) {
        (void)vas_release(space->vas, region);
        return status;
    }
    *host_word(space, region) = space->entry_region;
    space->entry_region = region;
    space->entry_used_bytes = PIECE_GRAIN_BYTES; /* the link lies in front */
    space->entry_backed_bytes = LA_PAGE_BYTES;
    space->pages++;
    return LA_OK;
}

static enum la_status carve(struct heap_space *space, uint32_t bytes, va32_t *ret_piece)
{
    enum la_status status;

    if (space->entry_region == 0 || space->entry_used_bytes + bytes > LA_SEGMENT_BYTES) {
        status = new_region(space);
        if (status != LA_OK)
            return status;
    }
    status = back_up_to(space, space->entry_used_bytes + bytes);
    if (status != LA_OK)
        return status;
    *ret_piece = space->entry_region + space->entry_used_bytes;
    space->entry_used_bytes += bytes;
    return LA_OK;
}

enum la_status heap_entry_take(struct heap_space *space, uint32_t words,
                               struct heap_segment **ret_entry)
{
    uint32_t class = class_of(words);
    va32_t piece = space->entry_free[class];

    if (piece != 0) {
        space->entry_free[class] = *host_word(space, piece);
    } else {
        enum la_status status = carve(space, piece_bytes(class), &piece);

        if (status != LA_OK)
            return status;
    }
    *ret_entry = la_host(space->port.host_base, piece);
    (*ret_entry)->room = (uint16_t) class;
    return LA_OK;
}

bool heap_entry_has_room(const struct heap_segment *entry, uint32_t words)
{
    return entry->room == class_of(words);
}

void heap_entry_give(struct heap_space *space, struct heap_segment *entry)
{
    uint32_t class = entry->room;

    entry->bias = space->entry_free[class];
    space->entry_free[class] = (va32_t)((uintptr_t)entry - space->port.host_base);
}
