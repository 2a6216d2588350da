/* SPDX-License-Identifier: 0BSD */
/* `info` for programs: sizes, lifetimes, reallocs, recorded bytes, regions and stacks. */
#include "info.h"

#include <lookaside/types.h>

#define TOP_SIZES 32u

/* Append an object to an array; false and no array when out of memory. */
static bool append(json_t **array, const struct json_count *counts)
{
    if (json_array_append_new(*array, info_json_counts(counts)) == 0)
        return true;
    json_decref(*array);
    *array = NULL;
    return false;
}

/* Counts and what else an object has, as one; `parts` is used up. */
static json_t *counts_and(const struct json_count *counts, json_t *parts)
{
    json_t *object = info_json_counts(counts);

    if (json_object_update_new(object, parts) == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* -- Sizes ------------------------------------------------------------------------------------- */

static json_t *size_histogram(const struct stats_sizes *sizes, uint32_t steps)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < sizes->size_count;) {
        uint64_t edge = stats_size_class(sizes->sizes[i].bytes, steps);
        uint64_t requests = 0;
        uint64_t area = 0;
        for (; i < sizes->size_count && sizes->sizes[i].bytes <= edge; i++) {
            requests += sizes->sizes[i].requests;
            area = stats_sum(area, sizes->sizes[i].area);
        }
        const struct json_count class[] = { { "bytes_max", edge },
                                            { "requests", requests },
                                            { "live_ppm", stats_ppm(area, sizes->area) },
                                            { NULL, 0 } };
        if (!append(&array, class))
            break;
    }
    return array;
}

static json_t *most_frequent(const struct stats_sizes *sizes)
{
    uint32_t top[TOP_SIZES];
    uint32_t count = stats_sizes_top(sizes, top, TOP_SIZES);
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++) {
        const struct size_count *size = &sizes->sizes[top[i]];
        const struct json_count counts[] = { { "bytes", size->bytes },
                                             { "requests", size->requests },
                                             { "live_ppm", stats_ppm(size->area, sizes->area) },
                                             { NULL, 0 } };
        if (!append(&array, counts))
            break;
    }
    return array;
}

static json_t *alignments(const struct stats_sizes *sizes)
{
    json_t *array = json_array();

    for (uint32_t log2 = 0; log2 < 32u; log2++) {
        const struct json_count counts[] = { { "align_bytes", UINT64_C(1) << log2 },
                                             { "allocations", sizes->aligned[log2] },
                                             { NULL, 0 } };
        if (sizes->aligned[log2] > 0 && !append(&array, counts))
            break;
    }
    return array;
}

static json_t *size_quantiles(const struct stats_sizes *sizes,
                              uint32_t (*at)(const struct stats_sizes *sizes, uint32_t permille))
{
    const struct json_count counts[] = { { "min", at(sizes, 0) },    { "p10", at(sizes, 100) },
                                         { "p25", at(sizes, 250) },  { "p50", at(sizes, 500) },
                                         { "p75", at(sizes, 750) },  { "p90", at(sizes, 900) },
                                         { "p95", at(sizes, 950) },  { "p99", at(sizes, 990) },
                                         { "max", at(sizes, 1000) }, { NULL, 0 } };

    return info_json_counts(counts);
}

json_t *info_json_sizes(const struct info *info)
{
    const struct stats_sizes *sizes = info->stats.sizes;
    const struct json_count counts[] = { { "requests", sizes->requests },
                                         { "request_bytes", sizes->request_bytes },
                                         { "different", sizes->size_count },
                                         { "allocations", sizes->creations },
                                         { "allocation_bytes", sizes->creation_bytes },
                                         { "zeroed", sizes->zeroed },
                                         { "zeroed_bytes", sizes->zeroed_bytes },
                                         { NULL, 0 } };
    json_t *parts = json_pack("{s:o, s:o, s:o, s:o, s:o}", "request_quantiles",
                              size_quantiles(sizes, stats_sizes_at), "live_byte_quantiles",
                              size_quantiles(sizes, stats_sizes_live_at), "histogram",
                              size_histogram(sizes, info->steps), "most_frequent",
                              most_frequent(sizes), "aligned", alignments(sizes));

    return counts_and(counts, parts);
}

/* -- Lifetimes, reallocs, recorded bytes ------------------------------------------------------- */

static json_t *age_histogram(const struct stats_lifetimes *lifetimes)
{
    json_t *array = json_array();

    for (uint32_t log2 = 0; log2 < LIFETIME_CLASSES; log2++) {
        const struct json_count class[] = { { "lifetime_bytes_max", UINT64_C(1) << log2 },
                                            { "blocks", lifetimes->classes[log2].blocks },
                                            { "bytes", lifetimes->classes[log2].bytes },
                                            { NULL, 0 } };
        if (lifetimes->classes[log2].blocks > 0 && !append(&array, class))
            break;
    }
    return array;
}

json_t *info_json_lifetimes(const struct info *info)
{
    const struct stats_lifetimes *lifetimes = info->stats.lifetimes;
    const struct json_count counts[] = { { "freed", lifetimes->dead.blocks },
                                         { "freed_bytes", lifetimes->dead.bytes },
                                         { "freed_with_heap", lifetimes->died_with_heap },
                                         { "never_freed", lifetimes->alive.blocks },
                                         { "never_freed_bytes", lifetimes->alive.bytes },
                                         { NULL, 0 } };
    json_t *parts = json_pack(
        "{s:o, s:o, s:o}", "lifetime_bytes", info_json_spread(&lifetimes->bytes), "lifetime_ops",
        info_json_spread(&lifetimes->ops), "histogram", age_histogram(lifetimes));

    return counts_and(counts, parts);
}

