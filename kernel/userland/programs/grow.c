/* SPDX-License-Identifier: 0BSD */
/* Something to watch: threads whose stacks grow deeper and deeper, heaps that grow and go. For
 * ever, or seconds=N.
 */
#include "trial.h"

#define THREADS 6u
#define HEAPS   5u

static struct user_heap heaps[HEAPS];
static volatile uint32_t stop;

static uint32_t dive(uint32_t kib)
{
    volatile uint8_t frame[900];

    frame[kib % 900u] = (uint8_t)kib;
    if (kib == 0) {
        user_sleep(200);
        return 0;
    }
    return dive(kib - 1u) + frame[kib % 900u];
}

static USER_THREAD void diver(uint32_t index)
{
    uint32_t small = index % 3u == 0; /* as user_main() starts them */
    uint32_t step = small ? 5u : 20u + 10u * index;
    uint32_t kib_max = small ? 40u : 850u;
    uint32_t kib = 0;

    while (!stop) {
        (void)dive(kib);
        kib = kib + step <= kib_max ? kib + step : 0;
    }
    user_thread_exit(0);
}

uint32_t user_main(const char *argument)
{
    uint32_t seconds = text_option_number(argument, "seconds", UINT32_MAX / 1000u);
    uint32_t begin = user_time_ms();
    uint32_t numbers[THREADS];
    uint32_t kib[HEAPS] = { 0 };

    for (uint32_t i = 0; i < THREADS; i++)
        numbers[i] = user_thread_start(diver, i, i % 3u == 0 ? UABI_STACK_SMALL : UABI_STACK_LARGE);
    for (uint32_t i = 0; i < HEAPS; i++)
        WANT(user_heap_create(&heaps[i]), true);
    while (user_time_ms() - begin < 1000u * seconds) {
        for (uint32_t i = 0; i < HEAPS; i++) {
            for (uint32_t k = 0; k <= 4u * i; k++)
                kib[i] += 24u * (user_heap_alloc(&heaps[i], 24u << 10) != NULL);
            if (kib[i] > 3000u * (i + 1u)) {
                user_heap_destroy(&heaps[i]);
                WANT(user_heap_create(&heaps[i]), true);
                kib[i] = 0;
            }
        }
        user_sleep(100);
    }
    stop = 1;
    for (uint32_t i = 0; i < THREADS; i++)
        (void)user_join(numbers[i], NULL);
    return 0;
}
