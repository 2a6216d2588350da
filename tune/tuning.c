/* SPDX-License-Identifier: 0BSD */
/* The stages of a run. The one fact to know: every stage ends with a complete set of figures, so an
 * interrupt costs the stage it falls into and nothing before it.
 */
#include "tuning.h"

#include "improve.h"
#include "parallel.h"

#include <math.h>
#include <string.h>

/* -- What is tried ----------------------------------------------------------------------------- */

static const uint32_t bucket_counts[] = { 16, 20, 24, 32, 40, 48, 56, 64 };
#define BUCKET_COUNTS (sizeof bucket_counts / sizeof bucket_counts[0])

/* Ratios between neighbours in thousandths; kmalloc's classes as anchors make it 2 at most anyway.
 */
static const uint32_t guards[] = { 1250, 1400, 1600, 2000 };
#define GUARDS (sizeof guards / sizeof guards[0])

/* Prices of a used bucket in 1/256 pages: none, a quarter, a half, one page. */
static const uint32_t prices[] = { 0, 64, 128, 256 };
#define PRICES (sizeof prices / sizeof prices[0])

#define SETTINGS_MAX ((BUCKET_COUNTS + 1u) * GUARDS * PRICES * 2u)

/* Of each bucket count, how many settings are replayed in full. */
#define SHORTLIST 3u

/* A bucket more must gain something: the smallest table within 0.3 % of the best is recommended. */
#define WORTH_PPM 3000u

/* Moved edges must gain 0.1 % where they were not trained; less comes and goes by chance. */
#define IMPROVED_WORTH_PPM 1000u

static void add_weights(struct setting *settings, uint32_t *count, struct setting setting,
                        const struct tuning_options *options)
{
    if (options->objective == TUNE_VA) {
        setting.weights = TUNE_VA;
        settings[(*count)++] = setting;
        return;
    }
    setting.weights = TUNE_MEAN;
    settings[(*count)++] = setting;
    if (options->objective == TUNE_PEAK && !options->quick) {
        setting.weights = TUNE_PEAK;
        settings[(*count)++] = setting;
    }
}

static void add_settings(struct setting *settings, uint32_t *count, uint32_t buckets,
                         const struct tuning_options *options)
{
    for (uint32_t g = 0; g < GUARDS; g++) {
        uint32_t guard = options->guard_permille ? options->guard_permille : guards[g];
        if (options->guard_permille && g != 0)
            break;
        for (uint32_t p = 0; p < PRICES; p++) {
            struct setting setting = { buckets, guard, prices[p], TUNE_MEAN };
            if (!options->quick || (p % 2u == 0 && (g % 2u == 1u || options->guard_permille)))
                add_weights(settings, count, setting, options);
        }
    }
}

/* The grid, ascending by buckets; a bucket count that was asked for is always in it. */
static uint32_t make_grid(struct setting *settings, const struct tuning_options *options)
{
    uint32_t count = 0;
    bool asked = options->buckets == 0;

    for (uint32_t b = 0; b < BUCKET_COUNTS; b++) {
        if (!asked && options->buckets < bucket_counts[b])
            add_settings(settings, &count, options->buckets, options);
        asked = asked || options->buckets <= bucket_counts[b];
        if (!options->quick || b % 2u == 1u || options->buckets == bucket_counts[b])
            add_settings(settings, &count, bucket_counts[b], options);
    }
    if (!asked)
        add_settings(settings, &count, options->buckets, options);
    return count;
}

static void set_rules(struct tune_rules *rules, const struct tuning_options *options)
{
    const struct class_set *kmalloc = &class_sets[CLASS_SET_KMALLOC];

    *rules = (struct tune_rules){ .objective = options->objective,
                                  .largest_bytes = options->largest_bytes };
    if (options->free_of_anchors)
        return;
    for (uint32_t i = 0; i < kmalloc->count; i++)
        rules->anchors[rules->anchor_count++] = kmalloc->bytes[i];
    /* Above 8 KiB kmalloc rounds to powers of two of pages: these are its classes there. */
    rules->anchors[rules->anchor_count++] = 16384;
    rules->anchors[rules->anchor_count++] = 32768;
}

