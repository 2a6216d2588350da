/* SPDX-License-Identifier: 0BSD */
/* babeltrace2's text of LTTng-UST's libc wrapper, in the ways its options can write it. */
#include "claims.h"
#include "tiny_model.h"

#include "../formats.h"

#define HEAD      "# conversion: from babeltrace, without time\n"
#define HEAD_TIME "# conversion: from babeltrace, with time\n"

static void every_function_is_known(void)
{
    CHECK_STR(
        converted(NULL,
                  "[15:45:04.000000000] (+?.?????????"
                  ") vm lttng_ust_libc:malloc: { cpu_id = 0 }, "
                  "{ vtid = 7 }, { size = 24, ptr = 0x1000 }\n"
                  "[15:45:04.000000001] (+0.000000001) vm lttng_ust_libc:calloc: { cpu_id = 1 }, "
                  "{ vtid = 8 }, { nmemb = 3, size = 100, ptr = 0x2000 }\n"
                  "[15:45:04.000000002] (+0.000000001) vm lttng_ust_libc:posix_memalign: "
                  "{ cpu_id = 1 }, { vtid = 8 }, "
                  "{ out_ptr = 0x3000, alignment = 64, size = 1000, result = 0 }\n"
                  "[15:45:04.000000003] (+0.000000001) vm lttng_ust_libc:memalign: { cpu_id = 1 }, "
                  "{ vtid = 8 }, { alignment = 4096, size = 1, ptr = 0x4000 }\n"
                  "[15:45:04.000000004] (+0.000000001) vm lttng_ust_libc:realloc: { cpu_id = 0 }, "
                  "{ vtid = 7 }, { in_ptr = 0x1000, size = 96, ptr = 0x5000 }\n"
                  "[15:45:04.000000004] (+0.000000000) vm lttng_ust_libc:realloc: { cpu_id = 0 }, "
                  "{ vtid = 7 }, { in_ptr = 0x0, size = 5, ptr = 0x1000 }\n"
                  "[15:45:04.000000005] (+0.000000001) vm lttng_ust_libc:posix_memalign: "
                  "{ cpu_id = 0 }, { vtid = 7 }, "
                  "{ out_ptr = 0x7FFD00, alignment = 3, size = 1, result = 22 }\n"
                  "[15:45:04.000000006] (+0.000000001) vm lttng_ust_libc:free: { cpu_id = 0 }, "
                  "{ vtid = 7 }, { ptr = 0x0 }\n"
                  "[15:45:04.000000007] (+0.000000001) vm lttng_ust_libc:free: { cpu_id = 0 }, "
                  "{ vtid = 7 }, { ptr = 0x5000 }\n"),
        HEAD "# dropped: 1 calls that failed when they were recorded\n"
             "alloc 0 24\nthread 1\nalloc-zeroed 1 300\nalloc-aligned 2 1000 64\n"
             "alloc-aligned 3 1 4096\nthread 0\nrealloc 0 96\nalloc 4 5\nfree 0\n");
}

