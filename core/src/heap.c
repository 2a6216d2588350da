/* SPDX-License-Identifier: 0BSD */
/* The heap's public calls. heap_alloc() and heap_free() are the hot paths: one table look-up, one
 * bit of a block map; all else happens behind a branch that is rarely taken.
 */
#include "heap_private.h"

/* Requests that have no place in heap->direct. */
static LA_NOT_INLINE LA_REGISTER_CALL va32_t alloc_indirectly(struct heap *heap, uint32_t bytes)
{
    struct heap_bucket *bucket;
    uint32_t usable;

    if (bytes > heap->buckets->bytes_max)
        return heap_large_alloc(heap, bytes);
    bucket = &heap->bucket[bucket_for(heap->buckets, bytes)];
    usable = heap_usable_blocks(bucket);
    return usable != 0 ? heap_take_lowest(bucket, usable) : heap_alloc_slowly(bucket);
}

LA_REGISTER_CALL va32_t heap_alloc(struct heap *heap, uint32_t bytes)
{
    struct heap_bucket *bucket;
    uint32_t usable;

    if (__builtin_expect(bytes > heap->direct_bytes, 0))
        return alloc_indirectly(heap, bytes);
    bucket = heap->direct[(bytes + (BUCKET_GRAIN_BYTES - 1u)) / BUCKET_GRAIN_BYTES];
    usable = bucket->mask;
    if (__builtin_expect(bits_flip_value(&usable, bucket->word), 0))
        return heap_alloc_slowly(bucket);
    return heap_take_lowest(bucket, usable);
}

LA_REGISTER_CALL va32_t heap_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    va32_t va = heap_alloc(heap, bytes);

    if (va != 0 && bytes > heap->buckets->bytes_max)
        heap_large_zero(heap, heap_entry(heap, la_segment_of(va)));
    else if (va != 0)
        memset(la_host(heap->space->port.host_base, va), 0, bytes);
    return va;
}

va32_t heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2)
{
    const struct bucket_table *buckets = heap->buckets;

    if (align_log2 > LA_SEGMENT_SHIFT) {
        heap->error = LA_BAD_ARGUMENT;
        return 0;
    }
    if (bytes <= buckets->bytes_max) {
        uint32_t large_bytes = (la_pages_up(bytes) + (bytes == 0)) << LA_PAGE_SHIFT;

        for (uint32_t i = bucket_for(buckets, bytes); i < buckets->count; i++) {
            if (buckets->shape[i].bytes > bytes && buckets->shape[i].bytes > large_bytes)
                break; /* a region of its own takes less memory */
            if (buckets->shape[i].shift >= align_log2)
                return heap_alloc_exactly(&heap->bucket[i]);
        }
    }
    return heap_large_alloc(heap, bytes);
}

/* Out of line: with a second constant to answer, heap_free() keeps a register for it. */
static LA_NOT_INLINE enum la_status refuse_double_free(void)
{
    return LA_DOUBLE_FREE;
}

LA_REGISTER_CALL enum la_status heap_free(struct heap *heap, va32_t va)
{
    const union heap_slot *table = heap_table_page(heap, la_segment_of(va));
    struct heap_segment *entry;
    uint32_t biased;
    uint32_t block;
    uint32_t *word;
    uint32_t bit;

    BITS_AFTER(heap, table);
    biased = heap->key;
    BITS_AFTER(biased, va);
    biased += va;
    BITS_AFTER(va, biased);
    entry = table[la_segment_of(va)].segment;
    block = heap_block_at(entry, biased);
    bit = bits_one(block);

    if (__builtin_expect(block >= entry->blocks, 0))
        return heap_free_slowly(block, entry);
    word = &heap_map(entry)[block / 32u];
    if (__builtin_expect(bits_none(word, bit), 0))
        return refuse_double_free();
    if (__builtin_expect(bits_flip(word, bit), 0))
        return heap_word_emptied(word, entry);
    return LA_OK;
}

/* The entry of live block `va`, or NULL with the reason. */
static inline struct heap_segment *find_live(const struct heap *heap, va32_t va,
                                             enum la_status *ret_status)
{
    struct heap_segment *entry = heap_entry(heap, la_segment_of(va));
    uint32_t block = heap_block_at(entry, va + heap->key);

    *ret_status = LA_BAD_ADDRESS;
    if (block >= entry->blocks) { /* not in an active segment: a closer look */
        if (entry->heap != heap)
            return NULL;
        if (entry->bucket == HEAP_BUCKET_LARGE && (va & (LA_SEGMENT_BYTES - 1u)) == 0)
            return entry;
        if (entry->bucket >= BUCKETS_MAX || block >= heap->buckets->shape[entry->bucket].blocks)
            return NULL;
    }
    *ret_status = LA_DOUBLE_FREE;
    return (heap_map(entry)[block / 32u] & bits_one(block)) != 0 ? entry : NULL;
}

static uint32_t usable_bytes(const struct heap *heap, const struct heap_segment *entry)
{
    return entry->bucket == HEAP_BUCKET_LARGE ? heap_large_pages(entry) << LA_PAGE_SHIFT
                                              : heap->buckets->shape[entry->bucket].bytes;
}

uint32_t heap_usable(const struct heap *heap, va32_t va)
{
    enum la_status status;
    const struct heap_segment *entry = find_live(heap, va, &status);

    return entry != NULL ? usable_bytes(heap, entry) : 0;
}

/* Whether a block of `usable` bytes may stay for `bytes`: it must be large enough, and giving up
 * the rest must not be worth a copy. Half is the measured compromise of size-class allocators.
 */
static bool may_stay(const struct heap *heap, uint32_t usable, uint32_t bytes)
{
    if (bytes > usable)
        return false;
    if (bytes > heap->buckets->bytes_max)
        return false; /* large to large is resized, not kept */
    return heap->buckets->shape[bucket_for(heap->buckets, bytes)].bytes > usable / 2u;
}

/* Move a live block of `usable` bytes. */
static va32_t move_block(struct heap *heap, va32_t va, uint32_t usable, uint32_t bytes)
{
    uintptr_t host_base = heap->space->port.host_base;
    va32_t moved = heap_alloc(heap, bytes);
    enum la_status status;

    if (moved == 0)
        return bytes <= usable ? va : 0; /* no room to move: what is there is enough */
    memcpy(la_host(host_base, moved), la_host(host_base, va), bytes < usable ? bytes : usable);
    status = heap_free(heap, va);
    LA_ASSERT(status == LA_OK);
    return moved;
}

LA_REGISTER_CALL va32_t heap_realloc(struct heap *heap, va32_t va, uint32_t bytes)
{
    enum la_status status;
    struct heap_segment *entry;
    uint32_t usable;

    if (va == 0)
        return heap_alloc(heap, bytes);
    entry = find_live(heap, va, &status);
    if (entry == NULL) {
        heap->error = status;
        return 0;
    }
    usable = usable_bytes(heap, entry);
    if (entry->bucket == HEAP_BUCKET_LARGE && bytes > heap->buckets->bytes_max) {
        if (heap_large_resize(heap, entry, bytes))
            return va;
    } else if (may_stay(heap, usable, bytes)) {
        return va;
    }
    return move_block(heap, va, usable, bytes);
}
