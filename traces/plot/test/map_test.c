/* SPDX-License-Identifier: 0BSD */
/* The map and the figures over time against the core's own answers, asked another way: walks of
 * regions and of live blocks, the heaps' statistics, the stacks, the interpreter's sums. On traces
 * of the corpus, and on a long random one with everything in it. usage: map_test TRACE...
 */
#include "check.h"

#include "plot_run.h"

#define RANDOM_OPS 30000u

static struct plot_machine machine;
static struct plot_run run;
static struct plot_map map;
static uint32_t live_blocks[LA_SEGMENTS]; /* by the walk of live blocks */

/* -- The core, asked another way --------------------------------------------------------------- */

static void check_regions(void)
{
    struct vas_region region;
    uint32_t cursor = 0;
    uint32_t used = 0;
    uint32_t end = 0; /* of the region before */

    while (vas_next_region(&machine.vas, &cursor, &region)) {
        for (; end < region.first_segment; end++) {
            CHECK_EQ(map.segment[end].state, end < REPLAY_FIRST_SEGMENT ? PLOT_OUTSIDE : PLOT_FREE);
            CHECK(!map.segment[end].first);
        }
        for (end = region.first_segment; end < region.first_segment + region.segments; end++) {
            const struct plot_segment *at = &map.segment[end];
            enum vas_state state = vas_state(&machine.vas, la_segment_va(end));

            CHECK_EQ(at->first, end == region.first_segment);
            CHECK_EQ(at->state == PLOT_RESERVED, state == VAS_RESERVED);
            CHECK_EQ(at->state == PLOT_STACK || at->state == PLOT_GUARD, state == VAS_STACK);
        }
        used += region.segments;
    }
    CHECK_EQ(map.used_segments, used);
    if (machine.replay.result.ops > 0) /* counted after each op */
        CHECK_EQ(map.used_segments, machine.replay.result.va_segments);
    CHECK_EQ(map.states[PLOT_FREE], machine.vas.free_segments);
}

static void check_block(const struct heap_block *block, uint32_t slot)
{
    const struct plot_segment *at = &map.segment[la_segment_of(block->va)];

    CHECK_EQ(at->state, PLOT_HEAP);
    CHECK_EQ(at->heap, slot);
    CHECK_EQ(at->bucket, block->bucket);
    live_blocks[la_segment_of(block->va)]++;
    if (block->bucket == PLOT_BUCKET_LARGE)
        CHECK_EQ(at->full_permille,
                 block->bytes >= LA_SEGMENT_BYTES ? 1000 : block->bytes * 1000u / LA_SEGMENT_BYTES);
    else
        CHECK_EQ(at->blocks, LA_SEGMENT_BYTES / block->bytes);
}

/* Segments and pages of one heap in the map, against the heap's own count. */
static void check_heap(uint32_t slot)
{
    const struct heap *heap = &machine.memory.heaps[slot].heap;
    struct heap_stats stats;
    struct heap_block block;
    uint32_t segments = 0;
    uint32_t pages = 0;
    uint32_t by_bucket[BUCKETS_MAX] = { 0 };
    va32_t cursor = 0;

    while (heap_next_block(heap, &cursor, &block))
        check_block(&block, slot);
    for (uint32_t i = 0; i < LA_SEGMENTS; i++) {
        const struct plot_segment *at = &map.segment[i];

        if (at->state != PLOT_HEAP || at->heap != slot)
            continue;
        segments++;
        pages += at->pages;
        if (at->bucket < BUCKETS_MAX)
            by_bucket[at->bucket]++;
    }
    heap_stats(heap, &stats);
    CHECK_EQ(segments, stats.segments);
    CHECK_EQ(pages, stats.committed_pages);
    for (uint32_t i = 0; i < BUCKETS_MAX; i++)
        CHECK_EQ(by_bucket[i], stats.bucket[i].segments);
}

static void check_heaps(void)
{
    uint32_t heaps = 0;
    uint32_t metadata_pages = 0;
    uint32_t blocks = 0;

    memset(live_blocks, 0, sizeof live_blocks);
    for (uint32_t slot = 0; slot < machine.memory.heap_slots; slot++)
        if (machine.memory.heaps[slot].exists) {
            check_heap(slot);
            heaps++;
        }
    for (uint32_t i = 0; i < LA_SEGMENTS; i++) {
        const struct plot_segment *at = &map.segment[i];

        CHECK_EQ(at->live_blocks, live_blocks[i]);
        blocks += at->live_blocks;
        if (at->state == PLOT_METADATA)
            metadata_pages += at->pages;
        if (at->state == PLOT_HEAP && at->bucket < BUCKETS_MAX)
            CHECK_EQ(at->full_permille, at->live_blocks * 1000u / at->blocks);
    }
    CHECK_EQ(map.heaps, heaps);
    CHECK_EQ(blocks, machine.replay.result.live_blocks);
    CHECK_EQ(metadata_pages, machine.space.pages);
    CHECK_EQ(map.states[PLOT_HEAP], machine.replay.result.heap_segments);
}

