/* SPDX-License-Identifier: 0BSD */
/* `info --brief`: one line a trace, for a folder of them. */
#include "info.h"

#include "info_header.h"
#include "info_words.h"

#include <lookaside/types.h>

#include <stdio.h>

void info_brief_head(void)
{
    printf("%11s %7s %9s %9s %9s %8s %8s %8s %9s %8s  %s\n", "ops", "threads", "objects", "peak",
           "mean", "realloc", "far free", "unknown", "top size", "", "trace");
}

/* Bytes at the peaks (or on average) of blocks, regions and stacks, each at its own. */
static uint64_t bytes_of(uint64_t block_bytes, uint64_t region_pages, uint64_t stack_pages)
{
    return stats_sum(block_bytes,
                     stats_product(stats_sum(region_pages, stack_pages), LA_PAGE_BYTES));
}

static uint64_t mean(const struct trace_level *level, uint64_t ticks)
{
    return ticks ? level->area / ticks : 0;
}

void info_brief_line(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const uint64_t *kinds = stats->kinds;
    uint64_t frees = kinds[TRACE_FREE] + kinds[TRACE_RELEASE] + kinds[TRACE_STACK_DESTROY];
    uint64_t block_frees = stats->lifetimes->dead.blocks - stats->lifetimes->died_with_heap;
    const struct stats_sizes *sizes = stats->sizes;
    struct size_count top = { 0, 0, 0 };
    uint32_t index;
    uint64_t dropped;
    uint64_t implied;

    if (stats_sizes_top(sizes, &index, 1) == 1)
        top = sizes->sizes[index];
    header_free_losses(info->text, &dropped, &implied);
    printf("%11s %7s %9s %9s %9s %8s %8s %8s %9s %8s  ", digits(stats->ops).text,
           digits(stats->threads->ops.count).text,
           digits(stats->blocks.peak + stats->regions.peak + stats->stacks.peak).text,
           size_of(
               bytes_of(stats->block_bytes.peak, stats->region_pages.peak, stats->stack_pages.peak))
               .text,
           size_of(bytes_of(mean(&stats->block_bytes, stats->block_ticks),
                            mean(&stats->region_pages, stats->region_ticks),
                            mean(&stats->stack_pages, stats->stack_ticks)))
               .text,
           percent(kinds[TRACE_REALLOC], stats->block_ticks).text,
           percent(stats->threads->far_frees, block_frees).text,
           percent(dropped + implied, frees + dropped).text,
           sizes->requests ? digits(top.bytes).text : "-",
           percent(top.requests, sizes->requests).text);
    print_name(info->path);
    printf("\n");
}
