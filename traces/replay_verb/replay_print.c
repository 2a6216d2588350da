/* SPDX-License-Identifier: 0BSD */
/* A replayed trace's figures for eyes and for programs. Ratios are made here and nowhere else: the
 * figures themselves are exact integers.
 */
#include "replay_print.h"

#include <inttypes.h>
#include <stdio.h>

/* "1.234", or "-" without a denominator. */
static const char *ratio(char *buffer, size_t size, uint64_t value, uint64_t of)
{
    if (of == 0)
        snprintf(buffer, size, "-");
    else
        snprintf(buffer, size, "%.3f", (double)value / (double)of);
    return buffer;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

/* Tails of segments at the footprint's peak. */
static uint32_t tail_at_peak(const struct replay_run *run)
{
    uint32_t bytes = 0;

    for (uint32_t i = 0; i < BUCKETS_MAX; i++)
        bytes += run->heaps_at_peak.bucket[i].tail_bytes;
    return bytes;
}

static void print_footprint(const struct replay_run *run)
{
    const struct replay_result *r = &run->result;
    uint32_t tail = tail_at_peak(run);
    uint64_t bytes = (uint64_t)r->footprint_pages_peak * LA_PAGE_BYTES;
    char text[32];

    printf("  footprint    peak %" PRIu32 " pages = %" PRIu64 " bytes", r->footprint_pages_peak,
           bytes);
    printf(", %s of the live bytes' peak\n", ratio(text, sizeof text, bytes, r->live_bytes_peak));
    printf("  at its peak  live %.1f %%, internal %.1f %%, ", percent(r->at_peak_live, bytes),
           percent(r->at_peak_internal, bytes));
    if (run->has_peak)
        printf("tail %.1f %%, partial segments %.1f %%, ", percent(tail, bytes),
               percent(r->at_peak_rest - tail, bytes));
    else
        printf("tail and partial segments %.1f %%, ", percent(r->at_peak_rest, bytes));
    printf("metadata %.1f %%\n", percent(r->at_peak_metadata, bytes));
    printf("  mean         footprint %s of live bytes",
           ratio(text, sizeof text, r->footprint_pages_sum * LA_PAGE_BYTES, r->live_bytes_sum));
    printf(", blocks %s of live bytes",
           ratio(text, sizeof text, r->live_bytes_sum + r->internal_bytes_sum, r->live_bytes_sum));
    printf(" (recorded allocator: %s)\n",
           ratio(text, sizeof text, r->recorded_bytes_sum, r->recorded_request_sum));
}

void replay_print_summary(const char *path, const struct replay_run *run)
{
    const struct replay_result *r = &run->result;

    printf("%s\n", path);
    printf("  digest       %016" PRIx64 "\n", r->digest);
    printf("  ops          %" PRIu64 ", skipped %" PRIu64 ", refused %" PRIu64 " (no space %" PRIu64
           ", no memory %" PRIu64 ", other %" PRIu64 ")\n",
           r->ops, r->skipped, r->no_space + r->no_memory + r->refused, r->no_space, r->no_memory,
           r->refused);
    if (run->damages)
        printf("  damage       skipped at %" PRIu32 " places\n", run->damages);
    printf("  live         peak %" PRIu32 " bytes, %" PRIu32 " blocks; at the end %" PRIu32
           " bytes, %" PRIu32 " blocks\n",
           r->live_bytes_peak, r->live_blocks_peak, r->live_bytes, r->live_blocks);
    print_footprint(run);
    printf("  all freed    %" PRIu32 " pages committed, %" PRIu32 " after a trim\n", r->freed_pages,
           r->trimmed_pages);
    printf("  addresses    peak %" PRIu32 " segments, of them heaps' at most %" PRIu32 "\n",
           r->va_segments_peak, r->heap_segments_peak);
    if (r->stack_pages_peak)
        printf("  stacks       peak %" PRIu32 " pages, faults %" PRIu64 ", overflows %" PRIu64
               ", violations %" PRIu64 ", jumps over the guard %" PRIu64 "\n",
               r->stack_pages_peak, r->stack_faults, r->stack_overflows, r->stack_violations,
               r->stack_jumps);
}

void replay_print_buckets(const struct replay_run *run, const struct bucket_table *buckets)
{
    printf("  %10s %10s %10s %10s\n", "block", "segments", "live", "pages");
    for (uint32_t i = 0; i < buckets->count; i++) {
        const struct heap_bucket_stats *bucket = &run->heaps.bucket[i];

        printf("  %10" PRIu32 " %10" PRIu32 " %10" PRIu32 " %10" PRIu32 "\n",
               buckets->shape[i].bytes, bucket->segments, bucket->live_blocks,
               bucket->committed_pages);
    }
    printf("  %10s %10s %10" PRIu32 " %10" PRIu32 "\n", "large", "", run->heaps.large_blocks,
           run->heaps.large_pages);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static bool add_figures(json_t *object, const struct replay_run *run)
{
    const struct replay_result *r = &run->result;
    uint32_t tail = tail_at_peak(run);
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {
        { "ops", r->ops },
        { "skipped", r->skipped },
        { "no_space", r->no_space },
        { "no_memory", r->no_memory },
        { "refused", r->refused },
        { "live_bytes", r->live_bytes },
        { "live_bytes_peak", r->live_bytes_peak },
        { "live_blocks", r->live_blocks },
        { "live_blocks_peak", r->live_blocks_peak },
        { "footprint_pages", r->footprint_pages },
        { "footprint_pages_peak", r->footprint_pages_peak },
        { "heap_segments", r->heap_segments },
        { "heap_segments_peak", r->heap_segments_peak },
        { "va_segments", r->va_segments },
        { "va_segments_peak", r->va_segments_peak },
        { "stack_pages", r->stack_pages },
        { "stack_pages_peak", r->stack_pages_peak },
        { "live_bytes_sum", r->live_bytes_sum },
        { "footprint_pages_sum", r->footprint_pages_sum },
        { "recorded_bytes_sum", r->recorded_bytes_sum },
        { "recorded_request_sum", r->recorded_request_sum },
        { "internal_bytes_sum", r->internal_bytes_sum },
        { "at_peak_live", r->at_peak_live },
        { "at_peak_internal", r->at_peak_internal },
        { "at_peak_metadata", r->at_peak_metadata },
        { "at_peak_rest", r->at_peak_rest },
        { run->has_peak ? "at_peak_tail" : NULL, tail },
        { run->has_peak ? "at_peak_partial" : NULL, r->at_peak_rest - tail },
        { "committed_pages", r->committed_pages },
        { "stack_faults", r->stack_faults },
        { "stack_overflows", r->stack_overflows },
        { "stack_violations", r->stack_violations },
        { "stack_jumps", r->stack_jumps },
        { "freed_pages", r->freed_pages },
        { "trimmed_pages", r->trimmed_pages },
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (figures[i].name != NULL)
            failed |= json_object_set_new(object, figures[i].name,
                                          json_integer((json_int_t)figures[i].value));
    return failed == 0;
}

static bool add_buckets(json_t *object, const struct replay_run *run,
                        const struct bucket_table *buckets)
{
    json_t *array = json_array();
    int failed = json_object_set_new(object, "buckets", array);

    for (uint32_t i = 0; i < buckets->count && !failed; i++) {
        const struct heap_bucket_stats *bucket = &run->heaps.bucket[i];

        failed = json_array_append_new(
            array, json_pack("{sI sI sI sI}", "block_bytes", (json_int_t)buckets->shape[i].bytes,
                             "segments", (json_int_t)bucket->segments, "live_blocks",
                             (json_int_t)bucket->live_blocks, "committed_pages",
                             (json_int_t)bucket->committed_pages));
    }
    return failed == 0;
}

json_t *replay_to_json(const char *path, const struct replay_run *run,
                       const struct bucket_table *buckets)
{
    char digest[17];

    snprintf(digest, sizeof digest, "%016" PRIx64, run->result.digest);
    json_t *name = json_string(path); /* NULL if the name is not UTF-8, as JSON must be */
    json_t *object = json_pack("{so ss sI}", "file", name ? name : json_null(), "digest", digest,
                               "damages", (json_int_t)run->damages);

    if (object && add_figures(object, run) && add_buckets(object, run, buckets))
        return object;
    json_decref(object);
    return NULL;
}