/* -- Peers ------------------------------------------------------------------------------------- */

static bool add_peer(struct tuning *tuning, const struct class_set *set)
{
    struct peer *peer = &tuning->peers[tuning->peer_count];

    *peer = (struct peer){ .name = set->name, .column = set->column, .source = set->source };
    peer->table.count = set->count;
    peer->table.large_power_of_two = set->large_power_of_two;
    memcpy(peer->table.bytes, set->bytes, set->count * sizeof set->bytes[0]);
    peer->results = shared_alloc(tuning->corpus->count * sizeof *peer->results);
    if (!peer->results)
        return false;
    tuning->peer_count++;
    return true;
}

static bool add_peers(struct tuning *tuning)
{
    struct class_set ours = { .name = "our default",
                              .column = "ours",
                              .source = "core/src/bucket_default.c",
                              .count = bucket_default_count };

    memcpy(ours.bytes, bucket_default_bytes, bucket_default_count * sizeof ours.bytes[0]);
    tuning->kmalloc = CLASS_SET_KMALLOC;
    for (uint32_t i = 0; i < class_set_count; i++) {
        if (!add_peer(tuning, &class_sets[i]))
            return false;
    }
    return add_peer(tuning, &ours);
}

static void summarise_peer(const struct tuning *tuning, struct peer *peer)
{
    double logs = 0;
    uint64_t waste = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < tuning->corpus->count; i++) {
        if (!score_counts(tuning->corpus, i))
            continue;
        logs += score_log(score_ppm(&peer->results[i], tuning->rules.objective));
        waste += waste_ppm(tuning->corpus, i, &peer->table);
        count++;
    }
    peer->ppm = score_mean_ppm(logs, count);
    peer->waste_ppm = count ? waste / count : 0;
}

/* Replay every trace with every peer; NULL when interrupted or failed. */
static struct judge_result *judge_peers(const struct tuning *tuning, uint32_t op_limit)
{
    uint32_t traces = tuning->corpus->count;
    uint32_t count = traces * tuning->peer_count;
    struct judge_task *tasks = calloc(count, sizeof *tasks);
    struct judge_result *results = shared_alloc(count * sizeof *results);
    bool good = tasks && results;

    for (uint32_t i = 0; good && i < count; i++) {
        tasks[i].trace = &tuning->corpus->traces[i % traces]->ops;
        tasks[i].table = &tuning->peers[i / traces].table;
    }
    good = good && judge_batch(tasks, count, op_limit, results, "replaying today's size classes");
    free(tasks);
    if (good)
        return results;
    shared_free(results, count * sizeof *results);
    return NULL;
}

static void take_peer_results(struct tuning *tuning, struct judge_result *results)
{
    uint32_t traces = tuning->corpus->count;

    for (uint32_t p = 0; p < tuning->peer_count; p++) {
        memcpy(tuning->peers[p].results, results + (size_t)p * traces, traces * sizeof *results);
        summarise_peer(tuning, &tuning->peers[p]);
    }
    shared_free(results, (size_t)traces * tuning->peer_count * sizeof *results);
}

/* -- The front --------------------------------------------------------------------------------- */

static void drop_front(struct tuning *tuning)
{
    for (uint32_t i = 0; i < tuning->front_count; i++)
        outcome_free(&tuning->front[i], tuning->corpus);
    tuning->front_count = 0;
}

