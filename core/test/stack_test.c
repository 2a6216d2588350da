/* SPDX-License-Identifier: 0BSD */
/* Stacks on the real VAS and a port that only counts, case by case. */
#include "stack_space.h"

/* -- Create and destroy ------------------------------------------------------------------------ */

static void create_commits_only_the_top(void)
{
    static const struct {
        struct stack_layout layout;
        uint32_t pages, low_page;
    } cases[] = {
        { { 256, 2, 16 }, 256, 254 }, { { 16, 1, 1 }, 16, 15 },       { { 1, 1, 1 }, 16, 15 },
        { { 17, 4, 16 }, 32, 28 },    { { 16, 15, 1 }, 16, 1 },       { { 16, 1, 15 }, 16, 15 },
        { { 33, 47, 1 }, 48, 1 },     { { 2048, 1, 1 }, 2048, 2047 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(1, LA_SEGMENTS);

        struct stack stack = created(cases[i].layout);
        struct vas_region region;

        CHECK_EQ(stack.pages, cases[i].pages);
        check_pages(&stack, cases[i].low_page);
        CHECK_EQ(stack_committed_pages(&stack), cases[i].layout.committed_pages);
        CHECK_EQ(fake.committed_pages, cases[i].layout.committed_pages);
        CHECK_EQ(fake.commits, 1);
        CHECK(vas_query(&vas, stack.base_va, &region));
        CHECK_EQ(region.segments * LA_PAGES_PER_SEGMENT, cases[i].pages);
        CHECK_EQ(region.state, VAS_STACK);
    }
}

static void stacks_are_placed_from_the_top_down(void)
{
    begin(1, 100);

    struct stack upper = created(STACK_LAYOUT_DEFAULT);
    struct stack lower = created(STACK_LAYOUT_DEFAULT);
    struct stack small = created(STACK_LAYOUT_SMALL);

    CHECK_EQ(upper.base_va, la_segment_va(100 - 16));
    CHECK_EQ(lower.base_va, la_segment_va(100 - 32));
    CHECK_EQ(small.base_va, la_segment_va(100 - 33));
    CHECK_EQ(stack_end_va(&lower), upper.base_va);
}

static void bad_layouts_are_refused_and_change_nothing(void)
{
    static const struct {
        struct stack_layout layout;
        enum la_status status;
    } cases[] = {
        { { 16, 1, 0 }, LA_BAD_ARGUMENT },
        { { 16, 0, 1 }, LA_BAD_ARGUMENT },
        { { 0, 1, 1 }, LA_BAD_ARGUMENT },
        { { 16, 16, 1 }, LA_BAD_ARGUMENT },
        { { 16, 1, 16 }, LA_BAD_ARGUMENT },
        { { 16, 1, 17 }, LA_BAD_ARGUMENT },
        { { 16, UINT32_MAX, 2 }, LA_BAD_ARGUMENT }, /* the sum wraps to 1 */
        { { 16, 2, UINT32_MAX }, LA_BAD_ARGUMENT },
        { { UINT32_MAX, 1, 1 }, LA_NO_SPACE }, /* rounding up wraps to 0 */
        { { UINT32_MAX - 15u, 1, 1 }, LA_NO_SPACE },
        { { FAKE_PAGES, 1, 1 }, LA_NO_SPACE }, /* all 4 GiB */
        { { FAKE_PAGES + 1u, 1, 1 }, LA_NO_SPACE },
    };

    begin(1, LA_SEGMENTS);

    uint64_t before = vas_fingerprint();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stack stack = { .base_va = 0x1234 };

        CHECK_EQ(stack_create(&stack, &vas, &fake.port, &cases[i].layout), cases[i].status);
        CHECK_EQ(stack.base_va, 0x1234);
        CHECK_EQ(fake.commits, 0);
        CHECK(vas_fingerprint() == before);
    }
}

