/* SPDX-License-Identifier: 0BSD */
/* The arithmetic under the statistics, against slow and obvious versions of it. What the statistics
 * as a whole say is tested from outside, by traces/verbs/test/info_test.py.
 */
#include "check.h"

#include "figures.h"
#include "numbers.h"
#include "sizes.h"
#include "slots.h"
#include "spread.h"
#include "top.h"
#include "trace_stats.h"

/* Any fixed sequence will do. Source: Marsaglia 2003, Xorshift RNGs. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void sums_stop_at_their_maximum(void)
{
    CHECK_EQ(stats_sum(STATS_SUM_MAX - 1u, 1), STATS_SUM_MAX);
    CHECK_EQ(stats_sum(STATS_SUM_MAX, 1), STATS_SUM_MAX);
    CHECK_EQ(stats_sum(UINT64_MAX, UINT64_MAX), STATS_SUM_MAX);
    CHECK_EQ(stats_product(UINT64_C(1) << 31, UINT64_C(1) << 29), STATS_SUM_MAX);
    CHECK_EQ(stats_product(UINT64_C(1) << 40, UINT64_C(1) << 40), STATS_SUM_MAX);
    CHECK_EQ(stats_product(3, 5), 15);
}

static void shares_are_exact(void)
{
    static const struct {
        uint64_t part;
        uint64_t whole;
        uint64_t ppm;
    } cases[] = {
        { 0, 0, 0 },
        { 5, 0, 0 },
        { 1, 3, 333333 },
        { 2, 3, 666666 },
        { 3, 3, 1000000 },
        { 128, 100, 1280000 },
        { STATS_SUM_MAX, STATS_SUM_MAX, 1000000 },
        { STATS_SUM_MAX - 1u, STATS_SUM_MAX, 999999 },
        { STATS_SUM_MAX / 7u, STATS_SUM_MAX, 142857 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(stats_ppm(cases[i].part, cases[i].whole), cases[i].ppm);
}

static void logarithms_round_up(void)
{
    static const uint64_t values[][2] = { { 0, 0 }, { 1, 0 }, { 2, 1 },  { 3, 2 },
                                          { 4, 2 }, { 5, 3 }, { 64, 6 }, { 65, 7 } };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CHECK_EQ(stats_log2_up(values[i][0]), values[i][1]);
    CHECK_EQ(stats_log2_up(STATS_SUM_MAX), 60);
}

static void a_level_remembers_its_first_peak(void)
{
    struct trace_level level = { 0 };

    stats_raise(&level, 10, 3);
    stats_tick(&level);
    stats_lower(&level, 4);
    stats_tick(&level);
    stats_raise(&level, 4, 5); /* as high again, not higher */
    stats_tick(&level);
    CHECK_EQ(level.peak, 10);
    CHECK_EQ(level.peak_op, 3);
    CHECK_EQ(level.area, 26);
    stats_lower(&level, 11);
    CHECK_EQ(level.now, 0);
}

/* -- Spreads ----------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Eight binary digits, rounded up, by counting steps up from below. */
static uint64_t rounded(uint64_t value)
{
    uint64_t step = 1;

    while (value >= 256u * step)
        step *= 2u;
    return value % step ? value - value % step + step : value;
}

static void quantiles_of(uint64_t *values, size_t count)
{
    static struct spread spread;
    static const uint32_t permilles[] = { 0, 1, 250, 500, 501, 999, 1000 };

    memset(&spread, 0, sizeof spread);
    for (size_t i = 0; i < count; i++)
        spread_add(&spread, values[i]);
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof permilles / sizeof permilles[0]; i++) {
        size_t wanted = (count * permilles[i] + 999u) / 1000u;
        uint64_t exact = values[wanted ? wanted - 1u : 0];
        uint64_t most = values[count - 1u];
        CHECK_EQ(spread_at(&spread, permilles[i]), rounded(exact) < most ? rounded(exact) : most);
    }
    CHECK_EQ(spread.max, values[count - 1u]);
}

static void quantiles_are_within_a_percent(void)
{
    static uint64_t values[5000];
    uint64_t state = 1;

    for (uint32_t bits = 1; bits <= 60; bits++) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
            values[i] = random_next(&state) >> (64u - bits);
        quantiles_of(values, 1u + random_next(&state) % 5000u);
    }
    for (uint64_t i = 0; i <= 300; i++)
        quantiles_of(&(uint64_t){ i }, 1);
}

static void an_empty_spread_is_zero(void)
{
    static const struct spread spread;

    CHECK_EQ(spread_at(&spread, 0), 0);
    CHECK_EQ(spread_at(&spread, 1000), 0);
}

/* -- Numbers and slots ------------------------------------------------------------------------- */

static void numbers_keep_their_index(void)
{
    static uint32_t known[3000];
    struct numbers numbers = { .item_bytes = sizeof(uint32_t) };
    uint64_t state = 7;
    uint32_t count = 0;

    for (int round = 0; round < 20000; round++) {
        uint32_t number = (uint32_t)(random_next(&state) % 3000u) * 0x10001u;
        uint32_t wanted = 0;
        uint32_t index;
        while (wanted < count && known[wanted] != number)
            wanted++;
        if (wanted == count)
            known[count++] = number;
        CHECK(numbers_index(&numbers, number, &index));
        CHECK_EQ(index, wanted);
        CHECK_EQ(numbers.number[index], number);
        ++*(uint32_t *)numbers_item(&numbers, index);
    }
    CHECK_EQ(numbers.count, count);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += *(uint32_t *)numbers_item(&numbers, i);
    CHECK_EQ(sum, 20000);
    numbers_free(&numbers);
}

