/* SPDX-License-Identifier: 0BSD */
/* The interpreter against sequences whose figures were worked out by hand. */
#include "replay_world.h"

#define RESULT (world.replay.result)

/* -- Op notation ------------------------------------------------------------------------------- */

#define ALLOC(s, n)                                                                                \
    {                                                                                              \
        .kind = TRACE_ALLOC, .slot = (s), .bytes = (n)                                             \
    }
#define RECORDED(s, n, r)                                                                          \
    {                                                                                              \
        .kind = TRACE_ALLOC, .slot = (s), .bytes = (n), .recorded_bytes = (r)                      \
    }
#define REALLOC(s, n)                                                                              \
    {                                                                                              \
        .kind = TRACE_REALLOC, .slot = (s), .bytes = (n)                                           \
    }
#define FREE(s)                                                                                    \
    {                                                                                              \
        .kind = TRACE_FREE, .slot = (s)                                                            \
    }
#define HEAP_CREATE(s)                                                                             \
    {                                                                                              \
        .kind = TRACE_HEAP_CREATE, .slot = (s)                                                     \
    }
#define HEAP_USE(s)                                                                                \
    {                                                                                              \
        .kind = TRACE_HEAP_USE, .slot = (s)                                                        \
    }
#define HEAP_DESTROY(s)                                                                            \
    {                                                                                              \
        .kind = TRACE_HEAP_DESTROY, .slot = (s)                                                    \
    }
#define HEAP_TRIM                                                                                  \
    {                                                                                              \
        .kind = TRACE_HEAP_TRIM                                                                    \
    }
#define RESERVE(s, p)                                                                              \
    {                                                                                              \
        .kind = TRACE_RESERVE, .slot = (s), .pages = (p)                                           \
    }
#define COMMIT(s, o, p)                                                                            \
    {                                                                                              \
        .kind = TRACE_COMMIT, .slot = (s), .offset_pages = (o), .pages = (p)                       \
    }
#define DECOMMIT(s, o, p)                                                                          \
    {                                                                                              \
        .kind = TRACE_DECOMMIT, .slot = (s), .offset_pages = (o), .pages = (p)                     \
    }
#define RESIZE(s, p)                                                                               \
    {                                                                                              \
        .kind = TRACE_RESIZE, .slot = (s), .pages = (p)                                            \
    }
#define RELEASE(s)                                                                                 \
    {                                                                                              \
        .kind = TRACE_RELEASE, .slot = (s)                                                         \
    }
#define TOUCH(s, d)                                                                                \
    {                                                                                              \
        .kind = TRACE_STACK_TOUCH, .slot = (s), .depth_page = (d)                                  \
    }
#define STACK_DESTROY(s)                                                                           \
    {                                                                                              \
        .kind = TRACE_STACK_DESTROY, .slot = (s)                                                   \
    }
#define STACK_CREATE(s, p, c, g)                                                                   \
    {                                                                                              \
        .kind = TRACE_STACK_CREATE, .slot = (s), .pages = (p), .committed_pages = (c),             \
        .guard_pages = (g)                                                                         \
    }
#define RESERVE_AT(s, p, w)                                                                        \
    {                                                                                              \
        .kind = TRACE_RESERVE, .slot = (s), .pages = (p), .placement = VAS_FIXED,                  \
        .window_page = (w)                                                                         \
    }
#define RESERVE_TOP(s, p)                                                                          \
    {                                                                                              \
        .kind = TRACE_RESERVE, .slot = (s), .pages = (p), .placement = VAS_HIGHEST                 \
    }

/* -- Blocks ------------------------------------------------------------------------------------ */

/* Buckets of 64 and 1,024 bytes. What the requests take, block by block:
 *
 *   op                 live bytes   usable bytes   recorded: bytes of requests
 *   alloc 0: 60                60             64                     64 of 60
 *   alloc 1: 1000            1060           1088
 *   realloc 1: 1024          1084           1088
 *   free 0                   1024           1024                      0 of  0
 *                     sum    3228           3264                    192 of 180
 */
static void block_figures_are_those_worked_out_by_hand(void)
{
    world_start_default();
    WORLD_RUN(RECORDED(0, 60, 64), ALLOC(1, 1000), REALLOC(1, 1024), FREE(0));
    CHECK_EQ(RESULT.ops, 4);
    CHECK_EQ(RESULT.live_bytes, 1024);
    CHECK_EQ(RESULT.live_bytes_peak, 1084);
    CHECK_EQ(RESULT.live_blocks, 1);
    CHECK_EQ(RESULT.live_blocks_peak, 2);
    CHECK_EQ(RESULT.live_bytes_sum, 3228);
    CHECK_EQ(RESULT.internal_bytes_sum, 3264 - 3228);
    CHECK_EQ(RESULT.recorded_bytes_sum, 192);
    CHECK_EQ(RESULT.recorded_request_sum, 180);
    CHECK_EQ(RESULT.skipped + RESULT.refused + RESULT.no_space + RESULT.no_memory, 0);
    world_finish();
}

