/* SPDX-License-Identifier: 0BSD */
/* Timing page frame strategies. */
#include "frames_serve.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ops.h"
#include "serve.h"
#include "vas_work.h"

#define WARM_OPS  20000u
#define LEAD_OPS  2000u
#define TIMED_OPS 40000u
#define OPS_MIN   200u /* enough for a steady figure */

static const struct {
    const char *name;
    bool rows;
    uint32_t percent;
} works[] = {
    { "single/50", false, 50 }, { "single/90", false, 90 }, { "single/98", false, 98 },
    { "rows/50", true, 50 },    { "rows/90", true, 90 },    { "rows/98", true, 98 },
};

const char *frames_work_name(unsigned number)
{
    return number < sizeof works / sizeof works[0] ? works[number].name : NULL;
}

/* 256 MiB with the hole that PCs have; zones as usual, colours of a cache of 256 KiB. */
static const struct frames_range ranges[] = { { 1, 158, 0 }, { 256, 65280, 0 } };
static const struct frames_map map = { .ranges = ranges,
                                       .range_count = 2,
                                       .low_first = FRAMES_LOW_FIRST,
                                       .high_first = FRAMES_HIGH_FIRST,
                                       .colours = 16,
                                       .nodes = 1 };
#define FRAMES 65438u

struct frames_op {
    uint32_t slot;
    uint32_t count; /* 0: free */
};

struct row {
    uint32_t first; /* FRAMES_NONE: nothing */
    uint32_t count;
};

struct world {
    const struct frames_strategy *strategy;
    void *state;
    struct row *slots; /* FRAMES of them */
    uint32_t failed;
};

struct subject {
    struct world world;
    size_t state_bytes;
    void *kept_state; /* before the first op */
    struct row *kept_slots;
    struct frames_op ops[LEAD_OPS + TIMED_OPS];
    uint32_t count;    /* of a pass */
    uint32_t requests; /* of all timed ops, as the next */
    uint32_t failed;
    uint64_t ns;
    struct frames_counts counts; /* after the last */
};

static void run(struct world *world, const struct frames_op *op, const struct frames_op *end)
{
    const struct frames_strategy *strategy = world->strategy;
    void *state = world->state;

    for (; op < end; op++) {
        const struct frames_request request = {
            .count = op->count, .zone = FRAMES_HIGH, .colour = FRAMES_ANY, .node = FRAMES_ANY
        };
        struct row *slot = &world->slots[op->slot];

        if (op->count == 0) {
            if (slot->first != FRAMES_NONE)
                (void)strategy->free(state, slot->first, slot->count);
            slot->first = FRAMES_NONE;
            continue;
        }
        *slot = (struct row){ strategy->alloc(state, &request), op->count };
        world->failed += slot->first == FRAMES_NONE;
    }
}

/* -- Nobody's frames --------------------------------------------------------------------------- */

static size_t floor_bytes(const struct frames_map *of)
{
    (void)of;
    return sizeof(uint64_t);
}

static bool floor_init(void *state, size_t bytes, const struct frames_map *of)
{
    (void)of;
    memset(state, 0, bytes);
    return true;
}

static uint32_t floor_alloc(void *state, const struct frames_request *request)
{
    (void)state;
    (void)request;
    return 1;
}

static bool floor_free(void *state, uint32_t first, uint32_t count)
{
    (void)state;
    (void)first;
    (void)count;
    return true;
}

static void floor_counts(const void *state, struct frames_counts *ret_counts)
{
    (void)state;
    *ret_counts = (struct frames_counts){ .frames = 0 };
}

static const struct frames_strategy floor_strategy = { .name = "floor",
                                                       .can = FRAMES_ROWS,
                                                       .bytes = floor_bytes,
                                                       .init = floor_init,
                                                       .alloc = floor_alloc,
                                                       .free = floor_free,
                                                       .counts = floor_counts };

/* -- Making ------------------------------------------------------------------------------------ */

struct maker {
    struct subject *subject;
    bool rows;
    uint32_t random;
    uint32_t wanted;
    uint32_t used;
    bool refused;
    uint32_t live[FRAMES]; /* slots in use, in no order */
    uint32_t live_count;
    uint32_t empty[FRAMES]; /* the others */
    uint32_t empty_count;
    uint64_t began_ns;
};

static struct frames_op next(struct maker *maker)
{
    struct world *world = &maker->subject->world;
    bool full = maker->used >= maker->wanted || maker->refused;
    struct frames_op op = { .count = 1 };

