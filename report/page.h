/* SPDX-License-Identifier: 0BSD */
/* A page that is being made: its sections, and above them the list of what they found. */
#ifndef LOOKASIDE_REPORT_PAGE_H
#define LOOKASIDE_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "matrix.h"
#include "must.h"

struct page {
    struct must_text body;
    struct must_text list; /* items: a link to each section, its words the heading */
    FILE *out;             /* the body */
    uint32_t pictures;
    uint32_t sections;
    uint32_t topics;
    bool without_gnuplot;
    bool bad; /* a picture could not be drawn */
};

void page_begin(struct page *page);

/* Write the whole page. */
void page_end(struct page *page, FILE *to);

/* A heading for the next sections in the list of what was found. */
void page_topic(struct page *page, const char *words);

/* A section: what it found, in a sentence. `id` is a word of ours. Takes `heading` over. */
void page_section(struct page *page, const char *id, char *heading);
void page_section_end(struct page *page);

/* A section without figures: what is missing, and the command that would make it. */
void page_absent(struct page *page, const char *id, const char *what, const char *command);

/* A paragraph of our own words. */
void page_words(struct page *page, const char *words);

/* Where figures come from: the command that made them, and the file they were in. */
void page_source(struct page *page, const char *command, const char *path);

/* -- Tables (page_table.c) --------------------------------------------------------------------- */

/* Beside what beats us. */
#define PAGE_MARK "<span class=\"mark\">\xe2\x96\xbc</span>"

/* How a table of a matrix looks. */
struct page_table {
    const char *caption; /* our words */
    const char *corner;  /* above the rows' names */
    uint32_t ours;       /* column */
    bool ratios;         /* also say what ours is to theirs, and its mean at the end */
    bool counts;         /* figures are numbers of things */
};

/* Columns in matrix_order(). What is less than ours is marked. */
void page_matrix(struct page *page, const struct matrix *matrix, const struct page_table *table);

/* The parts of a table made by hand: columns' names, NULL after the last, then rows of cells. A
 * column of text has a name that begins with '<'.
 */
void page_table_begin(struct page *page, const char *caption, const char *const *columns);
void page_row_begin(struct page *page, const char *name);
void page_cell(struct page *page, double number); /* NaN: none */
void page_cell_count(struct page *page, uint32_t count);
void page_cell_text(struct page *page, const char *text);
void page_row_end(struct page *page);
void page_table_end(struct page *page);

#endif
