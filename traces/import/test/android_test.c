/* SPDX-License-Identifier: 0BSD */
/* Android's memory_replay. */
#include "converted.h"

#define CONVERTED "# conversion: from android, without time\n"
#define WITH_TIME "# conversion: from android, with time\n"

static void every_call_by_its_thread(void)
{
    CHECK_STR(converted_job((struct import_job){ .input = fixture("small.android") }),
              CONVERTED "alloc 0 24\nalloc-zeroed 1 100\nthread 1\nalloc-aligned 2 100 4096\n"
                        "realloc 0 240\nthread 0\nfree 1\nalloc 1 12\n");
}

/* Lines of several threads may step back; times of 0 are none, as in what a present count follows.
 */
static void times_are_those_of_the_beginnings(void)
{
    static const char recording[] = "1: malloc 0x10 8 1000 1050\n"
                                    "2: malloc 0x20 8 1300 1310\n"
                                    "1: free 0x20 1200 1210\n"
                                    "1: realloc 0x30 0x10 16 0 0 4096\n"
                                    "1: free 0x30 1500 1600 4096\n"
                                    "2: thread_done 0x0 1700\n";

    CHECK_STR(converted_with_time(NULL, recording),
              WITH_TIME "alloc 0 8\ntime 300\nthread 1\nalloc 1 8\nthread 0\nfree 1\n"
                        "realloc 0 16\ntime 200\nfree 0\n");
    CHECK_STR(converted(NULL, recording),
              CONVERTED "alloc 0 8\nthread 1\nalloc 1 8\nthread 0\nfree 1\nrealloc 0 16\nfree 0\n");
}

static void what_failed_or_is_unknown_is_counted(void)
{
    static const struct conversion rows[] = {
        { "1: malloc 0x0 8\n1: memalign 0x0 3 8\n1: calloc 0x0 4294967296 4294967296\n",
          CONVERTED "# dropped: 3 calls that failed when they were recorded\n" },
        { "1: calloc 0x10 4294967296 4294967296\n1: malloc 0x20 4294967296\n"
          "1: malloc 0x30 4294967295\n",
          CONVERTED "# dropped: 2 requests of 4 GiB or more\nalloc 0 4294967295\n" },
        { "1: free 0x50\n1: realloc 0x60 0x70 5\n",
          CONVERTED "# dropped: 1 frees of objects made before the recording\n"
                    "# changed: 1 reallocs of unknown objects, taken as allocations\nalloc 0 5\n" },
        { "1: malloc 0x10 1\n1: malloc 0x10 2\n",
          CONVERTED "# implied: 1 frees seen because the address was given out again\n"
                    "alloc 0 1\nfree 0\nalloc 0 2\n" },
        { "1: malloc 0x10 1\n1: realloc 0x0 0x10 0\n", CONVERTED "alloc 0 1\nfree 0\n" },
    };

    check_conversions(NULL, rows, sizeof rows / sizeof rows[0]);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "1: malloc 0x10 8\nhello\n", "in:2: found 'hello', expected a thread (0 to 2^64 - 1)" },
        { "1 malloc 0x10 8\n", "in:1: found ' malloc 0x10 8', expected ':'" },
        { "1: mallok 0x10 8\n", "in:1: found 'mallok 0x10 8', expected malloc, calloc, realloc, "
                                "memalign, free or thread_done" },
        { "1: malloc\n", "in:1: found 'malloc', expected malloc, calloc, realloc, memalign, free "
                         "or thread_done" },
        { "1: malloc zz 8\n",
          "in:1: found 'zz 8', expected a pointer (hexadecimal, 64 bits at most)" },
        { "1: malloc 0x10000000000000000 8\n", "in:1: found '0x10000000000000000 8', expected a "
                                               "pointer (hexadecimal, 64 bits at most)" },
        { "1: malloc 0x10\n", "in:1: the line ends early, expected a number (0 to 2^64 - 1)" },
        { "1: calloc 0x10 8\n", "in:1: the line ends early, expected a number (0 to 2^64 - 1)" },
        { "1: malloc 0x10 18446744073709551616\n",
          "in:1: found '18446744073709551616', expected a number (0 to 2^64 - 1)" },
        { "1: memalign 0x10 24 8\n",
          "in:1: alignment 24 (expected a power of two up to 2147483648)" },
        { "1: memalign 0x10 0 8\n",
          "in:1: alignment 0 (expected a power of two up to 2147483648)" },
        { "1: memalign 0x10 4294967296 8\n",
          "in:1: alignment 4294967296 (expected a power of two up to 2147483648)" },
        { "1: malloc 0x10 8 5\n", "in:1: the line ends early, expected a blank" },
        { "1: malloc 0x10 8 5 x\n", "in:1: found 'x', expected nanoseconds (0 to 2^64 - 1)" },
        { "1: malloc 0x10 8 1 2\n1: malloc 0x20 8 72057594037927938 72057594037927939\n",
          "in:2: 72057594037927937 ns behind the first line (expected at most 72057594037927936)" },
        { "1: malloc 0x10 8 5 6 7 8\n", "in:1: found '8', expected the end of the line" },
    };

    check_conversions("android", rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_call_by_its_thread),
        CASE(times_are_those_of_the_beginnings),
        CASE(what_failed_or_is_unknown_is_counted),
        CASE(wrong_lines_are_named),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
