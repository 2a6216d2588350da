/* SPDX-License-Identifier: 0BSD */
/* Reading ranks. */
#include "rank_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

#define SCHEMA     "lookaside-rank 1"
#define PAGE_BYTES 4096.0

static const char gave_up[] = "gave up: too many steps";
static const char too_small[] = "refused some";

static void set(struct matrix *matrix, const char *trace, const char *rival, double value,
                const char *why)
{
    uint32_t column = matrix_column(matrix, rival);
    struct matrix_row *row = matrix_row(matrix, trace);

    row->cells[column] = why == NULL && isfinite(value) ? value : NAN;
    row->why[column] = why;
}

static void read_heap(struct rank_file *file, const char *trace, double live_bytes,
                      const json_t *row, struct fields *fields)
{
    const char *rival = fields_string(fields, row, "rival");
    double pages = fields_number(fields, row, "footprint_pages_peak");
    bool is_short = fields_number(fields, row, "refused") > 0;
    bool stopped = fields_boolean(fields, row, "gave_up");

    set(&file->heap, trace, rival, pages * PAGE_BYTES / live_bytes,
        stopped    ? gave_up
        : is_short ? too_small
                   : NULL);
}

static void read_space(struct rank_file *file, const char *trace, double live_pages,
                       const json_t *row, struct fields *fields)
{
    const char *rival = fields_string(fields, row, "rival");
    double window = fields_number(fields, row, "smallest_window_pages");
    double free_pages = fields_number(fields, row, "free_pages_at_peak");
    double largest = fields_number(fields, row, "largest_pages_at_peak");
    double no_space = fields_number(fields, row, "no_space");
    double no_metadata = fields_number(fields, row, "no_metadata");
    bool stopped = fields_boolean(fields, row, "gave_up");
    const char *why = stopped ? gave_up : NULL;

    set(&file->window, trace, rival, window / live_pages,
        why != NULL   ? why
        : window == 0 ? "no window found in which it refuses nothing"
                      : NULL);
    set(&file->scatter, trace, rival, 100.0 * (1.0 - fmin(largest / free_pages, 1.0)), why);
    set(&file->refused, trace, rival, no_space + no_metadata, why);
}

/* "user/cc1" of ".../traces/data/user/cc1.lat.zst": two parts tell traces apart. */
static char *trace_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name;
    char *end;

    while (slash != NULL && slash > path && slash[-1] != '/')
        slash--;
    name = must_copy(slash != NULL ? slash : path);
    end = strstr(name, ".lat");
    if (end != NULL && end != name)
        *end = '\0';
    return name;
}

static void read_rank(struct rank_file *file, const json_t *rank, struct fields *fields, size_t at)
{
    const char *kind = fields_string(fields, rank, "kind");
    bool is_heap = strcmp(kind, "heap") == 0;

    if (!is_heap && strcmp(kind, "vas") != 0)
        fields_complain(fields, "kind", json_object_get(rank, "kind"), "\"heap\" or \"vas\"");

    double live = fields_number(fields, rank, is_heap ? "live_bytes_peak" : "live_pages_peak");
    const json_t *rivals = fields_array(fields, rank, "rivals");
    char *name = json_is_null(json_object_get(rank, "file"))
                     ? must_copy("(a name that is no UTF-8)")
                     : trace_name(fields_string(fields, rank, "file"));

    for (size_t i = 0; !fields->bad && i < json_array_size(rivals); i++) {
        const json_t *row = fields_element(fields, rivals, i);

        fields_at(fields, "ranks[%zu].rivals[%zu]", at, i);
        (is_heap ? read_heap : read_space)(file, name, live, row, fields);
        fields_at(fields, "ranks[%zu]", at);
    }
    free(name);
}

bool rank_file_read(struct rank_file *ret_file, const char *path, struct fields *fields)
{
    json_t *root = fields_load(fields, path);
    const json_t *ranks;

    memset(ret_file, 0, sizeof *ret_file);
    if (root == NULL)
        return false;
    if (strcmp(fields_string(fields, root, "schema"), SCHEMA) != 0)
        fields_complain(fields, "schema", json_object_get(root, "schema"), "\"" SCHEMA "\"");
    ranks = fields_array(fields, root, "ranks");
    for (size_t i = 0; !fields->bad && i < json_array_size(ranks); i++) {
        const json_t *rank = fields_element(fields, ranks, i);

        fields_at(fields, "ranks[%zu]", i);
        read_rank(ret_file, rank, fields, i);
        fields_at(fields, "%s", "");
    }
    if (ret_file->heap.row_count + ret_file->window.row_count == 0)
        fields_complain(fields, "ranks", ranks, "at least one trace");
    if (ret_file->heap.overfull || ret_file->window.overfull)
        fields_complain(fields, "ranks", ranks, "at most 32 systems");
    json_decref(root);
    return !fields->bad;
}

void rank_file_free(struct rank_file *file)
{
    matrix_free(&file->heap);
    matrix_free(&file->window);
    matrix_free(&file->scatter);
    matrix_free(&file->refused);
}
