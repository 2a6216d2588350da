/* SPDX-License-Identifier: 0BSD */
/* Insertion into a short sorted list. */
#include "top.h"

uint32_t stats_top(stats_before_fn before, const void *context, uint32_t items, uint32_t *ret_index,
                   uint32_t count)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < items; i++) {
        uint32_t at = found;
        while (at > 0 && before(context, i, ret_index[at - 1u]))
            at--;
        if (at == count)
            continue;
        found += found < count;
        for (uint32_t j = found - 1u; j > at; j--)
            ret_index[j] = ret_index[j - 1u];
        ret_index[at] = i;
    }
    return found;
}
