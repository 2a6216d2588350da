/* SPDX-License-Identifier: 0BSD */
/* Everything at once, at random, for some seconds: threads that allocate, commit, recurse,
 * overflow, wait, and start threads and processes, good ones and bad ones, while the timer
 * interrupts them. Data must stay what it was. The argument: seconds=N seed=N. Status 0: it did.
 */
#include "trial.h"

#define THREADS 6u
#define BLOCKS  24u

static volatile uint32_t stop;
static volatile uint32_t wrong;
static volatile uint32_t steps;
static uint32_t word;

struct worker {
    uint32_t seed;
    uint8_t *block[BLOCKS];
    uint32_t bytes[BLOCKS];
};

static struct worker workers[THREADS];

static uint32_t random_below(struct worker *worker, uint32_t end)
{
    worker->seed = worker->seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)worker->seed * end) >> 32);
}

static uint32_t dive(uint32_t depth)
{
    volatile uint32_t frame[100];

    frame[depth % 100u] = depth;
    return (depth == 0 ? 0 : dive(depth - 1u)) + frame[depth % 100u];
}

static USER_THREAD void diver(uint32_t depth)
{
    user_thread_exit(dive(depth));
}

static void use_block(struct worker *worker)
{
    uint32_t at = random_below(worker, BLOCKS);
    uint8_t value = (uint8_t)(at + (uint32_t)(worker - workers) * 40u);

    if (worker->block[at] != NULL) {
        for (uint32_t i = 0; i < worker->bytes[at]; i++)
            wrong += worker->block[at][i] != value;
        free(worker->block[at]);
    }
    worker->bytes[at] = random_below(worker, random_below(worker, 8) == 0 ? 150000 : 3000);
    worker->block[at] = malloc(worker->bytes[at]);
    if (worker->block[at] != NULL)
        memset(worker->block[at], value, worker->bytes[at]);
}

static void use_pages(struct worker *worker)
{
    uint32_t pages = 1u + random_below(worker, 40);
    uint32_t va = user_reserve(pages * UABI_PAGE_BYTES, random_below(worker, 3));
    uint32_t now = random_below(worker, 2) * UABI_COMMIT_NOW;

    if (user_is_error(va))
        return;
    if (user_commit(va, pages * UABI_PAGE_BYTES, UABI_READ_WRITE | now) == UABI_OK)
        for (uint32_t i = 0; i < pages; i++) {
            volatile uint32_t *at = (uint32_t *)(uintptr_t)(va + i * UABI_PAGE_BYTES);

            wrong += *at != 0;
            *at = i + 1u;
        }
    if (user_decommit(va, UABI_PAGE_BYTES) != UABI_OK || user_release(va) != UABI_OK)
        wrong++;
}

static void use_thread(struct worker *worker)
{
    uint32_t small = random_below(worker, 2);
    uint32_t depth = random_below(worker, random_below(worker, 4) == 0 ? 4000 : 100);
    uint32_t number = user_thread_start(diver, depth, small | UABI_THREAD_CONTAINED);
    struct uabi_exit end;

    if (user_is_error(number))
        return;
    wrong += user_join(number, &end) != UABI_OK;
    wrong += end.end == UABI_EXITED
                 ? end.status != depth * (depth + 1u) / 2u
                 : end.end != UABI_STACK_OVERFLOW && end.end != UABI_OUT_OF_MEMORY;
}

static void use_process(struct worker *worker)
{
    static const char *const ways[] = { "", "null-read", "overflow", "kernel-write", "ud2", "cli" };
    static const uint32_t ends[] = { UABI_EXITED,         UABI_NULL_POINTER, UABI_STACK_OVERFLOW,
                                     UABI_KERNEL_ADDRESS, UABI_BAD_OPCODE,   UABI_PRIVILEGED };
    uint32_t way = random_below(worker, 6);
    uint32_t child = user_spawn("crash", ways[way]);
    struct uabi_exit end;

    if (user_is_error(child))
        return;
    if (random_below(worker, 8) == 0)
        (void)user_call(UABI_KILL, child, 0, 0, 0, 0);
    wrong += user_wait_child(child, &end) != child;
    if (end.end == UABI_EXITED && end.status == 2)
        return; /* it had no memory for its attempt */
    wrong += end.end != ends[way] && end.end != UABI_KILLED && end.end != UABI_OUT_OF_MEMORY;
}

static USER_THREAD void work(uint32_t index)
{
    struct worker *worker = &workers[index];

    while (!stop) {
        switch (random_below(worker, 16)) {
        case 0: use_thread(worker); break;
        case 1: use_process(worker); break;
        case 2: user_sleep(random_below(worker, 3)); break;
        case 3: (void)user_wait(&word, 0, 1u + random_below(worker, 3)); break;
        case 4: (void)user_wake(&word, random_below(worker, 3)); break;
        case 5:
        case 6: use_pages(worker); break;
        case 7: wrong += user_registers_kept(worker->seed, 40000) != 1; break;
        default: use_block(worker); break;
        }
        steps++;
    }
    user_thread_exit(0);
}

uint32_t user_main(const char *argument)
{
    uint32_t numbers[THREADS];
    uint32_t seconds = text_option_number(argument, "seconds", 1);

    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i].seed = text_option_number(argument, "seed", 1) * 1000u + i;
        numbers[i] = user_thread_start(work, i, UABI_STACK_LARGE);
        WANT(user_is_error(numbers[i]), false);
    }
    user_sleep(1000u * seconds);
    stop = 1;
    for (uint32_t i = 0; i < THREADS; i++) {
        struct uabi_exit end;

        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.end, UABI_EXITED);
    }
    say("soak: %u steps in %u s, %u preemptions\n", steps, seconds, user_stats().preemptions);
    WANT(wrong, 0);
    return 0;
}