static void create_without_addresses_changes_nothing(void)
{
    begin(1, 40);

    struct stack first = created(STACK_LAYOUT_DEFAULT);
    struct stack second = created(STACK_LAYOUT_DEFAULT);
    struct stack third = { .base_va = 0x1234 };
    uint64_t before = vas_fingerprint();
    struct stack_layout layout = STACK_LAYOUT_DEFAULT;

    CHECK_EQ(stack_create(&third, &vas, &fake.port, &layout), LA_NO_SPACE);
    CHECK_EQ(third.base_va, 0x1234);
    CHECK_EQ(fake.commits, 2);
    CHECK(vas_fingerprint() == before);
    stack_destroy(&first, &fake.port);
    CHECK_EQ(stack_create(&third, &vas, &fake.port, &layout), LA_OK);
    check_pages(&second, 254);
    check_pages(&third, 254);
}

static void destroy_gives_everything_back(void)
{
    begin(1, LA_SEGMENTS);

    uint64_t before = vas_fingerprint();
    struct stack stack = created(STACK_LAYOUT_DEFAULT);
    va32_t base_va = stack.base_va;

    CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, 100)), LA_OK);
    stack_destroy(&stack, &fake.port);
    CHECK_EQ(fake.committed_pages, 0);
    CHECK(vas_fingerprint() == before);
    CHECK(!stack_contains(&stack, base_va));
    CHECK(!stack_contains(&stack, 0));
}

/* A stack may have been trimmed to nothing; no port wants to hear about 0 pages. */
static void destroy_of_an_empty_stack_asks_for_no_decommit(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_SMALL);

    CHECK_EQ(stack_trim(&stack, &fake.port, stack_end_va(&stack), 0), 1);
    check_pages(&stack, stack.pages);
    CHECK_EQ(fake.decommits, 1);
    stack_destroy(&stack, &fake.port);
    CHECK_EQ(fake.decommits, 1);
}

/* -- Grow -------------------------------------------------------------------------------------- */

/* Trap 29: PUSHA, ENTER and large frames jump; the committed part stays contiguous. */
static void trap_29_growth_fills_every_page_between(void)
{
    static const uint32_t steps[] = { 253, 252, 250, 180, 80, 17, 16 };

    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, steps[i]) + 585u), LA_OK);
        check_pages(&stack, steps[i]);
        CHECK_EQ(fake.commits, 2 + i); /* one call a step */
        CHECK_EQ(stack.low_page_min, steps[i]);
    }
}

/* Trap 27: the first and the last byte on either side of every edge. */
static void trap_27_growth_at_every_edge(void)
{
    begin(1, LA_SEGMENTS / 2);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);
    const struct {
        const char *what;
        va32_t va;
        enum la_status status;
        uint32_t low_page;
    } cases[] = {
        { "last byte below the stack", stack.base_va - 1u, LA_BAD_ADDRESS, 254 },
        { "first byte of the guard", stack.base_va, LA_BAD_ADDRESS, 254 },
        { "last byte of the guard", page_va(&stack, 16) - 1u, LA_BAD_ADDRESS, 254 },
        { "the end, exclusive", stack_end_va(&stack), LA_BAD_ADDRESS, 254 },
        { "last byte of the stack", stack_end_va(&stack) - 1u, LA_OK, 254 },
        { "first committed byte", page_va(&stack, 254), LA_OK, 254 },
        { "last byte below it", page_va(&stack, 254) - 1u, LA_OK, 253 },
        { "first byte above the guard", page_va(&stack, 16), LA_OK, 16 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (stack_grow(&stack, &fake.port, cases[i].va) != cases[i].status)
            CHECK_FAIL("growing to %s: expected status %d", cases[i].what, cases[i].status);
        check_pages(&stack, cases[i].low_page);
    }
}

static void growing_where_pages_are_is_fine_and_does_nothing(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created((struct stack_layout){ 64, 4, 1 });

    for (uint32_t page = 60; page < 64; page++)
        CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, page) + 7u), LA_OK);
    CHECK_EQ(fake.commits, 1);
    check_pages(&stack, 60);
}

static void the_deepest_page_is_remembered(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);

    CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, 100)), LA_OK);
    CHECK_EQ(stack_trim(&stack, &fake.port, stack_end_va(&stack), 2), 154);
    CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, 200)), LA_OK);
    CHECK_EQ(stack.low_page_min, 100);
    check_pages(&stack, 200);
}