/* One row for each bucket count of a judged crossval; replaces the front there was. */
static bool build_front(struct tuning *tuning, const struct crossval *crossval)
{
    struct outcome rows[TUNING_FRONT_MAX];
    uint32_t count = 0;
    uint32_t buckets = 0;

    for (uint32_t i = 0; i < crossval->setting_count && count < TUNING_FRONT_MAX; i++) {
        bool found;
        if (crossval->settings[i].buckets == buckets)
            continue;
        buckets = crossval->settings[i].buckets;
        if (!outcome_choose(&rows[count], crossval, buckets, &found)) {
            while (count > 0)
                outcome_free(&rows[--count], tuning->corpus);
            return false;
        }
        count += found;
    }
    drop_front(tuning);
    memcpy(tuning->front, rows, count * sizeof *rows);
    tuning->front_count = count;
    return true;
}

/* The best few settings of each bucket count by judged geometric mean, in the grid's order. */
static uint32_t shortlist(const struct crossval *crossval, struct setting *ret_settings)
{
    const struct corpus *corpus = crossval->corpus;
    double logs[SETTINGS_MAX];
    uint32_t count = 0;

    for (uint32_t s = 0; s < crossval->setting_count; s++) {
        logs[s] = 0;
        for (uint32_t i = 0; i < corpus->count; i++) {
            const struct judge_result *result = crossval_judged(crossval, s, i);
            if (score_counts(corpus, i))
                logs[s] += result->done ? score_log(score_ppm(result, crossval->rules->objective))
                                        : INFINITY;
        }
    }
    for (uint32_t s = 0; s < crossval->setting_count; s++) {
        uint32_t better = 0;
        for (uint32_t other = 0; other < crossval->setting_count; other++) {
            if (crossval->settings[other].buckets == crossval->settings[s].buckets)
                better += logs[other] < logs[s] || (logs[other] == logs[s] && other < s);
        }
        if (better < SHORTLIST && logs[s] < INFINITY)
            ret_settings[count++] = crossval->settings[s];
    }
    return count;
}

/* Judge the settings on the first `op_limit` ops of each trace and make the front of it. What is
 * worth a longer look is put in place of the settings.
 */
static bool front_stage(struct tuning *tuning, struct setting *settings, uint32_t *count,
                        uint32_t op_limit)
{
    struct crossval crossval;
    struct setting tried[SETTINGS_MAX];
    struct judge_result *peer_results;
    bool good;

    memcpy(tried, settings, *count * sizeof *settings);
    if (!crossval_init(&crossval, tuning->corpus, &tuning->rules, tried, *count, op_limit))
        return false;
    peer_results = judge_peers(tuning, op_limit);
    good = peer_results &&
           crossval_judge(&crossval, "judging tables on traces they have not seen") &&
           build_front(tuning, &crossval);
    if (good) {
        take_peer_results(tuning, peer_results);
        tuning->op_limit = op_limit;
        *count = shortlist(&crossval, settings);
    } else if (peer_results) {
        shared_free(peer_results,
                    (size_t)tuning->corpus->count * tuning->peer_count * sizeof *peer_results);
    }
    crossval_free(&crossval);
    return good;
}

/* -- The answer -------------------------------------------------------------------------------- */

struct promise tuning_promise(const struct tuning *tuning, const struct outcome *outcome)
{
    const struct corpus *corpus = tuning->corpus;
    const struct peer *kmalloc = &tuning->peers[tuning->kmalloc];
    struct promise promise = { 0 };

    for (uint32_t i = 0; i < corpus->count; i++) {
        const struct judge_table *table = outcome_judging(outcome, corpus, i);
        uint32_t pages = outcome->judged[i].footprint_pages_peak;
        uint32_t kmalloc_pages = kmalloc->results[i].footprint_pages_peak;
        if (!corpus->traces[i]->ops.kernel)
            continue;
        promise.kernel_traces++;
        promise.waste_worse += waste_ppm(corpus, i, table) > waste_ppm(corpus, i, &kmalloc->table);
        if (corpus->traces[i]->ops.op_count >= CORPUS_SCORED_OPS_MIN) {
            promise.scored_traces++;
            promise.footprint_worse += pages > kmalloc_pages;
        } else if (pages > kmalloc_pages) {
            promise.small_worse++;
            if (pages - kmalloc_pages > promise.small_worse_pages)
                promise.small_worse_pages = pages - kmalloc_pages;
        }
    }
    return promise;
}

