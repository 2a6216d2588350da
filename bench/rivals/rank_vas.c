/* SPDX-License-Identifier: 0BSD */
/* A trace's regions and stacks on every address space. */
#include "rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_PER_SEGMENT_LOG2 4u
#define FIRST_SEGMENT          1u
#define LOOK_EVERY_OPS         1024u /* at a rival's steps: its figures may walk everything */

struct region {
    uint32_t pages;    /* as asked last; 0: none. Kept by a rival that did not serve it too */
    uint32_t page;     /* first page reserved; 0: not served */
    uint32_t reserved; /* pages, more than asked where the rival cannot align or shrink */
};

/* One rival's run. */
struct run {
    const struct trace_loaded *trace;
    const struct rank_options *options;
    struct vas_window window;
    void *state;
    struct region *regions; /* of region slots, then stack slots */
    struct rank_vas_row *row;
    uint64_t peak_op;
};

/* -- Pages ------------------------------------------------------------------------------------- */

static uint32_t pages_asked(const struct rank_options *options, uint32_t pages)
{
    if (!options->segments)
        return pages;
    return (pages >> PAGES_PER_SEGMENT_LOG2) +
           ((pages & ((1u << PAGES_PER_SEGMENT_LOG2) - 1u)) != 0);
}

static uint32_t align_asked(const struct rank_options *options, uint32_t align_log2)
{
    if (!options->segments)
        return align_log2;
    return align_log2 > PAGES_PER_SEGMENT_LOG2 ? align_log2 - PAGES_PER_SEGMENT_LOG2 : 0;
}

/* The slot an op is about, or NULL. */
static struct region *region_of(const struct trace_loaded *trace, struct region *regions,
                                const struct trace_op *op)
{
    switch (trace_slot_kind(op->kind)) {
    case TRACE_REGION: return op->slot < trace->header.region_slots ? &regions[op->slot] : NULL;
    case TRACE_STACK:
        return op->slot < trace->header.stack_slots
                   ? &regions[trace->header.region_slots + op->slot]
                   : NULL;
    default: return NULL;
    }
}

/* -- One run ----------------------------------------------------------------------------------- */

static bool serve(struct run *run, struct region *region, uint32_t pages, uint32_t align_log2)
{
    const struct vas_rival *rival = run->row->rival;
    enum rival_answer answer;
    uint32_t reserved = pages;

    if (align_log2 > 0 && !(rival->can & VAS_ALIGNS)) {
        reserved += align_log2 < 20u ? (1u << align_log2) - 1u : VAS_RIVAL_PAGES_MAX;
        align_log2 = 0;
        run->row->over_asked++;
    }
    answer = rival->reserve(run->state, reserved, align_log2, &region->page);
    if (answer != RIVAL_OK) {
        if (answer == RIVAL_NO_METADATA)
            run->row->no_metadata++;
        else
            run->row->no_space++;
        return false;
    }
    region->reserved = reserved;
    if (region->page - run->window.first_page + reserved > run->row->reach_pages)
        run->row->reach_pages = region->page - run->window.first_page + reserved;
    return true;
}

static void give_back(struct run *run, const struct region *region)
{
    if (region->page != 0 &&
        run->row->rival->release(run->state, region->page, region->reserved) == RIVAL_NO_METADATA)
        run->row->no_metadata++;
}

/* Shorten a region in place if the rival can; it keeps its pages if not. */
static void shrink(struct run *run, struct region *region, uint32_t pages)
{
    const struct vas_rival *rival = run->row->rival;
    uint32_t shift = rival->granule_shift > run->window.page_shift
                         ? rival->granule_shift - run->window.page_shift
                         : 0;
    uint32_t kept = vas_rival_align_up(pages, shift);

    if (run->options->moves)
        return;
    if (rival->can & VAS_RESIZES) {
        if (rival->resize(run->state, region->page, region->reserved, pages) == RIVAL_OK)
            region->reserved = pages;
    } else if (rival->can & VAS_PARTS && kept < region->reserved) {
        if (rival->release(run->state, region->page + kept, region->reserved - kept) == RIVAL_OK)
            region->reserved = kept;
    }
}

