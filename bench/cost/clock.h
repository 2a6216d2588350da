/* SPDX-License-Identifier: 0BSD */
/* Time. CPU time of the thread is what is reported, because it leaves out waiting for a processor
 * that others use; ticks are for one operation at a time.
 */
#ifndef LOOKASIDE_BENCH_CLOCK_H
#define LOOKASIDE_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S UINT64_C(1000000000)

static inline uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* CPU time of the calling thread, its time in the kernel included. */
static inline uint64_t clock_cpu_ns(void)
{
    return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* A fine clock of unknown rate. Fenced, so that nothing slips past it. */
static inline uint64_t clock_ticks(void)
{
#if defined(__i386__) || defined(__x86_64__)
    uint32_t low;
    uint32_t high;

    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
#else
    return clock_read_ns(CLOCK_MONOTONIC);
#endif
}

/* Nanoseconds of one tick, measured over 20 ms. */
static inline double clock_tick_ns(void)
{
    uint64_t ns = clock_read_ns(CLOCK_MONOTONIC);
    uint64_t ticks = clock_ticks();
    uint64_t passed_ns;

    do
        passed_ns = clock_read_ns(CLOCK_MONOTONIC) - ns;
    while (passed_ns < CLOCK_NS_PER_S / 50u);
    return (double)passed_ns / (double)(clock_ticks() - ticks);
}

#endif
