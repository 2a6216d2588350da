/* SPDX-License-Identifier: 0BSD */
/* Mozilla's logalloc: raw and munged, old and new, of several processes. */
#include "claims.h"
#include "tiny_model.h"

#include "../formats.h"

#define HEAD "# conversion: from logalloc, without time\n"

static void every_function_is_known(void)
{
    CHECK_STR(converted(NULL, "1545 140230784 malloc(24)=0x7f0001000000\n"
                              "1545 140230784 calloc(3,100)=0x7f0001000100\n"
                              "1545 140230999 posix_memalign(64,1000)=0x7f0001000400\n"
                              "1545 140230999 aligned_alloc(32,64)=0x7f0001000800\n"
                              "1545 140230999 memalign(48,10)=0x7f0001000900\n" /* rounded up */
                              "1545 140230999 valloc(5)=0x7f0001001000\n"
                              "1545 140230784 realloc(0x7f0001000000,96)=0x7f0001002000\n"
                              "1545 140230784 realloc(0x0,7)=0x7f0001000000\n"
                              "1545 140230784 jemalloc_stats()\n"
                              "1545 140230784 realloc(0x7f0001000000,0)=0x0\n"
                              "1545 140230784 malloc(18446744073709551615)=0x0\n"
                              "1545 140230784 posix_memalign(3,8)=0x0\n"
                              "1545 140230784 free(0x0)\n"
                              "1545 140230784 free(0x7f0001001000)\n"
                              "1545 140230784 free(0x7f0009000000)\n"),
              HEAD "# dropped: 1 frees of objects made before the recording\n"
                   "# dropped: 2 calls that failed when they were recorded\n"
                   "alloc 0 24\nalloc-zeroed 1 300\nthread 1\nalloc-aligned 2 1000 64\n"
                   "alloc-aligned 3 64 32\nalloc-aligned 4 10 64\nalloc-aligned 5 5 4096\n"
                   "thread 0\nrealloc 0 96\nalloc 6 7\nfree 6\nfree 5\n");
}

static void old_logs_have_no_thread(void)
{
    CHECK_STR(converted(NULL, "13663 malloc(42)=0x7f0c33502040\n"
                              "13663 malloc(24)=0x7f0c33503040\n"
                              "13663 free(0x7f0c33502040)\n"),
              HEAD "alloc 0 42\nalloc 1 24\nfree 0\n");
}

/* Slot 2 is NULL here: munging gives it one, in which nothing is ever allocated. */
static void munged_slots_are_used_again(void)
{
    CHECK_STR(converted(NULL, "1 1 malloc(42)=#1\n"
                              "1 1 realloc(#2,10)=#3\n"
                              "1 1 free(#2)\n"
                              "1 1 free(#1)\n"
                              "1 1 malloc(7)=#1\n"
                              "1 1 realloc(#1,8)=#1\n"
                              "1 1 realloc(#3,9)=#4\n"
                              "1 1 calloc(2,3)=#3\n"
                              "1 1 free(#4)\n"),
              HEAD "alloc 0 42\nalloc 1 10\nfree 0\nalloc 0 7\nrealloc 0 8\nrealloc 1 9\n"
                   "alloc-zeroed 2 6\nfree 1\n");
}

/* The same addresses in two processes are two blocks, and the same thread ids two threads. */
static void processes_are_apart(void)
{
    CHECK_STR(converted(NULL, "10 7 malloc(1)=0x1000\n"
                              "20 7 malloc(2)=0x1000\n"
                              "20 8 malloc(3)=0x2000\n"
                              "10 7 free(0x1000)\n"
                              "20 7 free(0x1000)\n"
                              "20 7 free(0x3000)\n"
                              "30 7 free(0x2000)\n" /* made before a fork */
                              "20 8 free(0x2000)\n"),
              HEAD "# dropped: 2 frees of objects made before the recording\n"
                   "alloc 0 1\nthread 1\nalloc 1 2\nthread 2\nalloc 2 3\nthread 0\nfree 0\n"
                   "thread 1\nfree 1\nthread 2\nfree 2\n");
}

static void blank_lines_and_blanks_are_forgiven(void)
{
    CHECK_STR(converted(NULL, "\n1 1 malloc(42)=#1\r\n  1 1 calloc(2, 8)=#2  \n\n1 1 free(#2)\n"),
              HEAD "alloc 0 42\nalloc-zeroed 1 16\nfree 1\n");
}