static void resize(struct run *run, struct region *region, uint32_t pages)
{
    const struct vas_rival *rival = run->row->rival;
    struct region moved = { .pages = pages };

    region->pages = pages;
    if (region->page == 0)
        return;
    if (pages <= region->reserved) {
        shrink(run, region, pages);
        return;
    }
    if (rival->can & VAS_RESIZES && !run->options->moves &&
        rival->resize(run->state, region->page, region->reserved, pages) == RIVAL_OK) {
        region->reserved = pages;
        if (region->page - run->window.first_page + pages > run->row->reach_pages)
            run->row->reach_pages = region->page - run->window.first_page + pages;
        return;
    }
    if (!serve(run, &moved, pages, 0))
        return;
    run->row->moved++;
    give_back(run, region);
    *region = moved;
}

static void step(struct run *run, const struct trace_op *op)
{
    struct region *region = region_of(run->trace, run->regions, op);
    uint32_t pages = pages_asked(run->options, op->pages);

    if (region == NULL)
        return;
    switch (op->kind) {
    case TRACE_RESERVE:
    case TRACE_STACK_CREATE:
        if (region->pages != 0 || pages == 0)
            return;
        *region = (struct region){ .pages = pages };
        (void)serve(run, region, pages,
                    op->kind == TRACE_RESERVE ? align_asked(run->options, op->align_log2) : 0);
        return;
    case TRACE_RESIZE:
        if (region->pages != 0 && pages != 0)
            resize(run, region, pages);
        return;
    case TRACE_RELEASE:
    case TRACE_STACK_DESTROY:
        give_back(run, region);
        *region = (struct region){ 0 };
        return;
    default: return;
    }
}

static void run_ops(struct run *run)
{
    const struct trace_loaded *trace = run->trace;
    struct rank_vas_row *row = run->row;
    struct vas_figures figures;

    for (row->ops = 0; row->ops < trace->header.ops && !row->gave_up; row->ops++) {
        step(run, &trace->ops[row->ops]);
        if (row->ops % LOOK_EVERY_OPS != 0 && row->ops != run->peak_op)
            continue;
        row->rival->figures(run->state, &figures);
        row->gave_up = run->options->steps_max != 0 && figures.probes != RIVAL_NOT_COUNTED &&
                       figures.probes > run->options->steps_max;
        if (row->ops == run->peak_op) {
            row->free_pages = figures.free_pages;
            row->largest_pages = figures.largest_pages;
        }
    }
    row->rival->figures(run->state, &figures);
    row->metadata_bytes_peak = figures.metadata_bytes_peak;
    row->probes = figures.probes;
}

/* Run the trace in a window of `pages` pages. False: no memory, or a broken rival. */
static bool run_rival(const struct trace_loaded *trace, const struct rank_options *options,
                      const struct vas_rival *rival, uint32_t pages, uint64_t peak_op,
                      struct rank_vas_row *ret_row, char *message)
{
    uint32_t slots = trace->header.region_slots + trace->header.stack_slots;
    uint32_t first = options->segments ? FIRST_SEGMENT : FIRST_SEGMENT << PAGES_PER_SEGMENT_LOG2;
    struct run run = { .trace = trace,
                       .options = options,
                       .window = { .first_page = first,
                                   .end_page = first + pages,
                                   .page_shift = options->segments ? 16 : 12,
                                   .regions = slots + 1u }, /* a region that moves is two */
                       .row = ret_row,
                       .peak_op = peak_op };
    size_t bytes = rival->bytes(&run.window);
    const char *broken = NULL;

    *ret_row = (struct rank_vas_row){ .rival = rival };
    run.state = calloc(1, bytes);
    run.regions = calloc((size_t)slots + 1u, sizeof *run.regions);
    if (run.state == NULL || run.regions == NULL) {
        broken = "no memory";
    } else if (rival->init(run.state, bytes, &run.window)) {
        run_ops(&run);
        if (!ret_row->gave_up)
            broken = rival->check(run.state);
    } else {
        ret_row->no_space = 1; /* a window without a whole granule */
    }
    free(run.state);
    free(run.regions);
    if (broken != NULL)
        snprintf(message, RANK_MESSAGE_BYTES, "%s: %s", rival->name, broken);
    return broken == NULL;
}

/* -- The smallest window ----------------------------------------------------------------------- */

static bool refuses(const struct rank_vas_row *row)
{
    return row->no_space != 0 || row->no_metadata != 0 || row->gave_up;
}

/* By halving, to a segment: what refuses nothing at some size could refuse something at a larger
 * one, but that would be found out by nobody but it.
 */
