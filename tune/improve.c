/* SPDX-License-Identifier: 0BSD */
/* Coordinate moves. The one fact to know: anchors and the largest bucket never move, and no move
 * may break the guard, so an improved table keeps every promise of the one it came from.
 */
#include "improve.h"

#include "parallel.h"

#include <math.h>

struct improver {
    const struct corpus *corpus;
    const struct tune_rules *rules;
    const struct outcome *outcome;
    uint16_t candidates[OPTIMUM_CANDIDATES_MAX];
    uint32_t candidate_count;
    uint32_t budget;
    uint32_t op_limit;
    struct judge_table *improved; /* by fold; shared */
};

/* One fold's search. */
struct search {
    const struct improver *improver;
    struct judge *judge;
    struct judge_table table;
    uint32_t fold;
    uint32_t budget; /* replays of all training traces left */
    double best;
};

/* The training objective of a table: sum of logs over the fold's training traces that count. */
static double training_logs(struct search *search, const struct judge_table *table)
{
    const struct improver *improver = search->improver;
    double logs = 0;

    for (uint32_t i = 0; i < improver->corpus->count; i++) {
        const struct corpus_trace *trace = improver->corpus->traces[i];
        struct judge_result result;
        if (!score_counts(improver->corpus, i) || trace->family == search->fold)
            continue;
        if (interrupted() ||
            !judge_run(search->judge, &trace->ops, improver->op_limit, table, &result, NULL, 0) ||
            result.refused != 0)
            return INFINITY;
        logs += score_log(score_ppm(&result, improver->rules->objective));
    }
    return logs;
}

static uint32_t candidate_of(const struct improver *improver, uint32_t bytes)
{
    uint32_t c = 0;

    while (c + 1u < improver->candidate_count && improver->candidates[c] < bytes)
        c++;
    return c;
}

static bool is_anchor(const struct tune_rules *rules, uint32_t bytes)
{
    for (uint32_t i = 0; i < rules->anchor_count; i++) {
        if (rules->anchors[i] == bytes)
            return true;
    }
    return false;
}

/* May `table` go from bucket `at` - 1 to bucket `at`? The optimiser's rule. */
static bool gap_allowed(const struct improver *improver, const struct judge_table *table,
                        uint32_t at)
{
    uint32_t guard = improver->outcome->setting.guard_permille;
    uint32_t lower = at ? table->bytes[at - 1u] : 0;
    uint32_t upper = table->bytes[at];
    uint32_t next = lower ? candidate_of(improver, lower) + 1u : 0;

    if (upper <= lower)
        return false;
    return guard == OPTIMUM_NO_GUARD || upper - lower <= OPTIMUM_GAP_BYTES ||
           improver->candidates[next] == upper || upper * 1000u <= lower * guard;
}

static bool table_allowed(const struct improver *improver, const struct judge_table *table)
{
    for (uint32_t at = 0; at < table->count; at++) {
        if (!gap_allowed(improver, table, at))
            return false;
    }
    return true;
}

/* Keep `table` if it is allowed and better. */
static bool attempt(struct search *search, const struct judge_table *table)
{
    double logs;

    if (search->budget == 0 || !table_allowed(search->improver, table))
        return false;
    search->budget--;
    logs = training_logs(search, table);
    if (logs >= search->best)
        return false;
    search->best = logs;
    search->table = *table;
    return true;
}

/* Move one edge to a neighbouring candidate, and on in the same direction while that helps. */
static bool shift_edge(struct search *search, uint32_t at, int direction)
{
    const struct improver *improver = search->improver;
    bool moved = false;

    for (;;) {
        struct judge_table table = search->table;
        uint32_t c = candidate_of(improver, table.bytes[at]);
        if ((direction < 0 && c == 0) || (direction > 0 && c + 1u == improver->candidate_count))
            return moved;
        table.bytes[at] = improver->candidates[direction < 0 ? c - 1u : c + 1u];
        if (!attempt(search, &table))
            return moved;
        moved = true;
    }
}

/* Drop edge `at` and put one in the middle of the gap before edge `gap`. */
static bool move_edge(struct search *search, uint32_t at, uint32_t gap)
{
    const struct improver *improver = search->improver;
    struct judge_table table = search->table;
    uint32_t lower = gap ? table.bytes[gap - 1u] : 0;
    uint32_t middle = candidate_of(improver, (lower + table.bytes[gap]) / 2u);
    uint16_t bytes = improver->candidates[middle];
    uint32_t count = 0;

    if (gap == at || gap == at + 1u || bytes <= lower || bytes >= table.bytes[gap])
        return false;
    for (uint32_t i = 0; i < search->table.count; i++) {
        if (i == gap)
            table.bytes[count++] = bytes;
        if (i != at)
            table.bytes[count++] = search->table.bytes[i];
    }
    return attempt(search, &table);
}

/* A fixed sequence of numbers, so that every run makes the same moves. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void search_table(struct search *search)
{
    uint32_t state = 1;
    uint32_t idle = 0;

    search->best = training_logs(search, &search->table);
    while (search->budget > 0 && idle < 8u * search->table.count && !interrupted()) {
        uint32_t at = next_random(&state) % search->table.count;
        uint32_t before = search->budget;
        bool better = false;
        if (at + 1u == search->table.count ||
            is_anchor(search->improver->rules, search->table.bytes[at])) {
            idle++;
            continue;
        }
        if (next_random(&state) % 3u == 0)
            better = move_edge(search, at, next_random(&state) % search->table.count);
        else
            better = shift_edge(search, at, next_random(&state) % 2u ? 1 : -1);
        idle = better || search->budget != before ? 0 : idle + 1u;
    }
}

/* Whether holding this family out leaves anything out. */
static bool has_training(const struct corpus *corpus, uint32_t family)
{
    for (uint32_t i = 0; i < corpus->count; i++) {
        if (corpus->traces[i]->training && corpus->traces[i]->family == family)
            return true;
    }
    return family == corpus->family_count;
}

static bool improve_fold(void *context, uint32_t fold)
{
    struct improver *improver = context;
    struct search search = {
        .improver = improver,
        .judge = judge_new(),
        .table = improver->outcome->tables[fold],
        .fold = fold,
        .budget = improver->budget,
    };

    if (!search.judge)
        return false;
    if (search.table.count != 0 && has_training(improver->corpus, fold))
        search_table(&search);
    judge_free(search.judge);
    improver->improved[fold] = search.table;
    return !interrupted();
}

bool improve_tables(struct outcome *outcome, const struct corpus *corpus,
                    const struct tune_rules *rules, uint32_t budget, uint32_t op_limit)
{
    uint32_t folds = corpus->family_count + 1u;
    struct improver improver = {
        .corpus = corpus,
        .rules = rules,
        .outcome = outcome,
        .budget = budget,
        .op_limit = op_limit,
        .improved = shared_alloc(folds * sizeof *improver.improved),
    };
    bool good;

    if (!improver.improved)
        return false;
    improver.candidate_count =
        optimum_candidates(outcome->setting.weights, rules->largest_bytes, improver.candidates);
    good = parallel_run(folds, improve_fold, &improver, "improving by replay");
    for (uint32_t fold = 0; good && fold < folds; fold++) {
        bool own = has_training(corpus, fold); /* else it is the table of everything */
        outcome->tables[fold] = improver.improved[own ? fold : corpus->family_count];
    }
    shared_free(improver.improved, folds * sizeof *improver.improved);
    return good;
}
