/* SPDX-License-Identifier: 0BSD */
/* Tables of the page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "page.h"

#define WIDE_COLUMNS 9u

/* -- By hand ----------------------------------------------------------------------------------- */

/* The caption stands before what scrolls: as the table's own it would be as wide as the table. */
static void begin(struct page *page, const char *caption, uint32_t columns)
{
    fputs("<p class=\"caption\">", page->out);
    html_text(page->out, caption);
    fprintf(page->out, "</p>\n<div class=\"scroll%s\" tabindex=\"0\" role=\"region\" aria-label=\"",
            columns > WIDE_COLUMNS ? " wide" : "");
    html_text(page->out, caption);
    fputs("\">\n<table>\n<thead>\n<tr>", page->out);
}

static void head_cell(struct page *page, const char *name, const char *style)
{
    fprintf(page->out, "<th scope=\"col\"%s>", style);
    html_text(page->out, name);
    fputs("</th>", page->out);
}

static void head_end(struct page *page)
{
    fputs("</tr>\n</thead>\n<tbody>\n", page->out);
}

void page_table_begin(struct page *page, const char *caption, const char *const *columns)
{
    uint32_t count = 0;

    while (columns[count] != NULL)
        count++;
    begin(page, caption, count);
    for (uint32_t i = 0; i < count; i++)
        head_cell(page, columns[i] + (*columns[i] == '<'),
                  *columns[i] == '<' ? " class=\"text\"" : "");
    head_end(page);
}

/* A name may break after its slashes. */
void page_row_begin(struct page *page, const char *name)
{
    char *copy = must_copy(name);
    char *rest = copy;

    fputs("<tr><th scope=\"row\">", page->out);
    for (char *part; (part = strsep(&rest, "/")) != NULL;) {
        html_text(page->out, part);
        fputs(rest != NULL ? "/<wbr>" : "</th>", page->out);
    }
    free(copy);
}

void page_cell(struct page *page, double number)
{
    char word[HTML_WORD_BYTES];

    fprintf(page->out, "<td>%s</td>", isnan(number) ? "-" : html_number(word, number));
}

void page_cell_count(struct page *page, uint32_t count)
{
    fprintf(page->out, "<td>%u</td>", count);
}

void page_cell_text(struct page *page, const char *text)
{
    fputs("<td class=\"text\">", page->out);
    html_text(page->out, text);
    fputs("</td>", page->out);
}

void page_row_end(struct page *page)
{
    fputs("</tr>\n", page->out);
}

void page_table_end(struct page *page)
{
    fputs("</tbody>\n</table>\n</div>\n", page->out);
}

/* -- Of a matrix ------------------------------------------------------------------------------- */

static void unknown_cell(struct page *page, const char *why)
{
    fputs("<td", page->out);
    if (why != NULL) {
        fputs(" title=\"", page->out);
        html_text(page->out, why);
        fputs("\"", page->out);
    }
    fputs(">-</td>", page->out);
}

static void known_cell(struct page *page, const struct page_table *table, double value, double ours,
                       bool is_ours)
{
    char word[HTML_WORD_BYTES];

    bool beats_us = !isnan(ours) && value < ours;

    fprintf(page->out, "<td%s>%s%s",
            is_ours    ? " class=\"ours\""
            : beats_us ? " class=\"worse\""
                       : "",
            table->counts ? html_count(word, value) : html_number(word, value),
            beats_us && !is_ours ? PAGE_MARK : "");
    if (table->ratios && !is_ours && value > 0 && ours > 0)
        fprintf(page->out, "<span class=\"ratio\">%s</span>", html_number(word, ours / value));
    fputs("</td>", page->out);
}

static void matrix_row_cells(struct page *page, const struct matrix *matrix,
                             const struct page_table *table, const struct matrix_row *row,
                             const uint32_t *order)
{
    page_row_begin(page, row->name);
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        double value = row->cells[order[i]];

        if (isnan(value))
            unknown_cell(page, row->why[order[i]]);
        else
            known_cell(page, table, value, row->cells[table->ours], order[i] == table->ours);
    }
    page_row_end(page);
}