/* One page for the 64-byte block, one for the 1,024-byte block; one page of the segment table, and
 * one page of block maps (1,024 blocks of 64 bytes need 128 bytes of map; 64 of 1,024 need 8).
 * Segments: one per bucket; the table takes 32 and the maps 1.
 */
static void footprint_is_heap_pages_and_metadata(void)
{
    world_start_default();
    WORLD_RUN(ALLOC(0, 60), ALLOC(1, 1000));
    CHECK_EQ(RESULT.footprint_pages, 2 + 1 + 1);
    CHECK_EQ(RESULT.footprint_pages_peak, 4);
    CHECK_EQ(RESULT.footprint_pages, world.backed_pages);
    CHECK_EQ(RESULT.heap_segments, 2);
    CHECK_EQ(RESULT.va_segments, 8 + 1 + 2);
    CHECK_EQ(RESULT.at_peak_live, 1060);
    CHECK_EQ(RESULT.at_peak_internal, 1088 - 1060);
    CHECK_EQ(RESULT.at_peak_metadata, 2 * 4096);
    CHECK_EQ(RESULT.at_peak_rest, 2 * 4096 - 1088);

    /* 64 blocks fill the first page; the next one needs a second page, and is the new peak. */
    for (uint32_t slot = 2; slot < 64; slot++)
        WORLD_RUN(ALLOC(slot, 64));
    CHECK_EQ(RESULT.footprint_pages_peak, 4);
    CHECK_EQ(RESULT.at_peak_live, 1060);
    WORLD_RUN(FREE(1), ALLOC(1, 33), HEAP_CREATE(1), HEAP_USE(1), ALLOC(64, 1), FREE(63));
    CHECK_EQ(RESULT.live_blocks, 63);
    CHECK_EQ(RESULT.skipped, 1);
    world_finish();
}

/* A large block has whole pages of its own and no block map. */
static void large_blocks_take_whole_pages(void)
{
    world_start_default();
    WORLD_RUN(ALLOC(0, 100001));
    CHECK_EQ(RESULT.heap_segments, 2);
    CHECK_EQ(RESULT.footprint_pages, 25 + 2); /* 24.4 pages; the segment table and its entries */
    CHECK_EQ(RESULT.at_peak_internal, 25 * 4096 - 100001);
    CHECK_EQ(RESULT.at_peak_rest, 0);
    WORLD_RUN(FREE(0));
    CHECK_EQ(RESULT.footprint_pages, 2);
    CHECK_EQ(RESULT.va_segments, 8 + 1);
    CHECK_EQ(RESULT.footprint_pages_peak, 27);
    world_finish();
}

/* A bucket keeps the page it takes from, until it is trimmed; metadata stays: a page of the table
 * and one of block maps. The figures before the end stay those of the trace.
 */
static void what_is_left_when_all_is_freed(void)
{
    world_start_default();
    WORLD_RUN(ALLOC(0, 60), ALLOC(1, 1000), ALLOC(2, 100001), FREE(1));
    CHECK_EQ(RESULT.freed_pages, 0); /* not known yet */
    world_finish();
    CHECK_EQ(RESULT.footprint_pages, 2 + 25 + 2);
    CHECK_EQ(RESULT.freed_pages, 2 + 2);
    CHECK_EQ(RESULT.trimmed_pages, 2);
}

static void a_heap_takes_its_blocks_along(void)
{
    world_start_default();
    WORLD_RUN(ALLOC(0, 10), HEAP_CREATE(1), HEAP_USE(1), ALLOC(1, 20), ALLOC(2, 5000));
    WORLD_RUN(REALLOC(0, 30)); /* stays in its own heap */
    CHECK_EQ(world.blocks[0].heap, 0);
    CHECK_EQ(world.blocks[1].heap, 1);
    CHECK_EQ(RESULT.live_blocks, 3);
    WORLD_RUN(HEAP_DESTROY(1));
    CHECK_EQ(RESULT.live_blocks, 1);
    CHECK_EQ(RESULT.live_bytes, 30);
    CHECK_EQ(RESULT.heap_segments, 1);
    WORLD_RUN(ALLOC(1, 7)); /* heap 0 is in use again */
    CHECK_EQ(world.blocks[1].heap, 0);
    CHECK_EQ(RESULT.skipped, 0);
    world_finish();
}

