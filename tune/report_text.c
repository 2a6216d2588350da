/* SPDX-License-Identifier: 0BSD */
/* The text. The one fact to know: a figure is called judged only if the table it belongs to was
 * made without any trace of that family.
 */
#include "report.h"

#include <string.h>

static const char *objective_name(enum tune_objective objective)
{
    switch (objective) {
    case TUNE_MEAN: return "mean footprint over mean live bytes";
    case TUNE_VA: return "peak of address space used over peak live bytes";
    default: return "peak footprint over peak live bytes";
    }
}

/* The measured column's name. */
static const char *objective_label(enum tune_objective objective)
{
    return objective == TUNE_VA ? "addresses" : "footprint";
}

static double ratio(uint64_t ppm)
{
    return (double)ppm / 1e6;
}

static double percent(uint64_t ppm)
{
    return ((double)ppm - 1e6) / 1e4;
}

static uint32_t training_traces(const struct corpus *corpus)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < corpus->count; i++)
        count += corpus->traces[i]->training;
    return count;
}

static uint32_t counting_traces(const struct corpus *corpus)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < corpus->count; i++)
        count += score_counts(corpus, i);
    return count;
}

static void print_head(FILE *out, const struct tuning *tuning)
{
    const struct corpus *corpus = tuning->corpus;
    uint32_t training = training_traces(corpus);
    uint64_t ops = 0;

    for (uint32_t i = 0; i < corpus->count; i++)
        ops += corpus->traces[i]->ops.op_count;
    fprintf(out, "%u traces of %u programs and workloads, %.1f M heap operations, crc32c %08x\n",
            corpus->count, corpus->family_count, (double)ops / 1e6, corpus->crc32c);
    if (training < corpus->count)
        fprintf(out, "Tuned on %u of them; the others only judge.\n", training);
    if (tuning->op_limit != UINT32_MAX)
        fprintf(out,
                "Footprints are of the first %u operations of each trace%s; waste is of all.\n",
                tuning->op_limit,
                tuning->interrupted ? ", because the run was interrupted" : " (--quick)");
    fprintf(
        out,
        "\n"
        "waste      bytes of live blocks over bytes asked for, over time: what rounding up costs\n"
        "footprint  %s;\n"
        "           it has everything in it: rounding, tails, half-used pages, metadata\n"
        "trained    with a table made from all the traces it is measured on\n"
        "judged     with a table that has seen no trace of that program; the figure to trust\n"
        "Means are over the %u traces %s.\n",
        objective_name(tuning->rules.objective), counting_traces(corpus),
        counting_traces(corpus) == training ? "tuned on" : "with 100,000 operations or more");
    if (corpus_training_families(corpus) < 2)
        fprintf(out,
                "\nAll of it is one program, so there is nobody to judge by: \"judged\" on it is "
                "trained.\n");
}

static void print_front(FILE *out, const struct tuning *tuning)
{
    fprintf(out, "\nHow many buckets? (%u ways to make a table tried)\n\n", tuning->settings_tried);
    fprintf(out, "  buckets   waste trained  judged   %s trained  judged   made with\n",
            objective_label(tuning->rules.objective));
    for (uint32_t i = 0; i < tuning->front_count; i++) {
        const struct outcome *row = &tuning->front[i];
        fprintf(out, "%s %6u        %6.2f%% %6.2f%%            %6.4f  %6.4f   ",
                i == tuning->chosen ? " >" : "  ", row->buckets, percent(row->trained_waste_ppm),
                percent(row->judged_waste_ppm), ratio(row->trained_ppm), ratio(row->judged_ppm));
        fprintf(out, "guard %.2f, price %.2f pages, %s weights\n",
                row->setting.guard_permille / 1000.0, row->setting.stranded_pages_q8 / 256.0,
                row->setting.weights == TUNE_PEAK ? "peak"
                : row->setting.weights == TUNE_VA ? "address"
                                                  : "time");
    }
    if (tuning->options.buckets == 0)
        fprintf(out, "  > is the smallest within 0.3 %% of the best%s.\n",
                tuning->kmalloc < tuning->peer_count ? " that keeps the promise to kernels below"
                                                     : "");
}

