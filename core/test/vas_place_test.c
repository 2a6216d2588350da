/* SPDX-License-Identifier: 0BSD */
/* Which of several places a best fit takes, where more than one would do. */
#include "check.h"

#include <lookaside/vas.h>

#define CHUNKS 80u
#define END    (CHUNKS * VAS_CHUNK_SEGMENTS)

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

/* The segment at which two segments at a multiple of 2^align_log2 are placed. */
static uint32_t place_two(uint32_t align_log2, uint32_t window_first, uint32_t window_end)
{
    const struct vas_request request = { .segments = 2,
                                         .align_log2 = align_log2,
                                         .window_first = window_first,
                                         .window_end = window_end };
    va32_t base = 0;

    CHECK_EQ(vas_reserve(&vas, &request, &base), LA_OK);
    CHECK_EQ(vas_release(&vas, base), LA_OK);
    CHECK_STR(vas_check(&vas) ? vas_check(&vas) : "sound", "sound");
    return la_segment_of(base);
}

/* An aligned search looks at 64 chunks whose runs may lie badly, newest first, before it takes a run
 * that is long enough for any alignment.
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

int main(void)
{
    static const struct check_case cases[] = {
        CASE(the_sixty_fourth_chunk_is_looked_at_and_no_more),
        CASE(the_chunk_with_the_shorter_longest_run_serves_though_another_has_an_exact_fit),
        CASE(a_window_that_leaves_nothing_out_changes_nothing),
        CASE(in_a_window_the_shortest_run_serves),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
