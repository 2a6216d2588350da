/* SPDX-License-Identifier: 0BSD */
/* The heap: lookaside buckets of equal blocks over whole segments, any number of heaps on one VAS.
 *
 *   request -> bucket (one table look-up) -> current word of a block map -> lowest free bit
 *
 * A segment serves one bucket. Its block map has one bit a block: 1 live, 0 not live. The map and
 * everything else about a segment live in a table outside the blocks, so blocks keep their natural
 * alignment, an overflown block cannot damage the allocator, and a double or wild free is known for
 * certain. Pages are committed when the first block on them is handed out; trimming gives pages
 * without a live block back, also from the middle of a used segment, without touching a block.
 * Requests above the largest bucket get a region of their own from the VAS.
 *
 * One caller at a time for each heap_space (a heap is not locked).
 */
#ifndef LOOKASIDE_HEAP_H
#define LOOKASIDE_HEAP_H

#include <lookaside/bucket.h>
#include <lookaside/port.h>
#include <lookaside/vas.h>

/* -- Private: one segment of a heap; the same size on every build so that layouts agree -------- */

/* What a heap knows of a segment. Its block map follows in the same piece of memory: a bit a block,
 * 1 = live; bits past the last block are 0. Of a large region the first word there is its pages.
 */
struct heap_segment {
    uint32_t bias;       /* the segment's address + the owner's key; 0: no heap's segment */
    uint32_t inverse;    /* copy of the bucket's shape, for free(); 1 when no bucket's */
    uint32_t blocks;     /* in this segment while it is current or ready, else 0 */
    uint8_t shift;       /* copy of the bucket's shape, for free(); 0 when no bucket's */
    uint8_t bucket;      /* or a mark of heap_private.h: retained, large, nobody's */
    uint16_t busy_words; /* words of the map with a live block, and the current word */
    union {
        struct heap *heap;  /* the owner */
        uint64_t heap_room; /* a pointer takes 8 bytes of the layout on every build */
    };
    uint16_t pages; /* bit: the page is committed */
    uint16_t next;  /* ring of the segments of one list; 0: in no ring */
    union {
        uint16_t prev;             /* in a ring */
        uint16_t freed_while_full; /* in none */
    };
    uint16_t room; /* for how large a map the piece has room, as a class of heap_entry.c */
};

/* The segment table: where to find that. */
union heap_slot {
    struct heap_segment *segment; /* never NULL */
    uint64_t room;
};

_Static_assert(sizeof(struct heap_segment) == 32, "layouts must not depend on the build");
_Static_assert(sizeof(union heap_slot) == 8, "layouts must not depend on the build");

#define HEAP_SLOTS_PER_PAGE (LA_PAGE_BYTES / (uint32_t)sizeof(union heap_slot))
#define HEAP_TABLE_PAGES    ((LA_SEGMENTS + HEAP_SLOTS_PER_PAGE - 1u) / HEAP_SLOTS_PER_PAGE)
#define HEAP_ROOM_CLASSES   7u /* block maps of up to 4, 8, ... 256 words */

/* -- One per address space --------------------------------------------------------------------- */

struct heap;

/* The segment table and its entries for all heaps on one VAS. Everything in it is private. They
 * live in the VAS themselves: 512 KiB of addresses for the table, backed page by page as segments
 * come into use, and 64 KiB more for each few hundred segments.
 */
struct heap_space {
    struct vas *vas;
    struct la_port port;
    va32_t table_va;
    struct heap *heaps;                /* ascending by key */
    uintptr_t slots[HEAP_TABLE_PAGES]; /* the original of heap->slots */
    struct heap_segment nobody;        /* the entry of segments that are no heap's */
    struct heap_segment null;          /* the entry of segment 0: so that free(0) is recognised */
    union heap_slot unbacked[1u + HEAP_SLOTS_PER_PAGE]; /* stands in for pages of the table */
    va32_t entry_free[HEAP_ROOM_CLASSES]; /* freed entries, linked through their first word */
    va32_t entry_region;         /* newest region of entries; its first word names the one before */
    uint32_t entry_used_bytes;   /* of the newest region */
    uint32_t entry_backed_bytes; /* of the newest region; older ones are backed as a whole */
    uint32_t pages;              /* backed pages of table and entries */
};

