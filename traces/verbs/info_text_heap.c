/* SPDX-License-Identifier: 0BSD */
/* `info` for people: what is asked of a heap. */
#include "info.h"

#include "info_words.h"

#include <inttypes.h>
#include <stdio.h>

#define TOP_SIZES     10u
#define SIZES_FIXED   51u /* columns of a line of the histogram that are no bar */
#define AGES_FIXED    49u
#define AGE_LOG2_STEP 2u  /* a line each factor of 4 */
#define AGE_LOG2_MIN  10u /* the first line is up to 1 KiB */

/* -- Sizes ------------------------------------------------------------------------------------- */

/* The sizes [first, end) of one class. */
struct size_class {
    uint32_t end;
    uint64_t edge;
    uint64_t requests;
    uint64_t area;
};

static struct size_class class_from(const struct stats_sizes *sizes, uint32_t first, uint32_t steps)
{
    struct size_class class = { .end = first,
                                .edge = stats_size_class(sizes->sizes[first].bytes, steps) };

    for (; class.end < sizes->size_count; class.end++) {
        const struct size_count *size = &sizes->sizes[class.end];
        if (size->bytes > class.edge)
            break;
        class.requests += size->requests;
        class.area = stats_sum(class.area, size->area);
    }
    return class;
}

static void print_histogram(const struct page *page, const struct info *info)
{
    const struct stats_sizes *sizes = info->stats.sizes;
    uint32_t cells = (page->columns - SIZES_FIXED) / 2u;
    uint64_t most_requests = 0;
    uint64_t most_area = 0;

    for (uint32_t i = 0; i < sizes->size_count;) {
        struct size_class class = class_from(sizes, i, info->steps);
        if (class.requests > most_requests)
            most_requests = class.requests;
        if (class.area > most_area)
            most_area = class.area;
        i = class.end;
    }
    print_line("\n%-17s %11s %8s  %*s %8s", "sizes", "requests", "", (int)cells, "", "live bytes");
    for (uint32_t i = 0; i < sizes->size_count;) {
        struct size_class class = class_from(sizes, i, info->steps);
        print_line("  <= %-12s %11s %8s  %s %8s  %s", size_of(class.edge).text,
                   digits(class.requests).text, percent(class.requests, sizes->requests).text,
                   bar_of(page, cells, class.requests, most_requests).text,
                   percent(class.area, sizes->area).text,
                   bar_of(page, cells, class.area, most_area).text);
        i = class.end;
    }
}

static void print_quantiles(const struct stats_sizes *sizes)
{
    static const uint32_t permilles[] = { 0, 250, 500, 900, 990, 1000 };
    const size_t count = sizeof permilles / sizeof permilles[0];

    printf("  %-12s %10s %10s %10s %10s %10s %10s\n", "bytes", "min", "p25", "p50", "p90", "p99",
           "max");
    printf("  %-12s", "requested");
    for (size_t i = 0; i < count; i++)
        printf(" %10s", digits(stats_sizes_at(sizes, permilles[i])).text);
    printf("\n  %-12s", "live");
    for (size_t i = 0; i < count; i++)
        printf(" %10s", digits(stats_sizes_live_at(sizes, permilles[i])).text);
    printf("\n  mean request %10s\n", mean_of(sizes->request_bytes, sizes->requests).text);
}

static void print_top(const struct stats_sizes *sizes)
{
    uint32_t top[TOP_SIZES];
    uint32_t count = stats_sizes_top(sizes, top, TOP_SIZES);
    uint64_t together = 0;

    printf("%-17s %11s %8s %11s %11s\n", "most frequent", "requests", "", "together", "live bytes");
    for (uint32_t i = 0; i < count; i++) {
        const struct size_count *size = &sizes->sizes[top[i]];
        together += size->requests;
        printf("  %15s %11s %8s %11s %11s\n", digits(size->bytes).text, digits(size->requests).text,
               percent(size->requests, sizes->requests).text,
               percent(together, sizes->requests).text, percent(size->area, sizes->area).text);
    }
}

