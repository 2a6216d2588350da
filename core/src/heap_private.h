/* SPDX-License-Identifier: 0BSD */
/* What the files of the heap share. Where a segment can be, and what moves it:
 *
 *   current   its bucket takes blocks from it. Used up: cold or full.
 *   cold      free blocks on uncommitted pages only. One more page: current. A free: ready.
 *   full      no free block, in no list. Enough frees: ready.
 *   ready     free blocks on committed pages. Its turn: current. Trimmed: cold. Empty: retained.
 *   retained  no live block, kept for any bucket: current. Too many: released to the VAS.
 */
#ifndef LOOKASIDE_CORE_HEAP_PRIVATE_H
#define LOOKASIDE_CORE_HEAP_PRIVATE_H

#include <lookaside/heap.h>

#include "bits.h"

/* What heap_segment.bucket says of a segment that is no bucket's. */
#define HEAP_BUCKET_NOBODY   252u /* no heap's */
#define HEAP_BUCKET_NULL     253u /* segment 0 */
#define HEAP_BUCKET_RETAINED 254u /* committed, empty, kept for any bucket */
#define HEAP_BUCKET_LARGE    255u /* first segment of a large region: see heap_large.c */

_Static_assert(BUCKETS_MAX <= HEAP_BUCKET_NOBODY, "bucket numbers and marks share a byte");

#define HEAP_NO_SEGMENT 0u /* segment 0 is never a heap's */

/* The compiler may call these two in freestanding code anyway; every port has them. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* -- heap_space.c ------------------------------------------------------------------------------ */

/* The segment table as its page for `segment` would have it begin, so that the segment's number is
 * the index whatever the page. Pages that are not backed are stood in for by space->unbacked.
 */
static inline const union heap_slot *heap_table_page(const struct heap *heap, uint32_t segment)
{
    /* A small space ends below 4 GiB; in the full one this is never true. */
    if (LA_SEGMENTS < UINT32_C(1) << (32u - LA_SEGMENT_SHIFT) && segment >= LA_SEGMENTS)
        return la_host((uintptr_t)&heap->space->unbacked[1] - segment * sizeof(union heap_slot), 0);
    return la_host(heap->slots[segment / HEAP_SLOTS_PER_PAGE], 0);
}

/* The entry of any segment that an address can have. */
static inline struct heap_segment *heap_entry(const struct heap *heap, uint32_t segment)
{
    return heap_table_page(heap, segment)[segment].segment;
}

/* The block map. */
static inline uint32_t *heap_map(struct heap_segment *entry)
{
    return (uint32_t *)(entry + 1);
}

static inline const uint32_t *heap_map_const(const struct heap_segment *entry)
{
    return (const uint32_t *)(entry + 1);
}

/* The segment that an entry is of. */
static inline uint32_t heap_segment_of(const struct heap_segment *entry)
{
    return la_segment_of(entry->bias - entry->heap->key);
}

/* Have `entry` found under `segment`. LA_NO_MEMORY: the page of the table could not be backed and
 * nothing has changed.
 */
enum la_status heap_space_enter(struct heap_space *space, uint32_t segment,
                                struct heap_segment *entry);

/* The same for a segment that had an entry before: cannot fail. */
void heap_space_replace(struct heap_space *space, uint32_t segment, struct heap_segment *entry);

/* The segment is nobody's from now on. */
void heap_space_leave(struct heap_space *space, uint32_t segment);

/* The heap's regions in address order, as vas_next_region(). */
bool heap_next_region(const struct heap *heap, uint32_t *cursor, struct vas_region *ret_region);

/* -- heap_entry.c ------------------------------------------------------------------------------ */

/* Memory for an entry with a block map of `words` (as in the shape) + 1 words. Only its `room` is
 * set. LA_NO_SPACE or LA_NO_MEMORY, nothing changed.
 */
enum la_status heap_entry_take(struct heap_space *space, uint32_t words,
                               struct heap_segment **ret_entry);
void heap_entry_give(struct heap_space *space, struct heap_segment *entry);

/* Whether such a map has its place in `entry`. */
bool heap_entry_has_room(const struct heap_segment *entry, uint32_t words);

/* -- heap_pages.c ------------------------------------------------------------------------------ */

