/* SPDX-License-Identifier: 0BSD */
/* Timing fault verdicts: 4,096 accesses to a space of 64 stacks, committed, reserved and free
 * regions, in random order. Through a function pointer, so that the floor is the same loop.
 */
#include <lookaside/fault.h>

#include <string.h>

#include "clock.h"
#include "serve.h"
#include "stack_serve.h"
#include "vas_work.h"

#define ACCESSES 4096u
#define STACKS   64u
#define KINDS    8u

typedef struct fault_answer (*judge_fn)(const struct vas *vas, const struct stack *stack,
                                        const struct fault_access *access, uint32_t free_pages);

struct subject {
    struct vas vas;
    struct stack stacks[STACKS];
    struct fault_access access[ACCESSES];
    const struct stack *running[ACCESSES];
    uint32_t verdicts[KINDS];
    judge_fn judge;
};

static struct fault_answer judge_nothing(const struct vas *vas, const struct stack *stack,
                                         const struct fault_access *access, uint32_t free_pages)
{
    (void)vas;
    (void)stack;
    (void)free_pages;
    return (struct fault_answer){ .verdict = FAULT_RETRY, .page_va = access->va };
}

/* -- The space --------------------------------------------------------------------------------- */

static enum la_status no_commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
    return LA_OK;
}

static void no_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

static const char *make_space(struct subject *subject)
{
    static const struct la_port port = { .commit = no_commit, .decommit = no_decommit };
    uint32_t random = 1;

    vas_init(&subject->vas, 1, LA_SEGMENTS);
    for (uint32_t i = 0; i < STACKS; i++) {
        const struct vas_request committed = { .segments = 16, .state = VAS_COMMITTED };
        const struct vas_request reserved = { .segments = 16 };
        va32_t va;

        if (stack_create(&subject->stacks[i], &subject->vas, &port, &STACK_LAYOUT_DEFAULT) !=
                LA_OK ||
            vas_reserve(&subject->vas, &committed, &va) != LA_OK ||
            vas_reserve(&subject->vas, &reserved, &va) != LA_OK)
            return "the space cannot be made";
    }
    for (uint32_t i = 0; i < ACCESSES; i++) {
        const struct stack *stack = &subject->stacks[vas_random_below(&random, STACKS)];
        uint32_t kind = vas_random_below(&random, 8);
        uint32_t page = vas_random_below(&random, 256);
        va32_t va = stack->base_va + (page << LA_PAGE_SHIFT);

        if (kind < 2) /* committed and reserved regions lie at the bottom, stacks at the top */
            va = la_segment_va(1u + vas_random_below(&random, 2u * 16u * STACKS));
        else if (kind == 2)
            va = la_segment_va(vas_random_below(&random, LA_SEGMENTS));
        subject->running[i] = stack;
        subject->access[i] = (struct fault_access){ .va = va + 8u,
                                                    .present = kind == 3,
                                                    .write = kind % 2u == 0,
                                                    .user = true,
                                                    .execute = kind == 4 };
    }
    return NULL;
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void one_pass(void *context)
{
    struct subject *subject = context;
    judge_fn judge = subject->judge;

    for (uint32_t i = 0; i < ACCESSES; i++) {
        struct fault_answer answer =
            judge(&subject->vas, subject->running[i], &subject->access[i], UINT32_MAX);

        subject->verdicts[answer.verdict % KINDS]++;
    }
}

static const char *pass(void *context, struct answer *answer)
{
    struct subject *subject = context;
    uint64_t ns = 0;
    uint64_t passes = 0;

    one_pass(subject); /* warms */
    while (ns < SERVE_ROUND_NS) {
        uint64_t before = clock_cpu_ns();

        one_pass(subject);
        ns += clock_cpu_ns() - before;
        passes++;
    }
    answer_add_count(answer, "ops", ACCESSES);
    answer_add(answer, "ns", (double)ns / (double)passes / ACCESSES);
    answer_add_count(answer, "passes", passes);
    memset(subject->verdicts, 0, sizeof subject->verdicts);
    one_pass(subject);
    answer_add_count(answer, "grow", subject->verdicts[FAULT_GROW]);
    answer_add_count(answer, "map_zero", subject->verdicts[FAULT_MAP_ZERO]);
    answer_add_count(answer, "overflow", subject->verdicts[FAULT_OVERFLOW]);
    answer_add_count(answer, "violation", subject->verdicts[FAULT_VIOLATION]);
    answer_add_count(answer, "retry", subject->verdicts[FAULT_RETRY]);
    return NULL;
}

static const char *count(void *context, struct answer *answer)
{
    counted_pass(one_pass, context);
    answer_add_count(answer, "ops", ACCESSES);
    return NULL;
}

int fault_serve(const char *target, char *const *arguments, int argument_count)
{
    static const struct serve_command commands[] = { { "pass", pass },
                                                     { "count", count },
                                                     { NULL, NULL } };
    static struct subject subject;
    const char *problem = make_space(&subject);

    subject.judge = strcmp(target, "lookaside") == 0 ? fault_judge
                    : strcmp(target, "floor") == 0   ? judge_nothing
                                                     : NULL;
    if (subject.judge == NULL)
        problem = "there is no such target";
    return serve(problem, commands, &subject, arguments, argument_count);
}