/* Trap 31: the caller can rely on an unchanged stack, however often it asks. */
static void trap_31_growth_without_memory_changes_nothing(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);
    struct stack before = stack;

    for (int again = 0; again < 3; again++) {
        fake.fail_at = 1;
        CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, 20)), LA_NO_MEMORY);
        CHECK(same_stack(&stack, &before));
        check_pages(&stack, 254);
    }
    CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, 20)), LA_OK);
    check_pages(&stack, 20);
}

/* Trap 39: the guard of one stack is next to the top of the one below. */
static void trap_39_neighbours_do_not_grow_into_each_other(void)
{
    begin(1, LA_SEGMENTS);

    struct stack upper = created(STACK_LAYOUT_SMALL);
    struct stack lower = created(STACK_LAYOUT_SMALL);

    CHECK_EQ(stack_end_va(&lower), upper.base_va);
    CHECK(stack_contains(&upper, upper.base_va));
    CHECK(!stack_contains(&lower, upper.base_va));
    CHECK(stack_contains(&lower, upper.base_va - 1u));
    CHECK(!stack_contains(&upper, upper.base_va - 1u));
    CHECK_EQ(stack_grow(&lower, &fake.port, upper.base_va), LA_BAD_ADDRESS);
    CHECK_EQ(stack_grow(&upper, &fake.port, upper.base_va - 1u), LA_BAD_ADDRESS);
    CHECK_EQ(stack_grow(&upper, &fake.port, page_va(&upper, 1)), LA_OK);
    CHECK_EQ(stack_grow(&lower, &fake.port, page_va(&lower, 1)), LA_OK);
    check_pages(&upper, 1);
    check_pages(&lower, 1);
    stack_destroy(&upper, &fake.port);
    check_pages(&lower, 1);
    CHECK_EQ(fake.committed_pages, 15);
}

/* The end of the space: the exclusive end is address 0, and nothing may compare against it. */
static void a_stack_that_ends_at_4_gib_is_like_any_other(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);

    CHECK_EQ(stack.base_va, 0xfff00000u);
    CHECK_EQ(stack_end_va(&stack), 0);
    CHECK(stack_contains(&stack, 0xffffffffu));
    CHECK(!stack_contains(&stack, 0));
    CHECK_EQ(stack_grow(&stack, &fake.port, 0), LA_BAD_ADDRESS);
    CHECK_EQ(stack_grow(&stack, &fake.port, 0xffffffffu), LA_OK);
    CHECK_EQ(fake.commits, 1);
    CHECK_EQ(stack_grow(&stack, &fake.port, 0xfff10000u), LA_OK);
    check_pages(&stack, 16);
    CHECK_EQ(stack_trim(&stack, &fake.port, 0, 3), 237);
    check_pages(&stack, 253);
    stack_destroy(&stack, &fake.port);
    CHECK_EQ(fake.committed_pages, 0);
}

/* The largest stack there can be: everything but segment 0. */
static void a_stack_over_the_whole_space(void)
{
    begin(1, LA_SEGMENTS);

    struct stack stack = created((struct stack_layout){ FAKE_PAGES - 16u, 1, 16 });

    CHECK_EQ(stack.base_va, LA_SEGMENT_BYTES);
    CHECK_EQ(stack_end_va(&stack), 0);
    CHECK(!stack_contains(&stack, LA_SEGMENT_BYTES - 1u));
    CHECK_EQ(stack_grow(&stack, &fake.port, 2u * LA_SEGMENT_BYTES - 1u), LA_BAD_ADDRESS);
    CHECK_EQ(stack_grow(&stack, &fake.port, 2u * LA_SEGMENT_BYTES), LA_OK);
    check_pages(&stack, 16);
    CHECK_EQ(stack_trim(&stack, &fake.port, 0, 0), FAKE_PAGES - 32u);
    check_pages(&stack, stack.pages);
}

/* -- Trim -------------------------------------------------------------------------------------- */

