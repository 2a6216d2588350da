/* SPDX-License-Identifier: 0BSD */
/* Time per operation beside everybody else's, a section for each ABI and kind of operation. */
#include <math.h>
#include <stdlib.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

static double net_ns(const struct bench_file *bench, const struct bench_case *one, void *context)
{
    bool *is_gross = context;

    return bench_case_net_ns(bench, one, is_gross);
}

static char *heading(const struct bench_case *group, const struct matrix *matrix, uint32_t ours,
                     bool counted)
{
    uint32_t theirs = part_strongest(matrix, ours);
    struct matrix_ratio ratio;
    char word[HTML_WORD_BYTES];
    char *words = part_group_words(group);
    char *text;

    if (theirs == matrix->column_count) {
        double *values = must_zeroed(matrix->row_count, sizeof *values);
        uint32_t count = 0;

        for (uint32_t i = 0; i < matrix->row_count; i++)
            if (!isnan(matrix->rows[i].cells[ours]))
                values[count++] = matrix->rows[i].cells[ours];
        text = html_format("%s: %s %s an operation, with nobody to compare", words,
                           html_number(word, matrix_median(values, count)),
                           counted ? "instructions" : "ns");
        free(values);
    } else {
        ratio = matrix_ratio(matrix, ours, theirs);
        text = html_format(
            "%s: %s of %s's %s over %u %s, %s on %u", words, html_number(word, ratio.mean),
            matrix->columns[theirs], counted ? "instructions" : "time", ratio.rows,
            ratio.rows == 1 ? "workload" : "workloads", counted ? "fewer" : "faster", ratio.better);
    }
    free(words);
    return text;
}

static const char *caption(bool counted, bool is_gross)
{
    if (counted)
        return is_gross ? "Instructions an operation; where the empty loop was not counted it is "
                          "included. Below: ours over theirs."
                        : "Instructions an operation, less the same loop without an allocator. "
                          "Below: ours over theirs.";
    return is_gross ? "ns an operation, median of the repetitions; where the empty loop was not "
                      "measured it is included. Below: ours over theirs."
                    : "ns an operation, median of the repetitions, less the same loop without an "
                      "allocator. Below: ours over theirs.";
}

static void group_section(struct page *page, const struct part_inputs *inputs,
                          const struct bench_case *group, uint32_t number)
{
    struct matrix matrix;
    uint32_t ours;
    bool is_gross = false;
    char id[32];

    part_collect(inputs->bench, group, net_ns, &is_gross, &matrix, &ours);
    if (ours < matrix.column_count) {
        struct page_table table = {
            .caption = caption(inputs->bench->counted, is_gross),
            .corner = "workload",
            .ours = ours,
            .ratios = true,
        };
        char *all = part_all_words(&matrix, ours);

        snprintf(id, sizeof id, "time-%u", number);
        page_section(page, id, heading(group, &matrix, ours, inputs->bench->counted));
        page_words(page, all);
        free(all);
        picture_ratios(page, &matrix, ours,
                       inputs->bench->counted
                           ? "Instructions of each workload, ours over each other's, on a "
                             "logarithmic scale."
                           : "Time of each workload, ours over each other's, on a logarithmic "
                             "scale.");
        page_matrix(page, &matrix, &table);
        page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
        page_section_end(page);
    }
    matrix_free(&matrix);
}

static bool has_time(const struct bench_case *one)
{
    return bench_case_is_timed(one) && !bench_target_is_floor(one->name.target);
}

void part_time(struct page *page, const struct part_inputs *inputs)
{
    uint32_t before = page->sections;
    const struct bench_case *group;

    for (uint32_t i = 0;
         inputs->bench != NULL && (group = bench_file_group(inputs->bench, i, has_time)) != NULL;
         i++)
        group_section(page, inputs, group, i + 1u);
    if (page->sections == before)
        page_absent(page, "time", "time of an operation beside each peer", PART_BENCH_COMMAND);
}
