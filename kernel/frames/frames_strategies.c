/* SPDX-License-Identifier: 0BSD */
/* The table of page frame strategies. */
#include "frames.h"

const struct frames_strategy *const frames_strategies[] = {
    &frames_bitmap, &frames_stack, &frames_sorted, &frames_buddy, &frames_coloured, NULL,
};
