/* SPDX-License-Identifier: 0BSD */
/* Probes: what must be refused is, what is not a probe's to change is left alone, and memory runs
 * out where an op says so, whatever the port below has.
 */
#include "replay_world.h"

#define RESULT (world.replay.result)
#define LAST   (world.replay.last)

static void check_last(int32_t status, uint32_t value)
{
    CHECK_EQ(LAST.status, status);
    CHECK_EQ(LAST.value, value);
}

static struct trace_op free_at(uint32_t slot, int64_t offset)
{
    return (
        struct trace_op){ .kind = TRACE_FREE_AT, .slot = slot, .offset_bytes = (uint32_t)offset };
}

static struct trace_op at(uint8_t kind, uint32_t slot, int32_t distance, uint32_t segments)
{
    return (struct trace_op){
        .kind = kind, .slot = slot, .distance_pages = (uint32_t)distance, .range_segments = segments
    };
}

static void check_op(struct trace_op op, int32_t status, uint32_t value)
{
    world_run(&op, 1);
    check_last(status, value);
}

static void check_status(struct trace_op op, int32_t status)
{
    world_run(&op, 1);
    CHECK_EQ(LAST.status, status);
}

/* -- Frees ------------------------------------------------------------------------------------- */

static void bad_frees_are_answered_by_what_they_are(void)
{
    va32_t va;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 64 }, { .kind = TRACE_FREE, .slot = 1 });
    va = world.blocks[0].va;
    check_op(free_at(1, 0), LA_DOUBLE_FREE, va + 64);
    check_op(free_at(0, 8), LA_BAD_ADDRESS, va + 8);
    check_op(free_at(0, 63), LA_BAD_ADDRESS, va + 63);
    check_op(free_at(0, 64), LA_DOUBLE_FREE, va + 64);
    check_op(free_at(2, 0), LA_OK, 0); /* an unused slot: the address is absolute; 0 is allowed */
    check_op(free_at(2, -1), LA_BAD_ADDRESS, UINT32_MAX);
    check_op(free_at(2, world.space.table_va), LA_BAD_ADDRESS, world.space.table_va);
    check_op(free_at(0, 0), REPLAY_SKIPPED, va); /* that is what free is for */
    check_op(free_at(1, -64), REPLAY_SKIPPED, va);
    CHECK_EQ(RESULT.live_blocks, 1);
    world_finish();
}

static void a_free_through_another_heap_is_refused(void)
{
    va32_t va;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 },
              { .kind = TRACE_HEAP_CREATE, .slot = 1 }, { .kind = TRACE_HEAP_USE, .slot = 1 });
    va = world.blocks[0].va;
    check_op(free_at(0, 0), LA_BAD_ADDRESS, va);
    WORLD_RUN({ .kind = TRACE_HEAP_USE, .slot = 0 });
    check_op(free_at(0, 0), REPLAY_SKIPPED, va);
    world_finish();
}

static void a_destroyed_heaps_blocks_are_remembered(void)
{
    va32_t va;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_HEAP_CREATE, .slot = 1 }, { .kind = TRACE_HEAP_USE, .slot = 1 },
              { .kind = TRACE_ALLOC, .slot = 5, .bytes = 64 });
    va = world.blocks[5].va;
    WORLD_RUN({ .kind = TRACE_HEAP_DESTROY, .slot = 1 });
    check_op(free_at(5, 0), LA_BAD_ADDRESS, va);
    world_finish();
}

static void bad_reallocs_are_refused_too(void)
{
    struct trace_op op = { .kind = TRACE_FREE_AT, .placement = 1, .realloc_bytes = 100 };
    va32_t va;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 });
    va = world.blocks[0].va;
    check_op(op, REPLAY_SKIPPED, va);
    op.offset_bytes = 64;
    check_op(op, LA_DOUBLE_FREE, va + 64);
    op.offset_bytes = 4;
    check_op(op, LA_BAD_ADDRESS, va + 4);
    op.slot = 1;
    op.offset_bytes = 0;
    check_op(op, REPLAY_SKIPPED, 0); /* that would be an allocation nobody knows of */
    world_finish();
}