static void check_stacks(void)
{
    uint32_t stacks = 0;
    uint32_t stack_segments = 0;
    uint32_t guards = 0;

    for (uint32_t slot = 0; slot < machine.memory.stack_slots; slot++) {
        const struct stack *stack = &machine.memory.stacks[slot];
        uint32_t first = la_segment_of(stack->base_va);
        uint32_t pages = 0;

        if (stack->pages == 0)
            continue;
        stacks++;
        stack_segments += stack->pages / LA_PAGES_PER_SEGMENT;
        guards += stack->guard_pages / LA_PAGES_PER_SEGMENT;
        for (uint32_t i = 0; i < stack->pages / LA_PAGES_PER_SEGMENT; i++) {
            CHECK_EQ(map.segment[first + i].state,
                     (i + 1u) * LA_PAGES_PER_SEGMENT <= stack->guard_pages ? PLOT_GUARD
                                                                           : PLOT_STACK);
            pages += map.segment[first + i].pages;
        }
        CHECK_EQ(pages, stack_committed_pages(stack));
    }
    CHECK_EQ(map.stacks, stacks);
    CHECK_EQ(map.states[PLOT_GUARD], guards);
    CHECK_EQ(map.states[PLOT_STACK] + guards, stack_segments);
}

static void check_trace_regions(void)
{
    uint32_t regions = 0;
    uint32_t segments = 0;

    for (uint32_t slot = 0; slot < machine.memory.region_slots; slot++)
        if (machine.memory.regions[slot].base_va) {
            regions++;
            segments += machine.memory.regions[slot].segments;
        }
    CHECK_EQ(map.regions, regions);
    CHECK_EQ(map.states[PLOT_RESERVED] + map.states[PLOT_COMMITTED], segments);
}

/* Replay `trace` and look at the map `looks` times on the way, and at its end. */
static void check_maps(const struct trace_loaded *trace, uint32_t looks)
{
    uint64_t every = trace->header.ops / looks + 1u;

    CHECK_EQ(plot_machine_begin(&machine, trace), LA_OK);
    for (uint64_t i = 0; i < trace->header.ops; i++) {
        CHECK(replay_step(&machine.replay, &trace->ops[i]));
        if (i % every != 0 && i + 1u != trace->header.ops)
            continue;
        plot_map_fill(&map, &machine);
        check_regions();
        check_heaps();
        check_stacks();
        check_trace_regions();
    }
    plot_machine_end(&machine);
}

/* -- Over time --------------------------------------------------------------------------------- */

static uint64_t sum_of(enum plot_object object, bool requests)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < PLOT_BINS; i++)
        sum +=
            requests ? run.sizes.bin[object][i].requests : run.sizes.bin[object][i].live_bytes_sum;
    return sum;
}

static void check_run_of(const struct trace_loaded *trace)
{
    const struct plot_wish wish = { .at = PLOT_AT_PEAK };

    CHECK_EQ(plot_run(&run, &machine, trace, "trace", &wish), PLOT_GOOD);
    CHECK_EQ(run.curve.peak[PLOT_LIVE_BYTES], run.result.live_bytes_peak);
    CHECK_EQ(run.curve.peak[PLOT_FOOTPRINT_PAGES], run.result.footprint_pages_peak);
    CHECK_EQ(run.curve.peak[PLOT_STACK_PAGES], run.result.stack_pages_peak);
    CHECK_EQ(run.curve.peak[PLOT_USED_SEGMENTS], run.result.va_segments_peak);
    CHECK_EQ(run.curve.now[PLOT_LIVE_BYTES], run.result.live_bytes);
    CHECK_EQ(sum_of(PLOT_BLOCKS, false), run.result.live_bytes_sum);
    if (run.result.skipped == 0)
        CHECK_EQ(sum_of(PLOT_BLOCKS, true), run.kinds[TRACE_ALLOC] + run.kinds[TRACE_ALLOC_ZEROED] +
                                                run.kinds[TRACE_ALLOC_ALIGNED] +
                                                run.kinds[TRACE_REALLOC]);
    if (run.at_footprint)
        CHECK_EQ(run.map.result.footprint_pages, run.result.footprint_pages_peak);
    else
        CHECK_EQ(run.map.result.va_segments, run.result.va_segments_peak);
}

