/* SPDX-License-Identifier: 0BSD */
/* heaptrack's raw and interpreted files. */
#include "claims.h"
#include "tiny_model.h"

#include "../formats.h"

#define GUESS                                                                                      \
    "# histogram-only: sizes are exact at every moment, but which of several equal blocks is "     \
    "freed is a guess (the last one made): heaptrack's interpreted files do not say; record with " \
    "heaptrack --raw\n"
#define HEAD "# conversion: from heaptrack, without time\n"

static void raw_calls_are_told_by_address(void)
{
    CHECK_STR(converted(NULL, "v 10400 3\n"
                              "x 5 /prog\n"
                              "X ./prog -a  b\n"
                              "I 1000 5e298d\n"
                              "m 1 -\n"
                              "m 1 x 562d0eea2000 0 8c0\n"
                              "t 7f5561702b9f 0\n"
                              "+ 18 4 1000\n"
                              "+ ffffffff 4 2000\n"
                              "- 5000\n" /* older than the recording */
                              "c a\n"
                              "R 418\n"
                              "- 1000\n" /* a realloc */
                              "+ 30 4 3000\n"
                              "+ 20 4 2000\n"        /* the free before it was not seen */
                              "+ 100000000 4 4000\n" /* 4 GiB */
                              "+ 0 5 1000\n"
                              "S leak:x\n"
                              "- 3000\n"
                              "c 10\n"),
              "# recorder: heaptrack 1.4.0\n"
              "# workload: ./prog -a  b\n" HEAD
              "# dropped: 1 frees of objects made before the recording\n"
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 1 requests of 4 GiB or more\n"
              "alloc 0 24\nalloc 1 4294967295\nfree 0\nalloc 0 48\nfree 1\nalloc 1 32\nalloc 2 0\n"
              "free 0\n");
}

static void interpreted_calls_are_told_by_kind(void)
{
    CHECK_STR(converted(NULL, "v 10400 3\n"
                              "X ./prog\n"
                              "s 5 /prog\n"
                              "i 7f87f06a7b9f 8 0 b 0\n"
                              "t 1 0\n"
                              "a 10 1\n"        /* kind 0 */
                              "+ 0\n"           /* slot 0 */
                              "+ 0\n"           /* slot 1 */
                              "a 20 1\n"        /* kind 1 */
                              "+ 1\n"           /* slot 2 */
                              "- 0\n"           /* the younger one: slot 1 */
                              "+ 1\n"           /* slot 1 again */
                              "- 0\n"           /* slot 0 */
                              "- 0\n"           /* none is left */
                              "a 100000000 1\n" /* kind 2: too large */
                              "+ 2\n"
                              "- 2\n"
                              "- 1\n"
                              "- 1\n"
                              "# strings: 1\n"),
              "# recorder: heaptrack 1.4.0\n"
              "# workload: ./prog\n" GUESS HEAD
              "# dropped: 1 frees of objects made before the recording\n"
              "# dropped: 1 requests of 4 GiB or more\n"
              "alloc 0 16\nalloc 1 16\nalloc 2 32\nfree 1\nalloc 1 32\nfree 0\nfree 1\nfree 2\n");
}

static void elapsed_time_is_kept_on_request(void)
{
    CHECK_STR(converted_with_time(NULL, "v 10400 3\nc 2\n+ 1 1 1000\nc 5\nc 6\n- 1000\nc ff\n"),
              "# recorder: heaptrack 1.4.0\n"
              "# conversion: from heaptrack, with time\n"
              "time 2000000\nalloc 0 1\ntime 4000000\nfree 0\n");
}

static void older_versions_are_read(void)
{
    CHECK_STR(converted(NULL, "v 10000\nX a\nA\n+ 8 1 7f00\n- 7f00\n"),
              "# recorder: heaptrack 1.0.0\n"
              "# workload: a\n"
              "# recording: attached to a running program\n" HEAD "alloc 0 8\nfree 0\n");
}

/* The pool that libstdc++ has for exceptions comes first and goes last. heaptrack 1.4 does not hook
 * memalign(), whose free it sees all the same; an interpreted file has dropped it.
 */
static const char *tiny(const char *head)
{
    static struct tiny_model model;
    static char text[20000];
    uint32_t pool;

    memset(&model, 0, sizeof model);
    model.view = (struct tiny_view){
        .has_no_threads = true, .has_only_malloc = true, .hides_memalign = true, .thread_bytes = 320
    };
    pool = tiny_malloc(&model, 72704);
    tiny_run(&model);
    tiny_free(&model, pool);
    snprintf(text, sizeof text, "%s%s", head, model.text);
    return text;
}

