/* SPDX-License-Identifier: 0BSD */
/* Ring 3: programs do what they may, end when they do what they may not, and leave nothing behind.
 * What a program itself finds wrong it says, and its status tells.
 */
#include "groups.h"
#include "user.h"

#include <kernel/space.h>
#include <kernel/text.h>

/* -- Ends -------------------------------------------------------------------------------------- */

struct end_row {
    const char *what;
    uint32_t end;
    uint32_t address_min; /* of the fault, inclusive; 0, 0: anywhere */
    uint32_t address_max;
};

static void check_ends(const struct end_row *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = selftest_free_frames();
        struct uabi_exit end;

        process_set_reports(false);
        bool ran = user_run("crash", rows[i].what, &end);
        process_set_reports(true);
        if (!ran)
            return;
        if (end.end != rows[i].end)
            selftest_fail(__FILE__, __LINE__, "%s: %s, expected %s", rows[i].what,
                          process_end_name(end.end), process_end_name(rows[i].end));
        if (rows[i].address_max != 0 &&
            (end.address < rows[i].address_min || end.address > rows[i].address_max))
            selftest_fail(__FILE__, __LINE__, "%s: address %08x, expected %08x to %08x",
                          rows[i].what, end.address, rows[i].address_min, rows[i].address_max);
        CHECK_EQUAL(selftest_free_frames(), before);
    }
}

#define CHECK_ENDS(rows) check_ends(rows, (uint32_t)(sizeof(rows) / sizeof(rows)[0]))

static void null_and_foreign_addresses_end_a_process(void)
{
    static const struct end_row rows[] = {
        { "", UABI_EXITED, 0, 0 },
        { "null-read", UABI_NULL_POINTER, 0, 1 },
        { "null-write", UABI_NULL_POINTER, 0xffc, 0xffc },
        { "null-call", UABI_NULL_POINTER, 0, 1 },
        { "unmapped", UABI_UNMAPPED, 0x70000000, 0x70000000 },
        { "unmapped-call", UABI_UNMAPPED, 0x70000000, 0x70000000 },
        { "kernel-image", UABI_KERNEL_ADDRESS, 0xc0101000, 0xc0101000 },
        { "kernel-write", UABI_KERNEL_ADDRESS, 0xc0101000, 0xc0101000 },
        { "kernel-call", UABI_KERNEL_ADDRESS, 0xc0101000, 0xc0101000 },
        { "kernel-ranges", UABI_KERNEL_ADDRESS, 0xf0001000, 0xf0001000 },
        { "kernel-tables", UABI_KERNEL_ADDRESS, 0xfffff000, 0xfffff000 },
        { "kernel-edge", UABI_KERNEL_ADDRESS, 0xc0000000, 0xc0000000 }, /* 2 bytes are its own */
    };

    CHECK_ENDS(rows);
}

static void pages_allow_what_was_committed(void)
{
    static const struct end_row rows[] = {
        { "not-committed", UABI_NOT_COMMITTED, 0, 0 },
        { "across-pages", UABI_NOT_COMMITTED, 0, 0 },
        { "decommitted", UABI_NOT_COMMITTED, 0, 0 },
        { "released", UABI_UNMAPPED, 0, 0 },
        { "read-only", UABI_PROTECTED, 0, 0 },
        { "read-only-mapped", UABI_PROTECTED, 0, 0 },
        { "no-access", UABI_PROTECTED, 0, 0 },
        { "constant", UABI_PROTECTED, 0x100000, 0x10ffff },
        { "code", UABI_PROTECTED, 0x100000, 0x10ffff },
    };

    CHECK_ENDS(rows);
}

