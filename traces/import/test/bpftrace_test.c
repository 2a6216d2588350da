/* SPDX-License-Identifier: 0BSD */
/* Lines of bpftrace scripts: time, process, thread, function, arguments and address. */
#include "claims.h"
#include "tiny_model.h"

#include "../formats.h"

#define HEAD "# conversion: from bpftrace, without time\n"
#define FUNCTIONS                                                                                  \
    "malloc, calloc, realloc, reallocarray, free, posix_memalign, aligned_alloc, memalign, "       \
    "valloc or pvalloc"

static void every_function_is_known(void)
{
    CHECK_STR(converted(NULL, "Attaching 14 probes...\n"
                              "100 7 7 malloc 24 0x1000\n"
                              "101 7 8 calloc 3 100 0x2000\n"
                              "102 7 8 posix_memalign 64 1000 0x3000\n"
                              "103 7 8 aligned_alloc 32 64 0x4000\n"
                              "104 7 8 memalign 4096 1 0x5000\n"
                              "105 7 8 valloc 5 0x6000\n"
                              "105 7 7 realloc 0x1000 96 0x7000\n"
                              "106 7 7 reallocarray 0x0 2 8 0x1000\n"
                              "107 7 7 realloc 0x1000 0 0x0\n"
                              "108 7 7 malloc 99 0x0\n"
                              "109 7 7 free 0x0\n"
                              "110 7 7 free 0x8000\n"
                              "111 7 7 free 0x7000\n"
                              "\n"
                              "@in[7]: 1\n"),
              HEAD "# dropped: 1 frees of objects made before the recording\n"
                   "# dropped: 1 calls that failed when they were recorded\n"
                   "alloc 0 24\nthread 1\nalloc-zeroed 1 300\nalloc-aligned 2 1000 64\n"
                   "alloc-aligned 3 64 32\nalloc-aligned 4 1 4096\nalloc-aligned 5 5 4096\n"
                   "thread 0\nrealloc 0 96\nalloc 6 16\nfree 6\nfree 0\n");
}

static void processes_are_apart(void)
{
    CHECK_STR(converted(NULL, "1 10 10 malloc 1 0x1000\n"
                              "2 20 20 malloc 2 0x1000\n"
                              "3 10 10 free 0x1000\n"
                              "4 20 21 free 0x1000\n"),
              HEAD "alloc 0 1\nthread 1\nalloc 1 2\nthread 0\nfree 0\nthread 2\nfree 1\n");
}

static void time_begins_with_the_first_event(void)
{
    CHECK_STR(converted_with_time(NULL, "2923085932143 1 1 malloc 1 0x1000\n"
                                        "2923085932150 1 1 malloc 2 0x2000\n"
                                        "2923085932150 1 1 free 0x1000\n"
                                        "2928085932150 1 1 free 0x9000\n"
                                        "2928085932151 1 1 free 0x2000\n"),
              "# conversion: from bpftrace, with time\n"
              "# dropped: 1 frees of objects made before the recording\n"
              "alloc 0 1\ntime 7\nalloc 1 2\nfree 0\ntime 4294967295\ntime 705032706\nfree 1\n");
}

static void losses_are_counted(void)
{
    CHECK_STR(converted(NULL, "1 1 1 malloc 1 0x1000\nLost 26 events\n2 1 1 free 0x1000\n"
                              "WARNING: Lost 4 events\n"),
              HEAD "# lost: 30 events while it was recorded\nalloc 0 1\nfree 0\n");
}

/* libc frees at its end what was made before the first probe was in place. */
static void a_recording_is_what_the_program_did(void)
{
    static struct tiny_model model = { .view = { .thread_bytes = 272 } };
    static char expected[20000];
    struct import_job job = { .input = fixture("tiny.bpftrace-all") };

    tiny_run(&model);
    snprintf(expected, sizeof expected,
             HEAD "# dropped: 22 frees of objects made before the recording\n%s", model.text);
    CHECK_STR(converted_job(job), expected);
}

/* A script with two probes, malloc and free, and %p for NULL. Of the program's 71 frees six are of
 * blocks from other functions; there are 95, two of them of NULL, the others of libc at its end.
 */
static void a_recording_of_two_functions_is_of_use(void)
{
    struct import_job job = { .input = fixture("tiny.bpftrace") };
    const char *twin = converted_job(job);
    const char *head = HEAD "# dropped: 28 frees of objects made before the recording\nalloc 0 8\n";

    CHECK(strncmp(twin, head, strlen(head)) == 0);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "x\n", "in:1: found 'x', expected nanoseconds (0 to 2^64 - 1)" },
        { "1\n", "in:1: the line ends early, expected a blank" },
        { "1 2\n", "in:1: the line ends early, expected a blank" },
        { "1 2 x\n", "in:1: found 'x', expected a thread (0 to 2^64 - 1)" },
        { "1 2 3 \n", "in:1: the line ends early, expected " FUNCTIONS },
        { "1 2 3 mallok 1 0x1\n", "in:1: found 'mallok 1 0x1', expected " FUNCTIONS },
        { "1 2 3 malloc\n", "in:1: the line ends early, expected a blank" },
        { "1 2 3 malloc 8\n", "in:1: the line ends early, expected a blank" },
        { "1 2 3 malloc 0x8 0x1\n", "in:1: found 'x8 0x1', expected a blank" },
        { "1 2 3 malloc 8 0x1 9\n", "in:1: found '9', expected the end of the line" },
        { "1 2 3 malloc 8 0x11111111111111111\n",
          "in:1: found '0x11111111111111111', expected an address (hexadecimal, 64 bits at most)" },
        { "1 2 3 calloc 8 0x1\n", "in:1: found 'x1', expected a blank" },
        { "99999999999999999999 2 3 free 0x1\n",
          "in:1: found '99999999999999999999 2 3 free 0x1', expected nanoseconds (0 to 2^64 - 1)" },
        { "9 2 3 free 0x1\n7 2 3 free 0x1\n",
          "in:2: 2 ns before the line before (expected lines in the order of time: sort -sn "
          "FILE)" },
        { "0 2 3 free 0x1\n18446744073709551615 2 3 free 0x1\n",
          "in:2: 18446744073709551615 ns after the line before (expected at most "
          "72057594037927936)" },
        { "1 2 3 memalign 2147483649 1 0x1\n",
          "in:1: alignment 2147483649 (expected at most 2147483648)" },
    };

    check_conversions("bpftrace", rows, sizeof rows / sizeof rows[0]);
}

static void told_by_content(void)
{
    check_claims(looks_bpftrace, "bpftrace", NULL);
    check_claim(looks_bpftrace, "Attaching 2 probes...\n1 2 3 free 0x1\n", true);
    check_claim(looks_bpftrace, "Attaching 2 probes...\n", false); /* any other script */
    check_claim(looks_bpftrace, "1 2 3 free\n", false);
    check_claim(looks_bpftrace, "1 2 3 openat 0x1\n", false);
    check_claim(looks_bpftrace, "1 2 3 free 0x1\nhello\n", false);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_function_is_known),
        CASE(processes_are_apart),
        CASE(time_begins_with_the_first_event),
        CASE(losses_are_counted),
        CASE(a_recording_is_what_the_program_did),
        CASE(a_recording_of_two_functions_is_of_use),
        CASE(wrong_lines_are_named),
        CASE(told_by_content),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
