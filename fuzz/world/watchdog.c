/* SPDX-License-Identifier: 0BSD */
/* A timer over the process's own time, so that a busy machine raises no alarm. */
#define _GNU_SOURCE
#include "watchdog.h"

#include "../model/oracle.h"

#include <signal.h>
#include <sys/time.h>

static const volatile uint64_t *watched;
static uint64_t last_seen;
static unsigned period;

static void on_timer(int signal_number)
{
    (void)signal_number;
    if (*watched == last_seen) {
        oracle_broken(I28_BOUNDED, "a run goes on for %u seconds", period);
        (void)raise(SIGXCPU); /* it is off, and no other will have its say either */
    }
    last_seen = *watched;
}

void watchdog_start(const volatile uint64_t *counter, unsigned seconds)
{
    const struct itimerval timer = { { seconds, 0 }, { seconds, 0 } };

    watched = counter;
    last_seen = *counter - 1u;
    period = seconds;
    signal(SIGVTALRM, on_timer);
    (void)setitimer(ITIMER_VIRTUAL, &timer, NULL);
}
