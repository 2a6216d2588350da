/* SPDX-License-Identifier: 0BSD */
/* The dynamic programme over bucket edges. The one fact to know: a bucket's cost depends only on
 * its own size and the next smaller one, so the best k buckets up to c are the best k - 1 buckets
 * up to some smaller size, plus one.
 */
#include "optimum.h"

#include <stdlib.h>
#include <string.h>

/* All of a trace's live bytes as a weight. 2^30 blocks' worth x 2^23 (the largest block in 1/256
 * bytes) x 1,000 traces is below 2^64.
 */
#define WEIGHT_ONE (UINT64_C(1) << 30)

/* Mean live blocks are kept in 1/65,536: a bucket with half a live block strands half a page. */
#define COUNT_ONE (UINT64_C(1) << 16)

/* Below 1 MiB a page per bucket is no longer a matter of the table but of having buckets at all;
 * such a trace's price is that of a heap of 1 MiB, or it would outvote all others.
 */
#define PRICE_LIVE_BYTES_MIN UINT64_C(1048576)

uint64_t optimum_block_cost_q8(uint32_t block_bytes, enum tune_objective objective)
{
    uint32_t blocks = LA_SEGMENT_BYTES / block_bytes;
    uint64_t bytes = objective == TUNE_VA
                         ? LA_SEGMENT_BYTES
                         : (uint64_t)la_pages_up(blocks * block_bytes) * LA_PAGE_BYTES;

    return bytes * 256u / blocks;
}

/* Which sizes can be left out: b, if some b' > b has cost(b') <= cost(b); take for b' one that is
 * not left out itself. A best table of "at most K" buckets without such sizes exists: take any
 * table, its largest bucket b that could be left out (not the last one: nothing is larger), and the
 * next bucket u.
 *   u <= b': no bucket from u up can be left out, so cost(u) <= cost(b') <= cost(b). Drop b; what
 *            it served goes to u at no higher cost.
 *   u > b':  if cost(u) <= cost(b), drop b as well. Otherwise put b' in b's place: what b served
 *            costs no more, and what lies in (b, b'] moves from u to b', which is cheaper.
 * Each step has one such bucket less and no more cost. (With a price per used bucket or a guard the
 * last step may cost a trace that uses both sides of b' one bucket's price, or break the guard;
 * there the programme is exact over tables of the sizes kept.)
 */
uint32_t optimum_candidates(enum tune_objective objective, uint32_t largest_bytes,
                            uint16_t *ret_bytes)
{
    uint64_t lowest = UINT64_MAX;
    uint32_t count = 0;

    for (uint32_t bytes = largest_bytes; bytes >= BUCKET_GRAIN_BYTES; bytes -= BUCKET_GRAIN_BYTES) {
        uint64_t cost = optimum_block_cost_q8(bytes, objective);
        if (cost < lowest) {
            lowest = cost;
            ret_bytes[count++] = (uint16_t)bytes;
        }
    }
    for (uint32_t i = 0; i < count / 2u; i++) {
        uint16_t swap = ret_bytes[i];
        ret_bytes[i] = ret_bytes[count - 1u - i];
        ret_bytes[count - 1u - i] = swap;
    }
    return count;
}

/* One trace, summed up to each candidate. */
struct trace_sums {
    uint64_t weight[OPTIMUM_CANDIDATES_MAX + 1u]; /* of blocks, WEIGHT_ONE = its live bytes */
    uint64_t count[OPTIMUM_CANDIDATES_MAX + 1u];  /* live blocks, COUNT_ONE each */
};

static uint64_t scaled(uint64_t part, uint64_t one, uint64_t whole)
{
    return (uint64_t)((double)part * (double)one / (double)whole + 0.5);
}

static void sum_trace(const struct optimum *optimum, const struct histogram *histogram,
                      enum tune_objective objective, struct trace_sums *ret_sums)
{
    uint64_t live_time = histogram->small_bytes_time + histogram->large_bytes_time;
    uint32_t grain = 1;