static void print_improvement(FILE *out, const struct tuning *tuning)
{
    const struct outcome *row = &tuning->front[tuning->chosen];

    if (!tuning->improved.tables)
        return;
    fprintf(
        out,
        "\nMoving edges by replay (%u tries a fold): trained %.4f -> %.4f, judged %.4f -> %.4f.\n",
        tuning->options.improve_budget, ratio(row->trained_ppm),
        ratio(tuning->improved.trained_ppm), ratio(row->judged_ppm),
        ratio(tuning->improved.judged_ppm));
    if (tuning->improved_kept)
        fprintf(out, "It holds up on programs not seen, so the improved table is recommended.\n");
    else if (tuning->improved.judged_ppm < row->judged_ppm)
        fprintf(out,
                "Too little to be more than chance (0.1 %% is asked for, and that training gains "
                "too): the table\nis recommended as the optimiser made it.\n");
    else if (tuning->improved.trained_ppm < row->trained_ppm)
        fprintf(out,
                "That is learning by heart: judged, it is no better, so the table is recommended "
                "without it.\n");
    else
        fprintf(out, "Nothing to gain there: the table is recommended as the optimiser made it.\n");
}

/* Over how many judged traces is the answer's score above the peer's? */
static uint32_t worse_traces(const struct tuning *tuning, const struct peer *peer)
{
    const struct outcome *answer = tuning_answer(tuning);
    uint32_t worse = 0;

    for (uint32_t i = 0; i < tuning->corpus->count; i++) {
        worse += score_counts(tuning->corpus, i) &&
                 score_ppm(&answer->judged[i], tuning->rules.objective) >
                     score_ppm(&peer->results[i], tuning->rules.objective);
    }
    return worse;
}

/* Geometric mean over traces that only judge, of at least `ops_min` ops; 0: there are none. */
static uint64_t unseen_ppm(const struct tuning *tuning, const struct judge_result *results,
                           uint32_t ops_min)
{
    double logs = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < tuning->corpus->count; i++) {
        const struct corpus_trace *trace = tuning->corpus->traces[i];
        if (trace->training || trace->ops.op_count < ops_min)
            continue;
        logs += score_log(score_ppm(&results[i], tuning->rules.objective));
        count++;
    }
    return score_mean_ppm(logs, count);
}

/* How the recommended table, made from the given traces alone, does on everything else. */
static void print_unseen(FILE *out, const struct tuning *tuning)
{
    const struct outcome *answer = tuning_answer(tuning);
    uint32_t ops_min = CORPUS_SCORED_OPS_MIN;
    uint64_t ours = unseen_ppm(tuning, answer->judged, ops_min);

    if (ours == 0) {
        ops_min = 0;
        ours = unseen_ppm(tuning, answer->judged, ops_min);
    }
    if (ours == 0)
        return;
    fprintf(out, "\nOn the shipped corpus, of which it has seen nothing (%s)\n\n",
            objective_label(tuning->rules.objective));
    fprintf(out, "  %-22s %.4f\n", "recommended", ratio(ours));
    for (uint32_t i = 0; i < tuning->peer_count; i++)
        fprintf(out, "  %-22s %.4f\n", tuning->peers[i].name,
                ratio(unseen_ppm(tuning, tuning->peers[i].results, ops_min)));
    fprintf(out,
            "  A table for a few programs is for those programs: elsewhere take the default.\n");
}

/* The default table is one of today's class sets until a tuning run has replaced it. */
static bool default_is_tuned(void)
{
    for (uint32_t i = 0; i < class_set_count; i++) {
        if (class_sets[i].count == bucket_default_count &&
            memcmp(class_sets[i].bytes, bucket_default_bytes,
                   bucket_default_count * sizeof bucket_default_bytes[0]) == 0)
            return false;
    }
    return true;
}

