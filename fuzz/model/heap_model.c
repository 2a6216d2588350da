/* SPDX-License-Identifier: 0BSD */
/* The model's allocation, free and realloc: blocks of buckets. */
#include "heap_model.h"

#include "events.h"

#include <string.h>

/* Policy 5 of docs/design.md: who has not been asked for so many pages' worth of blocks borrows. */
#define SMALL_HEAP_PAGES    64u
#define SMALL_HEAP_PATIENCE 6u
#define WAKE_FRACTION       32u /* a full segment serves again once 1 in 32 blocks was freed */

struct segment_model segment_model[LA_SEGMENTS];
struct heap_model heap_model[HEAP_MODELS];
struct space_model space_model;

/* -- Blocks on committed pages ----------------------------------------------------------------- */

uint32_t model_usable(const struct segment_model *segment, uint32_t word)
{
    uint32_t bytes = block_bytes(segment->owner, segment->bucket);
    uint32_t first = word * 32u;
    uint32_t count = blocks_of(bytes) - first < 32u ? blocks_of(bytes) - first : 32u;
    uint32_t usable = ~segment->live[word] & (UINT32_MAX >> (32u - count));

    if (segment->pages == model_bucket_pages(bytes))
        return usable;
    for (uint32_t rest = usable; rest != 0; rest &= rest - 1u) {
        uint32_t bit = (uint32_t)__builtin_ctz(rest);

        if ((model_block_pages(bytes, first + bit) & ~segment->pages) != 0)
            usable &= ~(UINT32_C(1) << bit);
    }
    return usable;
}

uint32_t model_usable_word(const struct segment_model *segment, uint32_t word)
{
    uint32_t words = map_words(block_bytes(segment->owner, segment->bucket));

    while (word < words && model_usable(segment, word) == 0)
        word++;
    return word;
}

/* The lowest block that is not live, committed or not; the number of blocks if all are. */
static uint32_t lowest_free(const struct segment_model *segment)
{
    uint32_t blocks = blocks_of(block_bytes(segment->owner, segment->bucket));
    uint32_t block = 0;

    while (block < blocks && (segment->live[block / 32u] >> block % 32u & 1u) != 0)
        block++;
    return block;
}

static va32_t take_lowest(struct segment_model *segment)
{
    struct heap_model *model = segment->owner;
    uint32_t bytes = block_bytes(model, segment->bucket);
    uint32_t bit = (uint32_t)__builtin_ctz(model_usable(segment, segment->word));

    segment->live[segment->word] |= UINT32_C(1) << bit;
    segment->live_count++;
    model->live_blocks++;
    model->live_bytes += bytes;
    return segment_base(segment) + (segment->word * 32u + bit) * bytes;
}

/* -- Segments of a bucket ---------------------------------------------------------------------- */

static void enter(struct segment_model *segment, uint32_t word)
{
    segment->place = PLACE_CURRENT;
    segment->word = word;
    segment->owner->current[segment->bucket] = segment_number(segment);
}

void model_leave(struct segment_model *segment)
{
    struct heap_model *model = segment->owner;

    model->current[segment->bucket] = 0;
    if (segment->live_count == 0) {
        model_release(model, segment);
        return;
    }
    segment->freed_while_full = 0;
    segment->place = PLACE_FULL;
    if (lowest_free(segment) < blocks_of(block_bytes(model, segment->bucket)))
        model_list(segment, PLACE_COLD);
}

/* A current segment with a block to take: its word, another one upwards and around, the oldest
 * ready segment. False if there is none; the bucket has no current segment then.
 */
static bool refill(struct heap_model *model, uint32_t bucket)
{
    struct segment_model *segment = &segment_model[model->current[bucket]];
    uint32_t words = map_words(block_bytes(model, bucket));

    if (model->current[bucket] != 0) {
        if (model_usable(segment, segment->word) != 0)
            return true;
        uint32_t word = model_usable_word(segment, segment->word + 1u);

        if (word == words)
            word = model_usable_word(segment, 0);
        if (word < words) {
            segment->word = word;
            return true;
        }
        model_leave(segment);
    }
    segment = model_oldest(model, bucket, PLACE_READY);
    if (!segment)
        return false;
    model_unlist(segment);
    enter(segment, model_usable_word(segment, 0));
    return true;
}