static void stacks_end_at_their_guards(void)
{
    static const struct end_row rows[] = {
        { "overflow", UABI_STACK_OVERFLOW, 0xbff00000, 0xbff0ffff },
        { "overflow-thread", UABI_STACK_OVERFLOW, 0xbfe00000, 0xbfe0ffff },
        { "overflow-small", UABI_STACK_OVERFLOW, 0xbfef0000, 0xbfef0fff },
        { "frame-into-guard", UABI_STACK_OVERFLOW, 0, 0 },
        { "frame-over-guard", UABI_UNMAPPED, 0, 0 },
        { "frame-over-small-guard", UABI_UNMAPPED, 0, 0 },
        { "other-guard", UABI_GUARD, 0, 0 },
        { "other-reserve", UABI_OTHER_STACK, 0, 0 },
    };

    CHECK_ENDS(rows);
}

static void the_processor_is_the_kernel_s(void)
{
    static const struct end_row rows[] = {
        { "cli", UABI_PRIVILEGED, 0, 0 },     { "hlt", UABI_PRIVILEGED, 0, 0 },
        { "in", UABI_PRIVILEGED, 0, 0 },      { "cr3", UABI_PRIVILEGED, 0, 0 },
        { "segment", UABI_PRIVILEGED, 0, 0 }, { "interrupt", UABI_PRIVILEGED, 0, 0 },
        { "ud2", UABI_BAD_OPCODE, 0, 0 },     { "divide", UABI_DIVISION, 0, 0 },
    };

    CHECK_ENDS(rows);
}

/* -- User memory ------------------------------------------------------------------------------- */

static struct space guarded; /* large */

/* What the kernel can do with a user page while it is closed: copy, and nothing else. */
static void check_guard(va32_t va, uint32_t guards)
{
    uint32_t word = 77;

    CHECK_EQUAL(port_copy_out(va, &word, sizeof word), 0);
    word = 0;
    CHECK_EQUAL(port_copy_in(&word, va, sizeof word), 0);
    CHECK_EQUAL(word, 77);
    CHECK_EQUAL(port_probe_read(va, NULL, NULL), (guards & PORT_GUARDS_ACCESS) == 0);
    CHECK_EQUAL(port_probe_write(va, 0xc3, NULL), (guards & PORT_GUARDS_ACCESS) == 0);
    /* And after a fault in the middle of a copy. */
    CHECK_EQUAL(port_copy_in(&word, va + LA_PAGE_BYTES - 2u, sizeof word), 2);
    CHECK_EQUAL(port_probe_read(va, NULL, NULL), (guards & PORT_GUARDS_ACCESS) == 0);
}

static void only_copies_reach_user_memory(void)
{
    const struct vas_request request = { .segments = 1, .state = VAS_RESERVED };
    uint32_t guards = port_user_guard(false);
    uint32_t value = 0;
    va32_t va;

    if (guards == 0)
        selftest_skip("this processor has neither SMEP nor SMAP");
    CHECK(space_create(&guarded, 1, 0x1000, false) == LA_OK);
    CHECK(vas_reserve(&guarded.vas, &request, &va) == LA_OK);
    CHECK(space_map_zeroed(&guarded, va, 1) == LA_OK);
    space_activate(&guarded);
    CHECK(port_probe_write(va, 0xc3, NULL)); /* a return instruction */
    CHECK(port_probe_execute(va, NULL));
    (void)port_user_guard(true);
    bool executed = port_probe_execute(va, NULL);
    check_guard(va, guards);
    (void)port_user_guard(false);
    CHECK_EQUAL(executed, (guards & PORT_GUARDS_EXECUTION) == 0);
    CHECK(port_probe_read(va, &value, NULL));
    space_activate(NULL);
    space_destroy(&guarded);
}

/* -- Programs that judge themselves ------------------------------------------------------------ */

static void hostile_calls_are_refused(void)
{
    process_set_reports(false);
    user_check("calls", "");
    process_set_reports(true);
}

static void the_timer_takes_turns_away_and_keeps_registers(void)
{
    user_check("threads", "preemption");
}

static void stacks_grow_through_deep_recursion(void)
{
    user_check("threads", "recursion");
}

static void instructions_may_straddle_the_edge_of_a_stack(void)
{
    user_check("threads", "edges");
}