static void print_peers(FILE *out, const struct tuning *tuning)
{
    const struct outcome *answer = tuning_answer(tuning);

    fprintf(out,
            "\nBeside what people use today (the same heap, other class sizes)\n\n"
            "  classes                 buckets    waste   %s   ours is larger on      source\n",
            objective_label(tuning->rules.objective));
    for (uint32_t i = 0; i < tuning->peer_count; i++) {
        const struct peer *peer = &tuning->peers[i];
        fprintf(out, "  %-22s %8u  %6.2f%%      %6.4f   %8u traces      %s\n", peer->name,
                peer->table.count, percent(peer->waste_ppm), ratio(peer->ppm),
                worse_traces(tuning, peer), peer->source);
    }
    fprintf(out, "  %-22s %8u  %6.2f%%      %6.4f\n", "recommended, judged", answer->buckets,
            percent(answer->judged_waste_ppm), ratio(answer->judged_ppm));
    fprintf(out, "  %-22s %8u  %6.2f%%      %6.4f\n", "recommended, trained", answer->buckets,
            percent(answer->trained_waste_ppm), ratio(answer->trained_ppm));
    if (default_is_tuned())
        fprintf(out, "  Our default was itself tuned on the shipped corpus: there its figures are "
                     "trained ones.\n");
}

/* -- Trace by trace ---------------------------------------------------------------------------- */

static void print_waste(FILE *out, const struct tuning *tuning, uint32_t trace)
{
    const struct corpus *corpus = tuning->corpus;
    const struct outcome *answer = tuning_answer(tuning);
    const struct tune_trace *ops = &corpus->traces[trace]->ops;

    if (ops->recorded_request_time)
        fprintf(out, " %6.1f",
                ((double)ops->recorded_bytes_time / (double)ops->recorded_request_time - 1.0) *
                    100.0);
    else
        fprintf(out, "      -");
    fprintf(out, " %6.1f %6.1f %6.1f",
            percent(waste_ppm(corpus, trace, &tuning->peers[tuning->kmalloc].table)),
            percent(waste_ppm(corpus, trace, outcome_table(answer, corpus))),
            percent(waste_ppm(corpus, trace, outcome_judging(answer, corpus, trace))));
}

static void print_score(FILE *out, const struct judge_result *result, enum tune_objective objective)
{
    uint64_t ppm = score_ppm(result, objective);

    if (ppm == UINT64_MAX)
        fprintf(out, "      -");
    else
        fprintf(out, "%s%6.3f", result->refused ? "!" : " ", ratio(ppm));
}

static void print_trace(FILE *out, const struct tuning *tuning, uint32_t trace)
{
    const struct outcome *answer = tuning_answer(tuning);
    const struct corpus_trace *entry = tuning->corpus->traces[trace];
    enum tune_objective objective = tuning->rules.objective;
    uint64_t judged = score_ppm(&answer->judged[trace], objective);
    const struct judge_result *kmalloc = &tuning->peers[tuning->kmalloc].results[trace];

    fprintf(out, "  %-20.20s %8u %7llu ", entry->ops.name, entry->ops.op_count,
            (unsigned long long)(entry->histogram.live_bytes_peak / 1024u));
    print_waste(out, tuning, trace);
    fprintf(out, " ");
    for (uint32_t i = 0; i < tuning->peer_count; i++)
        print_score(out, &tuning->peers[i].results[trace], objective);
    fprintf(out, " ");
    print_score(out, &answer->trained[trace], objective);
    print_score(out, &answer->judged[trace], objective);
    fprintf(out, "%s%s\n", entry->training ? "" : " unseen",
            judged > score_ppm(kmalloc, objective) ? " <" : "");
}

static void print_traces(FILE *out, const struct tuning *tuning)
{
    fprintf(out,
            "\nTrace by trace (< : larger than with Linux's classes)\n\n"
            "                                         waste, %%:                    %s:\n"
            "  trace                     ops     KiB   Linux kmallc traind judged ",
            objective_label(tuning->rules.objective));
    for (uint32_t i = 0; i < tuning->peer_count; i++)
        fprintf(out, " %6.6s", tuning->peers[i].column);
    fprintf(out, "  traind judged\n");
    for (uint32_t i = 0; i < tuning->corpus->count; i++)
        print_trace(out, tuning, i);
    fprintf(out, "  KiB: peak live. Linux: what the recorded kernel's own caches wasted, where the "
                 "trace tells.\n  !: the heap ran out of addresses, the figure means nothing.\n");
}

/* -- The answer -------------------------------------------------------------------------------- */

