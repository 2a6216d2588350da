/* SPDX-License-Identifier: 0BSD */
/* Ends in the way its argument names; each is one row of the kernel's test of ends. If it goes on
 * instead, its status is 1.
 */
#include "../lib/user.h"

static const uint32_t constant = 7; /* in read-only memory */
static volatile uint32_t sink;

/* An address that the compiler knows nothing of. */
static uintptr_t hidden(uint32_t va)
{
    __asm__ volatile("" : "+r"(va));
    return va;
}

static void read_at(uint32_t va)
{
    sink = *(volatile uint32_t *)hidden(va);
}

static void write_at(uint32_t va)
{
    *(volatile uint32_t *)hidden(va) = 1;
}

static void execute_at(uint32_t va)
{
    ((void (*)(void))hidden(va))();
}

/* The frame is used after the call, so that no compiler makes a loop of it. */
static uint32_t recurse(uint32_t depth)
{
    volatile uint32_t frame[64];

    frame[depth % 64u] = depth;
    return (depth == UINT32_MAX ? 0 : recurse(depth + 1u)) + frame[(depth + 1u) % 64u];
}

static void overflow(void)
{
    sink = recurse(0);
}

static USER_THREAD void overflow_thread(uint32_t argument)
{
    (void)argument;
    overflow();
    user_thread_exit(1);
}

static USER_THREAD void frame_thread(uint32_t bytes)
{
    user_frame(bytes);
    user_thread_exit(1);
}

static USER_THREAD void sleep_thread(uint32_t argument)
{
    (void)argument;
    for (;;)
        user_sleep(1000);
}

/* A thread whose end is this process's end. */
static void in_thread(user_thread_fn run, uint32_t argument, uint32_t flags)
{
    struct uabi_exit end;

    (void)user_join(user_thread_start(run, argument, flags), &end);
}

/* Where the stack of another thread begins: the only other stack of this process. */
static uint32_t other_stack(void)
{
    struct uabi_region region = { .base = UABI_USER_FIRST };
    uint32_t number = user_thread_start(sleep_thread, 0, UABI_STACK_LARGE);

    while (user_query(region.base + region.bytes, &region) == UABI_OK)
        if (region.label == UABI_LABEL(UABI_STACK, number))
            return region.base;
    user_exit(2);
}

static void act_memory(const char *what)
{
    uint32_t plain = user_reserve(3 * UABI_PAGE_BYTES, UABI_PLACE_LOW);

    if (user_commit(plain, 2 * UABI_PAGE_BYTES, UABI_READ_WRITE) != UABI_OK)
        user_exit(2);
    if (text_equal(what, "not-committed"))
        read_at(plain + 2 * UABI_PAGE_BYTES);
    else if (text_equal(what, "across-pages")) /* the second page of the access is missing */
        read_at(plain + 2 * UABI_PAGE_BYTES - 2);
    else if (text_equal(what, "decommitted")) {
        write_at(plain);
        (void)user_decommit(plain, UABI_PAGE_BYTES);
        read_at(plain);
    } else if (text_equal(what, "released")) {
        write_at(plain);
        (void)user_release(plain);
        read_at(plain);
    } else if (text_equal(what, "read-only")) {
        (void)user_call(UABI_PROTECT, plain, UABI_PAGE_BYTES, UABI_READ_ONLY, 0, 0);
        read_at(plain);
        write_at(plain);
    } else if (text_equal(what, "read-only-mapped")) {
        write_at(plain);
        (void)user_call(UABI_PROTECT, plain, UABI_PAGE_BYTES, UABI_READ_ONLY, 0, 0);
        write_at(plain);
    } else if (text_equal(what, "no-access")) {
        write_at(plain);
        (void)user_call(UABI_PROTECT, plain, UABI_PAGE_BYTES, UABI_NO_ACCESS, 0, 0);
        read_at(plain);
    }
}

static void act_stack(const char *what)
{
    if (text_equal(what, "overflow"))
        overflow();
    else if (text_equal(what, "overflow-thread"))
        in_thread(overflow_thread, 0, UABI_STACK_LARGE);
    else if (text_equal(what, "overflow-small"))
        in_thread(overflow_thread, 0, UABI_STACK_SMALL);
    else if (text_equal(what,
                        "frame-into-guard")) /* 1 MiB - 64 KiB are there: 32 KiB into the guard */
        in_thread(frame_thread, 0xf8000, UABI_STACK_LARGE);
    else if (text_equal(what, "frame-over-guard")) /* past the whole stack: nobody's addresses */
        in_thread(frame_thread, 0x110000, UABI_STACK_LARGE);
    else if (text_equal(what, "frame-over-small-guard"))
        in_thread(frame_thread, 0x12000, UABI_STACK_SMALL);
    else if (text_equal(what, "other-guard"))
        write_at(other_stack());
    else if (text_equal(what, "other-reserve"))
        write_at(other_stack() + 0x80000);
}

static void act_processor(const char *what)
{
    static const struct {
        const char *what;
        void (*run)(void);
    } rows[] = {
        { "cli", user_cli },       { "hlt", user_hlt },
        { "in", user_in },         { "ud2", user_ud2 },
        { "divide", user_divide }, { "segment", user_load_segment },
        { "cr3", user_read_cr3 },  { "interrupt", user_interrupt },
    };

    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_equal(what, rows[i].what))
            rows[i].run();
}

uint32_t user_main(const char *argument)
{
    if (text_equal(argument, "null-read"))
        read_at(0);
    else if (text_equal(argument, "null-write"))
        write_at(0xffc);
    else if (text_equal(argument, "null-call"))
        execute_at(0);
    else if (text_equal(argument, "unmapped"))
        read_at(0x70000000);
    else if (text_equal(argument, "unmapped-call"))
        execute_at(0x70000000);
    else if (text_equal(argument, "constant"))
        write_at(user_address(&constant));
    else if (text_equal(argument, "code"))
        write_at((uint32_t)(uintptr_t)&user_main);
    else if (text_equal(argument, "kernel-image"))
        read_at(0xc0101000);
    else if (text_equal(argument, "kernel-write"))
        write_at(0xc0101000);
    else if (text_equal(argument, "kernel-call"))
        execute_at(0xc0101000);
    else if (text_equal(argument, "kernel-ranges"))
        read_at(0xf0001000);
    else if (text_equal(argument, "kernel-tables"))
        write_at(0xfffff000);
    else if (text_equal(argument, "kernel-edge"))
        read_at(0xbffffffe);
    act_memory(argument);
    act_stack(argument);
    act_processor(argument);
    return 1;
}