static void an_op_that_does_not_fit_its_slot_is_skipped(void)
{
    static const struct trace_op ops[] = {
        ALLOC(0, 1),
        ALLOC(WORLD_BLOCK_SLOTS, 1),
        REALLOC(WORLD_BLOCK_SLOTS, 1),
        REALLOC(UINT32_MAX, 1),
        FREE(1),
        FREE(WORLD_BLOCK_SLOTS),
        HEAP_CREATE(0),
        HEAP_CREATE(WORLD_HEAP_SLOTS),
        HEAP_DESTROY(0),
        HEAP_DESTROY(1),
        HEAP_DESTROY(WORLD_HEAP_SLOTS),
        HEAP_USE(2),
        HEAP_USE(WORLD_HEAP_SLOTS),
        RESERVE(0, 1),
        RESERVE(WORLD_REGION_SLOTS, 1),
        COMMIT(1, 0, 1),
        DECOMMIT(1, 0, 1),
        RESIZE(1, 1),
        RELEASE(WORLD_REGION_SLOTS),
        STACK_CREATE(0, 16, 1, 1),
        STACK_CREATE(WORLD_STACK_SLOTS, 16, 1, 1),
        TOUCH(1, 0),
        STACK_DESTROY(1),
        STACK_DESTROY(WORLD_STACK_SLOTS),
        { .kind = 0 },
        { .kind = TRACE_KINDS },
        { .kind = 255 },
    };
    size_t count = sizeof ops / sizeof ops[0];

    world_start_default();
    WORLD_RUN(ALLOC(0, 1), RESERVE(0, 1), STACK_CREATE(0, 16, 1, 1));
    for (size_t i = 0; i < count; i++) {
        world_run(&ops[i], 1);
        CHECK_EQ(RESULT.skipped, i + 1);
    }
    CHECK_EQ(RESULT.live_blocks, 1);
    world_finish();
}

/* -- Regions ----------------------------------------------------------------------------------- */

static enum vas_state segment_state(uint32_t slot, uint32_t segment)
{
    return vas_state(&world.vas, world.regions[slot].base_va + la_segment_va(segment));
}

static void a_commit_is_widened_and_a_decommit_narrowed(void)
{
    world_start_default();
    WORLD_RUN(RESERVE(0, 33)); /* 3 segments, 15 pages more than asked */
    CHECK_EQ(RESULT.va_segments, 8 + 3);
    WORLD_RUN(COMMIT(0, 15, 2));
    CHECK_EQ(segment_state(0, 0), VAS_COMMITTED);
    CHECK_EQ(segment_state(0, 1), VAS_COMMITTED);
    CHECK_EQ(segment_state(0, 2), VAS_RESERVED);
    WORLD_RUN(DECOMMIT(0, 1, 30)); /* no whole segment but the second is less than covered */
    CHECK_EQ(segment_state(0, 0), VAS_COMMITTED);
    CHECK_EQ(segment_state(0, 1), VAS_COMMITTED);
    WORLD_RUN(DECOMMIT(0, 1, 31)); /* pages 1 to 31: the second segment */
    CHECK_EQ(segment_state(0, 0), VAS_COMMITTED);
    CHECK_EQ(segment_state(0, 1), VAS_RESERVED);
    WORLD_RUN(COMMIT(0, 32, UINT32_MAX)); /* clipped */
    CHECK_EQ(segment_state(0, 2), VAS_COMMITTED);
    WORLD_RUN(DECOMMIT(0, 32, 1)); /* reaches the asked length, so the region's end */
    CHECK_EQ(segment_state(0, 2), VAS_RESERVED);
    WORLD_RUN(COMMIT(0, 48, 1), COMMIT(0, UINT32_MAX, UINT32_MAX), COMMIT(0, 3, 0));
    CHECK_EQ(segment_state(0, 1), VAS_RESERVED);
    CHECK_EQ(RESULT.refused, 0);
    world_finish();
}