/* Commit (decommit) the pages of mask `pages` in a segment; all or none. Keeps all page counts. */
enum la_status heap_commit_pages(struct heap_segment *entry, uint32_t pages);
void heap_decommit_pages(struct heap_segment *entry, uint32_t pages);

/* Account for committing `pages` pages of a large region, or giving them back. */
enum la_status heap_commit_large(struct heap *heap, va32_t va, uint32_t pages);
void heap_decommit_large(struct heap *heap, va32_t va, uint32_t pages);

/* The pages block `block` of a bucket lies on. */
uint32_t heap_block_pages(uint32_t block_bytes, uint32_t block);

/* Blocks of word `word` of the map that exist. */
static inline uint32_t heap_word_blocks(const struct bucket_shape *shape, uint32_t word)
{
    return word < shape->words ? BITS_ALL : shape->last_blocks;
}

/* Blocks of word `word` of the map that lie wholly on committed pages. */
uint32_t heap_committed_blocks(const struct heap_segment *entry, const struct bucket_shape *shape,
                               uint32_t word);

/* The first word from `word` on with a free block on committed pages, and its committed blocks;
 * shape->words + 1 and 0 if there is none.
 */
uint32_t heap_next_usable_word(const struct heap_segment *entry, const struct bucket_shape *shape,
                               uint32_t word, uint32_t *ret_mask);

/* Whether a segment has a free block on committed pages. */
static inline bool heap_is_usable(const struct heap_segment *entry,
                                  const struct bucket_shape *shape)
{
    uint32_t mask;

    return heap_next_usable_word(entry, shape, 0, &mask) <= shape->words;
}

/* -- heap_segment.c ---------------------------------------------------------------------------- */

/* Lists of segments are rings: *list is the oldest member, its `prev` the newest. */
void heap_list_append(struct heap *heap, uint16_t *list, uint32_t segment);
void heap_list_remove(struct heap *heap, uint16_t *list, uint32_t segment);

/* The bucket's current segment, or HEAP_NO_SEGMENT, and the number of its current word. */
static inline uint32_t heap_current_segment(const struct heap_bucket *bucket)
{
    return la_segment_of(bucket->word_va);
}

static inline uint32_t heap_current_word(const struct heap_bucket *bucket)
{
    return (uint32_t)(bucket->word - heap_map(bucket->current));
}

static inline uint32_t *heap_first_not_full(uint32_t *word, const uint32_t *end)
{
    while (word < end && *word == BITS_ALL)
        word++;
    return word;
}

/* Move on to the word `to` of the current segment. The one before is used up. */
static inline void heap_move_to(struct heap_bucket *bucket, uint32_t *to, uint32_t mask)
{
    if (*to == 0)
        bucket->current->busy_words++;
    bucket->word_va += (uint32_t)(to - bucket->word) * 32u * bucket->block_bytes;
    bucket->word = to;
    bucket->mask = mask;
}

/* Move on to the next word of the current segment with a free block, as long as that takes no look
 * at pages: the frequent case. False says nothing.
 */
static inline bool heap_next_word_of_row(struct heap_bucket *bucket)
{
    uint32_t *end = bucket->row_end;
    uint32_t *word = bucket->word + 1;

    if (word >= end) /* also if there is no such end */
        return false;
    word = heap_first_not_full(word, end);
    if (word == end)
        return false;
    heap_move_to(bucket, word, BITS_ALL);
    return true;
}

/* Find a bucket a current word with a usable block on committed pages: another word, another
 * segment. False if there is none; the bucket has no current segment then.
 */
bool heap_refill(struct heap_bucket *bucket);

/* The same with one more page, or one more segment. Errors as heap_alloc(), nothing changed
 * then.
 */
enum la_status heap_grow(struct heap_bucket *bucket);

/* Where a bucket's segment is follows from its entry: blocks != 0 while it is active (current or in
 * the ready ring), so that the one comparison of free() that catches wild addresses also catches
 * the frees after which a segment must move; else it is cold if it is in a ring, else full.
 *
 * Keep free()'s fast path out of a segment that is cold or full; its ring is the caller's.
 */
static inline void heap_deactivate(struct heap_segment *entry)
{
    entry->blocks = 0;
}

/* A block of a cold or full segment was freed (its bit is clear already): the segment is ready if
 * it was cold, or enough of its blocks are free by now.
 */
void heap_segment_wake(struct heap *heap, struct heap_segment *entry);

