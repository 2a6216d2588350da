/* SPDX-License-Identifier: 0BSD */
/* A hash table of indices, at most half full, beside two plain arrays. */
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 64u

void numbers_free(struct numbers *numbers)
{
    free(numbers->number);
    free(numbers->items);
    free(numbers->places);
    *numbers = (struct numbers){ .item_bytes = numbers->item_bytes };
}

/* The place of `number`, or the empty one where it would go.
 * Source: Knuth, TAOCP vol. 3, 6.4 (multiplicative hashing); the upper half is the well mixed one.
 */
static uint32_t *place_of(const struct numbers *numbers, uint32_t number)
{
    uint64_t hash = number * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(hash >> 32) & (numbers->places_room - 1u);

    while (numbers->places[at] != 0 && numbers->number[numbers->places[at] - 1u] != number)
        at = (at + 1u) & (numbers->places_room - 1u);
    return &numbers->places[at];
}

static bool grow(struct numbers *numbers)
{
    uint32_t room = numbers->room ? numbers->room * 2u : ROOM_MIN;
    uint32_t *number;
    char *items;

    if (room < numbers->room)
        return false;
    number = realloc(numbers->number, room * sizeof *number);
    if (!number)
        return false;
    numbers->number = number;
    items = realloc(numbers->items, room * numbers->item_bytes);
    if (!items)
        return false;
    numbers->items = items;
    free(numbers->places);
    numbers->places = calloc(2u * (size_t)room, sizeof *numbers->places);
    if (!numbers->places)
        return false;
    numbers->room = room;
    numbers->places_room = 2u * room;
    for (uint32_t i = 0; i < numbers->count; i++)
        *place_of(numbers, numbers->number[i]) = i + 1u;
    return true;
}

bool numbers_index(struct numbers *numbers, uint32_t number, uint32_t *ret_index)
{
    uint32_t *place = numbers->places ? place_of(numbers, number) : NULL;

    if (!place || *place == 0) {
        if (numbers->count == numbers->room && !grow(numbers))
            return false;
        place = place_of(numbers, number);
        numbers->number[numbers->count] = number;
        memset(numbers_item(numbers, numbers->count), 0, numbers->item_bytes);
        *place = ++numbers->count;
    }
    *ret_index = *place - 1u;
    return true;
}
