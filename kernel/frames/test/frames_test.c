/* SPDX-License-Identifier: 0BSD */
/* Every page frame strategy, one test after the other: random histories in lock-step with a model
 * that is one number a frame, over maps with holes, two nodes and zones at odd places. Then what
 * the kernel heap thread worries about: a heap and everybody else fighting for frames.
 */
#include "frames.h"

#include "check.h"

#define STRATEGIES_MAX 8u
#define OPS            5000u
#define ROWS_MAX       5000u
#define TEST_FRAMES    8192u

struct row {
    uint32_t first;
    uint32_t count; /* as asked */
};

static const struct frames_strategy *strategy;
static const struct frames_map *map;
static uint64_t memory[(size_t)10 << 17]; /* 10 MiB: the largest strategy over 4 GiB */
static uint32_t owner[TEST_FRAMES];       /* number of the row + 1; 0: free */
static bool usable[TEST_FRAMES];
static struct row rows[ROWS_MAX];
static uint32_t row_count;
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes' generator: same on every host */
    return (uint32_t)(((uint64_t)(seed >> 1) * limit) >> 31);
}

static bool can(uint32_t abilities)
{
    return (strategy->can & abilities) == abilities;
}

/* -- The model --------------------------------------------------------------------------------- */

static enum frames_zone zone_of(uint32_t frame)
{
    return frame >= map->high_first  ? FRAMES_HIGH
           : frame >= map->low_first ? FRAMES_LOW
                                     : FRAMES_DMA;
}

static uint32_t node_of(uint32_t frame)
{
    for (uint32_t i = 0; i < map->range_count; i++)
        if (frame >= map->ranges[i].first && frame < map->ranges[i].first + map->ranges[i].count)
            return map->ranges[i].node;
    return UINT32_MAX;
}

static bool is_free(uint32_t frame)
{
    return frame < TEST_FRAMES && usable[frame] && owner[frame] == 0;
}

/* Frames a strategy takes for so many. */
static uint32_t taken(uint32_t count)
{
    uint32_t power = 1;

    while (power < count)
        power *= 2u;
    return can(FRAMES_POWERS) ? power : count;
}

/* Whether a row is free within a zone, and there is a frame at all. */
static bool zone_has_row(enum frames_zone zone, uint32_t count)
{
    uint32_t run = 0;

    for (uint32_t frame = 0; frame < TEST_FRAMES; frame++) {
        run = is_free(frame) && zone_of(frame) == zone ? run + 1u : 0u;
        if (run >= count)
            return true;
    }
    return false;
}

static void mark(uint32_t first, uint32_t count, uint32_t number)
{
    for (uint32_t frame = first; frame < first + taken(count); frame++)
        owner[frame] = number;
}

static void add_row(uint32_t first, uint32_t count)
{
    for (uint32_t frame = first; frame < first + taken(count); frame++)
        if (!is_free(frame))
            CHECK_FAIL("frame %u of [%u, %u) is not free", frame, first, first + taken(count));
    CHECK(row_count < ROWS_MAX);
    rows[row_count] = (struct row){ first, count };
    mark(first, count, ++row_count);
}

static void remove_row(uint32_t number)
{
    mark(rows[number].first, rows[number].count, 0);
    rows[number] = rows[--row_count];
    if (number < row_count)
        mark(rows[number].first, rows[number].count, number + 1u);
}

static void begin(const struct frames_map *new_map)
{
    map = new_map;
    memset(owner, 0, sizeof owner);
    memset(usable, 0, sizeof usable);
    row_count = 0;
    for (uint32_t i = 0; i < map->range_count; i++)
        for (uint32_t j = 0; j < map->ranges[i].count; j++)
            usable[map->ranges[i].first + j] = map->ranges[i].first + j != FRAMES_NONE;
    CHECK(strategy->bytes(map) <= sizeof memory);
    memset(memory, 0xa5, strategy->bytes(map));
    CHECK(!strategy->init(memory, strategy->bytes(map) - 1u, map));
    CHECK(strategy->init(memory, strategy->bytes(map), map));
}

/* -- Judged calls ------------------------------------------------------------------------------ */