/* -- Regions ----------------------------------------------------------------------------------- */

static void releases_beside_a_base_are_refused(void)
{
    va32_t base;
    va32_t heaps = 0;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 64 },
              { .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 });
    base = world.regions[0].base_va;
    heaps = world.blocks[0].va & ~(LA_SEGMENT_BYTES - 1u);
    check_op(at(TRACE_RELEASE_AT, 0, 0, 0), REPLAY_SKIPPED, base);
    check_op(at(TRACE_RELEASE_AT, 0, 1, 0), LA_BAD_ADDRESS, base + LA_PAGE_BYTES);
    check_op(at(TRACE_RELEASE_AT, 0, 16, 0), LA_BAD_ADDRESS, base + LA_SEGMENT_BYTES);
    check_status(at(TRACE_RELEASE_AT, 1, 0, 0), LA_BAD_ADDRESS); /* address 0 */
    check_op(at(TRACE_RELEASE_AT, 1, (int32_t)(heaps >> LA_PAGE_SHIFT), 0), REPLAY_SKIPPED, heaps);
    check_status(at(TRACE_RELEASE_AT, 1, (int32_t)(heaps >> LA_PAGE_SHIFT) + 1, 0), LA_BAD_ADDRESS);
    WORLD_RUN({ .kind = TRACE_RELEASE, .slot = 0 });
    check_op(at(TRACE_RELEASE_AT, 0, 0, 0), LA_BAD_ADDRESS, base); /* twice */
    CHECK_EQ(RESULT.live_blocks, 1);
    world_finish();
}

static void a_stack_is_released_by_nobody_else(void)
{
    va32_t base;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_STACK_CREATE,
                .slot = 0,
                .pages = 32,
                .committed_pages = 1,
                .guard_pages = 1 });
    base = world.stacks[0].base_va;
    check_op(at(TRACE_RELEASE_AT, 0, (int32_t)(base >> LA_PAGE_SHIFT), 0), REPLAY_SKIPPED, base);
    check_status(at(TRACE_RELEASE_AT, 0, (int32_t)(base >> LA_PAGE_SHIFT) + 16, 0), LA_BAD_ADDRESS);
    check_op(at(TRACE_COMMIT_AT, 0, (int32_t)(base >> LA_PAGE_SHIFT), 1), LA_BAD_STATE, base);
    check_op(at(TRACE_DECOMMIT_AT, 0, (int32_t)(base >> LA_PAGE_SHIFT), 2), LA_BAD_STATE, base);
    world_finish();
}

static void raw_resizes_see_no_limit(void)
{
    struct trace_op op = { .kind = TRACE_RELEASE_AT, .placement = 1 };
    va32_t base;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 64 });
    base = world.regions[0].base_va;
    check_op(op, LA_BAD_ARGUMENT, base);
    op.resize_segments = UINT32_MAX;
    check_op(op, LA_NO_SPACE, base);
    op.resize_segments = 2;
    check_op(op, LA_OK, base);
    CHECK_EQ(world.regions[0].segments, 2);
    op.distance_pages = 16;
    check_op(op, LA_BAD_ADDRESS, base + LA_SEGMENT_BYTES);
    world_finish();
}

