/* SPDX-License-Identifier: 0BSD */
/* Two heaps on one VAS in lock-step with a slow model: an owner for each 8-byte grain of the space,
 * so that overlap, misplacement and lost blocks show at once; contents are patterns verified at
 * every free. Commits fail at random, bad frees are mixed in, and the heaps' own audits run all
 * along.
 */
#include "heap_arena.h"

#define SLOTS 3000u
#define OPS   120000u

static const uint16_t sizes[] = {
#if LA_SEGMENT_SHIFT >= 16u
    8, 16, 24, 40, 64, 96, 136, 200, 256, 384, 512, 1000, 2048, 4096, 5000, 9000, 16384, 32768,
#else
    8, 24, 40, 200, 1000, 2048,
#endif
};

struct model_block {
    va32_t va; /* 0: free slot */
    uint32_t bytes;
    uint32_t heap;
};

static struct heap heaps[2];
static struct model_block slots[SLOTS];
static uint32_t live[2];
static uint16_t grain_owner[((size_t)ARENA_SEGMENTS << LA_SEGMENT_SHIFT) / 8];
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes' generator: same on every host */
    return (uint32_t)(((uint64_t)(seed >> 1) * limit) >> 31);
}

static uint32_t random_bytes(void)
{
    switch (random_below(20)) {
    case 0: return random_below(4 * LA_SEGMENT_BYTES);
    case 1: return sizes[random_below(sizeof sizes / sizeof sizes[0])] + random_below(3) - 1;
    case 2: return random_below(LA_SEGMENT_BYTES / 2);
    default: return random_below(200);
    }
}

static uint8_t pattern(uint32_t slot, uint32_t at)
{
    return (uint8_t)(slot * 31u + at * 7u + 1u);
}

static void set_owner(const struct model_block *block, uint16_t owner)
{
    for (uint32_t grain = 0; grain < (block->bytes + 7) / 8; grain++) {
        uint16_t *of = &grain_owner[(block->va - la_segment_va(arena_start)) / 8 + grain];

        CHECK((*of == 0) != (owner == 0));
        *of = owner;
    }
}

static void fill(uint32_t slot, uint32_t from)
{
    for (uint32_t at = from; at < slots[slot].bytes; at++)
        arena_at(slots[slot].va)[at] = pattern(slot, at);
}

static void verify(uint32_t slot, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at++)
        if (arena_at(slots[slot].va)[at] != pattern(slot, at))
            CHECK_FAIL("block %u at 0x%x lost its byte %u", slot, slots[slot].va, at);
}

static void expect_failure_is_honest(const struct heap *heap)
{
    CHECK(heap->error == LA_NO_MEMORY || heap->error == LA_NO_SPACE);
    if (heap->error == LA_NO_MEMORY)
        CHECK_EQ(arena_port.fail_at, 0); /* only an injected failure refuses memory here */
}

static void accept(uint32_t slot, va32_t va, uint32_t bytes, uint32_t heap)
{
    slots[slot] = (struct model_block){ .va = va, .bytes = bytes, .heap = heap };
    CHECK_EQ(va % 8, 0);
    CHECK(heap_usable(&heaps[heap], va) >= bytes);
    CHECK(bytes == 0 || arena_is_committed(va, bytes));
    set_owner(&slots[slot], (uint16_t)(slot + 1));
}

static void step_alloc(uint32_t slot)
{
    uint32_t bytes = random_bytes();
    uint32_t heap = random_below(2);
    uint32_t kind = random_below(8);
    uint32_t align_log2 = random_below(LA_SEGMENT_SHIFT + 1);
    va32_t va = kind == 0   ? heap_alloc_zeroed(&heaps[heap], bytes)
                : kind == 1 ? heap_alloc_aligned(&heaps[heap], bytes, align_log2)
                            : heap_alloc(&heaps[heap], bytes);

    if (va == 0) {
        expect_failure_is_honest(&heaps[heap]);
        return;
    }
    accept(slot, va, bytes, heap);
    live[heap]++;
    if (kind == 1)
        CHECK_EQ(va & ((UINT32_C(1) << align_log2) - 1), 0);
    for (uint32_t at = 0; kind == 0 && at < bytes; at++)
        CHECK_EQ(arena_at(va)[at], 0);
    fill(slot, 0);
}

static void step_free(uint32_t slot)
{
    struct model_block block = slots[slot];

    verify(slot, block.bytes);
    CHECK_EQ(heap_free(&heaps[1 - block.heap], block.va), LA_BAD_ADDRESS);
    CHECK_EQ(heap_free(&heaps[block.heap], block.va + 1 + random_below(7)), LA_BAD_ADDRESS);
    set_owner(&block, 0);
    CHECK_EQ(heap_free(&heaps[block.heap], block.va), LA_OK);
    live[block.heap]--;
    slots[slot].va = 0;
    CHECK(heap_free(&heaps[block.heap], block.va) != LA_OK);
    CHECK_EQ(heap_usable(&heaps[block.heap], block.va), 0);
}

