/* SPDX-License-Identifier: 0BSD */
/* What threads promise: turns by the timer, stacks that grow, words to wait at, ends that are told.
 * The argument names the trial; the status is 0 if it went well.
 */
#include "trial.h"

#include "library.h"

#define THREADS 8u

/* -- Preemption -------------------------------------------------------------------------------- */

static volatile uint32_t stop;
static volatile uint32_t kept[THREADS];

static USER_THREAD void spin(uint32_t index)
{
    uint32_t good = 1;

    while (!stop)
        good &= user_registers_kept(0x1000u * index + 7u, 20000);
    kept[index] = good;
    user_thread_exit(good);
}

/* Four threads never give way; all get turns, and no register changes behind their backs. */
static uint32_t preemption(void)
{
    uint32_t numbers[4];
    uint32_t before = user_stats().preemptions;

    for (uint32_t i = 0; i < 4; i++)
        numbers[i] = user_thread_start(spin, i, UABI_STACK_SMALL);
    user_sleep(120);
    stop = 1;
    for (uint32_t i = 0; i < 4; i++) {
        struct uabi_exit end;

        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.end, UABI_EXITED);
        WANT(end.status, 1);
        WANT(kept[i], 1);
    }
    WANT(user_stats().preemptions - before >= 10, true);
    return 0;
}

/* -- Stacks ------------------------------------------------------------------------------------ */

/* Fill a frame a level, and find it untouched on the way back. */
static uint32_t dive(uint32_t depth, uint32_t seed)
{
    volatile uint32_t frame[60];
    uint32_t below = 0;

    for (uint32_t i = 0; i < 60; i++)
        frame[i] = seed ^ (depth * 64u + i);
    if (depth > 0)
        below = dive(depth - 1u, seed);
    for (uint32_t i = 0; i < 60; i++)
        if (frame[i] != (seed ^ (depth * 64u + i)))
            return below + 1u;
    return below;
}

static USER_THREAD void diver(uint32_t depth)
{
    user_thread_exit(dive(depth, depth * 77u));
}

/* 900 KiB deep in a stack of 1 MiB with two pages at first: in several threads at once. */
static uint32_t recursion(void)
{
    uint32_t numbers[THREADS];

    for (uint32_t i = 0; i < THREADS; i++)
        numbers[i] = user_thread_start(diver, 3000u + i, UABI_STACK_LARGE);
    for (uint32_t i = 0; i < THREADS; i++) {
        struct uabi_exit end;

        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.end, UABI_EXITED);
        WANT(end.status, 0);
    }
    WANT(user_stats().grow_faults >= THREADS * 100u, true);
    return 0;
}

static USER_THREAD void overflow(uint32_t argument)
{
    user_thread_exit(dive(100000, argument));
}

static USER_THREAD void counter(uint32_t index)
{
    for (uint32_t i = 0; i < 20; i++) {
        kept[index]++;
        user_sleep(1);
    }
    user_thread_exit(kept[index]);
}

/* One thread of several overflows; the fault is its own, the others do not notice. */
static uint32_t contained(void)
{
    uint32_t numbers[4];
    struct uabi_exit end;
    uint32_t victim;

    for (uint32_t i = 0; i < 4; i++)
        numbers[i] = user_thread_start(counter, i, UABI_STACK_LARGE);
    for (uint32_t small = 0; small < 2; small++) {
        victim = user_thread_start(overflow, small, small | UABI_THREAD_CONTAINED);
        WANT(user_join(victim, &end), UABI_OK);
        WANT(end.end, UABI_STACK_OVERFLOW);
        WANT(end.thread, victim);
    }
    for (uint32_t i = 0; i < 4; i++) {
        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.status, 20);
    }
    return 0;
}

static USER_THREAD void edge_thread(uint32_t argument)
{
    struct uabi_region region = { .bytes = 0 };

    (void)user_query(user_address(&region), &region);
    user_thread_exit(
        argument + user_edges(region.base + region.bytes - region.committed_pages * LA_PAGE_BYTES));
}

static uint32_t edges(void)
{
    uint32_t before = user_stats().grow_faults;
    struct uabi_exit end;

    WANT(user_join(user_thread_start(edge_thread, 0, UABI_STACK_LARGE), &end), UABI_OK);
    WANT(end.end, UABI_EXITED);
    WANT(end.status, 1);
    WANT(user_stats().grow_faults - before, 4); /* PUSHA, the call, ENTER's push, PUSH */
    return 0;
}

static USER_THREAD void look_at_stack(uint32_t depth)
{
    volatile uint8_t here;
    const volatile uint8_t *at = &here - depth;
    uint32_t dirty = 0;

    for (uint32_t i = 0; i < depth - 256u; i++) /* upwards: the first access grows it whole */
        dirty += at[i] != 0;
    for (uint32_t i = 0; i < depth - 256u; i++)
        ((volatile uint8_t *)at)[i] = 0xaa;
    user_thread_exit(dirty);
}

/* A new stack is zero, whatever the one before it left there. */
static uint32_t zeroes(void)
{
    for (uint32_t round = 0; round < 4; round++) {
        struct uabi_exit end;
        uint32_t number = user_thread_start(look_at_stack, 40000, UABI_STACK_LARGE);

        WANT(user_join(number, &end), UABI_OK);
        WANT(end.end, UABI_EXITED);
        WANT(end.status, 0);
    }
    return 0;
}

