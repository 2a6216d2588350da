/* SPDX-License-Identifier: 0BSD */
/* Numbers that can be anything (threads, CPUs, labels, large sizes) to indices 0, 1, 2 ... in the
 * order they were first seen, each with an item of the user's. Memory grows with the numbers seen.
 */
#ifndef LOOKASIDE_STATS_NUMBERS_H
#define LOOKASIDE_STATS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for item_bytes is empty. `number` and `count` are public. */
struct numbers {
    size_t item_bytes;
    uint32_t count;
    uint32_t room;
    uint32_t *number; /* [index] */
    char *items;
    uint32_t *places; /* index + 1 by hash, open addressing; 0: empty */
    uint32_t places_room;
};

void numbers_free(struct numbers *numbers);

/* The index of `number`; a new one has a zeroed item. False when out of memory. O(1). */
bool numbers_index(struct numbers *numbers, uint32_t number, uint32_t *ret_index);

/* The item; yours until the next new number. */
static inline void *numbers_item(const struct numbers *numbers, uint32_t index)
{
    return numbers->items + index * numbers->item_bytes;
}

#endif
