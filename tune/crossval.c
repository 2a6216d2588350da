/* SPDX-License-Identifier: 0BSD */
/* Leave one family out. The one fact to know: a table of fold f never sees a byte of family f,
 * which a test checks with a planted trace of a size nobody else uses.
 */
#include "crossval.h"

#include "parallel.h"

#include <math.h>
#include <string.h>

/* -- Tables ------------------------------------------------------------------------------------ */

static size_t table_index(const struct crossval *crossval, uint32_t setting, uint32_t family)
{
    return (size_t)setting * (crossval->corpus->family_count + 1u) + family;
}

static bool same_weighing(const struct setting *a, const struct setting *b)
{
    return a->weights == b->weights && a->stranded_pages_q8 == b->stranded_pages_q8;
}

static uint32_t buckets_max(const struct crossval *crossval)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < crossval->setting_count; i++) {
        if (crossval->settings[i].buckets > most)
            most = crossval->settings[i].buckets;
    }
    return most;
}

/* Solve once for each guard among the settings that share a weighing, and take all their tables. */
static bool solve_guards(struct crossval *crossval, struct optimum *optimum, uint32_t first,
                         uint32_t family, bool *made)
{
    const struct setting *settings = crossval->settings;

    for (uint32_t i = first; i < crossval->setting_count; i++) {
        struct optimum_rules rules = {
            .guard_permille = settings[i].guard_permille,
            .anchors = crossval->rules->anchors,
            .anchor_count = crossval->rules->anchor_count,
        };
        if (made[i] || !same_weighing(&settings[i], &settings[first]))
            continue;
        if (!optimum_solve(optimum, &rules, buckets_max(crossval)))
            return false;
        for (uint32_t j = i; j < crossval->setting_count; j++) {
            struct judge_table *table = &crossval->tables[table_index(crossval, j, family)];
            if (made[j] || !same_weighing(&settings[j], &settings[i]) ||
                settings[j].guard_permille != settings[i].guard_permille)
                continue;
            if (optimum_table(optimum, settings[j].buckets, table->bytes))
                table->count = settings[j].buckets;
            made[j] = true;
        }
    }
    return true;
}

/* All tables with `family` held out. */
static bool make_tables(void *context, uint32_t family)
{
    struct crossval *crossval = context;
    const struct corpus *corpus = crossval->corpus;
    const struct histogram *histograms[CORPUS_TRACES_MAX];
    bool *made = calloc(crossval->setting_count, sizeof *made);
    bool good = made != NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < corpus->count; i++) {
        if (corpus->traces[i]->training && corpus->traces[i]->family != family)
            histograms[count++] = &corpus->traces[i]->histogram;
    }
    for (uint32_t i = 0; good && i < crossval->setting_count; i++) {
        struct optimum_input input = {
            .histograms = histograms,
            .histogram_count = count,
            .objective = crossval->settings[i].weights,
            .stranded_pages_q8 = crossval->settings[i].stranded_pages_q8,
            .largest_bytes = crossval->rules->largest_bytes,
        };
        struct optimum optimum;
        if (made[i] || count == 0)
            continue;
        good = optimum_init(&optimum, &input) && solve_guards(crossval, &optimum, i, family, made);
        optimum_free(&optimum);
    }
    free(made);
    return good;
}

bool crossval_init(struct crossval *ret_crossval, const struct corpus *corpus,
                   const struct tune_rules *rules, const struct setting *settings,
                   uint32_t setting_count, uint32_t op_limit)
{
    struct crossval *crossval = ret_crossval;

    *crossval = (struct crossval){
        .corpus = corpus,
        .rules = rules,
        .settings = settings,
        .setting_count = setting_count,
        .op_limit = op_limit,
    };
    crossval->tables =
        shared_alloc(table_index(crossval, setting_count, 0) * sizeof *crossval->tables);
    crossval->judged =
        shared_alloc((size_t)setting_count * corpus->count * sizeof *crossval->judged);
    if (crossval->tables && crossval->judged &&
        parallel_run(corpus->family_count + 1u, make_tables, crossval, "making tables"))
        return true;
    crossval_free(crossval);
    return false;
}