/* -- Words ------------------------------------------------------------------------------------- */

static struct user_mutex mutex;
static volatile uint32_t total;

static USER_THREAD void add(uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        user_lock(&mutex);
        uint32_t value = total;

        if (i % 64u == 0)
            user_sleep(0); /* give way while it is held */
        total = value + 1u;
        user_unlock(&mutex);
    }
    user_thread_exit(0);
}

static uint32_t a_mutex_excludes(void)
{
    uint32_t numbers[THREADS];

    for (uint32_t i = 0; i < THREADS; i++)
        numbers[i] = user_thread_start(add, 2000, UABI_STACK_SMALL);
    for (uint32_t i = 0; i < THREADS; i++)
        WANT(user_join(numbers[i], NULL), UABI_OK);
    WANT(total, THREADS * 2000u);
    WANT(mutex.word, 0);
    return 0;
}

static uint32_t word;
static volatile uint32_t order[4];
static volatile uint32_t ordered;

static USER_THREAD void wait_thread(uint32_t index)
{
    int status = user_wait(&word, 0, UABI_FOREVER);

    order[ordered++] = index;
    user_thread_exit((uint32_t)status);
}

static uint32_t words(void)
{
    uint32_t numbers[4];
    uint32_t begin;

    for (uint32_t i = 0; i < 4; i++) {
        numbers[i] = user_thread_start(wait_thread, i, UABI_STACK_SMALL);
        user_sleep(2); /* so that they wait in this order */
    }
    WANT(user_wake(&word, 1), 1);
    user_sleep(1);
    WANT(user_wake(&word, 100), 3);
    for (uint32_t i = 0; i < 4; i++) {
        struct uabi_exit end;

        WANT(user_join(numbers[i], &end), UABI_OK);
        WANT(end.status, UABI_OK);
        WANT(order[i], i);
    }
    begin = user_time_ms();
    WANT(user_wait(&word, 0, 20), UABI_TIMED_OUT);
    WANT(user_time_ms() - begin >= 20, true);
    begin = user_time_ms();
    user_sleep(15);
    WANT(user_time_ms() - begin >= 15, true);
    return 0;
}

/* -- Numbers ----------------------------------------------------------------------------------- */

static USER_THREAD void nothing(uint32_t argument)
{
    user_thread_exit(argument);
}

/* So many threads one after the other, with both kinds of stack, sixteen at a time. */
static uint32_t churn(uint32_t threads)
{
    uint32_t numbers[16];

    for (uint32_t done = 0; done < threads; done += 16) {
        for (uint32_t i = 0; i < 16; i++) {
            numbers[i] = user_thread_start(nothing, done + i, i % 2u);
            WANT(user_is_error(numbers[i]), false);
        }
        for (uint32_t i = 0; i < 16; i++) {
            struct uabi_exit end;

            WANT(user_join(numbers[i], &end), UABI_OK);
            WANT(end.status, done + i);
        }
    }
    return 0;
}

/* Processes one after the other; every tenth crashes. */
static uint32_t spawns(uint32_t processes)
{
    for (uint32_t i = 0; i < processes; i++) {
        struct uabi_exit end;
        uint32_t child = user_spawn("crash", i % 10u == 0 ? "null-read" : "");

        WANT(user_is_error(child), false);
        WANT(user_wait_child(UABI_ANY, &end), child);
        WANT(end.end, i % 10u == 0 ? UABI_NULL_POINTER : UABI_EXITED);
    }
    return 0;
}

/* -- Libraries --------------------------------------------------------------------------------- */

static uint32_t libraries(void)
{
    struct uabi_image image[3];
    const struct library *library[3];

    for (uint32_t i = 0; i < 3; i++) {
        WANT(user_call(UABI_IMAGE_MAP, user_address("library"), user_address(&image[i]), 0, 0, 0),
             UABI_OK);
        library[i] = (const struct library *)(uintptr_t)image[i].entry;
        WANT(library[i]->add(i + 1u), i + 1u); /* nobody else's count */
        WANT(text_equal(library[i]->word(0), "placed"), true);
        WANT(text_equal(library[i]->word(1), "laced"), true);
        WANT(text_equal(library[i]->word(2), "by need"), true);
        WANT(*library[i]->zero(), 0);
        *library[i]->zero() = i;
    }
    WANT(image[0].base != image[1].base && image[1].base != image[2].base, true);
    for (uint32_t i = 0; i < 3; i++) {
        WANT(library[i]->add(10), i + 11u);
        WANT(user_release(image[i].base), UABI_OK);
    }
    return 0;
}

uint32_t user_main(const char *argument)
{
    WANT(user_ring(), 3);
    if (text_equal(argument, "preemption"))
        return preemption();
    if (text_equal(argument, "recursion"))
        return recursion();
    if (text_equal(argument, "edges"))
        return edges();
    if (text_equal(argument, "contained"))
        return contained();
    if (text_equal(argument, "zeroes"))
        return zeroes();
    if (text_equal(argument, "mutex"))
        return a_mutex_excludes();
    if (text_equal(argument, "words"))
        return words();
    if (text_equal(argument, "libraries"))
        return libraries();
    if (text_option_number(argument, "threads", 0) > 0)
        return churn(text_option_number(argument, "threads", 0));
    if (text_option_number(argument, "processes", 0) > 0)
        return spawns(text_option_number(argument, "processes", 0));
    say("threads: no trial is called \"%s\"\n", argument);
    return 2;
}
