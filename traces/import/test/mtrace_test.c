/* SPDX-License-Identifier: 0BSD */
/* glibc's mtrace(). */
#include "converted.h"

#define CONVERTED "# conversion: from mtrace, without time\n"

static void every_call_with_and_without_its_caller(void)
{
    static const struct conversion rows[] = {
        { "= Start\n"
          "@ ./my prog [1]:(main+0x1d)[0x12c0] + 0x5617ee0022a0 0x8\n"
          "@ [0x12c0] + 0x5617ee0022c0 0\n"
          "[0x12c0] + 0x5617ee0022e0 0x20\n"
          "+ 0x5617ee002300 0xffffffff\n"
          "@ ./my prog [1]:[0x12c0] < 0x5617ee0022a0\n"
          "@ ./my prog [1]:[0x12c0] > 0x5617ee004000 0x1388\n"
          "@ ./my prog [1]:[0x12c0] - 0x5617ee0022c0\n"
          "@ ./my prog [1]:[0x12c0] ! 0x5617ee004000 0x7fffffffffff\n"
          "@ ./my prog [1]:[0x12c0] + (nil) 0x7fffffffffff\n"
          "- 0x5617ee004000\n"
          "= End\n",
          CONVERTED "# dropped: 2 calls that failed when they were recorded\n"
                    "alloc 0 8\nalloc 1 0\nalloc 2 32\nalloc 3 4294967295\nrealloc 0 5000\n"
                    "free 1\nfree 0\n" },
        { "= Start\n= End\n", CONVERTED },
        { "= Start\n@ [0x1] - 0x10\n@ [0x1] < 0x20\n@ [0x1] > 0x30 0x5\n",
          CONVERTED "# dropped: 1 frees of objects made before the recording\n"
                    "# changed: 1 reallocs of unknown objects, taken as allocations\nalloc 0 5\n" },
        { "= Start\n@ [0x1] + 0x10 0x1\n@ [0x1] + 0x10 0x2\n@ [0x1] + 0x20 0x100000000\n",
          CONVERTED "# implied: 1 frees seen because the address was given out again\n"
                    "# dropped: 1 requests of 4 GiB or more\nalloc 0 1\nfree 0\nalloc 0 2\n" },
    };

    check_conversions(NULL, rows, sizeof rows / sizeof rows[0]);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "= Start\nhello\n", "in:2: found 'hello', expected a call (+ - < > !)" },
        { "@ ./tiny:[0x12c0]\n", "in:1: found '@ ./tiny:[0x12c0]', expected a call (+ - < > !)" },
        { "@ ./tiny:[0x12c0] + 0x10\n", "in:1: the line ends early, expected a blank" },
        { "@ ./tiny:[0x12c0] + 0x10 \n",
          "in:1: the line ends early, expected bytes (hexadecimal, 64 bits at most)" },
        { "@ ./tiny:[0x12c0] -\n", "in:1: the line ends early, expected a blank" },
        { "+ zz 0x8\n",
          "in:1: found 'zz 0x8', expected an address (hexadecimal, 64 bits at most)" },
        { "+ 0x10 0x10000000000000000\n",
          "in:1: found '0x10000000000000000', expected bytes (hexadecimal, 64 bits at most)" },
        { "- 0x10 0x8\n", "in:1: found '0x8', expected the end of the line" },
        { "= Start\n< 0x10\n- 0x20\n",
          "in:3: found '-', expected '>' behind '<' and nowhere else" },
        { "= Start\n> 0x10 0x8\n", "in:2: found '>', expected '>' behind '<' and nowhere else" },
        { "= Start\n+ 0x10 0x8\n< 0x10\n", "in:3: the file ends behind '<', expected '>'" },
    };

    check_conversions("mtrace", rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_call_with_and_without_its_caller),
        CASE(wrong_lines_are_named),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
