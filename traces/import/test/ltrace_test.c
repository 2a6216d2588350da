/* SPDX-License-Identifier: 0BSD */
/* ltrace. */
#include "converted.h"

#define CONVERTED "# conversion: from ltrace, without time\n"

/* The ops of `recording` alone, whose header text must be the usual one. */
static const char *ops_of(const char *recording)
{
    const char *text = converted(NULL, recording);
    size_t bytes = strlen(CONVERTED);

    return strncmp(text, CONVERTED, bytes) == 0 ? text + bytes : text;
}

/* cxx.cc as ltrace 0.7.3 saw it: operators that call malloc() for all to see, and two threads at
 * once, whose calls are cut in two. strdup()'s block comes from nowhere; four calls fail. Each
 * thread's ten calls are there in order, malloc and free by turns.
 */
static void real_program_of_every_operator(void)
{
    static const char begins[] =
        "# changed: 1 unknown addresses, taken for blocks of posix_memalign()\n" CONVERTED
        "# dropped: 1 frees of objects made before the recording\n"
        "# dropped: 4 calls that failed when they were recorded\n"
        "alloc 0 50\nfree 0\nalloc 0 4\nfree 0\nalloc 0 28\nfree 0\n"
        "alloc-aligned 0 256 64\nfree 0\nalloc-aligned 0 768 64\nfree 0\nalloc 0 30\nfree 0\n"
        "alloc 0 5\nalloc-aligned 1 100 32\nfree 1\nalloc-aligned 1 100 32\nfree 1\n"
        "alloc-aligned 1 10 4096\nfree 1\n";
    const char *text = converted_job((struct import_job){ .input = fixture("cxx.ltrace") });
    uint32_t calls[2] = { 0, 0 };
    uint32_t thread = 0;

    CHECK(strncmp(text, begins, strlen(begins)) == 0);
    for (const char *line = text + strlen(begins); *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned slot;
        unsigned bytes;
        if (sscanf(line, "thread %u", &thread) == 1)
            continue;
        CHECK(thread < 2);
        if (calls[thread]++ % 2 == 0)
            CHECK(sscanf(line, "alloc %u %u", &slot, &bytes) == 2 &&
                  bytes == (thread == 0 ? 2000 : 1000));
        else
            CHECK(sscanf(line, "free %u", &slot) == 1);
    }
    CHECK_EQ(calls[0], 10);
    CHECK_EQ(calls[1], 10);
}