static void trim_keeps_what_is_at_and_above_the_stack_pointer(void)
{
    /* A stack of 32 pages with pages [8, 32) committed. */
    static const struct {
        const char *what;
        uint32_t sp_bytes; /* from the base */
        uint32_t keep_pages;
        uint32_t low_page; /* afterwards */
    } cases[] = {
        { "at the end", 32 * 4096, 0, 32 },
        { "at the end, two kept", 32 * 4096, 2, 30 },
        { "in the last page", 32 * 4096 - 4, 0, 31 },
        { "at a page's first byte", 20 * 4096, 0, 20 },
        { "just below a page", 20 * 4096 - 1, 0, 19 },
        { "in a page's middle", 20 * 4096 + 100, 0, 20 },
        { "keeping some", 20 * 4096, 5, 15 },
        { "keeping exactly all", 20 * 4096, 12, 8 },
        { "keeping more than there is", 20 * 4096, 13, 8 },
        { "keeping without wrapping", 20 * 4096, UINT32_MAX, 8 },
        { "at the lowest page", 8 * 4096, 0, 8 },
        { "in the lowest page", 8 * 4096 + 4095, 0, 8 },
        { "below the committed part", 5 * 4096, 0, 8 },
        { "in the guard", 100, 0, 8 },
        { "at the base", 0, 0, 8 },
        { "past the end", 32 * 4096 + 1, 0, 8 },
        { "below the stack", UINT32_MAX, 0, 8 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(1, LA_SEGMENTS / 2);

        struct stack stack = created((struct stack_layout){ 32, 24, 1 });
        uint32_t given =
            stack_trim(&stack, &fake.port, stack.base_va + cases[i].sp_bytes, cases[i].keep_pages);

        if (given != cases[i].low_page - 8u)
            CHECK_FAIL("stack pointer %s: %u pages given back, expected %u", cases[i].what, given,
                       cases[i].low_page - 8u);
        check_pages(&stack, cases[i].low_page);
        CHECK_EQ(stack.low_page_min, 8);
    }
}

static void check_names_the_damage(void)
{
    begin(2, LA_SEGMENTS - 1u);

    struct stack sound = created(STACK_LAYOUT_DEFAULT);
    struct stack broken[7];

    for (uint32_t i = 0; i < 7; i++)
        broken[i] = sound;
    broken[0].guard_pages = 0;
    broken[1].low_page = 15;
    broken[2].low_page = 257;
    broken[3].low_page_min = 255;
    broken[4].base_va = 0xffff0000u;
    broken[5].base_va += LA_SEGMENT_BYTES;
    broken[6].pages = 240;
    broken[6].low_page = broken[6].low_page_min = 200;
    CHECK_STR(stack_check(&broken[0]), "stack has no guard");
    CHECK_STR(stack_check(&broken[1]), "stack's committed part reaches into its guard");
    CHECK_STR(stack_check(&broken[2]), "stack's committed part begins past its end");
    CHECK_STR(stack_check(&broken[3]),
              "stack's deepest page is not at or below its committed part");
    CHECK_STR(stack_check(&broken[4]), "stack lies outside the managed range");
    CHECK_STR(stack_check(&broken[5]), "stack's base does not begin a stack region");
    CHECK_STR(stack_check(&broken[6]), "stack's region has another length than the stack");
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(create_commits_only_the_top),
        CASE(stacks_are_placed_from_the_top_down),
        CASE(bad_layouts_are_refused_and_change_nothing),
        CASE(create_without_addresses_changes_nothing),
        CASE(destroy_gives_everything_back),
        CASE(destroy_of_an_empty_stack_asks_for_no_decommit),
        CASE(trap_29_growth_fills_every_page_between),
        CASE(trap_27_growth_at_every_edge),
        CASE(growing_where_pages_are_is_fine_and_does_nothing),
        CASE(the_deepest_page_is_remembered),
        CASE(trap_31_growth_without_memory_changes_nothing),
        CASE(trap_39_neighbours_do_not_grow_into_each_other),
        CASE(a_stack_that_ends_at_4_gib_is_like_any_other),
        CASE(a_stack_over_the_whole_space),
        CASE(trim_keeps_what_is_at_and_above_the_stack_pointer),
        CASE(check_names_the_damage),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
