/* SPDX-License-Identifier: 0BSD */
/* From repetitions to cases. */
#include "bench_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

/* The counters that become figures; the time is not one. */
static const char *const counter_keys[BENCH_FIGURES] = {
    [BENCH_P50_NS] = "p50_ns",
    [BENCH_P99_NS] = "p99_ns",
    [BENCH_P999_NS] = "p999_ns",
    [BENCH_MAX_NS] = "max_ns",
    [BENCH_LIVE_PEAK_BYTES] = "live_peak_bytes",
    [BENCH_PEAK_BYTES] = "peak_bytes",
    [BENCH_MEAN_BYTES] = "mean_bytes",
    [BENCH_LIVE_MEAN_BYTES] = "live_mean_bytes",
    [BENCH_USABLE_MEAN_BYTES] = "usable_mean_bytes",
    [BENCH_END_BYTES] = "end_bytes",
    [BENCH_TRIMMED_BYTES] = "trimmed_bytes",
    [BENCH_EMPTY_BYTES] = "empty_bytes",
    [BENCH_PAGES_PEAK] = "pages_peak",
    [BENCH_FAILED] = "failed",
    [BENCH_RESERVES] = "reserves",
    [BENCH_FREE_SEGMENTS] = "free_segments",
    [BENCH_LARGEST_SEGMENTS] = "largest_segments",
};

/* -- Repetitions ------------------------------------------------------------------------------- */

static bool is_of(const struct bench_case *one, const struct bench_name *name)
{
    return strcmp(one->name.subject, name->subject) == 0 &&
           strcmp(one->name.target, name->target) == 0 && strcmp(one->name.abi, name->abi) == 0 &&
           strcmp(one->name.kind, name->kind) == 0 && strcmp(one->name.variant, name->variant) == 0;
}

static struct bench_case *take_case(struct bench_file *file, const struct bench_name *name)
{
    struct bench_case *one;

    /* Repetitions follow each other unless they interleave, so look from the end. */
    for (uint32_t i = file->count; i-- > 0;)
        if (is_of(&file->cases[i], name))
            return &file->cases[i];
    file->cases = must_grow(file->cases, file->count, sizeof *file->cases);
    one = &file->cases[file->count++];
    *one = (struct bench_case){ .name = *name, .runs = json_array() };
    if (one->runs == NULL)
        must_out();
    return one;
}

static void set_error(struct bench_case *one, const char *message)
{
    if (one->error == NULL)
        one->error = must_copy(message != NULL ? message : "it failed");
}

/* "NAME: WHAT", if it is about a case. */
static void take_problem(struct bench_file *file, const char *problem)
{
    const char *colon = strstr(problem, ": ");
    char *text = must_copy(problem);
    struct bench_name name;

    if (colon != NULL) {
        text[colon - problem] = '\0';
        if (bench_name_parse(text, &name))
            set_error(take_case(file, &name), colon + 2);
    }
    free(text);
}

/* A run is a repetition, or the medians of all of them, which count only where they are alone. */
static void take_run(struct bench_file *file, const json_t *run, struct fields *fields)
{
    const char *text = json_string_value(json_object_get(run, "run_name"));
    const char *type = json_string_value(json_object_get(run, "run_type"));
    const char *aggregate = json_string_value(json_object_get(run, "aggregate_name"));
    bool is_aggregate = type != NULL && strcmp(type, "aggregate") == 0;
    struct bench_name name;
    struct bench_case *one;

    if (text == NULL)
        text = fields_string(fields, run, "name");
    if (is_aggregate && (aggregate == NULL || strcmp(aggregate, "median") != 0))
        return;
    if (!bench_name_parse(text, &name)) {
        file->strangers++;
        return;
    }
    one = take_case(file, &name);
    if (json_is_true(json_object_get(run, "error_occurred"))) {
        set_error(one, json_string_value(json_object_get(run, "error_message")));
        return;
    }
    if (is_aggregate && json_array_size(one->runs) > 0)
        return;
    if (one->is_median)
        json_array_clear(one->runs);
    one->is_median = is_aggregate;
    if (json_array_append(one->runs, (json_t *)run) != 0)
        must_out();
}

/* -- Figures ----------------------------------------------------------------------------------- */

static double unit_ns(struct fields *fields, const json_t *run)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    const char *unit = fields_string(fields, run, "time_unit");

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].unit) == 0)
            return units[i].ns;
    fields_complain(fields, "time_unit", json_object_get(run, "time_unit"), "ns, us, ms or s");
    return NAN;
}

/* A manual time, which is what the cases of `lookaside bench` have, is in real_time. */
static double time_ns(struct fields *fields, const json_t *run)
{
    double time = fields_number(fields, run, "real_time");

    return time * unit_ns(fields, run);
}

static double run_figure(struct fields *fields, const json_t *run, uint32_t figure)
{
    if (figure == BENCH_NS)
        return time_ns(fields, run);
    if (json_object_get(run, counter_keys[figure]) == NULL)
        return NAN;
    return fields_number(fields, run, counter_keys[figure]);
}

