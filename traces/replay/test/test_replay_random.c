/* SPDX-License-Identifier: 0BSD */
/* Streams of random ops over few slots, sizes near every limit: no promise is broken, nothing is
 * left at the end, also when memory runs dry or every n-th commit fails, and the same stream gives
 * the same digest twice.
 */
#include "replay_world.h"

static uint32_t random_state;

/* xorshift32. Source: Marsaglia 2003. */
static uint32_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint32_t random_below(uint32_t end)
{
    return random_next() % end;
}

static uint32_t random_pick(const uint32_t *values, uint32_t count)
{
    return values[random_below(count)] + random_below(3) - 1u;
}

/* One either side of each is tried, too. 0 - 1 is a request nobody can serve. */
static uint32_t random_bytes(void)
{
    static const uint32_t limits[] = { 0,    1,    8,     64,    64,     512,     1024,
                                       1024, 4096, 32768, 65536, 131072, 1048576, 16u << 20 };

    if (random_below(2))
        return random_below(1100);
    return random_pick(limits, sizeof limits / sizeof limits[0]);
}

static uint32_t random_pages(void)
{
    static const uint32_t limits[] = { 0, 1, 2, 15, 16, 17, 32, 64, 255, 256, 4080, 1u << 20 };

    return random_pick(limits, sizeof limits / sizeof limits[0]);
}

/* Mostly blocks; slots go one past the arrays' ends. */
static struct trace_op random_op(void)
{
    static const uint8_t kinds[] = {
        TRACE_ALLOC,        TRACE_ALLOC,       TRACE_ALLOC,         TRACE_ALLOC_ZEROED,
        TRACE_ALLOC_ZEROED, TRACE_REALLOC,     TRACE_REALLOC,       TRACE_ALLOC_ALIGNED,
        TRACE_FREE,         TRACE_FREE,        TRACE_FREE,          TRACE_FREE,
        TRACE_FREE,         TRACE_HEAP_CREATE, TRACE_HEAP_USE,      TRACE_HEAP_USE,
        TRACE_HEAP_TRIM,    TRACE_RESERVE,     TRACE_COMMIT,        TRACE_DECOMMIT,
        TRACE_RESIZE,       TRACE_RELEASE,     TRACE_STACK_CREATE,  TRACE_STACK_TOUCH,
        TRACE_STACK_TOUCH,  TRACE_STACK_TOUCH, TRACE_STACK_DESTROY, TRACE_TIME,
        TRACE_MARK,         TRACE_THREAD,      TRACE_KINDS,
    };
    static const uint32_t slots[] = { WORLD_BLOCK_SLOTS, WORLD_REGION_SLOTS, WORLD_STACK_SLOTS,
                                      WORLD_HEAP_SLOTS };
    struct trace_op op = { .kind = kinds[random_below(sizeof kinds)] };
    enum { BLOCK, REGION, STACK, HEAP } slot_kind = BLOCK;

    if (random_below(200) == 0)
        op.kind = TRACE_HEAP_DESTROY;
    if (op.kind >= TRACE_HEAP_CREATE)
        slot_kind = HEAP;
    if (op.kind >= TRACE_RESERVE)
        slot_kind = REGION;
    if (op.kind >= TRACE_STACK_CREATE)
        slot_kind = STACK;
    op.slot = random_below(slots[slot_kind] + 1u);

    if (slot_kind == BLOCK) {
        op.bytes = random_bytes();
        op.recorded_bytes = random_below(2) ? op.bytes + random_below(16) : 0;
        op.align_log2 = (uint8_t)(op.kind == TRACE_ALLOC_ALIGNED ? random_below(20) : 0);
    } else if (op.kind == TRACE_STACK_TOUCH) {
        op.depth_page = random_pages();
    } else if (slot_kind == STACK) {
        op.pages = random_pages();
        op.committed_pages = random_below(6);
        op.guard_pages = random_below(18);
    } else if (slot_kind == REGION) {
        op.pages = random_pages();
        op.align_log2 = (uint8_t)random_below(op.kind == TRACE_RESERVE ? 14 : 1);
        op.placement = (uint8_t)random_below(op.kind == TRACE_RESERVE ? 5 : 1);
        op.offset_pages =
            op.kind == TRACE_RESERVE ? random_below(WORLD_PAGES + 20) : random_pages();
    }
    return op;
}

/* Failing memory is ended again soon: else nothing else happens. */
static struct trace_op random_probe(void)
{
    struct trace_op op = { .kind = (uint8_t)(TRACE_FREE_AT +
                                             random_below(TRACE_KINDS - TRACE_FREE_AT)) };

