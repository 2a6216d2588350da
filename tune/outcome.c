/* SPDX-License-Identifier: 0BSD */
/* From the figures of many settings to one answer. The one fact to know: among the settings it is
 * given (a shortlist that all families voted on) a fold's is chosen without its own figures.
 */
#include "outcome.h"

#include "parallel.h"

#include <math.h>
#include <string.h>

static size_t results_size(const struct corpus *corpus)
{
    return corpus->count * sizeof(struct judge_result);
}

static bool allocate(struct outcome *outcome, const struct corpus *corpus)
{
    outcome->tables = calloc(corpus->family_count + 1u, sizeof *outcome->tables);
    outcome->judged = shared_alloc(results_size(corpus));
    outcome->trained = shared_alloc(results_size(corpus));
    return outcome->tables && outcome->judged && outcome->trained;
}

void outcome_free(struct outcome *outcome, const struct corpus *corpus)
{
    free(outcome->tables);
    shared_free(outcome->judged, results_size(corpus));
    shared_free(outcome->trained, results_size(corpus));
    *outcome = (struct outcome){ 0 };
}

bool outcome_copy(struct outcome *ret_outcome, const struct outcome *from,
                  const struct corpus *corpus)
{
    *ret_outcome = (struct outcome){ .buckets = from->buckets, .setting = from->setting };
    if (!allocate(ret_outcome, corpus)) {
        outcome_free(ret_outcome, corpus);
        return false;
    }
    memcpy(ret_outcome->tables, from->tables,
           (corpus->family_count + 1u) * sizeof *ret_outcome->tables);
    return true;
}

const struct judge_table *outcome_table(const struct outcome *outcome, const struct corpus *corpus)
{
    return &outcome->tables[corpus->family_count];
}

const struct judge_table *outcome_judging(const struct outcome *outcome,
                                          const struct corpus *corpus, uint32_t trace)
{
    return &outcome->tables[crossval_fold(corpus, trace)];
}

uint64_t waste_ppm(const struct corpus *corpus, uint32_t trace, const struct judge_table *table)
{
    return histogram_rounding_ppm(&corpus->traces[trace]->histogram, table->bytes, table->count,
                                  table->large_power_of_two);
}

/* -- Choosing ---------------------------------------------------------------------------------- */

/* The sum of a setting's judged logs over traces that count and are not of `family`; infinite when
 * a table is missing. *ret_count says over how many.
 */
static double judged_logs(const struct crossval *crossval, uint32_t setting, uint32_t family,
                          uint32_t *ret_count)
{
    const struct corpus *corpus = crossval->corpus;
    double logs = 0;

    *ret_count = 0;
    for (uint32_t trace = 0; trace < corpus->count; trace++) {
        const struct judge_result *result = crossval_judged(crossval, setting, trace);
        if (!score_counts(corpus, trace) || corpus->traces[trace]->family == family)
            continue;
        if (!result->done || result->refused != 0)
            return INFINITY;
        logs += score_log(score_ppm(result, crossval->rules->objective));
        (*ret_count)++;
    }
    return logs;
}

static bool has_all_tables(const struct crossval *crossval, uint32_t setting)
{
    for (uint32_t family = 0; family <= crossval->corpus->family_count; family++) {
        bool needed = family == crossval->corpus->family_count;
        for (uint32_t i = 0; i < crossval->corpus->count; i++)
            needed |= crossval_fold(crossval->corpus, i) == family;
        if (needed && crossval_table(crossval, setting, family)->count == 0)
            return false;
    }
    return true;
}

