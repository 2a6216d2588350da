/* SPDX-License-Identifier: 0BSD */
/* The heaps of other systems on the same traces. */
#include <stdlib.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

void part_rivals(struct page *page, const struct part_inputs *inputs)
{
    const struct matrix *matrix = inputs->rank != NULL ? &inputs->rank->heap : NULL;
    uint32_t ours = matrix != NULL ? part_rank_ours(matrix) : 0;
    struct page_table table = {
        .caption = "Peak of committed pages over peak of live bytes. Below: ours over theirs.",
        .corner = "trace",
        .ours = ours,
        .ratios = true,
    };
    uint32_t theirs;
    char word[HTML_WORD_BYTES];
    char *all;

    if (matrix == NULL || ours == matrix->column_count) {
        page_absent(page, "rivals", "other systems' heaps on the same traces", PART_RANK_COMMAND);
        return;
    }
    theirs = part_strongest(matrix, ours);
    if (theirs < matrix->column_count)
        page_section(page, "rivals",
                     html_format("Other systems' heaps: nobody's is smaller on %u of %u traces; "
                                 "ours takes %s of the pages of %s, the strongest",
                                 part_smallest_rows(matrix, ours), matrix->row_count,
                                 html_number(word, matrix_ratio(matrix, ours, theirs).mean),
                                 matrix->columns[theirs]));
    else
        page_section(page, "rivals", html_format("Our heap on %u traces", matrix->row_count));
    all = part_all_words(matrix, ours);
    page_words(page, all);
    free(all);
    picture_ratios(page, matrix, ours,
                   "Peak of committed pages, ours over each other's, on a logarithmic scale.");
    page_matrix(page, matrix, &table);
    page_source(page, PART_RANK_COMMAND, inputs->rank_path);
    page_section_end(page);
}
