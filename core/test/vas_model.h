/* SPDX-License-Identifier: 0BSD */
/* The slow, obvious VAS: one byte of state and one owner number a segment. It knows nothing of
 * bins, planes or chunks, and searches by looking at every segment.
 */
#ifndef LOOKASIDE_CORE_TEST_VAS_MODEL_H
#define LOOKASIDE_CORE_TEST_VAS_MODEL_H

#include <lookaside/vas.h>

struct vas_model {
    uint8_t state[LA_SEGMENTS];
    uint32_t owner[LA_SEGMENTS]; /* number of the region, 0: free */
    uint32_t first_segment, end_segment;
    uint32_t last_owner;
};

static void model_init(struct vas_model *model, uint32_t first_segment, uint32_t end_segment)
{
    *model = (struct vas_model){ .first_segment = first_segment ? first_segment : 1,
                                 .end_segment = end_segment };
}

static bool model_is_free(const struct vas_model *model, uint32_t first, uint32_t segments)
{
    if (first < model->first_segment || first > model->end_segment ||
        segments > model->end_segment - first)
        return false;
    for (uint32_t i = 0; i < segments; i++)
        if (model->state[first + i] != VAS_FREE)
            return false;
    return true;
}

/* The lowest and highest aligned free place in [window_first, window_end), if there is one. */
static bool model_places(const struct vas_model *model, const struct vas_request *request,
                         uint32_t *ret_lowest, uint32_t *ret_highest)
{
    uint32_t end = request->window_end ? request->window_end : LA_SEGMENTS;
    uint32_t step = UINT32_C(1) << request->align_log2;
    uint32_t run = 0; /* free segments that end before `i` */
    bool found = false;

    for (uint32_t i = request->window_first; i < end; i++) {
        bool free =
            i >= model->first_segment && i < model->end_segment && model->state[i] == VAS_FREE;
        uint32_t base;

        run = free ? run + 1 : 0;
        if (run < request->segments)
            continue;
        base = i + 1 - request->segments;
        if (base % step != 0)
            continue;
        if (!found)
            *ret_lowest = base;
        *ret_highest = base;
        found = true;
    }
    return found;
}

static uint32_t model_run_length(const struct vas_model *model, uint32_t segment)
{
    uint32_t first = segment;
    uint32_t end = segment;

    while (first > model->first_segment && model->state[first - 1] == VAS_FREE)
        first--;
    while (end < model->end_segment && model->state[end] == VAS_FREE)
        end++;
    return end - first;
}

static void model_take(struct vas_model *model, uint32_t first, uint32_t segments,
                       enum vas_state state)
{
    model->last_owner++;
    for (uint32_t i = 0; i < segments; i++) {
        model->state[first + i] = (uint8_t)state;
        model->owner[first + i] = model->last_owner;
    }
}

/* Segments of the region that begins at exactly `segment`; 0 if none does. */
static uint32_t model_region_length(const struct vas_model *model, uint32_t segment)
{
    uint32_t length = 0;

    if (segment < model->first_segment || segment >= model->end_segment ||
        model->owner[segment] == 0 ||
        (segment > 0 && model->owner[segment - 1] == model->owner[segment]))
        return 0;
    while (segment + length < model->end_segment &&
           model->owner[segment + length] == model->owner[segment])
        length++;
    return length;
}

static void model_release(struct vas_model *model, uint32_t first, uint32_t segments)
{
    for (uint32_t i = 0; i < segments; i++) {
        model->state[first + i] = VAS_FREE;
        model->owner[first + i] = 0;
    }
}

#endif
