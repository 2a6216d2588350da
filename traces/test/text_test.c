/* SPDX-License-Identifier: 0BSD */
/* The text twin's lines: loss-free both ways, and errors that say what was expected. */
#include "memory.h"

#include "trace_text.h"

static void check_line(const char *line, struct trace_op op)
{
    char formatted[TRACE_TEXT_OP_BYTES];
    char problem[256] = "";
    struct trace_op parsed;
    size_t bytes = trace_text_format(&op, formatted);

    CHECK_EQ(bytes, strlen(formatted));
    CHECK_EQ(formatted[bytes - 1], '\n');
    formatted[bytes - 1] = '\0';
    CHECK_STR(formatted, line);
    if (trace_text_parse(line, &parsed, problem, sizeof problem) != TRACE_TEXT_OP)
        CHECK_FAIL("\"%s\": %s", line, problem);
    CHECK(same_op(&op, &parsed));
}

/* The examples of docs/trace-format.md. */
static void every_kind_has_its_words(void)
{
    check_line("alloc 3 24", (struct trace_op){ .kind = TRACE_ALLOC, .slot = 3, .bytes = 24 });
    check_line("alloc-zeroed 3 24 recorded 32",
               (struct trace_op){
                   .kind = TRACE_ALLOC_ZEROED, .slot = 3, .bytes = 24, .recorded_bytes = 32 });
    check_line("alloc-aligned 0 100 64",
               (struct trace_op){ .kind = TRACE_ALLOC_ALIGNED, .bytes = 100, .align_log2 = 6 });
    check_line("realloc 3 80", (struct trace_op){ .kind = TRACE_REALLOC, .slot = 3, .bytes = 80 });
    check_line("free 16777215", (struct trace_op){ .kind = TRACE_FREE, .slot = 16777215 });
    check_line("heap-create 1", (struct trace_op){ .kind = TRACE_HEAP_CREATE, .slot = 1 });
    check_line("heap-destroy 1", (struct trace_op){ .kind = TRACE_HEAP_DESTROY, .slot = 1 });
    check_line("heap-use 0", (struct trace_op){ .kind = TRACE_HEAP_USE });
    check_line("heap-trim", (struct trace_op){ .kind = TRACE_HEAP_TRIM });
    check_line("reserve 0 256", (struct trace_op){ .kind = TRACE_RESERVE, .pages = 256 });
    check_line(
        "reserve 0 256 align 1024 highest",
        (struct trace_op){ .kind = TRACE_RESERVE, .pages = 256, .align_log2 = 10, .placement = 2 });
    check_line("reserve 0 16 fixed 4096",
               (struct trace_op){
                   .kind = TRACE_RESERVE, .pages = 16, .placement = 3, .window_page = 4096 });
    check_line("commit 0 4 12",
               (struct trace_op){ .kind = TRACE_COMMIT, .offset_pages = 4, .pages = 12 });
    check_line("decommit 0 4 12",
               (struct trace_op){ .kind = TRACE_DECOMMIT, .offset_pages = 4, .pages = 12 });
    check_line("resize 0 512", (struct trace_op){ .kind = TRACE_RESIZE, .pages = 512 });
    check_line("release 0", (struct trace_op){ .kind = TRACE_RELEASE });
    check_line("stack-create 0 256 2 16", (struct trace_op){ .kind = TRACE_STACK_CREATE,
                                                             .pages = 256,
                                                             .committed_pages = 2,
                                                             .guard_pages = 16 });
    check_line("stack-touch 0 5", (struct trace_op){ .kind = TRACE_STACK_TOUCH, .depth_page = 5 });
    check_line("stack-destroy 0", (struct trace_op){ .kind = TRACE_STACK_DESTROY });
    check_line("thread 7", (struct trace_op){ .kind = TRACE_THREAD, .thread = 7 });
    check_line("time 4294967295", (struct trace_op){ .kind = TRACE_TIME, .delta_ns = UINT32_MAX });
    check_line("cpu 3", (struct trace_op){ .kind = TRACE_CPU, .cpu = 3 });
    check_line("label 7", (struct trace_op){ .kind = TRACE_LABEL, .label = 7 });
    check_line("mark 1", (struct trace_op){ .kind = TRACE_MARK, .mark = 1 });
}

