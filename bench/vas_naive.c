/* SPDX-License-Identifier: 0BSD */
/* Two bits a segment, first fit. */
#include "vas_naive.h"

#include <string.h>

static enum vas_state state_of(const struct vas_naive *naive, uint32_t segment)
{
    return (enum vas_state)((naive->state[segment / 4u] >> (segment % 4u * 2u)) & 3u);
}

static void set_state(struct vas_naive *naive, uint32_t segment, enum vas_state state)
{
    uint32_t shift = segment % 4u * 2u;
    uint32_t others = naive->state[segment / 4u] & ~(3u << shift);

    naive->state[segment / 4u] = (uint8_t)(others | (uint32_t)state << shift);
}

void vas_naive_init(struct vas_naive *naive)
{
    memset(naive, 0, sizeof *naive);
    set_state(naive, 0, VAS_RESERVED);
}

enum la_status vas_naive_reserve(struct vas_naive *naive, const struct vas_request *request,
                                 va32_t *ret_base)
{
    uint32_t align_mask = (UINT32_C(1) << request->align_log2) - 1u;
    uint32_t run = 0;

    for (uint32_t segment = 1; segment < LA_SEGMENTS; segment++) {
        if (state_of(naive, segment) != VAS_FREE || (run == 0 && (segment & align_mask) != 0)) {
            run = 0;
            continue;
        }
        if (++run < request->segments)
            continue;

        uint32_t first = segment + 1u - run;

        for (uint32_t i = first; i <= segment; i++)
            set_state(naive, i, VAS_RESERVED);
        *ret_base = la_segment_va(first);
        return LA_OK;
    }
    return LA_NO_SPACE;
}

enum la_status vas_naive_release(struct vas_naive *naive, va32_t base, uint32_t segments)
{
    uint32_t first = la_segment_of(base);

    for (uint32_t i = first; i < first + segments; i++)
        set_state(naive, i, VAS_FREE);
    return LA_OK;
}