static void reservations_round_up_and_say_why_they_fail(void)
{
    world_start_default();
    WORLD_RUN(RESERVE_AT(0, 12, 100 * 16 + 5)); /* pages 5 to 16: two segments */
    CHECK_EQ(world.regions[0].base_va, 100u << 16);
    CHECK_EQ(RESULT.va_segments, 8 + 2);
    WORLD_RUN(RESERVE_AT(1, 1, 101 * 16 + 15));
    CHECK_EQ(RESULT.refused, 1); /* in use */
    WORLD_RUN(RESERVE(1, 0), RESERVE(1, UINT32_MAX), RESERVE_AT(1, 1, UINT32_MAX));
    CHECK_EQ(RESULT.refused, 4);
    WORLD_RUN(RESERVE_AT(1, 32, 255 * 16)); /* reaches past the managed range */
    CHECK_EQ(RESULT.refused, 5);
    WORLD_RUN(RESERVE(1, 256 * 16));
    CHECK_EQ(RESULT.no_space, 1);
    WORLD_RUN(RESIZE(0, 33), RESIZE(0, 0));
    CHECK_EQ(RESULT.va_segments, 8 + 3);
    CHECK_EQ(RESULT.refused, 6);
    WORLD_RUN(RESERVE_AT(1, 16, 103 * 16), RESIZE(0, 49));
    CHECK_EQ(RESULT.no_space, 2);
    WORLD_RUN(RELEASE(0), RELEASE(1));
    CHECK_EQ(RESULT.va_segments, 8);
    CHECK_EQ(RESULT.va_segments_peak, 8 + 4);
    world_finish();
}

static void alignment_counts_in_pages(void)
{
    struct trace_op op = { .kind = TRACE_RESERVE, .pages = 16 };

    world_start_default();
    for (uint32_t slot = 0; slot < WORLD_REGION_SLOTS; slot++) {
        op.slot = slot;
        op.align_log2 = (uint8_t)(slot + 2u); /* 4 pages ... 512 pages, 32 segments */
        world_run(&op, 1);
        uint32_t align_log2 = op.align_log2 > 4u ? op.align_log2 : 4u;
        CHECK_EQ(world.regions[slot].base_va & ((4096u << align_log2) - 1u), 0);
    }
    CHECK_EQ(RESULT.refused, 0);
    world_finish();
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static void a_touch_grows_a_stack_down_to_its_guard(void)
{
    static const struct {
        uint32_t depth_page;
        uint32_t pages;
        uint32_t faults;
        uint32_t overflows;
        uint32_t violations;
    } rows[] = {
        { 0, 2, 0, 0, 0 },   { 1, 2, 0, 0, 0 },   { 2, 3, 1, 0, 0 },
        { 9, 10, 2, 0, 0 },  { 5, 10, 2, 0, 0 },  { 16, 10, 2, 1, 0 },
        { 31, 10, 2, 2, 0 }, { 15, 16, 3, 2, 0 }, { 32, 16, 3, 2, 1 },
    };

    world_start_default();
    WORLD_RUN(STACK_CREATE(0, 32, 2, 16));
    CHECK_EQ(RESULT.stack_pages, 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        WORLD_RUN(TOUCH(0, rows[i].depth_page));
        CHECK_EQ(RESULT.stack_pages, rows[i].pages);
        CHECK_EQ(RESULT.stack_faults, rows[i].faults);
        CHECK_EQ(RESULT.stack_overflows, rows[i].overflows);
        CHECK_EQ(RESULT.stack_violations, rows[i].violations);
    }
    WORLD_RUN(TOUCH(0, UINT32_MAX));
    CHECK_EQ(RESULT.refused, 1);
    WORLD_RUN(STACK_DESTROY(0));
    CHECK_EQ(RESULT.stack_pages, 0);
    CHECK_EQ(RESULT.stack_pages_peak, 16);
    CHECK_EQ(RESULT.footprint_pages_peak, 0);
    world_finish();
}

/* Stacks come from the top, so the region lies directly below. */
static void a_touch_that_jumps_the_guard_is_told_by_where_it_lands(void)
{
    world_start_default();
    WORLD_RUN(STACK_CREATE(0, 16, 1, 1), RESERVE_TOP(0, 32), TOUCH(0, 16));
    CHECK_EQ(RESULT.stack_violations, 1);
    WORLD_RUN(COMMIT(0, 16, 16), TOUCH(0, 16));
    CHECK_EQ(RESULT.stack_violations, 1);
    CHECK_EQ(RESULT.stack_jumps, 1);
    WORLD_RUN(TOUCH(0, 32)); /* the region's first segment is reserved only */
    CHECK_EQ(RESULT.stack_violations, 2);
    CHECK_EQ(RESULT.stack_jumps, 1);
    world_finish();
}

static void a_stack_without_memory_is_refused_and_nothing_changes(void)
{
    world_start_default();
    world.limit_pages = 8;
    WORLD_RUN(STACK_CREATE(0, 32, 2, 16), TOUCH(0, 8));
    CHECK_EQ(RESULT.no_memory, 1);
    CHECK_EQ(RESULT.stack_pages, 2);
    WORLD_RUN(TOUCH(0, 7), STACK_CREATE(1, 32, 1, 16));
    CHECK_EQ(RESULT.stack_pages, 8);
    CHECK_EQ(RESULT.no_memory, 2);
    world_finish();
}

/* -- Digest ------------------------------------------------------------------------------------ */

/* Worked out apart from this code: the word 0x0000000300000501 (slot 3, free, skipped) and the word
 * 0 mixed into 0x9e3779b97f4a7c15, each by (digest ^ word) * 0x9e3779b97f4a7c15 and then a fold of
 * the upper half onto the lower.
 */
static void the_digest_of_one_skipped_op_is_known(void)
{
    world_start_default();
    CHECK(RESULT.digest == UINT64_C(0x9e3779b97f4a7c15));
    WORLD_RUN(FREE(3));
    CHECK(RESULT.digest == UINT64_C(0x4c3f8be5afd0d591));
    world_finish();
    CHECK(RESULT.digest == UINT64_C(0x4c3f8be5afd0d591));
}

static void every_part_of_an_op_changes_the_digest(void)
{
    static const struct trace_op ops[] = {
        ALLOC(0, 10), ALLOC(1, 10), ALLOC(0, 1000), REALLOC(0, 10), FREE(0), ALLOC(0, UINT32_MAX),
    };
    uint64_t digests[sizeof ops / sizeof ops[0]];

    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        world_start_default();
        WORLD_RUN(ALLOC(5, 1)); /* so that the two sizes do not begin at the same address */
        world_run(&ops[i], 1);
        digests[i] = RESULT.digest;
        for (size_t other = 0; other < i; other++)
            CHECK(digests[other] != digests[i]);
    }
}

