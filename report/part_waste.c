/* SPDX-License-Identifier: 0BSD */
/* The tuner's answer: buckets against waste, beside the classes people use today. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

/* The list of classes that is our own default is no one else's. */
#define OWN_CLASSES "our default"

/* The class list of others that wastes least; NULL: there is none. */
static const struct tune_classes *best_classes(const struct tune_file *tune)
{
    const struct tune_classes *best = NULL;

    for (uint32_t i = 0; i < tune->class_count; i++)
        if (strcmp(tune->classes[i].name, OWN_CLASSES) != 0 &&
            (best == NULL || tune->classes[i].waste < best->waste))
            best = &tune->classes[i];
    return best;
}

static char *heading(const struct tune_file *tune)
{
    const struct tune_classes *best = best_classes(tune);

    if (best == NULL)
        return html_format("%u buckets waste %.1f %% on programs the table has not seen",
                           tune->recommended.buckets, tune->recommended.judged_waste);
    return html_format("%u buckets waste %.1f %% on programs the table has not seen; the best list "
                       "of others, %s, %.1f %% with %u",
                       tune->recommended.buckets, tune->recommended.judged_waste, best->name,
                       best->waste, best->buckets);
}

static void draw_front(struct page *page, const struct tune_file *tune)
{
    struct picture picture;

    picture_begin(&picture, 360, "buckets", "waste, % of bytes asked for");
    fputs("set yrange [0:*]\nset offsets 2,2,0,0\n", picture.out);
    picture_series(&picture, "tuned, judged", "linespoints");
    for (uint32_t i = 0; i < tune->front_count; i++)
        picture_point(&picture, tune->front[i].buckets, tune->front[i].judged_waste);
    picture_series(&picture, "tuned, trained", "linespoints");
    for (uint32_t i = 0; i < tune->front_count; i++)
        picture_point(&picture, tune->front[i].buckets, tune->front[i].trained_waste);
    for (uint32_t i = 0; i < tune->class_count; i++) {
        if (strcmp(tune->classes[i].name, OWN_CLASSES) == 0)
            continue;
        picture_series(&picture, tune->classes[i].name, "points");
        picture_point(&picture, tune->classes[i].buckets, tune->classes[i].waste);
    }
    picture_end(page, &picture,
                "The waste front: what rounding up costs with so many buckets. Judged: with a "
                "table that has seen no trace of that program. Points: class lists of today.");
}

static void front_table(struct page *page, const struct tune_file *tune)
{
    static const char *const columns[] = {
        "buckets",           "waste %, judged",    "waste %, trained",
        "footprint, judged", "footprint, trained", NULL
    };
    char name[64];

    page_table_begin(page,
                     "How many buckets: waste, and peak footprint over peak live bytes, which has "
                     "everything in it. The recommended row is marked with an arrow.",
                     columns);
    for (uint32_t i = 0; i < tune->front_count; i++) {
        const struct tune_row *row = &tune->front[i];

        snprintf(name, sizeof name, "%s%u",
                 row->buckets == tune->recommended.buckets ? "\xe2\x86\x92 " : "", row->buckets);
        page_row_begin(page, name);
        page_cell(page, row->judged_waste);
        page_cell(page, row->trained_waste);
        page_cell(page, row->judged_footprint);
        page_cell(page, row->trained_footprint);
        page_row_end(page);
    }
    page_table_end(page);
}

static void class_table(struct page *page, const struct tune_file *tune)
{
    static const char *const columns[] = { "class list", "buckets", "waste %",
                                           "footprint",  "<source", NULL };

    page_table_begin(page,
                     "Class lists of today in the same heap: what is compared is sizes, not "
                     "allocators. Our default was tuned on these traces, so its row is trained.",
                     columns);
    page_row_begin(page, TUNE_OURS);
    page_cell_count(page, tune->recommended.buckets);
    page_cell(page, tune->recommended.judged_waste);
    page_cell(page, tune->recommended.judged_footprint);
    page_cell_text(page, "tables that have not seen the program");
    page_row_end(page);
    for (uint32_t i = 0; i < tune->class_count; i++) {
        const struct tune_classes *one = &tune->classes[i];

        page_row_begin(page, one->name);
        page_cell_count(page, one->buckets);
        page_cell(page, one->waste);
        page_cell(page, one->footprint);
        page_cell_text(page, one->source);
        page_row_end(page);
    }
    page_table_end(page);
}

static void trace_table(struct page *page, const struct matrix *matrix, const char *caption,
                        bool ratios)
{
    struct page_table table = { .caption = caption, .corner = "trace", .ratios = ratios };

    if (matrix->row_count == 0)
        return;
    while (table.ours < matrix->column_count && strcmp(matrix->columns[table.ours], TUNE_OURS) != 0)
        table.ours++;
    page_matrix(page, matrix, &table);
}

void part_waste(struct page *page, const struct part_inputs *inputs)
{
    const struct tune_file *tune = inputs->tune;
    char *traces;

    if (tune == NULL) {
        page_absent(page, "waste", "waste against the number of buckets", PART_TUNE_COMMAND);
        return;
    }
    page_section(page, "waste", heading(tune));
    if (tune->interrupted)
        page_words(page, "The run was interrupted: later stages are missing.");
    traces = html_format("%u traces, corpus %s, objective %s. The promise to kernels (no kernel "
                         "trace worse than with Linux's classes) is %s.",
                         tune->waste.row_count, tune->corpus, tune->objective,
                         tune->promise_kept ? "kept" : "BROKEN");
    page_words(page, traces);
    free(traces);
    draw_front(page, tune);
    front_table(page, tune);
    class_table(page, tune);
    trace_table(page, &tune->waste, "Waste in %, trace by trace.", false);
    trace_table(page, &tune->footprint,
                "Peak footprint over peak live bytes, traces long enough for it to mean something. "
                "Below: ours over theirs.",
                true);
    page_source(page, tune->command, inputs->tune_path);
    page_section_end(page);
}