static bool can_take_now(const struct heap_model *model, uint32_t bucket)
{
    const struct segment_model *segment = &segment_model[model->current[bucket]];

    return model->current[bucket] != 0 && model_usable(segment, segment->word) != 0;
}

/* A bucket up to twice as large lends a block to one that has not earned a page. */
static uint32_t find_lender(struct heap_model *model, uint32_t bucket)
{
    uint32_t bytes = block_bytes(model, bucket);
    uint32_t patience = model->pages < SMALL_HEAP_PAGES ? SMALL_HEAP_PATIENCE : 1u;

    if (model->borrowed[bucket] >= patience * LA_PAGE_BYTES / bytes)
        return BUCKETS_MAX;
    for (uint32_t i = bucket + 1u; i < model->buckets->count; i++) {
        if (block_bytes(model, i) > 2u * bytes)
            return BUCKETS_MAX;
        if (can_take_now(model, i)) {
            model->borrowed[bucket]++;
            return i;
        }
    }
    return BUCKETS_MAX;
}

/* The lowest free block's pages are committed, and the segment becomes current. */
static enum la_status enter_with_new_page(struct segment_model *segment)
{
    struct heap_model *model = segment->owner;
    uint32_t block = lowest_free(segment);
    uint32_t bytes = block_bytes(model, segment->bucket);
    uint32_t missing = model_block_pages(bytes, block) & ~segment->pages;
    bool listed = segment->place == PLACE_COLD;
    enum la_status status = model_commit(model, segment, missing);

    if (status != LA_OK)
        return status;
    if (listed)
        model_unlist(segment);
    enter(segment, block / 32u);
    return LA_OK;
}

/* A retained segment gets an entry of another size. */
static enum la_status exchange_entry(struct segment_model *segment, uint32_t words)
{
    enum la_status status;

    if (segment->room == model_entry_class(words))
        return LA_OK;
    status = model_entry_take(words);
    if (status == LA_OK)
        model_entry_give(segment->room);
    return status;
}

static enum la_status new_segment(struct heap_model *model, uint32_t words,
                                  struct segment_model **ret_segment)
{
    va32_t base = 0;
    enum la_status status = model_entry_take(words);

    if (status != LA_OK)
        return status;
    status = events_reserve(1, VAS_COMMITTED, &base);
    if (status == LA_OK) {
        status = model_table_enter(base / LA_SEGMENT_BYTES);
        if (status != LA_OK)
            events_release(base);
    }
    if (status != LA_OK) {
        model_entry_give(model_entry_class(words));
        return status;
    }
    *ret_segment = &segment_model[base / LA_SEGMENT_BYTES];
    (*ret_segment)->pages = 0;
    model_adopt(model, *ret_segment);
    model->segments++;
    return LA_OK;
}

static enum la_status take_segment(struct heap_model *model, uint32_t bucket,
                                   struct segment_model **ret_segment)
{
    uint32_t words = map_words(block_bytes(model, bucket));
    struct segment_model *segment = model_take_retained(model);
    enum la_status status;

    if (segment) {
        status = exchange_entry(segment, words);
        if (status != LA_OK)
            model_retire(model, segment);
    } else {
        status = new_segment(model, words, &segment);
    }
    if (status != LA_OK)
        return status;
    segment->kind = SEGMENT_BUCKET;
    segment->had_blocks = true;
    segment->bucket = (uint8_t)bucket;
    segment->place = PLACE_FULL; /* in no list yet */
    segment->room = (uint8_t)model_entry_class(words);
    segment->live_count = 0;
    memset(segment->live, 0, words * sizeof segment->live[0]);
    *ret_segment = segment;
    return LA_OK;
}

