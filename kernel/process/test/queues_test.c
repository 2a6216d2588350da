/* SPDX-License-Identifier: 0BSD */
/* Whose turn it is, and who waits at which word. */
#include "check.h"

#include "../futex.h"
#include "../runqueue.h"

static struct runqueue queue;
static struct run_entry entries[8];

static void start(void)
{
    memset(&queue, 0, sizeof queue);
    memset(entries, 0, sizeof entries);
}

static void turns_go_round(void)
{
    start();
    for (int i = 0; i < 3; i++)
        run_add(&queue, &entries[i]);
    run_add(&queue, &entries[0]); /* twice is once */
    CHECK_EQ(queue.ready, 3);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 3; i++) {
            CHECK(run_take(&queue) == &entries[i]);
            run_add(&queue, &entries[i]);
        }
    run_remove(&queue, &entries[1]); /* from the middle */
    CHECK(run_take(&queue) == &entries[0]);
    CHECK(run_take(&queue) == &entries[2]);
    CHECK(run_take(&queue) == NULL);
    CHECK_EQ(queue.ready, 0);
}

static void sleepers_wake_in_the_order_of_their_times(void)
{
    static const uint32_t times[] = { 30, 10, 20, 10, 0xfffffff0, 5 };

    start();
    for (int i = 0; i < 6; i++)
        run_sleep(&queue, &entries[i], times[i]);
    CHECK(run_wake(&queue, 0xffffffef) == NULL);
    CHECK(run_wake(&queue, 0xfffffff0) == &entries[4]); /* before 5: the clock wraps */
    CHECK(run_wake(&queue, 4) == NULL);
    CHECK(run_wake(&queue, 10) == &entries[5]);
    CHECK(run_wake(&queue, 10) == &entries[1]);
    CHECK(run_wake(&queue, 10) == &entries[3]); /* equal times: first come */
    CHECK(run_wake(&queue, 10) == NULL);
    run_add(&queue, &entries[2]); /* woken by something else */
    CHECK_EQ(queue.sleeping, 1);
    CHECK(run_wake(&queue, 100) == &entries[0]);
    CHECK(run_take(&queue) == &entries[2]);
    CHECK_EQ(queue.sleeping, 0);
}

static void a_random_queue_agrees_with_a_list(void)
{
    uint32_t seed = 1;
    uint32_t order[8];
    uint32_t count = 0;

    start();
    for (int step = 0; step < 100000; step++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t i = seed >> 29;
        bool there = false;
        uint32_t at = 0;

        for (uint32_t k = 0; k < count; k++)
            if (order[k] == i) {
                there = true;
                at = k;
            }
        if ((seed & 0x10000) != 0) {
            run_add(&queue, &entries[i]);
            if (!there)
                order[count++] = i;
        } else if ((seed & 0x20000) != 0) {
            run_remove(&queue, &entries[i]);
            if (there)
                memmove(order + at, order + at + 1, (--count - at) * sizeof order[0]);
        } else {
            struct run_entry *taken = run_take(&queue);

            CHECK(taken == (count > 0 ? &entries[order[0]] : NULL));
            if (count > 0)
                memmove(order, order + 1, --count * sizeof order[0]);
        }
        CHECK_EQ(queue.ready, count);
    }
}

static void waiters_of_a_word_wake_first_come_first(void)
{
    static struct futex_table table;
    struct futex_waiter waiters[6] = { { NULL, NULL, NULL, 0 } };
    int one = 1; /* these stand for spaces */
    int two = 2;

    futex_add(&table, &waiters[0], &one, 0x1000);
    futex_add(&table, &waiters[1], &one, 0x1004);
    futex_add(&table, &waiters[2], &one, 0x1000);
    futex_add(&table, &waiters[3], &two, 0x1000); /* the same address elsewhere */
    futex_add(&table, &waiters[4], &one, 0x1000);
    CHECK_EQ(futex_count(&table), 5);
    futex_remove(&table, &waiters[2]); /* its time is over */
    futex_remove(&table, &waiters[2]);
    CHECK(futex_take(&table, &one, 0x1000) == &waiters[0]);
    CHECK(futex_take(&table, &one, 0x1000) == &waiters[4]);
    CHECK(futex_take(&table, &one, 0x1000) == NULL);
    CHECK(futex_take(&table, &two, 0x1000) == &waiters[3]);
    CHECK(futex_take(&table, &one, 0x1004) == &waiters[1]);
    CHECK_EQ(futex_count(&table), 0);
}

static void words_whose_queues_meet_are_kept_apart(void)
{
    static struct futex_table table;
    static struct futex_waiter waiters[1024];
    int space = 1;

    for (uint32_t i = 0; i < 1024; i++) /* 16 words a queue on average */
        futex_add(&table, &waiters[i], &space, 0x20000 + 4 * i);
    for (uint32_t i = 1024; i-- > 0;)
        CHECK(futex_take(&table, &space, 0x20000 + 4 * i) == &waiters[i]);
    CHECK_EQ(futex_count(&table), 0);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(turns_go_round),
        CASE(sleepers_wake_in_the_order_of_their_times),
        CASE(a_random_queue_agrees_with_a_list),
        CASE(waiters_of_a_word_wake_first_come_first),
        CASE(words_whose_queues_meet_are_kept_apart),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
