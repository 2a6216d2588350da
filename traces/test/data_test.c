/* SPDX-License-Identifier: 0BSD */
/* The corpus itself: every file decodes to its end, its counts are true, it says where it comes
 * from, and no op meets a slot it does not fit. usage: data_test FILE...
 */
#include "check.h"

#include "trace_file.h"
#include "trace_stats.h"

static void check_file(const char *path)
{
    static const char *const keys[] = {
        "title", "source", "workload", "why", "system", "conversion"
    };
    struct trace_stats stats;
    char error[TRACE_MESSAGE_BYTES] = "";
    char value[512];
    struct trace_op op;
    enum trace_answer answer;
    struct trace_file *file = trace_file_open(path, NULL, error, sizeof error);
    const struct trace_header *header;

    if (!file)
        CHECK_FAIL("%s", error);
    CHECK(trace_stats_init(&stats));
    while ((answer = trace_file_next(file, &op)) == TRACE_FILE_OP)
        CHECK(trace_stats_add(&stats, &op));
    if (answer != TRACE_FILE_END)
        CHECK_FAIL("%s", trace_file_message(file));
    header = trace_file_header(file);
    CHECK_EQ(header->ops, stats.ops);
    CHECK_EQ(header->block_slots, stats.slots[TRACE_BLOCK]);
    CHECK_EQ(header->region_slots, stats.slots[TRACE_REGION]);
    CHECK_EQ(header->stack_slots, stats.slots[TRACE_STACK]);
    CHECK_EQ(header->heap_slots, stats.slots[TRACE_HEAP]);
    /* last freed, first reused: no more slots than objects at the peak */
    CHECK_EQ(header->block_slots, stats.blocks.peak);
    CHECK_EQ(header->region_slots, stats.regions.peak);
    CHECK_EQ(header->stack_slots, stats.stacks.peak);
    CHECK_EQ(stats.skipped, 0);
    CHECK(stats.ops > 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!trace_text_value(trace_file_text(file), keys[i], value, sizeof value))
            CHECK_FAIL("%s: the header text has no \"%s: \"", path, keys[i]);
    trace_stats_free(&stats);
    trace_file_close(file);
}

int main(int argc, char **argv)
{
    static int failed;
    static int at;

    printf("1..%d\n", argc - 1);
    for (at = 1; at < argc; at++) {
        if (setjmp(check_failed) == 0) {
            check_file(argv[at]);
        } else {
            failed++;
            printf("not ");
        }
        printf("ok %d - %s\n", at, argv[at]);
        fflush(stdout);
    }
    return failed || argc < 2 ? EXIT_FAILURE : EXIT_SUCCESS;
}
