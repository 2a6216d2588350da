/* SPDX-License-Identifier: 0BSD */
/* Interrupts: SIGALRM is the clock's. A flag says whether the kernel wants to hear of it; one that
 * comes while it does not is pending until it does, as with an interrupt controller.
 */
#define _GNU_SOURCE
#include "process.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t enabled;
static volatile sig_atomic_t pending;

static void tick(void)
{
    pending = 0;
    enabled = 0; /* as an interrupt gate does */
    kernel_tick(NULL);
    enabled = 1;
}

static void on_alarm(int number)
{
    (void)number;
    pending = 1;
    if (enabled)
        tick();
}

void irq_start(void)
{
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

    (void)sigaction(SIGALRM, &action, NULL);
}

bool irq_enter(void)
{
    bool were_on = enabled != 0;

    enabled = 0;
    return were_on;
}

void irq_leave(bool were_on)
{
    enabled = were_on;
    while (enabled && pending)
        tick();
}

uint32_t port_irq_save(void)
{
    return irq_enter();
}

void port_irq_restore(uint32_t saved)
{
    if (saved != 0)
        irq_leave(true);
}

void port_idle(void)
{
    sigset_t alarm_only;
    sigset_t before;

    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    /* Blocked between the look and the wait, or the wait could be for the one that just came. */
    (void)sigprocmask(SIG_BLOCK, &alarm_only, &before);
    enabled = 1;
    if (!pending)
        (void)sigsuspend(&before);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    while (pending)
        tick();
    enabled = 0;
}

void port_tick_start(uint32_t hz)
{
    struct itimerval interval = { 0 };

    LA_ASSERT(hz == 0 || (hz >= 18u && hz <= 1000u));
    if (hz != 0)
        interval.it_interval.tv_usec = 1000000 / (suseconds_t)hz;
    interval.it_value = interval.it_interval;
    (void)setitimer(ITIMER_REAL, &interval, NULL);
    if (hz == 0)
        pending = 0;
}

/* Nanoseconds. */
uint64_t port_cycles(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
