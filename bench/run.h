/* SPDX-License-Identifier: 0BSD */
/* One run of `lookaside bench`: what everything in it needs, and measuring a plan. */
#ifndef LOOKASIDE_BENCH_RUN_H
#define LOOKASIDE_BENCH_RUN_H

#include <time.h>

#include "cost/ops.h"
#include "results.h"

struct run {
    const struct bench_options *options;
    struct inventory inventory;
    struct results results;
    char folder[256]; /* for files on the way; "": none */
    char ops_paths[OPS_KINDS][300];
    char cases_path[300];
    char report_path[300]; /* Google Benchmark's, or callgrind's */
    uint32_t done;         /* plans */
    uint32_t things;       /* to be measured, as far as is known */
    uint32_t thing;        /* the one that is; from 1 */
    time_t began;
    char commit[64];    /* of the checkout this was built from, if it still is one; or "" */
    char progress[400]; /* what the terminal says */
    char message[BENCH_MESSAGE_BYTES];
};

/* Look around and make the folder. False and a message if nothing can be measured (set-up missing).
 * run_end() in any case.
 */
bool run_begin(struct run *run, const struct bench_options *options);
void run_end(struct run *run);

/* Say on the terminal what is being done. */
void run_progress(struct run *run, const char *what, uint32_t abi);
void run_progress_end(const struct run *run);

/* Measure a plan: time, under Google Benchmark. What fails is a problem of the results. False and a
 * message if it could not be tried.
 */
bool run_plan(struct run *run, const struct plan *plan);

/* The same, counting instructions (instructions.c). */
bool run_plan_counting(struct run *run, const struct plan *plan);
bool run_can_count(void);

/* Exact figures of a thing (space.c): every case of the plan that has some is asked once. */
bool run_space_heap(struct run *run, const struct plan_thing *thing);
bool run_space_vas(struct run *run, const struct plan_thing *thing, bool recorded);

#endif
