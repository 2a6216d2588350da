/* SPDX-License-Identifier: 0BSD */
/* The slow halves of heap_alloc() and heap_free(). They take what the fast halves hold in
 * registers anyway at that point, so that these need to keep nothing for them.
 */
#include "heap_private.h"

LA_REGISTER_CALL va32_t heap_alloc_slowly(struct heap_bucket *bucket)
{
    enum la_status status = heap_refill(bucket);

    if (status != LA_OK) {
        bucket->heap->error = status;
        return 0;
    }
    LA_ASSERT((*bucket->word & bucket->mask) != 0);
    return heap_take_lowest(bucket, bucket->word, *bucket->word & bucket->mask);
}

/* heap_free() off its fast path: a block of a cold or full segment, a large region, or an address
 * that is none of ours.
 */
LA_REGISTER_CALL enum la_status heap_free_slowly(struct heap *heap, va32_t va)
{
    uint32_t segment = la_segment_of(va);
    struct heap_segment *entry = &heap->table[segment];
    uint32_t block = heap_block_at(heap, entry, va);
    uint32_t *word;

    if (va == 0)
        return LA_OK;
    if (heap_owner_key(entry, segment) != heap->key)
        return LA_BAD_ADDRESS;
    if (entry->bucket == HEAP_BUCKET_LARGE && (va & (LA_SEGMENT_BYTES - 1u)) == 0) {
        heap_large_free(heap, segment);
        return LA_OK;
    }
    if (entry->bucket >= BUCKETS_MAX || block >= heap->buckets->shape[entry->bucket].blocks)
        return LA_BAD_ADDRESS;
    word = &entry->map[block / 32u];
    if ((*word >> (block % 32u) & 1u) != 0)
        return LA_DOUBLE_FREE;

    LA_ASSERT(entry->blocks == 0); /* else the fast path would have freed it */
    *word |= UINT32_C(1) << (block % 32u);
    heap_segment_wake(heap, segment);
    return *word == BITS_ALL ? heap_word_emptied(heap, entry, word) : LA_OK;
}
