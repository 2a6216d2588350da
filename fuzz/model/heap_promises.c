/* SPDX-License-Identifier: 0BSD */
/* What a block that is handed out must be, whatever the policy: its place, its size, its bucket. */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/heap_private.h"
#include "heap_model.h"
#include "heap_spy.h"
#include "spies.h"
#include "vas_model.h"

/* A block of `bytes` that lies in the managed range, aligned; false if nothing can be done with
 * it.
 */
bool heap_check_block(va32_t va, uint32_t bytes, uint32_t usable, uint32_t align_log2)
{
    uint32_t first = va / LA_SEGMENT_BYTES;
    uint32_t last = usable == 0 ? va : va + (usable - 1u);
    bool inside = first >= vas_model.first_segment && va <= last &&
                  last / LA_SEGMENT_BYTES < vas_model.end_segment;

    ORACLE(I01_PLACE, inside, "a block of %u bytes at 0x%x lies outside of the managed range",
           usable, va);
    ORACLE(I01_PLACE, (va & ((UINT32_C(1) << align_log2) - 1u)) == 0,
           "the block at 0x%x is not aligned to 2^%u", va, align_log2);
    ORACLE(I06_ENOUGH, usable >= bytes && usable != 0,
           "the block at 0x%x has %u bytes, %u were asked", va, usable, bytes);
    if (inside)
        for (uint32_t page = va / LA_PAGE_BYTES; page <= last / LA_PAGE_BYTES; page++)
            ORACLE(I11_MEMORY, spies_committed[page],
                   "the block at 0x%x of %u bytes lies on page 0x%x, which is not committed", va,
                   usable, page * LA_PAGE_BYTES);
    return inside;
}

/* The bucket that the size belongs to; one that lends may be up to twice as large, one that aligns
 * larger still.
 */
void heap_check_bucket(const struct heap *heap, va32_t va, uint32_t bytes, uint32_t usable,
                       bool aligned)
{
    const struct bucket_table *buckets = heap->buckets;
    uint32_t wanted = bytes == 0 ? 1u : bytes;
    uint32_t i = 0;

    if (usable < wanted)
        return; /* I06 has told of it */
    while (i < buckets->count && buckets->shape[i].bytes < wanted)
        i++;
    if (i == buckets->count || (aligned && usable % LA_PAGE_BYTES == 0)) {
        uint32_t pages = wanted / LA_PAGE_BYTES + (wanted % LA_PAGE_BYTES != 0);

        if (usable == pages * LA_PAGE_BYTES)
            return;
    }
    while (i < buckets->count && buckets->shape[i].bytes < usable)
        i++;
    ORACLE(I07_BUCKET,
           i < buckets->count && buckets->shape[i].bytes == usable &&
               (aligned ||
                usable <=
                    2u * buckets->shape[heap_model_of(heap)->by_grain[(wanted + 7u) / 8u]].bytes),
           "the block at 0x%x for %u bytes has %u bytes, which no bucket for it has", va, bytes,
           usable);
}