    if (full && maker->live_count > 0) {
        uint32_t number = vas_random_below(&maker->random, maker->live_count);

        op = (struct frames_op){ .slot = maker->live[number] };
        maker->used -= world->slots[op.slot].count;
        maker->live[number] = maker->live[--maker->live_count];
        maker->empty[maker->empty_count++] = op.slot;
        maker->refused = false;
        run(world, &op, &op + 1);
        return op;
    }
    if (maker->rows && vas_random_below(&maker->random, 10) == 0)
        op.count = 2u + vas_random_below(&maker->random, 15);
    op.slot = maker->empty[maker->empty_count - 1u];
    run(world, &op, &op + 1);
    maker->refused = world->slots[op.slot].first == FRAMES_NONE;
    if (!maker->refused) {
        maker->live[maker->live_count++] = op.slot;
        maker->empty_count--;
        maker->used += op.count;
    }
    return op;
}

static bool is_slow(const struct maker *maker)
{
    return clock_cpu_ns() - maker->began_ns > SERVE_SLOW_NS;
}

/* False: slow. */
static bool make_steps(struct maker *maker, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) {
        (void)next(maker);
        if (i % 16u == 0 && is_slow(maker))
            return false;
    }
    return true;
}

static bool keep(struct subject *subject)
{
    subject->kept_state = malloc(subject->state_bytes);
    subject->kept_slots = malloc(FRAMES * sizeof *subject->kept_slots);
    if (subject->kept_state == NULL || subject->kept_slots == NULL)
        return false;
    memcpy(subject->kept_state, subject->world.state, subject->state_bytes);
    memcpy(subject->kept_slots, subject->world.slots, FRAMES * sizeof *subject->kept_slots);
    return true;
}

static const char *make(struct subject *subject, bool rows, uint32_t percent, bool *ret_slow)
{
    static struct maker maker;
    uint64_t before_ns = 0;

    maker = (struct maker){ .subject = subject,
                            .rows = rows,
                            .random = 1,
                            .wanted = FRAMES * percent / 100u,
                            .empty_count = FRAMES,
                            .began_ns = clock_cpu_ns() };
    for (uint32_t i = 0; i < FRAMES; i++)
        maker.empty[i] = FRAMES - 1u - i;
    *ret_slow = true;
    while (maker.used < maker.wanted && !maker.refused)
        if (!make_steps(&maker, 1))
            return "more than 2 s until it could be timed";
    if (!make_steps(&maker, WARM_OPS))
        return "more than 2 s until it could be timed";
    if (!keep(subject))
        return "no memory for a work";
    for (uint32_t i = 0; i < LEAD_OPS + TIMED_OPS; i++) {
        if (i == LEAD_OPS) {
            subject->world.failed = 0;
            before_ns = clock_cpu_ns();
        }
        subject->ops[i] = next(&maker);
        subject->requests += i >= LEAD_OPS && subject->ops[i].count > 0;
        if (i % 16u == 0 && is_slow(&maker))
            return "more than 2 s until it could be timed";
    }
    *ret_slow = false;
    subject->ns = clock_cpu_ns() - before_ns;
    subject->failed = subject->world.failed;
    subject->world.strategy->counts(subject->world.state, &subject->counts);
    return subject->world.strategy->check != NULL
               ? subject->world.strategy->check(subject->world.state)
               : NULL;
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void rewind_world(struct subject *subject)
{
    memcpy(subject->world.state, subject->kept_state, subject->state_bytes);
    memcpy(subject->world.slots, subject->kept_slots, FRAMES * sizeof *subject->kept_slots);
    run(&subject->world, subject->ops, subject->ops + LEAD_OPS);
}

static void timed_ops(void *context)
{
    struct subject *subject = context;

    run(&subject->world, subject->ops + LEAD_OPS, subject->ops + LEAD_OPS + subject->count);
}

static const char *pass(void *context, struct answer *answer)
{
    struct subject *subject = context;
    uint64_t ns = 0;
    uint64_t passes = 0;

    while (ns < SERVE_ROUND_NS) {
        uint64_t before;

        rewind_world(subject);
        before = clock_cpu_ns();
        timed_ops(subject);
        ns += clock_cpu_ns() - before;
        passes++;
    }
    answer_add_count(answer, "ops", subject->count);
    answer_add(answer, "ns", (double)ns / (double)passes / subject->count);
    answer_add_count(answer, "passes", passes);
    answer_add_count(answer, "failed", subject->failed);
    answer_add_count(answer, "requests", subject->requests);
    return NULL;
}

static void take_ticks(struct world *world, const struct frames_op *ops, uint32_t count,
                       uint32_t *ticks)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t before = clock_ticks();

        run(world, &ops[i], &ops[i] + 1);

        uint64_t passed = clock_ticks() - before;

        if (ticks[i] > passed)
            ticks[i] = (uint32_t)passed;
    }
}

