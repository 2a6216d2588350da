/* SPDX-License-Identifier: 0BSD */
/* Page frames: which 4 KiB of physical memory are free. One interface, several strategies; a kernel
 * picks one at boot, a test and a benchmark loop over the table.
 *
 *   frame 0        4,096            196,608                  1,048,576
 *   |     DMA      |      LOW       |          HIGH          |
 *   below 16 MiB     direct-mapped    reached through windows
 *
 * Plain freestanding C: no libc, no recursion, all memory from the caller, and no frame is ever
 * touched, so that a frame need not be mapped to be free. Not locked: one caller at a time.
 */
#ifndef LOOKASIDE_KERNEL_FRAMES_H
#define LOOKASIDE_KERNEL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES_NONE 0u /* frame 0 is never given out, whatever the map says */
#define FRAMES_MAX  (UINT32_C(1) << 20)
#define FRAMES_ANY  UINT32_MAX /* as a wish: no wish */

#define FRAMES_LOW_FIRST  UINT32_C(4096)   /* 16 MiB: what ISA DMA reaches */
#define FRAMES_HIGH_FIRST UINT32_C(196608) /* 768 MiB: what the kernel maps directly */

enum frames_zone { FRAMES_DMA, FRAMES_LOW, FRAMES_HIGH, FRAMES_ZONES };

/* Usable memory, as the firmware says. */
struct frames_range {
    uint32_t first;
    uint32_t count;
    uint32_t node; /* of NUMA; 0 on a machine with one */
};

/* What there is. The ranges ascend and do not overlap; they must outlive the strategy. */
struct frames_map {
    const struct frames_range *ranges;
    uint32_t range_count; /* at least 1 */
    uint32_t low_first;   /* frames below are FRAMES_DMA */
    uint32_t high_first;  /* frames below, and not below low_first, are FRAMES_LOW */
    uint32_t colours;     /* frames with equal numbers modulo this share their cache sets; 2^n */
    uint32_t nodes;       /* each range's node is below; at least 1 */
};

struct frames_request {
    uint32_t count;        /* frames in a row, at least 1 */
    enum frames_zone zone; /* the highest that will do; lower ones serve when it is empty */
    uint32_t colour;       /* a wish, or FRAMES_ANY */
    uint32_t node;         /* a wish that comes before the colour's, or FRAMES_ANY */
};

enum frames_ability {
    FRAMES_ROWS = 1,       /* more than one frame in a row; else such a request gets none */
    FRAMES_ZONED = 2,      /* knows zones; else only FRAMES_HIGH, that is anything, is served */
    FRAMES_COLOURED = 4,   /* heeds the colour */
    FRAMES_NODED = 8,      /* heeds the node */
    FRAMES_TAKES = 16,     /* take() */
    FRAMES_POWERS = 32,    /* rows are rounded up to powers of two */
    FRAMES_FINDS_ROW = 64, /* a row that exists within a zone is found */
};

struct frames_counts {
    uint32_t frames;
    uint32_t free;
    uint32_t free_of_zone[FRAMES_ZONES];
    uint32_t largest_row; /* the longest request that would be served */
    size_t metadata_bytes;
    uint64_t probes; /* words, frames or lists looked at so far */
};

struct frames_strategy {
    const char *name; /* a-z, 0-9 and '-' */
    const char *what; /* one line */
    uint32_t can;     /* enum frames_ability */

    /* Memory that init() wants for this map, aligned to 8 bytes. */
    size_t (*bytes)(const struct frames_map *map);

    /* Every frame of the map but frame 0 is free. False: less than bytes(map), or a map outside of
     * what struct frames_map says.
     */
    bool (*init)(void *state, size_t bytes, const struct frames_map *map);

    /* The first frame of a row, or FRAMES_NONE. */
    uint32_t (*alloc)(void *state, const struct frames_request *request);

    /* With FRAMES_TAKES, else NULL: exactly frames [first, first + count). False, and nothing has
     * changed: not all of them are free.
     */
    bool (*take)(void *state, uint32_t first, uint32_t count);

    /* Give a row back as it was given out (what was taken: frame by frame or as a row). False, and
     * nothing has changed: not all of it is in use.
     */
    bool (*free)(void *state, uint32_t first, uint32_t count);

    void (*counts)(const void *state, struct frames_counts *ret_counts);

    /* The first broken invariant in words, or NULL. Slow; for tests and self-tests. */
    const char *(*check)(const void *state);
};

/* All of them; NULL ends the table. */
extern const struct frames_strategy *const frames_strategies[];

extern const struct frames_strategy frames_bitmap;
extern const struct frames_strategy frames_stack;
extern const struct frames_strategy frames_sorted;
extern const struct frames_strategy frames_buddy;
extern const struct frames_strategy frames_coloured;

/* -- For the strategies themselves ------------------------------------------------------------- */

/* The exclusive end of the highest range. */
static inline uint32_t frames_end(const struct frames_map *map)
{
    const struct frames_range *last = &map->ranges[map->range_count - 1u];

    return last->first + last->count;
}

static inline enum frames_zone frames_zone_of(const struct frames_map *map, uint32_t frame)
{
    if (frame < map->low_first)
        return FRAMES_DMA;
    return frame < map->high_first ? FRAMES_LOW : FRAMES_HIGH;
}

/* Frames [*ret_first, *ret_end) of a zone, as far as the map reaches. */
static inline void frames_zone_range(const struct frames_map *map, enum frames_zone zone,
                                     uint32_t *ret_first, uint32_t *ret_end)
{
    uint32_t end = frames_end(map);
    uint32_t first = zone == FRAMES_DMA   ? 0u
                     : zone == FRAMES_LOW ? map->low_first
                                          : map->high_first;
    uint32_t zone_end = zone == FRAMES_DMA   ? map->low_first
                        : zone == FRAMES_LOW ? map->high_first
                                             : end;

    *ret_end = zone_end < end ? zone_end : end;
    *ret_first = first < *ret_end ? first : *ret_end;
}

/* Whether the map is one. */
static inline bool frames_map_valid(const struct frames_map *map)
{
    uint32_t end = 0;

    if (map->range_count == 0 || map->low_first > map->high_first || map->colours == 0 ||
        (map->colours & (map->colours - 1u)) != 0 || map->nodes == 0)
        return false;
    for (uint32_t i = 0; i < map->range_count; i++) {
        const struct frames_range *range = &map->ranges[i];

        if (range->first < end || range->first >= FRAMES_MAX || range->count == 0 ||
            range->count > FRAMES_MAX - range->first || range->node >= map->nodes)
            return false;
        end = range->first + range->count;
    }
    return true;
}

#endif
