/* SPDX-License-Identifier: 0BSD */
/* The addresses of a process: what its calls promise, what they refuse, and that no failure leaves
 * half a state. The machine below is fake_hooks.h.
 */
#include "fake_hooks.h"

#include "../range.h"

static struct uspace space;
static struct uspace_ledger ledger;

static void start(uint32_t frames)
{
    fake_start(frames);
    ledger = (struct uspace_ledger){ 0 };
    uspace_init(&space, &ledger, &fake_hooks);
}

static void finish(void)
{
    CHECK(uspace_check(&space) == NULL);
    uspace_destroy(&space);
    fake_drop_tables();
    CHECK_EQ(fake.used, 0);
    CHECK_EQ(ledger.promised_pages, 0);
}

static va32_t reserve(uint32_t bytes)
{
    va32_t va = 0;

    CHECK_EQ(uspace_reserve(&space, 0, bytes, UABI_PLACE_LOW, 0, &va), LA_OK);
    return va;
}

static uint32_t touch(va32_t va, bool write, struct uspace_stack *own)
{
    uint8_t access = fake.access[va >> LA_PAGE_SHIFT];
    struct fault_access fault = { .va = va, .write = write, .user = true };

    if (va < UABI_USER_END && fake.page[va >> LA_PAGE_SHIFT] != NULL) {
        if (access == UABI_READ_WRITE || (access == UABI_READ_ONLY && !write))
            return UABI_OK;
        fault.present = true;
    }
    return uspace_fault(&space, own == NULL ? NULL : &own->stack, &fault);
}

/* -- Ranges ------------------------------------------------------------------------------------ */

