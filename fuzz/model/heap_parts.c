/* SPDX-License-Identifier: 0BSD */
/* What the heap model knows of metadata, pages, lists, retained segments and trimming. */
#include "heap_model.h"

#include "events.h"

#include <string.h>

#define ENTRY_BYTES       32u /* of heap.h: without its map */
#define ENTRY_GRAIN_BYTES 16u /* a region's link, and what classes begin with */

static uint64_t clock_now;

/* -- Pages ------------------------------------------------------------------------------------- */

uint32_t model_count(uint32_t mask)
{
    uint32_t count = 0;

    for (; mask != 0; mask &= mask - 1u)
        count++;
    return count;
}

uint32_t model_block_pages(uint32_t bytes, uint32_t block)
{
    uint32_t mask = 0;

    for (uint32_t page = block * bytes / LA_PAGE_BYTES;
         page <= (block * bytes + bytes - 1u) / LA_PAGE_BYTES; page++)
        mask |= UINT32_C(1) << page;
    return mask;
}

uint32_t model_bucket_pages(uint32_t bytes)
{
    uint32_t pages = (blocks_of(bytes) * bytes + LA_PAGE_BYTES - 1u) / LA_PAGE_BYTES;

    return (UINT32_C(1) << pages) - 1u;
}

/* The length of the row of set bits from bit `page` on. */
static uint32_t row_length(uint32_t mask, uint32_t page)
{
    uint32_t length = 0;

    while (page + length < PAGES_OF_SEGMENT && (mask >> (page + length) & 1u) != 0)
        length++;
    return length;
}

void model_count_committed(struct heap_model *model, uint32_t pages)
{
    model->pages += pages;
    if (model->pages > model->pages_peak)
        model->pages_peak = model->pages;
}

void model_decommit(struct heap_model *model, struct segment_model *segment, uint32_t pages)
{
    segment->pages &= ~pages;
    model->pages -= model_count(pages);
    for (uint32_t page = 0; page < PAGES_OF_SEGMENT; page++) {
        uint32_t length = row_length(pages, page);

        if (length == 0)
            continue;
        events_decommit(segment_base(segment) + page * LA_PAGE_BYTES, length);
        page += length - 1u;
    }
}

enum la_status model_commit(struct heap_model *model, struct segment_model *segment, uint32_t pages)
{
    uint32_t done = 0;

    for (uint32_t page = 0; page < PAGES_OF_SEGMENT; page++) {
        uint32_t length = row_length(pages, page);
        enum la_status status;

        if (length == 0)
            continue;
        status = events_commit(segment_base(segment) + page * LA_PAGE_BYTES, length);
        if (status != LA_OK) {
            model_decommit(model, segment, done);
            return status;
        }
        for (uint32_t i = 0; i < length; i++)
            done |= UINT32_C(1) << (page + i);
        segment->pages |= done;
        model->pages += length;
        page += length - 1u;
    }
    model_count_committed(model, 0);
    return LA_OK;
}

/* -- Metadata ---------------------------------------------------------------------------------- */

/* The class of an entry whose map has `words` words: 4, 8, 16, ... of them. */
uint32_t model_entry_class(uint32_t words)
{
    uint32_t class = 0;

    while (4u << class < words)
        class ++;
    return class;
}

static enum la_status new_region(void)
{
    enum la_status status;
    va32_t region = 0;

    status = events_reserve(1, VAS_COMMITTED, &region);
    if (status != LA_OK)
        return status;
    status = events_commit(region, 1);
    if (status != LA_OK) {
        events_release(region);
        return status;
    }
    space_model.region = region;
    space_model.regions++;
    space_model.used_bytes = ENTRY_GRAIN_BYTES;
    space_model.backed_bytes = LA_PAGE_BYTES;
    space_model.pages++;
    return LA_OK;
}

enum la_status model_entry_take(uint32_t words)
{
    uint32_t class = model_entry_class(words);
    uint32_t bytes = ENTRY_BYTES + (4u << class) * 4u;
    enum la_status status = LA_OK;

    if (space_model.entries_free[class] != 0) {
        space_model.entries_free[class]--;
        return LA_OK;
    }
    if (space_model.region == 0 || space_model.used_bytes + bytes > LA_SEGMENT_BYTES)
        status = new_region();
    if (status != LA_OK)
        return status;
    if (space_model.used_bytes + bytes > space_model.backed_bytes) {
        uint32_t missing = space_model.used_bytes + bytes - space_model.backed_bytes;
        uint32_t pages = (missing + LA_PAGE_BYTES - 1u) / LA_PAGE_BYTES;

        status = events_commit(space_model.region + space_model.backed_bytes, pages);
        if (status != LA_OK)
            return status;
        space_model.backed_bytes += pages * LA_PAGE_BYTES;
        space_model.pages += pages;
    }
    space_model.used_bytes += bytes;
    return LA_OK;
}