static void a_raw_recording_is_what_the_program_did(void)
{
    struct import_job job = { .input = fixture("tiny.heaptrack-raw") };

    CHECK_STR(converted_job(job),
              tiny("# recorder: heaptrack 1.4.0\n# workload: ./tiny\n" HEAD
                   "# dropped: 1 frees of objects made before the recording\n"));
}

/* Slots differ where the guess was wrong; with sizes in the place of slots nothing may. */
static void sizes_of(const char *twin, char *to)
{
    uint32_t sizes[128] = { 0 };

    for (const char *line = twin; line[0] != '\0'; line = strchr(line, '\n') + 1) {
        bool is_alloc = strncmp(line, "alloc ", 6) == 0;
        char *at;
        unsigned long slot;
        if (!is_alloc && strncmp(line, "free ", 5) != 0)
            continue;
        slot = strtoul(strchr(line, ' '), &at, 10);
        CHECK(slot < 128);
        if (is_alloc)
            sizes[slot] = (uint32_t)strtoul(at, &at, 10);
        to += sprintf(to, "%c%u ", is_alloc ? '+' : '-', sizes[slot]);
    }
}

static void an_interpreted_recording_has_the_sizes(void)
{
    static char expected[16384];
    static char actual[16384];
    struct import_job job = { .input = fixture("tiny.heaptrack") };
    const char *twin = converted_job(job);

    CHECK(strstr(twin, GUESS) != NULL);
    sizes_of(twin, actual);
    sizes_of(tiny(""), expected);
    CHECK_STR(actual, expected);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "v 10400 4\n", "in:1: heaptrack file format 4 (expected 0 to 3)" },
        { "v x\n", "in:1: found 'x', expected heaptrack's version (hexadecimal, 64 bits at most)" },
        { "v 10400 3\n+ 10 4\n", "in:2: the line ends early, expected a blank" },
        { "v 10400 3\n+ 10 4 \n",
          "in:2: the line ends early, expected an address (hexadecimal, 64 bits at most)" },
        { "v 10400 3\n+ 10 4 1000 5\n", "in:2: found '5', expected the end of the line" },
        { "v 10400 3\n+ 10000000000000000 4 1000\n",
          "in:2: found '10000000000000000 4 1000', expected bytes (hexadecimal, 64 bits at most)" },
        { "v 10400 3\n- g\n",
          "in:2: found 'g', expected an address (hexadecimal, 64 bits at most)" },
        { "v 10400 3\n-\n", "in:2: the line ends early, expected a blank" },
        { "v 10400 3\nhello\n",
          "in:2: found 'hello', expected a line of heaptrack (+-acvXAxmtsiIRS or #)" },
        { "v 10400 3\nz 1\n",
          "in:2: found 'z 1', expected a line of heaptrack (+-acvXAxmtsiIRS or #)" },
        { "v 10400 3\na 10 1\n+ 1\n", "in:3: kind 1 (expected one of the 1 that 'a' lines made)" },
        { "v 10400 3\na 10 1\n- ffffffffffffffff\n",
          "in:3: kind ffffffffffffffff (expected one of the 1 that 'a' lines made)" },
        { "v 10400 3\na 10 1\n+ 0 1 1000\n", "in:3: found '1 1000', expected the end of the line" },
        { "v 10400 3\n+ 8 1 1000\na 10 1\n",
          "in:3: a kind of allocations (expected none behind raw ones)" },
        { "v 10400 3\nc 5\nc 4\n", "in:3: elapsed: 4 ms (expected 5 to 1000000000)" },
        { "v 10400 3\nc ffffffffffffffff\n",
          "in:2: elapsed: ffffffffffffffff ms (expected 0 to 1000000000)" },
    };

    check_conversions("heaptrack", rows, sizeof rows / sizeof rows[0]);
}

static void told_by_content(void)
{
    check_claims(looks_heaptrack, "heaptrack", NULL);
    check_claim(looks_heaptrack, "v 10400 3\n", true);
    check_claim(looks_heaptrack, "v 10400 3\nX a\n+ 8 1 1000", true);
    check_claim(looks_heaptrack, "a 0 512\nf 0\n", false);
    check_claim(looks_heaptrack, "v 1 2 3\n", false); /* a vertex of a drawing */
    check_claim(looks_heaptrack, "v 10400 3\nhello\n", false);
    check_claim(looks_heaptrack, "", false);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(raw_calls_are_told_by_address),
        CASE(interpreted_calls_are_told_by_kind),
        CASE(elapsed_time_is_kept_on_request),
        CASE(older_versions_are_read),
        CASE(a_raw_recording_is_what_the_program_did),
        CASE(an_interpreted_recording_has_the_sizes),
        CASE(wrong_lines_are_named),
        CASE(told_by_content),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
