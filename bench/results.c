/* SPDX-License-Identifier: 0BSD */
/* Rows in, results out. */
#include "results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "aside.h"

bool results_init(struct results *results)
{
    *results = (struct results){ .rows = json_array(),
                                 .space = json_object(),
                                 .problems = json_array(),
                                 .index = json_object() };
    return results->rows != NULL && results->space != NULL && results->problems != NULL &&
           results->index != NULL;
}

void results_free(struct results *results)
{
    for (uint32_t i = 0; i < results->count; i++)
        free(results->all[i].values);
    free(results->all);
    json_decref(results->rows);
    json_decref(results->context);
    json_decref(results->space);
    json_decref(results->problems);
    json_decref(results->index);
}

/* -- Names ------------------------------------------------------------------------------------- */

bool results_expect(struct results *results, const struct plan *plan)
{
    if (results->count + plan->count > results->room) {
        uint32_t room = 2u * (results->count + plan->count);
        struct result *all = realloc(results->all, room * sizeof *all);

        if (all == NULL)
            return false;
        results->all = all;
        results->room = room;
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        struct result *result = &results->all[results->count];
        const struct plan_case *one = &plan->cases[i];

        *result = (struct result){ .about = *one };
        result->values = calloc(one->repetitions, sizeof *result->values);
        if (result->values == NULL)
            return false;
        if (json_object_set_new(results->index, one->name, json_integer(results->count)) != 0)
            return false;
        results->count++;
    }
    return true;
}

static struct result *find_case(const struct results *results, const char *name)
{
    const json_t *at = json_object_get(results->index, name);

    return at != NULL ? &results->all[json_integer_value(at)] : NULL;
}

/* -- Rows -------------------------------------------------------------------------------------- */

void results_problem(struct results *results, const char *name, const char *what)
{
    json_array_append_new(results->problems, json_sprintf("%s: %s", name, what));
}

/* "heap/x/i386/glibc/iterations:1/repeats:9/manual_time" without what is always the same. */
static void rename_row(json_t *row)
{
    const char *whole = json_string_value(json_object_get(row, "run_name"));
    const char *aggregate = json_string_value(json_object_get(row, "aggregate_name"));
    const char *end = whole != NULL ? strstr(whole, "/iterations:1") : NULL;
    char name[PLAN_NAME_BYTES];

    if (end == NULL)
        return;
    snprintf(name, sizeof name, "%.*s", (int)(end - whole), whole);
    json_object_set_new(row, "name",
                        aggregate != NULL ? json_sprintf("%s_%s", name, aggregate)
                                          : json_string(name));
    json_object_set_new(row, "run_name", json_string(name));
}

/* "over_00_kib", "over_01_kib", ... as one array. */
static void gather_moments(json_t *row, const char *prefix)
{
    json_t *moments = json_array();
    json_t *moment;
    char key[32];

    for (unsigned i = 0;; i++) {
        snprintf(key, sizeof key, "%s_%02u_kib", prefix, i);
        moment = json_object_get(row, key);
        if (moment == NULL)
            break;
        json_array_append_new(moments, json_integer((json_int_t)json_number_value(moment)));
        json_object_del(row, key);
    }
    snprintf(key, sizeof key, "%s_kib", prefix);
    if (json_array_size(moments) > 0)
        json_object_set(row, key, moments);
    json_decref(moments);
}

/* An error is no row: readers of the format expect times in all of them. Nor are the means of rows
 * some of which are errors.
 */
static bool take_error(struct results *results, struct result *result, const json_t *row)
{
    const char *message = json_string_value(json_object_get(row, "label"));

    if (json_object_get(row, ANSWER_MARK) == NULL)
        return false;
    if (message == NULL || strcmp(message, ANSWER_STOPPED) == 0)
        return true;
    if (strncmp(message, ANSWER_SLOW, strlen(ANSWER_SLOW)) == 0) {
        result->slow = true;
        return true;
    }
    if (!result->failed) /* each repetition says so */
        results_problem(results, result->about.name, message);
    result->failed = true;
    return true;
}

