/* SPDX-License-Identifier: 0BSD */
/* What several parts of the page have to say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "parts.h"

static bool is_own(const char *column)
{
    return strncmp(column, BENCH_OURS, strlen(BENCH_OURS)) == 0;
}

static bool is_rival(const char *column)
{
    return strncmp(column, "rival-", 6) == 0;
}

/* Who never takes anything back is measured, but is nobody's competitor. */
static bool only_grows(const char *column)
{
    return strcmp(column, "bump") == 0 || strcmp(column, "rival-bump") == 0;
}

uint32_t part_strongest(const struct matrix *matrix, uint32_t ours)
{
    uint32_t order[MATRIX_COLUMNS_MAX];

    matrix_order(matrix, ours, order);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 1; i < matrix->column_count; i++) {
            const char *column = matrix->columns[order[i]];

            if (!is_own(column) && !only_grows(column) && is_rival(column) == (round == 1) &&
                !isnan(matrix_ratio(matrix, ours, order[i]).mean))
                return order[i];
        }
    return matrix->column_count;
}

uint32_t part_rank_ours(const struct matrix *matrix)
{
    uint32_t ours = 0;

    while (ours < matrix->column_count && strcmp(matrix->columns[ours], RANK_OURS) != 0)
        ours++;
    return ours;
}

uint32_t part_smallest_rows(const struct matrix *matrix, uint32_t ours)
{
    uint32_t rows = 0;

    for (uint32_t i = 0; i < matrix->row_count; i++) {
        const double *cells = matrix->rows[i].cells;
        bool smallest = !isnan(cells[ours]);

        for (uint32_t j = 0; j < matrix->column_count; j++)
            smallest = smallest && !(cells[j] < cells[ours]);
        rows += smallest;
    }
    return rows;
}

char *part_all_words(const struct matrix *matrix, uint32_t ours)
{
    uint32_t order[MATRIX_COLUMNS_MAX];
    struct must_text text;
    bool any = false;

    matrix_order(matrix, ours, order);
    must_text_begin(&text);
    for (uint32_t round = 0; round < 2; round++) {
        const char *before = round == 0 ? (any ? "; less than " : "Less than ")
                                        : (any ? "; not less than " : "Not less than ");

        for (uint32_t i = 1; i < matrix->column_count; i++) {
            double mean = matrix_ratio(matrix, ours, order[i]).mean;
            char word[HTML_WORD_BYTES];

            if (isnan(mean) || (mean < 1) != (round == 0))
                continue;
            fprintf(text.out, "%s%s (%s)", before, matrix->columns[order[i]],
                    html_number(word, mean));
            before = ", ";
            any = true;
        }
    }
    fputs(any ? "; the figure is ours over theirs, the geometric mean over what both have." : "",
          text.out);
    return must_text_end(&text);
}

char *part_group_words(const struct bench_case *group)
{
    const char *variant = bench_variant_words(group->name.variant);

    return html_format("%s, %s%s%s%s", group->name.abi, bench_kind_words(group->name.kind),
                       variant[0] != '\0' ? " (" : "", variant, variant[0] != '\0' ? ")" : "");
}

const char *part_bench_command(const struct bench_file *bench)
{
    const json_t *context = json_object_get(bench->root, "context");
    const char *command = json_string_value(json_object_get(context, "command"));

    return command != NULL ? command : PART_BENCH_COMMAND;
}

static uint32_t find_ours(const struct matrix *matrix, const char *kind)
{
    const char *target;

    for (unsigned i = 0; (target = bench_target_ours(kind, i)) != NULL; i++)
        for (uint32_t column = 0; column < matrix->column_count; column++)
            if (strcmp(matrix->columns[column], target) == 0)
                return column;
    return matrix->column_count;
}

void part_collect(const struct bench_file *bench, const struct bench_case *group,
                  part_value_fn value, void *context, struct matrix *ret_matrix, uint32_t *ret_ours)
{
    *ret_matrix = (struct matrix){ .row_count = 0 };
    for (uint32_t i = 0; i < bench->count; i++) {
        const struct bench_case *one = &bench->cases[i];
        double number;
        uint32_t column;
        struct matrix_row *row;

        if (!bench_same_group(one, group) || bench_target_is_floor(one->name.target))
            continue;
        number = one->error == NULL ? value(bench, one, context) : NAN;
        if (isnan(number) && one->error == NULL)
            continue;
        column = matrix_column(ret_matrix, one->name.target);
        row = matrix_row(ret_matrix,
                         one->name.subject[0] != '\0' ? one->name.subject : one->name.kind);
        row->cells[column] = number;
        row->why[column] = one->error;
    }
    *ret_ours = find_ours(ret_matrix, group->name.kind);
}
