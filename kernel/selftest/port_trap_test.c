/* SPDX-License-Identifier: 0BSD */
/* The second half of the conformance suite: what a fault tells, accesses that may fault, contexts,
 * jumps, interrupts and the clock.
 */
#include "groups.h"

#include <kernel/faults.h>
#include <kernel/kstack.h>
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/text.h>

#include "places.h"

/* A page for reading only and the hole behind it, in the user half of the active space. */
struct bench {
    struct port_space space;
    uint32_t frame;
    va32_t va;
};

static bool set_up(struct bench *bench, uint32_t protection)
{
    bench->va = place_user_va(7);
    bench->frame = memory_take_zeroed(FRAMES_HIGH);
    EXPECT(bench->frame != PORT_NO_FRAME);
    EXPECT(port_space_create(&bench->space) == LA_OK);
    port_space_activate(&bench->space);
    EXPECT(port_map(&bench->space, bench->va, bench->frame, protection) == LA_OK);
    return true;
}

static void tear_down(struct bench *bench)
{
    CHECK(port_unmap(&bench->space, bench->va) == bench->frame);
    port_space_activate(&port_kernel_space);
    port_space_destroy(&bench->space);
    memory_give(bench->frame);
}

/* -- Faults ------------------------------------------------------------------------------------ */

static bool check_fault(const struct port_fault *fault, va32_t va, bool present, bool write)
{
    EXPECT(fault->va == va);
    EXPECT(fault->present == present);
    EXPECT(fault->write == write);
    EXPECT(!fault->user);
    EXPECT(fault->ip != 0 && fault->sp != 0);
    return true;
}

static void a_fault_tells_address_and_access(void)
{
    struct bench bench;
    struct port_fault fault;
    va32_t hole;

    if (!set_up(&bench, PORT_USER))
        return;
    hole = bench.va + LA_PAGE_BYTES;
    CHECK(port_probe_read(bench.va, NULL, &fault));
    CHECK(!port_probe_write(bench.va + 12u, 1, &fault));
    CHECK(check_fault(&fault, bench.va + 12u, true, true));
    CHECK(!port_probe_read(hole + 4u, NULL, &fault));
    CHECK(check_fault(&fault, hole + 4u, false, false));
    CHECK(!port_probe_write(hole + 8u, 1, &fault));
    CHECK(check_fault(&fault, hole + 8u, false, true));
    /* Across the edge: the second page is what is missing. */
    CHECK(!port_probe_read(hole - 2u, NULL, &fault));
    CHECK(check_fault(&fault, hole, false, false));
    tear_down(&bench);
}

static void executing_nothing_faults_at_the_target(void)
{
    struct bench bench;
    struct port_fault fault;
    va32_t hole;

    if (!set_up(&bench, PORT_USER))
        return;
    hole = bench.va + LA_PAGE_BYTES + 0x40u;
    CHECK(!port_probe_execute(hole, &fault));
    CHECK_EQUAL(fault.va, hole);
    CHECK_EQUAL(fault.ip, hole);
    CHECK(!fault.present && !fault.write && !fault.user);
    tear_down(&bench);
}

static void data_is_not_executed_where_that_can_be_refused(void)
{
    struct bench bench;
    struct port_fault fault;

    if (!port_geometry->has_execute) {
        selftest_skip("this processor executes whatever it can read");
        return;
    }
    if (!set_up(&bench, PORT_USER | PORT_WRITE))
        return;
    CHECK(port_probe_read(bench.va, NULL, NULL)); /* the translation is there */
    CHECK(!port_probe_execute(bench.va, &fault));
    CHECK(fault.va == bench.va && fault.present && fault.execute);
    tear_down(&bench);
}

/* -- Accesses that may fault ------------------------------------------------------------------- */

