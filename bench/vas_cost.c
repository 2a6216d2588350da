/* SPDX-License-Identifier: 0BSD */
/* Timing the works. A pass is about a millisecond, so a round is a pass of each target in turn. */
#include "vas_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "statistics.h"

#define LATENCY_REPEATS 5u

/* The naive scan takes microseconds: a tenth of the ops tells as much. */
#define NAIVE_OPS (VAS_WORK_TIMED_OPS / 10u)

struct measured {
    struct vas_work work;
    struct vas_world world; /* the copy that a pass works on */
    uint32_t failed;
    double *ns;                         /* by round */
    uint32_t ticks[VAS_WORK_TIMED_OPS]; /* by op: the fewest of all repeats */
    double latency_ns[VAS_WORK_TIMED_OPS];
};

static double pass_ns(struct measured *measured, vas_pass_fn pass)
{
    const struct vas_work *work = &measured->work;

    memcpy(&measured->world, &work->start, sizeof measured->world);
    measured->world.failed = 0;

    uint64_t before = clock_cpu_ns();

    pass(&measured->world, work->ops, work->ops + work->count);
    measured->failed = measured->world.failed;
    return (double)(clock_cpu_ns() - before) / (double)work->count;
}

static void take_ticks(struct measured *measured, vas_pass_fn pass)
{
    const struct vas_work *work = &measured->work;

    memset(measured->ticks, 0xff, sizeof measured->ticks);
    for (uint32_t repeat = 0; repeat < LATENCY_REPEATS; repeat++) {
        memcpy(&measured->world, &work->start, sizeof measured->world);
        for (uint32_t i = 0; i < work->count; i++) {
            uint64_t before = clock_ticks();

            pass(&measured->world, &work->ops[i], &work->ops[i] + 1);

            uint64_t ticks = clock_ticks() - before;

            if (measured->ticks[i] > ticks)
                measured->ticks[i] = (uint32_t)ticks;
        }
    }
}

/* The clock's and the harness's own ticks: the median of the empty target's. */
static double overhead_ns(struct measured *empty, double tick_ns)
{
    for (uint32_t i = 0; i < empty->work.count; i++)
        empty->latency_ns[i] = empty->ticks[i] * tick_ns;
    return spread_of(empty->latency_ns, empty->work.count).median;
}

static void print_cost(struct measured *measured, const char *name, uint32_t rounds, double tick_ns,
                       double overhead)
{
    const struct vas_work *work = &measured->work;
    struct spread ns = spread_of(measured->ns, rounds);

    for (uint32_t i = 0; i < work->count; i++) {
        measured->latency_ns[i] = measured->ticks[i] * tick_ns - overhead;
        if (measured->latency_ns[i] < 0)
            measured->latency_ns[i] = 0;
    }

    double longest = spread_of(measured->latency_ns, work->count).max; /* sorts */

    printf("vas %s %u %u %u %.4f %.4f %.4f %.4f %.4f %.1f %.1f\n", name, work->count,
           measured->failed, work->releases, ns.median, ns.lower, ns.upper, ns.min, ns.max,
           measured->latency_ns[(uint64_t)(work->count - 1u) * 999u / 1000u], longest);
}

static bool record_all(struct measured *measured, uint32_t number, uint32_t rounds)
{
    for (uint32_t i = 0; i < VAS_TARGETS; i++) {
        const char *problem = vas_work_record(&measured[i].work, number, (enum vas_target_id)i,
                                              i == VAS_NAIVE ? NAIVE_OPS : VAS_WORK_TIMED_OPS);

        measured[i].ns = calloc(rounds, sizeof *measured[i].ns);
        if (problem == NULL && measured[i].ns == NULL)
            problem = "no memory";
        if (problem != NULL) {
            fprintf(stderr, "lookaside-cost: %s: %s: %s\n", vas_work_names[number],
                    vas_target_names[i], problem);
            return false;
        }
    }
    return true;
}

static void measure_all(struct measured *measured, uint32_t rounds)
{
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < VAS_TARGETS; i++) {
            uint32_t target = (i + round) % VAS_TARGETS;
            vas_pass_fn pass = vas_pass_of((enum vas_target_id)target);

            if (round == 0)
                (void)pass_ns(&measured[target], pass); /* warms */
            measured[target].ns[round] = pass_ns(&measured[target], pass);
        }
    }
    for (uint32_t i = 0; i < VAS_TARGETS; i++)
        take_ticks(&measured[i], vas_pass_of((enum vas_target_id)i));
}

bool vas_cost(uint32_t number, uint32_t rounds)
{
    struct measured *measured = calloc(VAS_TARGETS, sizeof *measured);
    bool good = measured != NULL && record_all(measured, number, rounds);

    if (good) {
        double tick_ns = clock_tick_ns();

        measure_all(measured, rounds);

        double overhead = overhead_ns(&measured[VAS_EMPTY], tick_ns);

        for (uint32_t i = 0; i < VAS_TARGETS; i++)
            print_cost(&measured[i], vas_target_names[i], rounds, tick_ns, overhead);
    }
    for (uint32_t i = 0; measured != NULL && i < VAS_TARGETS; i++)
        free(measured[i].ns);
    free(measured);
    return good;
}

/* Recording runs the same passes; this name tells the counted one apart. */
__attribute__((noinline)) void counted_vas_pass(vas_pass_fn pass, struct vas_work *work)
{
    pass(&work->start, work->ops, work->ops + work->count);
}

bool vas_cost_once(uint32_t number, enum vas_target_id target)
{
    struct vas_work *work = malloc(sizeof *work);
    const char *problem = "no memory";

    if (work != NULL)
        problem = vas_work_record(work, number, target,
                                  target == VAS_NAIVE ? NAIVE_OPS : VAS_WORK_TIMED_OPS);
    if (problem != NULL) {
        fprintf(stderr, "lookaside-cost: %s: %s\n", vas_work_names[number], problem);
        free(work);
        return false;
    }
    printf("once %s %u\n", vas_target_names[target], work->count);
    counted_vas_pass(vas_pass_of(target), work);
    free(work);
    return true;
}