static void take_row(struct results *results, json_t *row)
{
    const char *type = json_string_value(json_object_get(row, "run_type"));
    const char *name;
    struct result *result;

    rename_row(row);
    name = json_string_value(json_object_get(row, "run_name"));
    result = name != NULL ? find_case(results, name) : NULL;
    if (result == NULL || type == NULL || take_error(results, result, row))
        return;
    if (json_object_get(row, "real_time") == NULL)
        return;
    gather_moments(row, "over");
    gather_moments(row, "live");
    /* CPU time it is, of the measuring process; that of the driver tells nothing. */
    json_object_set(row, "cpu_time", json_object_get(row, "real_time"));
    json_array_append(results->rows, row);
    if (strcmp(type, "iteration") != 0)
        return;
    result->row = row;
    result->values[result->count++] = json_number_value(json_object_get(row, "real_time"));
}

bool results_take(struct results *results, json_t *report)
{
    json_t *rows = json_object_get(report, "benchmarks");
    json_t *context = json_object_get(report, "context");
    size_t index;
    json_t *row;

    if (!json_is_array(rows) || !json_is_object(context))
        return false;
    if (results->context == NULL)
        results->context = json_incref(context);
    json_array_foreach(rows, index, row)
    {
        take_row(results, row);
    }
    return true;
}

bool results_take_value(struct results *results, const char *name, double value, double ops)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:s, s:f}", "name", name,
                            "run_name", name, "run_type", "iteration", "repetitions", 1,
                            "repetition_index", 0, "iterations", 1, "real_time", value, "cpu_time",
                            value, "time_unit", "ns", "ops", ops);
    struct result *result = find_case(results, name);

    if (row == NULL || result == NULL)
        return false;
    json_array_append_new(results->rows, row);
    result->row = row;
    result->values[result->count++] = value;
    return true;
}

/* -- Results ----------------------------------------------------------------------------------- */

void results_finish(struct results *results)
{
    const char *key = results->counted ? "net_instructions_per_op" : "net_ns_per_op";
    size_t index;
    json_t *row;

    for (uint32_t i = 0; i < results->count; i++)
        if (results->all[i].count > 0)
            results->all[i].spread = spread_of(results->all[i].values, results->all[i].count);
    json_array_foreach(results->rows, index, row)
    {
        const char *name = json_string_value(json_object_get(row, "run_name"));
        const char *aggregate = json_string_value(json_object_get(row, "aggregate_name"));
        const struct result *result = find_case(results, name);
        const struct result *floor =
            result != NULL ? results_find(results, result, result->about.floor) : NULL;

        if (floor == NULL || floor == result || floor->count == 0 ||
            (aggregate != NULL && strcmp(aggregate, "mean") != 0 &&
             strcmp(aggregate, "median") != 0))
            continue;
        json_object_set_new(
            row, key,
            json_real(json_number_value(json_object_get(row, "real_time")) - floor->spread.median));
    }
}

const struct result *results_find(const struct results *results, const struct result *like,
                                  const char *target)
{
    const struct plan_case *about = &like->about;
    char name[PLAN_NAME_BYTES + BENCH_NAME_BYTES];

    snprintf(name, sizeof name, "%.*s/%s/%s%s%s", (int)(about->thing_at + about->thing_bytes),
             about->name, bench_abi_names[about->abi], target, *about->variant ? "/" : "",
             about->variant);
    return find_case(results, name);
}

bool result_is_floor(const struct result *result)
{
    return strcmp(result->about.target, result->about.floor) == 0;
}

bool result_net(const struct results *results, const struct result *result, double *ret_net)
{
    const struct result *floor = results_find(results, result, result->about.floor);

    if (result->count == 0 || floor == NULL || floor->count == 0)
        return false;
    *ret_net = result->spread.median - floor->spread.median;
    return true;
}

