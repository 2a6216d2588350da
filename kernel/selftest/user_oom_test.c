/* SPDX-License-Identifier: 0BSD */
/* Programs run while the k-th request for a frame fails, for every k until all goes well: whatever
 * was refused, nothing is lost, nothing is half done, and the kernel goes on.
 */
#include "groups.h"
#include "user.h"

#include <kernel/memory.h>

#define TRIES_MAX 2000u

/* Everything that takes frames, from spawning to the last fault. A program may be refused anything
 * and may be ended for want of memory; it never sees wrong data, which would be status 50.
 */
static bool is_acceptable(int started, const struct uabi_exit *end)
{
    if (started != UABI_OK)
        return started == UABI_NO_MEMORY;
    return (end->end == UABI_EXITED && end->status < 50u) || end->end == UABI_OUT_OF_MEMORY;
}

/* Run once with the nth take failing; false: the sweep is over, or something was wrong. */
static bool try_once(uint32_t nth, bool for_ever, uint32_t before, bool *ret_done)
{
    struct uabi_exit end = { .end = UABI_EXITED };
    uint32_t number = 0;
    int started;

    memory_fail(nth, for_ever);
    started = process_spawn(0, "memory", "", &number);
    if (started == UABI_OK)
        EXPECT(process_wait(0, number, 60000, &end) == UABI_OK);
    uint32_t takes = memory_takes();
    memory_fail(0, false);
    if (!is_acceptable(started, &end)) {
        selftest_fail(__FILE__, __LINE__, "take %u failed: started %d, %s, status %u", nth, started,
                      process_end_name(end.end), end.status);
        return false;
    }
    if (selftest_free_frames() != before || process_ledger()->promised_pages != 0 ||
        process_counts()->processes != 0 || process_counts()->threads != 0) {
        selftest_fail(__FILE__, __LINE__, "take %u failed: %u frames, %u promises are missing", nth,
                      before - selftest_free_frames(), process_ledger()->promised_pages);
        return false;
    }
    *ret_done = takes < nth;
    if (*ret_done)
        EXPECT(started == UABI_OK && end.end == UABI_EXITED && end.status == 0);
    return true;
}

static void sweep(bool for_ever)
{
    uint32_t before = selftest_free_frames();
    uint32_t nth = 0;
    bool done = false;

    processes_start(selftest_boot());
    process_set_reports(false);
    while (!done && nth < TRIES_MAX && try_once(nth + 1u, for_ever, before, &done))
        nth++;
    process_set_reports(true);
    processes_stop();
    if (done)
        print("# user memory: %u failures of %s survived\n", nth - 1u,
              for_ever ? "all memory" : "one take");
    CHECK(done);
    CHECK(memory_check() == NULL);
}

static void a_failed_frame_loses_nothing(void)
{
    sweep(false);
}

static void memory_that_stays_gone_loses_nothing(void)
{
    sweep(true);
}

const struct selftest user_oom_tests[] = {
    { "a_failed_frame_loses_nothing", a_failed_frame_loses_nothing },
    { "memory_that_stays_gone_loses_nothing", memory_that_stays_gone_loses_nothing },
    { NULL, NULL },
};
