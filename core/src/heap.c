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

static inline va32_t alloc(struct heap *heap, uint32_t bytes)
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

LA_REGISTER_CALL va32_t heap_alloc(struct heap *heap, uint32_t bytes)
{
    return alloc(heap, bytes);
}

static LA_NOT_INLINE LA_REGISTER_CALL va32_t large_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    va32_t va = heap_large_alloc(heap, bytes);

    if (va != 0)
        heap_large_zero(heap, heap_entry(heap, la_segment_of(va)));
    return va;
}

LA_REGISTER_CALL va32_t heap_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    va32_t va;

    if (bytes > heap->buckets->bytes_max)
        return large_alloc_zeroed(heap, bytes);
    va = alloc(heap, bytes);
    if (va != 0)
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
static struct heap_segment *find_live(const struct heap *heap, va32_t va,
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
                                              : heap->bucket[entry->bucket].block_bytes;
}

uint32_t heap_usable(const struct heap *heap, va32_t va)
{
    enum la_status status;
    const struct heap_segment *entry = find_live(heap, va, &status);

    return entry != NULL ? usable_bytes(heap, entry) : 0;
}

/* Whether a block of `usable` bytes stays for `bytes` whatever the buckets: it must be large
 * enough, and giving up the rest must not be worth a copy. Half is the measured compromise of
 * size-class allocators.
 */
static inline bool stays(uint32_t usable, uint32_t bytes)
{
    uint32_t half = usable / 2u;

    return bytes - half - 1u < usable - half; /* half < bytes <= usable */
}

/* For a live block of `usable` bytes of which that is not certain. It stays also if the smaller
 * block would not be that small; else it moves.
 */
static LA_NOT_INLINE LA_REGISTER_CALL va32_t resize_block(struct heap *heap, va32_t va,
                                                          uint32_t bytes, uint32_t usable)
{
    uintptr_t host_base = heap->space->port.host_base;
    enum la_status status;
    va32_t moved;

    if (bytes <= usable && bytes <= heap->buckets->bytes_max &&
        heap->bucket[bucket_for(heap->buckets, bytes)].block_bytes > usable / 2u)
        return va;
    moved = heap_alloc(heap, bytes);
    if (moved == 0)
        return bytes <= usable ? va : 0; /* no room to move: what is there is enough */
    memcpy(la_host(host_base, moved), la_host(host_base, va), bytes < usable ? bytes : usable);
    status = heap_free(heap, va);
    LA_ASSERT(status == LA_OK);
    return moved;
}

/* A block of a cold or full segment, a large one, none at all. */
static LA_NOT_INLINE LA_REGISTER_CALL va32_t realloc_slowly(struct heap *heap, va32_t va,
                                                            uint32_t bytes)
{
    struct heap_segment *entry;
    enum la_status status;
    uint32_t usable;

    if (va == 0)
        return heap_alloc(heap, bytes);
    entry = find_live(heap, va, &status);
    if (entry == NULL) {
        heap->error = status;
        return 0;
    }
    usable = usable_bytes(heap, entry);
    if (bytes <= heap->buckets->bytes_max
            ? stays(usable, bytes)
            : entry->bucket == HEAP_BUCKET_LARGE && heap_large_resize(heap, entry, bytes))
        return va;
    return resize_block(heap, va, bytes, usable);
}

LA_REGISTER_CALL va32_t heap_realloc(struct heap *heap, va32_t va, uint32_t bytes)
{
    const struct heap_segment *entry = heap_entry(heap, la_segment_of(va));
    uint32_t block = heap_block_at(entry, va + heap->key);
    uint32_t usable;

    if (block >= entry->blocks || bits_none(&heap_map_const(entry)[block / 32u], bits_one(block)))
        return realloc_slowly(heap, va, bytes);
    usable = heap->bucket[entry->bucket].block_bytes;
    return stays(usable, bytes) ? va : resize_block(heap, va, bytes, usable);
}