/* The same two events as options and versions write them. */
static void options_change_nothing(void)
{
    static const char *const ways[][2] = {
        { "[15:45:04.242150845] (+?.?????????"
          ") vm ",
          "[15:45:04.242150850] (+0.000000005) vm " },
        { "[15:45:04.242150845] ", "[15:45:04.242150850] " },           /* --no-delta */
        { "[1795189504.242150845] vm ", "[1795189504.242150850] vm " }, /* --clock-seconds */
        { "[2026-11-20 15:45:04.242150845] ", "[2026-11-20 15:45:04.242150850] " },
        { "[00000002925103497269] (+????????????"
          ") vm ",
          "[00000002925103497274] (+000000000005) vm " }, /* --clock-cycles */
        { "[15:45:04.242150845] (+?.?????????"
          ") vm:prog:TRACE_DEBUG_LINE (13) ",
          "[15:45:04.242150850] (+0.000000005) vm:prog:TRACE_DEBUG_LINE (13) " }, /* --fields */
    };
    char text[1024];

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        snprintf(text, sizeof text,
                 "%slttng_ust_libc:malloc: { cpu_id = 0 }, { vpid = 1, vtid = 7 }, "
                 "{ size = 24, ptr = 0x1000 }\n"
                 "%slttng_ust_libc:free: { cpu_id = 0 }, { vtid = 7, procname = \"a } ptr = 9\\\" "
                 "ptr = 8\", vpid = 1 }, { ptr = 0x1000 }\n",
                 ways[i][0], ways[i][1]);
        CHECK_STR(converted_with_time(NULL, text), HEAD_TIME "alloc 0 24\ntime 5\nfree 0\n");
    }
    CHECK_STR(/* --names all */
              converted_with_time(
                  NULL,
                  "timestamp = 15:45:04.242150845, delta = +?.?????????, trace:hostname = vm, "
                  "name = lttng_ust_libc:malloc, stream.packet.context = { cpu_id = 0 }, "
                  "stream.event.context = { vtid = 1497 }, event.fields = { size = 24, ptr = "
                  "0x5603C73275A0 }\n"
                  "timestamp = 15:45:04.242150850, delta = +0.000000005, trace:hostname = vm, "
                  "name = lttng_ust_libc:free, stream.packet.context = { cpu_id = 0 }, "
                  "stream.event.context = { vtid = 1497 }, event.fields = { ptr = "
                  "0x5603C73275A0 }\n"),
              HEAD_TIME "alloc 0 24\ntime 5\nfree 0\n");
}

static void midnight_is_passed(void)
{
    CHECK_STR(converted_with_time(
                  NULL, "[23:59:59.999999990] lttng_ust_libc:malloc: { size = 1, ptr = 0x1 }\n"
                        "[00:00:00.000000010] lttng_ust_libc:malloc: { size = 2, ptr = 0x2 }\n"
                        "[00:00:00.000000015] lttng_ust_libc:free: { ptr = 0x1 }\n"),
              HEAD_TIME "alloc 0 1\ntime 20\nalloc 1 2\ntime 5\nfree 0\n");
}

static void pointers_of_any_look(void)
{
    CHECK_STR(converted(NULL, "lttng_ust_libc:malloc: { size = 1, ptr = 5603C731CB40 }\n"
                              "lttng_ust_libc:malloc: { size = 2, ptr = 0x5603c731cb60 }\n"
                              "lttng_ust_libc:free: { ptr = 0X5603C731CB40 }\n"
                              "lttng_ust_libc:free: { ptr = 0x5603C731CB60 }\n"),
              HEAD "alloc 0 1\nalloc 1 2\nfree 0\nfree 1\n");
}

static void processes_are_apart(void)
{
    CHECK_STR(converted(NULL,
                        "lttng_ust_libc:malloc: { vtid = 1, vpid = 1 }, { size = 1, ptr = 0x1 }\n"
                        "lttng_ust_libc:malloc: { vtid = 2, vpid = 2 }, { size = 2, ptr = 0x1 }\n"
                        "lttng_ust_libc:free: { vpid = 1 }, { vtid = 1 }, { ptr = 0x1 }\n"
                        "lttng_ust_libc:free: { vpid = 2 }, { vtid = 2 }, { ptr = 0x1 }\n"),
              HEAD "alloc 0 1\nthread 1\nalloc 1 2\nthread 0\nfree 0\nthread 1\nfree 1\n");
}

static void losses_and_other_events_are_counted(void)
{
    CHECK_STR(
        converted(NULL,
                  "[15:45:04.0] vm lttng_ust_libc:malloc: { cpu_id = 0 }, { size = 1, ptr = 0x1 }\n"
                  "[15:45:05.0] vm lttng_ust_statedump:start: { cpu_id = 0 }, { }\n"
                  "WARNING: Tracer discarded 12 events between [15:45:04.1] and [15:45:04.2] in "
                  "trace \"ust\" (UUID: 0) at path: \"/x\", within stream \"channel0_0\" (stream "
                  "class ID: 0, stream ID: 0).\n"
                  "WARNING: Tracer discarded 1 event between [15:45:04.1] and [15:45:04.2]\n"
                  "[warning] Tracer discarded 30 events at end of stream between [1] and [2].\n"
                  "WARNING: Tracer discarded 5 packets between [15:45:04.1] and [15:45:04.2]\n"
                  "WARNING: Tracer may have discarded events between [1] and [2]\n"
                  "Please consider recording a new trace.\n"),
        HEAD "# dropped: 1 events that no trace has\n"
             "# dropped: 1 lines that are no events\n"
             "# lost: 45 events while it was recorded\n"
             "alloc 0 1\n");
}

