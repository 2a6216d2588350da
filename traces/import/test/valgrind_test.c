/* SPDX-License-Identifier: 0BSD */
/* valgrind --trace-malloc=yes. */
#include "converted.h"

#define CONVERTED "# conversion: from valgrind, without time\n"

/* cxx.cc as valgrind 3.19 saw it. What the program does not do itself: the C++ library's 72,704
 * bytes, the thread's 288, strdup()'s 6. posix_memalign(3) fails before it is traced, calloc()
 * of 2^80 bytes has no answer of its own.
 */
static void real_program_of_every_operator(void)
{
    CHECK_STR(converted_job((struct import_job){ .input = fixture("cxx.valgrind") }),
              CONVERTED "# dropped: 3 calls that failed when they were recorded\n"
                        "alloc 0 72704\nalloc 1 50\nfree 1\nalloc 1 4\nfree 1\nalloc 1 28\nfree 1\n"
                        "alloc-aligned 1 256 64\nfree 1\nalloc-aligned 1 768 64\nfree 1\n"
                        "alloc 1 30\nfree 1\nalloc 1 5\nalloc 2 6\nfree 2\n"
                        "alloc-aligned 2 100 32\nfree 2\nalloc-aligned 2 100 32\nfree 2\n"
                        "alloc-aligned 2 10 4096\nfree 2\nalloc-zeroed 2 288\n"
                        "alloc 3 1000\nfree 3\nalloc 3 1000\nfree 3\nalloc 3 1000\nfree 3\n"
                        "alloc 3 1000\nfree 3\nalloc 3 1000\nfree 3\n"
                        "alloc 3 2000\nfree 3\nalloc 3 2000\nfree 3\nalloc 3 2000\nfree 3\n"
                        "alloc 3 2000\nfree 3\nalloc 3 2000\nfree 3\nfree 0\nfree 2\n");
}

static void last_call_of_a_line_is_what_was_done(void)
{
    CHECK_STR(converted(NULL, "--1-- realloc(0x0,50)malloc(50) = 0x10\n"
                              "--1-- realloc(0x10,0)free(0x10)\n"
                              "--1--  = 0\n"
                              "--1-- malloc(7)malloc(8) = 0x20\n"),
              "# dropped: 1 calls into whose lines another thread wrote\n" CONVERTED
              "alloc 0 50\nfree 0\nalloc 0 8\n");
}

/* Since 3.22 it tells no answer; the free of an unknown address then is taken for its block. */
static void posix_memalign_of_later_versions(void)
{
    CHECK_STR(converted(NULL, "--1-- posix_memalign(al 64, size 100)\n"
                              "--1-- posix_memalign(al 4096, size 200)\n"
                              "--1-- aligned_alloc(al 32, size 96) = 0x2000\n"
                              "--1-- free(0x1040)\n"
                              "--1-- realloc(0x3000,300) = 0x4000\n"
                              "--1-- free(0x2000)\n"
                              "--1-- free(0x4000)\n"
                              "--1-- free(0x5000)\n"),
              "# changed: 2 unknown addresses, taken for blocks of posix_memalign()\n" CONVERTED
              "# dropped: 1 frees of objects made before the recording\n"
              "alloc-aligned 0 100 64\nalloc-aligned 1 200 4096\nalloc-aligned 2 96 32\n"
              "free 0\nrealloc 1 300\nfree 2\nfree 1\n");
}

/* A child has a heap of its own, and what it runs begins with an empty one. */
static void processes_have_heaps_of_their_own(void)
{
    CHECK_STR(converted(NULL, "==1== Command: ./a\n"
                              "--1-- malloc(1) = 0x10\n"
                              "--2-- malloc(2) = 0x10\n"
                              "--2-- free(0x10)\n"
                              "--2-- malloc(3) = 0x20\n"
                              "==2== Command: ./b\n"
                              "--2-- malloc(4) = 0x20\n"
                              "--1-- free(0x10)\n"),
              CONVERTED "alloc 0 1\nthread 1\nalloc 1 2\nfree 1\nalloc 1 3\nfree 1\nalloc 1 4\n"
                        "thread 0\nfree 0\n");
}

static void other_lines_are_passed_over(void)
{
    CHECK_STR(converted(NULL, "hello from the program\n"
                              "--1-- REDIR: 0x1 (libc.so.6:malloc) redirected\n"
                              "--1-- malloc_usable_size(0x10) = 8\n"
                              "==1== HEAP SUMMARY:\n"
                              "--1-- malloc(1) = 0x10\n"
                              "--x-- malloc(1) = 0x10\n"
                              "--1-- free(0x0)\n"),
              CONVERTED "alloc 0 1\n");
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "==1== nothing\n", "in:1: no call in it, expected lines '--PID-- malloc(8) = 0x...'" },
        { "--1-- malloc(8) = 0x10\n--1-- malloc(8)", "in:2: the line ends early, expected ' = '" },
        { "--1-- malloc(8) = \n",
          "in:1: the line ends early, expected an address (hexadecimal, 64 bits at most)" },
        { "--1-- malloc(\n",
          "in:1: the line ends early, expected an argument (a number or a pointer)" },
        { "--1-- malloc(x) = 0x10\n",
          "in:1: found 'x) = 0x10', expected an argument (a number or a pointer)" },
        { "--1-- malloc(18446744073709551616) = 0x10\n",
          "in:1: found '18446744073709551616) = 0x10', expected an argument (a number or a "
          "pointer)" },
        { "--1-- calloc(8) = 0x10\n", "in:1: found ') = 0x10', expected ','" },
        { "--1-- malloc(8) = 0x10 more\n", "in:1: found 'more', expected the end of the line" },
        { "--1-- memalign(al 4294967296, size 8) = 0x10\n",
          "in:1: alignment 4294967296 (expected at most 2147483648)" },
    };

    check_conversions("valgrind", rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(real_program_of_every_operator),   CASE(last_call_of_a_line_is_what_was_done),
        CASE(posix_memalign_of_later_versions), CASE(processes_have_heaps_of_their_own),
        CASE(other_lines_are_passed_over),      CASE(wrong_lines_are_named),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