bool result_figure(const struct result *result, const char *key, double *ret_figure)
{
    json_t *figure = result->row != NULL ? json_object_get(result->row, key) : NULL;

    if (!json_is_number(figure))
        return false;
    *ret_figure = json_number_value(figure);
    return true;
}

/* A case as one row: the last repetition's figures, with the median for its time and half the
 * distance of the quartiles beside it.
 */
static json_t *brief_row(const struct results *results, const struct result *result)
{
    static const char *const dropped[] = { "family_index",     "per_family_instance_index",
                                           "repetition_index", "threads",
                                           "iterations",       "name" };
    const char *key = results->counted ? "net_instructions_per_op" : "net_ns_per_op";
    json_t *row = json_copy(result->row);
    double figure;

    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        json_object_del(row, dropped[i]);
    json_object_set_new(row, "name", json_sprintf("%s_median", result->about.name));
    json_object_set_new(row, "run_type", json_string("aggregate"));
    json_object_set_new(row, "aggregate_name", json_string("median"));
    json_object_set_new(row, "repetitions", json_integer(result->count));
    json_object_set_new(row, "real_time", json_real(result->spread.median));
    json_object_set_new(row, "cpu_time", json_real(result->spread.median));
    if (result->count > 1u)
        json_object_set_new(row, "spread",
                            json_real((result->spread.upper - result->spread.lower) / 2.0));
    if (json_object_get(row, key) != NULL && result_net(results, result, &figure))
        json_object_set_new(row, key, json_real(figure));
    return row;
}

static json_t *brief_rows(const struct results *results)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < results->count; i++)
        if (results->all[i].count > 0)
            json_array_append_new(rows, brief_row(results, &results->all[i]));
    return rows;
}

/* -- Writing ----------------------------------------------------------------------------------- */

/* A row a line: a run is long, and lines can be compared. */
static bool write_value(FILE *file, const char *before, const char *key, const json_t *value)
{
    char *text = value != NULL
                     ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))
                     : NULL;
    bool good = value == NULL || text != NULL;

    if (key != NULL && good)
        good = fprintf(file, "%s\"%s\": %s", before, key, text != NULL ? text : "null") > 0;
    else if (good)
        good = fprintf(file, "%s%s", before, text) > 0;
    free(text);
    return good;
}

static bool write_array(FILE *file, const char *key, const json_t *array)
{
    bool good = fprintf(file, ",\n\"%s\": [", key) > 0;
    size_t index;
    json_t *value;

    json_array_foreach(array, index, value)
    {
        good = good && write_value(file, index == 0 ? "\n" : ",\n", NULL, value);
    }
    return good && fputs("\n]", file) >= 0;
}

static bool write_all(FILE *file, const struct results *results)
{
    const char *before = "\n";
    const char *key;
    json_t *value;
    json_t *rows = results->brief ? brief_rows(results) : json_incref(results->rows);
    bool good = write_value(file, "{\n", "context", results->context) &&
                write_array(file, "benchmarks", rows) && fputs(",\n\"space\": {", file) >= 0;

    json_decref(rows);
    json_object_foreach(results->space, key, value)
    {
        good = good && write_value(file, before, key, value);
        before = ",\n";
    }
    return good && fputs("\n}", file) >= 0 && write_array(file, "problems", results->problems) &&
           fputs("\n}\n", file) >= 0;
}

bool results_write(const struct results *results, const char *path, char *message,
                   size_t message_size)
{
    struct aside aside;
    bool good = aside_open(&aside, path);

    if (good) {
        FILE *file = fdopen(dup(aside.fd), "w");

        good = file != NULL && write_all(file, results);
        if (file != NULL)
            good = fclose(file) == 0 && good;
        if (good)
            good = aside_commit(&aside);
        else
            aside_abandon(&aside);
    }
    if (!good)
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
    return good;
}
