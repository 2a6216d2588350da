/* SPDX-License-Identifier: 0BSD */
/* Kinds of segments: colours and words. */
#include "plot_looks.h"

#include "plot_colours.h"

#include <inttypes.h>

/* Fuller and larger is darker. Source: ColorBrewer
 * "Blues" (Brewer & Harrower), whose lightness falls in even steps.
 */
static const char *const blues[PLOT_SHADES] = { "#dce9f5", "#abd0e6", "#6baed6",
                                                "#3787c0", "#105ba4", "#08306b" };
static const char *const heap_colours[PLOT_SHADES] = { PLOT_BLUE, PLOT_SKY,  "#332288",
                                                       "#999933", "#882255", "#888888" };

/* -- Which ------------------------------------------------------------------------------------- */

static uint32_t shade_by_fill(const struct plot_segment *segment)
{
    if (segment->bucket == PLOT_BUCKET_NONE ||
        (segment->bucket != PLOT_BUCKET_LARGE && segment->live_blocks == 0))
        return 0;
    return 1u + segment->full_permille / (PLOT_FULL / 4u); /* quarters, full apart */
}

/* The largest block of each shade but the last. */
static const uint32_t shade_block_bytes[PLOT_SHADES - 1u] = { 0, 64, 512, 4096, BUCKET_BYTES_MAX };

static uint32_t shade_by_bucket(const struct plot_map *map, const struct plot_segment *segment)
{
    uint32_t shade = 1;

    if (segment->bucket >= BUCKETS_MAX)
        return segment->bucket == PLOT_BUCKET_LARGE ? PLOT_SHADES - 1u : 0;
    while (map->block_bytes[segment->bucket] > shade_block_bytes[shade])
        shade++;
    return shade;
}

static uint32_t shade_by_heap(const struct plot_looks *looks, const struct plot_segment *segment)
{
    uint32_t shade = 0;

    while (shade < looks->heaps && looks->heap[shade] != segment->heap)
        shade++;
    return shade;
}

static uint32_t shade_of(const struct plot_looks *looks, const struct plot_segment *segment)
{
    switch (looks->by) {
    case PLOT_BY_HEAP: return shade_by_heap(looks, segment);
    case PLOT_BY_BUCKET: return shade_by_bucket(looks->map, segment);
    default: return shade_by_fill(segment);
    }
}

enum plot_look plot_look_of(const struct plot_looks *looks, uint32_t segment)
{
    const struct plot_segment *at = &looks->map->segment[segment];

    switch (at->state) {
    case PLOT_FREE: return PLOT_LOOK_FREE;
    case PLOT_OUTSIDE: return PLOT_LOOK_OUTSIDE;
    case PLOT_METADATA: return PLOT_LOOK_METADATA;
    case PLOT_HEAP: return (enum plot_look)(PLOT_LOOK_HEAP + (int)shade_of(looks, at));
    case PLOT_RESERVED: return PLOT_LOOK_RESERVED;
    case PLOT_COMMITTED: return PLOT_LOOK_COMMITTED;
    case PLOT_STACK: return at->pages > 0 ? PLOT_LOOK_STACK : PLOT_LOOK_STACK_BARE;
    default: return PLOT_LOOK_GUARD;
    }
}

/* -- All --------------------------------------------------------------------------------------- */

/* Keep the lowest slots there are, ascending. */
static void note_heap(struct plot_looks *looks, uint32_t slot)
{
    uint32_t at = looks->heaps;

    if (shade_by_heap(looks, &(struct plot_segment){ .heap = slot }) < looks->heaps)
        return;
    if (looks->heaps < PLOT_SHADES - 1u)
        looks->heaps++;
    else if (slot > looks->heap[--at])
        return;
    for (; at > 0 && looks->heap[at - 1u] > slot; at--)
        looks->heap[at] = looks->heap[at - 1u];
    looks->heap[at] = slot;
}

void plot_looks_find(struct plot_looks *ret_looks, const struct plot_map *map, enum plot_by by)
{
    *ret_looks = (struct plot_looks){ .map = map, .by = by };
    for (uint32_t i = 0; i < LA_SEGMENTS && by == PLOT_BY_HEAP; i++)
        if (map->segment[i].state == PLOT_HEAP)
            note_heap(ret_looks, map->segment[i].heap);
    for (uint32_t i = 0; i < LA_SEGMENTS; i++)
        ret_looks->segments[plot_look_of(ret_looks, i)]++;
}

/* -- Colours and words ------------------------------------------------------------------------- */

static const char *shade_colour(const struct plot_looks *looks, uint32_t shade)
{
    return looks->by == PLOT_BY_HEAP ? heap_colours[shade] : blues[shade];
}

const char *plot_look_colour(const struct plot_looks *looks, enum plot_look look)
{
    switch (look) {
    case PLOT_LOOK_FREE: return "#ffffff";
    case PLOT_LOOK_OUTSIDE: return "#d0d0d0";
    case PLOT_LOOK_METADATA: return PLOT_PURPLE;
    case PLOT_LOOK_RESERVED: return "#f5ec92"; /* yellow, a third white: there is much of it */
    case PLOT_LOOK_COMMITTED: return PLOT_ORANGE;
    case PLOT_LOOK_STACK_BARE: return "#a8dfcd"; /* the same green, two thirds white */
    case PLOT_LOOK_STACK: return PLOT_GREEN;
    case PLOT_LOOK_GUARD: return PLOT_VERMILION;
    default: return shade_colour(looks, (uint32_t)look - PLOT_LOOK_HEAP);
    }
}

static void shade_words(const struct plot_looks *looks, uint32_t shade, char word[PLOT_WORD_BYTES])
{
    static const char *const fills[PLOT_SHADES] = {
        "heap, no live block",   "heap, below 25 % live", "heap, 25 to 50 % live",
        "heap, 50 to 75 % live", "heap, 75 % and more",   "heap, full",
    };
    static const char *const blocks[PLOT_SHADES] = {
        "heap, no live block",      "blocks up to 64 bytes",     "blocks up to 512 bytes",
        "blocks up to 4,096 bytes", "blocks up to 32,768 bytes", "large blocks",
    };

    if (looks->by == PLOT_BY_FILL)
        snprintf(word, PLOT_WORD_BYTES, "%s", fills[shade]);
    else if (looks->by == PLOT_BY_BUCKET)
        snprintf(word, PLOT_WORD_BYTES, "%s", blocks[shade]);
    else if (shade < looks->heaps)
        snprintf(word, PLOT_WORD_BYTES, "heap %" PRIu32, looks->heap[shade]);
    else
        snprintf(word, PLOT_WORD_BYTES, "other heaps");
}

void plot_look_words(const struct plot_looks *looks, enum plot_look look,
                     char word[PLOT_WORD_BYTES])
{
    static const char *const words[PLOT_LOOKS] = {
        [PLOT_LOOK_FREE] = "free",
        [PLOT_LOOK_OUTSIDE] = "not managed",
        [PLOT_LOOK_METADATA] = "heaps' metadata",
        [PLOT_LOOK_RESERVED] = "region, reserved",
        [PLOT_LOOK_COMMITTED] = "region, committed",
        [PLOT_LOOK_STACK_BARE] = "stack, no memory yet",
        [PLOT_LOOK_STACK] = "stack with memory",
        [PLOT_LOOK_GUARD] = "stack's guard",
    };

    if (words[look])
        snprintf(word, PLOT_WORD_BYTES, "%s", words[look]);
    else
        shade_words(looks, (uint32_t)look - PLOT_LOOK_HEAP, word);
}
