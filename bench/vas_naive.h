/* SPDX-License-Identifier: 0BSD */
/* The baseline: two bits of state a segment, and a first-fit scan over them one segment at a time.
 * It serves best-fit requests as if they asked for the lowest address, and has to be told a
 * region's length, because two bits cannot tell neighbours apart.
 */
#ifndef LOOKASIDE_BENCH_VAS_NAIVE_H
#define LOOKASIDE_BENCH_VAS_NAIVE_H

#include <lookaside/vas.h>

struct vas_naive {
    uint8_t state[LA_SEGMENTS / 4u]; /* enum vas_state, lowest segment in the lowest bits */
};

/* Everything is free but segment 0. */
void vas_naive_init(struct vas_naive *naive);

/* Of the request, segments and alignment count. LA_OK or LA_NO_SPACE. O(space). */
enum la_status vas_naive_reserve(struct vas_naive *naive, const struct vas_request *request,
                                 va32_t *ret_base);

/* End the region of `segments` segments at `base`, unchecked. */
enum la_status vas_naive_release(struct vas_naive *naive, va32_t base, uint32_t segments);

#endif
