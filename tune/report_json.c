/* SPDX-License-Identifier: 0BSD */
/* The figures as JSON. The one fact to know: ratios are integers in parts per million and
 * everything else is a count, so files compare byte by byte.
 */
#include "report.h"

#include <jansson.h>
#include <string.h>

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* UINT64_MAX means "nothing was live". */
static json_t *ppm(uint64_t value)
{
    return value == UINT64_MAX ? json_null() : count(value);
}

static const char *objective_key(enum tune_objective objective)
{
    return objective == TUNE_MEAN ? "mean" : objective == TUNE_VA ? "va" : "peak";
}

static json_t *table_json(const struct judge_table *table)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < table->count; i++)
        json_array_append_new(array, count(table->bytes[i]));
    return array;
}

static json_t *result_json(const struct judge_result *result)
{
    json_t *object = json_object();

    json_object_set_new(object, "footprint_pages_peak", count(result->footprint_pages_peak));
    json_object_set_new(object, "footprint_pages_sum", count(result->footprint_pages_sum));
    json_object_set_new(object, "va_segments_peak", count(result->va_segments_peak));
    json_object_set_new(object, "peak_ppm", ppm(judge_peak_ppm(result)));
    json_object_set_new(object, "mean_ppm", ppm(judge_mean_ppm(result)));
    json_object_set_new(object, "va_ppm", ppm(judge_va_ppm(result)));
    json_object_set_new(object, "refused", count(result->refused));
    return object;
}

static json_t *outcome_json(const struct tuning *tuning, const struct outcome *outcome)
{
    json_t *object = json_object();

    json_object_set_new(object, "buckets", count(outcome->buckets));
    json_object_set_new(object, "guard_permille", count(outcome->setting.guard_permille));
    json_object_set_new(object, "stranded_pages_q8", count(outcome->setting.stranded_pages_q8));
    json_object_set_new(object, "weights", json_string(objective_key(outcome->setting.weights)));
    json_object_set_new(object, "trained_ppm", count(outcome->trained_ppm));
    json_object_set_new(object, "judged_ppm", count(outcome->judged_ppm));
    json_object_set_new(object, "trained_waste_ppm", count(outcome->trained_waste_ppm));
    json_object_set_new(object, "judged_waste_ppm", count(outcome->judged_waste_ppm));
    json_object_set_new(object, "table", table_json(outcome_table(outcome, tuning->corpus)));
    return object;
}

static json_t *peers_json(const struct tuning *tuning)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < tuning->peer_count; i++) {
        const struct peer *peer = &tuning->peers[i];
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(peer->name));
        json_object_set_new(object, "source", json_string(peer->source));
        json_object_set_new(object, "ppm", count(peer->ppm));
        json_object_set_new(object, "waste_ppm", count(peer->waste_ppm));
        json_object_set_new(object, "table", table_json(&peer->table));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *trace_json(const struct tuning *tuning, uint32_t trace)
{
    const struct corpus *corpus = tuning->corpus;
    const struct corpus_trace *entry = corpus->traces[trace];
    const struct outcome *answer = tuning_answer(tuning);
    json_t *object = json_object();
    json_t *peers = json_object();

    json_object_set_new(object, "name", json_string(entry->ops.name));
    json_object_set_new(object, "family", json_string(corpus->families[entry->family]));
    json_object_set_new(object, "training", json_boolean(entry->training));
    json_object_set_new(object, "kernel", json_boolean(entry->ops.kernel));
    json_object_set_new(object, "counts", json_boolean(score_counts(corpus, trace)));
    json_object_set_new(object, "ops", count(entry->ops.op_count));
    json_object_set_new(object, "live_bytes_peak", count(entry->histogram.live_bytes_peak));
    json_object_set_new(object, "recorded_request_sum", count(entry->ops.recorded_request_time));
    json_object_set_new(object, "recorded_bytes_sum", count(entry->ops.recorded_bytes_time));
    json_object_set_new(object, "trained_waste_ppm",
                        ppm(waste_ppm(corpus, trace, outcome_table(answer, corpus))));
    json_object_set_new(object, "judged_waste_ppm",
                        ppm(waste_ppm(corpus, trace, outcome_judging(answer, corpus, trace))));
    json_object_set_new(object, "trained", result_json(&answer->trained[trace]));
    json_object_set_new(object, "judged", result_json(&answer->judged[trace]));
    json_object_set_new(object, "judged_table", table_json(outcome_judging(answer, corpus, trace)));
    for (uint32_t i = 0; i < tuning->peer_count; i++) {
        json_t *peer = result_json(&tuning->peers[i].results[trace]);
        json_object_set_new(peer, "waste_ppm",
                            ppm(waste_ppm(corpus, trace, &tuning->peers[i].table)));
        json_object_set_new(peers, tuning->peers[i].name, peer);
    }
    json_object_set_new(object, "peers", peers);
    return object;
}

static json_t *promise_json(const struct tuning *tuning)
{
    struct promise promise = tuning_promise(tuning, tuning_answer(tuning));
    json_t *object = json_object();

    json_object_set_new(object, "kept", json_boolean(promise_kept(&promise)));
    json_object_set_new(object, "kernel_traces", count(promise.kernel_traces));
    json_object_set_new(object, "waste_worse", count(promise.waste_worse));
    json_object_set_new(object, "scored_traces", count(promise.scored_traces));
    json_object_set_new(object, "footprint_worse", count(promise.footprint_worse));
    json_object_set_new(object, "small_worse", count(promise.small_worse));
    json_object_set_new(object, "small_worse_pages", count(promise.small_worse_pages));
    return object;
}

static void set_rows(json_t *root, const struct tuning *tuning)
{
    json_t *front = json_array();
    json_t *traces = json_array();

    for (uint32_t i = 0; i < tuning->front_count; i++)
        json_array_append_new(front, outcome_json(tuning, &tuning->front[i]));
    for (uint32_t i = 0; i < tuning->corpus->count; i++)
        json_array_append_new(traces, trace_json(tuning, i));
    json_object_set_new(root, "peers", peers_json(tuning));
    json_object_set_new(root, "front", front);
    json_object_set_new(root, "improved",
                        tuning->improved.tables ? outcome_json(tuning, &tuning->improved)
                                                : json_null());
    json_object_set_new(root, "improved_kept", json_boolean(tuning->improved_kept));
    json_object_set_new(root, "recommended", outcome_json(tuning, tuning_answer(tuning)));
    json_object_set_new(root, "promise", promise_json(tuning));
    json_object_set_new(root, "traces", traces);
}

bool report_json(FILE *out, const struct tuning *tuning, const char *command)
{
    json_t *root = json_object();
    char digest[16];
    bool good;

    snprintf(digest, sizeof digest, "%08x", tuning->corpus->crc32c);
    json_object_set_new(root, "schema", json_string("lookaside-tune 1"));
    json_object_set_new(root, "command", json_string(command));
    json_object_set_new(root, "objective", json_string(objective_key(tuning->rules.objective)));
    json_object_set_new(root, "corpus_crc32c", json_string(digest));
    json_object_set_new(root, "ops_limit",
                        tuning->op_limit == UINT32_MAX ? json_null() : count(tuning->op_limit));
    json_object_set_new(root, "interrupted", json_boolean(tuning->interrupted));
    set_rows(root, tuning);
    good = root && json_dumpf(root, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF;
    json_decref(root);
    return good;
}
