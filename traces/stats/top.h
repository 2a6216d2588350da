/* SPDX-License-Identifier: 0BSD */
/* The first few of many by some order, without sorting them all. */
#ifndef LOOKASIDE_STATS_TOP_H
#define LOOKASIDE_STATS_TOP_H

#include <stdbool.h>
#include <stdint.h>

/* Whether item `a` goes before item `b`. */
typedef bool (*stats_before_fn)(const void *context, uint32_t a, uint32_t b);

/* The indices of the (up to) `count` first of `items` items, first one first; equals stay in order
 * of their index. Answers how many there are. O(items * count), mostly O(items).
 */
uint32_t stats_top(stats_before_fn before, const void *context, uint32_t items, uint32_t *ret_index,
                   uint32_t count);

#endif
