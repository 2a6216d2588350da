/* SPDX-License-Identifier: 0BSD */
/* Frames under the strategy that was picked: unique, inside memory, by zones, all of them, and
 * back.
 */
#include "groups.h"

#include <kernel/memory.h>
#include <kernel/text.h>

#include "places.h"

static bool is_free_memory(uint32_t frame)
{
    const struct boot_info *boot = selftest_boot();

    for (uint32_t i = 0; i < boot->free_count; i++)
        if (frame - boot->free[i].first < boot->free[i].count)
            return true;
    return false;
}

/* Which frames a test holds: a bit each, so that a million of them need no memory and one that is
 * given out twice is seen.
 */
static uint32_t held[FRAMES_MAX / 32u];

/* Take all there are; answers how many, or stops at one that is held already, with UINT32_MAX. */
static uint32_t take_all(enum frames_zone zone)
{
    for (uint32_t count = 0;; count++) {
        uint32_t frame = memory_take(zone);

        if (frame == PORT_NO_FRAME)
            return count;
        if ((held[frame / 32u] >> (frame % 32u) & 1u) != 0)
            return UINT32_MAX;
        held[frame / 32u] |= UINT32_C(1) << (frame % 32u);
    }
}

/* Give all held frames of [0, end) back; answers how many. */
static uint32_t give_all(uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t word = 0; word < end / 32u; word++) {
        for (; held[word] != 0; count++) {
            uint32_t bit = (uint32_t)__builtin_ctz(held[word]);

            held[word] &= held[word] - 1u;
            memory_give(32u * word + bit);
        }
    }
    return count;
}

static void frames_are_unique_and_in_free_memory(void)
{
    uint32_t frame[64];

    for (uint32_t i = 0; i < 64u; i++) {
        frame[i] = memory_take(FRAMES_HIGH);
        CHECK(frame[i] != PORT_NO_FRAME && frame[i] != 0);
        CHECK(is_free_memory(frame[i]));
        for (uint32_t j = 0; j < i; j++)
            CHECK(frame[j] != frame[i]);
    }
    for (uint32_t i = 0; i < 64u; i++)
        memory_give(frame[i]);
}

static void all_memory_can_be_taken_and_given_back(void)
{
    uint32_t before = memory_free_frames();
    uint32_t count = take_all(FRAMES_HIGH);
    uint32_t left = memory_free_frames();

    CHECK_EQUAL(memory_take(FRAMES_HIGH), PORT_NO_FRAME);
    CHECK_EQUAL(memory_take_zeroed(FRAMES_HIGH), PORT_NO_FRAME);
    CHECK_EQUAL(give_all(FRAMES_MAX), count);
    CHECK_EQUAL(left, 0);
    CHECK_EQUAL(count, before);
    CHECK_EQUAL(memory_free_frames(), before);
    CHECK(memory_check() == NULL);
}

static uint32_t zone_end(enum frames_zone zone)
{
    if (zone == FRAMES_HIGH)
        return FRAMES_MAX;
    return zone == FRAMES_LOW ? FRAMES_HIGH_FIRST : FRAMES_LOW_FIRST;
}

static void zones_serve_their_frames_and_lower_ones(void)
{
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        struct frames_counts counts;
        uint32_t frame = memory_take((enum frames_zone)zone);

        CHECK(frame != PORT_NO_FRAME);
        CHECK(frame < zone_end((enum frames_zone)zone));
        memory_give(frame);
        memory_counts(&counts);
        /* A zone that has memory of its own spares the lower ones. */
        if (zone > 0 && counts.free_of_zone[zone] > 0)
            CHECK(frame >= zone_end((enum frames_zone)(zone - 1u)));
    }
}

/* With HIGH and LOW gone, DMA memory still serves; with DMA gone, DMA requests fail first. */
static void zones_run_dry_in_order(void)
{
    struct frames_counts before;

    memory_counts(&before);
    uint32_t dma_count = take_all(FRAMES_DMA);
    uint32_t dma_fails = memory_take(FRAMES_DMA);
    uint32_t rest_count = take_all(FRAMES_HIGH);
    uint32_t back = give_all(FRAMES_LOW_FIRST);
    uint32_t spare = memory_take(FRAMES_HIGH); /* only DMA memory is left */
    if (spare != PORT_NO_FRAME)
        memory_give(spare);
    back += give_all(FRAMES_MAX);

    CHECK_EQUAL(dma_fails, PORT_NO_FRAME);
    CHECK_EQUAL(dma_count, before.free_of_zone[FRAMES_DMA]);
    CHECK_EQUAL(rest_count, before.free_of_zone[FRAMES_LOW] + before.free_of_zone[FRAMES_HIGH]);
    CHECK_EQUAL(back, dma_count + rest_count);
    CHECK(spare < FRAMES_LOW_FIRST);
}