static bool find_smallest(const struct trace_loaded *trace, const struct rank_options *options,
                          const struct rank_vas *rank, uint32_t pages_max, uint64_t peak_op,
                          struct rank_vas_row *row, char *message)
{
    uint32_t unit = options->segments ? 1u : 1u << PAGES_PER_SEGMENT_LOG2;
    uint32_t low = rank->live_pages_peak / unit; /* in units: too small, or the floor */
    uint32_t high = row->reach_pages / unit + 1u;
    struct rank_vas_row trial;

    if (refuses(row))
        return true;
    if (high > pages_max / unit)
        high = pages_max / unit;
    if (low > 0)
        low--;
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u;

        if (!run_rival(trace, options, row->rival, middle * unit, peak_op, &trial, message))
            return false;
        if (refuses(&trial))
            low = middle;
        else
            high = middle;
    }
    row->smallest_pages = high * unit;
    return true;
}

/* -- The trace itself -------------------------------------------------------------------------- */

/* What is asked for, as if everything was served. */
static bool count_asked(const struct trace_loaded *trace, const struct rank_options *options,
                        struct rank_vas *rank, uint64_t *ret_peak_op)
{
    size_t slots = (size_t)trace->header.region_slots + trace->header.stack_slots;
    struct region *regions = calloc(slots + 1u, sizeof *regions);
    uint64_t live = 0;
    uint64_t peak = 0;

    *ret_peak_op = 0;
    for (uint64_t i = 0; regions != NULL && i < trace->header.ops; i++) {
        const struct trace_op *op = &trace->ops[i];
        struct region *region = region_of(trace, regions, op);
        uint32_t pages = pages_asked(options, op->pages);

        if (region == NULL)
            continue;
        if (op->kind == TRACE_RELEASE || op->kind == TRACE_STACK_DESTROY) {
            pages = 0;
        } else if (op->kind == TRACE_RESERVE || op->kind == TRACE_STACK_CREATE) {
            if (region->pages != 0)
                continue;
            rank->requests++;
        } else if (op->kind != TRACE_RESIZE || region->pages == 0 || pages == 0) {
            continue;
        }
        live = live - region->pages + pages;
        region->pages = pages;
        if (live > peak) {
            peak = live;
            *ret_peak_op = i;
        }
    }
    rank->live_pages_peak = peak < VAS_RIVAL_PAGES_MAX ? (uint32_t)peak : VAS_RIVAL_PAGES_MAX;
    free(regions);
    return regions != NULL;
}

/* What serves everything comes first, then what needs the smaller window. */
static int compare(const void *left, const void *right)
{
    const struct rank_vas_row *a = left;
    const struct rank_vas_row *b = right;

    if (refuses(a) != refuses(b))
        return refuses(a) ? 1 : -1;
    if (a->no_space + a->no_metadata != b->no_space + b->no_metadata)
        return a->no_space + a->no_metadata > b->no_space + b->no_metadata ? 1 : -1;
    if (a->smallest_pages != b->smallest_pages)
        return a->smallest_pages > b->smallest_pages ? 1 : -1;
    if (a->reach_pages != b->reach_pages)
        return a->reach_pages > b->reach_pages ? 1 : -1;
    return strcmp(a->rival->name, b->rival->name);
}

bool rank_spaces(const struct trace_loaded *trace, const struct rank_options *options,
                 struct rank_vas *ret_rank, char *message)
{
    uint32_t mib_pages = options->segments ? 16u : 256u;
    uint32_t first = options->segments ? FIRST_SEGMENT : FIRST_SEGMENT << PAGES_PER_SEGMENT_LOG2;
    uint32_t pages = options->window_mib * mib_pages - first;
    uint64_t peak_op;

    *ret_rank = (struct rank_vas){ .ops = trace->header.ops,
                                   .page_bytes = options->segments ? 65536 : 4096 };
    if (!count_asked(trace, options, ret_rank, &peak_op)) {
        snprintf(message, RANK_MESSAGE_BYTES, "no memory for the trace's slots");
        return false;
    }
    for (uint32_t i = 0; ret_rank->requests > 0 && vas_rivals[i] != NULL; i++) {
        struct rank_vas_row *row = &ret_rank->rows[ret_rank->count];

        if (!rank_wants(options, vas_rivals[i]->name))
            continue;
        if (!run_rival(trace, options, vas_rivals[i], pages, peak_op, row, message) ||
            (!options->no_smallest &&
             !find_smallest(trace, options, ret_rank, pages, peak_op, row, message)))
            return false;
        ret_rank->count++;
    }
    qsort(ret_rank->rows, ret_rank->count, sizeof ret_rank->rows[0], compare);
    return true;
}
