/* SPDX-License-Identifier: 0BSD */
/* Hostile system calls: whatever is passed, the answer is an error and nothing has changed. Its
 * status is the number of calls that answered something else; each says so.
 */
#include "../lib/user.h"

static uint32_t wrong;
static uint32_t region; /* two segments; the first page of the first is committed */
static uint32_t next;   /* its neighbour, another region of one segment, committed whole */
static uint32_t stack;  /* where this thread's stack begins */

static void expect(const char *what, uint32_t answer, int expected)
{
    if (answer == (uint32_t)expected)
        return;
    wrong++;
    say("calls: %s answers %d (%08x), expected %d\n", what, (int)answer, answer, expected);
}

/* -- Memory ------------------------------------------------------------------------------------ */

struct row {
    uint32_t call, a, b, c, d;
    int expected;
};

static void memory_calls(void)
{
    const uint32_t page = UABI_PAGE_BYTES;
    const struct row rows[] = {
        { UABI_CALLS, 0, 0, 0, 0, UABI_NO_CALL },
        { 0xffffffff, 0, 0, 0, 0, UABI_NO_CALL },
        { UABI_RESERVE, 0, 0, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, 0, 0xffffffff, 0, 0, UABI_NO_SPACE },
        { UABI_RESERVE, 0, 0xbfff0001, 0, 0, UABI_NO_SPACE },
        { UABI_RESERVE, 0, page, 0x10, 0, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, 0, page, 0xf0000000, 0, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, 0, page, 0, 32, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, 0, page, 0, 0xffffffff, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, region, page, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, region, page, UABI_PLACE_FIXED, 0, UABI_IN_USE },
        { UABI_RESERVE, region + page, page, UABI_PLACE_FIXED, 0, UABI_BAD_ARGUMENT },
        { UABI_RESERVE, 0, page, UABI_PLACE_FIXED, 0, UABI_BAD_ADDRESS },
        { UABI_RESERVE, 0xbfff0000, 0x20000, UABI_PLACE_FIXED, 0, UABI_BAD_ADDRESS },
        { UABI_RESERVE, 0xc0000000, page, UABI_PLACE_FIXED, 0, UABI_BAD_ADDRESS },
        { UABI_RESERVE, 0xffff0000, 0x20000, UABI_PLACE_FIXED, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, region + 1, page, UABI_READ_WRITE, 0, UABI_BAD_ARGUMENT },
        { UABI_COMMIT, region, 0, UABI_READ_WRITE, 0, UABI_BAD_ARGUMENT },
        { UABI_COMMIT, region, page, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_COMMIT, region, page, 0xffffffff, 0, UABI_BAD_ARGUMENT },
        { UABI_COMMIT, region, 0x20001, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, region, 0xffffffff, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, 0, page, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, 0xc0000000, page, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, 0xfffff000, 2 * page, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_COMMIT, stack, page, UABI_READ_WRITE, 0, UABI_BAD_STATE },
        { UABI_DECOMMIT, region + 4, page, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_DECOMMIT, region, 0, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_DECOMMIT, next - page, 2 * page, 0, 0, UABI_BAD_ADDRESS },
        { UABI_DECOMMIT, stack + 0xff000, page, 0, 0, UABI_BAD_STATE },
        { UABI_DECOMMIT, 0xf0000000, page, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RELEASE, 0, 0, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RELEASE, region + 0x10000, 0, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RELEASE, region + page, 0, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RELEASE, stack, 0, 0, 0, UABI_BAD_STATE },
        { UABI_RELEASE, 0xf0000000, 0, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RESIZE, region, 0, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_RESIZE, region, 0x20001, 0, 0, UABI_NO_SPACE },
        { UABI_RESIZE, region, 0xffffffff, 0, 0, UABI_NO_SPACE },
        { UABI_RESIZE, region + 0x10000, page, 0, 0, UABI_BAD_ADDRESS },
        { UABI_RESIZE, stack, page, 0, 0, UABI_BAD_STATE },
        { UABI_PROTECT, region, 2 * page, UABI_READ_ONLY, 0, UABI_BAD_ADDRESS },
        { UABI_PROTECT, region, page, 0, 0, UABI_BAD_ARGUMENT },
        { UABI_PROTECT, stack + 0xff000, page, UABI_READ_ONLY, 0, UABI_BAD_STATE },
        { UABI_PROTECT, 0xc0101000, page, UABI_READ_WRITE, 0, UABI_BAD_ADDRESS },
        { UABI_QUERY, 0, region, 0, 0, UABI_BAD_ADDRESS },
        { UABI_QUERY, 0xc0000000, region, 0, 0, UABI_BAD_ADDRESS },
    };

    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[32];

        (void)print_to(what, sizeof what, "row %u, call %u", i, rows[i].call);
        expect(what, user_call(rows[i].call, rows[i].a, rows[i].b, rows[i].c, rows[i].d, 0),
               rows[i].expected);
    }
}

