/* SPDX-License-Identifier: 0BSD */
/* The zoned buddy allocator: blocks of 2^0 to 2^10 frames on multiples of their size, lists of free
 * ones for each zone and order.
 *
 * Source: the kernel heap thread, an answer ("Linux uses what is called a zoned buddy allocator ...
 * this means it can simply and quickly allocate large contiguous regions of physical memory for DMA
 * on demand"); Knuth, vol. 1, 2.5; Linux, mm/page_alloc.c.
 * Cost: O(orders) to split and to merge; 9 bytes a frame (Linux: in its struct page).
 * Known weaknesses, kept: rows are rounded up to powers of two; none above 4 MiB; free neighbours
 * that are no buddies stay two.
 * Not copied: a free with another order than the block was given out with (the frame knows its
 * order here); buddies looked for in memory that is not there.
 */
#include "frames.h"

#define ORDERS 11u /* up to 1,024 frames */

/* What a frame's byte says: the first of a free or used block, with its order, or something
 * else.
 */
enum { FRAME_FREE = 0x40, FRAME_USED = 0x80, FRAME_INSIDE = 0xc0, FRAME_ABSENT = 0xff };

struct links {
    uint32_t next;
    uint32_t prev;
};

struct buddy {
    const struct frames_map *map;
    uint32_t end;
    uint32_t frames;
    uint32_t list[FRAMES_ZONES][ORDERS]; /* FRAMES_NONE: empty */
    uint32_t free_of_zone[FRAMES_ZONES];
    uint64_t probes;
    uint8_t *kind; /* behind the links */
    struct links links[];
};

static size_t bytes(const struct frames_map *map)
{
    return (sizeof(struct buddy) + (size_t)frames_end(map) * (sizeof(struct links) + 1u) + 7u) &
           ~(size_t)7u;
}

static void push(struct buddy *buddy, uint32_t frame, uint32_t order)
{
    enum frames_zone zone = frames_zone_of(buddy->map, frame);
    uint32_t *list = &buddy->list[zone][order];

    buddy->links[frame] = (struct links){ .next = *list };
    if (*list != FRAMES_NONE)
        buddy->links[*list].prev = frame;
    *list = frame;
    buddy->kind[frame] = (uint8_t)(FRAME_FREE + order);
    buddy->free_of_zone[zone] += UINT32_C(1) << order;
}

static void pull(struct buddy *buddy, uint32_t frame, uint32_t order)
{
    enum frames_zone zone = frames_zone_of(buddy->map, frame);
    struct links links = buddy->links[frame];

    if (links.next != FRAMES_NONE)
        buddy->links[links.next].prev = links.prev;
    if (links.prev != FRAMES_NONE)
        buddy->links[links.prev].next = links.next;
    else
        buddy->list[zone][order] = links.next;
    buddy->kind[frame] = FRAME_INSIDE;
    buddy->free_of_zone[zone] -= UINT32_C(1) << order;
}

/* File a free block, merged with what it can be merged with. */
static void insert(struct buddy *buddy, uint32_t frame, uint32_t order)
{
    for (; order + 1u < ORDERS; order++) {
        uint32_t other = frame ^ UINT32_C(1) << order;

        buddy->probes++;
        if (other >= buddy->end || buddy->kind[other] != FRAME_FREE + order ||
            frames_zone_of(buddy->map, other) != frames_zone_of(buddy->map, frame))
            break;
        pull(buddy, other, order);
        frame &= ~(UINT32_C(1) << order);
    }
    push(buddy, frame, order);
}

/* Free frames [first, end), all of one zone, as the largest blocks from below. */
static void add(struct buddy *buddy, uint32_t first, uint32_t end)
{
    while (first < end) {
        uint32_t order = (uint32_t)__builtin_ctz(first);

        while (order >= ORDERS || (UINT32_C(1) << order) > end - first)
            order--;
        insert(buddy, first, order);
        first += UINT32_C(1) << order;
    }
}

static bool init(void *state, size_t state_bytes, const struct frames_map *map)
{
    struct buddy *buddy = state;

    if (!frames_map_valid(map) || state_bytes < bytes(map))
        return false;
    *buddy = (struct buddy){ .map = map, .end = frames_end(map) };
    buddy->kind = (uint8_t *)&buddy->links[buddy->end];
    for (uint32_t frame = 0; frame < buddy->end; frame++)
        buddy->kind[frame] = FRAME_ABSENT;
    for (uint32_t i = 0; i < map->range_count; i++) {
        for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
            uint32_t first;
            uint32_t end;
            uint32_t range_first = map->ranges[i].first;
            uint32_t range_end = range_first + map->ranges[i].count;

            range_first += range_first == FRAMES_NONE;
            frames_zone_range(map, (enum frames_zone)zone, &first, &end);
            first = first > range_first ? first : range_first;
            end = end < range_end ? end : range_end;
            for (uint32_t frame = first; frame < end; frame++)
                buddy->kind[frame] = FRAME_INSIDE;
            add(buddy, first, end);
            buddy->frames += first < end ? end - first : 0u;
        }
    }
    return true;
}

