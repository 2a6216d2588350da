/* SPDX-License-Identifier: 0BSD */
/* The optimiser against brute force: on small problems every subset of sizes is tried, with the
 * cost worked out afresh from the definition, in floating point and without any of the optimiser's
 * sums.
 */
#include "../optimum.h"

#include "../../tests/check.h"

#include <math.h>

#define SIZES_MAX  12u
#define TRACES_MAX 3u

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static struct histogram histograms[TRACES_MAX];
static const struct histogram *const histogram_list[TRACES_MAX] = { &histograms[0], &histograms[1],
                                                                    &histograms[2] };

/* A few live sizes up to `largest_bytes` in each of three traces, some traces larger than others.
 */
static void make_histograms(uint32_t largest_bytes)
{
    memset(histograms, 0, sizeof histograms);
    for (uint32_t t = 0; t < TRACES_MAX; t++) {
        struct histogram *h = &histograms[t];
        h->ticks = 1000;
        for (uint32_t i = 0; i < 6; i++) {
            uint32_t grain = 1 + random_below(largest_bytes / BUCKET_GRAIN_BYTES);
            uint32_t blocks = 1 + random_below(t == 2 ? 100000 : 3);
            h->count_time[grain] += (uint64_t)blocks * random_below(1000);
            h->count_peak[grain] += blocks;
            h->live_bytes_peak += (uint64_t)blocks * grain * BUCKET_GRAIN_BYTES;
        }
        for (uint32_t grain = 1; grain <= HISTOGRAM_GRAINS; grain++)
            h->small_bytes_time += h->count_time[grain] * grain * BUCKET_GRAIN_BYTES;
    }
}

static double block_cost(uint32_t bytes, enum tune_objective objective)
{
    uint32_t blocks = 65536 / bytes;
    double pages = ceil((double)blocks * bytes / 4096.0);
    return objective == TUNE_VA ? 65536.0 / blocks : pages * 4096.0 / blocks;
}

/* The definition, one trace and one bucket at a time, as shares of the trace's live bytes. */
static double cost_of(const uint16_t *table, uint32_t count, enum tune_objective objective,
                      double price_pages)
{
    double cost = 0;

    for (uint32_t t = 0; t < TRACES_MAX; t++) {
        const struct histogram *h = &histograms[t];
        double live = objective == TUNE_PEAK ? (double)h->live_bytes_peak
                                             : (double)h->small_bytes_time / (double)h->ticks;
        double priced_live = live < 1048576.0 ? 1048576.0 : floor(live);
        uint32_t grain = 1;
        for (uint32_t i = 0; i < count; i++) {
            double blocks = 0;
            for (; grain * 8u <= table[i]; grain++) {
                blocks += objective == TUNE_PEAK ? h->count_peak[grain]
                                                 : (double)h->count_time[grain] / (double)h->ticks;
            }
            if (live > 0)
                cost += blocks * block_cost(table[i], objective) / live;
            cost += (blocks < 1 ? blocks : 1) * price_pages * 4096.0 / priced_live;
        }
    }
    return cost;
}

static bool guarded(const uint16_t *table, uint32_t count, const uint16_t *sizes, double guard)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t lower = i ? table[i - 1] : 0;
        bool next = sizes[at] == table[i];
        while (sizes[at] != table[i])
            at++;
        at++;
        if (guard > 0 && !next && table[i] > lower + 16u && table[i] > lower * guard + 1e-9)
            return false;
    }
    return true;
}

/* The least cost over every subset of exactly `buckets` sizes with the largest; infinite: none. */
static double brute_force(const uint16_t *sizes, uint32_t size_count, uint32_t buckets,
                          enum tune_objective objective, double price_pages, double guard)
{
    double best = INFINITY;

    for (uint32_t set = 1u << (size_count - 1u); set < 1u << size_count; set++) {
        uint16_t table[SIZES_MAX];
        uint32_t count = 0;
        for (uint32_t i = 0; i < size_count; i++) {
            if (set >> i & 1u)
                table[count++] = sizes[i];
        }
        if (count == buckets && guarded(table, count, sizes, guard)) {
            double cost = cost_of(table, count, objective, price_pages);
            best = cost < best ? cost : best;
        }
    }
    return best;
}

/* Random ascending sizes; the spread makes some of them dominated. */
static uint32_t make_sizes(uint16_t *sizes, uint32_t step_max)
{
    uint32_t count = 4 + random_below(SIZES_MAX - 3u);
    uint32_t grain = 0;

    for (uint32_t i = 0; i < count; i++) {
        grain += 1 + random_below(step_max);
        sizes[i] = (uint16_t)(grain * 8u);
    }
    return count;
}