void model_entry_give(uint32_t room)
{
    space_model.entries_free[room]++;
}

enum la_status model_table_enter(uint32_t segment)
{
    uint32_t page = segment / HEAP_SLOTS_PER_PAGE;
    enum la_status status;

    if (space_model.table_page[page])
        return LA_OK;
    status = events_commit(space_model.table_va + page * LA_PAGE_BYTES, 1);
    if (status != LA_OK)
        return status;
    space_model.table_page[page] = true;
    space_model.pages++;
    return LA_OK;
}

/* -- Whose a segment is ------------------------------------------------------------------------ */

void model_adopt(struct heap_model *model, struct segment_model *segment)
{
    segment->owner = model;
    segment->number = model->count;
    model->list[model->count++] = (uint16_t)segment_number(segment);
}

void model_disown(struct segment_model *segment)
{
    struct heap_model *model = segment->owner;
    uint16_t last = model->list[--model->count];

    model->list[segment->number] = last;
    segment_model[last].number = segment->number;
    segment->owner = NULL;
    segment->kind = SEGMENT_NOBODYS;
}

/* -- Lists ------------------------------------------------------------------------------------- */

void model_list(struct segment_model *segment, enum segment_place place)
{
    segment->place = (uint8_t)place;
    segment->listed_at = ++clock_now;
    segment->owner->listed[segment->bucket][place == PLACE_COLD]++;
}

void model_unlist(struct segment_model *segment)
{
    segment->owner->listed[segment->bucket][segment->place == PLACE_COLD]--;
}

struct segment_model *model_oldest(const struct heap_model *model, uint32_t bucket,
                                   enum segment_place place)
{
    struct segment_model *oldest = NULL;

    if (model->listed[bucket][place == PLACE_COLD] == 0)
        return NULL;
    for (uint32_t i = 0; i < model->count; i++) {
        struct segment_model *segment = &segment_model[model->list[i]];

        if (segment->kind == SEGMENT_BUCKET && segment->bucket == bucket &&
            segment->place == place && (!oldest || segment->listed_at < oldest->listed_at))
            oldest = segment;
    }
    return oldest;
}

/* -- Retained segments ------------------------------------------------------------------------- */

struct segment_model *model_take_retained(struct heap_model *model)
{
    struct segment_model *segment;

    if (model->retained_count == 0)
        return NULL;
    segment = &segment_model[model->retained[--model->retained_count]];
    model->empty_pages -= model_count(segment->pages);
    return segment;
}

void model_release(struct heap_model *model, struct segment_model *segment)
{
    model_decommit(model, segment, segment->pages);
    model_entry_give(segment->room);
    model->segments--;
    model_disown(segment);
    events_release(segment_base(segment));
}

void model_retire(struct heap_model *model, struct segment_model *segment)
{
    uint32_t limit = model->pages >> model->policy.retain_shift;

    if (limit < model->policy.retain_pages_min)
        limit = model->policy.retain_pages_min;
    segment->kind = SEGMENT_RETAINED;
    if (model->empty_pages + model_count(segment->pages) > limit) {
        model_release(model, segment);
        return;
    }
    model->empty_pages += model_count(segment->pages);
    model->retained[model->retained_count++] = (uint16_t)segment_number(segment);
}

/* -- Trimming ---------------------------------------------------------------------------------- */

/* Pages that no live block lies on. */
static uint32_t pages_without_block(const struct segment_model *segment)
{
    uint32_t bytes = block_bytes(segment->owner, segment->bucket);
    uint32_t used = 0;

    for (uint32_t word = 0; word < map_words(bytes); word++)
        for (uint32_t rest = segment->live[word]; rest != 0; rest &= rest - 1u)
            used |= model_block_pages(bytes, word * 32u + (uint32_t)__builtin_ctz(rest));
    return segment->pages & ~used;
}

static void trim_ready(struct heap_model *model, uint32_t bucket)
{
    uint64_t from = 0;
    uint64_t last = clock_now; /* those that come into a list meanwhile are not looked at */

    for (;;) {
        struct segment_model *next = NULL;
        uint32_t pages;

        for (uint32_t i = 0; i < model->count; i++) {
            struct segment_model *segment = &segment_model[model->list[i]];

            if (segment->kind == SEGMENT_BUCKET && segment->bucket == bucket &&
                segment->place == PLACE_READY && segment->listed_at > from &&
                segment->listed_at <= last && (!next || segment->listed_at < next->listed_at))
                next = segment;
        }
        if (!next)
            return;
        from = next->listed_at;
        pages = pages_without_block(next);
        if (pages == 0)
            continue;
        model_decommit(model, next, pages);
        if (model_usable_word(next, 0) < map_words(block_bytes(model, bucket)))
            continue;
        model_unlist(next);
        model_list(next, PLACE_COLD);
    }
}