static void every_probe_has_its_line(void)
{
    check_line("free-at 3 -8",
               (struct trace_op){ .kind = TRACE_FREE_AT, .slot = 3, .offset_bytes = 0u - 8u });
    check_line("free-at 3 2147483647",
               (struct trace_op){ .kind = TRACE_FREE_AT, .slot = 3, .offset_bytes = INT32_MAX });
    check_line("free-at 3 -2147483648 realloc 0",
               (struct trace_op){
                   .kind = TRACE_FREE_AT, .slot = 3, .offset_bytes = 0x80000000, .placement = 1 });
    check_line("release-at 1 16",
               (struct trace_op){ .kind = TRACE_RELEASE_AT, .slot = 1, .distance_pages = 16 });
    check_line("release-at 1 0 resize 7",
               (struct trace_op){
                   .kind = TRACE_RELEASE_AT, .slot = 1, .placement = 1, .resize_segments = 7 });
    check_line("commit-at 0 -1 2", (struct trace_op){ .kind = TRACE_COMMIT_AT,
                                                      .distance_pages = UINT32_MAX,
                                                      .range_segments = 2 });
    check_line("decommit-at 0 16 4294967295", (struct trace_op){ .kind = TRACE_DECOMMIT_AT,
                                                                 .distance_pages = 16,
                                                                 .range_segments = UINT32_MAX });
    check_line("reserve-at 0 5 10 20 align 4 lowest", (struct trace_op){ .kind = TRACE_RESERVE_AT,
                                                                         .segments = 5,
                                                                         .window_first = 10,
                                                                         .window_end = 20,
                                                                         .align_log2 = 2,
                                                                         .placement = 1 });
    check_line("reserve-at 0 5 10 0 fixed",
               (struct trace_op){
                   .kind = TRACE_RESERVE_AT, .segments = 5, .window_first = 10, .placement = 3 });
    check_line("fail 3", (struct trace_op){ .kind = TRACE_FAIL, .nth = 3 });
    check_line("fail 3 always", (struct trace_op){ .kind = TRACE_FAIL, .nth = 3, .placement = 1 });
    check_line("memory 64", (struct trace_op){ .kind = TRACE_MEMORY, .limit_pages = 64 });
    check_line("memory unlimited",
               (struct trace_op){ .kind = TRACE_MEMORY, .limit_pages = UINT32_MAX });
    check_line("access 3 100",
               (struct trace_op){ .kind = TRACE_ACCESS, .slot = 3, .distance_pages = 100 });
    check_line(
        "access 0 -1 write fetch present allowed stack 0",
        (struct trace_op){
            .kind = TRACE_ACCESS, .distance_pages = UINT32_MAX, .access = 15, .stack_plus_1 = 1 });
    check_line("stack-trim 0 4096 2",
               (struct trace_op){ .kind = TRACE_STACK_TRIM, .depth_bytes = 4096, .keep_pages = 2 });
}

static void random_ops_come_back(void)
{
    uint64_t random = 17;

    for (int i = 0; i < 200000; i++) {
        struct trace_op op = random_op(&random, TRACE_SLOTS_MAX);
        struct trace_op parsed;
        char line[TRACE_TEXT_OP_BYTES];
        char problem[256];
        line[trace_text_format(&op, line) - 1] = '\0';
        if (trace_text_parse(line, &parsed, problem, sizeof problem) != TRACE_TEXT_OP)
            CHECK_FAIL("\"%s\": %s", line, problem);
        if (!same_op(&op, &parsed))
            CHECK_FAIL("\"%s\" came back as another op", line);
    }
}

static void blanks_and_comments_are_no_ops(void)
{
    static const char *const lines[] = { "", "  \t", "# title: x", "   # x", "\r" };
    struct trace_op op;
    char problem[256];

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CHECK_EQ(trace_text_parse(lines[i], &op, problem, sizeof problem), TRACE_TEXT_EMPTY);
    CHECK_EQ(trace_text_parse("\tfree   2 # gone\r", &op, problem, sizeof problem), TRACE_TEXT_OP);
    CHECK_EQ(op.slot, 2);
}

