/* SPDX-License-Identifier: 0BSD */
/* Memory of a heap beside the peers': resident as the system counts it, and committed pages, which
 * are exact.
 */
#include <math.h>
#include <stdlib.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

#define PAGE_BYTES 4096.0

/* One thing to tell: which figure, over what (BENCH_FIGURES: over 1), in which unit. */
struct view {
    enum bench_figure figure;
    enum bench_figure over;
    double unit;
    const char *id;
    const char *words; /* after the group's, before the figures */
    const char *caption;
};

static const struct view views[] = {
    { BENCH_PEAK_BYTES, BENCH_LIVE_PEAK_BYTES, 1, "resident", "resident at the peak",
      "Peak of resident memory over peak of live bytes, everybody as shipped, every page of a "
      "block "
      "touched. Below: ours over theirs." },
    { BENCH_PAGES_PEAK, BENCH_LIVE_PEAK_BYTES, PAGE_BYTES, "committed", "committed at the peak",
      "Peak of committed pages over peak of live bytes, exact. Below: ours over theirs." },
};

/* What blocks take, and what is left of memory at later moments. */
static const struct view afterwards[] = {
    { BENCH_USABLE_MEAN_BYTES, BENCH_LIVE_MEAN_BYTES, 1, "", "",
      "Waste inside of blocks: how long they are, by malloc_usable_size(), over what was asked "
      "for, "
      "mean over the replay." },
    { BENCH_TRIMMED_BYTES, BENCH_FIGURES, 1.0 / 1024.0, "", "",
      "KiB resident at the end of the trace, after everything unused was asked back (trim)." },
    { BENCH_EMPTY_BYTES, BENCH_FIGURES, 1.0 / 1024.0, "", "",
      "KiB resident after every block was freed, and a trim." },
};

static double figure(const struct bench_file *bench, const struct bench_case *one, void *context)
{
    const struct view *view = context;
    double over = view->over < BENCH_FIGURES ? one->figures[view->over] : 1.0;

    (void)bench;
    return over > 0 ? one->figures[view->figure] * view->unit / over : NAN;
}

static bool has_resident(const struct bench_case *one)
{
    return one->figures[BENCH_PEAK_BYTES] > 0 && one->error == NULL;
}

static bool has_committed(const struct bench_case *one)
{
    return one->figures[BENCH_PAGES_PEAK] > 0 && one->error == NULL;
}

static char *heading(const struct bench_case *group, const struct view *view,
                     const struct matrix *matrix, uint32_t ours)
{
    uint32_t theirs = part_strongest(matrix, ours);
    char *words = part_group_words(group);
    char word[HTML_WORD_BYTES];
    char *text;

    if (theirs < matrix->column_count) {
        struct matrix_ratio ratio = matrix_ratio(matrix, ours, theirs);

        text = html_format("%s: %s of %s's memory %s over %u %s, less on %u", words,
                           html_number(word, ratio.mean), matrix->columns[theirs], view->words,
                           ratio.rows, ratio.rows == 1 ? "workload" : "workloads", ratio.better);
    } else {
        text = html_format("%s: memory %s", words, view->words);
    }
    free(words);
    return text;
}

static void more_tables(struct page *page, const struct part_inputs *inputs,
                        const struct bench_case *group)
{
    for (size_t i = 0; i < sizeof afterwards / sizeof afterwards[0]; i++) {
        struct view view = afterwards[i];
        struct matrix matrix;
        struct page_table table = { .caption = view.caption, .corner = "workload" };

        part_collect(inputs->bench, group, figure, &view, &matrix, &table.ours);
        if (table.ours < matrix.column_count)
            page_matrix(page, &matrix, &table);
        matrix_free(&matrix);
    }
}

static void group_section(struct page *page, const struct part_inputs *inputs,
                          const struct bench_case *group, const struct view *like, uint32_t number)
{
    struct view view = *like;
    struct matrix matrix;
    struct page_table table = { .caption = view.caption, .corner = "workload", .ratios = true };
    char id[32];

    part_collect(inputs->bench, group, figure, &view, &matrix, &table.ours);
    if (table.ours < matrix.column_count) {
        char *all = part_all_words(&matrix, table.ours);

        snprintf(id, sizeof id, "%s-%u", view.id, number);
        page_section(page, id, heading(group, &view, &matrix, table.ours));
        page_words(page, all);
        free(all);
        picture_values(page, &matrix, table.ours, "memory / live bytes, at their peaks",
                       "Memory at the peak over live bytes at the peak; less is better.");
        page_matrix(page, &matrix, &table);
        if (view.figure == BENCH_PEAK_BYTES)
            more_tables(page, inputs, group);
        page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
        page_section_end(page);
    }
    matrix_free(&matrix);
}

void part_memory(struct page *page, const struct part_inputs *inputs)
{
    static const bench_has_fn has[] = { has_resident, has_committed };
    uint32_t before = page->sections;
    const struct bench_case *group;

    for (size_t view = 0; inputs->bench != NULL && view < sizeof views / sizeof views[0]; view++)
        for (uint32_t i = 0; (group = bench_file_group(inputs->bench, i, has[view])) != NULL; i++)
            group_section(page, inputs, group, &views[view], i + 1u);
    if (page->sections == before)
        page_absent(page, "memory", "memory beside each peer", PART_BENCH_COMMAND);
}
