/* SPDX-License-Identifier: 0BSD */
/* Running the tests: TAP 13 on the console, the plan last. */
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/selftest.h>
#include <kernel/text.h>

#include "groups.h"

static const struct boot_info *booted;
static uint32_t failures; /* of the test at hand */
static const char *skipped;
static const struct selftest *current;

const struct boot_info *selftest_boot(void)
{
    return booted;
}

const struct selftest *selftest_current(void)
{
    return current;
}

void selftest_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    failures++;
    print("# %s:%d: ", file, line);
    va_start(arguments, format);
    print_arguments(format, arguments);
    va_end(arguments);
    print("\n");
}

void selftest_skip(const char *reason)
{
    skipped = reason;
}

/* Whether `name` is one of the words of `list`, which commas separate. */
static bool is_listed(const char *list, uint32_t length, const char *name)
{
    uint32_t start = 0;

    for (uint32_t end = 0; end <= length; end++) {
        if (end < length && list[end] != ',')
            continue;
        if (text_is(&list[start], end - start, name))
            return true;
        start = end + 1u;
    }
    return false;
}

/* Whether the command line asks for this test. */
static bool is_wanted(const struct selftest_group *group, const struct selftest *test)
{
    uint32_t length;
    const char *only = text_option(booted->command_line, "only", &length);

    return only == NULL || is_listed(only, length, group->name) ||
           is_listed(only, length, test->name);
}

/* What a heap keeps for later, and for books about itself, is not lost. */
uint32_t selftest_free_frames(void)
{
    heaps_trim();
    return memory_free_frames() + heaps_book_frames();
}

static bool run_one(const struct selftest_group *group, const struct selftest *test,
                    uint32_t number)
{
    uint32_t before = selftest_free_frames();

    failures = 0;
    skipped = NULL;
    current = test;
    test->run();
    if (failures == 0 && selftest_free_frames() != before)
        selftest_fail(__FILE__, __LINE__, "%u free frames before the test, %u after it", before,
                      selftest_free_frames());
    print("%sok %u - %s: %s", failures == 0 ? "" : "not ", number, group->name, test->name);
    if (failures == 0 && skipped != NULL)
        print(" # SKIP %s", skipped);
    print("\n");
    return failures == 0;
}

bool selftest_run_all(const struct boot_info *boot)
{
    uint32_t count = 0;
    bool good = true;

    booted = boot;
    trace_tests_make(boot);
    pack_tests_make(boot);
    print("TAP version 13\n# figure memory.frames %u\n", memory_all_frames());
    for (const struct selftest_group *group = selftest_groups; group->name != NULL; group++) {
        for (const struct selftest *test = group->tests; test->name != NULL; test++) {
            if (!is_wanted(group, test))
                continue;
            count++;
            good &= run_one(group, test, count);
        }
    }
    /* Last, so that whoever counts exceptions from outside counts the same. */
    print("# figure faults.page %u\n", fault_pages());
    print("# figure faults.double %u\n", fault_doubles());
    print("1..%u\n", count);
    return good && count > 0;
}
