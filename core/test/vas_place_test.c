/* SPDX-License-Identifier: 0BSD */
/* Which of several places a best fit takes, where more than one would do. */
#include "check.h"

#include <lookaside/vas.h>

#define END 8192u /* 256 chunks */

static struct vas vas;
static uint32_t filled; /* segments below are taken but for the holes */

static void take(uint32_t first, uint32_t segments)
{
    const struct vas_request request = { .segments = segments,
                                         .placement = VAS_FIXED,
                                         .window_first = first };
    va32_t base;

    CHECK_EQ(vas_reserve(&vas, &request, &base), LA_OK);
}

static void begin(void)
{
    vas_init(&vas, 1, END);
    filled = 1;
}

/* Take all up to a hole in chunk `chunk`; holes come from below. */
static void leave_hole(uint32_t chunk, uint32_t bit, uint32_t segments)
{
    uint32_t first = chunk * VAS_CHUNK_SEGMENTS + bit;

    take(filled, first - filled);
    filled = first + segments;
}

static void fill_the_rest(void)
{
    take(filled, END - filled);
}

/* The segment at which a request is placed. */
static uint32_t place(const struct vas_request *request)
{
    va32_t base = 0;

    CHECK_EQ(vas_reserve(&vas, request, &base), LA_OK);
    CHECK_STR(vas_check(&vas) ? vas_check(&vas) : "sound", "sound");
    return la_segment_of(base);
}

/* That of two segments at a multiple of 2^align_log2; they are given back. */
static uint32_t place_two(uint32_t align_log2, uint32_t window_first, uint32_t window_end)
{
    const struct vas_request request = { .segments = 2,
                                         .align_log2 = align_log2,
                                         .window_first = window_first,
                                         .window_end = window_end };
    uint32_t first = place(&request);

    CHECK_EQ(vas_release(&vas, la_segment_va(first)), LA_OK);
    return first;
}

/* An aligned search looks at 64 chunks whose runs may lie badly, newest first, before it takes a
 * run that is long enough for any alignment.
 */
static void the_sixty_fourth_chunk_is_looked_at_and_no_more(void)
{
    for (uint32_t misfits = 62; misfits <= 65; misfits++) {
        uint32_t tight = VAS_CHUNK_SEGMENTS + 2;
        uint32_t roomy = (misfits + 2) * VAS_CHUNK_SEGMENTS + 4;

        begin();
        leave_hole(1, 2, 2); /* the oldest, so the last to be looked at */
        for (uint32_t i = 0; i < misfits; i++)
            leave_hole(2 + i, 1, 2);
        leave_hole(misfits + 2, 4, 3);
        fill_the_rest();
        CHECK_EQ(place_two(1, 0, 0), misfits < 64 ? tight : roomy);
    }
}

/* Two chunks: a run of four, and a run of six beside an exact fit. */
static void make_two_candidates(void)
{
    begin();
    leave_hole(3, 8, 4);
    leave_hole(5, 4, 6);
    leave_hole(5, 16, 2);
    fill_the_rest();
}

#define OF_FOUR  (3 * VAS_CHUNK_SEGMENTS + 8)
#define OF_EXACT (5 * VAS_CHUNK_SEGMENTS + 16)

static void the_chunk_with_the_shorter_longest_run_serves_though_another_has_an_exact_fit(void)
{
    make_two_candidates();
    CHECK_EQ(place_two(2, 0, 0), OF_FOUR);
}

static void a_window_that_leaves_nothing_out_changes_nothing(void)
{
    static const struct {
        uint32_t first, end;
    } windows[] = { { 0, END }, { 1, END }, { 1, 0 }, { 1, END + 1 }, { 0, LA_SEGMENTS } };

    make_two_candidates();
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
        CHECK_EQ(place_two(2, windows[i].first, windows[i].end), OF_FOUR);
}

static void in_a_window_the_shortest_run_serves(void)
{
    make_two_candidates();
    CHECK_EQ(place_two(2, 2, 0), OF_EXACT);
    CHECK_EQ(place_two(2, 0, END - 1), OF_EXACT);
}

/* Two chunks with long runs, one of them with a short one before it. */
static void what_a_region_is_for_decides_nothing(void)
{
    static const enum vas_state states[] = { VAS_RESERVED, VAS_COMMITTED, VAS_STACK };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const struct vas_request request = { .segments = 5, .state = states[i] };

        begin();
        leave_hole(10, 0, 10);
        leave_hole(10, 20, 2000);
        leave_hole(100, 0, 1500);
        fill_the_rest();
        CHECK_EQ(place(&request), 100 * VAS_CHUNK_SEGMENTS);
    }
}

/* Of runs as long as each other the one filed last is taken. Runs of 1,023 and more share a bin, so
 * that one that is only cut stays where it was in it.
 */
static void a_run_is_filed_anew_when_its_bin_is_another(void)
{
    static const struct {
        uint32_t segments, cut;
        bool is_last;
    } cases[] = { { 500, 1, true }, { 1022, 1, true }, { 1023, 1, false }, { 1024, 5, false } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vas_request request = { .segments = 10 };

        begin();
        leave_hole(10, 0, cases[i].segments + cases[i].cut);
        leave_hole(100, 0, cases[i].segments);
        fill_the_rest();
        take(10 * VAS_CHUNK_SEGMENTS + cases[i].segments, cases[i].cut);
        CHECK_EQ(place(&request), (cases[i].is_last ? 10 : 100) * VAS_CHUNK_SEGMENTS);
    }
}

static void so_is_a_run_that_serves(void)
{
    const struct vas_request request = { .segments = 10 };

    begin();
    leave_hole(10, 0, 1900);
    leave_hole(100, 0, 1905);
    fill_the_rest();
    CHECK_EQ(place(&request), 10 * VAS_CHUNK_SEGMENTS);
    take(100 * VAS_CHUNK_SEGMENTS + 1890, 15); /* both are 1,890 segments now */
    CHECK_EQ(place(&request), 100 * VAS_CHUNK_SEGMENTS);
}

static void runs_of_every_length_around_the_last_bin_are_found(void)
{
    for (uint32_t segments = 1019; segments <= 1028; segments++) {
        const struct vas_request request = { .segments = segments };

        begin();
        leave_hole(10, 0, segments);
        leave_hole(100, 0, segments + 5);
        fill_the_rest();
        CHECK_EQ(place(&request), 10 * VAS_CHUNK_SEGMENTS);
        CHECK_EQ(place(&request), 100 * VAS_CHUNK_SEGMENTS);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(the_sixty_fourth_chunk_is_looked_at_and_no_more),
        CASE(the_chunk_with_the_shorter_longest_run_serves_though_another_has_an_exact_fit),
        CASE(a_window_that_leaves_nothing_out_changes_nothing),
        CASE(in_a_window_the_shortest_run_serves),
        CASE(what_a_region_is_for_decides_nothing),
        CASE(a_run_is_filed_anew_when_its_bin_is_another),
        CASE(so_is_a_run_that_serves),
        CASE(runs_of_every_length_around_the_last_bin_are_found),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
