/* SPDX-License-Identifier: 0BSD */
/* The heap as a slow model sees it: for every segment which blocks are live, which pages are
 * committed, and in which of the heap's places it is; of each list only the order in which segments
 * came. It follows the policy of docs/design.md ("The heap", "Memory policy") and predicts the
 * address of every block and every call of the layers below.
 *
 * It shares no code and no data with the core: where the core has block maps with masks, rings and
 * inverse numbers, this has loops, time stamps and divisions.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_HEAP_H
#define LOOKASIDE_FUZZ_MODEL_HEAP_H

#include <lookaside/heap.h>

#define HEAP_MODELS      16u
#define MAP_WORDS_MAX    (LA_SEGMENT_BYTES / BUCKET_GRAIN_BYTES / 32u)
#define PAGES_OF_SEGMENT LA_PAGES_PER_SEGMENT

enum segment_kind { SEGMENT_NOBODYS, SEGMENT_BUCKET, SEGMENT_RETAINED, SEGMENT_LARGE };
enum segment_place { PLACE_CURRENT, PLACE_READY, PLACE_COLD, PLACE_FULL };

struct segment_model {
    uint8_t kind;  /* enum segment_kind */
    uint8_t place; /* enum segment_place, of a bucket's */
    uint8_t bucket;
    uint8_t room;    /* class of its entry */
    bool had_blocks; /* it is a bucket's, or was before it was retained */
    struct heap_model *owner;
    uint32_t pages; /* bit: committed; of a large region: bit: held something before */
    uint32_t large_pages;
    uint32_t live_count;
    uint32_t freed_while_full;
    uint32_t word;      /* of its map, while it is current */
    uint64_t listed_at; /* when it came into its list */
    uint32_t number;    /* in owner->list */
    uint32_t live[MAP_WORDS_MAX];
};

struct heap_model {
    const struct heap *heap;            /* the one it is the model of; NULL: none */
    const struct bucket_table *buckets; /* of which it reads the sizes */
    const uint8_t *by_grain;            /* bucket by grains, found by looking through the sizes */
    struct heap_policy policy;
    uint32_t pages;
    uint32_t pages_peak;
    uint32_t segments;
    uint32_t large_pages;
    uint32_t empty_pages;
    uint32_t trim_at_pages;
    uint32_t live_blocks;
    uint32_t live_bytes; /* usable */
    enum la_status error;
    uint32_t current[BUCKETS_MAX];   /* segment; 0: none */
    uint32_t listed[BUCKETS_MAX][2]; /* ready and cold segments */
    uint32_t borrowed[BUCKETS_MAX];
    uint32_t retained_count;
    uint32_t count;
    uint16_t retained[LA_SEGMENTS]; /* a stack */
    uint16_t list[LA_SEGMENTS];     /* its segments (the first of each region), in no order */
};

/* Memory for the heaps' metadata. */
struct space_model {
    va32_t table_va;
    bool table_page[HEAP_TABLE_PAGES]; /* backed */
    uint32_t entries_free[HEAP_ROOM_CLASSES];
    va32_t region; /* newest */
    uint32_t used_bytes;
    uint32_t backed_bytes;
    uint32_t pages;
    uint32_t regions;
};

extern struct segment_model segment_model[LA_SEGMENTS];
extern struct heap_model heap_model[HEAP_MODELS];
extern struct space_model space_model;

/* -- Heaps ------------------------------------------------------------------------------------- */

/* Forget everything, for a space whose table begins at `table_va`. */
void heap_model_reset(va32_t table_va);

void heap_model_open(const struct heap *heap, const struct bucket_table *buckets,
                     const struct heap_policy *policy);
struct heap_model *heap_model_of(const struct heap *heap);

/* The heap is gone: forget its segments. */
void heap_model_close(struct heap_model *model);

/* -- Calls: each asks events.h for what it needs of the layers below --------------------------- */

/* The address; 0 and model->error if it is refused. */
va32_t heap_model_alloc(struct heap_model *model, uint32_t bytes);
va32_t heap_model_alloc_aligned(struct heap_model *model, uint32_t bytes, uint32_t align_log2);
va32_t heap_model_realloc(struct heap_model *model, va32_t va, uint32_t bytes);
enum la_status heap_model_free(struct heap_model *model, va32_t va);
uint32_t heap_model_trim(struct heap_model *model);

/* Usable bytes of live block `va` of this heap, 0 if it is none; with the reason why not. */
uint32_t heap_model_usable(const struct heap_model *model, va32_t va, enum la_status *ret_status);

/* -- Parts, shared by the model's files -------------------------------------------------------- */

static inline uint32_t block_bytes(const struct heap_model *model, uint32_t bucket)
{
    return model->buckets->shape[bucket].bytes;
}

static inline uint32_t blocks_of(uint32_t bytes)
{
    return LA_SEGMENT_BYTES / bytes;
}

static inline uint32_t map_words(uint32_t bytes)
{
    return (blocks_of(bytes) + 31u) / 32u;
}

static inline uint32_t segment_number(const struct segment_model *segment)
{
    return (uint32_t)(segment - segment_model);
}

static inline va32_t segment_base(const struct segment_model *segment)
{
    return segment_number(segment) * LA_SEGMENT_BYTES;
}

/* All pages that the blocks of this size lie on. */
uint32_t model_bucket_pages(uint32_t bytes);

/* Pages that block `block` of this size lies on. */
uint32_t model_block_pages(uint32_t bytes, uint32_t block);

uint32_t model_count(uint32_t mask);

enum la_status model_commit(struct heap_model *model, struct segment_model *segment,
                            uint32_t pages);
void model_decommit(struct heap_model *model, struct segment_model *segment, uint32_t pages);
void model_count_committed(struct heap_model *model, uint32_t pages);

/* The segment becomes the model's, or nobody's. */
void model_adopt(struct heap_model *model, struct segment_model *segment);
void model_disown(struct segment_model *segment);

enum la_status model_entry_take(uint32_t words);
void model_entry_give(uint32_t room);
uint32_t model_entry_class(uint32_t words);
enum la_status model_table_enter(uint32_t segment);

void model_list(struct segment_model *segment, enum segment_place place);
void model_unlist(struct segment_model *segment);

/* The one that came first into a bucket's list. */
struct segment_model *model_oldest(const struct heap_model *model, uint32_t bucket,
                                   enum segment_place place);

struct segment_model *model_take_retained(struct heap_model *model);
void model_retire(struct heap_model *model, struct segment_model *segment);
void model_release(struct heap_model *model, struct segment_model *segment);
void model_before_growth(struct heap_model *model, uint32_t pages);

/* Free blocks on committed pages of a word of the map, as a mask. */
uint32_t model_usable(const struct segment_model *segment, uint32_t word);

/* First word from `word` on with such a block; the number of words if there is none. */
uint32_t model_usable_word(const struct segment_model *segment, uint32_t word);

/* The segment stops being current: see "cold" and "full". */
void model_leave(struct segment_model *segment);

va32_t model_large_alloc(struct heap_model *model, uint32_t bytes);
void model_large_free(struct heap_model *model, struct segment_model *segment);
bool model_large_resize(struct heap_model *model, struct segment_model *segment, uint32_t bytes);

#endif
