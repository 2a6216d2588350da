/* SPDX-License-Identifier: 0BSD */
/* Timing address space allocators. */
#include "vas_serve.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "serve.h"
#include "vas_work.h"

struct subject {
    struct vas_work work;
    uint32_t count; /* ops of a pass: fewer than the work's where they take long */
    uint32_t failed;
    bool proven;
};

/* Enough for a steady figure. */
#define OPS_MIN 200u

/* Back to the start, through the ops that only warm; whoever is timed goes on from there. */
static void rewind_work(struct subject *subject)
{
    struct vas_work *work = &subject->work;

    vas_world_rewind(&work->world, work->start);
    vas_pass(&work->world, work->ops, work->ops + work->lead);
    work->world.failed = 0;
    work->world.moved = 0;
}

/* -- Proof ------------------------------------------------------------------------------------- */

static const char *claim(uint8_t *used, const struct vas_slot *slot, bool take)
{
    if (slot->page == 0 || slot->pages == 0 || slot->page > VAS_SEGMENTS ||
        slot->pages > VAS_SEGMENTS + 1u - slot->page)
        return "a region lies outside of the space";
    for (uint32_t i = slot->page; i < slot->page + slot->pages; i++) {
        if (used[i] == (take ? 1u : 0u))
            return "two regions overlap";
        used[i] = take ? 1u : 0u;
    }
    return NULL;
}

static const char *prove_op(struct vas_world *world, const struct vas_op *op, uint8_t *used)
{
    struct vas_slot before = world->slots[op->slot];
    const struct vas_slot *after = &world->slots[op->slot];
    const char *problem = before.page != 0 ? claim(used, &before, false) : NULL;

    vas_pass(world, op, op + 1);
    if (problem == NULL && after->page != 0)
        problem = claim(used, after, true);
    if (problem == NULL && op->code > OP_RESERVE && after->page != 0 &&
        after->page % (UINT32_C(1) << (op->code - (uint32_t)OP_RESERVE)) != 0)
        problem = "a region is not aligned";
    return problem;
}

static const char *prove_work(struct vas_work *work, uint32_t count)
{
    struct vas_world *world = &work->world;
    uint8_t *used = calloc(VAS_SEGMENTS + 1u, sizeof *used);
    const char *problem = used == NULL ? "no memory for the proof" : NULL;

    vas_world_put_back(world, work->start);
    for (uint32_t i = 0; i < world->slot_count && problem == NULL; i++)
        if (world->slots[i].page != 0)
            problem = claim(used, &world->slots[i], true);
    for (uint32_t i = 0; i < work->lead + count && problem == NULL; i++)
        problem = prove_op(world, &work->ops[i], used);
    free(used);
    return problem;
}

static const char *prove(void *context, struct answer *answer)
{
    struct subject *subject = context;
    const char *problem = NULL;

    if (!subject->proven && subject->work.world.rival != vas_target_find("floor"))
        problem = prove_work(&subject->work, subject->count);
    subject->proven = problem == NULL;
    answer_add_count(answer, "ops", subject->count);
    return problem;
}

/* -- Time -------------------------------------------------------------------------------------- */

static void timed_ops(void *context)
{
    struct subject *subject = context;
    const struct vas_op *ops = subject->work.ops + subject->work.lead;

    vas_pass(&subject->work.world, ops, ops + subject->count);
}

static const char *pass(void *context, struct answer *answer)
{
    struct subject *subject = context;
    const char *problem = prove(context, answer);
    uint64_t ns = 0;
    uint64_t passes = 0;

    while (problem == NULL && ns < SERVE_ROUND_NS) {
        uint64_t before;

        rewind_work(subject);
        before = clock_cpu_ns();
        timed_ops(subject);
        ns += clock_cpu_ns() - before;
        passes++;
    }
    if (problem != NULL)
        return problem;
    answer_add(answer, "ns", (double)ns / (double)passes / subject->count);
    answer_add_count(answer, "passes", passes);
    answer_add_count(answer, "failed", subject->work.failed);
    answer_add_count(answer, "reserves", subject->work.reserves);
    return NULL;
}

static void take_ticks(struct vas_world *world, const struct vas_op *ops, uint32_t count,
                       uint32_t *ticks)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t before = clock_ticks();

        vas_pass(world, &ops[i], &ops[i] + 1);

        uint64_t passed = clock_ticks() - before;

        if (ticks[i] > passed)
            ticks[i] = (uint32_t)passed;
    }
}

