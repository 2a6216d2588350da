/* SPDX-License-Identifier: 0BSD */
/* Address spaces: who refuses what, and in how many pieces is what is free. From recorded traces
 * (lookaside-rank) and from spaces kept almost full (lookaside bench).
 */
#include <math.h>
#include <stdlib.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

/* -- Recorded ---------------------------------------------------------------------------------- */

static bool any_above_0(const struct matrix *matrix)
{
    for (uint32_t i = 0; i < matrix->row_count; i++)
        for (uint32_t j = 0; j < matrix->column_count; j++)
            if (matrix->rows[i].cells[j] > 0)
                return true;
    return false;
}

static void rank_table(struct page *page, const struct matrix *matrix, const char *caption,
                       bool ratios)
{
    struct page_table table = {
        .caption = caption, .corner = "trace", .ours = part_rank_ours(matrix), .ratios = ratios
    };

    page_matrix(page, matrix, &table);
}

static void refused_table(struct page *page, const struct matrix *matrix)
{
    struct page_table table = {
        .caption = "Reservations that were refused in the whole window.",
        .corner = "trace",
        .ours = part_rank_ours(matrix),
        .counts = true,
    };

    page_matrix(page, matrix, &table);
}

/* Which of the two is told first: the window, unless `lookaside-rank --quick` left it out. */
struct lead {
    const struct matrix *matrix;
    const char *what; /* after "less" */
    const char *axis;
    const char *caption;
};

static char *lead_heading(const struct lead *lead, uint32_t ours)
{
    uint32_t theirs = part_strongest(lead->matrix, ours);
    char word[HTML_WORD_BYTES];

    if (theirs == lead->matrix->column_count)
        return html_format("Address spaces on %u traces", lead->matrix->row_count);
    return html_format("Address spaces: nobody %s on %u of %u traces; ours %s of %s, the strongest",
                       lead->what, part_smallest_rows(lead->matrix, ours), lead->matrix->row_count,
                       html_number(word, matrix_ratio(lead->matrix, ours, theirs).mean),
                       lead->matrix->columns[theirs]);
}

static void recorded(struct page *page, const struct part_inputs *inputs)
{
    const struct rank_file *rank = inputs->rank;
    struct lead lead = { &rank->window, "needs fewer addresses", "smallest window / live peak",
                         "The smallest window in which nothing is refused, over the live peak." };
    uint32_t ours = part_rank_ours(&rank->window);
    char *all;

    if (ours == rank->window.column_count)
        return;
    if (!any_above_0(&rank->window))
        lead = (struct lead){ &rank->scatter, "has less of its free space in pieces",
                              "free pages outside of the largest run, %",
                              "Fragmentation at the live peak." };
    page_section(page, "spaces", lead_heading(&lead, ours));
    all = part_all_words(lead.matrix, ours);
    page_words(page, all);
    free(all);
    picture_values(page, lead.matrix, ours, lead.axis, lead.caption);
    if (lead.matrix == &rank->window)
        rank_table(page, &rank->window,
                   "The smallest window in which nothing is refused, over the live peak. Below: "
                   "ours over theirs.",
                   true);
    rank_table(page, &rank->scatter,
               "Fragmentation: % of the free pages that lie outside of the largest free run, at "
               "the live peak, in the whole window.",
               false);
    if (any_above_0(&rank->refused))
        refused_table(page, &rank->refused);
    else
        page_words(page, "In the whole window nobody refused a reservation.");
    page_source(page, PART_RANK_COMMAND, inputs->rank_path);
    page_section_end(page);
}

/* -- Almost full ------------------------------------------------------------------------------- */

static double refused_percent(const struct bench_file *bench, const struct bench_case *one,
                              void *context)
{
    (void)bench;
    (void)context;
    return one->figures[BENCH_RESERVES] > 0
               ? 100.0 * one->figures[BENCH_FAILED] / one->figures[BENCH_RESERVES]
               : NAN;
}

static double scatter_percent(const struct bench_file *bench, const struct bench_case *one,
                              void *context)
{
    double free_segments = one->figures[BENCH_FREE_SEGMENTS];

    (void)bench;
    (void)context;
    return free_segments > 0
               ? 100.0 * (1.0 - fmin(one->figures[BENCH_LARGEST_SEGMENTS] / free_segments, 1.0))
               : NAN;
}

static bool has_space(const struct bench_case *one)
{
    return one->figures[BENCH_FREE_SEGMENTS] >= 0 && one->error == NULL &&
           !bench_target_is_floor(one->name.target);
}

static char *full_heading(const struct bench_case *group, const struct matrix *refused,
                          uint32_t ours)
{
    char *words = part_group_words(group);
    char *text = html_format("%s: refused least or nothing on %u of %u works", words,
                             part_smallest_rows(refused, ours), refused->row_count);

    free(words);
    return text;
}

static void almost_full(struct page *page, const struct part_inputs *inputs,
                        const struct bench_case *group, uint32_t number)
{
    struct matrix refused;
    struct matrix scatter;
    struct page_table table = { .corner = "work / % in use" };
    char id[32];

    part_collect(inputs->bench, group, refused_percent, NULL, &refused, &table.ours);
    if (table.ours < refused.column_count) {
        snprintf(id, sizeof id, "full-%u", number);
        page_section(page, id, full_heading(group, &refused, table.ours));
        picture_values(page, &refused, table.ours, "reservations refused, %",
                       "Refused reservations; the number of a work is the percentage in use.");
        table.caption = "Reservations refused, in %.";
        page_matrix(page, &refused, &table);
        part_collect(inputs->bench, group, scatter_percent, NULL, &scatter, &table.ours);
        table.caption =
            "Fragmentation: % of the free segments that lie outside of the largest free run.";
        if (table.ours < scatter.column_count)
            page_matrix(page, &scatter, &table);
        matrix_free(&scatter);
        page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
        page_section_end(page);
    }
    matrix_free(&refused);
}

void part_spaces(struct page *page, const struct part_inputs *inputs)
{
    uint32_t before = page->sections;
    const struct bench_case *group;

    if (inputs->rank != NULL)
        recorded(page, inputs);
    if (page->sections == before)
        page_absent(page, "spaces", "addresses other systems need", PART_RANK_COMMAND);
    before = page->sections;
    for (uint32_t i = 0;
         inputs->bench != NULL && (group = bench_file_group(inputs->bench, i, has_space)) != NULL;
         i++)
        almost_full(page, inputs, group, i + 1u);
    if (page->sections == before)
        page_absent(page, "full", "failure and fragmentation of an address space almost full",
                    PART_BENCH_COMMAND);
}
