/* SPDX-License-Identifier: 0BSD */
/* Numbers, shares and bars as words for the terminal. Private to traces/verbs.
 *
 * A word is a small struct that the caller prints at once: printf("%s", digits(n).text).
 */
#ifndef LOOKASIDE_TRACE_INFO_WORDS_H
#define LOOKASIDE_TRACE_INFO_WORDS_H

#include "info.h"

struct word {
    char text[40];
};

#define BAR_CELLS_MAX 60u

struct bar {
    char text[BAR_CELLS_MAX * 3u + 1u]; /* a block is three bytes in UTF-8 */
};

struct word digits(uint64_t value);                 /* "1,234,567" */
struct word percent(uint64_t part, uint64_t whole); /* "12.3 %", "<0.1 %", "-" of nothing */
struct word ratio(uint64_t value, uint64_t of);     /* "1.234", "-" of nothing */
struct word mean_of(uint64_t sum, uint64_t count);  /* "12.3", "-" of nothing */
struct word size_of(uint64_t bytes);                /* "65,536", above that "96 KiB" */

/* `value` of `full` as a bar of up to `cells` columns, filled up with blanks. */
struct bar bar_of(const struct page *page, uint32_t cells, uint64_t value, uint64_t full);

/* printf() of one line without the blanks at its end. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A file name, with '?' for control characters: a name must not talk to the terminal. */
void print_name(const char *name);

#endif
