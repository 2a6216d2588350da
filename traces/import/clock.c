/* SPDX-License-Identifier: 0BSD */
/* Time that only goes on. */
#include "clock.h"

#include <inttypes.h>

bool clock_forward(struct import *import, struct clock *clock, uint64_t at_ns)
{
    if (!clock->started)
        *clock = (struct clock){ true, at_ns, at_ns };
    if (at_ns <= clock->now_ns)
        return true;
    if (at_ns - clock->first_ns > CLOCK_NS_MAX)
        return import_fail(import,
                           "%" PRIu64 " ns behind the first line (expected at most %" PRIu64 ")",
                           at_ns - clock->first_ns, CLOCK_NS_MAX);
    import->time_ns += at_ns - clock->now_ns;
    clock->now_ns = at_ns;
    return true;
}