bool promise_kept(const struct promise *promise)
{
    return promise->waste_worse == 0 && promise->footprint_worse == 0;
}

/* The smallest table worth its buckets, of those that keep the promise if any does. */
static void choose_row(struct tuning *tuning)
{
    uint64_t best = UINT64_MAX;
    bool kept[TUNING_FRONT_MAX];
    bool any_kept = false;

    tuning->chosen = 0;
    for (uint32_t i = 0; i < tuning->front_count; i++) {
        struct promise promise = tuning_promise(tuning, &tuning->front[i]);
        kept[i] = promise_kept(&promise);
        any_kept |= kept[i];
    }
    for (uint32_t i = 0; i < tuning->front_count; i++) {
        if ((kept[i] || !any_kept) && tuning->front[i].judged_ppm < best)
            best = tuning->front[i].judged_ppm;
    }
    for (uint32_t i = tuning->front_count; i-- > 0;) {
        if (tuning->options.buckets != 0) {
            if (tuning->front[i].buckets == tuning->options.buckets)
                tuning->chosen = i;
        } else if ((kept[i] || !any_kept) &&
                   tuning->front[i].judged_ppm <= best + best * WORTH_PPM / 1000000u) {
            tuning->chosen = i;
        }
    }
}

static bool improve_stage(struct tuning *tuning)
{
    struct outcome *improved = &tuning->improved;
    const struct outcome *chosen = &tuning->front[tuning->chosen];
    struct promise promise;

    if (!outcome_copy(improved, chosen, tuning->corpus))
        return false;
    if (!improve_tables(improved, tuning->corpus, &tuning->rules, tuning->options.improve_budget,
                        tuning->options.quick ? TUNING_QUICK_OPS : TUNING_IMPROVE_OPS) ||
        !outcome_replay(improved, tuning->corpus, &tuning->rules, tuning->op_limit,
                        "judging the improved tables")) {
        outcome_free(improved, tuning->corpus);
        return false;
    }
    promise = tuning_promise(tuning, improved);
    tuning->improved_kept = improved->judged_ppm + IMPROVED_WORTH_PPM <= chosen->judged_ppm &&
                            improved->trained_ppm <= chosen->trained_ppm && promise_kept(&promise);
    return true;
}

const struct outcome *tuning_answer(const struct tuning *tuning)
{
    return tuning->improved_kept ? &tuning->improved : &tuning->front[tuning->chosen];
}

bool tuning_run(struct tuning *ret_tuning, const struct corpus *corpus,
                const struct tuning_options *options)
{
    struct tuning *tuning = ret_tuning;
    struct setting settings[SETTINGS_MAX];
    uint32_t count;
    bool good;

    *tuning = (struct tuning){ .corpus = corpus, .options = *options };
    set_rules(&tuning->rules, options);
    count = make_grid(settings, options);
    tuning->settings_tried = count;
    good = add_peers(tuning) && front_stage(tuning, settings, &count, TUNING_QUICK_OPS);
    if (good)
        choose_row(tuning);
    if (good && !options->quick) {
        good = front_stage(tuning, settings, &count, UINT32_MAX);
        if (good)
            choose_row(tuning);
    }
    if (good && tuning->front_count != 0 && options->improve_budget != 0)
        good = improve_stage(tuning);
    tuning->interrupted = interrupted();
    return good || tuning->interrupted;
}

void tuning_free(struct tuning *tuning)
{
    outcome_free(&tuning->improved, tuning->corpus);
    drop_front(tuning);
    for (uint32_t i = 0; i < tuning->peer_count; i++)
        shared_free(tuning->peers[i].results,
                    tuning->corpus->count * sizeof *tuning->peers[i].results);
    tuning->peer_count = 0;
}