static void annotations_change_nothing(void)
{
    world_start_default();
    WORLD_RUN(ALLOC(0, 10), ALLOC(1, 10));
    struct replay_result without = RESULT;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_THREAD, .thread = 3 }, ALLOC(0, 10),
              { .kind = TRACE_TIME, .delta_ns = 9 }, { .kind = TRACE_MARK, .mark = 1 },
              ALLOC(1, 10));
    CHECK(memcmp(&without, &RESULT, sizeof without) == 0);
    world_finish();
}

/* -- Start ------------------------------------------------------------------------------------- */

static void a_replay_without_its_needs_does_not_start(void)
{
    struct replay_memory memory = world_memory();
    struct replay_config config = world_config();

    world_start_default();
    const struct la_port port = world.port;

    config.end_segment = LA_SEGMENTS + 1u;
    CHECK_EQ(replay_init(&world.replay, &memory, &config, &port), LA_BAD_ARGUMENT);
    config.end_segment = config.first_segment;
    CHECK_EQ(replay_init(&world.replay, &memory, &config, &port), LA_BAD_ARGUMENT);
    config.end_segment = config.first_segment + 7u; /* one less than the segment table */
    CHECK_EQ(replay_init(&world.replay, &memory, &config, &port), LA_NO_SPACE);
    config = world_config();
    config.buckets = NULL;
    CHECK_EQ(replay_init(&world.replay, &memory, &config, &port), LA_BAD_ARGUMENT);
    config = world_config();
    memory.heap_slots = 0;
    CHECK_EQ(replay_init(&world.replay, &memory, &config, &port), LA_BAD_ARGUMENT);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(block_figures_are_those_worked_out_by_hand),
        CASE(footprint_is_heap_pages_and_metadata),
        CASE(what_is_left_when_all_is_freed),
        CASE(large_blocks_take_whole_pages),
        CASE(a_heap_takes_its_blocks_along),
        CASE(an_op_that_does_not_fit_its_slot_is_skipped),
        CASE(a_commit_is_widened_and_a_decommit_narrowed),
        CASE(reservations_round_up_and_say_why_they_fail),
        CASE(alignment_counts_in_pages),
        CASE(a_touch_grows_a_stack_down_to_its_guard),
        CASE(a_touch_that_jumps_the_guard_is_told_by_where_it_lands),
        CASE(a_stack_without_memory_is_refused_and_nothing_changes),
        CASE(the_digest_of_one_skipped_op_is_known),
        CASE(every_part_of_an_op_changes_the_digest),
        CASE(annotations_change_nothing),
        CASE(a_replay_without_its_needs_does_not_start),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