static void wrong_lines_say_what_was_expected(void)
{
    static const struct {
        const char *line;
        const char *problem;
    } cases[] = {
        { "malloc 1 2", "found 'malloc', expected an op (alloc, free, reserve, ...)" },
        { "unknown", "found 'unknown', expected an op (alloc, free, reserve, ...)" },
        { "alloc", "the line ends early, expected a block slot (0 to 16777215)" },
        { "alloc 16777216 1", "found '16777216', expected a block slot (0 to 16777215)" },
        { "alloc 1 x", "found 'x', expected bytes (0 to 4294967295)" },
        { "alloc 1 -1", "found '-1', expected bytes (0 to 4294967295)" },
        { "alloc 1 4294967296", "found '4294967296', expected bytes (0 to 4294967295)" },
        { "alloc 1 99999999999999999999999", "found '99999999999999999999999', expected bytes (0 "
                                             "to 4294967295)" },
        { "free-at 1 2147483648",
          "found '2147483648', expected an offset in bytes (-2147483648 to 2147483647)" },
        { "free-at 1 -2147483649",
          "found '-2147483649', expected an offset in bytes (-2147483648 to 2147483647)" },
        { "free-at 1 --1", "found '--1', expected an offset in bytes (-2147483648 to 2147483647)" },
        { "free-at 1 -", "found '-', expected an offset in bytes (-2147483648 to 2147483647)" },
        { "free-at 1 0 resize 1", "found 'resize', expected the end of the line" },
        { "memory none", "found 'none', expected pages or 'unlimited' (0 to 4294967295)" },
        { "access 1 0 fetch write", "found 'write', expected the end of the line" },
        { "access 1 0 stack", "the line ends early, expected a stack slot (0 to 16777215)" },
        { "alloc 1 2 3", "found '3', expected the end of the line" },
        { "alloc 1 2 recorded", "the line ends early, expected recorded bytes (0 to 4294967295)" },
        { "alloc 1 2 recorded 3 4 5 6 7 8 9", "found '4', expected the end of the line" },
        { "alloc-aligned 1 2 3", "found '3', expected a power of two" },
        { "alloc-aligned 1 2 0", "found '0', expected a power of two" },
        { "reserve 0 1 fixed", "the line ends early, expected a page number (0 to 4294967295)" },
        { "reserve 0 1 nowhere", "found 'nowhere', expected the end of the line" },
        { "commit 0 1", "the line ends early, expected pages (0 to 4294967295)" },
        { "free 1 1", "found '1', expected the end of the line" },
        { "thread 1 2", "found '2', expected the end of the line" },
    };
    struct trace_op op;
    char problem[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(trace_text_parse(cases[i].line, &op, problem, sizeof problem), TRACE_TEXT_WRONG);
        CHECK_STR(problem, cases[i].problem);
    }
}

static void endless_line_is_refused(void)
{
    static char line[10000];
    struct trace_op op;
    char problem[256];

    memset(line, '1', sizeof line - 1u);
    CHECK_EQ(trace_text_parse(line, &op, problem, sizeof problem), TRACE_TEXT_WRONG);
    CHECK_STR(problem, "a line of 9999 bytes, expected at most 4096");
}

static void header_lines_are_told_from_comments(void)
{
    const char *text = NULL;

    CHECK(trace_text_is_header("# why: because", &text));
    CHECK_STR(text, "why: because");
    CHECK(!trace_text_is_header("#why: because", &text));
    CHECK(!trace_text_is_header("# because", &text));
    CHECK(!trace_text_is_header("# Why: because", &text));
    CHECK(!trace_text_is_header("alloc 1 2", &text));
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_kind_has_its_words),
        CASE(every_probe_has_its_line),
        CASE(random_ops_come_back),
        CASE(blanks_and_comments_are_no_ops),
        CASE(wrong_lines_say_what_was_expected),
        CASE(endless_line_is_refused),
        CASE(header_lines_are_told_from_comments),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