static enum la_status grow_once(struct heap_model *model, uint32_t bucket)
{
    struct segment_model *segment;
    enum la_status status;

    if (model->listed[bucket][1] != 0 || model->retained_count == 0)
        model_before_growth(model, 1);
    segment = model_oldest(model, bucket, PLACE_COLD);
    if (segment)
        return enter_with_new_page(segment);
    status = take_segment(model, bucket, &segment);
    if (status != LA_OK)
        return status;
    status = enter_with_new_page(segment);
    if (status != LA_OK)
        model_release(model, segment);
    return status;
}

/* The full segment with the lowest number above `above` of which something was freed; NULL: none.
 */
static struct segment_model *next_full(const struct heap_model *model, uint32_t bucket,
                                       uint32_t above)
{
    struct segment_model *next = NULL;

    for (uint32_t i = 0; i < model->count; i++) {
        struct segment_model *segment = &segment_model[model->list[i]];

        if (segment->kind == SEGMENT_BUCKET && segment->bucket == bucket &&
            segment->place == PLACE_FULL && segment->freed_while_full != 0 &&
            segment_number(segment) > above && (!next || segment < next))
            next = segment;
    }
    return next;
}

/* The few free blocks of segments taken for full must serve: those become ready, in the order of
 * their addresses.
 */
static bool wake_full(struct heap_model *model, uint32_t bucket)
{
    struct segment_model *segment = &segment_model[0];

    while ((segment = next_full(model, bucket, segment_number(segment))) != NULL)
        model_list(segment, PLACE_READY);
    return refill(model, bucket);
}

static enum la_status grow(struct heap_model *model, uint32_t bucket)
{
    uint32_t trim_at_pages = model->trim_at_pages;
    enum la_status status = grow_once(model, bucket);

    if (status != LA_OK && heap_model_trim(model) != 0)
        status = grow_once(model, bucket);
    if (status == LA_OK)
        return LA_OK;
    model->trim_at_pages = trim_at_pages;
    return wake_full(model, bucket) ? LA_OK : status;
}

static va32_t alloc_from(struct heap_model *model, uint32_t bucket, bool may_borrow)
{
    uint32_t lender = bucket;
    enum la_status status;

    if (!refill(model, bucket)) {
        lender = may_borrow ? find_lender(model, bucket) : BUCKETS_MAX;
        if (lender == BUCKETS_MAX) {
            status = grow(model, bucket);
            if (status != LA_OK) {
                model->error = status;
                return 0;
            }
            lender = bucket;
        }
    }
    return take_lowest(&segment_model[model->current[lender]]);
}

va32_t heap_model_alloc(struct heap_model *model, uint32_t bytes)
{
    if (bytes > block_bytes(model, model->buckets->count - 1u))
        return model_large_alloc(model, bytes);
    return alloc_from(model, model->by_grain[(bytes + 7u) / 8u], true);
}

va32_t heap_model_alloc_aligned(struct heap_model *model, uint32_t bytes, uint32_t align_log2)
{
    uint32_t pages_bytes = (bytes + LA_PAGE_BYTES - 1u) / LA_PAGE_BYTES * LA_PAGE_BYTES;

    if (align_log2 > LA_SEGMENT_SHIFT) {
        model->error = LA_BAD_ARGUMENT;
        return 0;
    }
    if (bytes == 0)
        pages_bytes = LA_PAGE_BYTES;
    if (bytes > block_bytes(model, model->buckets->count - 1u))
        return model_large_alloc(model, bytes);
    for (uint32_t i = model->by_grain[(bytes + 7u) / 8u]; i < model->buckets->count; i++) {
        uint32_t size = block_bytes(model, i);

        if (size > bytes && size > pages_bytes)
            break; /* whole pages take less */
        if (size % (1u << align_log2) == 0)
            return alloc_from(model, i, false);
    }
    return model_large_alloc(model, bytes);
}

/* -- Free and realloc -------------------------------------------------------------------------- */

