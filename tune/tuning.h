/* SPDX-License-Identifier: 0BSD */
/* A whole tuning run: what people use today, the front, the recommendation and whether it keeps its
 * promise. Reports read it and change nothing.
 */
#ifndef LOOKASIDE_TUNE_TUNING_H
#define LOOKASIDE_TUNE_TUNING_H

#include "classes.h"
#include "outcome.h"

#define TUNING_PEERS_MAX 12u
#define TUNING_FRONT_MAX 16u

/* Quick runs, and the first look of full ones, replay this many ops of each trace. */
#define TUNING_QUICK_OPS 200000u

/* Moves of edges are tried on this many: enough for most peaks, as long as a move may take. */
#define TUNING_IMPROVE_OPS 1000000u

struct tuning_options {
    enum tune_objective objective;
    uint32_t buckets;        /* 0: choose */
    uint32_t guard_permille; /* 0: choose */
    uint32_t largest_bytes;
    uint32_t improve_budget; /* tables to try by replay in each fold; 0: none */
    bool quick;
    bool free_of_anchors; /* tables need not contain kmalloc's classes */
};

/* Size classes used today, and the default table of this project. */
struct peer {
    const char *name;
    const char *column; /* see struct class_set */
    const char *source;
    struct judge_table table;
    struct judge_result *results; /* by trace; shared memory */
    uint64_t ppm;                 /* geometric mean over traces that count */
    uint64_t waste_ppm;           /* mean over the same */
};

/* What is promised against Linux's kmalloc classes on traces of kernels, all by judged figures. */
struct promise {
    uint32_t kernel_traces;
    uint32_t waste_worse;       /* traces with more rounding waste */
    uint32_t scored_traces;     /* those long enough to count */
    uint32_t footprint_worse;   /* of those: with a larger peak footprint */
    uint32_t small_worse;       /* shorter ones with a larger peak footprint */
    uint32_t small_worse_pages; /* by how many pages at most */
};

struct tuning {
    const struct corpus *corpus;
    struct tuning_options options;
    struct tune_rules rules;
    uint32_t op_limit; /* of the figures in here; UINT32_MAX: whole traces */
    bool interrupted;
    uint32_t settings_tried;

    struct peer peers[TUNING_PEERS_MAX];
    uint32_t peer_count;
    uint32_t kmalloc; /* index of Linux's classes in peers */

    struct outcome front[TUNING_FRONT_MAX]; /* ascending by buckets */
    uint32_t front_count;                   /* 0: interrupted before anything was finished */
    uint32_t chosen;                        /* row of the front */

    struct outcome improved; /* the chosen row after replay in the loop; no tables: not tried */
    bool improved_kept;
};

/* Run everything. False when out of memory or a replay died; after an interrupt true, with what was
 * finished and tuning->interrupted set.
 */
bool tuning_run(struct tuning *ret_tuning, const struct corpus *corpus,
                const struct tuning_options *options);

/* The answer of the run: the chosen row, or its improved form if that was judged better. */
const struct outcome *tuning_answer(const struct tuning *tuning);

/* Whether an outcome keeps the promise, in figures. */
struct promise tuning_promise(const struct tuning *tuning, const struct outcome *outcome);

/* No waste_worse and no footprint_worse. */
bool promise_kept(const struct promise *promise);

void tuning_free(struct tuning *tuning);

#endif