/* The zone, node and colour of what was given must be the best that was free. */
static void check_wishes(const struct frames_request *request, uint32_t first)
{
    if (can(FRAMES_ZONED)) {
        CHECK(zone_of(first) <= request->zone);
        for (uint32_t zone = (uint32_t)zone_of(first) + 1u; zone <= (uint32_t)request->zone; zone++)
            if (request->count == 1u || can(FRAMES_FINDS_ROW))
                CHECK(!zone_has_row((enum frames_zone)zone, request->count));
    }
    for (uint32_t frame = 0; frame < TEST_FRAMES; frame++) {
        bool right_node = request->node == FRAMES_ANY || node_of(frame) == request->node;
        bool right_colour =
            request->colour == FRAMES_ANY || frame % map->colours == request->colour % map->colours;

        if (!is_free(frame) || !can(FRAMES_NODED | FRAMES_COLOURED) || !right_node)
            continue;
        if (request->node != FRAMES_ANY)
            CHECK_EQ(node_of(first), request->node);
        if (right_colour && request->colour != FRAMES_ANY && request->node != FRAMES_ANY)
            CHECK_EQ(first % map->colours, request->colour % map->colours);
    }
}

static uint32_t alloc(const struct frames_request *request)
{
    uint32_t first = strategy->alloc(memory, request);
    bool served_zone = can(FRAMES_ZONED) || request->zone == FRAMES_HIGH;

    if (first != FRAMES_NONE) {
        CHECK(served_zone && request->count > 0);
        CHECK(request->count == 1u || can(FRAMES_ROWS));
        check_wishes(request, first);
        add_row(first, request->count);
        return first;
    }
    if (request->count == 0 || (request->count != 1u && !can(FRAMES_FINDS_ROW)))
        return first;
    for (uint32_t zone = 0; served_zone && zone <= (uint32_t)request->zone; zone++)
        CHECK(!zone_has_row((enum frames_zone)zone, request->count));
    return first;
}

static void release(uint32_t number)
{
    struct row row = rows[number];

    CHECK(strategy->free(memory, row.first, row.count));
    remove_row(number);
    CHECK(!strategy->free(memory, row.first, row.count));
}

static void take(uint32_t first, uint32_t count)
{
    bool all = count > 0;

    for (uint32_t i = 0; i < count; i++)
        all = all && is_free(first + i);
    CHECK_EQ(strategy->take(memory, first, count), all);
    if (all)
        add_row(first, count);
}

/* Frees of what is no row. */
static void misuse(void)
{
    uint32_t first = random_below(4) == 0 ? random_below(UINT32_MAX) : random_below(TEST_FRAMES);
    uint32_t count = 1u + random_below(3);

    CHECK(!strategy->free(memory, first, 0));
    for (uint32_t i = 0; i < count && first + i < TEST_FRAMES; i++)
        if (owner[first + i] != 0)
            return;
    CHECK(!strategy->free(memory, first, count));
}

static void audit(void)
{
    struct frames_counts counts;
    uint32_t free[FRAMES_ZONES] = { 0 };
    uint32_t frames = 0;
    uint32_t longest = 0;
    const char *broken = strategy->check(memory);

    CHECK_STR(broken ? broken : "sound", "sound");
    strategy->counts(memory, &counts);
    for (uint32_t frame = 0; frame < TEST_FRAMES; frame++) {
        frames += usable[frame];
        free[zone_of(frame)] += is_free(frame);
    }
    CHECK_EQ(counts.frames, frames);
    CHECK_EQ(counts.free, free[0] + free[1] + free[2]);
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++) {
        CHECK_EQ(counts.free_of_zone[zone], free[zone]);
        while (can(FRAMES_FINDS_ROW) && zone_has_row((enum frames_zone)zone, longest + 1u))
            longest++;
    }
    if (can(FRAMES_FINDS_ROW))
        CHECK_EQ(counts.largest_row, longest);
    else if (!can(FRAMES_ROWS))
        CHECK_EQ(counts.largest_row, counts.free > 0);
    CHECK(counts.metadata_bytes > 0 && counts.metadata_bytes <= strategy->bytes(map));
}

/* -- Random histories -------------------------------------------------------------------------- */

static void step(bool filling)
{
    struct frames_request request = { .count = random_below(3) ? 1u : random_below(40),
                                      .zone = (enum frames_zone)random_below(FRAMES_ZONES),
                                      .colour = FRAMES_ANY,
                                      .node = FRAMES_ANY };
    uint32_t what = random_below(16);

    if (random_below(64) == 0)
        request.count = random_below(2000);
    if (random_below(2) == 0)
        request.colour = random_below(map->colours);
    if (random_below(2) == 0)
        request.node = random_below(map->nodes);
    if (what == 0)
        misuse();
    else if (what == 1 && can(FRAMES_TAKES))
        take(random_below(TEST_FRAMES), random_below(12));
    else if (what < (filling ? 12u : 6u))
        (void)alloc(&request);
    else if (row_count > 0)
        release(random_below(row_count));
}