/* Reserve the segment table and be ready for heaps. `vas` and what `port` points to must outlive
 * the space; *port is copied. LA_NO_SPACE: the VAS has no room for the table.
 */
enum la_status heap_space_init(struct heap_space *space, struct vas *vas,
                               const struct la_port *port);

/* Give table and maps back. Panics if a heap still exists. */
void heap_space_destroy(struct heap_space *space);

/* -- A heap ------------------------------------------------------------------------------------ */

/* How much memory a heap keeps for later. A zero field means its default. */
struct heap_policy {
    uint32_t retain_pages_min; /* empty segments are kept while they hold no more pages than this */
    uint32_t retain_shift;     /* ... or than committed pages >> retain_shift */
    uint32_t trim_shift;       /* look for empty pages after growing by pages >> trim_shift */
};

/* The knees of the curves measured in docs/decisions.md. */
#define HEAP_RETAIN_PAGES_MIN    64u
#define HEAP_RETAIN_SHIFT        3u
#define HEAP_TRIM_SHIFT          4u
#define HEAP_TRIM_STEP_PAGES_MIN 4u

/* Private. A bucket's place to take the next block from, and its lists. */
struct heap_bucket {
    uint32_t *word;       /* current word of the current segment's map */
    uint32_t mask;        /* blocks of that word whose pages are committed; 0: none to take */
    uint32_t block_bytes; /* copy of the bucket's shape */
    va32_t word_va;       /* address of the block of bit 0; 0: no current segment */
    uint16_t ready;       /* list: segments with a free block on committed pages, oldest first */
    uint16_t cold;        /* list: segments whose free blocks are all on uncommitted pages */
    uint32_t *row_end;    /* words after the current one and before this have all their pages */
    struct heap_segment *current;
    struct heap *heap; /* the heap it is part of */
};

#define HEAP_DIRECT_BYTES_MAX 1024u /* up to here a request finds its bucket in one step */

/* Private; caller-supplied memory. */
struct heap {
    uint32_t key;          /* 1 more than a multiple of a segment's bytes, its own in the space */
    uint32_t direct_bytes; /* HEAP_DIRECT_BYTES_MAX, or the largest bucket if that is smaller */
    struct heap_bucket *direct[HEAP_DIRECT_BYTES_MAX / BUCKET_GRAIN_BYTES + 1u]; /* by grains */
    uintptr_t slots[HEAP_TABLE_PAGES]; /* pages of the segment table: heap_entry() has the rule */
    const struct bucket_table *buckets;
    struct heap_space *space;
    struct heap *next;    /* heaps of the space, ascending by key */
    enum la_status error; /* why the last failing call failed */
    uint16_t empty;       /* list: retained segments without a live block */
    uint32_t empty_pages; /* committed pages in them */
    uint32_t pages;       /* committed pages, all kinds */
    uint32_t pages_peak;
    uint32_t trim_at_pages; /* growing past this looks for empty pages first */
    uint32_t segments;      /* segments held, all kinds */
    uint32_t large_pages;   /* committed pages of large regions */
    struct heap_policy policy;
    uint16_t borrowed[BUCKETS_MAX]; /* blocks a bucket had from larger ones before its first page */
    uint32_t no_word; /* what the word of a bucket without a segment points to; stays 0 */
    struct heap_bucket bucket[BUCKETS_MAX];
};

/* A new heap on `space`. `buckets` must outlive it. `policy` may be NULL. Takes no memory yet.
 * LA_NO_SPACE: 65,535 heaps exist.
 */
enum la_status heap_init(struct heap *heap, struct heap_space *space,
                         const struct bucket_table *buckets, const struct heap_policy *policy);

/* Give back everything the heap holds, live blocks included. O(regions of the VAS). */
void heap_destroy(struct heap *heap);

