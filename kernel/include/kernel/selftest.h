/* SPDX-License-Identifier: 0BSD */
/* The kernel's tests of itself: TAP 13 on the console. A test is a function over the running
 * kernel; it says what was wrong through the macros below and leaves the kernel as it found it:
 * after each one the frames in use are compared with those before.
 */
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

#include <kernel/port.h>
#include <kernel/print.h>

struct selftest {
    const char *name; /* after the behaviour: a-z, 0-9, _ */
    void (*run)(void);
};

/* Tests of one subject, in the order in which they run. An empty name ends the list. */
struct selftest_group {
    const char *name;
    const struct selftest *tests;
};

extern const struct selftest_group selftest_groups[]; /* a NULL name ends it */

/* Run those whose group or name the command line asks for (only=NAME, else all) and answer whether
 * every one passed and there was one.
 */
bool selftest_run_all(const struct boot_info *boot);

/* The test at hand failed, here; says so once in detail. */
__attribute__((format(printf, 3, 4))) void selftest_fail(const char *file, int line,
                                                         const char *format, ...);
/* The test at hand cannot run on this machine, for this reason. */
void selftest_skip(const char *reason);

const struct boot_info *selftest_boot(void);
const struct selftest *selftest_current(void);

/* Free frames, after the heaps have given back what they kept: equal before and after whatever
 * leaks none.
 */
uint32_t selftest_free_frames(void);

/* A condition that must hold; the test returns at the first that does not. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            selftest_fail(__FILE__, __LINE__, "expected %s", #condition);                          \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Two 32-bit numbers that must be equal; both are shown if not. */
#define CHECK_EQUAL(got, wanted)                                                                   \
    do {                                                                                           \
        uint32_t got_ = (uint32_t)(got);                                                           \
        uint32_t wanted_ = (uint32_t)(wanted);                                                     \
        if (got_ != wanted_) {                                                                     \
            selftest_fail(__FILE__, __LINE__, "%s is %u (%x), expected %s = %u (%x)", #got, got_,  \
                          got_, #wanted, wanted_, wanted_);                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* The same two for helpers that answer whether to go on. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            selftest_fail(__FILE__, __LINE__, "expected %s", #condition);                          \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

#endif