static void who_is_told_in_three_ways(void)
{
    static const struct conversion rows[] = {
        { "malloc(8) = 0x10\nfree(0x10) = <void>\n+++ exited (status 0) +++\n",
          "alloc 0 8\nfree 0\n" },
        { "7 a->malloc(8)   = 0x10\n9 lib.so->calloc(2, 4) = 0x20\n7 free(0x20) = <void>\n",
          "alloc 0 8\nthread 1\nalloc-zeroed 1 8\nthread 0\nfree 1\n" },
        { "[pid 7] a->malloc(8) = 0x10\nprinted[pid 9] a->malloc(9) = 0x20\n",
          "alloc 0 8\nthread 1\nalloc 1 9\n" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_STR(ops_of(rows[i].recording), rows[i].expected);
}

static void all_of_the_family(void)
{
    CHECK_STR(ops_of("realloc(nil, 5) = 0x10\n"
                     "realloc(0, 6, 0x7f, 1) = 0x20\n"
                     "reallocarray(0x20, 3, 7) = 0x30\n"
                     "realloc(0x10, 0) = 0\n"
                     "memalign(24, 100, (nil), 3) = 0x40\n"
                     "memalign(0, 100) = 0x50\n"
                     "aligned_alloc(64, 0x80) = 0x80\n"
                     "valloc(10) = 0x1000\n"
                     "pvalloc(4097) = 0x2000\n"
                     "_Znwj(1) = 0x3000\n"
                     "_ZnajRKSt9nothrow_t(2, 0x7f) = 0x3100\n"
                     "_ZnwmSt11align_val_t(3, 128) = 0x3200\n"
                     "operator new(unsigned long)(4, 1) = 0x3300 <0.000262>\n"
                     "operator new[](unsigned long, std::align_val_t)(5, 32) = 0x3400\n"
                     "operator delete[](void*, unsigned long)(0x3400, 5) = <void>\n"
                     "_ZdaPvm(0x3300, 4) = 0\n"
                     "cfree(0x3000) = <void>\n"
                     "free(nil) = <void>\n"),
              "alloc 0 5\nalloc 1 6\nrealloc 1 21\nfree 0\n"
              "alloc-aligned 0 100 32\nalloc-aligned 2 100 1\nalloc-aligned 3 128 64\n"
              "alloc-aligned 4 10 4096\nalloc-aligned 5 8192 4096\nalloc 6 1\nalloc 7 2\n"
              "alloc-aligned 8 3 128\nalloc 9 4\nalloc-aligned 10 5 32\n"
              "free 10\nfree 9\nfree 6\n");
}

/* Freed when free() begins, there when malloc() has ended: so the address can go from one thread to
 * the other in between.
 */
static void calls_cut_in_two(void)
{
    CHECK_STR(ops_of("1 malloc(8) = 0x10\n"
                     "1 free(0x10 <unfinished ...>\n"
                     "2 malloc(9 <unfinished ...>\n"
                     "2 <... malloc resumed> )  = 0x10\n"
                     "1 <... free resumed> )    = <void>\n"
                     "2 realloc(0x10, 20 <unfinished ...>\n"
                     "1 malloc(10)              = 0x10\n"
                     "2 <... realloc resumed> ) = 0x20\n"
                     "1 strlen(\"x\" <unfinished ...>\n"
                     "1 <... strlen resumed> )  = 1\n"
                     "2 free(0x20)              = <void>\n"
                     "2 exit(0 <no return ...>\n"
                     "1 malloc(5 <no return ...>\n"),
              "alloc 0 8\nfree 0\nthread 1\nalloc 0 9\nthread 0\nalloc 1 10\n"
              "thread 1\nrealloc 0 20\nfree 0\n");
}

/* The inner call is the outer one seen again, unless it answers something else; an exception leaves
 * calls that never end.
 */
static void calls_within_calls(void)
{
    CHECK_STR(converted(NULL, "a->_Znam(8 <unfinished ...>\n"
                              "c->_Znwm(8 <unfinished ...>\n"
                              "c->malloc(8) = 0x10\n"
                              "<... _Znwm resumed> ) = 0x10\n"
                              "<... _Znam resumed> ) = 0x10\n"
                              "a->_Znwm(7 <unfinished ...>\n"
                              "c->malloc(7) = 0\n"
                              "a->_Znwm(6 <unfinished ...>\n"
                              "c->malloc(70) = 0x20\n"
                              "<... _Znwm resumed> ) = 0x30\n"
                              "a->realloc(0x30, 60 <unfinished ...>\n"
                              "c->realloc(0x30, 60) = 0x40\n"
                              "<... realloc resumed> ) = 0x40\n"
                              "a->posix_memalign(0x7f, 64, 5 <unfinished ...>\n"
                              "c->memalign(64, 5) = 0x80\n"
                              "<... posix_memalign resumed> ) = 0\n"
                              "a->_ZdlPv(0x40 <unfinished ...>\n"
                              "c->free(0x40) = <void>\n"
                              "<... _ZdlPv resumed> ) = <void>\n"
                              "<... malloc resumed> ) = 0x50\n"),
              "# dropped: 1 calls that began before the recording\n" CONVERTED
              "# dropped: 1 calls that failed when they were recorded\n"
              "alloc 0 8\nalloc 1 70\nalloc 2 6\nrealloc 2 60\nalloc-aligned 3 5 64\nfree 2\n");
}

/* However many calls never end, the last few are remembered. */
static void calls_that_never_end_are_forgotten(void)
{
    static char recording[200000];
    size_t bytes = 0;

    for (int i = 0; i < 3000; i++)
        bytes += (size_t)sprintf(recording + bytes, "_Znwm(%d <unfinished ...>\n", i);
    sprintf(recording + bytes, "malloc(5 <unfinished ...>\n"
                               "<... malloc resumed> ) = 0x10\n"
                               "<... _Znwm resumed> ) = 0x20\n");
    CHECK_STR(ops_of(recording), "alloc 0 5\nalloc 1 2999\n");
}

/* posix_memalign() does not say where its block is: the newest with the largest alignment that fits
 * is taken for what is freed or resized at an unknown address.
 */
static void blocks_of_posix_memalign(void)
{
    CHECK_STR(converted(NULL, "posix_memalign(0x7f00, 3, 8) = 22\n"
                              "posix_memalign(0x7f00, 64, 100) = 0\n"
                              "posix_memalign(0x7f00, 4096, 200) = 0\n"
                              "posix_memalign(0x7f00, 64, 300) = 0\n"
                              "realloc(0x1000, 400) = 0x5550\n"
                              "free(0x2000) = <void>\n"
                              "free(0x3010) = <void>\n"
                              "free(0x5550) = <void>\n"),
              "# changed: 2 unknown addresses, taken for blocks of posix_memalign()\n" CONVERTED
              "# dropped: 1 frees of objects made before the recording\n"
              "# dropped: 1 calls that failed when they were recorded\n"
              "alloc-aligned 0 100 64\nalloc-aligned 1 200 4096\nalloc-aligned 2 300 64\n"
              "realloc 1 400\nfree 2\nfree 1\n");
    CHECK_STR(converted(NULL, "posix_memalign(0x7f00, 64, 5000000000) = 0\nmalloc(1) = 0x10\n"),
              CONVERTED "# dropped: 1 requests of 4 GiB or more\nalloc 0 1\n");
}

static void times_of_all_kinds(void)
{
    static const char expected[] = "# conversion: from ltrace, with time\n"
                                   "alloc 0 1\ntime 1000000000\nalloc 1 2\ntime 500000\nfree 0\n";

    CHECK_STR(converted_with_time(NULL, "7 1795207881.500000 malloc(1) = 0x10\n"
                                        "7 1795207882.500000 malloc(2) = 0x20\n"
                                        "7 1795207882.500500 free(0x10) = <void>\n"),
              expected);
    CHECK_STR(converted_with_time(NULL, "[pid 7] 23:59:58.5 a->malloc(1) = 0x10\n"
                                        "[pid 7] 23:59:59.5 a->malloc(2) = 0x20\n"
                                        "[pid 7] 23:59:59.5005 a->free(0x10) = <void>\n"),
              expected);
    CHECK_STR(converted_with_time(NULL, "  0.000000 malloc(1) = 0x10\n"
                                        "  0.999999 strlen(\"->(\") = 3\n"
                                        "  0.000001 malloc(2) = 0x20\n"
                                        "  0.000500 free(0x10) = <void>\n"),
              expected);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "hello\n", "in:1: no call in it, expected lines 'malloc(8) = 0x...'" },
        { "malloc(8) = 0x10\nmalloc(8",
          "in:2: the line ends early, expected ') =' and the answer" },
        { "malloc(8)\n", "in:1: the line ends early, expected ') =' and the answer" },
        { "malloc(8) =\n",
          "in:1: the line ends early, expected an answer (a pointer, a number or <void>)" },
        { "malloc(8) = x\n",
          "in:1: found 'x', expected an answer (a pointer, a number or <void>)" },
        { "malloc(8) = 0x10000000000000000\n",
          "in:1: found '0x10000000000000000', expected an answer (a pointer, a number or <void>)" },
        { "malloc()\n", "in:1: found ')', expected an argument (a number or a pointer)" },
        { "malloc(99999999999999999999) = 0x10\n",
          "in:1: found '99999999999999999999) = 0x10', expected an argument (a number or a "
          "pointer)" },
        { "calloc(8) = 0x10\n", "in:1: found ') = 0x10', expected ','" },
        { "1 malloc(8 <unfinished ...>\n1 <... malloc resumed> \n",
          "in:2: found ' resumed> ', expected ') =' and the answer" },
        { "1000000001.0 malloc(8) = 0x10\n1100000000.0 malloc(8) = 0x20\n",
          "in:2: 99999999000000000 ns behind the first line (expected at most 72057594037927936)" },
        { "memalign(4294967296, 8) = 0x10\n",
          "in:1: alignment 4294967296 (expected at most 2147483648)" },
    };

    check_conversions("ltrace", rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(real_program_of_every_operator),
        CASE(who_is_told_in_three_ways),
        CASE(all_of_the_family),
        CASE(calls_cut_in_two),
        CASE(calls_within_calls),
        CASE(calls_that_never_end_are_forgotten),
        CASE(blocks_of_posix_memalign),
        CASE(times_of_all_kinds),
        CASE(wrong_lines_are_named),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
