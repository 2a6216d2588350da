/* SPDX-License-Identifier: 0BSD */
/* The works. At an occupancy: whenever fewer segments are used than wanted, reserve; otherwise, and
 * after a refusal, release a region chosen at random.
 */
#include "vas_work.h"

#include <string.h>

enum sizes { MIX, KERNEL, STACK, KERNEL_ALIGNED };

static const struct {
    enum sizes sizes;
    uint32_t percent;
} works[VAS_ADVERSARIAL] = {
    { MIX, 50 },
    { MIX, 90 },
    { MIX, 98 },
    { KERNEL, 50 },
    { KERNEL, 90 },
    { KERNEL, 98 },
    { STACK, 50 },
    { STACK, 90 },
    { STACK, 98 },
    { KERNEL_ALIGNED, 50 },
    { KERNEL_ALIGNED, 90 },
    { KERNEL_ALIGNED, 98 },
};

/* -- Random numbers: a Weyl sequence, mixed. Source: Steele et al. 2014, SplitMix; Wellons,
 * lowbias32
 */

static uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state += 0x9e3779b9u;

    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* 0 to bound - 1; bound is small against 2^32. */
static uint32_t below(uint32_t *state, uint32_t bound)
{
    return (uint32_t)(((uint64_t)next_random(state) * bound) >> 32);
}

/* -- Sizes ------------------------------------------------------------------------------------- */

/* Log-uniform over 17 to 256: a sixteenth of a doubling above 16 by a table, and what lies between
 * two entries uniform. In integers, so that both ABIs draw the same.
 */
static uint32_t draw_log_uniform(uint32_t *state)
{
    /* 65536 * 2^(i/16), i = 0 to 16 */
    static const uint32_t root[17] = { 65536,  68438,  71468,  74632,  77936,  81386,
                                       84990,  88752,  92682,  96785,  101070, 105545,
                                       110218, 115098, 120194, 125515, 131072 };
    uint32_t segments;

    do {
        uint32_t octave = below(state, 4);
        uint32_t step = below(state, 16);
        uint32_t between = root[step] + below(state, root[step + 1u] - root[step]);

        segments = ((16u << octave) * between + 32768u) >> 16;
    } while (segments < 17u || segments > 256u);
    return segments;
}

static struct vas_op draw(enum sizes sizes, uint32_t *state)
{
    uint32_t percent = below(state, 100);
    uint32_t segments = 16;

    if (sizes == MIX)
        segments = percent < 95 ? 1u + below(state, 16) : draw_log_uniform(state);
    else if (sizes != STACK && percent < 70)
        segments = 1;
    else if (sizes != STACK && percent >= 90)
        segments = 2u + below(state, 63);
    return (struct vas_op){ .segments = (uint16_t)segments,
                            .align_log2 = sizes == KERNEL_ALIGNED && segments >= 16u ? 4 : 0 };
}

/* -- Recording --------------------------------------------------------------------------------- */

struct recorder {
    struct vas_world world;
    vas_pass_fn pass;
    enum sizes sizes;
    uint32_t random;
    uint32_t wanted_segments;
    uint32_t used_segments;
    bool refused;                    /* the last request was */
    struct vas_op live[LA_SEGMENTS]; /* regions, in no order */
    uint32_t live_count;
    uint32_t free_slot[LA_SEGMENTS];
    uint32_t free_slots;
};

static void begin(struct recorder *recorder, enum vas_target_id target)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->pass = vas_pass_of(target);
    recorder->random = 1;
    for (uint32_t i = 0; i < LA_SEGMENTS; i++)
        recorder->free_slot[i] = LA_SEGMENTS - 1u - i;
    recorder->free_slots = LA_SEGMENTS;
    if (target == VAS_NAIVE)
        vas_naive_init(&recorder->world.naive);
    else
        vas_init(&recorder->world.vas, 1, LA_SEGMENTS);
}

static struct vas_op release_one(struct recorder *recorder)
{
    uint32_t chosen = below(&recorder->random, recorder->live_count);
    struct vas_op op = recorder->live[chosen];

    recorder->live[chosen] = recorder->live[--recorder->live_count];
    recorder->free_slot[recorder->free_slots++] = op.slot;
    recorder->used_segments -= op.segments;
    recorder->refused = false;
    op.release = true;
    recorder->pass(&recorder->world, &op, &op + 1);
    return op;
}

static struct vas_op reserve_one(struct recorder *recorder)
{
    struct vas_op op = draw(recorder->sizes, &recorder->random);