/* LTTng's own four callocs come first; aligned_alloc() is not wrapped, so its free is unknown. */
static void a_recording_is_what_the_program_did(void)
{
    static struct tiny_model model = { .view = { .hides_aligned_alloc = true,
                                                 .thread_bytes = 336 } };
    static const uint32_t own[] = { 100, 48, 116, 48 };
    static char expected[20000];
    struct import_job job = { .input = fixture("tiny.babeltrace.txt") };

    for (size_t i = 0; i < 4; i++)
        tiny_calloc(&model, own[i]);
    tiny_run(&model);
    tiny_free(&model, 2);
    tiny_free(&model, 0);
    snprintf(expected, sizeof expected,
             HEAD "# dropped: 1 frees of objects made before the recording\n%s", model.text);
    CHECK_STR(converted_job(job), expected);
}

static void wrong_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { "lttng_ust_libc:mallok: { size = 1, ptr = 0x1 }\n",
          "in:1: found 'mallok: { size = 1, ptr = 0x1 }', expected malloc, calloc, realloc, "
          "reallocarray, free, posix_memalign, aligned_alloc, memalign, valloc or pvalloc" },
        { "lttng_ust_libc:malloc: { cpu_id = 0 }, { 1497 }, { 8, 0x1 }\n",
          "in:1: no field 'size' (expected what babeltrace2 prints without --names)" },
        { "lttng_ust_libc:malloc: { size = 8 }\n",
          "in:1: no field 'ptr' (expected what babeltrace2 prints without --names)" },
        { "lttng_ust_libc:malloc: { size = 8, ptr = 0x1\n",
          "in:1: the line ends early, expected '}'" },
        { "lttng_ust_libc:malloc: { size = 8, ptr = \"\n",
          "in:1: found '\"', expected ptr (hexadecimal, 64 bits at most)" },
        { "lttng_ust_libc:malloc: { size = x, ptr = 0x1 }\n",
          "in:1: found 'x, ptr = 0x1 }', expected size (0 to 2^64 - 1)" },
        { "lttng_ust_libc:malloc: { size = 99999999999999999999, ptr = 0x1 }\n",
          "in:1: found '99999999999999999999, ptr = 0x1 }', expected size (0 to 2^64 - 1)" },
        { "[x] lttng_ust_libc:free: { ptr = 0x1 }\n",
          "in:1: found 'x] lttng_ust_libc:free: { ptr = 0x1 }', expected a time "
          "(hours:minutes:seconds, seconds or cycles)" },
        { "[24:00:00] lttng_ust_libc:free: { ptr = 0x1 }\n",
          "in:1: found '24:00:00] lttng_ust_libc:free: { ptr = 0', expected a time "
          "(hours:minutes:seconds, seconds or cycles)" },
        { "[5] lttng_ust_libc:free: { ptr = 0x1 }\n[4] lttng_ust_libc:free: { ptr = 0x1 }\n",
          "in:2: 1 ns before the line before (expected the order babeltrace2 makes)" },
        { "[99999999999999999999.1] lttng_ust_libc:free: { ptr = 0x1 }\n",
          "in:1: found '99999999999999999999.1] lttng_ust_libc:f', expected a time "
          "(hours:minutes:seconds, seconds or cycles)" },
    };

    check_conversions("babeltrace", rows, sizeof rows / sizeof rows[0]);
}

static void told_by_content(void)
{
    check_claims(looks_babeltrace, "babeltrace", NULL);
    check_claim(looks_babeltrace, "[1] vm sched_switch: { cpu_id = 0 }, { prev_tid = 1 }\n", false);
    check_claim(looks_babeltrace, "lttng enable-event -u 'lttng_ust_libc:*'\n", false);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_function_is_known),
        CASE(options_change_nothing),
        CASE(midnight_is_passed),
        CASE(pointers_of_any_look),
        CASE(processes_are_apart),
        CASE(losses_and_other_events_are_counted),
        CASE(a_recording_is_what_the_program_did),
        CASE(wrong_lines_are_named),
        CASE(told_by_content),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
