/* SPDX-License-Identifier: 0BSD */
/* The core's VAS as a program has it: the same functions, but the state is the kernel's, and each
 * is a call of it. So the process's heaps, stacks, libraries and its own reservations share one
 * address space without a fixed part for any of them.
 */
#include "heaps.h"

static char nothing; /* never read */
struct vas *const user_vas = (struct vas *)(void *)&nothing;

static enum la_status status_of(uint32_t answer)
{
    return user_is_error(answer) ? (enum la_status)answer : LA_OK;
}

LA_REGISTER_CALL enum la_status vas_reserve(struct vas *vas, const struct vas_request *request,
                                            va32_t *ret_base)
{
    static const uint32_t flags[] = { [VAS_BEST_FIT] = UABI_PLACE_BEST,
                                      [VAS_LOWEST] = UABI_PLACE_LOW,
                                      [VAS_HIGHEST] = UABI_PLACE_HIGH,
                                      [VAS_FIXED] = UABI_PLACE_FIXED };
    uint32_t segments = request->segments;
    va32_t fixed = request->placement == VAS_FIXED ? la_segment_va(request->window_first) : 0;

    (void)vas;
    if (segments == 0)
        return LA_BAD_ARGUMENT;
    if (segments >= LA_SEGMENTS)
        return LA_NO_SPACE;

    uint32_t answer = user_call(UABI_RESERVE, fixed, segments * LA_SEGMENT_BYTES,
                                flags[request->placement] | user_heap_label << UABI_LABEL_SHIFT,
                                request->align_log2 + LA_SEGMENT_SHIFT, 0);

    if (!user_is_error(answer))
        *ret_base = answer;
    return status_of(answer);
}

LA_REGISTER_CALL enum la_status vas_release(struct vas *vas, va32_t base)
{
    (void)vas;
    return (enum la_status)user_release(base);
}

enum la_status vas_resize(struct vas *vas, va32_t base, uint32_t segments)
{
    (void)vas;
    if (segments >= LA_SEGMENTS)
        return LA_NO_SPACE;
    return status_of(user_call(UABI_RESIZE, base, segments * LA_SEGMENT_BYTES, 0, 0, 0));
}

bool vas_query(const struct vas *vas, va32_t va, struct vas_region *ret_region)
{
    struct uabi_region region;

    (void)vas;
    if (user_query(va, &region) != UABI_OK)
        return false;
    *ret_region = (struct vas_region){ .first_segment = la_segment_of(region.base),
                                       .segments = region.bytes / LA_SEGMENT_BYTES,
                                       .state = (enum vas_state)region.state };
    return true;
}

bool vas_next_region(const struct vas *vas, uint32_t *cursor, struct vas_region *ret_region)
{
    uint32_t segment = *cursor > 0 ? *cursor : la_segment_of(UABI_USER_FIRST);
    struct vas_region region;

    while (segment < la_segment_of(UABI_USER_END) &&
           vas_query(vas, la_segment_va(segment), &region)) {
        segment = region.first_segment + region.segments;
        if (region.state == VAS_FREE)
            continue;
        *cursor = segment;
        *ret_region = region;
        return true;
    }
    return false;
}