static void copies_stop_at_the_first_bad_byte(void)
{
    struct bench bench;
    char text[64];

    if (!set_up(&bench, PORT_USER | PORT_WRITE))
        return;
    va32_t end = bench.va + LA_PAGE_BYTES;
    for (uint32_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    /* Every alignment and length around the edge: what fits is copied, the rest is counted. */
    for (uint32_t fits = 0; fits < 12u; fits++) {
        for (uint32_t bytes = 0; bytes < 20u; bytes++) {
            uint32_t left = bytes > fits ? bytes - fits : 0;
            char back[20];

            CHECK_EQUAL(port_copy_out(end - fits, text, bytes), left);
            memset(back, -1, sizeof back);
            CHECK_EQUAL(port_copy_in(back, end - fits, bytes), left);
            CHECK(memcmp(back, text, bytes - left) == 0);
            CHECK(bytes - left == sizeof back || back[bytes - left] == -1);
        }
    }
    CHECK_EQUAL(port_copy_in(text, port_geometry->user_end - 8u, 8), 8);
    CHECK_EQUAL(port_copy_out(0, text, 1), 1);
    tear_down(&bench);
}

static void strings_end_at_nul_limit_or_fault(void)
{
    struct bench bench;
    char text[16];

    if (!set_up(&bench, PORT_USER | PORT_WRITE))
        return;
    va32_t end = bench.va + LA_PAGE_BYTES;
    CHECK_EQUAL(port_copy_out(end - 6u, "abcd", 5), 0);
    CHECK_EQUAL(port_copy_out(end - 1u, "x", 1), 0);
    CHECK_EQUAL(port_copy_in_string(text, end - 6u, sizeof text), 5);
    CHECK(text_equal(text, "abcd"));
    CHECK_EQUAL(port_copy_in_string(text, end - 6u, 5), 5);
    CHECK_EQUAL(port_copy_in_string(text, end - 6u, 4), 0);
    CHECK_EQUAL(port_copy_in_string(text, end - 1u, sizeof text), UINT32_MAX);
    tear_down(&bench);
}

/* -- Jumps and contexts ------------------------------------------------------------------------ */

static struct port_jump jump;

static __attribute__((noinline)) void jump_from(uint32_t depth)
{
    volatile char frame[64];

    frame[0] = (char)depth;
    if (depth == 1u)
        port_jump_to(&jump, 42);
    if (depth > 0)
        jump_from(depth - 1u);
    frame[1] = frame[0];
}

static void jumps_come_back_with_their_value(void)
{
    volatile uint32_t times = 0;
    int value = port_jump_set(&jump);

    times = times + 1u;
    if (value == 0)
        jump_from(20);
    CHECK_EQUAL(value, 42);
    CHECK_EQUAL(times, 2);
}

/* Two sides that count by turns. */
struct turns {
    struct port_context main;
    struct port_context other;
    uint32_t count;
    va32_t other_sp;
};

static void other_side(void *argument)
{
    struct turns *turns = argument;
    uint32_t mine = 0; /* must survive every switch */

    for (;;) {
        turns->other_sp = (va32_t)(uintptr_t)__builtin_frame_address(0);
        mine++;
        turns->count += mine;
        port_context_switch(&turns->other, &turns->main);
    }
}

static void contexts_take_turns(void)
{
    struct kstack kstack;
    struct turns turns = { .count = 0 };

    CHECK(kstack_create(&kstack, "turns") == LA_OK);
    uint32_t saved = port_irq_save();
    port_context_init(&turns.other, stack_end_va(&kstack.stack), other_side, &turns);
    for (uint32_t i = 0; i < 100u; i++)
        port_context_switch(&turns.main, &turns.other);
    port_irq_restore(saved);
    CHECK_EQUAL(turns.count, 5050); /* 1 + 2 + ... + 100 */
    CHECK(stack_contains(&kstack.stack, turns.other_sp));
    kstack_destroy(&kstack);
}

/* -- Interrupts -------------------------------------------------------------------------------- */

/* Whether a tick comes within a time that is long for the machine. */
static bool tick_comes(void)
{
    uint32_t before = kernel_ticks();

    for (uint32_t i = 0; i < 3u && kernel_ticks() == before; i++)
        port_idle();
    return kernel_ticks() != before;
}

static void ticks_come_while_they_are_let_in(void)
{
    uint32_t outer = port_irq_save();
    uint32_t inner = port_irq_save();

    port_tick_start(1000);
    CHECK(tick_comes());
    CHECK(tick_comes());
    /* Not while interrupts are off, even after an inner restore. */
    uint32_t before = kernel_ticks();
    port_irq_restore(inner);
    for (volatile uint32_t i = 0; i < 2000000u; i++)
        ;
    CHECK_EQUAL(kernel_ticks(), before);
    port_tick_start(0);
    port_irq_restore(outer);
}

static void cycles_go_up(void)
{
    uint64_t first = port_cycles();
    uint64_t second = port_cycles();

    if (first == 0 && second == 0)
        selftest_skip("this processor has no counter");
    else
        CHECK(second > first);
}

const struct selftest port_trap_tests[] = {
    { "a_fault_tells_address_and_access", a_fault_tells_address_and_access },
    { "executing_nothing_faults_at_the_target", executing_nothing_faults_at_the_target },
    { "data_is_not_executed_where_that_can_be_refused",
      data_is_not_executed_where_that_can_be_refused },
    { "copies_stop_at_the_first_bad_byte", copies_stop_at_the_first_bad_byte },
    { "strings_end_at_nul_limit_or_fault", strings_end_at_nul_limit_or_fault },
    { "jumps_come_back_with_their_value", jumps_come_back_with_their_value },
    { "contexts_take_turns", contexts_take_turns },
    { "ticks_come_while_they_are_let_in", ticks_come_while_they_are_let_in },
    { "cycles_go_up", cycles_go_up },
    { NULL, NULL },
};
