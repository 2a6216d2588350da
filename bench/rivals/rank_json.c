/* SPDX-License-Identifier: 0BSD */
/* The ranks as JSON: integers only, so that a program makes its own ratios. */
#include "rank.h"

#include <jansson.h>

/* null where steps are not counted. */
static json_t *steps(uint64_t probes)
{
    return probes == RIVAL_NOT_COUNTED ? json_null() : json_integer((json_int_t)probes);
}

static json_t *head(const char *path, const char *kind, uint64_t ops, uint64_t requests)
{
    json_t *name = json_string(path); /* NULL if the name is not UTF-8, as JSON must be */

    return json_pack("{so ss sI sI}", "file", name ? name : json_null(), "kind", kind, "ops",
                     (json_int_t)ops, "requests", (json_int_t)requests);
}

json_t *rank_heap_json(const char *path, const struct rank_heap *rank)
{
    json_t *object = head(path, "heap", rank->ops, rank->requests);
    json_t *rows = json_array();

    json_object_set_new(object, "live_bytes_peak", json_integer((json_int_t)rank->live_bytes_peak));
    json_object_set_new(object, "rivals", rows);
    for (uint32_t i = 0; i < rank->count; i++) {
        const struct rank_heap_row *row = &rank->rows[i];

        json_array_append_new(rows, json_pack("{ss sI sI sI sI sI sI sI sI sb so}", "rival",
                                              row->rival->name, "ops", (json_int_t)row->ops,
                                              "refused", (json_int_t)row->refused, "over_asked",
                                              (json_int_t)row->over_asked, "footprint_pages_peak",
                                              (json_int_t)row->pages_peak, "footprint_pages_left",
                                              (json_int_t)row->pages_left, "footprint_pages_sum",
                                              (json_int_t)row->pages_sum, "live_bytes_sum",
                                              (json_int_t)row->live_bytes_sum, "static_bytes",
                                              (json_int_t)row->static_bytes, "gave_up",
                                              row->gave_up, "steps", steps(row->probes)));
    }
    return object;
}

json_t *rank_vas_json(const char *path, const struct rank_vas *rank)
{
    json_t *object = head(path, "vas", rank->ops, rank->requests);
    json_t *rows = json_array();

    json_object_set_new(object, "page_bytes", json_integer(rank->page_bytes));
    json_object_set_new(object, "live_pages_peak", json_integer(rank->live_pages_peak));
    json_object_set_new(object, "rivals", rows);
    for (uint32_t i = 0; i < rank->count; i++) {
        const struct rank_vas_row *row = &rank->rows[i];

        json_array_append_new(
            rows,
            json_pack("{ss sI sI sI sI sI sI sI sI sI sI sb so}", "rival", row->rival->name, "ops",
                      (json_int_t)row->ops, "no_space", (json_int_t)row->no_space, "no_metadata",
                      (json_int_t)row->no_metadata, "over_asked", (json_int_t)row->over_asked,
                      "moved", (json_int_t)row->moved, "reach_pages", (json_int_t)row->reach_pages,
                      "smallest_window_pages", (json_int_t)row->smallest_pages,
                      "free_pages_at_peak", (json_int_t)row->free_pages, "largest_pages_at_peak",
                      (json_int_t)row->largest_pages, "metadata_bytes_peak",
                      (json_int_t)row->metadata_bytes_peak, "gave_up", row->gave_up, "steps",
                      steps(row->probes)));
    }
    return object;
}
