/* SPDX-License-Identifier: 0BSD */
/* `info` for people: what is asked of an address space and of stacks, and who asked. */
#include "info.h"

#include "info_header.h"
#include "info_words.h"

#include <lookaside/types.h>

#include <inttypes.h>
#include <stdio.h>

#define REGIONS_FIXED 41u /* columns of a line of the histogram that are no bar */
#define TOP_LABELS    8u

/* -- Regions ----------------------------------------------------------------------------------- */

static void print_region_sizes(const struct page *page, const struct stats_regions *regions)
{
    uint64_t most = 0;

    for (uint32_t log2 = 0; log2 <= 32u; log2++)
        if (regions->classes[log2] > most)
            most = regions->classes[log2];
    for (uint32_t log2 = 0; log2 <= 32u; log2++)
        if (regions->classes[log2] > 0)
            print_line(
                "  <= %-12s %11s %8s  %s", digits(UINT64_C(1) << log2).text,
                digits(regions->classes[log2]).text,
                percent(regions->classes[log2], regions->pages.count).text,
                bar_of(page, page->columns - REGIONS_FIXED, regions->classes[log2], most).text);
}

static void print_placements(const struct stats_regions *regions)
{
    static const char *const names[REGION_PLACEMENTS] = { "best fit", "lowest", "highest",
                                                          "fixed" };
    const char *comma = "";

    printf("  %-15s ", "where");
    for (uint32_t i = 0; i < REGION_PLACEMENTS; i++) {
        if (regions->placements[i] == 0)
            continue;
        printf("%s%s %s", comma, names[i], digits(regions->placements[i]).text);
        comma = ", ";
    }
    if (regions->fixed_off_segment > 0)
        printf(" (%s inside a segment)", digits(regions->fixed_off_segment).text);
    printf("\n");
    if (regions->aligned > 0)
        printf("  %-15s %s to more than a page, %s to more than a segment\n", "aligned",
               digits(regions->aligned).text, digits(regions->aligned_segment).text);
}

static void print_segments(const struct trace_stats *stats)
{
    const struct stats_regions *regions = stats->region_use;

    printf("  %-15s %s smaller than one, %s no multiple of it\n", "64 KiB segments",
           percent(regions->below_segment, regions->pages.count).text,
           percent(regions->off_segment, regions->pages.count).text);
    printf(
        "  %-15s pages x%s as reserved, x%s over time, x%s at the peak\n", "  rounding",
        ratio(stats_product(regions->reserved_segments, LA_PAGES_PER_SEGMENT), regions->pages.sum)
            .text,
        ratio(stats_product(regions->segments.area, LA_PAGES_PER_SEGMENT), stats->region_pages.area)
            .text,
        ratio(stats_product(regions->segments_at_peak, LA_PAGES_PER_SEGMENT),
              stats->region_pages.peak)
            .text);
}

static void print_ranges(const char *name, const struct region_ranges *ranges)
{
    if (ranges->count > 0)
        printf("  %-15s %s, %s pages: %s whole, %s off segments\n", name,
               digits(ranges->count).text, digits(ranges->pages).text,
               percent(ranges->whole, ranges->count).text,
               percent(ranges->off_segment, ranges->count).text);
}

void info_print_regions(const struct page *page, const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const struct stats_regions *regions = stats->region_use;

    if (regions->pages.count == 0)
        return;
    printf("\n%-17s %11s\n", "regions, pages", "reserved");
    print_region_sizes(page, regions);
    print_placements(regions);
    print_segments(stats);
    print_ranges("commits", &regions->commits);
    print_ranges("decommits", &regions->decommits);
    if (regions->grew + regions->shrank > 0)
        printf("  %-15s %s longer, %s shorter\n", "resized", digits(regions->grew).text,
               digits(regions->shrank).text);
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static void print_page_spread(const char *name, const struct spread *spread)
{
    static const uint32_t permilles[] = { 0, 250, 500, 750, 900, 950, 990, 1000 };

    printf("  %-14s", name);
    for (size_t i = 0; i < sizeof permilles / sizeof permilles[0]; i++)
        printf(" %7s", digits(spread_at(spread, permilles[i])).text);
    printf("\n");
}

/* How far below the deepest page so far the touches go that make a stack deeper. */
static void print_steps(const struct stats_stacks *stacks)
{
    static const char *const names[STACK_STEPS] = { "1", "2", "3 to 8", "9 to 16", "more" };
    uint64_t all = 0;

    for (uint32_t i = 0; i < STACK_STEPS; i++)
        all += stacks->steps[i];
    if (all == 0)
        return;
    printf("  %-14s", "deeper by");
    for (uint32_t i = 0; i < STACK_STEPS; i++)
        printf(" %7s", names[i]);
    printf("\n  %-14s", "touches");
    for (uint32_t i = 0; i < STACK_STEPS; i++)
        printf(" %7s", percent(stacks->steps[i], all).text);
    printf("\n");
}

void info_print_stacks(const struct info *info)
{
    const struct stats_stacks *stacks = info->stats.stack_use;
    uint64_t count = stacks->pages.count;

    if (count == 0)
        return;
    printf("\n%-16s %7s %7s %7s %7s %7s %7s %7s %7s\n", "stacks, pages", "min", "p25", "p50", "p75",
           "p90", "p95", "p99", "max");
    print_page_spread("reserved", &stacks->pages);
    print_page_spread("of it guard", &stacks->guard_pages);
    print_page_spread("committed", &stacks->committed_pages);
    if (stacks->touches == 0)
        return;
    print_page_spread("touched", &stacks->touched_pages);
    print_steps(stacks);
    printf("  %-14s %15s %15s %15s\n", "if committed", "never fault", "faults a stack",
           "unused a stack");
    for (uint32_t i = 0; i < STACK_COMMITS; i++) {
        const struct stack_commit *commit = &stacks->commits[i];
        printf("  %14" PRIu32 " %15s %15s %15s\n", commit->pages,
               percent(commit->never_fault, count).text, ratio(commit->faults, count).text,
               ratio(commit->unused_pages, count).text);
    }
}

/* -- Labels ------------------------------------------------------------------------------------ */

static void print_top_labels(const struct info *info, enum label_order order, const char *name)
{
    const struct stats_labels *labels = info->stats.labels;
    uint32_t top[TOP_LABELS];
    uint32_t count = stats_labels_top(labels, order, top, TOP_LABELS);

    printf("\n%-17s %11s %15s %15s\n", name, "made", "bytes asked", "peak live");
    for (uint32_t i = 0; i < count; i++) {
        const struct label_count *label = stats_label(labels, top[i]);
        size_t bytes;
        const char *text = header_label(info->text, labels->labels.number[top[i]], &bytes);
        if (label->objects == 0)
            break;
        printf("  %15" PRIu32 " %11s %15s %15s  %.*s\n", labels->labels.number[top[i]],
               digits(label->objects).text, digits(label->bytes).text,
               digits(label->live.peak).text, (int)bytes, text);
    }
}

void info_print_labels(const struct info *info)
{
    if (info->stats.labels->labels.count == 0)
        return;
    print_top_labels(info, LABELS_BY_OBJECTS, "labels by number");
    print_top_labels(info, LABELS_BY_PEAK, "labels by bytes");
}
