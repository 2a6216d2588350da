/* SPDX-License-Identifier: 0BSD */
/* The slow halves of heap_alloc() and heap_free(). They take what the fast halves hold in
 * registers anyway at that point, so that these need to keep nothing for them.
 */
#include "heap_private.h"

/* A heap below SMALL_HEAP_PAGES is mostly half-used pages: there a bucket takes a page only after
 * it was asked for blocks worth SMALL_HEAP_PATIENCE pages, elsewhere after one page's worth.
 */
#define SMALL_HEAP_PAGES    64u
#define SMALL_HEAP_PATIENCE 6u

/* A larger bucket, up to twice, with a free block for a bucket that has not earned a page of its
 * own. Without this each size that a heap uses now and then takes a page.
 */
static struct heap_bucket *find_lender(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t index = (uint32_t)(bucket - heap->bucket);
    uint32_t patience_pages = heap->pages < SMALL_HEAP_PAGES ? SMALL_HEAP_PATIENCE : 1u;

    if (heap->borrowed[index] >= patience_pages * LA_PAGE_BYTES / bucket->block_bytes)
        return NULL;
    for (uint32_t i = index + 1u; i < heap->buckets->count; i++) {
        struct heap_bucket *lender = &heap->bucket[i];

        if (lender->block_bytes > 2u * bucket->block_bytes)
            return NULL;
        if (heap_usable_blocks(lender) != 0) {
            heap->borrowed[index]++;
            return lender;
        }
    }
    return NULL;
}

/* A block of a bucket that has a usable one by now, if `status` says so. */
static va32_t take(struct heap_bucket *bucket, enum la_status status)
{
    if (status != LA_OK) {
        bucket->heap->error = status;
        return 0;
    }
    LA_ASSERT(heap_usable_blocks(bucket) != 0);
    return heap_take_lowest(bucket, heap_usable_blocks(bucket));
}

static LA_NOT_INLINE LA_REGISTER_CALL va32_t alloc_elsewhere(struct heap_bucket *bucket)
{
    struct heap_bucket *lender;

    if (heap_refill(bucket))
        return take(bucket, LA_OK);
    lender = find_lender(bucket);
    return lender != NULL ? take(lender, LA_OK) : take(bucket, heap_grow(bucket));
}

LA_REGISTER_CALL va32_t heap_alloc_slowly(struct heap_bucket *bucket)
{
    return heap_next_word_of_row(bucket) ? heap_take_lowest(bucket, ~*bucket->word)
                                         : alloc_elsewhere(bucket);
}

va32_t heap_alloc_exactly(struct heap_bucket *bucket)
{
    bool usable =
        heap_usable_blocks(bucket) != 0 || heap_next_word_of_row(bucket) || heap_refill(bucket);

    return take(bucket, usable ? LA_OK : heap_grow(bucket));
}

/* heap_free() off its fast path: a block of a cold or full segment, a large region, or an address
 * that is none of ours. The caller's heap is not needed: `block` tells whether it is the owner.
 */
LA_REGISTER_CALL enum la_status heap_free_slowly(uint32_t block, struct heap_segment *entry)
{
    uint32_t offset = heap_offset_of(entry, block);
    uint32_t *word;

    if (entry->bucket == HEAP_BUCKET_NULL) /* keys end in 1: this is free(0) */
        return (offset & (LA_SEGMENT_BYTES - 1u)) == 1u ? LA_OK : LA_BAD_ADDRESS;
    if (entry->bucket == HEAP_BUCKET_LARGE && offset == 0) {
        heap_large_free(entry->heap, entry);
        return LA_OK;
    }
    if (entry->bucket >= BUCKETS_MAX || block >= entry->heap->buckets->shape[entry->bucket].blocks)
        return LA_BAD_ADDRESS;
    word = &heap_map(entry)[block / 32u];
    if ((*word & bits_one(block)) == 0)
        return LA_DOUBLE_FREE;

    LA_ASSERT(entry->blocks == 0); /* else the fast path would have freed it */
    *word ^= bits_one(block);
    heap_segment_wake(entry->heap, entry);
    return *word == 0 ? heap_word_emptied(word, entry) : LA_OK;
}