/* The best setting with `buckets` buckets without the votes of `family`; setting_count: none. */
static uint32_t best_setting(const struct crossval *crossval, uint32_t buckets, uint32_t family)
{
    uint32_t best = crossval->setting_count;
    double best_logs = INFINITY;

    for (uint32_t setting = 0; setting < crossval->setting_count; setting++) {
        uint32_t count;
        double logs;
        if (crossval->settings[setting].buckets != buckets || !has_all_tables(crossval, setting))
            continue;
        logs = judged_logs(crossval, setting, family, &count);
        if (count == 0) /* nobody else has a vote: everybody has */
            logs = judged_logs(crossval, setting, crossval->corpus->family_count, &count);
        if (logs < best_logs) {
            best_logs = logs;
            best = setting;
        }
    }
    return best;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void summarise(struct outcome *outcome, const struct corpus *corpus,
                      const struct tune_rules *rules)
{
    double judged = 0, trained = 0;
    uint64_t judged_waste = 0, trained_waste = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < corpus->count; i++) {
        if (!score_counts(corpus, i))
            continue;
        judged += score_log(score_ppm(&outcome->judged[i], rules->objective));
        trained += score_log(score_ppm(&outcome->trained[i], rules->objective));
        judged_waste += waste_ppm(corpus, i, outcome_judging(outcome, corpus, i));
        trained_waste += waste_ppm(corpus, i, outcome_table(outcome, corpus));
        count++;
    }
    outcome->judged_ppm = score_mean_ppm(judged, count);
    outcome->trained_ppm = score_mean_ppm(trained, count);
    outcome->judged_waste_ppm = count ? judged_waste / count : 0;
    outcome->trained_waste_ppm = count ? trained_waste / count : 0;
}

/* Replay with the table made from everything (`judging` false) or with the folds' tables. */
static bool replay(const struct outcome *outcome, const struct corpus *corpus, uint32_t op_limit,
                   bool judging, const char *label)
{
    struct judge_task *tasks = calloc(corpus->count, sizeof *tasks);
    bool good;

    if (!tasks)
        return false;
    for (uint32_t i = 0; i < corpus->count; i++) {
        tasks[i].trace = &corpus->traces[i]->ops;
        tasks[i].table =
            judging ? outcome_judging(outcome, corpus, i) : outcome_table(outcome, corpus);
    }
    good = judge_batch(tasks, corpus->count, op_limit, judging ? outcome->judged : outcome->trained,
                       label);
    free(tasks);
    return good;
}

bool outcome_replay(struct outcome *outcome, const struct corpus *corpus,
                    const struct tune_rules *rules, uint32_t op_limit, const char *label)
{
    if (!replay(outcome, corpus, op_limit, true, label) ||
        !replay(outcome, corpus, op_limit, false, label))
        return false;
    summarise(outcome, corpus, rules);
    return true;
}

bool outcome_choose(struct outcome *ret_outcome, const struct crossval *crossval, uint32_t buckets,
                    bool *ret_found)
{
    const struct corpus *corpus = crossval->corpus;
    uint32_t best = best_setting(crossval, buckets, corpus->family_count);

    *ret_outcome = (struct outcome){ .buckets = buckets };
    *ret_found = best < crossval->setting_count;
    if (!*ret_found)
        return true;
    ret_outcome->setting = crossval->settings[best];
    if (!allocate(ret_outcome, corpus))
        goto failed;
    for (uint32_t family = 0; family <= corpus->family_count; family++) {
        uint32_t setting = best_setting(crossval, buckets, family);
        ret_outcome->tables[family] = *crossval_table(crossval, setting, family);
        for (uint32_t i = 0; i < corpus->count; i++) {
            if (crossval_fold(corpus, i) == family)
                ret_outcome->judged[i] = *crossval_judged(crossval, setting, i);
        }
    }
    if (!replay(ret_outcome, corpus, crossval->op_limit, false, "replaying with the whole table"))
        goto failed;
    for (uint32_t i = 0; i < corpus->count; i++) {
        if (!corpus->traces[i]->training)
            ret_outcome->judged[i] = ret_outcome->trained[i];
    }
    summarise(ret_outcome, corpus, crossval->rules);
    return true;

failed:
    outcome_free(ret_outcome, corpus);
    return false;
}