static void ranges_of_users_end_below_the_kernel_and_never_wrap(void)
{
    static const struct {
        uint32_t va, bytes;
        bool user;
    } rows[] = {
        { 0, 0, false },
        { 0, 1, false },
        { 0xffff, 1, false },
        { 0x10000, 0, true },
        { 0x10000, 1, true },
        { 0x10000, 0xbfff0000, true },
        { 0x10000, 0xbfff0001, false },
        { 0xbfffffff, 1, true },
        { 0xbfffffff, 2, false },
        { 0xc0000000, 0, true }, /* the end of what ends there */
        { 0xc0000000, 1, false },
        { 0xbffff000, 0xffffffff, false }, /* would wrap */
        { 0xffffffff, 2, false },
        { 0xffffffff, 0xffffffff, false },
        { 0x80000000, 0x80000000, false },
        { 0x80000000, 0x40000000, true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (range_is_user(rows[i].va, rows[i].bytes) != rows[i].user)
            CHECK_FAIL("row %zu: [%#x, +%#x) expected %s", i, rows[i].va, rows[i].bytes,
                       rows[i].user ? "user" : "not user");
}

/* -- Hostile arguments ------------------------------------------------------------------------- */

enum call { RESERVE, COMMIT, DECOMMIT, RELEASE, RESIZE, PROTECT };

static const struct {
    enum call call;
    uint32_t va, bytes, more;
    enum la_status status;
} hostile_calls[] = {
    { RESERVE, 0, 0, 0, LA_BAD_ARGUMENT },
    { RESERVE, 0, 0xffffffff, 0, LA_NO_SPACE },
    { RESERVE, 0x10000, 1, UABI_PLACE_LOW, LA_BAD_ARGUMENT },
    { RESERVE, 0x10000, 1, UABI_PLACE_FIXED, LA_IN_USE },
    { RESERVE, 0x20000, 0x30000, UABI_PLACE_FIXED, LA_IN_USE },
    { RESERVE, 0, 0x10000, UABI_PLACE_FIXED, LA_BAD_ADDRESS },
    { RESERVE, 0x100, 0x10000, UABI_PLACE_FIXED, LA_BAD_ARGUMENT },
    { RESERVE, 0xbfff0000, 0x10001, UABI_PLACE_FIXED, LA_BAD_ADDRESS },
    { RESERVE, 0xc0000000, 0x10000, UABI_PLACE_FIXED, LA_BAD_ADDRESS },
    { RESERVE, 0xffff0000, 0x20000, UABI_PLACE_FIXED, LA_BAD_ADDRESS },
    { RESERVE, 0, 1, 4, LA_BAD_ARGUMENT },
    { RESERVE, 0, 1, UINT32_C(0xf000) << 16, LA_BAD_ARGUMENT },
    { COMMIT, 0x10001, 1, UABI_READ_WRITE, LA_BAD_ARGUMENT },
    { COMMIT, 0x10000, 0, UABI_READ_WRITE, LA_BAD_ARGUMENT },
    { COMMIT, 0x10000, 1, 0, LA_BAD_ARGUMENT },
    { COMMIT, 0x10000, 1, 4, LA_BAD_ARGUMENT },
    { COMMIT, 0x10000, 1, UABI_READ_WRITE | 0x200, LA_BAD_ARGUMENT },
    { COMMIT, 0x10000, 0x20001, UABI_READ_WRITE, LA_BAD_ADDRESS }, /* two regions */
    { COMMIT, 0x10000, 0xffffffff, UABI_READ_WRITE, LA_BAD_ADDRESS },
    { COMMIT, 0x50000, 1, UABI_READ_WRITE, LA_BAD_ADDRESS }, /* free */
    { COMMIT, 0, 1, UABI_READ_WRITE, LA_BAD_ADDRESS },
    { COMMIT, 0xc0000000, 1, UABI_READ_WRITE, LA_BAD_ADDRESS },
    { COMMIT, 0xfffff000, 0x2000, UABI_READ_WRITE, LA_BAD_ADDRESS },
    { COMMIT, 0xbfff0000, 1, UABI_READ_WRITE, LA_BAD_STATE }, /* the stack */
    { DECOMMIT, 0x10001, 1, 0, LA_BAD_ARGUMENT },
    { DECOMMIT, 0x10000, 0, 0, LA_BAD_ARGUMENT },
    { DECOMMIT, 0x20000, 0x11000, 0, LA_BAD_ADDRESS },
    { DECOMMIT, 0xbfff0000, 0x1000, 0, LA_BAD_STATE },
    { DECOMMIT, 0xc0000000, 0x1000, 0, LA_BAD_ADDRESS },
    { RELEASE, 0, 0, 0, LA_BAD_ADDRESS },
    { RELEASE, 0x11000, 0, 0, LA_BAD_ADDRESS },
    { RELEASE, 0x20000, 0, 0, LA_BAD_ADDRESS }, /* the middle */
    { RELEASE, 0x50000, 0, 0, LA_BAD_ADDRESS }, /* free */
    { RELEASE, 0xbff00000, 0, 0, LA_BAD_STATE },
    { RELEASE, 0xf0000000, 0, 0, LA_BAD_ADDRESS },
    { RESIZE, 0x10000, 0, 0, LA_BAD_ARGUMENT },
    { RESIZE, 0x10000, 0x20001, 0, LA_NO_SPACE },
    { RESIZE, 0x10000, 0xffffffff, 0, LA_NO_SPACE },
    { RESIZE, 0x20000, 0x10000, 0, LA_BAD_ADDRESS },
    { RESIZE, 0xbff00000, 0x10000, 0, LA_BAD_STATE },
    { PROTECT, 0x10000, 0x1000, 0, LA_BAD_ARGUMENT },
    { PROTECT, 0x10000, 0x1001, UABI_READ_ONLY, LA_BAD_ADDRESS }, /* second page: reserved */
    { PROTECT, 0xbfff0000, 1, UABI_READ_ONLY, LA_BAD_STATE },
};

/* Two neighbours of 2 segments each at 0x10000 and 0x30000, page 0x10000 committed; a stack. */
static void hostile_arguments_are_refused_and_change_nothing(void)
{
    const struct stack_layout layout = STACK_LAYOUT_DEFAULT;
    struct uspace_stack stack;

    start(1000);
    CHECK_EQ(reserve(0x20000), 0x10000);
    CHECK_EQ(reserve(0x20000), 0x30000);
    CHECK_EQ(uspace_commit(&space, 0x10000, 1, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(uspace_stack_create(&space, &stack, &layout, UABI_LABEL(UABI_STACK, 1)), LA_OK);
    CHECK_EQ(stack.stack.base_va, 0xbff00000);
    for (size_t i = 0; i < sizeof hostile_calls / sizeof hostile_calls[0]; i++) {
        uint32_t used = fake.used;
        uint32_t free_segments = space.vas.free_segments;
        va32_t va = 0;
        enum la_status status = LA_OK;

        switch (hostile_calls[i].call) {
        case RESERVE:
            status = uspace_reserve(&space, hostile_calls[i].va, hostile_calls[i].bytes,
                                    hostile_calls[i].more, 0, &va);
            break;
        case COMMIT:
            status = uspace_commit(&space, hostile_calls[i].va, hostile_calls[i].bytes,
                                   hostile_calls[i].more);
            break;
        case DECOMMIT:
            status = uspace_decommit(&space, hostile_calls[i].va, hostile_calls[i].bytes);
            break;
        case RELEASE: status = uspace_release(&space, hostile_calls[i].va); break;
        case RESIZE:
            status = uspace_resize(&space, hostile_calls[i].va, hostile_calls[i].bytes);
            break;
        case PROTECT:
            status = uspace_protect(&space, hostile_calls[i].va, hostile_calls[i].bytes,
                                    hostile_calls[i].more);
            break;
        }
        if (status != hostile_calls[i].status)
            CHECK_FAIL("row %zu answers %d, expected %d", i, status, hostile_calls[i].status);
        CHECK_EQ(fake.used, used);
        CHECK_EQ(space.vas.free_segments, free_segments);
        CHECK_EQ(space.promised_pages, 1);
        CHECK(uspace_check(&space) == NULL);
    }
    finish();
}

/* -- Promises ---------------------------------------------------------------------------------- */

static void a_page_gets_its_frame_when_it_is_touched(void)
{
    va32_t va;

    start(1000);
    va = reserve(0x10000);
    CHECK_EQ(touch(va, false, NULL), UABI_NOT_COMMITTED);
    CHECK_EQ(uspace_commit(&space, va, 0x2000, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(space.promised_pages, 2);
    CHECK_EQ(touch(va + 0x1fff, true, NULL), UABI_OK);
    CHECK_EQ(space.promised_pages, 1);
    CHECK_EQ(space.backed_pages, 1);
    CHECK_EQ(touch(va + 0x2000, true, NULL), UABI_NOT_COMMITTED); /* page-exact */
    CHECK_EQ(uspace_decommit(&space, va, 0x2000), LA_OK);
    CHECK_EQ(touch(va, false, NULL), UABI_NOT_COMMITTED);
    finish();
}

static void promises_never_exceed_the_frames(void)
{
    va32_t va;

    start(1000);
    va = reserve(0x40000000);
    CHECK_EQ(uspace_commit(&space, va, 0x40000000, UABI_READ_WRITE), LA_NO_MEMORY);
    CHECK_EQ(fake.tables, 0); /* a hopeless wish makes no page tables */
    for (uint32_t page = 0;; page++) {
        enum la_status status =
            uspace_commit(&space, va + page * LA_PAGE_BYTES, 1, UABI_READ_WRITE);

        if (status == LA_NO_MEMORY) {
            CHECK_EQ(page + fake.used + USPACE_SPARE_FRAMES, 1000);
            for (uint32_t i = 0; i < page; i++) /* every one is kept */
                CHECK_EQ(touch(va + i * LA_PAGE_BYTES, true, NULL), UABI_OK);
            break;
        }
        CHECK_EQ(status, LA_OK);
    }
    finish();
}

static void committing_now_backs_old_promises_too(void)
{
    va32_t va;

    start(1000);
    va = reserve(0x10000);
    CHECK_EQ(uspace_commit(&space, va, 0x2000, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(touch(va, true, NULL), UABI_OK);
    CHECK_EQ(uspace_commit(&space, va, 0x4000, UABI_READ_WRITE | UABI_COMMIT_NOW), LA_OK);
    CHECK_EQ(space.promised_pages, 0);
    CHECK_EQ(space.backed_pages, 4);
    finish();
}

static void resizing_keeps_pages_and_gives_cut_ones_back(void)
{
    va32_t va;

    start(1000);
    va = reserve(0x20000);
    CHECK_EQ(uspace_commit(&space, va, 0x20000, UABI_READ_WRITE | UABI_COMMIT_NOW), LA_OK);
    CHECK_EQ(uspace_resize(&space, va, 0x10000), LA_OK);
    CHECK_EQ(space.backed_pages, 16);
    CHECK_EQ(uspace_resize(&space, va, 0x30000), LA_OK);
    CHECK_EQ(space.backed_pages, 16);
    CHECK_EQ(touch(va + 0x10000, true, NULL), UABI_NOT_COMMITTED);
    CHECK_EQ(touch(va + 0xffff, true, NULL), UABI_OK);
    CHECK(uspace_check(&space) == NULL);
    finish();
}

static void access_is_a_page_s_own(void)
{
    va32_t va;

    start(1000);
    va = reserve(0x10000);
    CHECK_EQ(uspace_commit(&space, va, 0x3000, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(uspace_protect(&space, va + 0x1000, 0x1000, UABI_READ_ONLY), LA_OK);
    CHECK_EQ(uspace_protect(&space, va + 0x2000, 0x1000, UABI_NO_ACCESS), LA_OK);
    CHECK_EQ(touch(va, true, NULL), UABI_OK);
    CHECK_EQ(touch(va + 0x1000, true, NULL), UABI_PROTECTED);
    CHECK_EQ(touch(va + 0x1000, false, NULL), UABI_OK);
    CHECK_EQ(touch(va + 0x1000, true, NULL), UABI_PROTECTED); /* with a frame as well */
    CHECK_EQ(touch(va + 0x2000, false, NULL), UABI_PROTECTED);
    CHECK(uspace_allows(&space, NULL, va, 0x1000, true));
    CHECK(!uspace_allows(&space, NULL, va, 0x1001, true));
    CHECK(uspace_allows(&space, NULL, va, 0x2000, false));
    CHECK(!uspace_allows(&space, NULL, va + 0x1fff, 2, false));
    finish();
}

/* -- Faults ------------------------------------------------------------------------------------ */

static void faults_are_told_apart(void)
{
    const struct stack_layout layout = STACK_LAYOUT_DEFAULT;
    struct uspace_stack one, two;
    va32_t plain;

    start(1000);
    plain = reserve(0x10000);
    CHECK_EQ(uspace_commit(&space, plain, 0x1000, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(uspace_stack_create(&space, &one, &layout, UABI_LABEL(UABI_STACK, 1)), LA_OK);
    CHECK_EQ(uspace_stack_create(&space, &two, &layout, UABI_LABEL(UABI_STACK, 2)), LA_OK);

    va32_t end = stack_end_va(&one.stack);
    const struct {
        va32_t va;
        bool write;
        uint32_t end;
    } rows[] = {
        { 0, false, UABI_NULL_POINTER },
        { 0xffff, true, UABI_NULL_POINTER },
        { 0xc0000000, false, UABI_KERNEL_ADDRESS },
        { 0xffffffff, true, UABI_KERNEL_ADDRESS },
        { plain, false, UABI_OK },
        { plain + 0x1000, false, UABI_NOT_COMMITTED },
        { plain + 0x10000, false, UABI_UNMAPPED },
        { end - 4, true, UABI_OK },
        { end - 0x2001, true, UABI_OK },  /* grows */
        { end - 0xf0000, true, UABI_OK }, /* to the last page */
        { end - 0xf0001, true, UABI_STACK_OVERFLOW },
        { end - 0x100000, true, UABI_STACK_OVERFLOW },   /* the guard's last */
        { stack_end_va(&two.stack) - 1, true, UABI_OK }, /* mapped: no fault */
        { stack_end_va(&two.stack) - 0x2001, true, UABI_OTHER_STACK },
        { two.stack.base_va, true, UABI_GUARD },
        { two.stack.base_va - 1, true, UABI_UNMAPPED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t ended = touch(rows[i].va, rows[i].write, &one);

        if (ended != rows[i].end)
            CHECK_FAIL("row %zu: %#x ends with %u, expected %u", i, rows[i].va, ended, rows[i].end);
    }
    CHECK_EQ(space.grow_faults, 2);
    CHECK_EQ(stack_committed_pages(&one.stack), 240);
    CHECK(uspace_allows(&space, &two.stack, two.stack.base_va + 0x10000, 4, true));
    CHECK(!uspace_allows(&space, &one.stack, two.stack.base_va + 0x10000, 4, true));
    CHECK(!uspace_allows(&space, &two.stack, two.stack.base_va + 0xffff, 4, true));
    uspace_stack_destroy(&space, &one);
    CHECK(uspace_check(&space) == NULL);
    finish();
}

static void a_stack_takes_no_frame_that_was_promised(void)
{
    const struct stack_layout layout = STACK_LAYOUT_DEFAULT;
    struct uspace_stack stack;
    va32_t va;

    start(200);
    CHECK_EQ(uspace_stack_create(&space, &stack, &layout, 0), LA_OK);
    va = reserve(0x100000);
    CHECK_EQ(uspace_commit(&space, va, 120u * LA_PAGE_BYTES, UABI_READ_WRITE), LA_OK);
    CHECK_EQ(touch(stack_end_va(&stack.stack) - 0xe0000, true, &stack), UABI_OUT_OF_MEMORY);
    CHECK_EQ(touch(stack_end_va(&stack.stack) - 0x20000, true, &stack), UABI_OK);
    for (uint32_t i = 0; i < 120; i++)
        CHECK_EQ(touch(va + i * LA_PAGE_BYTES, true, NULL), UABI_OK);
    finish();
}

/* -- The k-th request fails -------------------------------------------------------------------- */

/* Everything that takes memory, once; answers how far it got. */
static uint32_t script(struct uspace_stack *stack)
{
    const struct stack_layout layout = STACK_LAYOUT_SMALL;
    uint32_t label = UABI_LABEL(UABI_HEAP, 1) << UABI_LABEL_SHIFT;
    va32_t va;

    if (uspace_reserve(&space, 0x02fe0000, 0x40000, UABI_PLACE_FIXED | label, 0, &va) != LA_OK)
        return 1;
    if (uspace_commit(&space, va + 0x1e000, 0x8000, UABI_READ_WRITE) != LA_OK) /* two chunks */
        return 2;
    if (uspace_commit(&space, va + 0x24000, 0x4000, UABI_READ_WRITE | UABI_COMMIT_NOW) != LA_OK)
        return 3;
    if (uspace_stack_create(&space, stack, &layout, UABI_LABEL(UABI_STACK, 1)) != LA_OK)
        return 4;
    if (touch(stack->stack.base_va + 0x1000, true, stack) != UABI_OK)
        return 5;
    return touch(va + 0x1e000, true, NULL) == UABI_OK ? 0 : 6;
}

static void no_failure_leaves_half_a_state(void)
{
    uint32_t k = 0;
    uint32_t stage = 1;
    uint32_t stages = 0;

    while (stage != 0) {
        struct uspace_stack stack = { .next = NULL };

        start(1000);
        fake.fail_in = ++k;
        stage = script(&stack);
        stages |= 1u << stage;
        fake.fail_in = 0;
        if (uspace_check(&space) != NULL)
            CHECK_FAIL("request %u: %s", k, uspace_check(&space));
        finish(); /* the last frame comes back */
    }
    CHECK_EQ(stages, 0x7f); /* every step has failed at least once */
    CHECK(k > 15);
}

/* -- Random calls against a naive book --------------------------------------------------------- */

#define BOOK_SEGMENTS 64u /* the window used: [0x10000, 0x410000) */

static uint8_t book[(BOOK_SEGMENTS + 1u) * LA_PAGES_PER_SEGMENT]; /* access of each page */
static uint32_t seed;

static uint32_t random_below(uint32_t end)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * end) >> 32);
}

/* All of the book's pages in a range, or some of them, are committed. */
static bool book_all(va32_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        if (book[(va >> LA_PAGE_SHIFT) + i] == 0)
            return false;
    return true;
}

static void random_call(const uint8_t *region_of)
{
    va32_t va = 0x10000 + random_below(BOOK_SEGMENTS * 16u) * LA_PAGE_BYTES;
    uint32_t pages = 1u + random_below(40);
    uint32_t last = (va >> LA_PAGE_SHIFT) + pages - 1u;
    uint32_t access = 1u + random_below(3);
    uint8_t region = region_of[la_segment_of(va)];
    bool one = last / 16u <= BOOK_SEGMENTS && region_of[last / 16u] == region;
    enum la_status expected = one ? LA_OK : LA_BAD_ADDRESS;

    switch (random_below(4)) {
    case 0:
        CHECK_EQ(uspace_commit(&space, va, pages * LA_PAGE_BYTES,
                               access | random_below(2) * UABI_COMMIT_NOW),
                 expected);
        if (one)
            memset(book + (va >> LA_PAGE_SHIFT), (int)access, pages);
        break;
    case 1:
        CHECK_EQ(uspace_decommit(&space, va, pages * LA_PAGE_BYTES), expected);
        if (one)
            memset(book + (va >> LA_PAGE_SHIFT), 0, pages);
        break;
    case 2:
        expected = one && book_all(va, pages) ? LA_OK : LA_BAD_ADDRESS;
        CHECK_EQ(uspace_protect(&space, va, pages * LA_PAGE_BYTES, access), expected);
        if (expected == LA_OK)
            memset(book + (va >> LA_PAGE_SHIFT), (int)access, pages);
        break;
    default: {
        bool write = random_below(2) != 0;
        uint8_t now = book[va >> LA_PAGE_SHIFT];
        uint32_t end = now == 0                                        ? UABI_NOT_COMMITTED
                       : now == 1 || (write && now != UABI_READ_WRITE) ? UABI_PROTECTED
                                                                       : UABI_OK;

        CHECK_EQ(touch(va, write, NULL), end);
    }
    }
}

static void random_calls_agree_with_a_naive_book(void)
{
    uint8_t region_of[BOOK_SEGMENTS + 1u] = { 0 };
    uint32_t segment = 1;

    start(20000);
    memset(book, 0, sizeof book);
    seed = 7;
    for (uint8_t region = 1; segment <= BOOK_SEGMENTS; region++) { /* 8 regions of 1 to 15 */
        uint32_t segments = region == 8 ? BOOK_SEGMENTS + 1u - segment : 2u * region - 1u;

        CHECK_EQ(reserve(segments * LA_SEGMENT_BYTES), la_segment_va(segment));
        memset(region_of + segment, region, segments);
        segment += segments;
    }
    for (uint32_t step = 0; step < 100000; step++) {
        random_call(region_of);
        if (step % 5000 == 0)
            CHECK(uspace_check(&space) == NULL);
    }
    for (uint32_t page = 16; page < (BOOK_SEGMENTS + 1u) * 16u; page++)
        CHECK_EQ(uspace_page_access(&space, page << LA_PAGE_SHIFT), book[page]);
    finish();
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(ranges_of_users_end_below_the_kernel_and_never_wrap),
        CASE(hostile_arguments_are_refused_and_change_nothing),
        CASE(a_page_gets_its_frame_when_it_is_touched),
        CASE(promises_never_exceed_the_frames),
        CASE(committing_now_backs_old_promises_too),
        CASE(resizing_keeps_pages_and_gives_cut_ones_back),
        CASE(access_is_a_page_s_own),
        CASE(faults_are_told_apart),
        CASE(a_stack_takes_no_frame_that_was_promised),
        CASE(no_failure_leaves_half_a_state),
        CASE(random_calls_agree_with_a_naive_book),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