/* ORDERS: there is no such block. */
static uint32_t order_for(uint32_t count)
{
    uint32_t order = 0;

    while (order < ORDERS && (UINT32_C(1) << order) < count)
        order++;
    return order;
}

/* A block of a zone, split off if need be; FRAMES_NONE: it has none. */
static uint32_t alloc_in(struct buddy *buddy, enum frames_zone zone, uint32_t wanted)
{
    uint32_t order = wanted;
    uint32_t frame;

    while (order < ORDERS && buddy->list[zone][order] == FRAMES_NONE) {
        buddy->probes++;
        order++;
    }
    if (order >= ORDERS)
        return FRAMES_NONE;
    frame = buddy->list[zone][order];
    pull(buddy, frame, order);
    while (order > wanted) {
        order--;
        push(buddy, frame + (UINT32_C(1) << order), order);
        buddy->probes++;
    }
    buddy->kind[frame] = (uint8_t)(FRAME_USED + wanted);
    return frame;
}

static uint32_t alloc(void *state, const struct frames_request *request)
{
    struct buddy *buddy = state;
    uint32_t order = order_for(request->count);
    uint32_t frame = FRAMES_NONE;

    if (request->count == 0 || order >= ORDERS)
        return FRAMES_NONE;
    for (uint32_t zone = (uint32_t)request->zone + 1u; zone-- > 0 && frame == FRAMES_NONE;)
        frame = alloc_in(buddy, (enum frames_zone)zone, order);
    return frame;
}

static bool free_row(void *state, uint32_t first, uint32_t count)
{
    struct buddy *buddy = state;
    uint32_t order = order_for(count);

    if (count == 0 || order >= ORDERS || first >= buddy->end ||
        buddy->kind[first] != FRAME_USED + order)
        return false;
    buddy->kind[first] = FRAME_INSIDE;
    insert(buddy, first, order);
    return true;
}

static void counts(const void *state, struct frames_counts *ret_counts)
{
    const struct buddy *buddy = state;

    *ret_counts = (struct frames_counts){ .frames = buddy->frames,
                                          .metadata_bytes = bytes(buddy->map),
                                          .probes = buddy->probes };
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        ret_counts->free_of_zone[zone] = buddy->free_of_zone[zone];
        ret_counts->free += buddy->free_of_zone[zone];
        for (uint32_t order = 0; order < ORDERS; order++)
            if (buddy->list[zone][order] != FRAMES_NONE && ret_counts->largest_row < UINT32_C(1)
                                                                                         << order)
                ret_counts->largest_row = UINT32_C(1) << order;
    }
}

/* Whether the frames behind the first of a block are its own. */
static bool is_whole(const struct buddy *buddy, uint32_t frame, uint32_t order)
{
    if (frame & ((UINT32_C(1) << order) - 1u) || (UINT32_C(1) << order) > buddy->end - frame)
        return false;
    for (uint32_t i = frame + 1u; i < frame + (UINT32_C(1) << order); i++)
        if (buddy->kind[i] != FRAME_INSIDE)
            return false;
    return true;
}

static const char *check(const void *state)
{
    const struct buddy *buddy = state;
    uint32_t listed = 0;
    uint32_t free = 0;

    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++)
        for (uint32_t order = 0; order < ORDERS; order++)
            for (uint32_t frame = buddy->list[zone][order]; frame != FRAMES_NONE;
                 frame = buddy->links[frame].next, listed++)
                if (buddy->kind[frame] != FRAME_FREE + order || listed > buddy->frames)
                    return "a list has a block that is not its";
    for (uint32_t frame = 0; frame < buddy->end;) {
        uint8_t kind = buddy->kind[frame];
        uint32_t order = kind & 0x3fu;

        if (kind == FRAME_ABSENT) {
            frame++;
            continue;
        }
        if (kind == FRAME_INSIDE || !is_whole(buddy, frame, order))
            return "a frame is of no block";

        uint32_t other = frame ^ UINT32_C(1) << order;

        if (!(kind & FRAME_USED)) {
            free++;
            if (order + 1u < ORDERS && other < buddy->end && buddy->kind[other] == kind &&
                frames_zone_of(buddy->map, other) == frames_zone_of(buddy->map, frame))
                return "two buddies are free and not merged";
        }
        frame += UINT32_C(1) << order;
    }
    return free == listed ? NULL : "a free block is in no list";
}

const struct frames_strategy frames_buddy = {
    .name = "buddy",
    .what = "zoned buddies of 1 to 1,024 frames",
    .can = FRAMES_ROWS | FRAMES_ZONED | FRAMES_POWERS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_row,
    .counts = counts,
    .check = check,
};
