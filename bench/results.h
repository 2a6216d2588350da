/* SPDX-License-Identifier: 0BSD */
/* What one `lookaside bench` found. The rows are those of Google Benchmark's JSON, put together
 * from its runs; a result is what the repetitions of one case say.
 */
#ifndef LOOKASIDE_BENCH_RESULTS_H
#define LOOKASIDE_BENCH_RESULTS_H

#include <jansson.h>

#include "plan.h"
#include "statistics.h"

struct result {
    struct plan_case about; /* argv and command are not valid any more */
    json_t *row;            /* the last repetition's, for its counters; borrowed */
    double *values;         /* ns (or instructions) per op, by repetition */
    uint32_t count;
    struct spread spread; /* of `values`, once they are all there */
    bool slow;            /* it would take too long */
    bool failed;          /* it could not be measured */
};

struct results {
    json_t *rows;       /* array, Google Benchmark's */
    json_t *context;    /* object, Google Benchmark's and what is about all rows; or NULL */
    json_t *space;      /* object: exact figures by name */
    json_t *problems;   /* array of strings */
    json_t *index;      /* object: place in `all` by name */
    struct result *all; /* in the order of the plans */
    uint32_t count;
    uint32_t room;
    bool counted; /* instructions, no time */
    bool brief;   /* only medians are written */
};

/* False when memory is out. results_free() in any case. */
bool results_init(struct results *results);
void results_free(struct results *results);

/* Results of these cases will come. False when memory is out. */
bool results_expect(struct results *results, const struct plan *plan);

/* Take a report of Google Benchmark: its rows are renamed to their cases, and their "cpu_time" is
 * the measuring process's, not the driver's. False if it is none.
 */
bool results_take(struct results *results, json_t *report);

/* Take one figure of a case that was measured without Google Benchmark, as such a row. */
bool results_take_value(struct results *results, const char *name, double value, double ops);

/* Note what went wrong with `name`. */
void results_problem(struct results *results, const char *name, const char *what);

/* Work out the spreads, and each row's "net_ns_per_op" (or "net_instructions_per_op"). */
void results_finish(struct results *results);

/* The result of the same kind, variant, thing and ABI of that target, or NULL. */
const struct result *results_find(const struct results *results, const struct result *like,
                                  const char *target);

/* Median without the floor. False if it is not known. */
bool result_net(const struct results *results, const struct result *result, double *ret_net);

/* A counter of the last repetition. False if there is none. */
bool result_figure(const struct result *result, const char *key, double *ret_figure);

bool result_is_floor(const struct result *result);

/* Write everything to `path` ("-": stdout), aside and renamed. False and a message on failure. */
bool results_write(const struct results *results, const char *path, char *message,
                   size_t message_size);

#endif
