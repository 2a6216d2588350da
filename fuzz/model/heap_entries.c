/* SPDX-License-Identifier: 0BSD */
/* The entries of segments: pieces of memory that no block and no other entry may lie over. Where
 * they are is nothing that a model predicts.
 */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/heap_private.h"
#include "heap_spy.h"
#include "spies.h"

#include <stdlib.h>

#define WORDS_OF_ROOM_0 4u /* the smallest map that a piece has room for; then twice that, ... */

struct piece {
    uintptr_t first;
    uintptr_t end;
};

static struct piece pieces[LA_SEGMENTS];
static uint32_t pieces_count;

static int by_address(const void *a, const void *b)
{
    const struct piece *left = a;
    const struct piece *right = b;

    return (left->first > right->first) - (left->first < right->first);
}

static void collect(const struct heap *heap)
{
    struct vas_region region;
    uint32_t cursor = 0;

    while (pieces_count < LA_SEGMENTS && heap_next_region(heap, &cursor, &region)) {
        const struct heap_segment *entry = heap_entry(heap, region.first_segment);
        size_t bytes = sizeof *entry + (WORDS_OF_ROOM_0 << entry->room) * sizeof(uint32_t);

        pieces[pieces_count++] = (struct piece){ (uintptr_t)entry, (uintptr_t)entry + bytes };
    }
}

void spies_compare_entries(void)
{
    pieces_count = 0;
    for (uint32_t i = 0; i < HEAP_MODELS; i++)
        if (heap_at(i))
            collect(heap_at(i));
    qsort(pieces, pieces_count, sizeof pieces[0], by_address);
    for (uint32_t i = 1; i < pieces_count; i++)
        ORACLE(I08_OVERLAP, pieces[i - 1u].end <= pieces[i].first,
               "the entry of a segment lies over the last %zu bytes of another one",
               (size_t)(pieces[i - 1u].end - pieces[i].first));
}
