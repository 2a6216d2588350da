/* SPDX-License-Identifier: 0BSD */
/* Rows for the table of traces/README.md, so that no figure in it was ever typed. */
#include "import.h"

#include "../stats/trace_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* "user/cc1" of "some/where/user/cc1.lat.zst": the folder says what kind of trace it is. */
static void print_name(const char *path)
{
    const char *end = strstr(path, ".lat");
    const char *from = path;
    int slashes = 0;

    for (const char *at = path + strlen(path); at > path && slashes < 2; at--)
        if (at[-1] == '/' && ++slashes <= 2)
            from = slashes == 2 ? at : from;
    printf("%.*s", end > from ? (int)(end - from) : (int)strlen(from), from);
}

/* Bytes of memory asked for at the peak: blocks, regions and stacks, each at its own. */
static uint64_t peak_bytes(const struct trace_stats *stats)
{
    return stats->block_bytes.peak + 4096u * (stats->region_pages.peak + stats->stack_pages.peak);
}

static bool describe(const char *path, char *error, size_t error_size)
{
    struct trace_file *file = trace_file_open(path, NULL, error, error_size);
    struct trace_stats stats;
    struct trace_op op;
    enum trace_answer answer = TRACE_FILE_WRONG;
    struct stat status = { .st_size = 0 };
    char why[256];

    if (!file)
        return false;
    snprintf(error, error_size, "%s: out of memory", path);
    if (trace_stats_init(&stats))
        for (answer = trace_file_next(file, &op); answer == TRACE_FILE_OP;
             answer = trace_file_next(file, &op))
            if (!trace_stats_add(&stats, &op))
                break;
    if (answer == TRACE_FILE_END) {
        stat(path, &status);
        trace_text_value(trace_file_text(file), "why", why, sizeof why);
        printf("| ");
        print_name(path);
        printf(" | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu32 " | %lld | %s |\n",
               stats.ops, stats.blocks.peak + stats.regions.peak + stats.stacks.peak,
               peak_bytes(&stats),
               stats.slots[TRACE_BLOCK] + stats.slots[TRACE_REGION] + stats.slots[TRACE_STACK],
               (long long)status.st_size, why);
    } else if (answer == TRACE_FILE_WRONG && trace_file_message(file)[0] != '\0') {
        snprintf(error, error_size, "%s", trace_file_message(file));
    }
    trace_stats_free(&stats);
    trace_file_close(file);
    return answer == TRACE_FILE_END;
}

bool import_describe(char **paths, int count, char *error, size_t error_size)
{
    printf("| trace | ops | peak live objects | peak live bytes | slots | file bytes | why |\n"
           "|---|---:|---:|---:|---:|---:|---|\n");
    for (int i = 0; i < count; i++)
        if (!describe(paths[i], error, error_size))
            return false;
    return true;
}
