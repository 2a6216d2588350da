/* SPDX-License-Identifier: 0BSD */
/* A bit a frame.
 *
 * Source: the VMM thread ("a good physical memory manager based off a bitmap"), 128 KiB for 4 GiB,
 * mapped at 0xFFB00000 there.
 * Algorithm: first fit, word by word, from the lowest word of the zone that can have a free frame.
 * Cost: O(words of the zone) when it is nearly full; a row may cost as much. No links.
 * Not copied: one map for the theoretical 4 GiB on a machine with less: it ends where memory ends.
 */
#include "frames.h"

struct bitmap {
    const struct frames_map *map;
    uint32_t end;
    uint32_t frames;
    uint32_t free_of_zone[FRAMES_ZONES];
    uint32_t low_word[FRAMES_ZONES]; /* of the zone's words, none below has a free frame of it */
    uint64_t probes;
    uint32_t free[]; /* bit: the frame is free */
};

static size_t bytes(const struct frames_map *map)
{
    size_t words = (frames_end(map) + 31u) / 32u;

    return (sizeof(struct bitmap) + words * sizeof(uint32_t) + 7u) & ~(size_t)7u;
}

static bool is_free(const struct bitmap *bitmap, uint32_t frame)
{
    return bitmap->free[frame / 32u] >> (frame % 32u) & 1u;
}

static void set_free(struct bitmap *bitmap, uint32_t frame)
{
    enum frames_zone zone = frames_zone_of(bitmap->map, frame);

    bitmap->free[frame / 32u] |= UINT32_C(1) << (frame % 32u);
    bitmap->free_of_zone[zone]++;
    if (frame / 32u < bitmap->low_word[zone])
        bitmap->low_word[zone] = frame / 32u;
}

static void set_used(struct bitmap *bitmap, uint32_t first, uint32_t count)
{
    for (uint32_t frame = first; frame < first + count; frame++) {
        bitmap->free[frame / 32u] &= ~(UINT32_C(1) << (frame % 32u));
        bitmap->free_of_zone[frames_zone_of(bitmap->map, frame)]--;
    }
}

static bool init(void *state, size_t state_bytes, const struct frames_map *map)
{
    struct bitmap *bitmap = state;

    if (!frames_map_valid(map) || state_bytes < bytes(map))
        return false;
    *bitmap = (struct bitmap){ .map = map, .end = frames_end(map) };
    for (uint32_t i = 0; i < (bitmap->end + 31u) / 32u; i++)
        bitmap->free[i] = 0;
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++)
        bitmap->low_word[zone] = FRAMES_MAX / 32u;
    for (uint32_t i = 0; i < map->range_count; i++)
        for (uint32_t frame = map->ranges[i].first;
             frame < map->ranges[i].first + map->ranges[i].count; frame++)
            if (frame != FRAMES_NONE) {
                set_free(bitmap, frame);
                bitmap->frames++;
            }
    return true;
}

/* The lowest row of `count` free frames in [first, end), or FRAMES_NONE. */
static uint32_t find_row(struct bitmap *bitmap, uint32_t first, uint32_t end, uint32_t count)
{
    uint32_t run = 0;

    for (uint32_t frame = first; frame < end; frame++) {
        if (frame % 32u == 0) {
            bitmap->probes++;
            if (bitmap->free[frame / 32u] == 0) {
                run = 0;
                frame += 31u;
                continue;
            }
        }
        run = is_free(bitmap, frame) ? run + 1u : 0u;
        if (run == count)
            return frame + 1u - count;
    }
    return FRAMES_NONE;
}

static uint32_t alloc(void *state, const struct frames_request *request)
{
    struct bitmap *bitmap = state;

    if (request->count == 0)
        return FRAMES_NONE;
    for (uint32_t zone = (uint32_t)request->zone + 1u; zone-- > 0;) {
        uint32_t first;
        uint32_t end;
        uint32_t found;

        if (bitmap->free_of_zone[zone] < request->count)
            continue;
        frames_zone_range(bitmap->map, (enum frames_zone)zone, &first, &end);
        if (first < bitmap->low_word[zone] * 32u)
            first = bitmap->low_word[zone] * 32u;
        found = find_row(bitmap, first, end, request->count);
        if (found == FRAMES_NONE)
            continue;
        if (request->count == 1u) /* the lowest one: nothing is free before it */
            bitmap->low_word[zone] = found / 32u;
        set_used(bitmap, found, request->count);
        return found;
    }
    return FRAMES_NONE;
}

static bool take(void *state, uint32_t first, uint32_t count)
{
    struct bitmap *bitmap = state;

    if (count == 0 || first >= bitmap->end || count > bitmap->end - first)
        return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        if (!is_free(bitmap, frame))
            return false;
    set_used(bitmap, first, count);
    return true;
}

static bool is_of_map(const struct frames_map *map, uint32_t frame)
{
    for (uint32_t i = 0; i < map->range_count; i++)
        if (frame - map->ranges[i].first < map->ranges[i].count)
            return frame != FRAMES_NONE;
    return false;
}

static bool free_row(void *state, uint32_t first, uint32_t count)
{
    struct bitmap *bitmap = state;

    if (count == 0 || first >= bitmap->end || count > bitmap->end - first)
        return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        if (is_free(bitmap, frame) || !is_of_map(bitmap->map, frame))
            return false;
    for (uint32_t frame = first; frame < first + count; frame++)
        set_free(bitmap, frame);
    return true;
}

static void counts(const void *state, struct frames_counts *ret_counts)
{
    const struct bitmap *bitmap = state;

    *ret_counts = (struct frames_counts){ .frames = bitmap->frames,
                                          .metadata_bytes = bytes(bitmap->map),
                                          .probes = bitmap->probes };
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        uint32_t run = 0;
        uint32_t first;
        uint32_t end;

        ret_counts->free_of_zone[zone] = bitmap->free_of_zone[zone];
        ret_counts->free += bitmap->free_of_zone[zone];
        frames_zone_range(bitmap->map, (enum frames_zone)zone, &first, &end);
        for (uint32_t frame = first; frame < end; frame++) {
            run = is_free(bitmap, frame) ? run + 1u : 0u;
            if (run > ret_counts->largest_row)
                ret_counts->largest_row = run;
        }
    }
}

static const char *check(const void *state)
{
    const struct bitmap *bitmap = state;
    uint32_t free[FRAMES_ZONES] = { 0 };

    for (uint32_t frame = 0; frame < bitmap->end; frame++) {
        enum frames_zone zone = frames_zone_of(bitmap->map, frame);

        if (!is_free(bitmap, frame))
            continue;
        if (!is_of_map(bitmap->map, frame))
            return "a frame is free that is not of the map";
        if (frame / 32u < bitmap->low_word[zone])
            return "a frame is free below the lowest word";
        free[zone]++;
    }
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++)
        if (free[zone] != bitmap->free_of_zone[zone])
            return "the number of free frames is wrong";
    return NULL;
}

const struct frames_strategy frames_bitmap = {
    .name = "bitmap",
    .what = "a bit a frame, first fit",
    .can = FRAMES_ROWS | FRAMES_ZONED | FRAMES_TAKES | FRAMES_FINDS_ROW,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .take = take,
    .free = free_row,
    .counts = counts,
    .check = check,
};
