/* SPDX-License-Identifier: 0BSD */
/* The parts of `lookaside info`: one trace's figures, and who shows them. Private to traces/verbs.
 */
#ifndef LOOKASIDE_TRACE_INFO_H
#define LOOKASIDE_TRACE_INFO_H

#include "../stats/trace_stats.h"

#include <jansson.h>

/* One trace, read to its end. */
struct info {
    const char *path;
    const char *form;         /* "binary in zstd" */
    const char *text;         /* the header text */
    bool has_file_bytes;      /* false: a pipe, a device */
    uint64_t file_bytes;      /* as stored */
    uint64_t damages;         /* places left out, with --salvage */
    uint32_t steps;           /* size classes between one power of two and the next */
    struct trace_stats stats; /* finished */
};

/* How wide the text is, and what bars are made of. */
struct page {
    uint32_t columns;
    bool blocks; /* U+2588 and its eighths; else '#' */
};

/* As the terminal has it, or COLUMNS, or 80; blocks only on a terminal that takes UTF-8. */
struct page info_page(void);

/* Everything, as text on stdout, or as a JSON object (NULL when out of memory). */
void info_print(const struct page *page, const struct info *info);
json_t *info_to_json(const struct info *info);

/* A table with one line a trace. */
void info_brief_head(void);
void info_brief_line(const struct info *info);

/* -- Parts of the text; each prints nothing if the trace has nothing of the kind --------------- */

void info_print_sizes(const struct page *page, const struct info *info);
void info_print_lifetimes(const struct page *page, const struct info *info);
void info_print_reallocs(const struct info *info);
void info_print_recorded(const struct info *info);
void info_print_regions(const struct page *page, const struct info *info);
void info_print_stacks(const struct info *info);
void info_print_labels(const struct info *info);

/* -- Parts of the JSON object ------------------------------------------------------------------ */

/* A name and its count, and a list of them that ends with a NULL name, as an object. */
struct json_count {
    const char *name;
    uint64_t count;
};

json_t *info_json_counts(const struct json_count *counts);
json_t *info_json_spread(const struct spread *spread);

/* A string, with '?' for what is no UTF-8. */
json_t *info_json_string(const char *text, size_t bytes);

json_t *info_json_sizes(const struct info *info);
json_t *info_json_lifetimes(const struct info *info);
json_t *info_json_reallocs(const struct info *info);
json_t *info_json_recorded(const struct info *info);
json_t *info_json_regions(const struct info *info);
json_t *info_json_stacks(const struct info *info);
json_t *info_json_labels(const struct info *info);

#endif
