/* SPDX-License-Identifier: 0BSD */
/* The unit tests' few words. A test program is a list of cases; its output is TAP 13, one line a
 * case, so Meson reads it (protocol: 'tap') and a person can too. A failed check says what it
 * expected and ends its case, not the program.
 *
 *     static void reserve_fills_lowest_hole(void) { CHECK_EQ(vas_reserve(...), LA_OK); }
 *     int main(void) { static const struct check_case cases[] = { CASE(reserve_fills_lowest_hole)
 * };
 *                      return check_run(cases, sizeof cases / sizeof cases[0]); }
 */
#ifndef LOOKASIDE_TESTS_CHECK_H
#define LOOKASIDE_TESTS_CHECK_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_case {
    const char *name;
    void (*run)(void);
};

#define CASE(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }

static jmp_buf check_failed;

#define CHECK_FAIL(...)                                                                            \
    do {                                                                                           \
        printf("# %s:%d: ", __FILE__, __LINE__);                                                   \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        longjmp(check_failed, 1);                                                                  \
    } while (0)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            CHECK_FAIL("expected %s", #condition);                                                 \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                 \
    do {                                                                                           \
        int64_t check_actual = (int64_t)(actual);                                                  \
        int64_t check_expected = (int64_t)(expected);                                              \
        if (check_actual != check_expected)                                                        \
            CHECK_FAIL("%s is %" PRId64 " (0x%" PRIx64 "), expected %s = %" PRId64, #actual,       \
                       check_actual, (uint64_t)check_actual, #expected, check_expected);           \
    } while (0)

#define CHECK_STR(actual, expected)                                                                \
    do {                                                                                           \
        const char *check_text = (actual);                                                         \
        if (strcmp(check_text ? check_text : "(null)", (expected)) != 0)                           \
            CHECK_FAIL("%s is \"%s\", expected \"%s\"", #actual,                                   \
                       check_text ? check_text : "(null)", (expected));                            \
    } while (0)

static inline int check_run(const struct check_case *cases, size_t count)
{
    volatile size_t failed = 0;

    printf("1..%zu\n", count);
    for (volatile size_t i = 0; i < count; i++) {
        volatile int bad = setjmp(check_failed);
        if (!bad)
            cases[i].run();
        else
            failed++;
        printf("%s %zu - %s\n", bad ? "not ok" : "ok", i + 1, cases[i].name);
        fflush(stdout);
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
