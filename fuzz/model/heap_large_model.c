/* SPDX-License-Identifier: 0BSD */
/* The model's large blocks: a region each; those of one segment reuse a retained one. */
#include "heap_model.h"

#include "events.h"

static uint32_t segments_for(uint32_t pages)
{
    return (pages + PAGES_OF_SEGMENT - 1u) / PAGES_OF_SEGMENT;
}

static uint32_t pages_for(uint32_t bytes)
{
    return bytes / LA_PAGE_BYTES + (bytes % LA_PAGE_BYTES != 0);
}

static uint32_t first_pages(uint32_t pages)
{
    return (UINT32_C(1) << pages) - 1u;
}

static enum la_status reuse(struct heap_model *model, struct segment_model *segment, uint32_t pages)
{
    uint32_t wanted = first_pages(pages);
    uint32_t dirty = segment->pages & wanted;
    enum la_status status = LA_OK;

    if (dirty != wanted) {
        model_before_growth(model, pages - model_count(dirty));
        status = model_commit(model, segment, wanted & ~dirty);
    }
    if (status != LA_OK) {
        model_retire(model, segment);
        return status;
    }
    model_decommit(model, segment, segment->pages & ~wanted);
    model->large_pages += pages;
    segment->kind = SEGMENT_LARGE;
    segment->had_blocks = false;
    segment->large_pages = pages;
    return LA_OK;
}

static enum la_status open_region(struct heap_model *model, va32_t base, uint32_t pages)
{
    struct segment_model *segment = &segment_model[base / LA_SEGMENT_BYTES];
    enum la_status status = model_table_enter(base / LA_SEGMENT_BYTES);

    if (status == LA_OK)
        status = events_commit(base, pages);
    if (status != LA_OK)
        return status;
    model_adopt(model, segment);
    segment->kind = SEGMENT_LARGE;
    segment->had_blocks = false;
    segment->room = 0;
    segment->pages = 0;
    segment->large_pages = pages;
    model->large_pages += pages;
    model_count_committed(model, pages);
    model->segments += segments_for(pages);
    return LA_OK;
}

static enum la_status take_region(struct heap_model *model, uint32_t pages, va32_t *ret_base)
{
    enum la_status status;

    if (segments_for(pages) >= LA_SEGMENTS)
        return LA_NO_SPACE;
    model_before_growth(model, pages);
    status = events_reserve(segments_for(pages), VAS_COMMITTED, ret_base);
    if (status != LA_OK)
        return status;
    status = model_entry_take(1);
    if (status == LA_OK) {
        status = open_region(model, *ret_base, pages);
        if (status != LA_OK)
            model_entry_give(0);
    }
    if (status != LA_OK)
        events_release(*ret_base);
    return status;
}

va32_t model_large_alloc(struct heap_model *model, uint32_t bytes)
{
    uint32_t pages = bytes == 0 ? 1u : pages_for(bytes);
    uint32_t trim_at_pages = model->trim_at_pages;
    struct segment_model *segment = NULL;
    enum la_status status;
    va32_t base = 0;

    if (pages <= PAGES_OF_SEGMENT)
        segment = model_take_retained(model);
    if (segment) {
        base = segment_base(segment);
        status = reuse(model, segment, pages);
    } else {
        status = take_region(model, pages, &base);
    }
    if (status != LA_OK && heap_model_trim(model) != 0)
        status = take_region(model, pages, &base);
    if (status == LA_OK) {
        model->live_blocks++;
        model->live_bytes += pages * LA_PAGE_BYTES;
        return base;
    }
    model->trim_at_pages = trim_at_pages;
    model->error = status;
    return 0;
}

void model_large_free(struct heap_model *model, struct segment_model *segment)
{
    uint32_t pages = segment->large_pages;
    va32_t base = segment_base(segment);

    model->large_pages -= pages;
    if (pages <= PAGES_OF_SEGMENT) {
        segment->pages = first_pages(pages);
        model_retire(model, segment);
        return;
    }
    events_decommit(base, pages);
    model->pages -= pages;
    model->segments -= segments_for(pages);
    model_entry_give(segment->room);
    model_disown(segment);
    events_release(base);
}

bool model_large_resize(struct heap_model *model, struct segment_model *segment, uint32_t bytes)
{
    uint32_t pages = segment->large_pages;
    uint32_t wanted = pages_for(bytes);
    uint32_t trim_at_pages = model->trim_at_pages;
    va32_t base = segment_base(segment);

    if (segments_for(wanted) >= LA_SEGMENTS)
        return false;
    if (wanted > pages) {
        if (events_resize(base, segments_for(wanted)) != LA_OK)
            return false;
        model_before_growth(model, wanted - pages);
        if (events_commit(base + pages * LA_PAGE_BYTES, wanted - pages) != LA_OK) {
            model->trim_at_pages = trim_at_pages;
            (void)events_resize(base, segments_for(pages));
            return false;
        }
        model->large_pages += wanted - pages;
        model_count_committed(model, wanted - pages);
    } else if (wanted < pages) {
        events_decommit(base + wanted * LA_PAGE_BYTES, pages - wanted);
        model->large_pages -= pages - wanted;
        model->pages -= pages - wanted;
        (void)events_resize(base, segments_for(wanted));
    }
    model->segments += segments_for(wanted) - segments_for(pages);
    model->live_bytes += (wanted - pages) * LA_PAGE_BYTES;
    segment->large_pages = wanted;
    return true;
}
