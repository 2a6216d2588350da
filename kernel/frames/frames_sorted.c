/* SPDX-License-Identifier: 0BSD */
/* Free frames in sorted lists, a list a zone: general use takes from the high end, and a heap that
 * grows upwards from the low end takes exactly the frames behind its brk.
 *
 *   LOW:  | heap | brk -> take() ....free.... <- alloc() |
 *
 * Source: the kernel heap thread, method 2 ("have the page stack be sorted. Favor allocating for
 * general use from high end of list, and only extend the heap by increasing brk value and taking
 * the pages between old brk and new brk from page list, if this can't be done, heap cannot be
 * extended at this time").
 * Cost: O(1) to allocate, O(frames taken) for the heap; a free walks from the high end to its
 * place, O(free frames above it). 8 bytes a frame.
 * Known weakness, kept, and the thread names it: the heap can fail while frames are free, because
 * one frame behind the brk is in somebody else's hands (test/frames_test.c).
 */
#include "frames.h"

#define LINK_USED   UINT32_MAX
#define LINK_ABSENT (UINT32_MAX - 1u) /* not of the map */

struct links {
    uint32_t lower; /* next free frame of the zone downwards, or FRAMES_NONE; or LINK_... */
    uint32_t higher;
};

struct sorted {
    const struct frames_map *map;
    uint32_t end;
    uint32_t frames;
    uint32_t highest[FRAMES_ZONES]; /* FRAMES_NONE: empty */
    uint32_t free_of_zone[FRAMES_ZONES];
    uint64_t probes;
    struct links links[];
};

static size_t bytes(const struct frames_map *map)
{
    return (sizeof(struct sorted) + frames_end(map) * sizeof(struct links) + 7u) & ~(size_t)7u;
}

static bool is_free(const struct sorted *sorted, uint32_t frame)
{
    return sorted->links[frame].lower < LINK_ABSENT;
}

/* Put a frame between `higher` (FRAMES_NONE: it is the highest) and what follows downwards. */
static void insert(struct sorted *sorted, uint32_t frame, uint32_t higher)
{
    enum frames_zone zone = frames_zone_of(sorted->map, frame);
    uint32_t *down = higher != FRAMES_NONE ? &sorted->links[higher].lower : &sorted->highest[zone];

    sorted->links[frame] = (struct links){ .lower = *down, .higher = higher };
    if (*down != FRAMES_NONE)
        sorted->links[*down].higher = frame;
    *down = frame;
    sorted->free_of_zone[zone]++;
}

static void pull(struct sorted *sorted, uint32_t frame)
{
    enum frames_zone zone = frames_zone_of(sorted->map, frame);
    struct links links = sorted->links[frame];

    if (links.lower != FRAMES_NONE)
        sorted->links[links.lower].higher = links.higher;
    if (links.higher != FRAMES_NONE)
        sorted->links[links.higher].lower = links.lower;
    else
        sorted->highest[zone] = links.lower;
    sorted->links[frame].lower = LINK_USED;
    sorted->free_of_zone[zone]--;
}

static bool init(void *state, size_t state_bytes, const struct frames_map *map)
{
    struct sorted *sorted = state;

    if (!frames_map_valid(map) || state_bytes < bytes(map))
        return false;
    *sorted = (struct sorted){ .map = map, .end = frames_end(map) };
    for (uint32_t frame = 0; frame < sorted->end; frame++)
        sorted->links[frame].lower = LINK_ABSENT;
    for (uint32_t i = 0; i < map->range_count; i++) /* upwards: each is the highest so far */
        for (uint32_t frame = map->ranges[i].first;
             frame < map->ranges[i].first + map->ranges[i].count; frame++)
            if (frame != FRAMES_NONE) {
                insert(sorted, frame, FRAMES_NONE);
                sorted->frames++;
            }
    return true;
}

static uint32_t alloc(void *state, const struct frames_request *request)
{
    struct sorted *sorted = state;

    if (request->count != 1u)
        return FRAMES_NONE;
    for (uint32_t zone = (uint32_t)request->zone + 1u; zone-- > 0;) {
        uint32_t frame = sorted->highest[zone];

        sorted->probes++;
        if (frame == FRAMES_NONE)
            continue;
        pull(sorted, frame);
        return frame;
    }
    return FRAMES_NONE;
}

static bool take(void *state, uint32_t first, uint32_t count)
{
    struct sorted *sorted = state;

    if (count == 0 || first >= sorted->end || count > sorted->end - first)
        return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        if (!is_free(sorted, frame))
            return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        pull(sorted, frame);
    return true;
}

static bool free_row(void *state, uint32_t first, uint32_t count)
{
    struct sorted *sorted = state;

    if (count == 0 || first >= sorted->end || count > sorted->end - first)
        return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        if (sorted->links[frame].lower != LINK_USED)
            return false;
    for (uint32_t frame = first; frame < first + count; frame++) {
        uint32_t higher = FRAMES_NONE;
        uint32_t below = sorted->highest[frames_zone_of(sorted->map, frame)];

        while (below > frame) { /* FRAMES_NONE is not */
            higher = below;
            below = sorted->links[below].lower;
            sorted->probes++;
        }
        insert(sorted, frame, higher);
    }
    return true;
}

static void counts(const void *state, struct frames_counts *ret_counts)
{
    const struct sorted *sorted = state;

    *ret_counts = (struct frames_counts){ .frames = sorted->frames,
                                          .metadata_bytes = bytes(sorted->map),
                                          .probes = sorted->probes };
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        ret_counts->free_of_zone[zone] = sorted->free_of_zone[zone];
        ret_counts->free += sorted->free_of_zone[zone];
    }
    ret_counts->largest_row = ret_counts->free > 0;
}

static const char *check(const void *state)
{
    const struct sorted *sorted = state;

    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        uint32_t higher = FRAMES_NONE;
        uint32_t seen = 0;

        for (uint32_t frame = sorted->highest[zone]; frame != FRAMES_NONE;
             frame = sorted->links[frame].lower) {
            if (frame >= sorted->end ||
                frames_zone_of(sorted->map, frame) != (enum frames_zone)zone)
                return "a frame is in another zone's list";
            if (sorted->links[frame].higher != higher)
                return "two links disagree";
            if (higher != FRAMES_NONE && frame >= higher)
                return "a list is not sorted";
            higher = frame;
            seen++;
        }
        if (seen != sorted->free_of_zone[zone])
            return "the number of free frames is wrong";
    }
    return NULL;
}

const struct frames_strategy frames_sorted = {
    .name = "sorted",
    .what = "sorted lists: general use from the high end, a heap's brk from the low end",
    .can = FRAMES_ZONED | FRAMES_TAKES,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .take = take,
    .free = free_row,
    .counts = counts,
    .check = check,
};
