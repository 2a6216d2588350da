/* SPDX-License-Identifier: 0BSD */
/* The traps that address-space allocators fall into, each by name. Random histories against a model
 * are in vas_random_test.c.
 */
#include "check.h"

#include <lookaside/vas.h>

#define LAST (LA_SEGMENTS - 1)

static struct vas vas;

static enum la_status reserve(uint32_t segments, uint32_t align_log2, enum vas_placement placement,
                              uint32_t first, uint32_t end, va32_t *ret_base)
{
    const struct vas_request request = { .segments = segments,
                                         .align_log2 = align_log2,
                                         .placement = placement,
                                         .window_first = first,
                                         .window_end = end };

    return vas_reserve(&vas, &request, ret_base);
}

/* Reserve [first, first + segments) and fail the case if that does not work. */
static void take(uint32_t first, uint32_t segments)
{
    va32_t base;

    CHECK_EQ(reserve(segments, 0, VAS_FIXED, first, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(first));
}

/* Fill the whole space except holes of `hole` segments, one every `pitch`, from `first` on. */
static void comb(uint32_t first, uint32_t hole, uint32_t pitch)
{
    uint32_t at = 1;

    for (uint32_t next = first; next + hole <= LA_SEGMENTS; next += pitch) {
        if (next > at)
            take(at, next - at);
        at = next + hole;
    }
    if (at < LA_SEGMENTS)
        take(at, LA_SEGMENTS - at);
}

static void expect_sound(void)
{
    const char *broken = vas_check(&vas);

    CHECK_STR(broken ? broken : "sound", "sound");
}

/* -- Arithmetic -------------------------------------------------------------------------------- */

static void region_up_to_4_gib_does_not_wrap(void)
{
    struct vas_region region;
    va32_t base;

    vas_init(&vas, 1, LA_SEGMENTS);
    CHECK_EQ(reserve(1, 0, VAS_HIGHEST, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(LAST));
    CHECK_EQ(vas_commit(&vas, base, 1), LA_OK);
    CHECK_EQ(vas_commit(&vas, base, 2), LA_BAD_ARGUMENT); /* past the end of the space */
    CHECK_EQ(vas_commit(&vas, base, UINT32_MAX), LA_BAD_ARGUMENT);
    CHECK_EQ(vas_resize(&vas, base, 2), LA_NO_SPACE);
    CHECK(vas_query(&vas, base + (LA_SEGMENT_BYTES - 1), &region));
    CHECK_EQ(region.first_segment, LAST);
    CHECK_EQ(region.segments, 1);
    CHECK_EQ(vas_release(&vas, base), LA_OK);
    expect_sound();
}

static void sizes_near_4_gib_round_up_without_wrapping(void)
{
    CHECK_EQ(la_segments_up(UINT32_MAX), LA_SEGMENTS);
    CHECK_EQ(la_pages_up(UINT32_MAX), LA_SEGMENTS * LA_PAGES_PER_SEGMENT);
    CHECK_EQ(la_segments_up(0), 0);
    CHECK_EQ(la_segments_up(1), 1);
    CHECK_EQ(la_segments_up(LA_SEGMENT_BYTES), 1);
}

static void alignment_near_the_top_does_not_wrap(void)
{
    va32_t base = 77;

    vas_init(&vas, LA_SEGMENTS - 20, LA_SEGMENTS);
    for (uint32_t align_log2 = 5; align_log2 <= 16; align_log2++)
        CHECK_EQ(reserve(1, align_log2, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
    CHECK_EQ(base, 77);
    CHECK_EQ(reserve(16, 4, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(LA_SEGMENTS - 16));
}

static void segment_0_is_never_given_out(void)
{
    va32_t base;

    vas_init(&vas, 0, LA_SEGMENTS);
    CHECK_EQ(vas.free_segments, LAST);
    CHECK_EQ(reserve(1, 0, VAS_LOWEST, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(1));
    CHECK_EQ(reserve(1, 0, VAS_FIXED, 0, 0, &base), LA_IN_USE);
    CHECK_EQ(vas_release(&vas, 0), LA_BAD_ADDRESS);
    CHECK_EQ(vas_state(&vas, 0), VAS_RESERVED);
}

static void space_without_segments_refuses_everything(void)
{
    va32_t base;

    vas_init(&vas, 0, 1); /* segment 0 is never given out */
    CHECK_EQ(vas.free_segments, 0);
    CHECK_EQ(reserve(1, 0, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
    CHECK_EQ(reserve(1, 0, VAS_FIXED, 1, 0, &base), LA_IN_USE);
    CHECK_EQ(vas_state(&vas, la_segment_va(1)), VAS_RESERVED);
    expect_sound();
}

static void address_inside_the_first_segment_is_no_base(void)
{
    vas_init(&vas, 1, LA_SEGMENTS);
    take(100, 3);
    for (uint32_t bit = 0; bit < LA_SEGMENT_SHIFT; bit++) {
        va32_t va = la_segment_va(100) + (1u << bit);

        CHECK_EQ(vas_release(&vas, va), LA_BAD_ADDRESS);
        CHECK_EQ(vas_resize(&vas, va, 1), LA_BAD_ADDRESS);
        CHECK_EQ(vas_commit(&vas, va, 1), LA_BAD_ARGUMENT);
    }
    expect_sound();
}

static void impossible_requests_are_refused(void)
{
    static const struct {
        struct vas_request request;
        enum la_status status;
    } cases[] = {
        { { .segments = 0 }, LA_BAD_ARGUMENT },
        { { .segments = LA_SEGMENTS + 1 }, LA_BAD_ARGUMENT },
        { { .segments = UINT32_MAX }, LA_BAD_ARGUMENT },
        { { .segments = LA_SEGMENTS }, LA_NO_SPACE },
        { { .segments = 1, .align_log2 = 17 }, LA_BAD_ARGUMENT },
        { { .segments = 1, .state = (enum vas_state)4 }, LA_BAD_ARGUMENT },
        { { .segments = 1, .placement = (enum vas_placement)4 }, LA_BAD_ARGUMENT },
        { { .segments = 1, .window_first = 9, .window_end = 9 }, LA_BAD_ARGUMENT },
        { { .segments = 1, .window_first = 9, .window_end = LA_SEGMENTS + 1 }, LA_BAD_ARGUMENT },
        { { .segments = 3, .window_first = 9, .window_end = 11 }, LA_NO_SPACE },
        { { .segments = 1, .placement = VAS_FIXED, .window_first = LA_SEGMENTS }, LA_IN_USE },
        { { .segments = 2, .placement = VAS_FIXED, .window_first = LAST }, LA_IN_USE },
        { { .segments = 1, .placement = VAS_FIXED, .window_first = 3, .align_log2 = 2 },
          LA_BAD_ARGUMENT },
    };

    vas_init(&vas, 1, LA_SEGMENTS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        va32_t base = 77;

        if (vas_reserve(&vas, &cases[i].request, &base) != cases[i].status)
            CHECK_FAIL("request %zu was not answered with %d", i, cases[i].status);
        CHECK_EQ(base, 77);
    }
    CHECK_EQ(vas.free_segments, LAST);
    expect_sound();
}

static void regions_of_whole_words_are_marked_exactly(void)
{
    static const uint32_t firsts[] = { 31, 32, 33, 63, 64, 95 };
    static const uint32_t lengths[] = { 1, 31, 32, 33, 64, 65, 96 };

    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            vas_init(&vas, 1, LA_SEGMENTS);
            take(firsts[i], lengths[j]);
            for (uint32_t s = 1; s < 256; s++)
                CHECK_EQ(vas_state(&vas, la_segment_va(s)) != VAS_FREE,
                         s >= firsts[i] && s < firsts[i] + lengths[j]);
            expect_sound();
        }
    }
}

static void whole_space_is_one_region(void)
{
    va32_t base;

    vas_init(&vas, 1, LA_SEGMENTS);
    CHECK_EQ(reserve(LAST, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(vas.free_segments, 0);
    CHECK_EQ(reserve(1, 0, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
    expect_sound();
    CHECK_EQ(vas_release(&vas, la_segment_va(1)), LA_OK);
    expect_sound();
}

/* -- Regions ----------------------------------------------------------------------------------- */

static void only_the_exact_base_releases(void)
{
    vas_init(&vas, 1, 1000);
    take(100, 10);
    take(110, 1);
    const va32_t bad[] = { la_segment_va(99),  la_segment_va(101),     la_segment_va(109),
                           la_segment_va(111), la_segment_va(100) + 1, la_segment_va(1000),
                           la_segment_va(LAST) };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ(vas_release(&vas, bad[i]), LA_BAD_ADDRESS);
    CHECK_EQ(vas_release(&vas, la_segment_va(100)), LA_OK);
    CHECK_EQ(vas_release(&vas, la_segment_va(100)), LA_BAD_ADDRESS);
    expect_sound();
}

static void adjacent_regions_stay_two(void)
{
    struct vas_region region;

    vas_init(&vas, 1, 1000);
    take(100, 10);
    take(110, 5);
    CHECK(vas_query(&vas, la_segment_va(112), &region));
    CHECK_EQ(region.first_segment, 110);
    CHECK_EQ(region.segments, 5);
    CHECK_EQ(vas_release(&vas, la_segment_va(100)), LA_OK);
    CHECK_EQ(vas_state(&vas, la_segment_va(110)), VAS_RESERVED);
    CHECK_EQ(vas_state(&vas, la_segment_va(109)), VAS_FREE);
}

static void commit_stays_inside_one_region(void)
{
    vas_init(&vas, 1, 1000);
    take(100, 10);
    take(110, 5);
    CHECK_EQ(vas_commit(&vas, la_segment_va(108), 4), LA_BAD_ADDRESS); /* two regions */
    CHECK_EQ(vas_commit(&vas, la_segment_va(113), 4), LA_BAD_ADDRESS); /* into free space */
    CHECK_EQ(vas_commit(&vas, la_segment_va(50), 1), LA_BAD_ADDRESS);
    CHECK_EQ(vas_commit(&vas, la_segment_va(1000), 1), LA_BAD_ADDRESS); /* not managed */
    CHECK_EQ(vas_commit(&vas, la_segment_va(102) + 4096, 1), LA_BAD_ARGUMENT);
    CHECK_EQ(vas_commit(&vas, la_segment_va(102), 0), LA_BAD_ARGUMENT);
    for (uint32_t s = 100; s < 115; s++)
        CHECK_EQ(vas_state(&vas, la_segment_va(s)), VAS_RESERVED);
    CHECK_EQ(vas_commit(&vas, la_segment_va(102), 3), LA_OK);
    CHECK_EQ(vas_commit(&vas, la_segment_va(102), 3), LA_OK); /* twice is fine */
    CHECK_EQ(vas_decommit(&vas, la_segment_va(103), 1), LA_OK);
    CHECK_EQ(vas_state(&vas, la_segment_va(102)), VAS_COMMITTED);
    CHECK_EQ(vas_state(&vas, la_segment_va(103)), VAS_RESERVED);
}

static void commit_of_a_shortened_region_is_refused_past_its_end(void)
{
    vas_init(&vas, 1, 1000);
    take(100, 10);
    CHECK_EQ(vas_resize(&vas, la_segment_va(100), 6), LA_OK);
    CHECK_EQ(vas_commit(&vas, la_segment_va(104), 3), LA_BAD_ADDRESS);
    CHECK_EQ(vas_commit(&vas, la_segment_va(104), 2), LA_OK);
    CHECK_EQ(vas_resize(&vas, la_segment_va(100), 10), LA_OK);
    CHECK_EQ(vas_state(&vas, la_segment_va(109)), VAS_COMMITTED); /* as the last one was */
    expect_sound();
}

static void stacks_are_not_committed_by_the_vas(void)
{
    const struct vas_request request = { .segments = 4, .state = VAS_STACK };
    va32_t base;

    vas_init(&vas, 1, 1000);
    CHECK_EQ(vas_reserve(&vas, &request, &base), LA_OK);
    CHECK_EQ(vas_commit(&vas, base, 1), LA_BAD_STATE);
    CHECK_EQ(vas_decommit(&vas, base, 4), LA_BAD_STATE);
    CHECK_EQ(vas_state(&vas, base), VAS_STACK);
}

static void fixed_region_over_a_used_segment_is_refused(void)
{
    va32_t base = 77;

    vas_init(&vas, 1, 1000);
    take(100, 1);
    CHECK_EQ(reserve(10, 0, VAS_FIXED, 95, 0, &base), LA_IN_USE);
    CHECK_EQ(reserve(10, 0, VAS_FIXED, 91, 0, &base), LA_IN_USE);
    CHECK_EQ(base, 77);
    CHECK_EQ(reserve(10, 0, VAS_FIXED, 90, 0, &base), LA_OK);
    CHECK_EQ(reserve(10, 0, VAS_FIXED, 101, 0, &base), LA_OK);
}

/* -- Search ------------------------------------------------------------------------------------ */

static void exactly_fitting_aligned_hole_is_found(void)
{
    va32_t base;

    /* A search for size + alignment - 1 would refuse: no free run is longer than 16 segments. */
    vas_init(&vas, 1, LA_SEGMENTS);
    comb(16 * 7, 16, 16 * 512);
    CHECK_EQ(reserve(16, 4, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(la_segment_of(base) % 16, 0);
    CHECK_EQ(reserve(17, 0, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
    expect_sound();
}

static void many_misaligned_holes_hide_no_aligned_one(void)
{
    va32_t base;

    /* 2,047 runs of 30 segments without an aligned row of 16, as many visits as there can be. */
    vas_init(&vas, 1, LA_SEGMENTS);
    comb(33, 30, 32);
    CHECK_EQ(reserve(16, 4, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
    CHECK_EQ(reserve(15, 4, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(vas_release(&vas, la_segment_va(31 + 32 * 1500)), LA_OK); /* joins two holes */
    CHECK_EQ(reserve(16, 4, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    expect_sound();
}

#define SLOTS         100u
#define SLOT_SEGMENTS 128u

/* Fill all but holes, one in each slot of 128 segments: three too short at an aligned place, the
 * one that is wanted at `place`, and more long enough ones beside an aligned place than a search
 * visits before its last resort.
 */
static void hide(uint32_t segments, uint32_t align, uint32_t place)
{
    uint32_t at = 1;

    vas_init(&vas, 1, SLOTS * SLOT_SEGMENTS);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t first = slot * SLOT_SEGMENTS + 1;
        uint32_t length = segments + (slot % 8 == 0 ? align - 2 : 0);

        if (slot == place / SLOT_SEGMENTS) {
            first = place;
            length = segments;
        } else if (slot < 4 && slot > 0 && segments > 1) {
            first = slot * SLOT_SEGMENTS;
            length = segments - 1;
        }
        if (first > at)
            take(at, first - at);
        at = first + length;
    }
    take(at, SLOTS * SLOT_SEGMENTS - at);
}

static void last_resort_finds_the_aligned_place_wherever_it_is(void)
{
    for (uint32_t align_log2 = 1; align_log2 <= 6; align_log2++)
        for (uint32_t segments = 1; segments <= 40; segments++)
            for (uint32_t bit = 0; bit < 128; bit += 1u << align_log2) {
                /* In the very first chunks, or farther up. */
                uint32_t place = bit < 64 ? 4 * SLOT_SEGMENTS + bit : bit - 64;
                va32_t base;

                if (place == 0)
                    continue;
                hide(segments, 1u << align_log2, place);
                CHECK_EQ(reserve(segments, align_log2, VAS_BEST_FIT, 0, 0, &base), LA_OK);
                CHECK_EQ(la_segment_of(base), place);
                CHECK_EQ(reserve(segments, align_log2, VAS_BEST_FIT, 0, 0, &base), LA_NO_SPACE);
            }
}

static void run_that_fits_for_certain_comes_before_the_last_resort(void)
{
    va32_t base;

    hide(12, 8, 4 * SLOT_SEGMENTS + 8);
    /* 12 + 8 - 1 segments: not as tight as the hole that a long search would find. */
    CHECK_EQ(vas_release(&vas, la_segment_va(98 * SLOT_SEGMENTS + 13)), LA_OK);
    take(98 * SLOT_SEGMENTS + 20, 99 * SLOT_SEGMENTS - (98 * SLOT_SEGMENTS + 19));
    CHECK_EQ(reserve(12, 3, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(la_segment_of(base), 98 * SLOT_SEGMENTS + 8);
    expect_sound();
}

static void runs_of_any_length_are_told_apart(void)
{
    va32_t base;

    /* Runs of 1,023 and more share the last bin: they must be compared, not taken as they come. */
    vas_init(&vas, 1, LA_SEGMENTS);
    take(5000, 1);
    take(9000, 1);
    take(10100, 1);
    CHECK_EQ(reserve(1050, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(9001));
    CHECK_EQ(reserve(4000, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(1)); /* 4,999 segments: shorter than the rest of the space */
}

/* Digests are the same everywhere, so addresses are, also where a contract leaves them open. */
static void of_equal_long_runs_the_one_filed_last_is_taken(void)
{
    va32_t base;

    vas_init(&vas, 1, LA_SEGMENTS);
    take(1, 3199);
    take(3200, 2000);
    take(5200, 1200);
    take(6400, 1900);
    take(8300, LA_SEGMENTS - 8300);
    CHECK_EQ(vas_release(&vas, la_segment_va(3200)), LA_OK);
    CHECK_EQ(vas_release(&vas, la_segment_va(6400)), LA_OK);
    take(5100, 100); /* both are 1,900 segments now; a run that is only cut is not filed anew */
    CHECK_EQ(reserve(1500, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(6400));
    expect_sound();
}

static void neighbours_growth_refiles_a_run_that_began_far_away(void)
{
    va32_t base;

    /* The run [40, 2000) belongs to the chunk of segment 40; its end moves in another one. */
    vas_init(&vas, 1, 4000);
    take(1, 39);
    take(2000, 2000);
    take(1000, 100);
    CHECK_EQ(reserve(960, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    CHECK_EQ(base, la_segment_va(40));
    CHECK_EQ(vas_release(&vas, la_segment_va(1000)), LA_OK);
    CHECK_EQ(vas_release(&vas, la_segment_va(40)), LA_OK);
    CHECK_EQ(reserve(1960, 0, VAS_BEST_FIT, 0, 0, &base), LA_OK);
    expect_sound();
}

static void heaps_from_below_and_stacks_from_above_keep_the_middle_free(void)
{
    struct vas_stats stats;
    va32_t base;

    vas_init(&vas, 1, LA_SEGMENTS);
    for (uint32_t i = 0; i < 100; i++) {
        CHECK_EQ(reserve(1, 0, VAS_LOWEST, 0, 0, &base), LA_OK);
        CHECK_EQ(base, la_segment_va(1 + i));
        CHECK_EQ(reserve(16, 0, VAS_HIGHEST, 0, 0, &base), LA_OK);
        CHECK_EQ(base, la_segment_va(LA_SEGMENTS - 16 * (i + 1)));
    }
    vas_stats(&vas, &stats);
    CHECK_EQ(stats.largest_free_run_segments, LAST - 1700);
    CHECK_EQ(stats.free_runs, 1);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(region_up_to_4_gib_does_not_wrap),
        CASE(sizes_near_4_gib_round_up_without_wrapping),
        CASE(alignment_near_the_top_does_not_wrap),
        CASE(segment_0_is_never_given_out),
        CASE(space_without_segments_refuses_everything),
        CASE(address_inside_the_first_segment_is_no_base),
        CASE(impossible_requests_are_refused),
        CASE(regions_of_whole_words_are_marked_exactly),
        CASE(whole_space_is_one_region),
        CASE(only_the_exact_base_releases),
        CASE(adjacent_regions_stay_two),
        CASE(commit_stays_inside_one_region),
        CASE(commit_of_a_shortened_region_is_refused_past_its_end),
        CASE(stacks_are_not_committed_by_the_vas),
        CASE(fixed_region_over_a_used_segment_is_refused),
        CASE(exactly_fitting_aligned_hole_is_found),
        CASE(many_misaligned_holes_hide_no_aligned_one),
        CASE(last_resort_finds_the_aligned_place_wherever_it_is),
        CASE(run_that_fits_for_certain_comes_before_the_last_resort),
        CASE(runs_of_any_length_are_told_apart),
        CASE(of_equal_long_runs_the_one_filed_last_is_taken),
        CASE(neighbours_growth_refiles_a_run_that_began_far_away),
        CASE(heaps_from_below_and_stacks_from_above_keep_the_middle_free),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