/* -- Pointers ---------------------------------------------------------------------------------- */

/* Every call that takes a pointer, with every pointer that is bad for it. */
static void pointer_calls(void)
{
    const uint32_t bad[] = {
        0,
        0xfffc,
        region + UABI_PAGE_BYTES,     /* reserved, not committed */
        region + UABI_PAGE_BYTES - 2, /* begins well, ends badly */
        stack,                        /* the guard */
        0x70000000,                   /* nobody's */
        0xbffffffe,                   /* across the end */
        0xc0101000,                   /* the kernel's image */
        0xf0000000,
        0xfffff000, /* page tables */
        0xfffffffe, /* would wrap */
    };

    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t p = bad[i];
        bool null = p == 0; /* where it means "none" */
        bool text = p != region + UABI_PAGE_BYTES - 2 && p != 0xbffffffe; /* none begins there */

        expect("query", user_call(UABI_QUERY, region, p, 0, 0, 0), UABI_BAD_ADDRESS);
        expect("stats", user_call(UABI_STATS, p, 0, 0, 0, 0), UABI_BAD_ADDRESS);
        expect("write", user_call(UABI_WRITE, p, 64, 0, 0, 0), UABI_BAD_ADDRESS);
        if (text)
            expect("spawn", user_call(UABI_SPAWN, p, 0, 0, 0, 0), UABI_BAD_ADDRESS);
        if (text && !null)
            expect("argument", user_call(UABI_SPAWN, user_address("crash"), p, 0, 0, 0),
                   UABI_BAD_ADDRESS);
        if (text)
            expect("image", user_call(UABI_IMAGE_MAP, p, region, 0, 0, 0), UABI_BAD_ADDRESS);
        expect("image's answer", user_call(UABI_IMAGE_MAP, user_address("library"), p, 0, 0, 0),
               UABI_BAD_ADDRESS);
        if (text)
            expect("module", user_call(UABI_MODULE_READ, p, 0, region, 16, 0), UABI_BAD_ADDRESS);
        expect("wait", user_call(UABI_WAIT, p, 0, 0, 0, 0),
               p % 4 != 0 ? UABI_BAD_ARGUMENT : UABI_BAD_ADDRESS);
        expect("entry", user_call(UABI_THREAD_CREATE, p < 0x10000 ? p : p | 0xc0000000, 0, 0, 0, 0),
               UABI_BAD_ADDRESS);
    }
    expect("write, too long", user_call(UABI_WRITE, region, UABI_WRITE_MAX + 1, 0, 0, 0),
           UABI_BAD_ARGUMENT);
    expect("write, huge", user_call(UABI_WRITE, region, 0xffffffff, 0, 0, 0), UABI_BAD_ARGUMENT);
    expect("wait, unaligned", user_call(UABI_WAIT, region + 2, 0, 0, 0, 0), UABI_BAD_ARGUMENT);
    expect("wake, unaligned", user_call(UABI_WAKE, region + 2, 1, 0, 0, 0), UABI_BAD_ARGUMENT);
    expect("wake, the kernel's", user_call(UABI_WAKE, 0xc0101000, 1, 0, 0, 0), UABI_BAD_ADDRESS);
}

static void read_only_answers(void)
{
    expect("protect", user_call(UABI_PROTECT, next, UABI_PAGE_BYTES, UABI_READ_ONLY, 0, 0),
           UABI_OK);
    expect("query to read-only", user_call(UABI_QUERY, region, next, 0, 0, 0), UABI_BAD_ADDRESS);
    expect("stats to code", user_call(UABI_STATS, (uint32_t)(uintptr_t)&user_main, 0, 0, 0, 0),
           UABI_BAD_ADDRESS);
    expect("protect", user_call(UABI_PROTECT, next, UABI_PAGE_BYTES, UABI_NO_ACCESS, 0, 0),
           UABI_OK);
    expect("write from no access", user_call(UABI_WRITE, next, 1, 0, 0, 0), UABI_BAD_ADDRESS);
    expect("protect", user_call(UABI_PROTECT, next, UABI_PAGE_BYTES, UABI_READ_WRITE, 0, 0),
           UABI_OK);
}

/* -- Names and numbers ------------------------------------------------------------------------- */

