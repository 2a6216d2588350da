/* SPDX-License-Identifier: 0BSD */
/* The fault verdict against the table in fault.h, written down again here as data: rules tried in
 * order over every combination of segment state, place, stack, error code and memory.
 */
#include "fault_space.h"

/* -- The whole truth table --------------------------------------------------------------------- */

enum place {
    PLACE_FREE = 1 << 0,
    PLACE_RESERVED = 1 << 1,
    PLACE_COMMITTED = 1 << 2,
    PLACE_GUARD = 1 << 3,
    PLACE_BETWEEN = 1 << 4, /* above the guard, below the committed part */
    PLACE_TOP = 1 << 5,     /* the committed part */
    PLACE_ANY = 63,
};

/* A bit of the access: 0, 1, or either. */
enum { NO, YES, ANY };

struct rule {
    unsigned places;
    int own_stack; /* the stack passed is the one `va` lies in */
    int allowed_now, present, execute;
    int enough_memory;
    enum fault_verdict verdict;
};

/* The first rule that fits counts; the last one fits everything. */
static const struct rule rules[] = {
    { PLACE_FREE | PLACE_RESERVED, ANY, ANY, ANY, ANY, ANY, FAULT_VIOLATION },
    { PLACE_ANY, ANY, YES, ANY, ANY, ANY, FAULT_RETRY },
    { PLACE_ANY, ANY, NO, YES, ANY, ANY, FAULT_VIOLATION },
    { PLACE_ANY, ANY, NO, NO, YES, ANY, FAULT_VIOLATION },
    { PLACE_COMMITTED, ANY, NO, NO, NO, YES, FAULT_MAP_ZERO },
    { PLACE_COMMITTED, ANY, NO, NO, NO, NO, FAULT_OUT_OF_MEMORY },
    { PLACE_ANY, NO, NO, NO, NO, ANY, FAULT_VIOLATION },
    { PLACE_GUARD, YES, NO, NO, NO, ANY, FAULT_OVERFLOW },
    { PLACE_BETWEEN, YES, NO, NO, NO, YES, FAULT_GROW },
    { PLACE_BETWEEN, YES, NO, NO, NO, NO, FAULT_OUT_OF_MEMORY },
    { PLACE_TOP, YES, NO, NO, NO, ANY, FAULT_RETRY },
    { PLACE_ANY, ANY, ANY, ANY, ANY, ANY, (enum fault_verdict)99 },
};

static bool matches(int wish, bool value)
{
    return wish == ANY || (wish == YES) == value;
}

static enum fault_verdict expected_verdict(enum place place, bool own_stack,
                                           const struct fault_access *access, bool enough_memory)
{
    const struct rule *rule = rules;

    while ((rule->places & (unsigned)place) == 0 || !matches(rule->own_stack, own_stack) ||
           !matches(rule->allowed_now, access->allowed_now) ||
           !matches(rule->present, access->present) || !matches(rule->execute, access->execute) ||
           !matches(rule->enough_memory, enough_memory))
        rule++;
    return rule->verdict;
}

struct spot {
    enum place place;
    va32_t page_va;
    uint32_t pages; /* of memory needed to repair a missing page here */
};

/* Every combination of everything else at one spot. */
static uint32_t check_spot(const struct spot *spot)
{
    struct stack stranger = upper; /* the same addresses in another space */
    const struct stack *const stacks[] = { &upper, NULL, &lower, &stranger };
    uint32_t memory[] = { 0, spot->pages > 0 ? spot->pages - 1u : 0, spot->pages, UINT32_MAX };
    uint32_t checked = 0;

    stranger.vas = &other_vas;
    for (uint32_t i = 0; i < 4u * 4u * 32u * 2u; i++) {
        const struct stack *stack = stacks[i % 4u];
        uint32_t free_pages = memory[i / 4u % 4u];
        uint32_t bits = i / 16u % 32u;
        struct fault_access access = { .va = spot->page_va + (i / 512u) * (LA_PAGE_BYTES - 1u),
                                       .present = (bits & 1u) != 0,
                                       .write = (bits & 2u) != 0,
                                       .user = (bits & 4u) != 0,
                                       .execute = (bits & 8u) != 0,
                                       .allowed_now = (bits & 16u) != 0 };
        struct fault_answer answer = fault_judge(&vas, stack, &access, free_pages);
        enum fault_verdict expected =
            expected_verdict(spot->place, stack == &upper, &access, free_pages >= spot->pages);
        bool needs =
            expected == FAULT_MAP_ZERO || expected == FAULT_GROW || expected == FAULT_OUT_OF_MEMORY;

        if (answer.verdict != expected)
            CHECK_FAIL("va 0x%08x, stack %u, bits %u, %u free pages: %s, expected %s",
                       (unsigned)access.va, i % 4u, bits, free_pages,
                       fault_verdict_name(answer.verdict), fault_verdict_name(expected));
        CHECK_EQ(answer.page_va, spot->page_va);
        CHECK_EQ(answer.pages, needs ? spot->pages : 0);
        checked++;
    }
    return checked;
}

static void every_combination_gets_the_verdict_of_the_table(void)
{
    static const struct stack_layout layouts[] = { { 256, 2, 16 }, { 16, 1, 1 }, { 16, 15, 1 } };
    uint32_t checked = 0;

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        begin(layouts[i]);

        const struct spot others[] = {
            { PLACE_FREE, free_va, 0 },
            { PLACE_FREE, lower.base_va - LA_PAGE_BYTES, 0 },
            { PLACE_RESERVED, 0, 0 }, /* segment 0 */
            { PLACE_RESERVED, reserved_va, 0 },
            { PLACE_RESERVED, reserved_va + 31u * LA_PAGE_BYTES, 0 },
            { PLACE_COMMITTED, committed_va, 1 },
            { PLACE_COMMITTED, committed_va + 31u * LA_PAGE_BYTES, 1 },
        };

        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            checked += check_spot(&others[k]);
        for (uint32_t page = 0; page < upper.pages; page++) {
            struct spot spot = { PLACE_BETWEEN, page_va(&upper, page), upper.low_page - page };

            if (page < layouts[i].guard_pages)
                spot = (struct spot){ PLACE_GUARD, spot.page_va, 0 };
            else if (page >= upper.pages - layouts[i].committed_pages)
                spot = (struct spot){ PLACE_TOP, spot.page_va, 0 };
            checked += check_spot(&spot);
        }
    }
    CHECK_EQ(checked, (3u * 7u + 256u + 16u + 16u) * 1024u);
}

static void judging_changes_nothing(void)
{
    static struct vas before;

    begin(STACK_LAYOUT_DEFAULT);
    before = vas;

    struct stack stack_before = upper;

    for (uint32_t page = 0; page < 256; page++)
        (void)judge_write(&upper, page_va(&upper, page));
    CHECK(memcmp(&before, &vas, sizeof vas) == 0);
    CHECK(stack_before.low_page == upper.low_page &&
          stack_before.low_page_min == upper.low_page_min);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_combination_gets_the_verdict_of_the_table),
        CASE(judging_changes_nothing),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