static void trim_bucket(struct heap_model *model, uint32_t bucket)
{
    struct segment_model *current = &segment_model[model->current[bucket]];
    uint32_t pages;

    if (model->listed[bucket][0] != 0)
        trim_ready(model, bucket);
    if (model->current[bucket] == 0)
        return;
    pages = pages_without_block(current);
    if (pages == 0)
        return;
    model_decommit(model, current, pages);
    if (current->pages == 0)
        model_leave(current);
}

static void release_retained(struct heap_model *model, uint32_t pages)
{
    while (model->pages > pages && model->retained_count != 0)
        model_release(model, model_take_retained(model));
}

uint32_t heap_model_trim(struct heap_model *model)
{
    uint32_t before = model->pages;

    release_retained(model, 0);
    for (uint32_t bucket = 0; bucket < model->buckets->count; bucket++)
        trim_bucket(model, bucket);
    return before - model->pages;
}

void model_before_growth(struct heap_model *model, uint32_t pages)
{
    uint32_t room;
    uint32_t step;

    if (model->pages + pages <= model->trim_at_pages)
        return;
    room = model->trim_at_pages > pages ? model->trim_at_pages - pages : 0;
    release_retained(model, room);
    if (model->pages + pages <= model->trim_at_pages)
        return;
    for (uint32_t bucket = 0; bucket < model->buckets->count; bucket++)
        trim_bucket(model, bucket);
    step = model->pages >> model->policy.trim_shift;
    if (step < HEAP_TRIM_STEP_PAGES_MIN)
        step = HEAP_TRIM_STEP_PAGES_MIN;
    if (model->pages + pages + step > model->trim_at_pages)
        model->trim_at_pages = model->pages + pages + step;
}

/* -- Heaps ------------------------------------------------------------------------------------- */

#define TABLES_MAX 8u /* bucket tables a process uses */

/* The bucket of each size, by looking through the sizes; kept for each table. */
static const uint8_t *index_of(const struct bucket_table *buckets)
{
    static struct {
        const struct bucket_table *buckets;
        uint8_t by_grain[BUCKET_BYTES_MAX / BUCKET_GRAIN_BYTES + 1u];
    } indices[TABLES_MAX];
    uint32_t i = 0;

    while (i < TABLES_MAX && indices[i].buckets && indices[i].buckets != buckets)
        i++;
    if (i == TABLES_MAX)
        i = 0;
    if (indices[i].buckets == buckets)
        return indices[i].by_grain;
    indices[i].buckets = buckets;
    for (uint32_t bucket = buckets->count; bucket-- > 0;)
        for (uint32_t grain = 0; grain <= buckets->shape[bucket].bytes / BUCKET_GRAIN_BYTES;
             grain++)
            indices[i].by_grain[grain] = (uint8_t)bucket;
    return indices[i].by_grain;
}

void heap_model_reset(va32_t table_va)
{
    for (uint32_t i = 0; i < HEAP_MODELS; i++)
        if (heap_model[i].heap)
            heap_model_close(&heap_model[i]);
    memset(&space_model, 0, sizeof space_model);
    space_model.table_va = table_va;
    clock_now = 0;
}

struct heap_model *heap_model_of(const struct heap *heap)
{
    for (uint32_t i = 0; i < HEAP_MODELS; i++)
        if (heap_model[i].heap == heap)
            return &heap_model[i];
    return NULL;
}

void heap_model_open(const struct heap *heap, const struct bucket_table *buckets,
                     const struct heap_policy *policy)
{
    struct heap_model *model = heap_model_of(NULL);

    if (!model)
        return; /* more heaps than any world has */
    memset(model, 0, offsetof(struct heap_model, retained));
    model->heap = heap;
    model->buckets = buckets;
    model->by_grain = index_of(buckets);
    model->policy =
        (struct heap_policy){ HEAP_RETAIN_PAGES_MIN, HEAP_RETAIN_SHIFT, HEAP_TRIM_SHIFT };
    if (policy && policy->retain_pages_min != 0)
        model->policy.retain_pages_min = policy->retain_pages_min;
    if (policy && policy->retain_shift != 0)
        model->policy.retain_shift = policy->retain_shift;
    if (policy && policy->trim_shift != 0)
        model->policy.trim_shift = policy->trim_shift;
    model->trim_at_pages = HEAP_TRIM_STEP_PAGES_MIN;
}

void heap_model_close(struct heap_model *model)
{
    while (model->count != 0) {
        struct segment_model *segment = &segment_model[model->list[model->count - 1u]];

        model_entry_give(segment->room);
        model_disown(segment);
    }
    model->heap = NULL;
}
