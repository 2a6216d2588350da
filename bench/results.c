/* SPDX-License-Identifier: 0BSD */
/* Rows, and the subtraction of the harness. */
#include "results.h"

#include <stdlib.h>
#include <string.h>

#include <lookaside/types.h>

#if defined(__x86_64__)
#define NATIVE_NAME "x86-64"
#else
#define NATIVE_NAME "64-bit"
#endif

const char *const bench_abi_names[BENCH_ABIS] = { NATIVE_NAME, "i386" };

bool results_add(struct results *results, const struct result *row)
{
    if (results->count == results->room) {
        uint32_t room = results->room ? results->room * 2u : 64u;
        struct result *rows = realloc(results->rows, room * sizeof *rows);

        if (rows == NULL)
            return false;
        results->rows = rows;
        results->room = room;
    }
    results->rows[results->count++] = *row;
    return true;
}

void results_free(struct results *results)
{
    free(results->rows);
    *results = (struct results){ .count = 0 };
}

uint32_t numbers_parse(const char *text, double *ret_numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char *end;

        ret_numbers[i] = strtod(text, &end);
        if (end == text)
            return i;
        text = end;
    }
    return count;
}

bool result_parse(struct result *ret_row, const char *name, uint32_t abi, const char *line)
{
    bool vas = strncmp(line, "vas ", 4) == 0;
    const char *target = strchr(line, ' ');
    const char *rest = target != NULL ? strchr(target + 1, ' ') : NULL;
    struct result row = { .abi = abi };
    double numbers[10];
    const double *ns = numbers + (vas ? 3 : 4);

    if ((!vas && strncmp(line, "heap ", 5) != 0) || rest == NULL ||
        numbers_parse(rest, numbers, vas ? 10 : 9) != (vas ? 10u : 9u) || numbers[0] < 1)
        return false;
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.target, sizeof row.target, "%.*s", (int)(rest - target - 1), target + 1);
    row.ops = (uint32_t)numbers[0];
    row.refused = (uint32_t)numbers[1];
    if (vas) {
        row.releases = (uint32_t)numbers[2];
        row.p999_ns = numbers[8];
        row.longest_ns = numbers[9];
    } else {
        row.committed_pages_peak = (uint32_t)numbers[2];
        row.live_bytes_peak = (uint64_t)numbers[3];
    }
    row.cost = (struct spread){ ns[0], ns[1], ns[2], ns[3], ns[4] };
    *ret_row = row;
    return true;
}

const struct result *results_find(const struct results *results, const struct result *like,
                                  const char *target)
{
    for (uint32_t i = 0; i < results->count; i++) {
        const struct result *row = &results->rows[i];

        if (row->abi == like->abi && row->counted == like->counted &&
            strcmp(row->name, like->name) == 0 && strcmp(row->target, target) == 0)
            return row;
    }
    return NULL;
}

bool result_is_vas(const struct result *row)
{
    return strncmp(row->name, "vas/", 4) == 0;
}

bool result_is_empty(const struct result *row)
{
    return strncmp(row->target, "empty", 5) == 0;
}

double result_net(const struct results *results, const struct result *row)
{
    const char *target = result_is_vas(row)                      ? "empty"
                         : strncmp(row->target, "glibc", 5) == 0 ? "empty-glibc"
                                                                 : "empty-lookaside";
    const struct result *empty = results_find(results, row, target);

    return row->cost.median - (empty != NULL ? empty->cost.median : 0);
}

double result_footprint_ratio(const struct result *row)
{
    if (row->committed_pages_peak == 0 || row->live_bytes_peak == 0)
        return 0;
    return (double)row->committed_pages_peak * LA_PAGE_BYTES / (double)row->live_bytes_peak;
}
