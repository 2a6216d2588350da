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

/* What heap_segment.bucket says of an owned segment that is no bucket's. */
#define HEAP_BUCKET_RETAINED 254u /* committed, empty, kept for any bucket */
#define HEAP_BUCKET_LARGE    255u /* first segment of a large region: see heap_large.c */

_Static_assert(BUCKETS_MAX <= HEAP_BUCKET_RETAINED, "bucket numbers and marks share a byte");

#define HEAP_ENTRIES_PER_PAGE (LA_PAGE_BYTES / (uint32_t)sizeof(struct heap_segment))

#define HEAP_NO_SEGMENT 0u /* segment 0 is never a heap's */

/* The compiler may call these two in freestanding code anyway; every port has them. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* -- heap_space.c ------------------------------------------------------------------------------ */

/* Whether the table's entry for `segment` is backed and may be read. */
static inline bool heap_space_has_entry(const struct heap_space *space, uint32_t segment)
{
    /* A small space ends below 4 GiB; in the full one the first test is always true. */
    return (LA_SEGMENTS == UINT32_C(1) << (32u - LA_SEGMENT_SHIFT) || segment < LA_SEGMENTS) &&
           space->table_backed[segment / HEAP_ENTRIES_PER_PAGE] != 0;
}

/* Back the page that entry lies on. LA_NO_MEMORY: nothing has changed. */
enum la_status heap_space_back_entry(struct heap_space *space, uint32_t segment);

/* The heap's regions in address order, as vas_next_region(). */
bool heap_next_region(const struct heap *heap, uint32_t *cursor, struct vas_region *ret_region);

/* -- heap_map.c -------------------------------------------------------------------------------- */

/* A segment's block map. `words` as in the shape: 0 means the entry's inline word, which is free.
 * LA_NO_SPACE or LA_NO_MEMORY, nothing changed. All bits of a new map are 1.
 */
enum la_status heap_map_take(struct heap_space *space, struct heap_segment *entry, uint32_t words);
void heap_map_give(struct heap_space *space, struct heap_segment *entry, uint32_t words);

/* -- heap_pages.c ------------------------------------------------------------------------------ */

/* Commit (decommit) the pages of mask `pages` in `segment`; all or none. Keeps all page counts. */
enum la_status heap_commit_pages(struct heap *heap, uint32_t segment, uint32_t pages);
void heap_decommit_pages(struct heap *heap, uint32_t segment, uint32_t pages);

/* Account for committing `pages` pages of a large region, or giving them back. */
enum la_status heap_commit_large(struct heap *heap, va32_t va, uint32_t pages);
void heap_decommit_large(struct heap *heap, va32_t va, uint32_t pages);

/* The pages block `block` of a bucket lies on. */
uint32_t heap_block_pages(uint32_t block_bytes, uint32_t block);

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
    return (uint32_t)(bucket->word - bucket->heap->table[heap_current_segment(bucket)].map);
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

/* A block of a cold or full segment was freed (its bit is set already): the segment is ready, if it
 * was cold or enough of its blocks are free by now.
 */
void heap_segment_wake(struct heap *heap, uint32_t segment);

/* After a free: `word` of an active segment's map has no live block left. Answers LA_OK. */
LA_REGISTER_CALL enum la_status heap_word_emptied(struct heap *heap, struct heap_segment *entry,
                                                  const uint32_t *word);

/* Forget the current segment of a bucket, which has no free block on committed pages: it is cold or
 * full then, or back with the VAS if nothing in it is live.
 */
void heap_leave_current(struct heap_bucket *bucket);

/* Keep a segment without live blocks, map and list for whoever needs one, up to the policy's bound;
 * past it, release it.
 */
void heap_retire_segment(struct heap *heap, uint32_t segment);

/* Take a retained segment, its committed pages (entry->pages) as they are; HEAP_NO_SEGMENT if
 * none.
 */
uint32_t heap_take_retained(struct heap *heap);

/* Give a segment without live blocks and in no list back: pages, map, entry, addresses. */
void heap_release_segment(struct heap *heap, uint32_t segment);

/* -- heap_slow.c: what heap_alloc() and heap_free() do off their fast paths -------------------- */

LA_REGISTER_CALL va32_t heap_alloc_slowly(struct heap_bucket *bucket);

/* A block of this very bucket and no larger one's. */
va32_t heap_alloc_exactly(struct heap_bucket *bucket);

LA_REGISTER_CALL enum la_status heap_free_slowly(struct heap *heap, va32_t va);

/* -- heap_trim.c ------------------------------------------------------------------------------- */

/* Called before `pages` more are committed: looks for empty ones first when the heap has grown. */
void heap_before_growth(struct heap *heap, uint32_t pages);

/* -- heap_large.c ------------------------------------------------------------------------------ */

LA_REGISTER_CALL va32_t heap_large_alloc(struct heap *heap, uint32_t bytes);

/* Zero those pages of a region just allocated that held something before. */
void heap_large_zero(struct heap *heap, uint32_t segment);
void heap_large_free(struct heap *heap, uint32_t segment);

/* Resize in place; false (and nothing changed) if it must move. */
bool heap_large_resize(struct heap *heap, uint32_t segment, uint32_t bytes);

/* -- Shared arithmetic ------------------------------------------------------------------------- */

/* Take the lowest usable block of the bucket's current word; it must have one. */
static inline va32_t heap_take_lowest(struct heap_bucket *bucket, uint32_t *word, uint32_t usable)
{
    uint32_t bit = bits_lowest(usable);

    *word &= ~(UINT32_C(1) << bit);
    return bucket->word_va + bit * bucket->block_bytes;
}

/* Whose segment it is, as a heap's key; 0 if nobody's. */
static inline uint32_t heap_owner_key(const struct heap_segment *entry, uint32_t segment)
{
    return entry->bias == 0 ? 0u : entry->bias - la_segment_va(segment);
}

/* The number of the block of `heap` at `va`, or a number not below shape->blocks if there is none.
 *
 * With the right owner, `offset` is the offset in the segment; with a wrong one it is off by a
 * multiple of 64 KiB. bucket.c says why every offset that is not a block's gives a large number.
 */
static inline uint32_t heap_block_at(const struct heap *heap, const struct heap_segment *entry,
                                     va32_t va)
{
    uint32_t offset = va - entry->bias + heap->key;
    uint32_t product = offset * entry->inverse;

    return product >> entry->shift | product << (-entry->shift & 31);
}

#endif