/* The last rows: the mean of the ratios, and how often ours is better. */
static void matrix_means(struct page *page, const struct matrix *matrix,
                         const struct page_table *table, const uint32_t *order)
{
    char word[HTML_WORD_BYTES];

    fputs("<tr class=\"mean\"><th scope=\"row\">ours / theirs, mean</th>", page->out);
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        double mean = matrix_ratio(matrix, table->ours, order[i]).mean;

        if (order[i] == table->ours || isnan(mean))
            fputs(order[i] == table->ours ? "<td class=\"ours\"></td>" : "<td>-</td>", page->out);
        else
            fprintf(page->out, "<td%s>%s%s</td>", mean > 1 ? " class=\"worse\"" : "",
                    html_number(word, mean), mean > 1 ? PAGE_MARK : "");
    }
    fputs("</tr>\n<tr><th scope=\"row\">ours less, of how many</th>", page->out);
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        struct matrix_ratio ratio = matrix_ratio(matrix, table->ours, order[i]);

        if (order[i] == table->ours)
            fputs("<td class=\"ours\"></td>", page->out);
        else
            fprintf(page->out, "<td>%u of %u</td>", ratio.better, ratio.rows);
    }
    fputs("</tr>\n", page->out);
}

/* Whether row `at` is the first of a column whose cell is empty for that reason; how many are. */
static uint32_t count_reason(const struct matrix *matrix, uint32_t column, uint32_t at)
{
    const char *why = matrix->rows[at].why[column];
    uint32_t count = 0;

    if (why == NULL || !isnan(matrix->rows[at].cells[column]))
        return 0;
    for (uint32_t i = 0; i < matrix->row_count; i++) {
        const struct matrix_row *row = &matrix->rows[i];

        if (row->why[column] == NULL || !isnan(row->cells[column]) ||
            strcmp(row->why[column], why) != 0)
            continue;
        if (i < at)
            return 0;
        count++;
    }
    return count;
}

/* Why cells are empty, each reason once: a phone and paper show no title. */
static void unknown_words(struct page *page, const struct matrix *matrix)
{
    bool any = false;

    for (uint32_t j = 0; j < matrix->column_count; j++)
        for (uint32_t i = 0; i < matrix->row_count; i++) {
            uint32_t count = count_reason(matrix, j, i);

            if (count == 0)
                continue;
            fputs(any ? "; " : "<p class=\"source\">No figure: ", page->out);
            html_text(page->out, matrix->columns[j]);
            fputs(" on ", page->out);
            if (count == 1)
                html_text(page->out, matrix->rows[i].name);
            else
                fprintf(page->out, "%u rows", count);
            fputs(" (", page->out);
            html_text(page->out, matrix->rows[i].why[j]);
            fputs(")", page->out);
            any = true;
        }
    if (any)
        fputs(".</p>\n", page->out);
}

void page_matrix(struct page *page, const struct matrix *matrix, const struct page_table *table)
{
    uint32_t order[MATRIX_COLUMNS_MAX];

    matrix_order(matrix, table->ours, order);
    begin(page, table->caption, matrix->column_count + 1u);
    head_cell(page, table->corner, "");
    for (uint32_t i = 0; i < matrix->column_count; i++)
        head_cell(page, matrix->columns[order[i]],
                  order[i] == table->ours ? " class=\"ours\"" : "");
    head_end(page);
    for (uint32_t i = 0; i < matrix->row_count; i++)
        matrix_row_cells(page, matrix, table, &matrix->rows[i], order);
    if (table->ratios && matrix->column_count > 1)
        matrix_means(page, matrix, table, order);
    page_table_end(page);
    unknown_words(page, matrix);
}
