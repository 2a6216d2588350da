/* SPDX-License-Identifier: 0BSD */
/* The time of a recording whose threads write their lines a little out of order: it only goes on.
 * Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_CLOCK_H
#define LOOKASIDE_IMPORT_CLOCK_H

#include "import.h"

/* Two years: more is damage, and would be as many ops as it is times 2^32 ns. */
#define CLOCK_NS_MAX (UINT64_C(1) << 56)

/* Zeroed is before the first line. */
struct clock {
    bool started;
    uint64_t first_ns;
    uint64_t now_ns; /* the latest so far */
};

/* A line from `at_ns`, counted from anywhere. Earlier than the latest one is no step at all. False
 * if it is CLOCK_NS_MAX behind the first one.
 */
bool clock_forward(struct import *import, struct clock *clock, uint64_t at_ns);

#endif
