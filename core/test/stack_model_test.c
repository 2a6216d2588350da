/* SPDX-License-Identifier: 0BSD */
/* Stacks through long sequences: with every commit failing in turn, and against a set of pages that
 * the test keeps itself.
 */
#include "stack_space.h"

/* -- For every N, the N-th commit fails -------------------------------------------------------- */

/* Three stacks come, grow and go; answers how many steps were refused. */
static uint32_t run_scenario(void)
{
    static const struct stack_layout layouts[3] = { { 256, 2, 16 }, { 16, 1, 1 }, { 40, 4, 2 } };
    struct stack stacks[3] = { { .pages = 0 } };
    uint32_t refused = 0;

    for (uint32_t step = 0; step < 30; step++) {
        struct stack *stack = &stacks[step % 3];
        struct stack before = *stack;
        uint64_t vas_before = vas_fingerprint();
        uint32_t pages_before = fake.committed_pages;
        enum la_status status = LA_OK;

        if (stack->pages == 0)
            status = stack_create(stack, &vas, &fake.port, &layouts[step % 3]);
        else if (step % 7 == 6)
            stack_destroy(stack, &fake.port);
        else
            status = stack_grow(stack, &fake.port, page_va(stack, stack->low_page - 1u));
        if (status == LA_OK)
            continue;
        refused++;
        CHECK_EQ(status, LA_NO_MEMORY);
        CHECK(same_stack(stack, &before));
        CHECK(vas_fingerprint() == vas_before);
        CHECK_EQ(fake.committed_pages, pages_before);
    }
    for (uint32_t i = 0; i < 3; i++)
        if (stacks[i].pages != 0)
            stack_destroy(&stacks[i], &fake.port);
    CHECK_EQ(fake.committed_pages, 0);
    return refused;
}

static void a_failing_commit_changes_nothing_whichever_it_is(void)
{
    begin(1, LA_SEGMENTS);

    uint64_t empty = vas_fingerprint();

    CHECK_EQ(run_scenario(), 0);

    uint32_t commits = fake.commits;

    CHECK(commits > 20);
    for (uint32_t n = 1; n <= commits; n++) {
        begin(1, LA_SEGMENTS);
        fake.fail_at = n;
        CHECK_EQ(run_scenario(), 1);
        CHECK(vas_fingerprint() == empty);
    }
}

/* -- Against a model --------------------------------------------------------------------------- */

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % limit;
}

static void random_growth_and_trimming_equals_a_set_of_pages(void)
{
    uint32_t seed = 1;

    begin(1, LA_SEGMENTS);

    struct stack stack = created(STACK_LAYOUT_DEFAULT);
    bool model[256] = { [254] = true, [255] = true };

    for (uint32_t step = 0; step < 20000; step++) {
        uint32_t page = random_below(&seed, 256);
        uint32_t keep = random_below(&seed, 4);

        if (random_below(&seed, 2) == 0) {
            bool allowed = page >= 16;

            CHECK_EQ(stack_grow(&stack, &fake.port, page_va(&stack, page)),
                     allowed ? LA_OK : LA_BAD_ADDRESS);
            for (uint32_t i = page; allowed && i < 256; i++)
                model[i] = true;
        } else {
            uint32_t below = 0;

            for (uint32_t i = 0; i < page; i++)
                below += model[i];
            (void)stack_trim(&stack, &fake.port, page_va(&stack, page), keep);
            for (uint32_t i = 0; i < page && below > keep; i++)
                if (model[i]) {
                    model[i] = false;
                    below--;
                }
        }
        for (uint32_t i = 0; i < 256; i++)
            CHECK_EQ(fake.committed[page_va(&stack, i) >> LA_PAGE_SHIFT], model[i]);
        CHECK(stack_check(&stack) == NULL);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_failing_commit_changes_nothing_whichever_it_is),
        CASE(random_growth_and_trimming_equals_a_set_of_pages),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
