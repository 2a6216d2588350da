/* SPDX-License-Identifier: 0BSD */
/* `lookaside info`: what a trace holds, and where it comes from. It reads every op, so an answer
 * also means that the whole file is intact.
 */
#include "verbs.h"

#include "../file/trace_file.h"
#include "../file/trace_stats.h"
#include "../text/trace_text.h"

#include <argp.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_SIZES 8u

struct info_arguments {
    char **paths;
    int count;
    bool json;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct info_arguments *arguments = state->input;

    (void)argument;
    switch (key) {
    case 'j': arguments->json = true; return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char *form_of(const struct trace_file *file)
{
    if (trace_file_is_text(file))
        return trace_file_is_packed(file) ? "text in zstd" : "text";
    return trace_file_is_packed(file) ? "binary in zstd" : "binary";
}

/* -- For people -------------------------------------------------------------------------------- */

static void print_level(const char *name, const struct trace_level *count,
                        const struct trace_level *amount, const char *unit)
{
    if (count->peak > 0)
        printf("%-18s peak %" PRIu64 ", at the end %" PRIu64 "; %s: peak %" PRIu64
               ", at the end %" PRIu64 "\n",
               name, count->peak, count->now, unit, amount->peak, amount->now);
}

static void print_sizes(const struct trace_stats *stats)
{
    static const uint32_t permilles[] = { 250, 500, 900, 990 };
    uint32_t bytes[TOP_SIZES];
    uint64_t requests[TOP_SIZES];
    size_t count = trace_stats_top_sizes(stats, bytes, requests, TOP_SIZES);

    if (stats->requests == 0)
        return;
    printf("%-18s min %" PRIu32, "request bytes", stats->bytes_min);
    for (size_t i = 0; i < sizeof permilles / sizeof permilles[0]; i++)
        printf(", p%" PRIu32 " %" PRIu32, permilles[i] / 10u,
               trace_stats_size_at(stats, permilles[i]));
    printf(", max %" PRIu32 "; mean %.1f\n%-18s", stats->bytes_max,
           (double)stats->request_bytes / (double)stats->requests, "most frequent");
    for (size_t i = 0; i < count; i++)
        printf("%s %" PRIu32 " (%.1f %%)", i ? "," : "", bytes[i],
               100.0 * (double)requests[i] / (double)stats->requests);
    printf("\n");
    if (stats->known_request_bytes > 0)
        printf("%-18s %.3f recorded bytes a requested byte (%" PRIu64 " of %" PRIu64 " requests)\n",
               "recorded waste",
               (double)stats->known_recorded_bytes / (double)stats->known_request_bytes,
               stats->known_requests, stats->requests);
}

static void print_info(const char *path, const struct trace_file *file,
                       const struct trace_stats *stats)
{
    printf("%s: %s\n", path, form_of(file));
    for (const char *line = trace_file_text(file); *line != '\0'; line = strchr(line, '\n') + 1)
        printf("  %.*s\n", (int)strcspn(line, "\n"), line);
    printf("%-18s %" PRIu64 "\n", "ops", stats->ops);
    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (stats->kinds[kind] > 0)
            printf("  %-16s %" PRIu64 "\n", trace_kind_name(kind), stats->kinds[kind]);
    printf("%-18s %" PRIu32 "\n", "threads", stats->threads);
    if (stats->kinds[TRACE_TIME] > 0)
        printf("%-18s %.3f s\n", "recorded time", (double)stats->time_ns / 1e9);
    printf("%-18s blocks %" PRIu32 ", regions %" PRIu32 ", stacks %" PRIu32 ", heaps %" PRIu32 "\n",
           "slots", stats->slots[TRACE_BLOCK], stats->slots[TRACE_REGION],
           stats->slots[TRACE_STACK], stats->slots[TRACE_HEAP]);
    print_level("live blocks", &stats->blocks, &stats->block_bytes, "bytes");
    print_level("live regions", &stats->regions, &stats->region_pages, "pages");
    print_level("live stacks", &stats->stacks, &stats->stack_pages, "pages");
    if (stats->kinds[TRACE_STACK_TOUCH] > 0)
        printf("%-18s page %" PRIu32 " from the top\n", "deepest touch", stats->deepest_page);
    print_sizes(stats);
    if (stats->skipped > 0)
        printf("%-18s %" PRIu64 " ops on slots that did not fit them\n", "skipped", stats->skipped);
}

/* -- For programs ------------------------------------------------------------------------------ */

static json_t *json_level(const struct trace_level *level)
{
    return json_pack("{s:I, s:I}", "peak", (json_int_t)level->peak, "end", (json_int_t)level->now);
}

static json_t *json_text(const char *text)
{
    json_t *lines = json_array();

    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        size_t key = strcspn(text, ":");
        size_t all = strcspn(text, "\n");
        /* An array: a key may come twice, and the order says something. */
        json_array_append_new(lines,
                              json_pack("[s%, s%]", text, key, text + key + 2u, all - key - 2u));
    }
    return lines;
}

static json_t *json_sizes(const struct trace_stats *stats)
{
    uint32_t bytes[TOP_SIZES];
    uint64_t requests[TOP_SIZES];
    size_t count = trace_stats_top_sizes(stats, bytes, requests, TOP_SIZES);
    json_t *top = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(top, json_pack("{s:I, s:I}", "bytes", (json_int_t)bytes[i],
                                             "requests", (json_int_t)requests[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "requests",
                     (json_int_t)stats->requests, "bytes", (json_int_t)stats->request_bytes, "min",
                     (json_int_t)(stats->requests ? stats->bytes_min : 0), "p25",
                     (json_int_t)trace_stats_size_at(stats, 250), "p50",
                     (json_int_t)trace_stats_size_at(stats, 500), "p90",
                     (json_int_t)trace_stats_size_at(stats, 900), "p99",
                     (json_int_t)trace_stats_size_at(stats, 990), "max",
                     (json_int_t)stats->bytes_max, "most_frequent", top);
}

static json_t *json_info(const char *path, const struct trace_file *file,
                         const struct trace_stats *stats)
{
    json_t *kinds = json_object();
    json_t *info;

    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (stats->kinds[kind] > 0)
            json_object_set_new(kinds, trace_kind_name(kind),
                                json_integer((json_int_t)stats->kinds[kind]));
    info = json_pack("{s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:I}", "file",
                     path, "form", form_of(file), "text", json_text(trace_file_text(file)), "ops",
                     (json_int_t)stats->ops, "kinds", kinds, "threads", (json_int_t)stats->threads,
                     "time_ns", (json_int_t)stats->time_ns, "slots", "blocks",
                     (json_int_t)stats->slots[TRACE_BLOCK], "regions",
                     (json_int_t)stats->slots[TRACE_REGION], "stacks",
                     (json_int_t)stats->slots[TRACE_STACK], "heaps",
                     (json_int_t)stats->slots[TRACE_HEAP], "skipped", (json_int_t)stats->skipped);
    if (!info)
        return NULL;
    json_object_set_new(info, "blocks", json_level(&stats->blocks));
    json_object_set_new(info, "block_bytes", json_level(&stats->block_bytes));
    json_object_set_new(info, "regions", json_level(&stats->regions));
    json_object_set_new(info, "region_pages", json_level(&stats->region_pages));
    json_object_set_new(info, "stacks", json_level(&stats->stacks));
    json_object_set_new(info, "stack_pages", json_level(&stats->stack_pages));
    json_object_set_new(info, "deepest_page", json_integer(stats->deepest_page));
    json_object_set_new(info, "sizes", json_sizes(stats));
    if (stats->known_request_bytes > 0)
        json_object_set_new(
            info, "recorded_bytes_per_byte",
            json_real((double)stats->known_recorded_bytes / (double)stats->known_request_bytes));
    return info;
}

/* -- The verb ---------------------------------------------------------------------------------- */

static bool count_ops(struct trace_file *file, struct trace_stats *stats, char *error, size_t size)
{
    struct trace_op op;
    enum trace_answer answer = trace_file_next(file, &op);

    for (; answer == TRACE_FILE_OP; answer = trace_file_next(file, &op))
        if (!trace_stats_add(stats, &op)) {
            snprintf(error, size, "out of memory");
            return false;
        }
    if (answer == TRACE_FILE_WRONG)
        snprintf(error, size, "%s", trace_file_message(file));
    return answer == TRACE_FILE_END;
}

/* One file's answer, printed or appended to `all`. */
static bool inform(const char *path, json_t *all, char *error, size_t size)
{
    struct trace_file *file = trace_file_open(path, NULL, error, size);
    struct trace_stats stats;
    bool good;

    if (!file)
        return false;
    good = trace_stats_init(&stats);
    if (!good)
        snprintf(error, size, "out of memory");
    good = good && count_ops(file, &stats, error, size);
    if (good && all)
        good = json_array_append_new(all, json_info(path, file, &stats)) == 0;
    else if (good)
        print_info(path, file, &stats);
    trace_stats_free(&stats);
    trace_file_close(file);
    return good;
}

int verb_info(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "json", 'j', NULL, 0, "Print an array of JSON objects", 0 }, { 0 }
    };
    static const struct argp argp = {
        options,
        parse_option,
        "TRACE...",
        "What a trace holds, and where it comes from: its header text, ops by kind, threads, "
        "slots, "
        "live objects, request sizes, and what the recorded allocator wasted where that is known."
        "\vTRACE is binary or text, plain or in zstd; - is stdin.",
        NULL,
        NULL,
        NULL
    };
    struct info_arguments arguments = { NULL, 0, false };
    char error[TRACE_MESSAGE_BYTES] = "";
    json_t *all;
    int status = 0;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    all = arguments.json ? json_array() : NULL;
    for (int i = 0; i < arguments.count; i++)
        if (!inform(arguments.paths[i], all, error, sizeof error)) {
            fprintf(stderr, "%s: %s\n", argv[0], error[0] ? error : "out of memory");
            status = 1;
        }
    if (all && status == 0) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(all);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: stdout: cannot write\n", argv[0]);
        status = 1;
    }
    return status;
}