static void step_realloc(uint32_t slot)
{
    struct model_block block = slots[slot];
    uint32_t bytes = random_bytes();
    va32_t va = heap_realloc(&heaps[block.heap], block.va, bytes);

    if (va == 0) {
        expect_failure_is_honest(&heaps[block.heap]);
        verify(slot, block.bytes);
        return;
    }
    set_owner(&block, 0);
    accept(slot, va, bytes, block.heap);
    verify(slot, bytes < block.bytes ? bytes : block.bytes);
    fill(slot, bytes < block.bytes ? bytes : block.bytes);
}

/* Anything that is not a live block's address is refused and changes nothing. */
static void step_bad_free(void)
{
    va32_t va = la_segment_va(arena_start) + random_below(ARENA_SEGMENTS << LA_SEGMENT_SHIFT);
    uint32_t heap = random_below(2);

    if (random_below(2) == 0)
        va &= ~7u;
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (slots[slot].va == va)
            return;
    if (va != 0)
        CHECK(heap_free(&heaps[heap], va) != LA_OK);
}

static void audit(void)
{
    for (uint32_t heap = 0; heap < 2; heap++) {
        static struct heap_stats stats;
        struct heap_block block;
        va32_t cursor = 0;
        uint32_t walked = 0;

        CHECK_SOUND(&heaps[heap]);
        heap_stats(&heaps[heap], &stats);
        CHECK_EQ(stats.live_blocks, live[heap]);
        while (heap_next_block(&heaps[heap], &cursor, &block))
            walked++;
        CHECK_EQ(walked, live[heap]);
    }
    CHECK_EQ(heaps[0].pages + heaps[1].pages + arena_space.pages, arena_port.committed_pages);
    CHECK_STR(vas_check(&arena_vas) ? vas_check(&arena_vas) : "sound", "sound");
}

static void run_history(uint32_t random_seed, uint32_t start, uint32_t end_segment,
                        bool failing_commits)
{
    seed = random_seed;
    memset(slots, 0, sizeof slots);
    memset(grain_owner, 0, sizeof grain_owner);
    live[0] = live[1] = 0;
    arena_init_at(start, end_segment, sizes, sizeof sizes / sizeof sizes[0]);
    CHECK_EQ(heap_init(&heaps[0], &arena_space, &arena_buckets, NULL), LA_OK);
    CHECK_EQ(heap_init(&heaps[1], &arena_space, &arena_buckets, NULL), LA_OK);

    for (uint32_t op = 0; op < OPS; op++) {
        bool filling = op / (OPS / 6) % 2 == 0; /* the tide turns five times */
        uint32_t slot = random_below(filling ? SLOTS : SLOTS / 4);

        if (failing_commits && random_below(8) == 0)
            arena_port.fail_at = 1 + random_below(3);
        if (slots[slot].va == 0)
            step_alloc(slot);
        else if (random_below(4) == 0)
            step_realloc(slot);
        else
            step_free(slot);
        arena_port.fail_at = 0;
        if (op % 16 == 0)
            step_bad_free();
        if (op % 2000 == 0)
            heap_trim(&heaps[op / 2000 % 2]);
        if (op % 500 == 0)
            audit();
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (slots[slot].va != 0 && slot % 3 != 0)
            step_free(slot);
    audit();
    heap_destroy(&heaps[0]);
    heap_destroy(&heaps[1]);
    arena_expect_all_returned();
}

static void heaps_agree_with_the_model(void)
{
    run_history(1, 0, ARENA_SEGMENTS, false);
}

static void heaps_agree_with_the_model_when_space_is_short(void)
{
    run_history(2, 0, ARENA_SEGMENTS < 512 ? 24 : 160, false);
}

static void heaps_agree_with_the_model_when_commits_fail(void)
{
    run_history(3, 0, ARENA_SEGMENTS, true);
}

static void heaps_agree_with_the_model_at_the_top_of_the_space(void)
{
    run_history(4, LA_SEGMENTS - ARENA_SEGMENTS, LA_SEGMENTS, true);
    run_history(5, LA_SEGMENTS - (ARENA_SEGMENTS < 512 ? 24 : 60), LA_SEGMENTS, false);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(heaps_agree_with_the_model),
        CASE(heaps_agree_with_the_model_when_space_is_short),
        CASE(heaps_agree_with_the_model_when_commits_fail),
        CASE(heaps_agree_with_the_model_at_the_top_of_the_space),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
