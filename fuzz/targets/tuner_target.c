/* SPDX-License-Identifier: 0BSD */
/* A target for what the tuner makes of a trace: its operations, the histogram, and the best tables
 * of a few sizes, which must not be beaten by any table there is.
 */
#include "../../tune/histogram.h"
#include "../../tune/ops.h"
#include "../../tune/optimum.h"
#include "../model/oracle.h"
#include "target.h"

#include <lookaside/bucket.h>
#include <lookaside/trace_bytes.h>

#include <stdlib.h>
#include <string.h>

#define SIZES_MAX   8u
#define BUCKETS_TOP 3u

uint64_t fuzz_digest;
uint64_t fuzz_ops;

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    oracle_setup();
    return 0;
}

/* What must hold for the histogram of any trace. */
static void check_histogram(const struct histogram *histogram, const struct tune_trace *trace)
{
    uint64_t count_time = 0;

    for (uint32_t grain = 0; grain <= HISTOGRAM_GRAINS; grain++) {
        count_time += histogram->count_time[grain];
        ORACLE(I18_LIVE, histogram->count_peak[grain] <= trace->block_slots,
               "%u blocks of grain %u live in %u slots", histogram->count_peak[grain], grain,
               trace->block_slots);
    }
    ORACLE(I18_LIVE, histogram->ticks == trace->op_count, "%llu ticks of %u operations",
           (unsigned long long)histogram->ticks, trace->op_count);
    ORACLE(I18_LIVE,
           count_time + histogram->large_count_time <= histogram->ticks * trace->block_slots,
           "more blocks live than there are slots");
    ORACLE(I18_LIVE, histogram->small_bytes_peak <= histogram->live_bytes_peak,
           "more small bytes than bytes at the peak");
}

/* The sizes that the trace has, ascending; at least one. */
static uint32_t sizes_of(const struct histogram *histogram, uint16_t *sizes)
{
    uint32_t count = 0;

    for (uint32_t grain = 1; grain <= HISTOGRAM_GRAINS && count < SIZES_MAX; grain++)
        if (histogram->count_time[grain] != 0 && grain * BUCKET_GRAIN_BYTES <= BUCKET_BYTES_MAX)
            sizes[count++] = (uint16_t)(grain * BUCKET_GRAIN_BYTES);
    if (count == 0)
        sizes[count++] = BUCKET_GRAIN_BYTES;
    return count;
}

/* The table of every subset that has the largest size. */
static void check_subsets(const struct optimum *optimum, const uint16_t *sizes, uint32_t count)
{
    for (uint32_t subset = 1u << (count - 1u); subset < 1u << count; subset++) {
        uint16_t table[SIZES_MAX];
        uint32_t buckets = 0;

        for (uint32_t i = 0; i < count; i++)
            if ((subset >> i & 1u) != 0)
                table[buckets++] = sizes[i];
        if (buckets > BUCKETS_TOP)
            continue;
        uint64_t best = optimum_cost(optimum, buckets);
        uint64_t cost = optimum_cost_of(optimum, table, buckets);

        ORACLE(I24_EXACT, best <= cost, "the best table of %u buckets costs %llu, another one %llu",
               buckets, (unsigned long long)best, (unsigned long long)cost);
    }
}

static void check_tables(const struct histogram *histogram, enum tune_objective objective)
{
    uint16_t sizes[SIZES_MAX];
    uint16_t table[BUCKETS_MAX];
    const uint32_t count = sizes_of(histogram, sizes);
    const struct optimum_rules rules = { .guard_permille = OPTIMUM_NO_GUARD };
    const struct optimum_input input = { .histograms = &histogram,
                                         .histogram_count = 1,
                                         .objective = objective,
                                         .stranded_pages_q8 = 64,
                                         .largest_bytes = sizes[count - 1u],
                                         .sizes = sizes,
                                         .size_count = count };
    struct optimum optimum;
    uint32_t buckets_max = count < BUCKETS_TOP ? count : BUCKETS_TOP;

    if (!optimum_init(&optimum, &input))
        abort();
    if (!optimum_solve(&optimum, &rules, buckets_max))
        abort();
    for (uint32_t buckets = 1; buckets <= buckets_max; buckets++) {
        static struct bucket_table made;

        if (!optimum_table(&optimum, buckets, table))
            continue;
        ORACLE(I24_EXACT,
               optimum_cost(&optimum, buckets) == optimum_cost_of(&optimum, table, buckets),
               "a table of %u buckets does not cost what it is said to", buckets);
        ORACLE(I01_PLACE, bucket_table_init(&made, table, buckets) == LA_OK,
               "a table of %u buckets is none", buckets);
        fuzz_digest = fuzz_digest * 31u + table[0];
    }
    check_subsets(&optimum, sizes, count);
    optimum_free(&optimum);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct trace_bytes input;
    static struct histogram histogram;
    struct tune_trace trace = { .block_slots = TRACE_BYTES_BLOCKS,
                                .heap_slots = TRACE_BYTES_HEAPS };
    struct trace_op op;

    fuzz_digest = 0;
    trace_bytes_open(&input, bytes, count);
    while (trace_bytes_next(&input, &op)) {
        fuzz_ops++;
        if (!tune_trace_append(&trace, &op))
            abort();
    }
    if (!histogram_fill(&histogram, &trace))
        abort();
    check_histogram(&histogram, &trace);
    for (uint32_t objective = TUNE_PEAK; objective <= TUNE_VA; objective++)
        check_tables(&histogram, (enum tune_objective)objective);
    tune_trace_free(&trace);
    return 0;
}
