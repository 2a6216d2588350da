/* SPDX-License-Identifier: 0BSD */
/* Making works. */
#include "vas_work.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "serve.h"

static const struct {
    const char *name;
    enum vas_sizes sizes;
    uint32_t percent;
    bool same; /* ops for all, whatever was refused */
} steady[] = {
    { "mix/50", SIZES_MIX, 50, false },
    { "mix/90", SIZES_MIX, 90, false },
    { "mix/98", SIZES_MIX, 98, false },
    { "kernel/50", SIZES_KERNEL, 50, false },
    { "kernel/90", SIZES_KERNEL, 90, false },
    { "kernel/98", SIZES_KERNEL, 98, false },
    { "stack/50", SIZES_STACK, 50, false },
    { "stack/90", SIZES_STACK, 90, false },
    { "stack/98", SIZES_STACK, 98, false },
    { "expo/50", SIZES_EXPO, 50, false },
    { "expo/90", SIZES_EXPO, 90, false },
    { "expo/98", SIZES_EXPO, 98, false },
    { "kernela/50", SIZES_KERNEL_ALIGNED, 50, false },
    { "kernela/90", SIZES_KERNEL_ALIGNED, 90, false },
    { "kernela/98", SIZES_KERNEL_ALIGNED, 98, false },
    { "same/mix/98", SIZES_MIX, 98, true },
    { "same/kernel/98", SIZES_KERNEL, 98, true },
    { "same/expo/98", SIZES_EXPO, 98, true },
    { "same/kernela/98", SIZES_KERNEL_ALIGNED, 98, true },
};

/* Holes of `hole` segments, each behind or before `used` segments in use, until the space is full;
 * then `ask` again and again. The percentage is used / (used + hole).
 */
static const struct {
    const char *name;
    uint32_t hole;
    uint32_t used;
    bool hole_first;
    bool last_is_longer; /* the last hole has one segment more: it alone serves what is asked */
    struct vas_op ask;
} adversarial[] = {
    { "adversarial/single/50", 1, 1, false, false, { .code = OP_RESERVE, .segments = 2 } },
    { "adversarial/single/90", 1, 9, false, false, { .code = OP_RESERVE, .segments = 2 } },
    { "adversarial/single/98", 1, 49, false, false, { .code = OP_RESERVE, .segments = 2 } },
    { "adversarial/long/50", 130, 130, false, false, { .code = OP_RESERVE, .segments = 135 } },
    { "adversarial/long/90", 130, 1170, false, false, { .code = OP_RESERVE, .segments = 135 } },
    { "adversarial/long/98", 130, 6370, false, false, { .code = OP_RESERVE, .segments = 135 } },
    /* longer than the exact bins of ours */
    { "adversarial/huge/50", 1100, 1100, false, false, { .code = OP_RESERVE, .segments = 1101 } },
    { "adversarial/huge/90", 1100, 9900, false, false, { .code = OP_RESERVE, .segments = 1101 } },
    { "adversarial/huge/98", 1100, 53900, false, false, { .code = OP_RESERVE, .segments = 1101 } },
    /* segments 1 to 30 of 64, 320 or 1504: none holds 16 from a multiple of 16 */
    { "adversarial/aligned/50", 30, 34, true, false, { .code = OP_RESERVE + 4, .segments = 16 } },
    { "adversarial/aligned/90", 30, 290, true, false, { .code = OP_RESERVE + 4, .segments = 16 } },
    { "adversarial/aligned/98", 30, 1474, true, false, { .code = OP_RESERVE + 4, .segments = 16 } },
    { "adversarial/comb/50", 1, 1, false, true, { .code = OP_RESERVE, .segments = 2 } },
    { "adversarial/comb/90", 1, 9, false, true, { .code = OP_RESERVE, .segments = 2 } },
    { "adversarial/comb/98", 1, 49, false, true, { .code = OP_RESERVE, .segments = 2 } },
};

#define STEADY      (sizeof steady / sizeof steady[0])
#define ADVERSARIAL (sizeof adversarial / sizeof adversarial[0])

const char *vas_work_name(uint32_t number)
{
    if (number < STEADY)
        return steady[number].name;
    return number < STEADY + ADVERSARIAL ? adversarial[number - STEADY].name : NULL;
}

/* -- Making ------------------------------------------------------------------------------------ */

struct maker {
    struct vas_work *work;
    enum vas_sizes sizes;
    uint32_t random;
    uint32_t wanted_segments;
    uint32_t used_segments;
    struct vas_op ask;        /* adversarial */
    uint32_t live_before_ask; /* regions without what was asked */
    bool refused;             /* the last request was */
    bool same;                /* a refused request counts as one that was not */
    uint16_t *asked_segments; /* by slot */
    uint32_t *live;           /* slots in use, in no order */
    uint32_t live_count;
    uint32_t *empty; /* the others */
    uint32_t empty_count;
    uint32_t steps; /* releases and reservations so far */
    bool slow;      /* they took too long */
    uint64_t began_ns;
};