void crossval_free(struct crossval *crossval)
{
    if (!crossval->corpus)
        return;
    shared_free(crossval->tables,
                table_index(crossval, crossval->setting_count, 0) * sizeof *crossval->tables);
    shared_free(crossval->judged, (size_t)crossval->setting_count * crossval->corpus->count *
                                      sizeof *crossval->judged);
    *crossval = (struct crossval){ 0 };
}

const struct judge_table *crossval_table(const struct crossval *crossval, uint32_t setting,
                                         uint32_t family)
{
    return &crossval->tables[table_index(crossval, setting, family)];
}

uint32_t crossval_fold(const struct corpus *corpus, uint32_t trace)
{
    if (!corpus->traces[trace]->training || corpus_training_families(corpus) < 2)
        return corpus->family_count;
    return corpus->traces[trace]->family;
}

/* -- Judging ----------------------------------------------------------------------------------- */

struct batch {
    const struct judge_task *tasks;
    uint32_t op_limit;
    struct judge_result *results;
};

static struct judge *own_judge; /* one a process, opened on first use */

static bool judge_one(void *context, uint32_t index)
{
    struct batch *batch = context;
    const struct judge_task *task = &batch->tasks[index];

    if (!task->table || task->table->count == 0)
        return true;
    if (!own_judge)
        own_judge = judge_new();
    return own_judge && judge_run(own_judge, task->trace, batch->op_limit, task->table,
                                  &batch->results[index], NULL, 0);
}

bool judge_batch(const struct judge_task *tasks, uint32_t count, uint32_t op_limit,
                 struct judge_result *ret_results, const char *label)
{
    struct batch batch = { tasks, op_limit, ret_results };
    bool good;

    memset(ret_results, 0, (size_t)count * sizeof *ret_results);
    good = parallel_run(count, judge_one, &batch, label);
    judge_free(own_judge);
    own_judge = NULL;
    return good;
}

bool crossval_judge(struct crossval *crossval, const char *label)
{
    const struct corpus *corpus = crossval->corpus;
    uint32_t count = crossval->setting_count * corpus->count;
    struct judge_task *tasks = calloc(count, sizeof *tasks);
    bool good;

    if (!tasks)
        return false;
    for (uint32_t trace = 0; trace < corpus->count; trace++) {
        uint32_t fold = crossval_fold(corpus, trace);
        for (uint32_t setting = 0; setting < crossval->setting_count; setting++) {
            struct judge_task *task = &tasks[setting * corpus->count + trace];
            task->trace = &corpus->traces[trace]->ops;
            if (corpus->traces[trace]->training)
                task->table = crossval_table(crossval, setting, fold);
        }
    }
    good = judge_batch(tasks, count, crossval->op_limit, crossval->judged, label);
    free(tasks);
    return good;
}

const struct judge_result *crossval_judged(const struct crossval *crossval, uint32_t setting,
                                           uint32_t trace)
{
    return &crossval->judged[(size_t)setting * crossval->corpus->count + trace];
}

/* -- Scores ------------------------------------------------------------------------------------ */

uint64_t score_ppm(const struct judge_result *result, enum tune_objective objective)
{
    switch (objective) {
    case TUNE_MEAN: return judge_mean_ppm(result);
    case TUNE_VA: return judge_va_ppm(result);
    default: return judge_peak_ppm(result);
    }
}

bool score_counts(const struct corpus *corpus, uint32_t trace)
{
    bool any = false;

    if (!corpus->traces[trace]->training)
        return false;
    for (uint32_t i = 0; i < corpus->count; i++)
        any |=
            corpus->traces[i]->training && corpus->traces[i]->ops.op_count >= CORPUS_SCORED_OPS_MIN;
    return !any || corpus->traces[trace]->ops.op_count >= CORPUS_SCORED_OPS_MIN;
}

double score_log(uint64_t ppm)
{
    return log((double)ppm / 1e6);
}

uint64_t score_mean_ppm(double logs, uint32_t count)
{
    return count ? (uint64_t)(exp(logs / count) * 1e6 + 0.5) : 0;
}