static void print_wishes(const struct stats_sizes *sizes)
{
    uint64_t aligned = 0;

    printf("%-17s %s of the allocations, %s of their bytes\n", "zeroed",
           percent(sizes->zeroed, sizes->creations).text,
           percent(sizes->zeroed_bytes, sizes->creation_bytes).text);
    for (uint32_t log2 = 0; log2 < 32u; log2++)
        aligned += sizes->aligned[log2];
    if (aligned == 0)
        return;
    printf("%-17s %s of the allocations", "aligned", percent(aligned, sizes->creations).text);
    for (uint32_t log2 = 0, shown = 0; log2 < 32u; log2++)
        if (sizes->aligned[log2] > 0)
            printf("%s to %s: %s", shown++ ? "," : ";", size_of(UINT64_C(1) << log2).text,
                   digits(sizes->aligned[log2]).text);
    printf("\n");
}

void info_print_sizes(const struct page *page, const struct info *info)
{
    const struct stats_sizes *sizes = info->stats.sizes;

    if (sizes->requests == 0)
        return;
    print_histogram(page, info);
    print_quantiles(sizes);
    print_top(sizes);
    print_wishes(sizes);
}

/* -- Lifetimes --------------------------------------------------------------------------------- */

/* Several classes of lifetimes in one: up to 2^log2 bytes. */
static struct lifetime_class age_up_to(const struct stats_lifetimes *lifetimes, uint32_t log2)
{
    struct lifetime_class sum = { 0, 0 };
    uint32_t first = log2 > AGE_LOG2_MIN ? log2 - AGE_LOG2_STEP + 1u : 0;

    for (uint32_t i = first; i <= log2 && i < LIFETIME_CLASSES; i++) {
        sum.blocks += lifetimes->classes[i].blocks;
        sum.bytes = stats_sum(sum.bytes, lifetimes->classes[i].bytes);
    }
    return sum;
}

static void print_age(const struct page *page, const struct stats_lifetimes *lifetimes,
                      const char *name, struct lifetime_class class, uint64_t most)
{
    uint64_t blocks = lifetimes->dead.blocks + lifetimes->alive.blocks;
    uint64_t bytes = stats_sum(lifetimes->dead.bytes, lifetimes->alive.bytes);

    print_line("%-17s %11s %8s %8s  %s", name, digits(class.blocks).text,
               percent(class.blocks, blocks).text, percent(class.bytes, bytes).text,
               bar_of(page, page->columns - AGES_FIXED, class.blocks, most).text);
}

static void print_age_spread(const char *name, const struct spread *spread,
                             struct word (*word_of)(uint64_t value))
{
    static const uint32_t permilles[] = { 100, 250, 500, 750, 900, 990, 1000 };

    printf("  %-5s", name);
    for (size_t i = 0; i < sizeof permilles / sizeof permilles[0]; i++)
        printf(" %9s", word_of(spread_at(spread, permilles[i])).text);
    printf("\n");
}