    ret_sums->weight[0] = 0;
    ret_sums->count[0] = 0;
    for (uint32_t c = 1; c <= optimum->candidates; c++) {
        uint64_t weight = 0;
        uint64_t count = 0;
        for (; grain * BUCKET_GRAIN_BYTES <= optimum->bytes[c - 1u]; grain++) {
            if (objective == TUNE_PEAK) {
                weight += histogram->count_peak[grain];
                count += histogram->count_peak[grain] * COUNT_ONE;
            } else {
                weight += histogram->count_time[grain];
            }
        }
        if (objective != TUNE_PEAK)
            count = histogram->ticks ? scaled(weight, COUNT_ONE, histogram->ticks) : 0;
        if (objective == TUNE_PEAK)
            weight = histogram->live_bytes_peak
                         ? scaled(weight, WEIGHT_ONE, histogram->live_bytes_peak)
                         : 0;
        else
            weight = live_time ? scaled(weight, WEIGHT_ONE, live_time) : 0;
        ret_sums->weight[c] = ret_sums->weight[c - 1u] + weight;
        if (ret_sums->weight[c] > WEIGHT_ONE)
            ret_sums->weight[c] = WEIGHT_ONE; /* blocks of 0 bytes only */
        ret_sums->count[c] = ret_sums->count[c - 1u] + count;
    }
}

/* The price of one bucket that a trace uses all the time, in the unit of interval costs. */
static uint64_t bucket_price(const struct histogram *histogram, const struct optimum_input *input)
{
    uint64_t live_time = histogram->small_bytes_time + histogram->large_bytes_time;
    uint64_t live = input->objective == TUNE_PEAK ? histogram->live_bytes_peak
                    : histogram->ticks            ? live_time / histogram->ticks
                                                  : 0;

    if (live < PRICE_LIVE_BYTES_MIN)
        live = PRICE_LIVE_BYTES_MIN;
    /* pages / 256 x 4,096 bytes / live x WEIGHT_ONE x 256 */
    return scaled((uint64_t)input->stranded_pages_q8 * LA_PAGE_BYTES, WEIGHT_ONE, live);
}

static void add_trace(struct optimum *optimum, const struct optimum_input *input,
                      const struct histogram *histogram, const struct trace_sums *sums)
{
    uint32_t stride = optimum->candidates + 1u;
    uint64_t price = bucket_price(histogram, input);

    for (uint32_t lower = 0; lower < optimum->candidates; lower++) {
        for (uint32_t upper = lower + 1u; upper <= optimum->candidates; upper++) {
            uint64_t weight = sums->weight[upper] - sums->weight[lower];
            uint64_t count = sums->count[upper] - sums->count[lower];
            uint64_t block = optimum_block_cost_q8(optimum->bytes[upper - 1u], input->objective);
            uint64_t *cost = &optimum->interval[(size_t)lower * stride + upper];

            *cost += weight * block;
            *cost += count < COUNT_ONE ? scaled(price, count, COUNT_ONE) : price;
        }
    }
}

bool optimum_init(struct optimum *optimum, const struct optimum_input *input)
{
    struct trace_sums *sums = malloc(sizeof *sums);
    size_t stride;

    *optimum = (struct optimum){ 0 };
    optimum->bytes = malloc(OPTIMUM_CANDIDATES_MAX * sizeof *optimum->bytes);
    if (!sums || !optimum->bytes)
        goto no_memory;
    if (input->sizes) {
        memcpy(optimum->bytes, input->sizes, input->size_count * sizeof *optimum->bytes);
        optimum->candidates = input->size_count;
    } else {
        optimum->candidates =
            optimum_candidates(input->objective, input->largest_bytes, optimum->bytes);
    }
    stride = optimum->candidates + 1u;
    optimum->interval = calloc(stride * stride, sizeof *optimum->interval);
    if (!optimum->interval)
        goto no_memory;
    for (uint32_t i = 0; i < input->histogram_count; i++) {
        sum_trace(optimum, input->histograms[i], input->objective, sums);
        add_trace(optimum, input, input->histograms[i], sums);
    }
    free(sums);
    return true;

no_memory:
    free(sums);
    optimum_free(optimum);
    return false;
}

/* May a table go from candidate `lower` straight to candidate `upper`? `anchor` is the last anchor
 * below `upper`, as a candidate.
 */
