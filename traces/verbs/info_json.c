/* SPDX-License-Identifier: 0BSD */
/* `info` for programs: where a trace comes from, what it does, what lives, what is not known. Every
 * number is an integer; `_ppm` are millionths. jansson hands a NULL on, so that being out of memory
 * anywhere makes the whole object NULL.
 */
#include "info.h"

#include "../text/trace_text.h"
#include "info_header.h"

#include <string.h>

#define TOP_ACTORS 16u
#define TOP_LABELS 32u

json_t *info_json_counts(const struct json_count *counts)
{
    json_t *object = json_object();

    for (; counts->name; counts++)
        if (json_object_set_new(object, counts->name, json_integer((json_int_t)counts->count)) !=
            0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

json_t *info_json_string(const char *text, size_t bytes)
{
    json_t *string = json_stringn(text, bytes);
    char *plain = string ? NULL : strndup(text, bytes);

    if (!plain)
        return string;
    for (char *at = plain; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80u)
            *at = '?';
    string = json_string(plain);
    free(plain);
    return string;
}

json_t *info_json_spread(const struct spread *spread)
{
    const struct json_count counts[] = {
        { "count", spread->count },
        { "sum", spread->sum },
        { "p10", spread_at(spread, 100) },
        { "p25", spread_at(spread, 250) },
        { "p50", spread_at(spread, 500) },
        { "p75", spread_at(spread, 750) },
        { "p90", spread_at(spread, 900) },
        { "p95", spread_at(spread, 950) },
        { "p99", spread_at(spread, 990) },
        { "max", spread->max },
        { NULL, 0 },
    };

    return info_json_counts(counts);
}

/* -- The header text --------------------------------------------------------------------------- */

/* An array of pairs: a key may come twice, and the order says something. */
static json_t *json_text(const char *text)
{
    json_t *lines = json_array();
    struct header_line line;

    while (header_next(&text, &line)) {
        json_t *pair = json_pack("[o, o]", info_json_string(line.key, line.key_bytes),
                                 info_json_string(line.value, line.value_bytes));
        if (json_array_append_new(lines, pair) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

static json_t *json_unknown(const char *text)
{
    json_t *lines = json_array();
    struct header_line line;

    while (header_next(&text, &line)) {
        json_t *loss;
        uint64_t count;
        bool frees;
        if (!header_is_loss(&line))
            continue;
        loss = json_pack("{s:o, s:o}", "key", info_json_string(line.key, line.key_bytes), "text",
                         info_json_string(line.value, line.value_bytes));
        if (header_count(&line, &count, &frees))
            json_object_set_new(loss, "count", json_integer((json_int_t)count));
        if (json_array_append_new(lines, loss) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

/* -- Ops --------------------------------------------------------------------------------------- */

static json_t *json_kinds(const struct trace_stats *stats)
{
    struct json_count counts[TRACE_KINDS + 1u] = { { NULL, 0 } };
    uint32_t at = 0;

    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (stats->kinds[kind] > 0)
            counts[at++] = (struct json_count){ trace_kind_name(kind), stats->kinds[kind] };
    return info_json_counts(counts);
}

static json_t *json_actors(const struct stats_actors *actors)
{
    uint32_t top[TOP_ACTORS];
    uint32_t count = stats_actors_top(actors, top, TOP_ACTORS);
    json_t *busiest = json_array();
    const struct json_count counts[] = { { "count", actors->ops.count },
                                         { "far_frees", actors->far_frees },
                                         { "far_reallocs", actors->far_reallocs },
                                         { NULL, 0 } };
    json_t *object = info_json_counts(counts);

    for (uint32_t i = 0; i < count; i++) {
        const struct json_count actor[] = { { "number", actors->ops.number[top[i]] },
                                            { "ops", stats_actors_ops(actors, top[i]) },
                                            { NULL, 0 } };
        if (json_array_append_new(busiest, info_json_counts(actor)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    json_object_set_new(object, "busiest", busiest);
    return object;
}

static json_t *json_marks(const struct trace_stats *stats)
{
    json_t *marks = json_array();

    for (uint64_t i = 0; i < stats->kinds[TRACE_MARK] && i < TRACE_MARKS; i++) {
        const struct json_count mark[] = { { "mark", stats->marks[i].mark },
                                           { "op", stats->marks[i].op },
                                           { "time_ns", stats->marks[i].time_ns },
                                           { NULL, 0 } };
        if (json_array_append_new(marks, info_json_counts(mark)) != 0) {
            json_decref(marks);
            return NULL;
        }
    }
    return marks;
}

/* -- What lives -------------------------------------------------------------------------------- */

static json_t *json_level(const struct trace_level *level, uint64_t ticks)
{
    const struct json_count counts[] = { { "peak", level->peak },
                                         { "peak_op", level->peak_op },
                                         { "mean", ticks ? level->area / ticks : 0 },
                                         { "end", level->now },
                                         { NULL, 0 } };

    return info_json_counts(counts);
}

static json_t *json_live(const struct trace_stats *stats)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "blocks",
                     json_level(&stats->blocks, stats->block_ticks), "block_bytes",
                     json_level(&stats->block_bytes, stats->block_ticks), "regions",
                     json_level(&stats->regions, stats->region_ticks), "region_pages",
                     json_level(&stats->region_pages, stats->region_ticks), "stacks",
                     json_level(&stats->stacks, stats->stack_ticks), "stack_pages",
                     json_level(&stats->stack_pages, stats->stack_ticks), "heaps",
                     json_level(&stats->heaps, stats->block_ticks));
}

static json_t *json_slots(const struct trace_stats *stats)
{
    const struct json_count counts[] = { { "blocks", stats->slots[TRACE_BLOCK] },
                                         { "regions", stats->slots[TRACE_REGION] },
                                         { "stacks", stats->slots[TRACE_STACK] },
                                         { "heaps", stats->slots[TRACE_HEAP] },
                                         { NULL, 0 } };

    return info_json_counts(counts);
}

/* -- Labels ------------------------------------------------------------------------------------ */

static json_t *json_top_labels(const struct info *info, enum label_order order)
{
    const struct stats_labels *labels = info->stats.labels;
    uint32_t top[TOP_LABELS];
    uint32_t count = stats_labels_top(labels, order, top, TOP_LABELS);
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++) {
        const struct label_count *label = stats_label(labels, top[i]);
        const struct json_count counts[] = { { "number", labels->labels.number[top[i]] },
                                             { "objects", label->objects },
                                             { "bytes", label->bytes },
                                             { "peak_bytes", label->live.peak },
                                             { "peak_op", label->live.peak_op },
                                             { "end_bytes", label->live.now },
                                             { NULL, 0 } };
        json_t *object = info_json_counts(counts);
        size_t bytes;
        const char *text = header_label(info->text, labels->labels.number[top[i]], &bytes);

        json_object_set_new(object, "text", info_json_string(text, bytes));
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *info_json_labels(const struct info *info)
{
    return json_pack("{s:I, s:o, s:o}", "count", (json_int_t)info->stats.labels->labels.count,
                     "by_objects", json_top_labels(info, LABELS_BY_OBJECTS), "by_peak_bytes",
                     json_top_labels(info, LABELS_BY_PEAK));
}

/* -- All of it --------------------------------------------------------------------------------- */

json_t *info_to_json(const struct info *info)
{
    const struct trace_stats *stats = &info->stats;
    const struct json_count counts[] = {
        { "ops", stats->ops },        { "acts", stats->acts },       { "skipped", stats->skipped },
        { "damages", info->damages }, { "time_ns", stats->time_ns }, { NULL, 0 }
    };
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:o}", "file", info_json_string(info->path, strlen(info->path)),
                  "form", info->form, "file_bytes",
                  info->has_file_bytes ? json_integer((json_int_t)info->file_bytes) : json_null(),
                  "text", json_text(info->text));
    const struct {
        const char *name;
        json_t *value;
    } parts[] = {
        { "kinds", json_kinds(stats) },
        { "slots", json_slots(stats) },
        { "threads", json_actors(stats->threads) },
        { "cpus", json_actors(stats->cpus) },
        { "marks", json_marks(stats) },
        { "live", json_live(stats) },
        { "sizes", info_json_sizes(info) },
        { "lifetimes", info_json_lifetimes(info) },
        { "reallocs", info_json_reallocs(info) },
        { "recorded", info_json_recorded(info) },
        { "regions", info_json_regions(info) },
        { "stacks", info_json_stacks(info) },
        { "labels", info_json_labels(info) },
        { "unknown", json_unknown(info->text) },
    };
    bool failed = json_object_update_new(object, info_json_counts(counts)) != 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        failed |= json_object_set_new(object, parts[i].name, parts[i].value) != 0;
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}