static void other_calls(void)
{
    char *text = (char *)(uintptr_t)next;

    memset(text, 'x', UABI_ARGUMENT_MAX + 1u);
    expect("spawn, long name", user_call(UABI_SPAWN, next, 0, 0, 0, 0), UABI_BAD_ARGUMENT);
    expect("spawn, long argument", user_call(UABI_SPAWN, user_address("crash"), next, 0, 0, 0),
           UABI_BAD_ARGUMENT);
    memcpy(text + UABI_SEGMENT_BYTES - 3, "abc", 3); /* no 0 before the region's end */
    expect("spawn, endless name", user_call(UABI_SPAWN, next + UABI_SEGMENT_BYTES - 3, 0, 0, 0, 0),
           UABI_BAD_ADDRESS);
    memcpy(text + UABI_SEGMENT_BYTES - 3, "ab", 3); /* a 0 as its last byte */
    expect("spawn, no such program",
           user_call(UABI_SPAWN, next + UABI_SEGMENT_BYTES - 3, 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("spawn a library", user_call(UABI_SPAWN, user_address(""), 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("map a program", user_call(UABI_IMAGE_MAP, user_address("crash"), region, 0, 0, 0),
           UABI_BAD_STATE);
    expect("module", user_call(UABI_MODULE_READ, user_address("none"), 0, region, 16, 0),
           UABI_NOT_FOUND);
    expect("module, long",
           user_call(UABI_MODULE_READ, user_address("none"), 0, region, UABI_WRITE_MAX + 1, 0),
           UABI_BAD_ARGUMENT);
    expect("thread flags",
           user_call(UABI_THREAD_CREATE, (uint32_t)(uintptr_t)&user_main, 0, 4, 0, 0),
           UABI_BAD_ARGUMENT);
    expect("join itself", user_call(UABI_THREAD_JOIN, user_self(), 0, 0, 0, 0), UABI_DEADLOCK);
    expect("join nobody", user_call(UABI_THREAD_JOIN, 77, 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("join 0", user_call(UABI_THREAD_JOIN, 0, 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("kill the parent", user_call(UABI_KILL, 0, 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("kill nobody", user_call(UABI_KILL, 0xffffffff, 0, 0, 0, 0), UABI_NOT_FOUND);
    expect("wait for no child", user_call(UABI_WAIT_CHILD, UABI_ANY, UABI_FOREVER, 0, 0, 0),
           UABI_NOT_FOUND);
    expect("wait, changed", user_call(UABI_WAIT, next, 1, UABI_FOREVER, 0, 0), UABI_CHANGED);
    expect("wait, no time", user_call(UABI_WAIT, next, *(uint32_t *)(void *)text, 0, 0, 0),
           UABI_TIMED_OUT);
    expect("wait, 3 ms", user_call(UABI_WAIT, next, *(uint32_t *)(void *)text, 3, 0, 0),
           UABI_TIMED_OUT);
    expect("wake nobody", user_call(UABI_WAKE, next, 5, 0, 0, 0), 0);
}

/* A child that has ended is not lost when its parent asks with a bad pointer. */
static void bad_pointers_lose_no_child(void)
{
    uint32_t child = user_spawn("crash", "");
    struct uabi_exit end = { .number = 0 };

    expect("wait with a bad pointer",
           user_call(UABI_WAIT_CHILD, child, UABI_FOREVER, 0xc0000000, 0, 0), UABI_BAD_ADDRESS);
    expect("then with a good one", user_wait_child(child, &end), (int)child);
    expect("its status", end.status, 1);
    expect("and never again", user_wait_child(child, &end), UABI_NOT_FOUND);
}

/* A call may write to a part of the caller's stack that is not there yet. */
static void calls_grow_the_stack(void)
{
    uint32_t before = user_stats().grow_faults;

    expect("query deep into the stack", user_call(UABI_QUERY, region, stack + 0x20000, 0, 0, 0),
           UABI_OK);
    expect("growths", user_stats().grow_faults - before, 1);
    expect("what it wrote", *(uint32_t *)(uintptr_t)(stack + 0x20000), (int)region);
}

uint32_t user_main(const char *argument)
{
    struct uabi_region here;
    struct uabi_stats before;

    (void)argument;
    (void)user_query(user_address(&here), &here);
    stack = here.base;
    region = user_reserve(2 * UABI_SEGMENT_BYTES, UABI_PLACE_LOW);
    next = user_reserve(UABI_SEGMENT_BYTES, UABI_PLACE_LOW);
    expect("neighbours", next, (int)(region + 2 * UABI_SEGMENT_BYTES));
    expect("commit", (uint32_t)user_commit(region, 1, UABI_READ_WRITE), UABI_OK);
    expect("commit", (uint32_t)user_commit(next, UABI_SEGMENT_BYTES, UABI_READ_WRITE), UABI_OK);
    *(uint32_t *)(uintptr_t)region = 0;
    calls_grow_the_stack();
    before = user_stats();
    memory_calls();
    pointer_calls();
    expect("pages committed by errors", user_stats().committed_pages, (int)before.committed_pages);
    read_only_answers();
    other_calls();
    bad_pointers_lose_no_child();
    return wrong;
}
