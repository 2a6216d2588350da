/* SPDX-License-Identifier: 0BSD */
/* `info` for people: where a trace comes from, what it does, what lives, what is not known. */
#include "info.h"

#include "../text/trace_text.h"
#include "info_header.h"
#include "info_words.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80u
#define COLUMNS_MIN     60u
#define COLUMNS_MAX     160u
#define MARKS_SHOWN     6u
#define UNSURE_PPM      50000u /* 5 % of the frees: above it recorded kernels were hard to judge */

/* -- The page ---------------------------------------------------------------------------------- */

static uint32_t columns_of_terminal(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    unsigned long wanted = columns ? strtoul(columns, NULL, 10) : 0;

    if (wanted == 0 && isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        wanted = size.ws_col;
    if (wanted == 0)
        return COLUMNS_DEFAULT;
    if (wanted < COLUMNS_MIN)
        return COLUMNS_MIN;
    return wanted < COLUMNS_MAX ? (uint32_t)wanted : COLUMNS_MAX;
}

struct page info_page(void)
{
    struct page page = { columns_of_terminal(), false };
    locale_t locale = isatty(STDOUT_FILENO) ? newlocale(LC_CTYPE_MASK, "", (locale_t)0) : 0;

    if (locale) {
        page.blocks = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
        freelocale(locale);
    }
    return page;
}

/* -- Where it comes from ----------------------------------------------------------------------- */

static void print_head(const struct info *info)
{
    const char *text = info->text;
    struct header_line line;

    print_name(info->path);
    printf("\n  %-12s %s", "form", info->form);
    if (info->has_file_bytes)
        printf(", %s bytes", digits(info->file_bytes).text);
    if (info->has_file_bytes && info->stats.ops > 0)
        printf(", %s an op", ratio(info->file_bytes, info->stats.ops).text);
    printf("\n");
    while (header_next(&text, &line))
        if (!header_is_loss(&line) && !header_is(&line, "label"))
            printf("  %-12.*s %.*s\n", (int)line.key_bytes, line.key, (int)line.value_bytes,
                   line.value);
}

/* -- What it does ------------------------------------------------------------------------------ */

static void print_actors(const char *name, const struct stats_actors *actors, uint64_t acts)
{
    uint32_t busiest;

    printf("%-17s %15s", name, digits(actors->ops.count).text);
    if (actors->ops.count > 1 && stats_actors_top(actors, &busiest, 1) == 1)
        printf("   busiest: %" PRIu32 ", %s of the ops", actors->ops.number[busiest],
               percent(stats_actors_ops(actors, busiest), acts).text);
    printf("\n");
}

static void print_marks(const struct trace_stats *stats)
{
    uint64_t marks = stats->kinds[TRACE_MARK];

    if (marks == 0)
        return;
    printf("%-17s %15s  ", "marks", digits(marks).text);
    for (uint64_t i = 0; i < marks && i < MARKS_SHOWN; i++)
        printf("%s %" PRIu32 " at op %s", i ? "," : "", stats->marks[i].mark,
               digits(stats->marks[i].op).text);
    printf("%s\n", marks > MARKS_SHOWN ? ", ..." : "");
}

static void print_ops(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;

    printf("\n%-17s %15s\n", "ops", digits(stats->ops).text);
    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (stats->kinds[kind] > 0)
            printf("  %-15s %15s %8s\n", trace_kind_name(kind), digits(stats->kinds[kind]).text,
                   percent(stats->kinds[kind], stats->ops).text);
    print_actors("threads", stats->threads, stats->acts);
    if (stats->kinds[TRACE_CPU] > 0)
        print_actors("CPUs", stats->cpus, stats->acts);
    if (stats->kinds[TRACE_TIME] > 0)
        printf("%-17s %13" PRIu64 ".%03" PRIu64 " s   %s ops a second\n", "recorded time",
               (stats->time_ns + 500000u) / 1000000000u,
               (stats->time_ns + 500000u) / 1000000u % 1000u,
               stats->time_ns ? digits(stats_ppm(stats->acts * 1000u, stats->time_ns)).text : "-");
    print_marks(stats);
}

/* -- What lives -------------------------------------------------------------------------------- */

static void print_level(const struct info *info, const char *name, const struct trace_level *level,
                        uint64_t ticks)
{
    if (level->peak > 0)
        printf("  %-15s %13s %12s %7s %13s %12s\n", name, digits(level->peak).text,
               digits(level->peak_op).text, percent(level->peak_op, info->stats.ops).text,
               digits(ticks ? level->area / ticks : 0).text, digits(level->now).text);
}

static void print_live(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;

    if (stats->blocks.peak + stats->regions.peak + stats->stacks.peak + stats->heaps.peak == 0)
        return;
    printf("\n%-17s %13s %12s %7s %13s %12s\n", "live", "peak", "at op", "", "mean", "at the end");
    print_level(info, "blocks", &stats->blocks, stats->block_ticks);
    print_level(info, "  bytes", &stats->block_bytes, stats->block_ticks);
    print_level(info, "regions", &stats->regions, stats->region_ticks);
    print_level(info, "  pages", &stats->region_pages, stats->region_ticks);
    print_level(info, "stacks", &stats->stacks, stats->stack_ticks);
    print_level(info, "  pages", &stats->stack_pages, stats->stack_ticks);
    print_level(info, "heaps beside 0", &stats->heaps, stats->block_ticks);
}

/* -- Between threads and CPUs ------------------------------------------------------------------ */

static void print_far(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const struct stats_reallocs *reallocs = stats->reallocs;
    uint64_t frees = stats->lifetimes->dead.blocks - stats->lifetimes->died_with_heap;
    uint64_t resized = reallocs->grew + reallocs->shrank + reallocs->same;
    const struct {
        const char *where;
        const struct stats_actors *actors;
    } kinds[] = { { "other thread", stats->threads }, { "other CPU", stats->cpus } };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && frees + resized > 0; i++)
        if (kinds[i].actors->ops.count > 1)
            printf("%s%-17s than the allocator's: %s of frees, %s of reallocs\n", i ? "" : "\n",
                   kinds[i].where, percent(kinds[i].actors->far_frees, frees).text,
                   percent(kinds[i].actors->far_reallocs, resized).text);
}

