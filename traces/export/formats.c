/* SPDX-License-Identifier: 0BSD */
/* The formats that a trace can be told in. */
#include "formats.h"

#include "../text/trace_text.h"

#include <inttypes.h>
#include <string.h>

#define BIT(kind) (UINT32_C(1) << (kind))

/* -- Text twin --------------------------------------------------------------------------------- */

static bool text_whole(FILE *file, const struct trace_loaded *trace)
{
    char line[TRACE_TEXT_OP_BYTES];

    fprintf(file, "%s\n", TRACE_TEXT_FIRST_LINE);
    for (const char *text = trace->text; *text != '\0'; text = strchr(text, '\n') + 1)
        fprintf(file, "# %.*s\n", (int)strcspn(text, "\n"), text);
    for (uint64_t i = 0; i < trace->header.ops; i++)
        if (fwrite(line, trace_text_format(&trace->ops[i], line), 1, file) != 1)
            return false;
    return true;
}

/* -- Malloc lab -------------------------------------------------------------------------------- */

#define REP_WEIGHT 1 /* counts for space and for speed */

/* The header of 2016: weight, ids, ops, most bytes at once. Drivers trust these counts. */
static bool rep_begin(FILE *file, const struct walk_totals *totals)
{
    return fprintf(file, "%d\n%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n", REP_WEIGHT, totals->ids,
                   totals->events, totals->bytes_max) > 0;
}

/* Ids are used once: drivers have an array of them, and some take an id's first line for its
 * birth.
 */
static bool rep_event(FILE *file, const struct walk_totals *totals, const struct walk_event *event)
{
    (void)totals;
    switch (event->kind) {
    case TRACE_FREE: return fprintf(file, "f %" PRIu32 "\n", event->id) > 0;
    case TRACE_REALLOC:
        return fprintf(file, "r %" PRIu32 " %" PRIu32 "\n", event->id, event->bytes) > 0;
    default: return fprintf(file, "a %" PRIu32 " %" PRIu32 "\n", event->id, event->bytes) > 0;
    }
}

/* -- Android ----------------------------------------------------------------------------------- */

/* A pointer for each slot; what it is does not matter as long as no two live blocks share one. */
static uint64_t android_pointer(const struct walk_event *event)
{
    return 0x10000000u + 16u * (uint64_t)event->slot;
}

/* The times at the end, if the trace has any: from 1, because 0 stands for none. How long a call
 * took is not known, so it ends when it begins.
 */
static bool android_end_line(FILE *file, const struct walk_totals *totals,
                             const struct walk_event *event)
{
    if (totals->kinds[TRACE_TIME] == 0)
        return putc('\n', file) != EOF;
    return fprintf(file, " %" PRIu64 " %" PRIu64 "\n", event->time_ns + 1u, event->time_ns + 1u) >
           0;
}

static bool android_event(FILE *file, const struct walk_totals *totals,
                          const struct walk_event *event)
{
    uint64_t pointer = android_pointer(event);
    uint64_t align = UINT64_C(1) << event->align_log2;

    fprintf(file, "%" PRIu64 ": ", (uint64_t)event->thread + 1u); /* 0 is no thread */
    switch (event->kind) {
    case TRACE_FREE: fprintf(file, "free 0x%" PRIx64, pointer); break;
    case TRACE_REALLOC:
        fprintf(file, "realloc 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu32, pointer, pointer,
                event->bytes);
        break;
    case TRACE_ALLOC_ZEROED:
        fprintf(file, "calloc 0x%" PRIx64 " 1 %" PRIu32, pointer, event->bytes);
        break;
    case TRACE_ALLOC_ALIGNED:
        fprintf(file, "memalign 0x%" PRIx64 " %" PRIu64 " %" PRIu32, pointer, align, event->bytes);
        break;
    default: fprintf(file, "malloc 0x%" PRIx64 " %" PRIu32, pointer, event->bytes); break;
    }
    return android_end_line(file, totals, event);
}

static bool android_begin(FILE *file, const struct walk_totals *totals)
{
    (void)file;
    (void)totals;
    return true;
}

/* -- The table --------------------------------------------------------------------------------- */

static const struct export_format formats[] = {
    { .name = "rep",
      .what = "malloc lab's traces: sizes and order, nothing else",
      .kinds = BIT(TRACE_ALLOC) | BIT(TRACE_REALLOC) | BIT(TRACE_FREE),
      .kinds_plain = BIT(TRACE_ALLOC_ZEROED) | BIT(TRACE_ALLOC_ALIGNED),
      .begin = rep_begin,
      .event = rep_event },
    { .name = "android",
      .what = "Android's memory_replay: heap ops with threads and times",
      .kinds = BIT(TRACE_ALLOC) | BIT(TRACE_ALLOC_ZEROED) | BIT(TRACE_ALLOC_ALIGNED) |
               BIT(TRACE_REALLOC) | BIT(TRACE_FREE) | BIT(TRACE_THREAD) | BIT(TRACE_TIME),
      .begin = android_begin,
      .event = android_event },
    { .name = "text",
      .what = "the text twin: everything",
      .kinds = UINT32_MAX,
      .tells_recorded = true,
      .whole = text_whole },
};

#define FORMATS (sizeof formats / sizeof formats[0])

const struct export_format *export_format_at(size_t index)
{
    return index < FORMATS ? &formats[index] : NULL;
}

const struct export_format *export_format_named(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    return NULL;
}
