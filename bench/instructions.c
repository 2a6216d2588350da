/* SPDX-License-Identifier: 0BSD */
/* Counting instructions with callgrind: exact and the same on every run, on a busy machine too.
 * What is counted is one pass of a fresh target, so the first use of each segment is part of it.
 */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enough for a steady figure, few enough for a simulator. */
#define OPS_DEFAULT "1000000"

/* A 32-bit process in valgrind has no 2 GiB in one piece. */
#define WINDOW_MIB "512"

bool count_possible(void)
{
    const char *path = getenv("PATH");

    for (const char *at = path; at != NULL; at = strchr(at, ':')) {
        char program[4096];

        at += *at == ':';
        snprintf(program, sizeof program, "%.*s/valgrind", (int)strcspn(at, ":"), at);
        if (access(program, X_OK) == 0)
            return true;
    }
    return false;
}

/* "once TARGET OPS REFUSED" */
static bool take_once(void *context, const char *line)
{
    struct result *row = context;
    const char *rest = strncmp(line, "once ", 5) == 0 ? strchr(line + 5, ' ') : NULL;
    double numbers[2] = { 0, 0 };

    if (rest == NULL || numbers_parse(rest, numbers, 2) == 0 || numbers[0] < 1)
        return false;
    row->ops = (uint32_t)numbers[0];
    row->refused = (uint32_t)numbers[1];
    return true;
}

/* The line "totals: N" of callgrind's output. */
static bool read_total(const char *path, double *ret_total)
{
    FILE *file = fopen(path, "r");
    char line[512];
    bool found = false;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found = found ||
                (strncmp(line, "totals: ", 8) == 0 && numbers_parse(line + 8, ret_total, 1) == 1);
    if (file != NULL)
        fclose(file);
    return found;
}

static bool count_target(struct measure *measure, const char *name, const char *work, uint32_t abi,
                         const char *target)
{
    struct result row = { .abi = abi, .counted = true };
    char out[340];
    const char *argv[20];
    size_t count = 0;

    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.target, sizeof row.target, "%s", target);
    snprintf(out, sizeof out, "--callgrind-out-file=%s", measure->counts);
    argv[count++] = "valgrind";
    argv[count++] = "-q";
    argv[count++] = "--tool=callgrind";
    argv[count++] = "--toggle-collect=counted_heap_pass";
    argv[count++] = "--toggle-collect=counted_vas_pass";
    argv[count++] = out;
    argv[count++] = measure->programs[abi];
    argv[count++] = "--target";
    argv[count++] = target;
    argv[count++] = "--window-mib";
    argv[count++] = WINDOW_MIB;
    argv[count++] = "--ops";
    argv[count++] = measure->ops != NULL ? measure->ops : OPS_DEFAULT;
    measure_end_arguments(measure, work, argv + count);
    if (!measure_run(measure, argv, take_once, &row))
        return false;
    if (!read_total(measure->counts, &row.cost.median)) {
        snprintf(measure->message, sizeof measure->message, "valgrind wrote no total");
        return false;
    }
    row.cost.median /= row.ops;
    return results_add(&measure->results, &row);
}

static bool count_all(struct measure *measure, const char *name, const char *work, uint32_t abi,
                      const char *const *targets)
{
    for (; *targets != NULL; targets++)
        if (!count_target(measure, name, work, abi, *targets))
            return false;
    return true;
}

bool count_heap(struct measure *measure, const char *name, uint32_t abi)
{
    static const char *const targets[] = { "empty-lookaside", "empty-glibc", "lookaside", "glibc",
                                           NULL };

    return count_all(measure, name, NULL, abi, targets);
}

/* Not the naive scan: a hundred thousand instructions an op would take minutes. */
bool count_vas(struct measure *measure, const char *name, const char *work, uint32_t abi)
{
    static const char *const targets[] = { "empty", "lookaside", NULL };

    return count_all(measure, name, work, abi, targets);
}