/* -- What is not known ------------------------------------------------------------------------- */

static uint64_t frees_of(const struct info *info)
{
    const uint64_t *kinds = info->stats.kinds;

    return kinds[TRACE_FREE] + kinds[TRACE_RELEASE] + kinds[TRACE_STACK_DESTROY];
}

static void print_loss(const struct info *info, const struct header_line *line, uint64_t dropped)
{
    uint64_t frees = frees_of(info);
    uint64_t count;
    bool is_frees;

    header_count(line, &count, &is_frees);
    printf("  %-15.*s %.*s", (int)line->key_bytes, line->key, (int)line->value_bytes, line->value);
    if (is_frees && frees + dropped > 0)
        printf(" (%s of frees)", percent(count, frees + dropped).text);
    printf("\n");
}

static void print_unknown(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const char *text = info->text;
    struct header_line line;
    uint64_t dropped;
    uint64_t implied;
    bool any = stats->skipped + info->damages > 0;

    header_free_losses(text, &dropped, &implied);
    printf("\nunknown or lost\n");
    while (header_next(&text, &line)) {
        if (!header_is_loss(&line))
            continue;
        print_loss(info, &line, dropped);
        any = true;
    }
    if (stats->skipped > 0)
        printf("  %-15s %s ops on slots that do not fit them\n", "skipped",
               digits(stats->skipped).text);
    if (info->damages > 0)
        printf("  %-15s %s places of the file\n", "damaged", digits(info->damages).text);
    if (stats_ppm(dropped + implied, frees_of(info) + dropped) >= UNSURE_PPM)
        printf("  so much is unsure that live figures and lifetimes are rough\n");
    if (!any)
        printf("  nothing that the trace tells of\n");
}

/* -- All of it --------------------------------------------------------------------------------- */

void info_print(const struct page *page, const struct info *info)
{
    print_head(info);
    print_ops(info);
    print_live(info);
    info_print_sizes(page, info);
    info_print_lifetimes(page, info);
    info_print_reallocs(info);
    print_far(info);
    info_print_recorded(info);
    info_print_regions(page, info);
    info_print_stacks(info);
    info_print_labels(info);
    print_unknown(info);
}