static void ranges_are_neither_clipped_nor_rounded(void)
{
    va32_t base;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 64, .placement = VAS_LOWEST },
              { .kind = TRACE_RESERVE, .slot = 1, .pages = 64, .placement = VAS_LOWEST });
    base = world.regions[0].base_va;
    CHECK_EQ(world.regions[1].base_va, base + 4u * LA_SEGMENT_BYTES);
    check_op(at(TRACE_COMMIT_AT, 0, 0, 4), LA_OK, base);
    check_op(at(TRACE_COMMIT_AT, 0, 0, 5), LA_BAD_ADDRESS, base);
    check_op(at(TRACE_COMMIT_AT, 0, 1, 1), LA_BAD_ARGUMENT, base + LA_PAGE_BYTES);
    check_op(at(TRACE_COMMIT_AT, 0, 0, 0), LA_BAD_ARGUMENT, base);
    check_op(at(TRACE_COMMIT_AT, 0, 0, UINT32_MAX), LA_BAD_ARGUMENT, base);
    check_op(at(TRACE_COMMIT_AT, 0, 64, 4), LA_OK, base + 4u * LA_SEGMENT_BYTES);
    check_op(at(TRACE_DECOMMIT_AT, 1, -16, 1), LA_OK, base + 3u * LA_SEGMENT_BYTES);
    check_op(at(TRACE_DECOMMIT_AT, 1, -16, 2), LA_BAD_ADDRESS, base + 3u * LA_SEGMENT_BYTES);
    CHECK_EQ(vas_state(&world.vas, base + 3u * LA_SEGMENT_BYTES), VAS_RESERVED);
    CHECK_EQ(vas_state(&world.vas, base + 4u * LA_SEGMENT_BYTES), VAS_COMMITTED);
    world_finish();
}

static void a_heaps_segment_is_not_decommitted(void)
{
    va32_t heaps;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 });
    heaps = world.blocks[0].va & ~(LA_SEGMENT_BYTES - 1u);
    check_op(at(TRACE_DECOMMIT_AT, 0, (int32_t)(heaps >> LA_PAGE_SHIFT), 1), REPLAY_SKIPPED, heaps);
    CHECK_EQ(vas_state(&world.vas, heaps), VAS_COMMITTED);
    world_finish();
}

static void raw_reservations_reach_the_domain_of_the_call(void)
{
    struct trace_op op = { .kind = TRACE_RESERVE_AT };

    world_start_default();
    check_op(op, LA_BAD_ARGUMENT, 0);
    op.segments = 3;
    op.align_log2 = 17;
    check_op(op, LA_BAD_ARGUMENT, 0);
    op.align_log2 = 2;
    op.window_first = 101;
    op.window_end = 107;
    check_op(op, LA_OK, la_segment_va(104));
    CHECK_EQ(world.regions[0].pages, 48);
    check_op(op, REPLAY_SKIPPED, 0);
    op.slot = 1;
    check_op(op, LA_NO_SPACE, 0);
    op.window_end = 50;
    check_op(op, LA_BAD_ARGUMENT, 0);
    world_finish();
}

/* -- Accesses ---------------------------------------------------------------------------------- */

static struct trace_op access_at(va32_t va, uint32_t access)
{
    return (struct trace_op){ .kind = TRACE_ACCESS,
                              .slot = WORLD_REGION_SLOTS - 1u, /* never used: from address 0 */
                              .distance_pages = va >> LA_PAGE_SHIFT,
                              .access = access };
}

static void accesses_are_judged(void)
{
    struct trace_op op;
    va32_t base;
    va32_t top;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 32 },
              { .kind = TRACE_COMMIT, .slot = 0, .pages = 16 },
              { .kind = TRACE_STACK_CREATE,
                .slot = 2,
                .pages = 16,
                .committed_pages = 1,
                .guard_pages = 1 },
              { .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 });
    base = world.regions[0].base_va;
    top = world.stacks[2].base_va;
    check_op(access_at(base, 0), LA_OK, base);
    CHECK_EQ(world.replay.verdict.verdict, FAULT_MAP_ZERO);
    check_op(access_at(base, TRACE_ACCESS_WRITE), REPLAY_MAP, base); /* it is there by now */
    CHECK_EQ(world.replay.mapped_count, 1);
    check_op(access_at(base, TRACE_ACCESS_PRESENT), REPLAY_VIOLATION, base);
    check_op(access_at(base, TRACE_ACCESS_FETCH), REPLAY_VIOLATION, base);
    check_op(access_at(base, TRACE_ACCESS_ALLOWED), REPLAY_RETRY, base);
    check_status(access_at(base + LA_SEGMENT_BYTES, 0), REPLAY_VIOLATION); /* reserved only */
    check_op(access_at(world.blocks[0].va, 0), REPLAY_MAP,
             world.blocks[0].va & ~(LA_PAGE_BYTES - 1u));
    check_status(access_at(top + 2u * LA_PAGE_BYTES, 0), REPLAY_VIOLATION); /* whose stack? */
    op = access_at(top + 2u * LA_PAGE_BYTES, TRACE_ACCESS_WRITE);
    op.stack_plus_1 = 3;
    check_op(op, LA_OK, top + 2u * LA_PAGE_BYTES);
    CHECK_EQ(world.replay.verdict.pages, 13);
    CHECK_EQ(RESULT.stack_pages, 14);
    op.distance_pages = top >> LA_PAGE_SHIFT;
    check_op(op, REPLAY_OVERFLOW, top);
    op.stack_plus_1 = 1;
    check_op(op, REPLAY_SKIPPED, 0);
    check_op((struct trace_op){ .kind = TRACE_ACCESS, .distance_pages = 1 }, LA_OK,
             base + LA_PAGE_BYTES); /* counted from the region */
    op = (struct trace_op){ .kind = TRACE_ACCESS, .slot = WORLD_REGION_SLOTS };
    check_op(op, REPLAY_SKIPPED, 0);
    world_finish();
}