uint32_t heap_model_usable(const struct heap_model *model, va32_t va, enum la_status *ret_status)
{
    uint32_t number = va / LA_SEGMENT_BYTES;
    uint32_t offset = va % LA_SEGMENT_BYTES;
    const struct segment_model *segment;

    *ret_status = LA_BAD_ADDRESS;
    if (number >= LA_SEGMENTS)
        return 0;
    segment = &segment_model[number];
    if (segment->owner != model || segment->kind == SEGMENT_RETAINED)
        return 0;
    if (segment->kind == SEGMENT_LARGE)
        return offset == 0 ? segment->large_pages * LA_PAGE_BYTES : 0;

    uint32_t bytes = block_bytes(model, segment->bucket);
    uint32_t block = offset / bytes;

    if (offset % bytes != 0 || block >= blocks_of(bytes))
        return 0;
    *ret_status = LA_DOUBLE_FREE;
    return (segment->live[block / 32u] >> block % 32u & 1u) != 0 ? bytes : 0;
}

/* Something of a segment that is not current was freed. */
static void after_free(struct heap_model *model, struct segment_model *segment)
{
    uint32_t blocks = blocks_of(block_bytes(model, segment->bucket));
    uint32_t wake_at = blocks < WAKE_FRACTION ? 1u : blocks / WAKE_FRACTION;

    if (segment->place == PLACE_COLD) {
        model_unlist(segment);
        model_list(segment, PLACE_READY);
    } else if (segment->place == PLACE_FULL && ++segment->freed_while_full >= wake_at) {
        model_list(segment, PLACE_READY);
    }
    if (segment->live_count == 0 && segment->place != PLACE_CURRENT) {
        model_unlist(segment);
        model_retire(model, segment);
    }
}

enum la_status heap_model_free(struct heap_model *model, va32_t va)
{
    enum la_status status;
    uint32_t usable = heap_model_usable(model, va, &status);
    struct segment_model *segment;
    uint32_t block;

    if (va == 0)
        return LA_OK;
    if (usable == 0)
        return status;
    segment = &segment_model[va / LA_SEGMENT_BYTES];
    model->live_blocks--;
    model->live_bytes -= usable;
    if (segment->kind == SEGMENT_LARGE) {
        model_large_free(model, segment);
        return LA_OK;
    }
    block = va % LA_SEGMENT_BYTES / usable;
    segment->live[block / 32u] &= ~(UINT32_C(1) << block % 32u);
    segment->live_count--;
    after_free(model, segment);
    return LA_OK;
}

static va32_t resize_by_moving(struct heap_model *model, va32_t va, uint32_t bytes, uint32_t usable)
{
    uint32_t bytes_max = block_bytes(model, model->buckets->count - 1u);
    va32_t moved;

    /* It stays where giving up the rest is not worth a copy: at more than half. */
    if (bytes <= usable && bytes <= bytes_max &&
        block_bytes(model, model->by_grain[(bytes + 7u) / 8u]) > usable / 2u)
        return va;
    moved = heap_model_alloc(model, bytes);
    if (moved == 0)
        return bytes <= usable ? va : 0;
    (void)heap_model_free(model, va);
    return moved;
}

va32_t heap_model_realloc(struct heap_model *model, va32_t va, uint32_t bytes)
{
    enum la_status status;
    uint32_t usable = heap_model_usable(model, va, &status);
    struct segment_model *segment = &segment_model[va / LA_SEGMENT_BYTES % LA_SEGMENTS];

    if (va == 0)
        return heap_model_alloc(model, bytes);
    if (usable == 0) {
        model->error = status;
        return 0;
    }
    if (bytes > usable / 2u && bytes <= usable &&
        bytes <= block_bytes(model, model->buckets->count - 1u))
        return va;
    if (segment->kind == SEGMENT_LARGE && bytes > block_bytes(model, model->buckets->count - 1u) &&
        model_large_resize(model, segment, bytes))
        return va;
    return resize_by_moving(model, va, bytes, usable);
}