void info_print_lifetimes(const struct page *page, const struct info *info)
{
    const struct stats_lifetimes *lifetimes = info->stats.lifetimes;
    uint64_t most = lifetimes->alive.blocks;
    uint32_t last = AGE_LOG2_MIN;

    if (lifetimes->dead.blocks + lifetimes->alive.blocks == 0)
        return;
    for (uint32_t log2 = AGE_LOG2_MIN; log2 < LIFETIME_CLASSES + 1u; log2 += AGE_LOG2_STEP) {
        struct lifetime_class class = age_up_to(lifetimes, log2);
        if (class.blocks > most)
            most = class.blocks;
        if (class.blocks > 0)
            last = log2;
    }
    printf("\n%-17s %11s %8s %8s  (by bytes allocated meanwhile)\n", "lifetimes", "blocks", "",
           "bytes");
    for (uint32_t log2 = AGE_LOG2_MIN; log2 <= last; log2 += AGE_LOG2_STEP) {
        char name[64];
        snprintf(name, sizeof name, "  <= %s", size_of(UINT64_C(1) << log2).text);
        print_age(page, lifetimes, name, age_up_to(lifetimes, log2), most);
    }
    print_age(page, lifetimes, "  never freed", lifetimes->alive, most);
    if (lifetimes->died_with_heap > 0)
        printf("  with their heap %12s %8s\n", digits(lifetimes->died_with_heap).text,
               percent(lifetimes->died_with_heap, lifetimes->dead.blocks + lifetimes->alive.blocks)
                   .text);
    if (lifetimes->dead.blocks == 0)
        return;
    printf("  %-5s %9s %9s %9s %9s %9s %9s %9s\n", "freed", "p10", "p25", "p50", "p75", "p90",
           "p99", "max");
    print_age_spread("bytes", &lifetimes->bytes, size_of);
    print_age_spread("ops", &lifetimes->ops, digits);
}

/* -- Realloc ----------------------------------------------------------------------------------- */

static void print_resizes(const char *name, uint64_t count, uint64_t of)
{
    printf("  %-15s %11s %8s", name, digits(count).text, percent(count, of).text);
}

/* "x1.50" of 150 percent. */
static struct word times(uint64_t percents)
{
    struct word word;

    snprintf(word.text, sizeof word.text, "x%" PRIu64 ".%02" PRIu64, percents / 100u,
             percents % 100u);
    return word;
}

static void print_growth(const struct spread *growth)
{
    if (growth->count > 0)
        printf("  p50 %s, p90 %s, max %s", times(spread_at(growth, 500)).text,
               times(spread_at(growth, 900)).text, times(growth->max).text);
}

void info_print_reallocs(const struct info *info)
{
    const struct stats_reallocs *reallocs = info->stats.reallocs;
    const struct spread *chain = &reallocs->chain;
    uint64_t resized = reallocs->grew + reallocs->shrank + reallocs->same;
    uint64_t all = resized + reallocs->on_nothing;

    if (all == 0)
        return;
    printf("\n%-17s %11s %8s  of the ops on blocks\n", "realloc", digits(all).text,
           percent(all, info->stats.block_ticks).text);
    print_resizes("grow", reallocs->grew, all);
    print_growth(&reallocs->growth_percent);
    printf("\n");
    print_resizes("shrink", reallocs->shrank, all);
    printf("\n");
    print_resizes("keep the size", reallocs->same, all);
    printf("\n");
    print_resizes("allocate", reallocs->on_nothing, all);
    printf("\n");
    if (resized == 0)
        return;
    print_resizes("same bucket", reallocs->same_bucket, all);
    printf("  of the default table, before and after\n");
    print_resizes("blocks", chain->count, info->stats.sizes->creations);
    printf("  p50 %s times, p90 %s, p99 %s, max %s\n", digits(spread_at(chain, 500)).text,
           digits(spread_at(chain, 900)).text, digits(spread_at(chain, 990)).text,
           digits(chain->max).text);
    printf("  %-15s %11s %8s  to copy if each of them moved\n", "bytes",
           digits(reallocs->kept_bytes).text, "");
}

/* -- As recorded ------------------------------------------------------------------------------- */

void info_print_recorded(const struct info *info)
{
    const struct stats_recorded *recorded = info->stats.recorded;

    if (recorded->requests == 0)
        return;
    printf("\n%-17s bytes taken / bytes asked for, in %s of %s requests\n", "recorded waste",
           digits(recorded->requests).text, digits(info->stats.sizes->requests).text);
    printf("  %-15s %s over requests, %s over time, %s at the peak\n", "",
           ratio(recorded->sum.taken, recorded->sum.asked).text,
           ratio(recorded->area.taken, recorded->area.asked).text,
           ratio(recorded->at_peak.taken, recorded->at_peak.asked).text);
}