static bool allows(const struct optimum *optimum, uint32_t guard_permille, uint32_t lower,
                   uint32_t upper, uint32_t anchor)
{
    uint32_t lower_bytes = lower ? optimum->bytes[lower - 1u] : 0;
    uint32_t upper_bytes = optimum->bytes[upper - 1u];

    if (lower < anchor)
        return false;
    if (guard_permille == OPTIMUM_NO_GUARD || lower + 1u == upper ||
        upper_bytes - lower_bytes <= OPTIMUM_GAP_BYTES)
        return true;
    return (uint64_t)upper_bytes * 1000u <= (uint64_t)lower_bytes * guard_permille;
}

/* The best way to end k buckets at candidate `upper`. */
static void end_at(struct optimum *optimum, uint32_t guard_permille, uint32_t k, uint32_t upper,
                   uint32_t anchor)
{
    size_t stride = optimum->candidates + 1u;
    uint64_t best = UINT64_MAX;
    uint32_t best_lower = 0;

    for (uint32_t lower = k - 1u; lower < upper; lower++) {
        uint64_t before = optimum->cost[(k - 1u) * stride + lower];
        if (before == UINT64_MAX || !allows(optimum, guard_permille, lower, upper, anchor))
            continue;
        before += optimum->interval[lower * stride + upper];
        if (before < best) {
            best = before;
            best_lower = lower;
        }
    }
    optimum->cost[k * stride + upper] = best;
    optimum->from[k * stride + upper] = (uint16_t)best_lower;
}

bool optimum_solve(struct optimum *optimum, const struct optimum_rules *rules, uint32_t buckets_max)
{
    size_t stride = optimum->candidates + 1u;
    uint32_t anchor = 0; /* candidate of the last anchor below `upper` */
    uint32_t anchor_at = 0;

    free(optimum->cost);
    free(optimum->from);
    if (buckets_max > optimum->candidates)
        buckets_max = optimum->candidates;
    optimum->buckets_max = buckets_max;
    optimum->cost = malloc((buckets_max + 1u) * stride * sizeof *optimum->cost);
    optimum->from = calloc((buckets_max + 1u) * stride, sizeof *optimum->from);
    if (!optimum->cost || !optimum->from)
        return false;
    for (size_t i = 0; i < (buckets_max + 1u) * stride; i++)
        optimum->cost[i] = UINT64_MAX;
    optimum->cost[0] = 0;
    for (uint32_t upper = 1; upper <= optimum->candidates; upper++) {
        for (uint32_t k = 1; k <= buckets_max && k <= upper; k++)
            end_at(optimum, rules->guard_permille, k, upper, anchor);
        while (anchor_at < rules->anchor_count &&
               rules->anchors[anchor_at] < optimum->bytes[upper - 1u])
            anchor_at++;
        if (anchor_at < rules->anchor_count &&
            rules->anchors[anchor_at] == optimum->bytes[upper - 1u])
            anchor = upper;
    }
    return true;
}

uint64_t optimum_cost(const struct optimum *optimum, uint32_t buckets)
{
    size_t stride = optimum->candidates + 1u;

    if (buckets == 0 || buckets > optimum->buckets_max)
        return UINT64_MAX;
    return optimum->cost[buckets * stride + optimum->candidates];
}

bool optimum_table(const struct optimum *optimum, uint32_t buckets, uint16_t *ret_bytes)
{
    size_t stride = optimum->candidates + 1u;
    uint32_t upper = optimum->candidates;

    if (optimum_cost(optimum, buckets) == UINT64_MAX)
        return false;
    for (uint32_t k = buckets; k > 0; k--) {
        ret_bytes[k - 1u] = optimum->bytes[upper - 1u];
        upper = optimum->from[k * stride + upper];
    }
    return true;
}

uint64_t optimum_cost_of(const struct optimum *optimum, const uint16_t *bytes, uint32_t count)
{
    size_t stride = optimum->candidates + 1u;
    uint64_t cost = 0;
    uint32_t lower = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t upper = lower + 1u;
        while (upper <= optimum->candidates && optimum->bytes[upper - 1u] != bytes[i])
            upper++;
        if (upper > optimum->candidates)
            return UINT64_MAX;
        cost += optimum->interval[lower * stride + upper];
        lower = upper;
    }
    return lower == optimum->candidates ? cost : UINT64_MAX;
}

void optimum_free(struct optimum *optimum)
{
    free(optimum->bytes);
    free(optimum->interval);
    free(optimum->cost);
    free(optimum->from);
    *optimum = (struct optimum){ 0 };
}
