/* SPDX-License-Identifier: 0BSD */
/* Single operations: how long the slow ones take. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

#define CURVE_POINTS 4u

static const struct {
    enum bench_figure figure;
    const char *words;
} curve[CURVE_POINTS] = {
    { BENCH_P50_NS, "50 %" },
    { BENCH_P99_NS, "99 %" },
    { BENCH_P999_NS, "99.9 %" },
    { BENCH_MAX_NS, "all" },
};

static double figure(const struct bench_file *bench, const struct bench_case *one, void *context)
{
    const enum bench_figure *which = context;

    (void)bench;
    return one->figures[*which];
}

static bool has_latency(const struct bench_case *one)
{
    return !isnan(one->figures[BENCH_P50_NS]) && one->error == NULL &&
           !bench_target_is_floor(one->name.target);
}

/* Of a target's figures over the subjects, the middle one. */
static double middle(const struct matrix *matrix, uint32_t column)
{
    double *values = must_zeroed(matrix->row_count, sizeof *values);
    uint32_t count = 0;
    double found;

    for (uint32_t i = 0; i < matrix->row_count; i++)
        if (!isnan(matrix->rows[i].cells[column]))
            values[count++] = matrix->rows[i].cells[column];
    found = matrix_median(values, count);
    free(values);
    return found;
}

/* What a column of one matrix is called in another one. */
static double middle_of(const struct matrix *matrix, const struct matrix *like, uint32_t column)
{
    for (uint32_t i = 0; i < matrix->column_count; i++)
        if (strcmp(matrix->columns[i], like->columns[column]) == 0)
            return middle(matrix, i);
    return NAN;
}

static char *heading(const struct bench_case *group, const struct matrix *slow, uint32_t ours)
{
    uint32_t theirs = part_strongest(slow, ours);
    char *words = part_group_words(group);
    char our[HTML_WORD_BYTES];
    char their[HTML_WORD_BYTES];
    char *text;

    html_number(our, middle(slow, ours));
    if (theirs < slow->column_count)
        text = html_format("%s: 999 of 1,000 take %s ns or less; %s's %s ns", words, our,
                           slow->columns[theirs], html_number(their, middle(slow, theirs)));
    else
        text = html_format("%s: 999 of 1,000 take %s ns or less", words, our);
    free(words);
    return text;
}

static void draw_curves(struct page *page, const struct matrix matrices[CURVE_POINTS],
                        uint32_t ours)
{
    struct picture picture;
    uint32_t order[MATRIX_COLUMNS_MAX];

    matrix_order(&matrices[0], ours, order);
    picture_begin(&picture, 400, "so many of the operations ...", "... take no more than this, ns");
    fputs("set logscale y\nset format y '%.0s%c'\nset xrange [-0.2:3.2]\nset xtics ()\n",
          picture.out);
    for (uint32_t i = 0; i < CURVE_POINTS; i++)
        picture_tic(&picture, "x", curve[i].words, i);
    for (uint32_t j = 0; j < matrices[0].column_count; j++) {
        picture_series(&picture, matrices[0].columns[order[j]], "linespoints");
        for (uint32_t i = 0; i < CURVE_POINTS; i++) {
            double ns = middle_of(&matrices[i], &matrices[0], order[j]);

            if (ns > 0)
                picture_point(&picture, i, ns);
        }
    }
    picture_end(page, &picture,
                "Latency curves: at each share the middle one of the workloads, on a logarithmic "
                "scale. Of each operation the fastest repetition counts.");
}

static void tables(struct page *page, const struct matrix matrices[CURVE_POINTS], uint32_t ours)
{
    static const char *const captions[CURVE_POINTS] = {
        "ns that half of the operations take at most, and ours over theirs.",
        "ns that 99 % take at most.",
        "ns that 99.9 % take at most.",
        "ns of the slowest operation.",
    };

    for (uint32_t i = 0; i < CURVE_POINTS; i++) {
        struct page_table table = {
            .caption = captions[i], .corner = "workload", .ours = ours, .ratios = true
        };

        if (ours < matrices[i].column_count && (i == 0 || i >= 2))
            page_matrix(page, &matrices[i], &table);
    }
}

static void group_section(struct page *page, const struct part_inputs *inputs,
                          const struct bench_case *group, uint32_t number)
{
    struct matrix matrices[CURVE_POINTS];
    uint32_t ours[CURVE_POINTS];
    char id[32];

    for (uint32_t i = 0; i < CURVE_POINTS; i++) {
        enum bench_figure which = curve[i].figure;

        part_collect(inputs->bench, group, figure, &which, &matrices[i], &ours[i]);
    }
    if (ours[0] < matrices[0].column_count && ours[2] == ours[0]) {
        snprintf(id, sizeof id, "latency-%u", number);
        page_section(page, id, heading(group, &matrices[2], ours[0]));
        draw_curves(page, matrices, ours[0]);
        tables(page, matrices, ours[0]);
        page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
        page_section_end(page);
    }
    for (uint32_t i = 0; i < CURVE_POINTS; i++)
        matrix_free(&matrices[i]);
}

void part_latency(struct page *page, const struct part_inputs *inputs)
{
    uint32_t before = page->sections;
    const struct bench_case *group;

    for (uint32_t i = 0;
         inputs->bench != NULL && (group = bench_file_group(inputs->bench, i, has_latency)) != NULL;
         i++)
        group_section(page, inputs, group, i + 1u);
    if (page->sections == before)
        page_absent(page, "latency", "latency of single operations", PART_BENCH_COMMAND);
}
