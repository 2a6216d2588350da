/* SPDX-License-Identifier: 0BSD */
/* Judging tables only on programs they have not seen.
 *
 * For every family of traces a table is made from all other training traces, and the family's
 * traces are replayed with that table: the judged figures. The tables are honest; the settings
 * below (guard, price, weights) are less so. Per family they are chosen by the other families'
 * judged figures, but from a shortlist all families voted on, and those figures come from tables
 * that had the family in their training set. docs/tuner.md says what to make of it.
 */
#ifndef LOOKASIDE_TUNE_CROSSVAL_H
#define LOOKASIDE_TUNE_CROSSVAL_H

#include "corpus.h"
#include "judge.h"
#include "optimum.h"

/* One way of making a table. */
struct setting {
    uint32_t buckets;
    uint32_t guard_permille;
    uint32_t stranded_pages_q8;
    enum tune_objective weights; /* what the optimiser minimises, not what the judge measures */
};

/* What all settings of a run share. */
struct tune_rules {
    enum tune_objective objective; /* what the judge measures */
    uint32_t largest_bytes;
    uint16_t anchors[BUCKETS_MAX]; /* sizes every table has */
    uint32_t anchor_count;
};

struct crossval {
    const struct corpus *corpus;
    const struct tune_rules *rules;
    const struct setting *settings;
    uint32_t setting_count;
    uint32_t op_limit;           /* each trace is judged on its first ops only */
    struct judge_table *tables;  /* crossval_table(); count 0: the rules allow none */
    struct judge_result *judged; /* crossval_judged() */
};

/* Make every table. `corpus`, `rules` and `settings` must outlive *ret_crossval. False when memory
 * is out or interrupted.
 */
bool crossval_init(struct crossval *ret_crossval, const struct corpus *corpus,
                   const struct tune_rules *rules, const struct setting *settings,
                   uint32_t setting_count, uint32_t op_limit);

/* Replay every training trace with the tables that do not know its family. False when interrupted
 * or failed.
 */
bool crossval_judge(struct crossval *crossval, const char *label);

/* The table of a setting with `family` held out; corpus->family_count: nothing held out. */
const struct judge_table *crossval_table(const struct crossval *crossval, uint32_t setting,
                                         uint32_t family);

/* The family held out of the table that judges a trace: its own. A trace that only judges needs
 * none held out, and where all training is of one family there is nobody else to train: the whole
 * table.
 */
uint32_t crossval_fold(const struct corpus *corpus, uint32_t trace);

const struct judge_result *crossval_judged(const struct crossval *crossval, uint32_t setting,
                                           uint32_t trace);

void crossval_free(struct crossval *crossval);

/* -- Scores ------------------------------------------------------------------------------------ */

/* Footprint (or addresses) over live bytes, in parts per million. */
uint64_t score_ppm(const struct judge_result *result, enum tune_objective objective);

/* Whether a trace counts in geometric means: a training trace with CORPUS_SCORED_OPS_MIN ops, or
 * any training trace if there is none so long.
 */
bool score_counts(const struct corpus *corpus, uint32_t trace);

/* Geometric mean in parts per million; `logs` is a sum of log(ppm / 1e6) over `count` scores. */
uint64_t score_mean_ppm(double logs, uint32_t count);
double score_log(uint64_t ppm);

/* -- A batch of replays ------------------------------------------------------------------------ */

struct judge_task {
    const struct tune_trace *trace;
    const struct judge_table *table; /* NULL or empty: no replay */
};

/* Replay all tasks on all processors; ret_results is shared memory (shared_alloc()) of `count`
 * entries. False when interrupted or failed; results not .done are not there then.
 */
bool judge_batch(const struct judge_task *tasks, uint32_t count, uint32_t op_limit,
                 struct judge_result *ret_results, const char *label);

#endif