/* -- A trace with everything ------------------------------------------------------------------- */

/* Source: the constants of Knuth's MMIX. */
static uint32_t random_below(uint32_t end)
{
    static uint64_t state = 1;

    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % end;
}

static struct trace_op random_op(void)
{
    static const uint8_t kinds[] = {
        TRACE_ALLOC,       TRACE_ALLOC,       TRACE_ALLOC,        TRACE_ALLOC_ZEROED,
        TRACE_REALLOC,     TRACE_FREE,        TRACE_FREE,         TRACE_ALLOC_ALIGNED,
        TRACE_HEAP_USE,    TRACE_RESERVE,     TRACE_COMMIT,       TRACE_DECOMMIT,
        TRACE_STACK_TOUCH, TRACE_STACK_TOUCH, TRACE_STACK_CREATE, TRACE_RESIZE,
    };
    static const uint8_t rare[] = { TRACE_RELEASE,   TRACE_HEAP_CREATE,   TRACE_HEAP_DESTROY,
                                    TRACE_HEAP_TRIM, TRACE_STACK_DESTROY, TRACE_TIME };
    struct trace_op op = { .kind = random_below(8) ? kinds[random_below(sizeof kinds)]
                                                   : rare[random_below(sizeof rare)] };

    switch (trace_slot_kind(op.kind)) {
    case TRACE_BLOCK: op.slot = random_below(3000); break;
    case TRACE_REGION: op.slot = random_below(20); break;
    case TRACE_STACK: op.slot = random_below(12); break;
    case TRACE_HEAP: op.slot = random_below(8); break;
    default: break;
    }
    switch (op.kind) {
    case TRACE_ALLOC_ALIGNED: op.align_log2 = (uint8_t)random_below(17); /* fall through */
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_REALLOC: op.bytes = random_below(UINT32_C(1) << random_below(19)) + 1u; break;
    case TRACE_RESERVE:
    case TRACE_RESIZE: op.pages = random_below(600) + 1u; break;
    case TRACE_COMMIT:
    case TRACE_DECOMMIT:
        op.offset_pages = random_below(300);
        op.pages = random_below(300) + 1u;
        break;
    case TRACE_STACK_CREATE:
        op.pages = random_below(200) + 40u;
        op.committed_pages = random_below(3) + 1u;
        op.guard_pages = random_below(33) + 1u;
        break;
    case TRACE_STACK_TOUCH: op.depth_page = random_below(80); break;
    case TRACE_TIME: op.delta_ns = random_below(100000); break;
    default: break;
    }
    return op;
}

static void random_trace_agrees(void)
{
    static struct trace_op ops[RANDOM_OPS];
    struct trace_loaded trace = { .header = { .ops = RANDOM_OPS,
                                              .block_slots = 3000,
                                              .region_slots = 20,
                                              .stack_slots = 12,
                                              .heap_slots = 8 },
                                  .ops = ops };

    for (uint32_t i = 0; i < RANDOM_OPS; i++)
        ops[i] = random_op();
    check_maps(&trace, 60);
    check_run_of(&trace);
    CHECK(map.states[PLOT_METADATA] > 8); /* more than the table */
    CHECK(run.curve.peak[PLOT_STACK_PAGES] > 0);
}

static int path_count;
static char **paths;

static void corpus_agrees(void)
{
    CHECK(path_count > 0);
    for (int i = 0; i < path_count; i++) {
        struct trace_loaded trace;
        char error[TRACE_MESSAGE_BYTES];

        if (!trace_load(paths[i], &trace, error, sizeof error))
            CHECK_FAIL("%s", error);
        check_maps(&trace, 5);
        check_run_of(&trace);
        trace_unload(&trace);
    }
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = { CASE(random_trace_agrees), CASE(corpus_agrees) };
    int status;

    path_count = argc - 1;
    paths = argv + 1;
    if (plot_machine_open(&machine, LA_SEGMENTS) != LA_OK) {
        printf("1..0 # SKIP no addresses for a window of 4 GiB\n");
        return EXIT_SUCCESS;
    }
    status = check_run(cases, sizeof cases / sizeof cases[0]);
    plot_machine_close(&machine);
    return status;
}