/* After a free: `word` of a segment's map has no live block left. Answers LA_OK. */
LA_REGISTER_CALL enum la_status heap_word_emptied(const uint32_t *word, struct heap_segment *entry);

/* Forget the current segment of a bucket, which has no free block on committed pages: it is cold or
 * full then, or back with the VAS if nothing in it is live.
 */
void heap_leave_current(struct heap_bucket *bucket);

/* Keep a segment without live blocks, map and list for whoever needs one, up to the policy's bound;
 * past it, release it.
 */
void heap_retire_segment(struct heap *heap, struct heap_segment *entry);

/* Take a retained segment, its committed pages (entry->pages) as they are; NULL: there is none. */
struct heap_segment *heap_take_retained(struct heap *heap);

/* Give a segment without live blocks and in no list back: pages, map, entry, addresses. */
void heap_release_segment(struct heap *heap, struct heap_segment *entry);

/* -- heap_slow.c: what heap_alloc() and heap_free() do off their fast paths -------------------- */

LA_REGISTER_CALL va32_t heap_alloc_slowly(struct heap_bucket *bucket);

/* A block of this very bucket and no larger one's. */
va32_t heap_alloc_exactly(struct heap_bucket *bucket);

/* heap_free() of what heap_block_at() calls `block` in `entry`. */
LA_REGISTER_CALL enum la_status heap_free_slowly(uint32_t block, struct heap_segment *entry);

/* -- heap_trim.c ------------------------------------------------------------------------------- */

/* Called before `pages` more are committed: looks for empty ones first when the heap has grown. */
void heap_before_growth(struct heap *heap, uint32_t pages);

/* -- heap_large.c ------------------------------------------------------------------------------ */

va32_t heap_large_alloc(struct heap *heap, uint32_t bytes);

/* The pages of a large region. */
static inline uint32_t heap_large_pages(const struct heap_segment *entry)
{
    return *heap_map_const(entry);
}

/* Zero those pages of a region just allocated that held something before. */
void heap_large_zero(struct heap *heap, const struct heap_segment *entry);
void heap_large_free(struct heap *heap, struct heap_segment *entry);

/* Resize in place; false (and nothing changed) if it must move. */
bool heap_large_resize(struct heap *heap, struct heap_segment *entry, uint32_t bytes);

/* -- Shared arithmetic ------------------------------------------------------------------------- */

/* The usable blocks of the bucket's current word. Live blocks lie on committed pages only, so the
 * word is part of the mask and `xor` is as good as `and not`, which is an instruction more.
 */
static inline uint32_t heap_usable_blocks(const struct heap_bucket *bucket)
{
    return bucket->mask ^ *bucket->word;
}

/* Take the lowest of `usable`, blocks of the bucket's current word that may be taken. */
static inline va32_t heap_take_lowest(struct heap_bucket *bucket, uint32_t usable)
{
    uint32_t number = bits_lowest(usable);
    uint32_t bit = bits_one(number);
    va32_t va = bucket->word_va + number * bucket->block_bytes;

#if defined(__i386__)
    /* With four registers in use one would have to be saved: read the pointer once more instead. */
    __asm__("" : "+m"(bucket->word));
#endif
    *bucket->word |= bit;
    return va;
}

/* The number of a heap's block at `biased` (its address + the heap's key), or a number not below
 * shape->blocks if there is none.
 *
 * With the right owner, `offset` is the offset in the segment; with a wrong one it is off by a
 * multiple of 64 KiB. bucket.c says why every offset that is not a block's gives a large number.
 */
static inline uint32_t heap_block_at(const struct heap_segment *entry, uint32_t biased)
{
    uint32_t offset = biased - entry->bias;
    uint32_t product = offset * entry->inverse;

    return product >> entry->shift | product << (-entry->shift & 31);
}

/* That offset again: all of it can be undone. Not below a segment's bytes if the heap is not the
 * segment's owner; of nobody's segments it is the address + the heap's key.
 */
static inline uint32_t heap_offset_of(const struct heap_segment *entry, uint32_t block)
{
    uint32_t odd = entry->bucket < BUCKETS_MAX
                       ? entry->heap->bucket[entry->bucket].block_bytes >> entry->shift
                       : 1u;

    return (block << entry->shift | block >> (-entry->shift & 31)) * odd;
}

#endif