static const struct frames_range holey_ranges[] = {
    { 0, 159, 0 }, { 256, 700, 0 }, { 1000, 2333, 1 }, { 3333, 1, 0 }, { 4000, 1100, 1 },
};

static const struct frames_range whole_range = { 1, 2047, 0 };
static const struct frames_range high_range = { 2048, 2048, 0 };

static const struct frames_map maps[] = {
    { holey_ranges, 5, 512, 3000, 8, 2 },
    { &whole_range, 1, 300, 1111, 1, 1 },
    { &high_range, 1, 1024, 2000, 16, 1 }, /* no DMA, no LOW */
};

static void agrees_with_the_model(void)
{
    for (uint32_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        seed = i + 1u;
        begin(&maps[i]);
        for (uint32_t op = 0; op < OPS; op++) {
            step(op / (OPS / 6u) % 2u == 0); /* the tide turns five times */
            if (op % 400u == 0)
                audit();
        }
        while (row_count > 0)
            release(random_below(row_count));
        audit();
    }
}

/* Every frame once, the highest zone first; then none; then all are back. */
static void gives_out_every_frame_once(void)
{
    const struct frames_request request = {
        .count = 1, .zone = FRAMES_HIGH, .colour = FRAMES_ANY, .node = FRAMES_ANY
    };
    struct frames_counts counts;

    for (uint32_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        begin(&maps[i]);
        while (alloc(&request) != FRAMES_NONE)
            continue;
        strategy->counts(memory, &counts);
        CHECK_EQ(counts.free, 0);
        CHECK_EQ(row_count, counts.frames);
        audit();
        while (row_count > 0)
            release(row_count / 2u);
        audit();
    }
}

static void refuses_maps_that_are_none(void)
{
    static const struct frames_range overlap[] = { { 1, 100, 0 }, { 100, 5, 0 } };
    static const struct frames_range beyond[] = { { FRAMES_MAX - 5u, 6, 0 } };
    static const struct frames_range wraps[] = { { 5, UINT32_MAX - 2u, 0 } };
    static const struct frames_range empty[] = { { 5, 0, 0 } };
    static const struct frames_range node[] = { { 5, 10, 1 } };
    static const struct frames_range good[] = { { 5, 10, 0 } };
    static const struct frames_map wrong[] = {
        { overlap, 2, 10, 20, 1, 1 }, { beyond, 1, 10, 20, 1, 1 }, { wraps, 1, 10, 20, 1, 1 },
        { empty, 1, 10, 20, 1, 1 },   { node, 1, 10, 20, 1, 1 },   { good, 1, 20, 10, 1, 1 },
        { good, 1, 10, 20, 3, 1 },    { good, 1, 10, 20, 0, 1 },   { good, 1, 10, 20, 1, 0 },
    };

    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (strategy->init(memory, sizeof memory, &wrong[i]))
            CHECK_FAIL("map %u of the wrong ones was taken", i);
}

/* 4 GiB less a hole, the zones where they are: what a kernel would pass. */
static void serves_all_of_four_gibibytes(void)
{
    static const struct frames_range ranges[] = { { 0, 159, 0 }, { 256, FRAMES_MAX - 256u, 0 } };
    static const struct frames_map whole = {
        ranges, 2, FRAMES_LOW_FIRST, FRAMES_HIGH_FIRST, 16, 1
    };
    struct frames_request request = {
        .count = 1, .zone = FRAMES_HIGH, .colour = FRAMES_ANY, .node = FRAMES_ANY
    };
    struct frames_counts before;
    struct frames_counts after;

    map = &whole;
    CHECK(strategy->bytes(map) <= sizeof memory);
    CHECK(strategy->init(memory, sizeof memory, map));
    strategy->counts(memory, &before);
    CHECK_EQ(before.free, FRAMES_MAX - 256u + 158u);

    uint32_t frame = strategy->alloc(memory, &request);

    CHECK(frame > 0 && frame < FRAMES_MAX);
    CHECK(!can(FRAMES_ZONED) || frame >= FRAMES_HIGH_FIRST);
    CHECK(strategy->free(memory, frame, 1));
    strategy->counts(memory, &after);
    CHECK_EQ(after.free, before.free);
    CHECK(!strategy->free(memory, FRAMES_MAX - 1u, 1));
    CHECK(!strategy->free(memory, 200, 1)); /* the hole */
}

