/* SPDX-License-Identifier: 0BSD */
/* Memory of a program: many heaps and stacks in one space, what happens at its end, and that pages
 * are zero, private and counted. The argument names the trial; status 0: it went well, 77: this
 * machine has too little memory for it.
 */
#include "trial.h"

#define HEAPS     24u
#define BLOCKS    400u /* of a heap */
#define THREADS   8u
#define TOO_SMALL 77u

static uint32_t seed = 1;

static uint32_t random_below(uint32_t end)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * end) >> 32);
}

static void fill(void *block, uint32_t bytes, uint32_t value)
{
    memset(block, (int)(value & 0xffu), bytes);
}

static bool holds(const void *block, uint32_t bytes, uint32_t value)
{
    const uint8_t *at = block;

    for (uint32_t i = 0; i < bytes; i++)
        if (at[i] != (uint8_t)value)
            return false;
    return true;
}

/* -- Many heaps -------------------------------------------------------------------------------- */

static struct user_heap heaps[HEAPS];
static void *blocks[HEAPS][BLOCKS];
static uint32_t sizes[HEAPS][BLOCKS];
static uint32_t block_count = BLOCKS; /* fewer on a small machine */

static uint32_t grow_heap(uint32_t heap)
{
    for (uint32_t i = 0; i < block_count; i++) {
        sizes[heap][i] = 1u + random_below(i % 50u == 0 ? 100000u : 2000u);
        blocks[heap][i] = user_heap_alloc(&heaps[heap], sizes[heap][i]);
        WANT(blocks[heap][i] != NULL, true);
        fill(blocks[heap][i], sizes[heap][i], heap * 31u + i);
    }
    return 0;
}

static uint32_t check_heap(uint32_t heap)
{
    for (uint32_t i = 0; i < block_count; i++)
        WANT(holds(blocks[heap][i], sizes[heap][i], heap * 31u + i), true);
    WANT(heap_check(&heaps[heap].heap) == NULL, true);
    return 0;
}

/* Every second heap goes as a whole; the others have lost nothing, and its pages are back. */
static uint32_t many_heaps(void)
{
    uint32_t base = user_stats().committed_pages;
    uint32_t frames = user_stats().frames_free;
    uint32_t full;

    if (frames < 1200)
        return TOO_SMALL;
    if (frames < 8000)
        block_count = 20;
    for (uint32_t i = 0; i < HEAPS; i++) {
        WANT(user_heap_create(&heaps[i]), true);
        WANT(grow_heap(i), 0);
    }
    full = user_stats().committed_pages;
    for (uint32_t i = 0; i < HEAPS; i += 2)
        user_heap_destroy(&heaps[i]);
    WANT(user_stats().committed_pages - base < (full - base) * 6u / 10u, true);
    for (uint32_t i = 1; i < HEAPS; i += 2) {
        WANT(check_heap(i), 0);
        WANT(user_heap_free(&heaps[i], blocks[i - 1u][7]), LA_BAD_ADDRESS); /* it is gone */
        WANT(user_heap_free(&heaps[i], blocks[i][0]), LA_OK);
        WANT(user_heap_free(&heaps[i], blocks[i][0]) != LA_OK, true);
        user_heap_destroy(&heaps[i]);
    }
    WANT(user_stats().committed_pages - base, user_heap_metadata_pages());
    return 0;
}

static uint32_t family(void)
{
    uint8_t *block = calloc(100, 30);

    WANT(holds(block, 3000, 0), true);
    fill(block, 3000, 5);
    block = realloc(block, 200000);
    WANT(holds(block, 3000, 5), true);
    block = realloc(block, 100);
    WANT(holds(block, 100, 5), true);
    free(block);
    for (uint32_t align = 8; align <= 65536; align *= 2) {
        block = aligned_alloc(align, 100);
        WANT(user_address(block) % align, 0);
        free(block);
    }
    WANT(calloc(0x10000, 0x10001) == NULL, true); /* the product wraps */
    WANT(malloc(0xfffffff0) == NULL, true);
    free(NULL);
    return 0;
}

