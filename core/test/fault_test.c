/* SPDX-License-Identifier: 0BSD */
/* The traps of page faults and stacks, each by its number and as a story; the whole truth table is
 * in fault_table_test.c.
 */
#include "fault_space.h"

/* -- The traps, by number ---------------------------------------------------------------------- */

static void trap_27_the_edges_of_a_stack(void)
{
    begin(STACK_LAYOUT_DEFAULT);

    const struct {
        const char *what;
        va32_t va;
        enum fault_verdict verdict;
    } cases[] = {
        { "last byte below the stack", upper.base_va - 1u, FAULT_VIOLATION },
        { "guard bottom", upper.base_va, FAULT_OVERFLOW },
        { "guard's last byte", page_va(&upper, 16) - 1u, FAULT_OVERFLOW },
        { "guard top, exclusive", page_va(&upper, 16), FAULT_GROW },
        { "last missing byte", page_va(&upper, 254) - 1u, FAULT_GROW },
        { "first committed byte", page_va(&upper, 254), FAULT_RETRY },
        { "last byte", stack_end_va(&upper) - 1u, FAULT_RETRY },
        { "end, exclusive: address 0", stack_end_va(&upper), FAULT_VIOLATION },
    };

    CHECK_EQ(stack_end_va(&upper), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_verdict(cases[i].what, judge_write(&upper, cases[i].va), cases[i].verdict);
    check_verdict("lower stack's end is the upper one's guard", judge_write(&lower, upper.base_va),
                  FAULT_VIOLATION);
}

static void answer_is_about_a_whole_page(void)
{
    begin(STACK_LAYOUT_DEFAULT);
    for (uint32_t bit = 0; bit < LA_PAGE_SHIFT; bit++)
        CHECK_EQ(judge_write(&upper, page_va(&upper, 20) + (1u << bit)).page_va,
                 page_va(&upper, 20));
}

/* A processor without page tables: touches [va, va + bytes), faults on the first missing page,
 * obeys the verdict. Answers how many faults it took, or stops at a verdict that does not repair.
 */
static uint32_t touch(struct stack *stack, va32_t va, uint32_t bytes, enum fault_verdict *ret_last)
{
    uint32_t faults = 0;

    for (uint32_t done = 0; done < bytes;) {
        va32_t at = va + done;

        if (fake.committed[at >> LA_PAGE_SHIFT]) {
            done += LA_PAGE_BYTES - at % LA_PAGE_BYTES;
            continue;
        }

        struct fault_answer answer = judge_write(stack, at);

        CHECK(++faults < 10);
        *ret_last = answer.verdict;
        if (answer.verdict == FAULT_GROW)
            CHECK_EQ(stack_grow(stack, &fake.port, at), LA_OK);
        else if (answer.verdict == FAULT_MAP_ZERO)
            CHECK_EQ(fake.port.commit(&fake, answer.page_va, answer.pages), LA_OK);
        else
            break;
    }
    return faults;
}

/* Trap 28: a misaligned word, PUSHA or FXSAVE over two pages reports the second page's address. */
static void trap_28_an_access_across_pages(void)
{
    enum fault_verdict last = FAULT_VIOLATION;

    begin(STACK_LAYOUT_DEFAULT);
    CHECK_EQ(touch(NULL, committed_va + LA_PAGE_BYTES - 2u, 4, &last), 2);
    CHECK_EQ(last, FAULT_MAP_ZERO);
    CHECK_EQ(fake.committed[(committed_va >> LA_PAGE_SHIFT) + 1u], 1);
    /* Growing fills upwards, so the second page is there already. */
    CHECK_EQ(touch(&upper, page_va(&upper, 200) - 256u, 512, &last), 1);
    CHECK_EQ(upper.low_page, 199);
    /* The last bytes of the guard and the first above it: the lower page decides. */
    CHECK_EQ(touch(&upper, page_va(&upper, 16) - 2u, 4, &last), 1);
    CHECK_EQ(last, FAULT_OVERFLOW);
    /* From the stack's last committed page into a segment that is nobody's. */
    CHECK_EQ(touch(&lower, page_va(&lower, 256) - 2u, 4, &last), 1);
    CHECK_EQ(last, FAULT_VIOLATION);
}

/* Trap 29: what lies far below the stack pointer grows the stack, whatever instruction it was. */
static void trap_29_pusha_enter_and_large_frames(void)
{
    static const uint32_t below_low[] = { 4, 32, 512, 8192, 65536, 65536 * 14 };

    for (size_t i = 0; i < sizeof below_low / sizeof below_low[0]; i++) {
        begin(STACK_LAYOUT_DEFAULT);

        va32_t va = page_va(&upper, upper.low_page) - below_low[i];
        struct fault_answer answer = judge_write(&upper, va);

        CHECK_EQ(answer.verdict, FAULT_GROW);
        CHECK_EQ(answer.pages, (below_low[i] + LA_PAGE_BYTES - 1u) / LA_PAGE_BYTES);
        CHECK_EQ(stack_grow(&upper, &fake.port, va), LA_OK);
        CHECK_EQ(fake.committed_pages, 4u + answer.pages);
        check_verdict("the same access again", judge_write(&upper, va), FAULT_RETRY);
    }
}

static void trap_31_out_of_memory_is_final(void)
{
    begin(STACK_LAYOUT_DEFAULT);

    struct fault_access grow = { .va = page_va(&upper, 250), .write = true };
    struct fault_access zero = { .va = committed_va, .write = true };

    for (uint32_t free_pages = 0; free_pages < 6; free_pages++) {
        check_verdict("growing by 4 pages", fault_judge(&vas, &upper, &grow, free_pages),
                      free_pages < 4 ? FAULT_OUT_OF_MEMORY : FAULT_GROW);
        check_verdict("mapping a page", fault_judge(&vas, NULL, &zero, free_pages),
                      free_pages < 1 ? FAULT_OUT_OF_MEMORY : FAULT_MAP_ZERO);
    }
    /* An overflow stays one: memory would not help. */
    grow.va = upper.base_va;
    check_verdict("in the guard", fault_judge(&vas, &upper, &grow, 0), FAULT_OVERFLOW);
}

static void trap_33_the_second_thread_on_a_page_retries(void)
{
    begin(STACK_LAYOUT_DEFAULT);

    va32_t va = page_va(&upper, 200);

    check_verdict("first thread", judge_write(&upper, va), FAULT_GROW);
    check_verdict("second thread, before", judge_write(&upper, va), FAULT_GROW);
    CHECK_EQ(stack_grow(&upper, &fake.port, va), LA_OK);
    check_verdict("second thread, after", judge_write(&upper, va), FAULT_RETRY);
    CHECK_EQ(stack_grow(&upper, &fake.port, va), LA_OK); /* it may also obey its old verdict */
    CHECK_EQ(fake.committed_pages, 4u + 54u);
}

static void trap_34_a_stale_fault_retries(void)
{
    struct fault_access access = { .write = true, .user = true, .allowed_now = true };

    begin(STACK_LAYOUT_DEFAULT);
    for (uint32_t present = 0; present < 2; present++) {
        access.present = present != 0;
        access.va = committed_va;
        check_verdict("committed", fault_judge(&vas, NULL, &access, 0), FAULT_RETRY);
        access.va = page_va(&upper, 255);
        check_verdict("stack", fault_judge(&vas, &upper, &access, 0), FAULT_RETRY);
        /* A mapping where nobody owns addresses is a bug, not a race. */
        access.va = free_va;
        check_verdict("free", fault_judge(&vas, NULL, &access, 0), FAULT_VIOLATION);
        access.va = reserved_va;
        check_verdict("reserved", fault_judge(&vas, NULL, &access, 0), FAULT_VIOLATION);
    }
}

static void trap_35_error_codes(void)
{
    begin(STACK_LAYOUT_DEFAULT);

    const struct {
        const char *what;
        struct fault_access access;
        enum fault_verdict verdict;
    } cases[] = {
        { "read of a missing page", { .va = committed_va }, FAULT_MAP_ZERO },
        { "write to a missing page", { .va = committed_va, .write = true }, FAULT_MAP_ZERO },
        { "write to a read-only page",
          { .va = committed_va, .present = true, .write = true },
          FAULT_VIOLATION },
        { "user access to a kernel page",
          { .va = committed_va, .present = true, .user = true },
          FAULT_VIOLATION },
        { "execution of a page without code",
          { .va = committed_va, .execute = true, .user = true },
          FAULT_VIOLATION },
        { "execution of data",
          { .va = committed_va, .present = true, .execute = true },
          FAULT_VIOLATION },
        { "jump into a stack", { .va = page_va(&upper, 100), .execute = true }, FAULT_VIOLATION },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_verdict(cases[i].what, fault_judge(&vas, &upper, &cases[i].access, 100),
                      cases[i].verdict);
}

/* Trap 39: each stack's guard is next to the top of the stack below. */
static void trap_39_a_fault_belongs_to_one_of_two_neighbours(void)
{
    begin(STACK_LAYOUT_SMALL);
    check_verdict("upper's guard, by upper", judge_write(&upper, upper.base_va), FAULT_OVERFLOW);
    check_verdict("upper's guard, by lower", judge_write(&lower, upper.base_va), FAULT_VIOLATION);
    check_verdict("lower's untouched part, by upper", judge_write(&upper, page_va(&lower, 14)),
                  FAULT_VIOLATION);
    check_verdict("lower's untouched part, by lower", judge_write(&lower, page_va(&lower, 14)),
                  FAULT_GROW);
    check_verdict("lower's guard, by upper", judge_write(&upper, lower.base_va), FAULT_VIOLATION);
}

/* -- Recorded: a guard that is too small ------------------------------------------------------- */

/* A frame of `bytes` is entered with the stack grown to its last page; the frame's lowest byte is
 * touched first.
 */
static enum fault_verdict enter_frame(const struct stack *stack, uint32_t bytes)
{
    return judge_write(stack, page_va(stack, stack->guard_pages) - bytes).verdict;
}

static void a_frame_as_large_as_the_guard_is_an_overflow(void)
{
    for (uint32_t bytes = 1; bytes <= 16u * LA_PAGE_BYTES; bytes += 97u) {
        begin(STACK_LAYOUT_DEFAULT);
        CHECK_EQ(stack_grow(&upper, &fake.port, page_va(&upper, 16)), LA_OK);
        CHECK_EQ(enter_frame(&upper, bytes), FAULT_OVERFLOW);
    }
    CHECK_EQ(enter_frame(&upper, 16u * LA_PAGE_BYTES), FAULT_OVERFLOW);
}

/* A 4 KiB guard was jumped by a 64 KiB frame in six of eight depths: the frame lands in the foreign
 * segment below, which says no because the stack is not the thread's own.
 */
static void a_frame_larger_than_the_guard_lands_in_a_foreign_segment(void)
{
    begin(STACK_LAYOUT_SMALL);
    CHECK_EQ(enter_frame(&upper, LA_PAGE_BYTES), FAULT_OVERFLOW);
    CHECK_EQ(enter_frame(&upper, 65536), FAULT_VIOLATION);    /* the stack below */
    CHECK_EQ(enter_frame(&lower, 65536), FAULT_VIOLATION);    /* free */
    CHECK_EQ(enter_frame(&lower, 1048576u), FAULT_VIOLATION); /* free */
    begin(STACK_LAYOUT_DEFAULT);
    CHECK_EQ(enter_frame(&upper, 65536), FAULT_OVERFLOW); /* a guard of one segment holds it */
    CHECK_EQ(enter_frame(&upper, 65536 + 3 * 4096), FAULT_VIOLATION);
    CHECK_EQ(enter_frame(&lower, 65536 + 1), FAULT_VIOLATION);
}

/* What no verdict can help: the committed top of the stack below takes the write without a fault.
 * Frames that large need compiler probes.
 */
static void a_frame_that_lands_on_a_neighbours_top_does_not_even_fault(void)
{
    enum fault_verdict last = FAULT_VIOLATION;

    begin(STACK_LAYOUT_SMALL);
    CHECK_EQ(touch(&upper, upper.base_va - 4u, 4, &last), 0);
}

/* -- The rest ---------------------------------------------------------------------------------- */

static void outside_the_managed_range_is_a_violation(void)
{
    begin(STACK_LAYOUT_DEFAULT);
    vas_init(&vas, 100, 200);
    check_verdict("null", judge_write(NULL, 0), FAULT_VIOLATION);
    check_verdict("below the range", judge_write(NULL, la_segment_va(100) - 1u), FAULT_VIOLATION);
    check_verdict("above the range", judge_write(NULL, la_segment_va(200)), FAULT_VIOLATION);
    check_verdict("last address", judge_write(NULL, 0xffffffffu), FAULT_VIOLATION);
}

static void a_destroyed_stack_gets_no_fault(void)
{
    begin(STACK_LAYOUT_DEFAULT);

    va32_t va = page_va(&upper, 100);

    stack_destroy(&upper, &fake.port);
    check_verdict("destroyed", judge_write(&upper, va), FAULT_VIOLATION);
}

static void every_verdict_has_a_name(void)
{
    CHECK_STR(fault_verdict_name(FAULT_MAP_ZERO), "map zeroed page");
    CHECK_STR(fault_verdict_name(FAULT_GROW), "grow");
    CHECK_STR(fault_verdict_name(FAULT_RETRY), "retry");
    CHECK_STR(fault_verdict_name(FAULT_OVERFLOW), "stack overflow");
    CHECK_STR(fault_verdict_name(FAULT_VIOLATION), "violation");
    CHECK_STR(fault_verdict_name(FAULT_OUT_OF_MEMORY), "out of memory");
    CHECK_STR(fault_verdict_name((enum fault_verdict)99), "unknown verdict");
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(trap_27_the_edges_of_a_stack),
        CASE(answer_is_about_a_whole_page),
        CASE(trap_28_an_access_across_pages),
        CASE(trap_29_pusha_enter_and_large_frames),
        CASE(trap_31_out_of_memory_is_final),
        CASE(trap_33_the_second_thread_on_a_page_retries),
        CASE(trap_34_a_stale_fault_retries),
        CASE(trap_35_error_codes),
        CASE(trap_39_a_fault_belongs_to_one_of_two_neighbours),
        CASE(a_frame_as_large_as_the_guard_is_an_overflow),
        CASE(a_frame_larger_than_the_guard_lands_in_a_foreign_segment),
        CASE(a_frame_that_lands_on_a_neighbours_top_does_not_even_fault),
        CASE(outside_the_managed_range_is_a_violation),
        CASE(a_destroyed_stack_gets_no_fault),
        CASE(every_verdict_has_a_name),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
