/* SPDX-License-Identifier: 0BSD */
/* Resident memory through a trace, beside the peers', on the programs that hold most. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

#define PICTURES_MAX 4u

static const json_t *moments(const struct bench_case *one, const char *key)
{
    return json_object_get(json_array_get(one->runs, 0), key);
}

static bool has_moments(const struct bench_case *one)
{
    return one->error == NULL && json_array_size(moments(one, "over_kib")) > 1u;
}

static double mean_over_live(const struct bench_file *bench, const struct bench_case *one,
                             void *context)
{
    (void)bench;
    (void)context;
    return one->figures[BENCH_MEAN_BYTES] / one->figures[BENCH_LIVE_MEAN_BYTES];
}

/* -- Which ------------------------------------------------------------------------------------- */

static bool is_ours(const struct bench_case *one)
{
    return strcmp(one->name.target, BENCH_OURS) == 0;
}

static bool holds_more(const struct bench_case *one, const struct bench_case *other)
{
    return one->figures[BENCH_LIVE_PEAK_BYTES] > other->figures[BENCH_LIVE_PEAK_BYTES];
}

/* Our cases of a group with the highest peaks, the highest first; answers how many. */
static uint32_t choose(const struct bench_file *bench, const struct bench_case *group,
                       const struct bench_case *chosen[PICTURES_MAX])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < bench->count; i++) {
        const struct bench_case *one = &bench->cases[i];
        uint32_t at;

        if (!bench_same_group(one, group) || !is_ours(one) || !has_moments(one))
            continue;
        for (at = count; at > 0 && holds_more(one, chosen[at - 1u]); at--)
            if (at < PICTURES_MAX)
                chosen[at] = chosen[at - 1u];
        if (at < PICTURES_MAX)
            chosen[at] = one;
        count += count < PICTURES_MAX;
    }
    return count;
}

/* -- Pictures ---------------------------------------------------------------------------------- */

static void add_series(struct picture *picture, const char *name, const json_t *values)
{
    size_t count = json_array_size(values);

    picture_series(picture, name, "lines");
    for (size_t i = 0; i < count; i++)
        picture_point(picture, 100.0 * (double)(i + 1u) / (double)count,
                      json_number_value(json_array_get(values, i)) / 1024.0);
}

/* Ours is drawn last, above the others. */
static void draw(struct page *page, const struct bench_file *bench, const struct bench_case *ours)
{
    struct picture picture;
    char *caption;

    picture_begin(&picture, 320, "% of the trace", "MiB");
    fputs("set yrange [0:*]\nset key maxcols 3\n", picture.out);
    for (uint32_t i = 0; i < bench->count; i++) {
        const struct bench_case *one = &bench->cases[i];

        if (bench_same_group(one, ours) && strcmp(one->name.subject, ours->name.subject) == 0 &&
            !is_ours(one) && has_moments(one))
            add_series(&picture, one->name.target, moments(one, "over_kib"));
    }
    add_series(&picture, "live bytes", moments(ours, "live_kib"));
    add_series(&picture, BENCH_OURS, moments(ours, "over_kib"));
    caption = html_format("%s, %s: resident memory through the trace, everybody as shipped, and "
                          "the bytes that were live; the highest of each fiftieth.",
                          ours->name.subject, ours->name.abi);
    picture_end(page, &picture, caption);
    free(caption);
}

/* -- Section ----------------------------------------------------------------------------------- */

static char *heading(const struct bench_case *group, const struct matrix *matrix, uint32_t ours)
{
    uint32_t theirs = part_strongest(matrix, ours);
    char *words = part_group_words(group);
    char word[HTML_WORD_BYTES];
    char *text;

    if (theirs < matrix->column_count) {
        struct matrix_ratio ratio = matrix_ratio(matrix, ours, theirs);

        text = html_format("%s: memory over time, on the mean %s of %s's over %u %s, less on %u",
                           words, html_number(word, ratio.mean), matrix->columns[theirs],
                           ratio.rows, ratio.rows == 1 ? "workload" : "workloads", ratio.better);
    } else {
        text = html_format("%s: memory over time", words);
    }
    free(words);
    return text;
}

static void group_section(struct page *page, const struct part_inputs *inputs,
                          const struct bench_case *group, uint32_t number)
{
    const struct bench_case *chosen[PICTURES_MAX];
    uint32_t count = choose(inputs->bench, group, chosen);
    struct page_table table = { .caption = "Resident memory over live bytes, mean over the "
                                           "replay. Below: ours over theirs.",
                                .corner = "workload",
                                .ratios = true };
    struct matrix matrix;
    char id[32];

    part_collect(inputs->bench, group, mean_over_live, NULL, &matrix, &table.ours);
    if (count > 0 && table.ours < matrix.column_count) {
        snprintf(id, sizeof id, "moments-%u", number);
        page_section(page, id, heading(group, &matrix, table.ours));
        for (uint32_t i = 0; i < count; i++)
            draw(page, inputs->bench, chosen[i]);
        page_matrix(page, &matrix, &table);
        page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
        page_section_end(page);
    }
    matrix_free(&matrix);
}

void part_moments(struct page *page, const struct part_inputs *inputs)
{
    uint32_t before = page->sections;
    const struct bench_case *group;

    for (uint32_t i = 0;
         inputs->bench != NULL && (group = bench_file_group(inputs->bench, i, has_moments)) != NULL;
         i++)
        group_section(page, inputs, group, i + 1u);
    if (page->sections == before)
        page_absent(page, "moments", "memory over time beside each peer", PART_BENCH_COMMAND);
}