static void slots_come_when_taken(void)
{
    static struct slots slots = { .item_bytes = 8 };
    const uint32_t last = TRACE_SLOTS_MAX - 1u;

    CHECK(!slots_find(&slots, 0) && !slots_find(&slots, last));
    CHECK_EQ(slots_next(&slots, 0), TRACE_SLOTS_MAX);
    *(uint64_t *)slots_take(&slots, last) = 5;
    CHECK(!slots_find(&slots, 0));
    CHECK_EQ(slots_next(&slots, 0), TRACE_SLOTS_MAX - SLOTS_CHUNK);
    CHECK_EQ(*(uint64_t *)slots_find(&slots, last), 5);
    CHECK_EQ(*(uint64_t *)slots_find(&slots, last - 1u), 0);
    CHECK_EQ(slots_next(&slots, last + 1u), TRACE_SLOTS_MAX);
    slots_free(&slots);
    CHECK(!slots_find(&slots, last));
}

/* -- Order and classes ------------------------------------------------------------------------- */

static bool larger(const void *context, uint32_t a, uint32_t b)
{
    const uint32_t *values = context;

    return values[a] > values[b];
}

static void the_first_few_are_first(void)
{
    static const uint32_t values[] = { 3, 9, 9, 1, 7 };
    static const uint32_t wanted[] = { 1, 2, 4, 0, 3 };
    uint32_t index[8];

    for (uint32_t count = 0; count <= 8; count++) {
        uint32_t found = stats_top(larger, values, 5, index, count);
        CHECK_EQ(found, count < 5 ? count : 5);
        for (uint32_t i = 0; i < found; i++)
            CHECK_EQ(index[i], wanted[i]);
    }
}

static void a_class_ends_at_the_next_edge(void)
{
    static const uint64_t cases[][3] = {
        /* bytes, steps, edge */
        { 0, 1, 0 },
        { 1, 1, 1 },
        { 2, 1, 2 },
        { 3, 1, 4 },
        { 33, 1, 64 },
        { 64, 1, 64 },
        { 65, 1, 128 },
        { 33, 4, 40 },
        { 40, 4, 40 },
        { 41, 4, 48 },
        { 5, 16, 5 },
        { 17, 16, 17 },
        { 33, 16, 34 },
        { 65537, 2, 98304 },
        { 4294967295, 1, 4294967296 },
        { 4294967295, 16, 4294967296 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(stats_size_class((uint32_t)cases[i][0], (uint32_t)cases[i][1]), cases[i][2]);
}

/* -- The whole, near its ends ------------------------------------------------------------------ */

static void sums_of_a_hostile_trace_do_not_wrap(void)
{
    struct trace_stats stats;
    struct trace_op op = { .kind = TRACE_RESERVE, .pages = UINT32_MAX };

    CHECK(trace_stats_init(&stats));
    for (op.slot = 0; op.slot < 70000; op.slot++) {
        CHECK(trace_stats_add(&stats, &(struct trace_op){ .kind = TRACE_LABEL, .label = 1 }));
        CHECK(trace_stats_add(&stats, &op)); /* 2^44 bytes each: past 2^60 after 2^16 */
    }
    CHECK_EQ(stats_label(stats.labels, 0)->live.peak, STATS_SUM_MAX);
    op = (struct trace_op){ .kind = TRACE_RELEASE };
    for (op.slot = 0; op.slot < 70000; op.slot++)
        CHECK(trace_stats_add(&stats, &op));
    CHECK(trace_stats_finish(&stats));
    CHECK_EQ(stats_label(stats.labels, 0)->live.now, 0);
    CHECK_EQ(stats.region_pages.now, 0);
    trace_stats_free(&stats);
}

static void an_empty_trace_finishes(void)
{
    struct trace_stats stats;
    uint32_t index;

    CHECK(trace_stats_init(&stats));
    CHECK(trace_stats_finish(&stats));
    CHECK_EQ(stats_sizes_at(stats.sizes, 500), 0);
    CHECK_EQ(stats_sizes_live_at(stats.sizes, 500), 0);
    CHECK_EQ(stats_sizes_top(stats.sizes, &index, 1), 0);
    CHECK_EQ(stats_actors_top(stats.threads, &index, 1), 0);
    CHECK_EQ(stats_labels_top(stats.labels, LABELS_BY_PEAK, &index, 1), 0);
    trace_stats_free(&stats);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(sums_stop_at_their_maximum),
        CASE(shares_are_exact),
        CASE(logarithms_round_up),
        CASE(a_level_remembers_its_first_peak),
        CASE(quantiles_are_within_a_percent),
        CASE(an_empty_spread_is_zero),
        CASE(numbers_keep_their_index),
        CASE(slots_come_when_taken),
        CASE(the_first_few_are_first),
        CASE(a_class_ends_at_the_next_edge),
        CASE(sums_of_a_hostile_trace_do_not_wrap),
        CASE(an_empty_trace_finishes),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