static void print_promise(FILE *out, const struct tuning *tuning)
{
    struct promise promise = tuning_promise(tuning, tuning_answer(tuning));

    if (promise.kernel_traces == 0)
        return;
    fprintf(out, "\nOn kernels, against Linux's kmalloc classes (judged):\n");
    fprintf(out, "  waste      worse on %u of %u traces%s\n", promise.waste_worse,
            promise.kernel_traces,
            tuning->rules.anchor_count && tuning->rules.largest_bytes == BUCKET_BYTES_MAX
                ? ", and cannot be on any: all of kmalloc's sizes are in the table"
                : "");
    fprintf(out, "  footprint  worse on %u of the %u with 100,000 operations or more\n",
            promise.footprint_worse, promise.scored_traces);
    if (promise.small_worse)
        fprintf(
            out,
            "             worse on %u smaller, by at most %u page%s: more sizes in use are more\n"
            "             half-used pages, and such a heap has few others\n",
            promise.small_worse, promise.small_worse_pages,
            promise.small_worse_pages == 1 ? "" : "s");
    fprintf(out, "  The promise is %s.\n", promise_kept(&promise) ? "kept" : "NOT KEPT");
}

/* The class set of today with the lowest score; our own default is not one. */
static const struct peer *best_of_today(const struct tuning *tuning)
{
    const struct peer *best = &tuning->peers[0];

    for (uint32_t i = 1; i + 1u < tuning->peer_count; i++) {
        if (tuning->peers[i].ppm < best->ppm)
            best = &tuning->peers[i];
    }
    return best;
}

/* The traces on which the answer, judged, costs over 1 % more than the best of today's classes. */
static void print_worse(FILE *out, const struct tuning *tuning)
{
    const struct outcome *answer = tuning_answer(tuning);
    const struct peer *best = best_of_today(tuning);
    uint32_t count = 0;

    for (uint32_t i = 0; i < tuning->corpus->count; i++) {
        uint64_t ours = score_ppm(&answer->judged[i], tuning->rules.objective);
        uint64_t theirs = score_ppm(&best->results[i], tuning->rules.objective);
        if (!score_counts(tuning->corpus, i) || ours <= theirs + theirs / 100u)
            continue;
        if (count++ == 0)
            fprintf(out,
                    "\nWhere it is worse, judged, by more than 1 %% than the best of today's "
                    "(%s, %u classes):\n",
                    best->name, best->table.count);
        fprintf(out, "  %-22s %.3f instead of %.3f\n", tuning->corpus->traces[i]->ops.name,
                ratio(ours), ratio(theirs));
    }
    if (count == 0)
        fprintf(
            out,
            "\nOn no trace that counts in the means is it, judged, more than 1 %% worse than the "
            "best of today's "
            "(%s, %u classes).\n",
            best->name, best->table.count);
}

static void print_table(FILE *out, const struct tuning *tuning)
{
    const struct outcome *answer = tuning_answer(tuning);
    const struct judge_table *table = outcome_table(answer, tuning->corpus);
    const struct peer *best = best_of_today(tuning);
    const struct peer *kmalloc = &tuning->peers[tuning->kmalloc];

    fprintf(out, "\nRecommended: %u buckets\n ", table->count);
    for (uint32_t i = 0; i < table->count; i++)
        fprintf(out, " %u%s", table->bytes[i],
                i % 16u == 15u && i + 1u < table->count ? "\n " : "");
    fprintf(out, "\n%s %.1f %% above live bytes. %s's %u classes take %.1f %%,\n",
            corpus_training_families(tuning->corpus) < 2
                ? "On the traces it is made for it takes"
                : "On a program it has not seen, expect it to take",
            percent(answer->judged_ppm), best->name, best->table.count, percent(best->ppm));
    fprintf(out, "%s's %u take %.1f %%.\n", kmalloc->name, kmalloc->table.count,
            percent(kmalloc->ppm));
}

void report_text(FILE *out, const struct tuning *tuning)
{
    print_head(out, tuning);
    print_front(out, tuning);
    print_improvement(out, tuning);
    print_peers(out, tuning);
    print_unseen(out, tuning);
    print_traces(out, tuning);
    print_worse(out, tuning);
    print_promise(out, tuning);
    print_table(out, tuning);
    if (tuning->interrupted)
        fprintf(out, "\nInterrupted: these are the figures of the stages that were finished.\n");
}