    switch (op.kind) {
    case TRACE_FREE_AT:
        op.slot = random_below(WORLD_BLOCK_SLOTS + 1u);
        op.offset_bytes = random_below(3) ? 8u * random_below(20) - 64u : random_bytes();
        op.placement = random_below(4) == 0;
        op.realloc_bytes = op.placement ? random_bytes() : 0;
        break;
    case TRACE_FAIL: op.nth = random_below(3); break;
    case TRACE_MEMORY: op.limit_pages = random_below(4) ? UINT32_MAX : random_below(300); break;
    case TRACE_STACK_TRIM:
        op.slot = random_below(WORLD_STACK_SLOTS + 1u);
        op.depth_bytes = random_below(40) * 2048u;
        op.keep_pages = random_below(4);
        break;
    case TRACE_RESERVE_AT:
        op.slot = random_below(WORLD_REGION_SLOTS + 1u);
        op.segments = random_below(20);
        op.window_first = random_below(WORLD_SEGMENTS);
        op.window_end = random_below(3) ? op.window_first + random_below(24) : 0;
        op.align_log2 = (uint8_t)random_below(5);
        op.placement = (uint8_t)random_below(4);
        break;
    default:
        op.slot = random_below(WORLD_REGION_SLOTS + 1u);
        op.distance_pages = random_below(2) ? 16u * random_below(20) - 80u : random_pages();
        op.placement = op.kind == TRACE_RELEASE_AT && random_below(2);
        if (op.kind == TRACE_ACCESS)
            op.stack_plus_1 = random_below(WORLD_STACK_SLOTS + 2u);
        else if (op.kind != TRACE_RELEASE_AT || op.placement)
            op.range_segments = random_below(20);
        break;
    }
    return op;
}

static void run_random(uint32_t seed, uint32_t ops)
{
    random_state = seed * UINT32_C(2654435761) + 1u;
    for (uint32_t i = 0; i < ops; i++) {
        struct trace_op op = random_below(6) ? random_op() : random_probe();

        if (!replay_step(&world.replay, &op))
            CHECK_FAIL("seed %u, op %u (kind %u, slot %u, %u): %s", seed, i, op.kind, op.slot,
                       op.bytes, world.replay.broken);
    }
}

static uint64_t digest_of_random(uint32_t seed, uint32_t ops, uint32_t check_every, bool canaries)
{
    struct replay_config config = world_config();

    config.check_every = check_every;
    config.canaries = canaries;
    world_start(&config);
    run_random(seed, ops);
    world_finish();
    return world.replay.result.digest;
}

static void random_ops_break_no_promise(void)
{
    for (uint32_t seed = 1; seed <= 6; seed++)
        digest_of_random(seed, 600, 1, true);
    digest_of_random(100, 60000, 997, true);
}

static void a_stream_has_one_digest_however_it_is_watched(void)
{
    for (uint32_t seed = 1; seed <= 3; seed++) {
        uint64_t digest = digest_of_random(seed, 1000, 0, false);

        CHECK(digest == digest_of_random(seed, 1000, 3, true));
        CHECK(digest == digest_of_random(seed, 1000, 7, false));
        CHECK(digest != digest_of_random(seed, 990, 0, false)); /* the last op may be a mere time */
    }
}

static void every_nth_commit_may_fail(void)
{
    uint64_t refused = 0;

    for (uint32_t n = 1; n <= 60; n++) {
        struct replay_config config = world_config();

        config.check_every = 40;
        world_start(&config);
        world.fail_every = n;
        run_random(n, 1500);
        refused += world.replay.result.no_memory;
        world_finish();
    }
    printf("# %u commits refused\n", (unsigned)refused);
    CHECK(refused > 500);
}

static void memory_may_run_dry(void)
{
    for (uint32_t limit_pages = 1; limit_pages <= 120; limit_pages += 7) {
        struct replay_config config = world_config();

        config.check_every = 50;
        world_start(&config);
        world.limit_pages = limit_pages;
        run_random(limit_pages, 600);
        CHECK(world.replay.result.no_memory > 0);
        CHECK(world.replay.result.footprint_pages_peak <= limit_pages);
        world_finish();
    }
}

/* The streams reach what they are meant to reach; a generator that stops to do so fails here. */
static void the_streams_reach_every_outcome(void)
{
    const struct replay_result *result = &world.replay.result;

    digest_of_random(7, 20000, 0, true);
    CHECK(result->skipped > 100);
    CHECK(result->no_space > 10);
    CHECK(result->refused > 100);
    CHECK(result->stack_faults > 10);
    CHECK(result->stack_overflows > 10);
    CHECK(result->stack_violations > 10);
    CHECK(result->stack_jumps > 0);
    CHECK(result->recorded_bytes_sum > result->recorded_request_sum);
    CHECK(result->live_blocks_peak > WORLD_BLOCK_SLOTS / 3u);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(random_ops_break_no_promise),     CASE(a_stream_has_one_digest_however_it_is_watched),
        CASE(every_nth_commit_may_fail),       CASE(memory_may_run_dry),
        CASE(the_streams_reach_every_outcome),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
