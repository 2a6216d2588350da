/* SPDX-License-Identifier: 0BSD */
/* Timing several heaps. */
#include "heaps_serve.h"

#include <string.h>

#include "clock.h"
#include "heaps_world.h"
#include "serve.h"
#include "vas_work.h"

#define USE_OPS 65536u

static const struct {
    const char *name;
    uint32_t heaps;
    uint32_t blocks; /* a heap, where heaps come and go; else 0 */
} works[] = {
    { "use/1", 1, 0 },   { "use/8", 8, 0 },     { "use/64", 64, 0 },
    { "churn/8", 0, 8 }, { "churn/64", 0, 64 }, { "churn/512", 0, 512 },
};

const char *heaps_work_name(unsigned number)
{
    return number < sizeof works / sizeof works[0] ? works[number].name : NULL;
}

struct subject {
    struct heaps_world world;
    struct heaps_op ops[USE_OPS];
    uint32_t heaps;
    uint32_t blocks;
};

/* Each slot belongs to one heap. */
static void make_ops(struct subject *subject)
{
    uint32_t random = 1;
    uint32_t heaps = subject->heaps > 0 ? subject->heaps : 1u;

    for (uint32_t i = 0; i < USE_OPS; i++) {
        uint32_t heap = i % heaps;
        uint32_t slot = vas_random_below(&random, HEAPS_BLOCKS / heaps) * heaps + heap;
        uint32_t octave = vas_random_below(&random, 5);

        subject->ops[i] = (struct heaps_op){
            .heap = (uint16_t)heap,
            .slot = (uint16_t)slot,
            .bytes = (16u << octave) + vas_random_below(&random, 16u << octave),
        };
    }
}

static void one_pass(void *context)
{
    struct subject *subject = context;

    if (subject->blocks == 0) {
        heaps_use(&subject->world, subject->ops, subject->ops + USE_OPS);
        return;
    }
    for (uint32_t at = 0; at + subject->blocks <= USE_OPS; at += subject->blocks)
        heaps_churn(&subject->world, subject->ops + at, subject->ops + at + subject->blocks);
}

static const char *pass(void *context, struct answer *answer)
{
    struct subject *subject = context;
    uint32_t ops = USE_OPS;
    uint64_t ns = 0;
    uint64_t passes = 0;

    one_pass(subject); /* warms */
    while (ns < SERVE_ROUND_NS) {
        uint64_t before = clock_cpu_ns();

        one_pass(subject);
        ns += clock_cpu_ns() - before;
        passes++;
    }
    if (subject->world.failed > 0)
        return "a request was refused";
    answer_add_count(answer, "ops", ops);
    answer_add(answer, "ns", (double)ns / (double)passes / ops);
    answer_add_count(answer, "passes", passes);
    return NULL;
}

static const char *count(void *context, struct answer *answer)
{
    one_pass(context); /* warms */
    counted_pass(one_pass, context);
    answer_add_count(answer, "ops", USE_OPS);
    return NULL;
}

int heaps_serve(const char *work, const char *target, char *const *arguments, int argument_count)
{
    static const struct serve_command commands[] = { { "pass", pass },
                                                     { "count", count },
                                                     { NULL, NULL } };
    static struct subject subject;
    const char *problem = "there is no such work";

    for (unsigned i = 0; heaps_work_name(i) != NULL; i++) {
        if (strcmp(heaps_work_name(i), work) != 0)
            continue;
        subject.heaps = works[i].heaps;
        subject.blocks = works[i].blocks;
        make_ops(&subject);
        problem = heaps_world_open(&subject.world, target, subject.heaps);
    }
    return serve(problem, commands, &subject, arguments, argument_count);
}