static void a_contained_thread_overflows_alone(void)
{
    process_set_reports(false);
    user_check("threads", "contained");
    process_set_reports(true);
}

static void new_stacks_are_zero(void)
{
    user_check("threads", "zeroes");
}

static void a_mutex_excludes(void)
{
    user_check("threads", "mutex");
}

static void words_wake_in_order_and_time_out(void)
{
    user_check("threads", "words");
}

static void libraries_go_wherever_they_fit(void)
{
    user_check("threads", "libraries");
}

/* -- Memory ------------------------------------------------------------------------------------ */

static void heaps_go_as_a_whole(void)
{
    user_check("heaps", "many");
}

static void malloc_and_its_family(void)
{
    user_check("heaps", "family");
    user_check("heaps", "malloc");
}

static void pages_are_zero_and_faults_are_counted(void)
{
    user_check("heaps", "zero");
}

static void pages_are_private(void)
{
    user_check("heaps", "private");
}

static void a_heap_ends_cleanly_and_goes_on(void)
{
    user_check("heaps", "exhaustion");
}

static void a_stack_without_memory_ends_its_thread(void)
{
    process_set_reports(false);
    user_check("heaps", "stack-without-memory");
    process_set_reports(true);
}

static void heaps_and_stacks_share_all_addresses(void)
{
    user_check("heaps", "heaps");
    user_check("heaps", "stacks");
    user_check("heaps", "both");
}

/* -- Churn ------------------------------------------------------------------------------------- */

/* Two hundred, or as many as churn=N on the command line says. */
static void check_churn(const char *what)
{
    char argument[32];

    (void)print_to(argument, sizeof argument, "%s=%u", what,
                   text_option_number(selftest_boot()->command_line, "churn", 200));
    process_set_reports(false);
    user_check("threads", argument);
    process_set_reports(true);
}

static void many_threads_leave_nothing(void)
{
    check_churn("threads");
}

static void many_processes_leave_nothing(void)
{
    check_churn("processes");
}

const struct selftest user_tests[] = {
    { "null_and_foreign_addresses_end_a_process", null_and_foreign_addresses_end_a_process },
    { "pages_allow_what_was_committed", pages_allow_what_was_committed },
    { "stacks_end_at_their_guards", stacks_end_at_their_guards },
    { "the_processor_is_the_kernel_s", the_processor_is_the_kernel_s },
    { "only_copies_reach_user_memory", only_copies_reach_user_memory },
    { "hostile_calls_are_refused", hostile_calls_are_refused },
    { "the_timer_takes_turns_away_and_keeps_registers",
      the_timer_takes_turns_away_and_keeps_registers },
    { "stacks_grow_through_deep_recursion", stacks_grow_through_deep_recursion },
    { "instructions_may_straddle_the_edge_of_a_stack",
      instructions_may_straddle_the_edge_of_a_stack },
    { "a_contained_thread_overflows_alone", a_contained_thread_overflows_alone },
    { "new_stacks_are_zero", new_stacks_are_zero },
    { "a_mutex_excludes", a_mutex_excludes },
    { "words_wake_in_order_and_time_out", words_wake_in_order_and_time_out },
    { "libraries_go_wherever_they_fit", libraries_go_wherever_they_fit },
    { "heaps_go_as_a_whole", heaps_go_as_a_whole },
    { "malloc_and_its_family", malloc_and_its_family },
    { "pages_are_zero_and_faults_are_counted", pages_are_zero_and_faults_are_counted },
    { "pages_are_private", pages_are_private },
    { "a_heap_ends_cleanly_and_goes_on", a_heap_ends_cleanly_and_goes_on },
    { "a_stack_without_memory_ends_its_thread", a_stack_without_memory_ends_its_thread },
    { "heaps_and_stacks_share_all_addresses", heaps_and_stacks_share_all_addresses },
    { "many_threads_leave_nothing", many_threads_leave_nothing },
    { "many_processes_leave_nothing", many_processes_leave_nothing },
    { NULL, NULL },
};