static void double_and_foreign_frees_are_refused(void)
{
    uint32_t frame = memory_take(FRAMES_HIGH);
    uint32_t before;

    CHECK(frame != PORT_NO_FRAME);
    memory_give(frame);
    before = memory_free_frames();
    CHECK(!memory_try_give(frame));
    CHECK(!memory_try_give(0));
    CHECK(!memory_try_give(FRAMES_MAX - 1u));
    CHECK_EQUAL(memory_free_frames(), before);
    CHECK(memory_check() == NULL);
}

static void rows_are_aligned_and_in_reach_of_devices(void)
{
    for (uint32_t order = 0; order <= 5u; order++) {
        uint32_t before = memory_free_frames();
        uint32_t first = memory_take_row(order, FRAMES_DMA);

        CHECK(first != PORT_NO_FRAME);
        CHECK_EQUAL(first & ((1u << order) - 1u), 0);
        CHECK(first + (1u << order) <= FRAMES_LOW_FIRST);
        for (uint32_t i = 0; i < 1u << order; i++)
            CHECK(is_free_memory(first + i));
        CHECK_EQUAL(memory_free_frames(), before - (1u << order));
        memory_give_row(first, order);
        CHECK_EQUAL(memory_free_frames(), before);
    }
    CHECK_EQUAL(memory_take_row(19, FRAMES_DMA), PORT_NO_FRAME);
}

static void high_memory_is_used_through_windows(void)
{
    struct frames_counts counts;

    memory_counts(&counts);
    if (counts.free_of_zone[FRAMES_HIGH] == 0) {
        selftest_skip("no memory above 768 MiB");
        return;
    }
    uint32_t frame = memory_take_zeroed(FRAMES_HIGH);
    CHECK(frame >= FRAMES_HIGH_FIRST && frame != PORT_NO_FRAME);
    uint32_t *window = port_window_open(frame);
    CHECK((va32_t)(uintptr_t)window >= port_geometry->ranges_end);
    CHECK(window[0] == 0 && window[1023] == 0);
    window[1023] = 99;
    port_window_close(window);
    CHECK(!port_probe_read((va32_t)(uintptr_t)window, NULL, NULL)); /* closed is closed */
    CHECK_EQUAL(place_read(frame, 1023), 99);
    memory_give(frame);
}

/* What differential means here: whatever strategy runs, a random mix of takes, rows and gives
 * leaves the same figures as a plain count.
 */
static void random_mix_counts_like_a_plain_counter(void)
{
    uint32_t mine[96];
    uint32_t count = 0;
    uint32_t seed = 1;
    uint32_t before = memory_free_frames();

    for (uint32_t step = 0; step < 5000u; step++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t choice = seed >> 24;

        if (count < 96u && (count == 0 || choice < 140u)) {
            mine[count] = memory_take((enum frames_zone)(choice % FRAMES_ZONES));
            CHECK(mine[count] != PORT_NO_FRAME);
            place_write(mine[count], 0, mine[count]);
            count++;
        } else {
            uint32_t i = choice % count;

            CHECK_EQUAL(place_read(mine[i], 0), mine[i]);
            memory_give(mine[i]);
            mine[i] = mine[--count];
        }
        CHECK_EQUAL(memory_free_frames(), before - count);
    }
    while (count > 0)
        memory_give(mine[--count]);
    CHECK(memory_check() == NULL);
}

const struct selftest memory_tests[] = {
    { "frames_are_unique_and_in_free_memory", frames_are_unique_and_in_free_memory },
    { "all_memory_can_be_taken_and_given_back", all_memory_can_be_taken_and_given_back },
    { "zones_serve_their_frames_and_lower_ones", zones_serve_their_frames_and_lower_ones },
    { "zones_run_dry_in_order", zones_run_dry_in_order },
    { "double_and_foreign_frees_are_refused", double_and_foreign_frees_are_refused },
    { "rows_are_aligned_and_in_reach_of_devices", rows_are_aligned_and_in_reach_of_devices },
    { "high_memory_is_used_through_windows", high_memory_is_used_through_windows },
    { "random_mix_counts_like_a_plain_counter", random_mix_counts_like_a_plain_counter },
    { NULL, NULL },
};