static const char *begin(struct maker *maker, struct vas_work *work, const struct vas_rival *rival)
{
    const char *problem = vas_world_open(&work->world, rival, VAS_SEGMENTS);

    *maker = (struct maker){ .work = work, .random = 1, .began_ns = clock_cpu_ns() };
    if (problem != NULL)
        return problem;
    maker->live = malloc(VAS_SEGMENTS * sizeof *maker->live);
    maker->empty = malloc(VAS_SEGMENTS * sizeof *maker->empty);
    maker->asked_segments = malloc(VAS_SEGMENTS * sizeof *maker->asked_segments);
    work->ops = malloc((VAS_WORK_LEAD_OPS + VAS_WORK_TIMED_OPS) * sizeof *work->ops);
    if (maker->live == NULL || maker->empty == NULL || maker->asked_segments == NULL ||
        work->ops == NULL)
        return "no memory for a work";
    for (uint32_t i = 0; i < VAS_SEGMENTS; i++)
        maker->empty[i] = VAS_SEGMENTS - 1u - i;
    maker->empty_count = VAS_SEGMENTS;
    return NULL;
}

static void finish(struct maker *maker)
{
    free(maker->live);
    free(maker->empty);
    free(maker->asked_segments);
}

static void run(struct maker *maker, const struct vas_op *op)
{
    vas_pass(&maker->work->world, op, op + 1);
    if (++maker->steps % 16u == 0)
        maker->slow = maker->slow || clock_cpu_ns() - maker->began_ns > SERVE_SLOW_NS;
}

static struct vas_op release(struct maker *maker, uint32_t number)
{
    struct vas_op op = { .slot = maker->live[number] & 0xffffffu, .code = OP_RELEASE };

    maker->used_segments -= maker->asked_segments[op.slot];
    maker->live[number] = maker->live[--maker->live_count];
    maker->empty[maker->empty_count++] = op.slot;
    maker->refused = false;
    run(maker, &op);
    return op;
}

static struct vas_op reserve(struct maker *maker, struct vas_op op)
{
    op.slot = maker->empty[maker->empty_count - 1u] & 0xffffffu;
    run(maker, &op);
    maker->refused = maker->work->world.slots[op.slot].page == 0 && !maker->same;
    if (!maker->refused) {
        maker->asked_segments[op.slot] = (uint16_t)op.segments;
        maker->empty_count--;
        maker->live[maker->live_count++] = op.slot;
        maker->used_segments += op.segments;
    }
    return op;
}

/* -- Steady ------------------------------------------------------------------------------------ */

static struct vas_op next_steady(struct maker *maker)
{
    bool full = maker->used_segments >= maker->wanted_segments || maker->refused;

    if (full && maker->live_count > 0)
        return release(maker, vas_random_below(&maker->random, maker->live_count));
    return reserve(maker, vas_sizes_draw(maker->sizes, &maker->random));
}

static void reach(struct maker *maker, uint32_t which)
{
    maker->sizes = steady[which].sizes;
    maker->wanted_segments = VAS_SEGMENTS * steady[which].percent / 100u;
    maker->same = steady[which].same;
    while (maker->used_segments < maker->wanted_segments && !maker->refused && !maker->slow)
        (void)reserve(maker, vas_sizes_draw(maker->sizes, &maker->random));
    for (uint32_t i = 0; i < VAS_WORK_WARM_OPS && !maker->slow; i++)
        (void)next_steady(maker);
}

/* -- Adversarial ------------------------------------------------------------------------------- */

static struct vas_op next_adversarial(struct maker *maker)
{
    if (maker->live_count > maker->live_before_ask)
        return release(maker, maker->live_count - 1u);
    return reserve(maker, maker->ask);
}

/* Use up whatever is free. */
static void fill(struct maker *maker)
{
    for (uint32_t segments = UINT32_C(1) << 15; segments > 0; segments /= 2u)
        do
            (void)reserve(maker, (struct vas_op){ .code = OP_RESERVE, .segments = segments });
        while (!maker->refused && !maker->slow);
}

/* Reserve used runs and holes in turn, fill what is left at the end, then release the holes. Said
 * by what is asked and not by addresses, so that every target can do it.
 */
static void dig(struct maker *maker, uint32_t which)
{
    const struct vas_op used = { .code = OP_RESERVE, .segments = adversarial[which].used };
    const struct vas_op hole = { .code = OP_RESERVE, .segments = adversarial[which].hole };
    bool hole_first = adversarial[which].hole_first;
    uint32_t pairs = (VAS_SEGMENTS - 2u) / (used.segments + hole.segments);
    bool last = adversarial[which].last_is_longer;

    for (uint32_t i = 0; i < pairs && !maker->refused && !maker->slow; i++) {
        (void)reserve(maker, hole_first ? hole : used);
        if (!maker->refused)
            (void)reserve(maker, hole_first ? used : hole);
    }
    pairs = maker->live_count / 2u;
    if (last)
        (void)reserve(maker, adversarial[which].ask);
    last = last && !maker->refused;
    fill(maker);
    /* Backwards: a release puts the last live region into the place of the released one. */
    if (last)
        (void)release(maker, 2u * pairs);
    for (uint32_t i = pairs; i > 0 && !maker->slow; i--)
        (void)release(maker, 2u * i - (hole_first ? 2u : 1u));
    maker->ask = adversarial[which].ask;
    maker->live_before_ask = maker->live_count;
}