json_t *info_json_reallocs(const struct info *info)
{
    const struct stats_reallocs *reallocs = info->stats.reallocs;
    const struct json_count counts[] = { { "allocated", reallocs->on_nothing },
                                         { "grew", reallocs->grew },
                                         { "shrank", reallocs->shrank },
                                         { "same", reallocs->same },
                                         { "grown_bytes", reallocs->grown_bytes },
                                         { "shrunk_bytes", reallocs->shrunk_bytes },
                                         { "kept_bytes", reallocs->kept_bytes },
                                         { "same_default_bucket", reallocs->same_bucket },
                                         { NULL, 0 } };
    json_t *parts =
        json_pack("{s:o, s:o}", "growth_percent", info_json_spread(&reallocs->growth_percent),
                  "times_of_one_block", info_json_spread(&reallocs->chain));

    return counts_and(counts, parts);
}

json_t *info_json_recorded(const struct info *info)
{
    const struct stats_recorded *recorded = info->stats.recorded;
    const struct json_count counts[] = {
        { "requests", recorded->requests },
        { "request_bytes", recorded->sum.asked },
        { "recorded_bytes", recorded->sum.taken },
        { "sum_ppm", stats_ppm(recorded->sum.taken, recorded->sum.asked) },
        { "mean_ppm", stats_ppm(recorded->area.taken, recorded->area.asked) },
        { "peak_ppm", stats_ppm(recorded->at_peak.taken, recorded->at_peak.asked) },
        { NULL, 0 },
    };

    return info_json_counts(counts);
}

/* -- Regions and stacks ------------------------------------------------------------------------ */

static json_t *ranges(const struct region_ranges *ranges)
{
    const struct json_count counts[] = { { "count", ranges->count },
                                         { "pages", ranges->pages },
                                         { "whole", ranges->whole },
                                         { "off_segment", ranges->off_segment },
                                         { NULL, 0 } };

    return info_json_counts(counts);
}

static json_t *region_histogram(const struct stats_regions *regions)
{
    json_t *array = json_array();

    for (uint32_t log2 = 0; log2 <= 32u; log2++) {
        const struct json_count class[] = { { "pages_max", UINT64_C(1) << log2 },
                                            { "reserved", regions->classes[log2] },
                                            { NULL, 0 } };
        if (regions->classes[log2] > 0 && !append(&array, class))
            break;
    }
    return array;
}

/* Pages in whole segments over pages reserved. */
static uint64_t segment_ppm(uint64_t segments, uint64_t pages)
{
    return stats_ppm(stats_product(segments, LA_PAGES_PER_SEGMENT), pages);
}

json_t *info_json_regions(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const struct stats_regions *regions = stats->region_use;
    const struct json_count counts[] = {
        { "best_fit", regions->placements[0] },
        { "lowest", regions->placements[1] },
        { "highest", regions->placements[2] },
        { "fixed", regions->placements[3] },
        { "fixed_off_segment", regions->fixed_off_segment },
        { "aligned_above_page", regions->aligned },
        { "aligned_above_segment", regions->aligned_segment },
        { "below_segment", regions->below_segment },
        { "off_segment", regions->off_segment },
        { "segments_peak", regions->segments.peak },
        { "segment_sum_ppm", segment_ppm(regions->reserved_segments, regions->pages.sum) },
        { "segment_mean_ppm", segment_ppm(regions->segments.area, stats->region_pages.area) },
        { "segment_peak_ppm", segment_ppm(regions->segments_at_peak, stats->region_pages.peak) },
        { "grew", regions->grew },
        { "shrank", regions->shrank },
        { NULL, 0 },
    };
    json_t *parts =
        json_pack("{s:o, s:o, s:o, s:o}", "reserved_pages", info_json_spread(&regions->pages),
                  "histogram", region_histogram(regions), "commits", ranges(&regions->commits),
                  "decommits", ranges(&regions->decommits));

    return counts_and(counts, parts);
}

static json_t *stack_commits(const struct stats_stacks *stacks)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < STACK_COMMITS; i++) {
        const struct stack_commit *commit = &stacks->commits[i];
        const struct json_count counts[] = { { "pages", commit->pages },
                                             { "never_fault", commit->never_fault },
                                             { "faults", commit->faults },
                                             { "unused_pages", commit->unused_pages },
                                             { NULL, 0 } };
        if (!append(&array, counts))
            break;
    }
    return array;
}

json_t *info_json_stacks(const struct info *info)
{
    const struct stats_stacks *stacks = info->stats.stack_use;
    const struct json_count counts[] = {
        { "touches", stacks->touches },
        { "first_touches", stacks->first_touches },
        { "grew_1_page", stacks->steps[STEP_NEXT] },
        { "grew_2_pages", stacks->steps[STEP_2] },
        { "grew_3_to_8_pages", stacks->steps[STEP_UP_TO_8] },
        { "grew_9_to_16_pages", stacks->steps[STEP_UP_TO_16] },
        { "grew_above_16_pages", stacks->steps[STEP_ABOVE_16] },
        { NULL, 0 },
    };
    json_t *parts =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "reserved_pages", info_json_spread(&stacks->pages),
                  "committed_pages", info_json_spread(&stacks->committed_pages), "guard_pages",
                  info_json_spread(&stacks->guard_pages), "touched_pages",
                  info_json_spread(&stacks->touched_pages), "precommit", stack_commits(stacks));

    return counts_and(counts, parts);
}