static void mapped_pages_go_with_their_segment(void)
{
    va32_t base;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 96 },
              { .kind = TRACE_COMMIT, .slot = 0, .pages = 96 });
    base = world.regions[0].base_va;
    for (uint32_t page = 0; page < 96; page++)
        check_status(access_at(base + page * LA_PAGE_BYTES, 0), page < 64 ? LA_OK : REPLAY_MAP);
    CHECK_EQ(world.replay.mapped_count, REPLAY_MAPPED_MAX);
    WORLD_RUN({ .kind = TRACE_DECOMMIT, .slot = 0, .offset_pages = 8, .pages = 32 });
    CHECK_EQ(world.replay.mapped_count, 48); /* one whole segment inside */
    check_status(at(TRACE_DECOMMIT_AT, 0, 32, 1), LA_OK);
    CHECK_EQ(world.replay.mapped_count, 32);
    WORLD_RUN({ .kind = TRACE_RESIZE, .slot = 0, .pages = 48 });
    CHECK_EQ(world.replay.mapped_count, 16);
    WORLD_RUN({ .kind = TRACE_RELEASE, .slot = 0 });
    CHECK_EQ(world.replay.mapped_count, 0);
    world_finish();
}

static void a_trim_gives_a_stacks_pages_back(void)
{
    struct trace_op op = { .kind = TRACE_STACK_TRIM, .depth_bytes = 4096, .keep_pages = 1 };

    world_start_default();
    check_op(op, REPLAY_SKIPPED, 0);
    WORLD_RUN({ .kind = TRACE_STACK_CREATE,
                .slot = 0,
                .pages = 32,
                .committed_pages = 8,
                .guard_pages = 1 });
    check_op(op, LA_OK, 6);
    CHECK_EQ(RESULT.stack_pages, 2);
    op.depth_bytes = UINT32_C(1) << 30; /* no stack pointer of this stack */
    check_op(op, LA_OK, 0);
    WORLD_RUN({ .kind = TRACE_STACK_TOUCH, .slot = 0, .depth_page = 9 });
    CHECK_EQ(RESULT.stack_pages, 10);
    world_finish();
}

/* -- Memory ------------------------------------------------------------------------------------ */

static struct trace_op alloc(uint32_t slot)
{
    return (struct trace_op){ .kind = TRACE_ALLOC, .slot = slot, .bytes = 100000 };
}

static void the_nth_commit_fails_once(void)
{
    world_start_default();
    check_status(alloc(0), LA_OK); /* the first one needs metadata too */
    check_op((struct trace_op){ .kind = TRACE_FAIL, .nth = 2 }, LA_OK, 2);
    check_status(alloc(1), LA_OK);
    check_status(alloc(2), LA_NO_MEMORY);
    check_status(alloc(2), LA_OK);
    CHECK_EQ(world.replay.commits_failed, 1);
    world_finish();
}