/* A block of at least `bytes` bytes (0 counts as 1), aligned to 8 bytes, or to a page when large.
 * Contents undefined. Answers its address, or 0 with heap->error set to LA_NO_SPACE or
 * LA_NO_MEMORY; no block has changed then, but what the heap kept for later may be given back.
 * About 17 instructions when the current word has a block, O(1) when another word or segment has;
 * growing past the budget looks at all segments with free blocks, a refusal at all regions.
 */
LA_REGISTER_CALL va32_t heap_alloc(struct heap *heap, uint32_t bytes);

/* The same, and the first `bytes` bytes read as zero. */
LA_REGISTER_CALL va32_t heap_alloc_zeroed(struct heap *heap, uint32_t bytes);

/* The same, on a multiple of 2^align_log2 bytes (up to LA_SEGMENT_SHIFT; above: LA_BAD_ARGUMENT).
 * Served by the first bucket whose blocks all have that alignment, or straight from the VAS where
 * there is none or a region of whole pages takes less.
 */
va32_t heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2);

/* Give a block back. 0 is allowed and does nothing. LA_DOUBLE_FREE: a block of this heap that is
 * not live. LA_BAD_ADDRESS: any other address: inside a block, another heap's, a stack, free space,
 * and a block whose whole segment was given back or retained since. Nothing has changed then. O(1).
 */
LA_REGISTER_CALL enum la_status heap_free(struct heap *heap, va32_t va);

/* Change a block's size, moving it if it must. va 0 allocates; bytes 0 keeps a smallest block.
 * Answers the block's address, or 0 with heap->error set and the old block untouched: LA_NO_SPACE,
 * LA_NO_MEMORY, or as heap_free() answers for a bad `va`. Copies at most the old usable size.
 */
LA_REGISTER_CALL va32_t heap_realloc(struct heap *heap, va32_t va, uint32_t bytes);

/* Bytes the owner of live block `va` may use; 0 if `va` is no live block of this heap. */
uint32_t heap_usable(const struct heap *heap, va32_t va);

/* Give back every page without a live block and every segment without one, except address space for
 * partly used segments. Answers the pages decommitted. O(segments with free blocks).
 */
uint32_t heap_trim(struct heap *heap);

/* -- Looking inside ---------------------------------------------------------------------------- */

struct heap_block {
    va32_t va;
    uint32_t bytes;  /* usable */
    uint32_t bucket; /* BUCKETS_MAX: large */
};

/* Live blocks in address order: start with *cursor = 0; false after the last. The heap must not
 * change between the calls.
 */
bool heap_next_block(const struct heap *heap, va32_t *cursor, struct heap_block *ret_block);

/* Which heap of the space has `segment`, as the first one of a region, and for which bucket
 * (BUCKETS_MAX: none, it is retained or a large block's). NULL if none has. O(1).
 */
const struct heap *heap_owner(const struct heap_space *space, uint32_t segment,
                              uint32_t *ret_bucket);

struct heap_bucket_stats {
    uint32_t block_bytes;
    uint32_t segments;
    uint32_t live_blocks;
    uint32_t committed_pages;
    uint32_t tail_bytes; /* of those pages, past the last block of their segments */
};

struct heap_stats {
    uint32_t live_blocks; /* large ones included */
    uint32_t block_bytes; /* usable bytes of all live blocks */
    uint32_t committed_pages;
    uint32_t committed_pages_peak;
    uint32_t metadata_pages; /* of the whole space: shared by its heaps */
    uint32_t segments;
    uint32_t retained_segments;
    uint32_t large_blocks;
    uint32_t large_pages;
    struct heap_bucket_stats bucket[BUCKETS_MAX];
};

/* Counted by a walk, O(regions + blocks / 32). */
void heap_stats(const struct heap *heap, struct heap_stats *ret_stats);

/* The first broken invariant in words, or NULL. Slow; for tests, fuzzers and self-tests. */
const char *heap_check(const struct heap *heap);

#endif