static void find_figures(struct bench_case *one, struct fields *fields)
{
    uint32_t runs = (uint32_t)json_array_size(one->runs);
    double *values = must_zeroed(runs, sizeof *values);

    fields_at(fields, "%s/%s/%s/%s", one->name.kind, one->name.subject, one->name.abi,
              one->name.target);
    for (uint32_t figure = 0; figure < BENCH_FIGURES; figure++) {
        uint32_t count = 0;

        for (uint32_t i = 0; i < runs; i++) {
            double value = run_figure(fields, json_array_get(one->runs, i), figure);

            if (!isnan(value))
                values[count++] = value;
        }
        one->figures[figure] = matrix_median(values, count);
    }
    free(values);
    if (runs > 0) { /* some repetition has figures */
        free(one->error);
        one->error = NULL;
    }
}

/* What else the file says: problems, and whether it has times. */
static void take_problems(struct bench_file *file, struct fields *fields)
{
    const json_t *problems = json_object_get(file->root, "problems");
    const json_t *context = json_object_get(file->root, "context");
    const char *unit = json_string_value(json_object_get(context, "unit"));

    if (problems != NULL)
        problems = fields_array(fields, file->root, "problems");
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const char *problem = json_string_value(json_array_get(problems, i));

        if (problem == NULL)
            fields_complain(fields, "problems", problems, "strings in it");
        else
            take_problem(file, problem);
    }
    file->counted = unit != NULL && strncmp(unit, "instructions", strlen("instructions")) == 0;
}

bool bench_file_read(struct bench_file *ret_file, const char *path, struct fields *fields)
{
    const json_t *runs;

    *ret_file = (struct bench_file){ .root = fields_load(fields, path) };
    if (ret_file->root == NULL)
        return false;
    runs = fields_array(fields, ret_file->root, "benchmarks");
    if (json_object_get(ret_file->root, "context") != NULL)
        (void)fields_object(fields, ret_file->root, "context");
    for (size_t i = 0; !fields->bad && i < json_array_size(runs); i++) {
        const json_t *run = fields_element(fields, runs, i);

        fields_at(fields, "benchmarks[%zu]", i);
        if (!fields->bad)
            take_run(ret_file, run, fields);
        fields_at(fields, "%s", "");
    }
    take_problems(ret_file, fields);
    for (uint32_t i = 0; i < ret_file->count; i++)
        find_figures(&ret_file->cases[i], fields);
    fields_at(fields, "%s", "");
    if (ret_file->count == 0)
        fields_complain(fields, "benchmarks", runs,
                        "cases named KIND/SUBJECT/ABI/TARGET, as `lookaside bench --json` does");
    return !fields->bad;
}

void bench_file_free(struct bench_file *file)
{
    for (uint32_t i = 0; i < file->count; i++) {
        json_decref(file->cases[i].runs);
        free(file->cases[i].error);
    }
    free(file->cases);
    json_decref(file->root);
    *file = (struct bench_file){ .root = NULL };
}

/* -- Looking ----------------------------------------------------------------------------------- */

bool bench_case_is_timed(const struct bench_case *one)
{
    static const enum bench_figure others[] = { BENCH_P50_NS, BENCH_PEAK_BYTES, BENCH_PAGES_PEAK,
                                                BENCH_FREE_SEGMENTS };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (!isnan(one->figures[others[i]]))
            return false;
    return one->error == NULL && one->figures[BENCH_NS] > 0;
}

bool bench_same_group(const struct bench_case *left, const struct bench_case *right)
{
    return strcmp(left->name.kind, right->name.kind) == 0 &&
           strcmp(left->name.abi, right->name.abi) == 0 &&
           strcmp(left->name.variant, right->name.variant) == 0;
}

const struct bench_case *bench_file_find(const struct bench_file *file,
                                         const struct bench_case *like, const char *target)
{
    for (uint32_t i = 0; i < file->count; i++) {
        const struct bench_case *one = &file->cases[i];

        if (strcmp(one->name.target, target) == 0 && bench_same_group(one, like) &&
            strcmp(one->name.subject, like->name.subject) == 0 && bench_case_is_timed(one))
            return one;
    }
    return NULL;
}

double bench_case_net_ns(const struct bench_file *file, const struct bench_case *one,
                         bool *ret_is_gross)
{
    const char *floor;

    if (!bench_case_is_timed(one))
        return NAN;
    for (unsigned i = 0; (floor = bench_target_floor(one->name.target, i)) != NULL; i++) {
        const struct bench_case *found = bench_file_find(file, one, floor);

        if (found != NULL)
            return fmax(one->figures[BENCH_NS] - found->figures[BENCH_NS], 0);
    }
    *ret_is_gross = true;
    return one->figures[BENCH_NS];
}

/* Whether no case before number `at` begins the same group. */
static bool is_first(const struct bench_file *file, uint32_t at, bench_has_fn has)
{
    for (uint32_t i = 0; i < at; i++)
        if (has(&file->cases[i]) && bench_same_group(&file->cases[i], &file->cases[at]))
            return false;
    return true;
}

const struct bench_case *bench_file_group(const struct bench_file *file, uint32_t number,
                                          bench_has_fn has)
{
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < file->count; i++) {
            const struct bench_case *one = &file->cases[i];
            bool is_32_bit = strcmp(one->name.abi, "i386") == 0;

            if (is_32_bit == (round == 0) && has(one) && is_first(file, i, has) && number-- == 0)
                return one;
        }
    return NULL;
}