static void check_problem(enum tune_objective objective, uint32_t price_q8, uint32_t guard_permille,
                          uint32_t step_max)
{
    uint16_t sizes[SIZES_MAX];
    uint32_t count = make_sizes(sizes, step_max);
    struct optimum_input input = { histogram_list,   TRACES_MAX, objective, price_q8,
                                   sizes[count - 1], sizes,      count };
    struct optimum optimum;

    make_histograms(sizes[count - 1]);
    CHECK(optimum_init(&optimum, &input));
    CHECK(optimum_solve(&optimum, &(struct optimum_rules){ .guard_permille = guard_permille },
                        count));
    for (uint32_t k = 1; k <= count; k++) {
        uint16_t table[SIZES_MAX];
        double best =
            brute_force(sizes, count, k, objective, price_q8 / 256.0, guard_permille / 1000.0);
        bool found = optimum_table(&optimum, k, table);
        CHECK_EQ(found, best < INFINITY);
        if (!found)
            continue;
        CHECK(guarded(table, k, sizes, guard_permille / 1000.0));
        CHECK_EQ(table[k - 1], sizes[count - 1]);
        CHECK_EQ(optimum_cost_of(&optimum, table, k), optimum_cost(&optimum, k));
        double cost = cost_of(table, k, objective, price_q8 / 256.0);
        if (cost > best * (1 + 1e-6) + 1e-9)
            CHECK_FAIL("%u of %u sizes cost %.9f, brute force finds %.9f", k, count, cost, best);
    }
    optimum_free(&optimum);
}

static void best_table_is_found_for_every_bucket_count(void)
{
    for (uint32_t seed = 1; seed < 120; seed++) {
        random_state = seed;
        check_problem((enum tune_objective)(seed % 3), 0, OPTIMUM_NO_GUARD, 20);
    }
}

static void best_table_is_found_with_a_price_per_bucket(void)
{
    for (uint32_t seed = 1; seed < 120; seed++) {
        random_state = seed;
        check_problem((enum tune_objective)(seed % 3), 64u << seed % 5, OPTIMUM_NO_GUARD, 20);
    }
}

static void best_table_is_found_under_a_guard(void)
{
    for (uint32_t seed = 1; seed < 120; seed++) {
        random_state = seed;
        check_problem((enum tune_objective)(seed % 3), seed % 2 * 256u, 1100u + seed % 9 * 100u,
                      12);
    }
}

/* Large sizes, where most are dominated: the best over all of them needs none of those. */
static void dominated_sizes_are_not_missed(void)
{
    uint32_t dropped = 0;

    for (uint32_t seed = 1; seed < 80; seed++) {
        uint16_t sizes[SIZES_MAX];
        uint16_t kept[SIZES_MAX];
        uint32_t count, kept_count = 0;
        enum tune_objective objective = (enum tune_objective)(seed % 3);

        random_state = seed;
        count = make_sizes(sizes, 300);
        make_histograms(sizes[count - 1]);
        for (uint32_t i = 0; i < count; i++) {
            bool dominated = false;
            for (uint32_t j = i + 1; j < count; j++)
                dominated |= block_cost(sizes[j], objective) <= block_cost(sizes[i], objective);
            if (!dominated)
                kept[kept_count++] = sizes[i];
        }
        dropped += count - kept_count;
        for (uint32_t k = 1; k <= count; k++) {
            double all = INFINITY, some = INFINITY;
            for (uint32_t j = 1; j <= k; j++) {
                double a = brute_force(sizes, count, j, objective, 0, 0);
                double b =
                    j <= kept_count ? brute_force(kept, kept_count, j, objective, 0, 0) : INFINITY;
                all = a < all ? a : all;
                some = b < some ? b : some;
            }
            if (some > all * (1 + 1e-9))
                CHECK_FAIL("seed %u, %u buckets: %.9f with all sizes, %.9f without the dominated",
                           seed, k, all, some);
        }
    }
    CHECK(dropped > 20); /* or the test tested nothing */
}

static void candidates_are_exactly_the_sizes_no_larger_one_matches(void)
{
    static uint16_t sizes[OPTIMUM_CANDIDATES_MAX];

    for (int objective = TUNE_PEAK; objective <= TUNE_VA; objective++) {
        uint32_t count = optimum_candidates((enum tune_objective)objective, 32768, sizes);
        uint32_t at = 0;
        for (uint32_t bytes = 8; bytes <= 32768; bytes += 8) {
            bool dominated = false;
            for (uint32_t other = bytes + 8; other <= 32768; other += 8) {
                dominated |= optimum_block_cost_q8(other, (enum tune_objective)objective) <=
                             optimum_block_cost_q8(bytes, (enum tune_objective)objective);
            }
            if (!dominated) {
                CHECK(at < count);
                CHECK_EQ(sizes[at], bytes);
                at++;
            }
        }
        CHECK_EQ(at, count);
    }
}

static void block_cost_counts_the_tail_of_a_segment(void)
{
    CHECK_EQ(optimum_block_cost_q8(32768, TUNE_MEAN), 32768 * 256);
    /* Two blocks of 24 KiB touch 12 of 16 pages: no tail is committed, but 16 KiB of addresses are
     * lost.
     */
    CHECK_EQ(optimum_block_cost_q8(24576, TUNE_MEAN), 24576 * 256);
    CHECK_EQ(optimum_block_cost_q8(24576, TUNE_VA), 32768 * 256);
    /* 15 blocks of 4,104 bytes: 61,560 bytes on 16 pages. */
    CHECK_EQ(optimum_block_cost_q8(4104, TUNE_PEAK), 65536 * 256 / 15);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(best_table_is_found_for_every_bucket_count),
        CASE(best_table_is_found_with_a_price_per_bucket),
        CASE(best_table_is_found_under_a_guard),
        CASE(dominated_sizes_are_not_missed),
        CASE(candidates_are_exactly_the_sizes_no_larger_one_matches),
        CASE(block_cost_counts_the_tail_of_a_segment),
    };
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