/* What the clock and the loop cost, from a world that does nothing. */
static uint32_t overhead_ticks(const struct subject *subject, uint32_t *ticks)
{
    struct vas_world empty;

    if (vas_world_open(&empty, vas_target_find("floor"), subject->work.world.slot_count) != NULL)
        return 0;
    memset(ticks, 0xff, subject->count * sizeof *ticks);
    take_ticks(&empty, subject->work.ops + subject->work.lead, subject->count, ticks);
    vas_world_close(&empty);
    return latency_median(ticks, subject->count);
}

static const char *latency(void *context, struct answer *answer)
{
    struct subject *subject = context;
    const char *problem = prove(context, answer);
    uint32_t *ticks = malloc(subject->count * sizeof *ticks);

    if (problem == NULL && ticks == NULL)
        problem = "no memory for the ticks";
    if (problem == NULL) {
        uint32_t overhead = overhead_ticks(subject, ticks);

        memset(ticks, 0xff, subject->count * sizeof *ticks);
        for (uint32_t repeat = 0; repeat < LATENCY_REPEATS; repeat++) {
            rewind_work(subject);
            take_ticks(&subject->work.world, subject->work.ops + subject->work.lead, subject->count,
                       ticks);
        }
        answer_add_latency(answer, ticks, subject->count, overhead);
    }
    free(ticks);
    return problem;
}

/* -- Exact ------------------------------------------------------------------------------------- */

static const char *space(void *context, struct answer *answer)
{
    const struct subject *subject = context;
    const struct vas_work *work = &subject->work;
    uint32_t timed = work->count - work->lead;

    answer_add(answer, "ns", (double)work->ns / timed);
    answer_add_count(answer, "ops", timed);
    answer_add_count(answer, "reserves", work->reserves);
    answer_add_count(answer, "failed", work->failed);
    answer_add_count(answer, "moved", work->moved);
    answer_add_count(answer, "metadata_bytes", work->figures.metadata_bytes_peak);
    answer_add_count(answer, "free_segments", work->figures.free_pages);
    answer_add_count(answer, "largest_segments", work->figures.largest_pages);
    return NULL;
}

static const char *count(void *context, struct answer *answer)
{
    struct subject *subject = context;

    rewind_work(subject);
    counted_pass(timed_ops, subject);
    answer_add_count(answer, "ops", subject->count);
    answer_add_count(answer, "failed", subject->work.world.failed);
    return NULL;
}

/* -- All --------------------------------------------------------------------------------------- */

static int serve_work(struct subject *subject, const char *problem, bool slow,
                      char *const *arguments, int argument_count)
{
    static const struct serve_command commands[] = {
        { "prove", prove }, { "pass", pass },   { "latency", latency },
        { "space", space }, { "count", count }, { NULL, NULL },
    };
    uint32_t timed = subject->work.count - subject->work.lead;

    if (slow)
        return serve_slow(problem, arguments, argument_count);
    subject->count = timed;
    if (problem == NULL && timed > 0 && subject->work.ns > 2u * SERVE_ROUND_NS) {
        uint64_t few = 2u * SERVE_ROUND_NS * timed / subject->work.ns;

        subject->count = few > OPS_MIN ? (uint32_t)few : OPS_MIN;
        subject->count = subject->count < timed ? subject->count : timed;
    }
    return serve(problem, commands, subject, arguments, argument_count);
}

int vas_serve_work(const char *name, const char *target, char *const *arguments, int argument_count)
{
    static struct subject subject;
    const struct vas_rival *rival = vas_target_find(target);
    bool slow = false;
    const char *problem = rival == NULL ? "there is no such target"
                                        : vas_work_make(&subject.work, name, rival, &slow);

    return serve_work(&subject, problem, slow, arguments, argument_count);
}

int vas_serve_ops(const char *path, const char *target, char *const *arguments, int argument_count)
{
    static struct subject subject;
    const struct vas_rival *rival = vas_target_find(target);
    struct ops ops;
    bool slow = false;
    const char *problem = ops_map(&ops, path, OPS_VAS);

    if (problem == NULL && ops.facts.count == 0)
        problem = "no ops (expected some)";
    if (problem == NULL && rival == NULL)
        problem = "there is no such target";
    if (problem == NULL)
        problem = vas_work_load(&subject.work, &ops, rival, &slow);
    return serve_work(&subject, problem, slow, arguments, argument_count);
}