static void or_from_the_nth_on_all_do(void)
{
    world_start_default();
    check_status(alloc(0), LA_OK);
    check_op((struct trace_op){ .kind = TRACE_FAIL, .nth = 2, .placement = 1 }, LA_OK, 2);
    check_status(alloc(1), LA_OK);
    check_status(alloc(2), LA_NO_MEMORY);
    check_status(alloc(2), LA_NO_MEMORY);
    check_op((struct trace_op){ .kind = TRACE_FAIL }, LA_OK, 0);
    check_status(alloc(2), LA_OK);
    world_finish();
}

static void memory_ends_at_a_limit(void)
{
    uint32_t backed;

    world_start_default();
    check_status(alloc(0), LA_OK);
    backed = world.replay.backed_pages;
    check_op((struct trace_op){ .kind = TRACE_MEMORY, .limit_pages = backed + 25 }, LA_OK,
             backed + 25);
    check_status(alloc(1), LA_OK); /* 25 pages */
    check_status(alloc(2), LA_NO_MEMORY);
    check_op((struct trace_op){ .kind = TRACE_MEMORY, .limit_pages = 0 }, LA_OK, 0);
    check_status(alloc(2), LA_NO_MEMORY);
    WORLD_RUN({ .kind = TRACE_FREE, .slot = 1 });
    check_status(alloc(1), LA_NO_MEMORY);
    check_op((struct trace_op){ .kind = TRACE_MEMORY, .limit_pages = UINT32_MAX }, LA_OK,
             UINT32_MAX);
    check_status(alloc(1), LA_OK);
    world_finish();
}

static void an_access_is_told_how_much_is_left(void)
{
    va32_t base;

    world_start_default();
    WORLD_RUN({ .kind = TRACE_RESERVE, .slot = 0, .pages = 16 },
              { .kind = TRACE_COMMIT, .slot = 0, .pages = 16 },
              { .kind = TRACE_MEMORY, .limit_pages = 1 });
    base = world.regions[0].base_va;
    check_op(access_at(base, 0), LA_OK, base);
    check_op(access_at(base + LA_PAGE_BYTES, 0), REPLAY_OUT_OF_MEMORY, 1);
    WORLD_RUN({ .kind = TRACE_MEMORY, .limit_pages = UINT32_MAX },
              { .kind = TRACE_FAIL, .nth = 1 });
    check_op(access_at(base + LA_PAGE_BYTES, 0), LA_NO_MEMORY, base + LA_PAGE_BYTES);
    check_op(access_at(base + LA_PAGE_BYTES, 0), LA_OK, base + LA_PAGE_BYTES);
    world_finish();
}

static void giving_back_needs_no_memory(void)
{
    world_start_default();
    check_status(alloc(0), LA_OK);
    WORLD_RUN({ .kind = TRACE_ALLOC, .slot = 1, .bytes = 64 },
              { .kind = TRACE_STACK_CREATE,
                .slot = 0,
                .pages = 16,
                .committed_pages = 4,
                .guard_pages = 1 },
              { .kind = TRACE_MEMORY }, { .kind = TRACE_FAIL, .nth = 1, .placement = 1 });
    world_finish();
    CHECK_EQ(world.replay.commits_failed, 0);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(bad_frees_are_answered_by_what_they_are),
        CASE(a_free_through_another_heap_is_refused),
        CASE(a_destroyed_heaps_blocks_are_remembered),
        CASE(bad_reallocs_are_refused_too),
        CASE(releases_beside_a_base_are_refused),
        CASE(a_stack_is_released_by_nobody_else),
        CASE(raw_resizes_see_no_limit),
        CASE(ranges_are_neither_clipped_nor_rounded),
        CASE(a_heaps_segment_is_not_decommitted),
        CASE(raw_reservations_reach_the_domain_of_the_call),
        CASE(accesses_are_judged),
        CASE(mapped_pages_go_with_their_segment),
        CASE(a_trim_gives_a_stacks_pages_back),
        CASE(the_nth_commit_fails_once),
        CASE(or_from_the_nth_on_all_do),
        CASE(memory_ends_at_a_limit),
        CASE(an_access_is_told_how_much_is_left),
        CASE(giving_back_needs_no_memory),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
