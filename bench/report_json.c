/* SPDX-License-Identifier: 0BSD */
/* Every row as JSON: {"schema": "lookaside-bench 1", ..., "results": [...]}. Costs include the
 * harness; "net" is what remains without it.
 */
#include "results.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "aside.h"

static json_t *row_json(const struct results *results, const struct result *row)
{
    json_t *object = json_object();
    const char *unit = row->counted ? "instructions" : "ns";

    json_object_set_new(object, "name", json_string(row->name));
    json_object_set_new(object, "abi", json_string(bench_abi_names[row->abi]));
    json_object_set_new(object, "target", json_string(row->target));
    json_object_set_new(object, "unit", json_string(unit));
    json_object_set_new(object, "ops", json_integer(row->ops));
    json_object_set_new(object, "refused", json_integer(row->refused));
    json_object_set_new(object, "per_op", json_real(row->cost.median));
    if (!result_is_empty(row))
        json_object_set_new(object, "net", json_real(result_net(results, row)));
    if (row->counted)
        return object;
    json_object_set_new(object, "lower_quartile", json_real(row->cost.lower));
    json_object_set_new(object, "upper_quartile", json_real(row->cost.upper));
    json_object_set_new(object, "min", json_real(row->cost.min));
    json_object_set_new(object, "max", json_real(row->cost.max));
    if (result_is_vas(row)) {
        json_object_set_new(object, "releases", json_integer(row->releases));
        json_object_set_new(object, "p999", json_real(row->p999_ns));
        json_object_set_new(object, "longest", json_real(row->longest_ns));
    } else {
        json_object_set_new(object, "live_bytes_peak",
                            json_integer((json_int_t)row->live_bytes_peak));
        if (row->committed_pages_peak > 0)
            json_object_set_new(object, "committed_pages_peak",
                                json_integer(row->committed_pages_peak));
    }
    return object;
}

static json_t *root_json(const struct results *results, const struct bench_facts *facts)
{
    json_t *root = json_object();
    json_t *rows = json_array();

    json_object_set_new(root, "schema", json_string("lookaside-bench 1"));
    json_object_set_new(root, "rounds", json_integer(facts->rounds));
    json_object_set_new(root, "ops_max", json_integer(facts->ops_max));
    json_object_set_new(root, "buckets",
                        facts->buckets != NULL ? json_string(facts->buckets) : json_null());
    for (uint32_t i = 0; i < results->count; i++)
        json_array_append_new(rows, row_json(results, &results->rows[i]));
    json_object_set_new(root, "results", rows);
    return root;
}

bool bench_print_json(const char *path, const struct results *results,
                      const struct bench_facts *facts, char *message, size_t message_size)
{
    json_t *root = root_json(results, facts);
    struct aside aside;
    bool good = aside_open(&aside, path);

    if (good) {
        good = json_dumpfd(root, aside.fd, JSON_INDENT(1) | JSON_REAL_PRECISION(8)) == 0;
        if (good)
            good = aside_commit(&aside);
        else
            aside_abandon(&aside);
    }
    if (!good)
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
    json_decref(root);
    return good;
}
