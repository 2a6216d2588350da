/* SPDX-License-Identifier: 0BSD */
/* Malloc lab's traces: the three headers, the quirks that were seen in the wild, and what is wrong.
 */
#include "converted.h"

#define CONVERTED "# conversion: from rep, without time\n"

static void all_three_headers_are_read(void)
{
    static const char *const headers[] = {
        "20000\n2\n4\n1\n", /* heap size, ids, ops, weight */
        "1\n2\n4\n120\n",   /* weight, ids, ops, most bytes */
        "2\n4\n",           /* ids, ops */
    };
    char recording[128];

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        snprintf(recording, sizeof recording, "%sa 0 24\na 1 100\nr 0 20\nf 1\n", headers[i]);
        CHECK_STR(converted(NULL, recording),
                  CONVERTED "alloc 0 24\nalloc 1 100\nrealloc 0 20\nfree 1\n");
    }
}

/* CR LF, one CR too many, blank lines, free(NULL), a realloc that is a malloc, an id that is still
 * live, sizes of 0 and above 4 GiB, ids that never were, a header that lies.
 */
static void quirks_of_the_wild(void)
{
    CHECK_STR(converted_job((struct import_job){ .input = fixture("quirks.rep") }),
              "# recording: the header says 6 ids and 10 ops, there are ids below 10 and 11 "
              "ops\n" CONVERTED "# dropped: 2 frees of objects made before the recording\n"
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 1 requests of 4 GiB or more\n"
              "# changed: 1 reallocs of unknown objects, taken as allocations\n"
              "alloc 0 512\nalloc 1 128\nrealloc 0 640\nalloc 2 64\nfree 1\nalloc 1 256\nfree 2\n"
              "alloc 2 0\n");
}

static void ids_may_be_any_number(void)
{
    static const struct conversion rows[] = {
        { "2\n4\na 18446744073709551614 1\na 7 2\nf 18446744073709551614\nf 7\n",
          "# recording: the header says 2 ids and 4 ops, there are ids below 18446744073709551615 "
          "and 4 ops\n" CONVERTED "alloc 0 1\nalloc 1 2\nfree 0\nfree 1\n" },
        { "1\n4\na 0 1\nf 0\na 0 2\nf 0\n", CONVERTED "alloc 0 1\nfree 0\nalloc 0 2\nfree 0\n" },
        { "0\n0\n", CONVERTED },
    };

    check_conversions("rep", rows, sizeof rows / sizeof rows[0]);
}

/* A realloc to nothing keeps its block: the format does not tell what it answered. */
static void resized_to_nothing_lives_on(void)
{
    CHECK_STR(converted(NULL, "1\n3\na 0 5\nr 0 0\nf 0\n"),
              CONVERTED "alloc 0 5\nrealloc 0 0\nfree 0\n");
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "1\n2\n3\n4\na 0\n", "in:5: the line ends early, expected bytes (0 to 2^64 - 1)" },
        { "1\n2\n3\n4\na 0 8\nf",
          "in:6: found 'f', expected an op (a ID BYTES, r ID BYTES, f ID)" },
        { "1\n2\n3\n4\na 0 8\nf ", "in:6: the line ends early, expected an id (0 to 2^64 - 2)" },
        { "1\n2\n3\na 0 8\n", "in:4: a header of 3 lines (expected 2 or 4)" },
        { "1\n2\n3\n4\n5\n", "in:5: a header of more than 4 lines (expected 2 or 4)" },
        { "7\n", "in:1: a header of 1 lines (expected 2 or 4)" },
        { "a 0 8\n", "in:1: a header of 0 lines (expected 2 or 4)" },
        { "1\n1\nw 0 8\n", "in:3: found 'w 0 8', expected an op (a ID BYTES, r ID BYTES, f ID)" },
        { "1\n1\nab 0 8\n", "in:3: found 'ab 0 8', expected an op (a ID BYTES, r ID BYTES, f ID)" },
        { "1\n1\na x 8\n", "in:3: found 'x 8', expected an id (0 to 2^64 - 2)" },
        { "1\n1\na -1 8\n", "in:3: found '-1 8', expected an id (0 to 2^64 - 2)" },
        { "1\n1\na 18446744073709551615 8\n",
          "in:3: found '18446744073709551615 8', expected an id (0 to 2^64 - 2)" },
        { "1\n1\na 0 18446744073709551616\n",
          "in:3: found '18446744073709551616', expected bytes (0 to 2^64 - 1)" },
        { "1\n1\na 0 8 9\n", "in:3: found '9', expected the end of the line" },
        { "1\n1\nf 0 9\n", "in:3: found '9', expected the end of the line" },
        { "1 2\n1\na 0 8\n", "in:1: found '2', expected the end of the line" },
        { "1\n1\na 0 8\x1b[2J\n", "in:3: found '?[2J', expected the end of the line" },
    };

    check_conversions("rep", rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(all_three_headers_are_read),  CASE(quirks_of_the_wild),    CASE(ids_may_be_any_number),
        CASE(resized_to_nothing_lives_on), CASE(wrong_lines_are_named),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
