/* SPDX-License-Identifier: 0BSD */
/* Memory for block maps: pieces of 8 to 1,024 bytes from regions of one segment, never mixed with
 * blocks. Freed pieces wait in a list of their class and are never split or joined, so maps take at
 * most what they once took at their peak: 1/64 of the blocks in the worst case (8-byte blocks).
 */
#include "heap_private.h"

/* 8 << class bytes hold `words` + 1 words. */
static uint32_t class_of(uint32_t words)
{
    return bits_highest(words);
}

static uint32_t *host_word(const struct heap_space *space, va32_t va)
{
    return la_host(space->port.host_base, va);
}

/* Back the newest region up to `end_bytes` from its base. */
static enum la_status back_up_to(struct heap_space *space, uint32_t end_bytes)
{
    enum la_status status;
    uint32_t pages;

    if (end_bytes <= space->map_backed_bytes)
        return LA_OK;
    pages = la_pages_up(end_bytes - space->map_backed_bytes);
    status =
        space->port.commit(space->port.context, space->map_region + space->map_backed_bytes, pages);
    if (status != LA_OK)
        return status;
    space->map_backed_bytes += pages << LA_PAGE_SHIFT;
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
    *host_word(space, region) = space->map_region;
    space->map_region = region;
    space->map_used_bytes = (uint32_t)sizeof(va32_t);
    space->map_backed_bytes = LA_PAGE_BYTES;
    space->pages++;
    return LA_OK;
}

/* A piece of the newest region, naturally aligned. */
static enum la_status carve(struct heap_space *space, uint32_t bytes, va32_t *ret_piece)
{
    uint32_t piece = (space->map_used_bytes + bytes - 1u) & ~(bytes - 1u);
    enum la_status status;

    if (space->map_region == 0 || piece + bytes > LA_SEGMENT_BYTES) {
        status = new_region(space);
        if (status != LA_OK)
            return status;
        piece = bytes; /* the link to the region before lies in front */
    }
    status = back_up_to(space, piece + bytes);
    if (status != LA_OK)
        return status;
    space->map_used_bytes = piece + bytes;
    *ret_piece = space->map_region + piece;
    return LA_OK;
}

enum la_status heap_map_take(struct heap_space *space, struct heap_segment *entry, uint32_t words)
{
    uint32_t class;
    va32_t piece;

    if (words == 0) {
        entry->map = &entry->inline_map;
        entry->inline_map = BITS_ALL;
        return LA_OK;
    }
    class = class_of(words);
    piece = space->map_free[class];
    if (piece != 0) {
        space->map_free[class] = *host_word(space, piece);
    } else {
        enum la_status status = carve(space, 8u << class, &piece);

        if (status != LA_OK)
            return status;
    }
    entry->map = host_word(space, piece);
    entry->inline_map = piece;
    for (uint32_t i = 0; i <= words; i++)
        entry->map[i] = BITS_ALL;
    return LA_OK;
}

void heap_map_give(struct heap_space *space, struct heap_segment *entry, uint32_t words)
{
    uint32_t class;

    if (words == 0)
        return;
    class = class_of(words);
    entry->map[0] = space->map_free[class];
    space->map_free[class] = entry->inline_map;
}