    op.slot = recorder->free_slot[recorder->free_slots - 1u];
    recorder->pass(&recorder->world, &op, &op + 1);
    recorder->refused = recorder->world.slots[op.slot] == 0;
    if (!recorder->refused) {
        recorder->free_slots--;
        recorder->live[recorder->live_count++] = op;
        recorder->used_segments += op.segments;
    }
    return op;
}

static struct vas_op step(struct recorder *recorder)
{
    bool full = recorder->used_segments >= recorder->wanted_segments || recorder->refused;

    return full && recorder->live_count > 0 ? release_one(recorder) : reserve_one(recorder);
}

static void record_steady(struct vas_work *work, struct recorder *recorder, uint32_t number,
                          uint32_t ops)
{
    recorder->sizes = works[number].sizes;
    recorder->wanted_segments = (LA_SEGMENTS - 1u) * works[number].percent / 100u;
    while (recorder->used_segments < recorder->wanted_segments && !recorder->refused)
        (void)reserve_one(recorder);
    for (uint32_t i = 0; i < VAS_WORK_WARM_OPS; i++)
        (void)step(recorder);
    work->start = recorder->world;
    for (work->count = 0; work->count < ops; work->count++) {
        work->ops[work->count] = step(recorder);
        work->releases += work->ops[work->count].release;
    }
}

/* -- Adversarial ------------------------------------------------------------------------------- */

/* Use segments [first, end), in one region. */
static enum la_status use(struct vas_world *world, enum vas_target_id target, uint32_t first,
                          uint32_t end)
{
    const struct vas_request request = {
        .segments = end - first, .placement = VAS_FIXED, .window_first = first, .window_end = end
    };
    va32_t base;

    if (target != VAS_NAIVE)
        return vas_reserve(&world->vas, &request, &base);
    for (uint32_t i = first; i < end; i++)
        world->naive.state[i / 4u] |= (uint8_t)(VAS_RESERVED << (i % 4u * 2u));
    return LA_OK;
}

/* `holes` free runs of `hole` segments, the first at `first`, one every `pitch`; all else used. */
static enum la_status dig(struct vas_world *world, enum vas_target_id target, uint32_t holes,
                          uint32_t hole, uint32_t pitch, uint32_t first)
{
    uint32_t used_from = 1;

    for (uint32_t i = 0; i <= holes; i++) {
        uint32_t used_to = i < holes ? first + i * pitch : LA_SEGMENTS;

        if (used_from < used_to && use(world, target, used_from, used_to) != LA_OK)
            return LA_IN_USE;
        used_from = used_to + hole;
    }
    return LA_OK;
}

static const char *record_adversarial(struct vas_work *work, struct recorder *recorder,
                                      uint32_t number, enum vas_target_id target, uint32_t ops)
{
    static const struct {
        uint32_t holes, hole, pitch, first;
        struct vas_op ask;
    } patterns[VAS_WORKS - VAS_ADVERSARIAL] = {
        { 500, 130, 131, 2, { .segments = 135 } },
        /* segments 1 to 30 of every 32: none holds 16 from a multiple of 16 */
        { 2047, 30, 32, 33, { .segments = 16, .align_log2 = 4 } },
        { 32767, 1, 2, 2, { .segments = 2 } },
    };
    uint32_t which = number - VAS_ADVERSARIAL;

    if (dig(&recorder->world, target, patterns[which].holes, patterns[which].hole,
            patterns[which].pitch, patterns[which].first) != LA_OK)
        return "the pattern cannot be made";
    work->start = recorder->world;
    work->adversarial = true;
    for (work->count = 0; work->count < ops / 10u; work->count++)
        work->ops[work->count] = patterns[which].ask;
    recorder->pass(&recorder->world, work->ops, work->ops + 1);
    return recorder->world.failed == 1 ? NULL : "a request that cannot fit was served";
}

const char *vas_work_record(struct vas_work *work, uint32_t number, enum vas_target_id target,
                            uint32_t ops)
{
    static struct recorder recorder; /* 2.5 MB */
    enum vas_target_id answers = target == VAS_EMPTY ? VAS_LOOKASIDE : target;
    const char *problem = NULL;

    memset(work, 0, sizeof *work);
    begin(&recorder, answers);
    if (number < VAS_ADVERSARIAL)
        record_steady(work, &recorder, number, ops);
    else
        problem = record_adversarial(work, &recorder, number, answers, ops);
    if (problem == NULL && answers == VAS_LOOKASIDE)
        problem = vas_check(&recorder.world.vas);
    return problem;
}