/* Raw, libc frees at its end what was made before the log began; munging leaves that out. */
static void a_log_is_what_the_program_did(void)
{
    static struct tiny_model model = { .view = { .thread_bytes = 272 } };
    static char expected[20000];
    struct import_job raw = { .input = fixture("tiny.logalloc") };
    struct import_job munged = raw;

    tiny_run(&model);
    snprintf(expected, sizeof expected,
             HEAD "# dropped: 22 frees of objects made before the recording\n%s", model.text);
    CHECK_STR(converted_job(raw), expected);
    munged.input = fixture("tiny.logalloc-munged");
    snprintf(expected, sizeof expected, HEAD "%s", model.text);
    CHECK_STR(converted_job(munged), expected);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "x\n", "in:1: found 'x', expected a process (0 to 2^64 - 1)" },
        { "1\n", "in:1: the line ends early, expected a blank" },
        { "1 \n",
          "in:1: the line ends early, expected malloc, calloc, realloc, reallocarray, free, "
          "posix_memalign, aligned_alloc, memalign, valloc or pvalloc" },
        { "1 2\n", "in:1: the line ends early, expected a blank" },
        { "1 2 mallok(3)=#1\n", "in:1: found 'mallok(3)=#1', expected malloc, calloc, realloc, "
                                "reallocarray, free, posix_memalign, aligned_alloc, memalign, "
                                "valloc or pvalloc" },
        { "1 2 malloc\n", "in:1: the line ends early, expected '('" },
        { "1 2 malloc(\n",
          "in:1: the line ends early, expected a number of bytes (0 to 2^64 - 1)" },
        { "1 2 malloc(-1)=#1\n",
          "in:1: found '-1)=#1', expected a number of bytes (0 to 2^64 - 1)" },
        { "1 2 malloc(18446744073709551616)=#1\n",
          "in:1: found '18446744073709551616)=#1', expected a number of bytes (0 to 2^64 - 1)" },
        { "1 2 malloc(3,4)=#1\n", "in:1: found ',4)=#1', expected ')'" },
        { "1 2 calloc(3)=#1\n", "in:1: found ')=#1', expected ','" },
        { "1 2 malloc(3)\n", "in:1: the line ends early, expected '='" },
        { "1 2 malloc(3)=\n", "in:1: the line ends early, expected an address or a slot "
                              "(hexadecimal, 64 bits at most)" },
        { "1 2 malloc(3)=#\n", "in:1: the line ends early, expected a slot (0 to 2^64 - 1)" },
        { "1 2 malloc(3)=#1x\n", "in:1: found 'x', expected the end of the line" },
        { "1 2 free(#1)=#1\n", "in:1: found '=#1', expected the end of the line" },
        { "1 2 free(0x10000000000000000)\n",
          "in:1: found '0x10000000000000000)', expected an address or a slot (hexadecimal, 64 bits "
          "at most)" },
        { "1 2 memalign(4294967296,1)=0x1\n",
          "in:1: alignment 4294967296 (expected at most 2147483648)" },
    };

    check_conversions("logalloc", rows, sizeof rows / sizeof rows[0]);
}

static void sizes_beyond_a_trace_are_counted(void)
{
    CHECK_STR(converted(NULL, "1 2 malloc(4294967296)=0x1\n"
                              "1 2 calloc(18446744073709551615,2)=0x2\n"
                              "1 2 pvalloc(18446744073709551615)=0x3\n"
                              "1 2 pvalloc(1)=0x4\n"
                              "1 2 reallocarray(0x4,4,4)=0x5\n"),
              HEAD "# dropped: 3 requests of 4 GiB or more\n"
                   "alloc-aligned 0 4096 4096\nrealloc 0 16\n");
}

static void told_by_content(void)
{
    check_claims(looks_logalloc, "logalloc", NULL);
    check_claim(looks_logalloc, "1 malloc(42)=#1\n", true);
    check_claim(looks_logalloc, "1 1 jemalloc_stats()\n", true);
    check_claim(looks_logalloc, "13663 13664 free(0x7f0c33502040)\n", true);
    check_claim(looks_logalloc, "1420 malloc(8) = 0x1000\n", false);    /* ltrace */
    check_claim(looks_logalloc, "1420 free(0x1000) = <void>\n", false); /* ltrace */
    check_claim(looks_logalloc, "--1420-- malloc(8) = 0x1000\n", false);
    check_claim(looks_logalloc, "1: malloc 0x1000 8\n", false);
    check_claim(looks_logalloc, "1 2 malloc 8 0x1000\n", false);
    check_claim(looks_logalloc, "1 malloc(42)=#1\nhello\n", false);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_function_is_known),
        CASE(old_logs_have_no_thread),
        CASE(munged_slots_are_used_again),
        CASE(processes_are_apart),
        CASE(blank_lines_and_blanks_are_forgiven),
        CASE(a_log_is_what_the_program_did),
        CASE(wrong_lines_are_named),
        CASE(sizes_beyond_a_trace_are_counted),
        CASE(told_by_content),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