static USER_THREAD void hammer(uint32_t index)
{
    uint8_t *mine[16] = { NULL };
    uint32_t bytes[16] = { 0 };
    uint32_t state = index + 1u;
    uint32_t wrong = 0;

    for (uint32_t i = 0; i < 3000; i++) {
        state = state * 1664525u + 1013904223u;
        uint32_t at = state >> 28;

        if (mine[at] != NULL) {
            wrong += !holds(mine[at], bytes[at], index * 16u + at);
            free(mine[at]);
        }
        bytes[at] = (state >> 8) % 3000u;
        mine[at] = malloc(bytes[at]);
        if (mine[at] == NULL)
            user_thread_exit(1000);
        fill(mine[at], bytes[at], index * 16u + at);
    }
    for (uint32_t at = 0; at < 16; at++)
        free(mine[at]);
    user_thread_exit(wrong);
}

static uint32_t threads_share_malloc(void)
{
    uint32_t numbers[THREADS];

    for (uint32_t i = 0; i < THREADS; i++)
        numbers[i] = user_thread_start(hammer, i, i % 2u);
    for (uint32_t i = 0; i < THREADS; i++) {
        struct uabi_exit end;

        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.end, UABI_EXITED);
        WANT(end.status, 0);
    }
    return 0;
}

/* -- Pages ------------------------------------------------------------------------------------- */

/* As many faults as pages, each page zero, also when it is committed again. */
static uint32_t demand_zero(void)
{
    const uint32_t pages = 256;
    uint32_t va = user_reserve(pages * LA_PAGE_BYTES, UABI_PLACE_BEST);

    for (uint32_t round = 0; round < 3; round++) {
        uint32_t before;

        WANT(user_commit(va, pages * LA_PAGE_BYTES, UABI_READ_WRITE), UABI_OK);
        before = user_stats().zero_faults;
        for (uint32_t i = 0; i < pages; i++) {
            uint32_t *page = (uint32_t *)(uintptr_t)(va + i * LA_PAGE_BYTES);

            WANT(holds(page, LA_PAGE_BYTES, 0), true);
            fill(page, LA_PAGE_BYTES, 0xa5);
        }
        WANT(user_stats().zero_faults - before, pages);
        WANT(user_decommit(va, pages * LA_PAGE_BYTES), UABI_OK);
    }
    WANT(user_release(va), UABI_OK);
    return 0;
}

/* The same addresses in several processes at once, other data in each. */
static uint32_t same_address(uint32_t value)
{
    const uint32_t va = 0x50000000;

    WANT(user_reserve_at(va, UABI_SEGMENT_BYTES), va);
    WANT(user_commit(va, UABI_SEGMENT_BYTES, UABI_READ_WRITE), UABI_OK);
    fill((void *)(uintptr_t)va, UABI_SEGMENT_BYTES, value);
    for (uint32_t i = 0; i < 10; i++) {
        user_sleep(1);
        WANT(holds((void *)(uintptr_t)va, UABI_SEGMENT_BYTES, value), true);
    }
    return 0;
}

static uint32_t private_pages(void)
{
    if (user_stats().frames_free < 1000)
        return TOO_SMALL;
    for (uint32_t i = 1; i <= 5; i++) {
        char argument[24];

        (void)print_to(argument, sizeof argument, "value=%u", i);
        WANT(user_is_error(user_spawn("heaps", argument)), false);
    }
    for (uint32_t i = 0; i < 5; i++) {
        struct uabi_exit end;

        WANT(user_is_error(user_wait_child(UABI_ANY, &end)), false);
        WANT(end.end, UABI_EXITED);
        WANT(end.status, 0);
    }
    return 0;
}

/* -- The end of memory ------------------------------------------------------------------------- */