/* Without a wish each frame has another colour than the ones before, as far as there are
 * colours.
 */
static void colours_take_turns(void)
{
    const struct frames_request request = {
        .count = 1, .zone = FRAMES_HIGH, .colour = FRAMES_ANY, .node = FRAMES_ANY
    };
    uint32_t seen = 0;

    begin(&maps[0]);
    for (uint32_t i = 0; i < map->colours; i++)
        seen |= 1u << alloc(&request) % map->colours;
    CHECK_EQ(seen, (1u << map->colours) - 1u);
}

/* -- The kernel heap thread's worry
 * -------------------------------------------------------------------
 */

/* A heap whose brk goes up frame by frame in LOW while others take frames: it ends at the first one
 * in other hands, whatever is free. From the high end, that is as late as can be.
 */
static void a_heap_in_low_memory_ends_at_a_foreign_frame(void)
{
    static const struct frames_range range = { 1, 1999, 0 };
    static const struct frames_map low = { &range, 1, 1, 2000, 1, 1 };
    const struct frames_request request = {
        .count = 1, .zone = FRAMES_LOW, .colour = FRAMES_ANY, .node = FRAMES_ANY
    };
    struct frames_counts counts;
    uint32_t brk = 1;
    uint32_t foreign;

    begin(&low);
    foreign = alloc(&request);
    while (strategy->take(memory, brk, 1))
        brk++;
    strategy->counts(memory, &counts);
    CHECK_EQ(brk, foreign);
    if (strategy == &frames_sorted)
        CHECK_EQ(counts.free, 0); /* the foreign one came from the very top */
    else
        CHECK_EQ(counts.free, 1998); /* the bitmap gives out the lowest: the heap cannot begin */

    /* Half of the frames in foreign hands, all but the lowest of them freed again. */
    begin(&low);
    for (uint32_t i = 0; i < 1000u; i++)
        foreign = alloc(&request);
    CHECK(strategy != &frames_sorted || foreign == 1000u);
    while (row_count > 1u)
        release(rows[0].first == foreign ? 1 : 0);
    brk = strategy == &frames_sorted ? 1 : foreign + 1u;
    for (; strategy->take(memory, brk, 1); brk++)
        continue;
    strategy->counts(memory, &counts);
    CHECK_EQ(counts.free, 999); /* and the heap can have none of them */
}

/* -- Cases: every test for every strategy ------------------------------------------------------ */

static const struct {
    struct check_case test;
    uint32_t needs; /* abilities without which it would say nothing */
} tests[] = {
    { CASE(agrees_with_the_model), 0 },
    { CASE(gives_out_every_frame_once), 0 },
    { CASE(refuses_maps_that_are_none), 0 },
    { CASE(serves_all_of_four_gibibytes), 0 },
    { CASE(colours_take_turns), FRAMES_COLOURED },
    { CASE(a_heap_in_low_memory_ends_at_a_foreign_frame), FRAMES_TAKES },
};

#define TESTS (sizeof tests / sizeof tests[0])

/* A case knows no argument, but check_run() runs each once and in order. */
static struct {
    const struct frames_strategy *strategy;
    void (*run)(void);
} queue[STRATEGIES_MAX * TESTS];

static void run_next(void)
{
    static size_t number;

    strategy = queue[number].strategy;
    queue[number++].run();
}

int main(void)
{
    static struct check_case cases[STRATEGIES_MAX * TESTS];
    static char names[STRATEGIES_MAX * TESTS][80];
    size_t count = 0;

    for (uint32_t i = 0; i < STRATEGIES_MAX && frames_strategies[i] != NULL; i++)
        for (uint32_t test = 0; test < TESTS; test++) {
            strategy = frames_strategies[i];
            if (!can(tests[test].needs))
                continue;
            queue[count].strategy = strategy;
            queue[count].run = tests[test].test.run;
            snprintf(names[count], sizeof names[count], "%s %s", strategy->name,
                     tests[test].test.name);
            cases[count] = (struct check_case){ names[count], run_next };
            count++;
        }
    return check_run(cases, count);
}