static const char *latency(void *context, struct answer *answer)
{
    static uint32_t ticks[TIMED_OPS];
    static uint64_t nothing;
    struct subject *subject = context;
    struct world empty = { &floor_strategy, &nothing, calloc(FRAMES, sizeof *empty.slots), 0 };
    uint32_t overhead;

    if (empty.slots == NULL)
        return "no memory for the slots";
    memset(ticks, 0xff, sizeof ticks);
    take_ticks(&empty, subject->ops + LEAD_OPS, subject->count, ticks);
    overhead = latency_median(ticks, subject->count);
    memset(ticks, 0xff, sizeof ticks);
    for (uint32_t repeat = 0; repeat < LATENCY_REPEATS; repeat++) {
        rewind_world(subject);
        take_ticks(&subject->world, subject->ops + LEAD_OPS, subject->count, ticks);
    }
    free(empty.slots);
    answer_add_count(answer, "ops", subject->count);
    answer_add_latency(answer, ticks, subject->count, overhead);
    return NULL;
}

static const char *space(void *context, struct answer *answer)
{
    const struct subject *subject = context;

    answer_add(answer, "ns", (double)subject->ns / TIMED_OPS);
    answer_add_count(answer, "ops", TIMED_OPS);
    answer_add_count(answer, "requests", subject->requests);
    answer_add_count(answer, "failed", subject->failed);
    answer_add_count(answer, "free_frames", subject->counts.free);
    answer_add_count(answer, "largest_row", subject->counts.largest_row);
    answer_add_count(answer, "metadata_bytes", subject->counts.metadata_bytes);
    return NULL;
}

static const char *count(void *context, struct answer *answer)
{
    struct subject *subject = context;

    rewind_world(subject);
    counted_pass(timed_ops, subject);
    answer_add_count(answer, "ops", subject->count);
    return NULL;
}

/* -- All --------------------------------------------------------------------------------------- */

static const char *open_world(struct subject *subject, const char *target, bool rows)
{
    struct world *world = &subject->world;

    if (strcmp(target, floor_strategy.name) == 0)
        world->strategy = &floor_strategy;
    for (uint32_t i = 0; frames_strategies[i] != NULL; i++)
        if (strcmp(target, frames_strategies[i]->name) == 0)
            world->strategy = frames_strategies[i];
    if (world->strategy == NULL)
        return "there is no such target";
    if (rows && !(world->strategy->can & FRAMES_ROWS))
        return "has no rows";
    subject->state_bytes = world->strategy->bytes(&map);
    world->state = malloc(subject->state_bytes);
    world->slots = calloc(FRAMES, sizeof *world->slots);
    if (world->state == NULL || world->slots == NULL)
        return "no memory for the frames";
    return world->strategy->init(world->state, subject->state_bytes, &map)
               ? NULL
               : "the strategy does not begin";
}

int frames_serve(const char *work, const char *target, char *const *arguments, int argument_count)
{
    static const struct serve_command commands[] = {
        { "pass", pass },   { "latency", latency }, { "space", space },
        { "count", count }, { NULL, NULL },
    };
    static struct subject subject;
    const char *problem = "there is no such work";
    bool slow = false;

    for (unsigned i = 0; frames_work_name(i) != NULL; i++) {
        if (strcmp(frames_work_name(i), work) != 0)
            continue;
        problem = open_world(&subject, target, works[i].rows);
        if (problem == NULL)
            problem = make(&subject, works[i].rows, works[i].percent, &slow);
    }
    if (slow)
        return serve_slow(problem, arguments, argument_count);
    subject.count = TIMED_OPS;
    if (problem == NULL && subject.ns > 2u * SERVE_ROUND_NS) {
        uint64_t few = 2u * SERVE_ROUND_NS * TIMED_OPS / subject.ns;

        subject.count = few > OPS_MIN ? (uint32_t)few : OPS_MIN;
    }
    return serve(problem, commands, &subject, arguments, argument_count);
}
