/* SPDX-License-Identifier: 0BSD */
/* The best bucket table of K sizes for given histograms: an exact dynamic programme.
 *
 *   cost of a table = sum over traces of
 *       weight of a size x bytes its block really takes, tail of the segment included
 *     + price of one used bucket x buckets the trace uses
 *
 * A trace's weights are scaled to its own live bytes, so every trace weighs the same. All
 * arithmetic is in integers: the same input gives the same table on every machine.
 */
#ifndef LOOKASIDE_TUNE_OPTIMUM_H
#define LOOKASIDE_TUNE_OPTIMUM_H

#include "histogram.h"

enum tune_objective {
    TUNE_PEAK, /* pages at the moment when most bytes are live */
    TUNE_MEAN, /* pages, averaged over heap ops */
    TUNE_VA,   /* addresses: segments, averaged over heap ops */
};

#define OPTIMUM_CANDIDATES_MAX HISTOGRAM_GRAINS
#define OPTIMUM_NO_GUARD       0u

/* Below this distance no guard forbids a gap: a request is rounded up by at most two grains. */
#define OPTIMUM_GAP_BYTES 16u

/* What a table must keep to. Anchors are sizes it must have: with all classes of another set as
 * anchors a table rounds no request up further than that set, on any trace, seen or not.
 */
struct optimum_rules {
    uint32_t guard_permille; /* no bucket is more than this / 1,000 times the one before */
    const uint16_t *anchors; /* ascending; those that are not candidates are ignored */
    uint32_t anchor_count;
};

/* What to optimise for. */
struct optimum_input {
    const struct histogram *const *histograms;
    uint32_t histogram_count;
    enum tune_objective objective;
    uint32_t stranded_pages_q8; /* price of one used bucket, in 1/256 pages */
    uint32_t largest_bytes; /* the largest bucket; larger requests cost the same in every table */
    const uint16_t *sizes;  /* the sizes to choose from, ascending; NULL: optimum_candidates() */
    uint32_t size_count;
};

/* A problem made ready, and after optimum_solve() its solutions for every K. */
struct optimum {
    uint32_t candidates;
    uint16_t *bytes; /* ascending; candidate c is bytes[c - 1], candidate 0 is "no bucket" */
    uint64_t
        *interval; /* [lower * (candidates + 1) + upper]: cost of one bucket for (lower, upper] */
    uint32_t buckets_max;
    uint64_t *cost; /* [k * (candidates + 1) + c]: best k buckets whose largest is c */
    uint16_t *from; /* the same index: the bucket before c */
};

/* What a live block of `block_bytes` bytes takes, in 1/256 bytes: its share of a full segment's
 * committed pages, or of the whole segment for TUNE_VA. block_bytes is 8 to BUCKET_BYTES_MAX.
 */
uint64_t optimum_block_cost_q8(uint32_t block_bytes, enum tune_objective objective);

/* The sizes worth choosing from up to `largest_bytes`, ascending: those that no larger one matches
 * at the same or a lower block cost. Answers how many; ret_bytes has OPTIMUM_CANDIDATES_MAX
 * entries.
 */
uint32_t optimum_candidates(enum tune_objective objective, uint32_t largest_bytes,
                            uint16_t *ret_bytes);

/* Weigh every possible bucket. False when memory is out. O(candidates^2 x histograms). */
bool optimum_init(struct optimum *optimum, const struct optimum_input *input);

/* Best tables of 1 to `buckets_max` buckets under the rules. The guard does not forbid a bucket
 * that is within OPTIMUM_GAP_BYTES of the one before or that is the next candidate. False when
 * memory is out. O(buckets_max x candidates^2).
 */
bool optimum_solve(struct optimum *optimum, const struct optimum_rules *rules,
                   uint32_t buckets_max);

/* The best table of exactly `buckets` buckets; false if the rules (or too few sizes) allow none. */
bool optimum_table(const struct optimum *optimum, uint32_t buckets, uint16_t *ret_bytes);

/* Its cost, UINT64_MAX if there is none. Only costs of one problem compare. */
uint64_t optimum_cost(const struct optimum *optimum, uint32_t buckets);

/* What any table of candidates costs in this problem. */
uint64_t optimum_cost_of(const struct optimum *optimum, const uint16_t *bytes, uint32_t count);

void optimum_free(struct optimum *optimum);

#endif
