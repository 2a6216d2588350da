/* SPDX-License-Identifier: 0BSD */
/* A stack of free frames for each zone: what was freed last is given out first.
 *
 * Source: the kernel heap thread ("to manage pages, I use a simple linked list that is used like a
 * stack", with zones DMA, LOW and HIGH).
 * Cost: O(1); 4 bytes a frame.
 * Cannot give out rows: neighbours lie anywhere in the stack.
 * Not copied: links in the free frames themselves, which would have to be mapped for that; a frame
 * pushed twice (a link says "in use" while it is).
 */
#include "frames.h"

#define LINK_USED   UINT32_MAX
#define LINK_ABSENT (UINT32_MAX - 1u) /* not of the map */

struct stack {
    const struct frames_map *map;
    uint32_t end;
    uint32_t frames;
    uint32_t top[FRAMES_ZONES]; /* FRAMES_NONE: empty */
    uint32_t free_of_zone[FRAMES_ZONES];
    uint64_t probes;
    uint32_t link[]; /* of a free frame: the one below it in its stack, or FRAMES_NONE */
};

static size_t bytes(const struct frames_map *map)
{
    return (sizeof(struct stack) + frames_end(map) * sizeof(uint32_t) + 7u) & ~(size_t)7u;
}

static void push(struct stack *stack, uint32_t frame)
{
    enum frames_zone zone = frames_zone_of(stack->map, frame);

    stack->link[frame] = stack->top[zone];
    stack->top[zone] = frame;
    stack->free_of_zone[zone]++;
}

static bool init(void *state, size_t state_bytes, const struct frames_map *map)
{
    struct stack *stack = state;

    if (!frames_map_valid(map) || state_bytes < bytes(map))
        return false;
    *stack = (struct stack){ .map = map, .end = frames_end(map) };
    for (uint32_t frame = 0; frame < stack->end; frame++)
        stack->link[frame] = LINK_ABSENT;
    for (uint32_t i = map->range_count; i-- > 0;) /* the lowest ends up on top */
        for (uint32_t frame = map->ranges[i].first + map->ranges[i].count;
             frame-- > map->ranges[i].first;)
            if (frame != FRAMES_NONE) {
                push(stack, frame);
                stack->frames++;
            }
    return true;
}

static uint32_t alloc(void *state, const struct frames_request *request)
{
    struct stack *stack = state;

    if (request->count != 1u)
        return FRAMES_NONE;
    for (uint32_t zone = (uint32_t)request->zone + 1u; zone-- > 0;) {
        uint32_t frame = stack->top[zone];

        stack->probes++;
        if (frame == FRAMES_NONE)
            continue;
        stack->top[zone] = stack->link[frame];
        stack->link[frame] = LINK_USED;
        stack->free_of_zone[zone]--;
        return frame;
    }
    return FRAMES_NONE;
}

static bool free_row(void *state, uint32_t first, uint32_t count)
{
    struct stack *stack = state;

    if (count != 1u || first >= stack->end || stack->link[first] != LINK_USED)
        return false;
    push(stack, first);
    return true;
}

static void counts(const void *state, struct frames_counts *ret_counts)
{
    const struct stack *stack = state;

    *ret_counts = (struct frames_counts){ .frames = stack->frames,
                                          .metadata_bytes = bytes(stack->map),
                                          .probes = stack->probes };
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        ret_counts->free_of_zone[zone] = stack->free_of_zone[zone];
        ret_counts->free += stack->free_of_zone[zone];
    }
    ret_counts->largest_row = ret_counts->free > 0;
}

static const char *check(const void *state)
{
    const struct stack *stack = state;

    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        uint32_t seen = 0;

        for (uint32_t frame = stack->top[zone]; frame != FRAMES_NONE; frame = stack->link[frame]) {
            if (frame >= stack->end)
                return "a link leaves the memory";
            if (frames_zone_of(stack->map, frame) != (enum frames_zone)zone)
                return "a frame is in another zone's stack";
            if (seen++ == stack->free_of_zone[zone])
                return "a stack has more frames than are free";
        }
        if (seen != stack->free_of_zone[zone])
            return "a free frame is in no stack";
    }
    return NULL;
}

const struct frames_strategy frames_stack = {
    .name = "stack",
    .what = "a stack of free frames for each zone",
    .can = FRAMES_ZONED,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_row,
    .counts = counts,
    .check = check,
};