static struct user_heap big;

/* Blocks of a megabyte, the first word of each pointing to the one before, until memory ends. */
static uint32_t exhaust(uint32_t *ret_blocks)
{
    uint32_t *last = NULL;

    for (*ret_blocks = 0;; ++*ret_blocks) {
        uint32_t *block = user_heap_alloc(&big, 1u << 20);

        if (block == NULL)
            break;
        block[0] = user_address(last);
        block[1000] = *ret_blocks;
        last = block;
    }
    WANT(user_heap_error(&big) == LA_NO_MEMORY || user_heap_error(&big) == LA_NO_SPACE, true);
    for (uint32_t i = *ret_blocks; last != NULL; i--) {
        uint32_t *before = (uint32_t *)(uintptr_t)last[0];

        WANT(last[1000], i - 1u);
        WANT(user_heap_free(&big, last), LA_OK);
        last = before;
    }
    return 0;
}

static uint32_t exhaustion(void)
{
    uint32_t first;

    WANT(user_heap_create(&big), true);
    WANT(exhaust(&first), 0);
    WANT(first > 0, true);
    for (uint32_t round = 0; round < 3; round++) { /* what was refused came from nothing lost */
        uint32_t again;

        WANT(exhaust(&again), 0);
        WANT(again, first);
    }
    WANT(user_heap_alloc(&big, 0xc0000000) == NULL, true);
    user_heap_destroy(&big);
    return 0;
}

static uint32_t dive(uint32_t depth)
{
    volatile uint32_t frame[250];

    frame[depth % 250u] = depth;
    return (depth == 0 ? 0 : dive(depth - 1u)) + frame[depth % 250u];
}

static uint32_t gate; /* 1: dive */

static USER_THREAD void diver(uint32_t depth)
{
    (void)user_wait(&gate, 0, UABI_FOREVER);
    user_thread_exit(dive(depth));
}

/* Everything is promised; a stack that grows finds nothing and ends its thread, and when the
 * promises are taken back the same dive succeeds.
 */
static uint32_t stack_without_memory(void)
{
    uint32_t va = user_reserve(0xb0000000, UABI_PLACE_LOW);
    uint32_t number = user_thread_start(diver, 800, UABI_THREAD_CONTAINED);
    struct uabi_exit end;
    uint32_t pages = 0;

    WANT(user_is_error(va), false);
    for (uint32_t step = 4096; step > 0; step /= 2)
        while (pages + step <= 0xb0000u &&
               user_commit(va + pages * LA_PAGE_BYTES, step * LA_PAGE_BYTES, UABI_READ_WRITE) ==
                   UABI_OK)
            pages += step;
    if (pages == 0xb0000u)
        return TOO_SMALL; /* the other way round: more memory than addresses */
    gate = 1;
    (void)user_wake(&gate, 1);
    WANT(user_join(number, &end), UABI_OK);
    WANT(end.end, UABI_OUT_OF_MEMORY);
    WANT(user_release(va), UABI_OK);
    WANT(user_join(user_thread_start(diver, 800, UABI_THREAD_CONTAINED), &end), UABI_OK);
    WANT(end.end, UABI_EXITED);
    return 0;
}

uint32_t space_trial(const char *argument);

uint32_t user_main(const char *argument)
{
    if (text_equal(argument, "many"))
        return many_heaps();
    if (text_equal(argument, "family"))
        return family();
    if (text_equal(argument, "malloc"))
        return threads_share_malloc();
    if (text_equal(argument, "zero"))
        return demand_zero();
    if (text_equal(argument, "private"))
        return private_pages();
    if (text_option_number(argument, "value", 0) > 0)
        return same_address(text_option_number(argument, "value", 0));
    if (text_equal(argument, "exhaustion"))
        return exhaustion();
    if (text_equal(argument, "stack-without-memory"))
        return stack_without_memory();
    return space_trial(argument);
}
