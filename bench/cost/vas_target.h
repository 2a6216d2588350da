/* SPDX-License-Identifier: 0BSD */
/* Two address space allocators that are no rivals, behind the rivals' interface. */
#ifndef LOOKASIDE_BENCH_VAS_TARGET_H
#define LOOKASIDE_BENCH_VAS_TARGET_H

#include "vas_rival.h"

/* The core's, called as its users call it: a release is vas_release() and no look at the region
 * first. For windows whose page is a segment.
 */
extern const struct vas_rival vas_target_ours;

/* Nothing: every reservation is segment 1. */
extern const struct vas_rival vas_target_floor;

#endif
