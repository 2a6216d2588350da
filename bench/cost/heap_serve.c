/* SPDX-License-Identifier: 0BSD */
/* Timing a heap replay. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "heap_serve.h"

#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "serve.h"

/* Clearing or copying more is no latency of an allocator. */
#define LONG_BYTES 32768u

static void one_pass(struct heap_subject *subject)
{
    subject->used = true;
    subject->target.pass(&subject->target.world, subject->ops.heap,
                         subject->ops.heap + subject->ops.facts.count);
}

/* What cannot free is made anew. */
static const char *clean_up(struct heap_subject *subject)
{
    const struct heap_target *target = &subject->target;

    if (target->way == HEAP_RIVAL && !target->is_floor && !(target->world.rival->can & HEAP_FREES))
        return heap_target_renew(&subject->target);
    heap_target_release(&subject->target);
    return NULL;
}

static const char *prove(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;
    const char *problem = subject->proven ? NULL : heap_prove(subject);

    if (problem == NULL && !subject->proven)
        problem = clean_up(subject);
    subject->proven = problem == NULL;
    subject->used = true;
    answer_add_count(answer, "ops", subject->ops.facts.count);
    return problem;
}

/* -- Time -------------------------------------------------------------------------------------- */

/* Passes until `least_ns` are over. */
static const char *time_passes(struct heap_subject *subject, uint64_t least_ns,
                               struct answer *answer)
{
    uint64_t ns = 0;
    uint64_t passes = 0;
    uint32_t failed = 0;
    const char *problem = NULL;

    do {
        uint64_t before;

        subject->target.world.failed = 0;
        before = clock_cpu_ns();
        one_pass(subject);
        ns += clock_cpu_ns() - before;
        passes++;
        failed = subject->target.world.failed;
        problem = clean_up(subject);
    } while (problem == NULL && ns < least_ns);
    answer_add(answer, "ns", (double)ns / (double)passes / subject->ops.facts.count);
    answer_add_count(answer, "passes", passes);
    answer_add_count(answer, "failed", failed);
    return problem;
}

static const char *pass(void *context, struct answer *answer)
{
    const char *problem = prove(context, answer);

    return problem != NULL ? problem : time_passes(context, SERVE_ROUND_NS, answer);
}

static const char *first(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;

    if (subject->used)
        return "not the first pass any more";
    answer_add_count(answer, "ops", subject->ops.facts.count);
    return time_passes(subject, 0, answer);
}

/* -- Latency ----------------------------------------------------------------------------------- */

/* Ticks of each of the first `count` ops, where they are fewer than before. */
static void take_ticks(heap_pass_fn run, struct heap_world *world, const struct heap_op *ops,
                       uint32_t count, uint32_t *ticks)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t before = clock_ticks();

        run(world, &ops[i], &ops[i] + 1);

        uint64_t passed = clock_ticks() - before;

        if (ticks[i] > passed)
            ticks[i] = (uint32_t)passed;
    }
}

/* Whether an op clears or copies so much that this is all one would see. */
static bool is_long(const struct heap_op *op)
{
    return (op->code == OP_ALLOC_ZEROED || op->code == OP_REALLOC) && op->bytes > LONG_BYTES;
}

/* Ticks of the ops that are not long, moved to the front; answers how many. */
static uint32_t leave_long_out(const struct heap_op *ops, uint32_t count, uint32_t *ticks)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++)
        if (!is_long(&ops[i]))
            ticks[left++] = ticks[i];
    return left;
}

static uint32_t overhead_ticks(const struct heap_subject *subject, uint32_t count, uint32_t *ticks)
{
    struct heap_world empty;

    if (!heap_target_empty(&subject->target, &subject->ops, &empty))
        return 0;
    memset(ticks, 0xff, count * sizeof *ticks);
    take_ticks(subject->target.pass, &empty, subject->ops.heap, count, ticks);
    return latency_median(ticks, count);
}

static const char *latency(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;
    const char *problem = prove(context, answer);
    uint32_t count = subject->ops.facts.count;
    uint32_t *ticks;

    if (count > LATENCY_OPS_MAX)
        count = LATENCY_OPS_MAX;
    if (problem != NULL)
        return problem;
    ticks = mmap(NULL, count * sizeof *ticks, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (ticks == MAP_FAILED)
        return "no memory for the ticks";

    uint32_t overhead = overhead_ticks(subject, count, ticks);

    memset(ticks, 0xff, count * sizeof *ticks);
    for (uint32_t repeat = 0; repeat < LATENCY_REPEATS && problem == NULL; repeat++) {
        take_ticks(subject->target.pass, &subject->target.world, subject->ops.heap, count, ticks);
        problem = clean_up(subject);
    }
    answer_add_latency(answer, ticks, leave_long_out(subject->ops.heap, count, ticks), overhead);
    (void)munmap(ticks, count * sizeof *ticks);
    return problem;
}

/* -- Instructions ------------------------------------------------------------------------------ */

static void run_pass(void *context)
{
    one_pass(context);
}

static const char *count(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;

    counted_pass(run_pass, subject);
    answer_add_count(answer, "ops", subject->ops.facts.count);
    answer_add_count(answer, "failed", subject->target.world.failed);
    return NULL;
}

/* -- All --------------------------------------------------------------------------------------- */

int heap_serve(const char *path, const struct heap_options *options, uint32_t ops_max,
               char *const *arguments, int argument_count)
{
    static const struct serve_command commands[] = {
        { "prove", prove },        { "pass", pass },
        { "first", first },        { "latency", latency },
        { "memory", heap_memory }, { "space", heap_space },
        { "count", count },        { NULL, NULL },
    };
    static struct heap_subject subject;
    const char *problem = ops_map(&subject.ops, path, OPS_HEAP);

    if (problem == NULL && subject.ops.facts.count == 0)
        problem = "no ops (expected some)";
    if (problem == NULL && ops_max != 0 && subject.ops.facts.count > ops_max)
        subject.ops.facts.count = ops_max;
    if (problem == NULL)
        problem = heap_target_open(&subject.target, options, &subject.ops);
    return serve(problem, commands, &subject, arguments, argument_count);
}
