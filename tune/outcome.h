/* SPDX-License-Identifier: 0BSD */
/* One answer of the tuner: a table made from everything, the tables of the folds that judge it, and
 * the figures of both. Every row of the front is one, and the improved table is one more.
 */
#ifndef LOOKASIDE_TUNE_OUTCOME_H
#define LOOKASIDE_TUNE_OUTCOME_H

#include "crossval.h"

struct outcome {
    uint32_t buckets;
    struct setting setting;       /* the table of everything is made with it */
    struct judge_table *tables;   /* by fold; [corpus->family_count] is made from everything */
    struct judge_result *judged;  /* by trace, with the table of its fold; shared memory */
    struct judge_result *trained; /* by trace, with the table made from everything */
    uint64_t judged_ppm;          /* geometric means of the objective over traces that count */
    uint64_t trained_ppm;
    uint64_t judged_waste_ppm; /* mean rounding waste over traces that count */
    uint64_t trained_waste_ppm;
};

/* The outcome of all settings with `buckets` buckets in a judged crossval: for each fold the
 * setting that is best on the other folds, for the table of everything the one best on all.
 * *ret_found is false if no setting has a table for every fold. False when interrupted or out of
 * memory.
 */
bool outcome_choose(struct outcome *ret_outcome, const struct crossval *crossval, uint32_t buckets,
                    bool *ret_found);

/* Replay everything again: `outcome->tables` were changed. False when interrupted or failed. */
bool outcome_replay(struct outcome *outcome, const struct corpus *corpus,
                    const struct tune_rules *rules, uint32_t op_limit, const char *label);

/* An outcome with the same tables and no figures. False when memory is out. */
bool outcome_copy(struct outcome *ret_outcome, const struct outcome *from,
                  const struct corpus *corpus);

/* The table made from everything, and the one that judges a trace. */
const struct judge_table *outcome_table(const struct outcome *outcome, const struct corpus *corpus);
const struct judge_table *outcome_judging(const struct outcome *outcome,
                                          const struct corpus *corpus, uint32_t trace);

/* Rounding waste of a table on a trace, in parts per million; 1,000,000: none. */
uint64_t waste_ppm(const struct corpus *corpus, uint32_t trace, const struct judge_table *table);

void outcome_free(struct outcome *outcome, const struct corpus *corpus);

#endif