/* -- Recording --------------------------------------------------------------------------------- */

static void note_end(struct vas_work *work)
{
    work->failed = work->world.failed;
    work->moved = work->world.moved;
    work->world.rival->figures(work->world.state, &work->figures);
}

static const char *record(struct maker *maker, struct vas_op (*next)(struct maker *maker))
{
    struct vas_work *work = maker->work;
    uint64_t before_ns = 0;

    work->start = vas_world_keep(&work->world);
    if (work->start == NULL)
        return "no memory for a work";
    work->lead = VAS_WORK_LEAD_OPS;
    work->count = VAS_WORK_LEAD_OPS + VAS_WORK_TIMED_OPS;
    for (uint32_t i = 0; i < work->count && !maker->slow; i++) {
        if (i == work->lead) {
            work->world.failed = 0;
            before_ns = clock_cpu_ns();
        }
        work->ops[i] = next(maker);
        work->reserves += i >= work->lead && work->ops[i].code != OP_RELEASE;
    }
    work->ns = clock_cpu_ns() - before_ns;
    note_end(work);
    return maker->slow ? "more than 2 s until it could be timed"
                       : work->world.rival->check(work->world.state);
}

static const char *make(struct vas_work *work, const char *name, const struct vas_rival *rival,
                        bool *ret_slow)
{
    struct maker maker;
    const char *problem = begin(&maker, work, rival);
    uint32_t number = 0;

    while (vas_work_name(number) != NULL && strcmp(vas_work_name(number), name) != 0)
        number++;
    if (vas_work_name(number) == NULL)
        problem = "there is no such work";
    if (problem == NULL && number < STEADY)
        reach(&maker, number);
    else if (problem == NULL)
        dig(&maker, number - (uint32_t)STEADY);
    if (problem == NULL)
        problem = record(&maker, number < STEADY ? next_steady : next_adversarial);
    *ret_slow = maker.slow;
    finish(&maker);
    return problem;
}

/* Let the floor answer what somebody else was asked. */
static const char *hollow(struct vas_work *work)
{
    struct vas_world floor;
    const char *problem = vas_world_open(&floor, vas_target_find("floor"), work->world.slot_count);

    if (problem != NULL)
        return problem;
    vas_world_put_back(&work->world, work->start);
    memcpy(floor.slots, work->world.slots, floor.slot_count * sizeof *floor.slots);
    vas_kept_free(work->start);
    vas_world_close(&work->world);
    work->world = floor;
    work->start = vas_world_keep(&floor);
    return work->start != NULL ? NULL : "no memory for a work";
}

const char *vas_work_make(struct vas_work *ret_work, const char *name,
                          const struct vas_rival *rival, bool *ret_slow)
{
    bool is_floor = rival == vas_target_find("floor");
    const char *problem;

    memset(ret_work, 0, sizeof *ret_work);
    problem = make(ret_work, name, is_floor ? vas_target_find("lookaside") : rival, ret_slow);
    return problem == NULL && is_floor ? hollow(ret_work) : problem;
}

const char *vas_work_load(struct vas_work *ret_work, const struct ops *ops,
                          const struct vas_rival *rival, bool *ret_slow)
{
    uint64_t before_ns;
    const char *problem;

    memset(ret_work, 0, sizeof *ret_work);
    ret_work->count = ops->facts.count;
    ret_work->ops = malloc(((size_t)ret_work->count + 1u) * sizeof *ret_work->ops);
    if (ret_work->ops == NULL)
        return "no memory for a work";
    memcpy(ret_work->ops, ops->vas, ret_work->count * sizeof *ret_work->ops);
    problem = vas_world_open(&ret_work->world, rival, ops->facts.slots + 1u);
    if (problem != NULL)
        return problem;
    ret_work->start = vas_world_keep(&ret_work->world);
    if (ret_work->start == NULL)
        return "no memory for a work";
    before_ns = clock_cpu_ns();
    for (uint32_t i = 0; i < ret_work->count; i++) {
        vas_pass(&ret_work->world, &ret_work->ops[i], &ret_work->ops[i] + 1);
        ret_work->reserves += ret_work->ops[i].code != OP_RELEASE;
        if (i % 16u == 0 && clock_cpu_ns() - before_ns > SERVE_SLOW_NS) {
            *ret_slow = true;
            return "more than 2 s";
        }
    }
    ret_work->ns = clock_cpu_ns() - before_ns;
    note_end(ret_work);
    return rival->check(ret_work->world.state);
}

void vas_work_free(struct vas_work *work)
{
    vas_kept_free(work->start);
    free(work->ops);
    if (work->world.slots != NULL)
        vas_world_close(&work->world);
}
