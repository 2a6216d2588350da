/* SPDX-License-Identifier: 0BSD */
/* Timing stacks. */
#include "stack_serve.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "serve.h"
#include "stack_world.h"
#include "vas_work.h"

#define CHURN_STACKS  256u
#define CHURN_OPS     40000u
#define CHURN_TOUCHES 8u

static const struct {
    const char *name;
    bool small;
} works[] = {
    { "churn/default", false },
    { "churn/small", true },
};

const char *stack_work_name(unsigned number)
{
    return number < sizeof works / sizeof works[0] ? works[number].name : NULL;
}

struct subject {
    struct stack_world world;
    const struct stack_op *ops;
    uint32_t count;
};

/* -- Work -------------------------------------------------------------------------------------- */

/* 256 stacks; again and again one of them is replaced, and the new one is touched one to eight
 * pages deep, one page after the other: recorded threads do it like that.
 */
static struct stack_op *make_churn(uint32_t pages)
{
    struct stack_op *ops = calloc(CHURN_OPS, sizeof *ops);
    uint32_t random = 1;
    uint32_t at = 0;

    for (uint32_t round = 0; ops != NULL && at + CHURN_TOUCHES + 2u <= CHURN_OPS; round++) {
        uint32_t slot = round;
        uint32_t touches = 1u + vas_random_below(&random, CHURN_TOUCHES);

        if (round >= CHURN_STACKS) {
            slot = vas_random_below(&random, CHURN_STACKS);
            ops[at++] = (struct stack_op){ .slot = slot & 0xffffffu, .code = OP_STACK_DESTROY };
        }
        ops[at++] =
            (struct stack_op){ .slot = slot & 0xffffffu, .code = OP_STACK_CREATE, .page = pages };
        for (uint32_t page = 0; page < touches; page++)
            ops[at++] =
                (struct stack_op){ .slot = slot & 0xffffffu, .code = OP_STACK_TOUCH, .page = page };
    }
    for (; ops != NULL && at < CHURN_OPS; at++)
        ops[at] = (struct stack_op){ .slot = 0, .code = OP_STACK_TOUCH };
    return ops;
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void one_pass(void *context)
{
    struct subject *subject = context;

    subject->world.failed = subject->world.grown = subject->world.stopped = 0;
    stack_pass(&subject->world, subject->ops, subject->ops + subject->count);
}

static const char *pass(void *context, struct answer *answer)
{
    struct subject *subject = context;
    uint64_t ns = 0;
    uint64_t passes = 0;

    one_pass(subject); /* warms */
    stack_world_clear(&subject->world);
    while (ns < SERVE_ROUND_NS) {
        uint64_t before = clock_cpu_ns();

        one_pass(subject);
        ns += clock_cpu_ns() - before;
        passes++;
        stack_world_clear(&subject->world);
    }
    if (subject->world.failed > 0)
        return "a stack could not be made";
    answer_add_count(answer, "ops", subject->count);
    answer_add(answer, "ns", (double)ns / (double)passes / subject->count);
    answer_add_count(answer, "passes", passes);
    answer_add_count(answer, "grown", subject->world.grown);
    answer_add_count(answer, "stopped", subject->world.stopped);
    return NULL;
}

static void take_ticks(struct stack_world *world, const struct subject *subject, uint32_t *ticks)
{
    for (uint32_t i = 0; i < subject->count; i++) {
        uint64_t before = clock_ticks();

        stack_pass(world, &subject->ops[i], &subject->ops[i] + 1);

        uint64_t passed = clock_ticks() - before;

        if (ticks[i] > passed)
            ticks[i] = (uint32_t)passed;
    }
}

static const char *latency(void *context, struct answer *answer)
{
    static struct stack_world empty;
    struct subject *subject = context;
    uint32_t *ticks = malloc(subject->count * sizeof *ticks);
    uint32_t overhead;

    if (ticks == NULL || stack_world_open(&empty, "floor", 1, &subject->world.layout) != NULL)
        return "no memory for the ticks";
    memset(ticks, 0xff, subject->count * sizeof *ticks);
    take_ticks(&empty, subject, ticks);
    overhead = latency_median(ticks, subject->count);
    memset(ticks, 0xff, subject->count * sizeof *ticks);
    for (uint32_t repeat = 0; repeat < LATENCY_REPEATS; repeat++) {
        take_ticks(&subject->world, subject, ticks);
        stack_world_clear(&subject->world);
    }
    answer_add_count(answer, "ops", subject->count);
    answer_add_latency(answer, ticks, subject->count, overhead);
    free(ticks);
    return NULL;
}

static const char *count(void *context, struct answer *answer)
{
    struct subject *subject = context;

    counted_pass(one_pass, subject);
    answer_add_count(answer, "ops", subject->count);
    return NULL;
}

/* -- All --------------------------------------------------------------------------------------- */

static int serve_subject(struct subject *subject, const char *problem, char *const *arguments,
                         int argument_count)
{
    static const struct serve_command commands[] = {
        { "pass", pass }, { "latency", latency }, { "count", count }, { NULL, NULL }
    };

    if (problem == NULL && subject->count == 0)
        problem = "no ops (expected some)";
    return serve(problem, commands, subject, arguments, argument_count);
}

int stack_serve_work(const char *name, const char *target, char *const *arguments,
                     int argument_count)
{
    static struct subject subject;
    struct stack_layout layout = STACK_LAYOUT_DEFAULT;
    const char *problem = "there is no such work";

    for (unsigned i = 0; stack_work_name(i) != NULL; i++) {
        if (strcmp(stack_work_name(i), name) != 0)
            continue;
        if (works[i].small)
            layout = STACK_LAYOUT_SMALL;
        subject.ops = make_churn(layout.pages);
        subject.count = CHURN_OPS;
        problem = subject.ops == NULL
                      ? "no memory for a work"
                      : stack_world_open(&subject.world, target, CHURN_STACKS, &layout);
    }
    return serve_subject(&subject, problem, arguments, argument_count);
}

int stack_serve_ops(const char *path, const char *target, char *const *arguments,
                    int argument_count)
{
    static struct subject subject;
    struct ops ops;
    const char *problem = ops_map(&ops, path, OPS_STACK);

    if (problem == NULL) {
        subject.ops = ops.stack;
        subject.count = ops.facts.count;
        problem =
            stack_world_open(&subject.world, target, ops.facts.slots + 1u, &STACK_LAYOUT_DEFAULT);
    }
    return serve_subject(&subject, problem, arguments, argument_count);
}
