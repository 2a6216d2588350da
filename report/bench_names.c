/* SPDX-License-Identifier: 0BSD */
/* Names of cases, taken apart. */
#include "bench_names.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 16u

/* -- Parts ------------------------------------------------------------------------------------- */

static bool is_abi(const char *part)
{
    static const char *const abis[] = { "i386", "x86-64", "x86_64", "aarch64", "arm", "riscv64" };

    for (size_t i = 0; i < sizeof abis / sizeof abis[0]; i++)
        if (strcmp(part, abis[i]) == 0)
            return true;
    return false;
}

/* "iterations:1", "manual_time", ... */
static bool is_of_google_benchmark(const char *part)
{
    static const char *const words[] = { "manual_time", "real_time", "process_time" };
    static const char *const keys[] = { "iterations:", "repeats:",         "threads:",
                                        "min_time:",   "min_warmup_time:", "repetitions:" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(part, words[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strncmp(part, keys[i], strlen(keys[i])) == 0)
            return true;
    return false;
}

/* Cut `text` at its slashes; answers how many parts, or 0 if they are too many. */
static unsigned cut(char *text, char *parts[PARTS_MAX])
{
    unsigned count = 0;

    for (char *part; (part = strsep(&text, "/")) != NULL;) {
        if (count == PARTS_MAX)
            return 0;
        parts[count++] = part;
    }
    return count;
}

static void join(char joined[BENCH_NAME_BYTES], char *const *parts, unsigned begin, unsigned end)
{
    size_t length = 0;

    joined[0] = '\0';
    for (unsigned i = begin; i < end; i++)
        length += (size_t)snprintf(joined + length, BENCH_NAME_BYTES - length, "%s%s",
                                   i > begin ? "/" : "", parts[i]);
}

bool bench_name_parse(const char *text, struct bench_name *ret_name)
{
    char copy[BENCH_NAME_BYTES];
    char *parts[PARTS_MAX];
    unsigned abi = 1;
    unsigned count;

    if (strlen(text) >= sizeof copy)
        return false;
    snprintf(copy, sizeof copy, "%s", text);
    count = cut(copy, parts);
    while (count > 0 && is_of_google_benchmark(parts[count - 1u]))
        count--;
    while (abi < count && !is_abi(parts[abi]))
        abi++;
    if (abi + 1u >= count || parts[0][0] == '\0' || parts[abi + 1u][0] == '\0')
        return false;
    join(ret_name->kind, parts, 0, 1);
    join(ret_name->subject, parts, 1, abi);
    join(ret_name->abi, parts, abi, abi + 1u);
    join(ret_name->target, parts, abi + 1u, abi + 2u);
    join(ret_name->variant, parts, abi + 2u, count);
    return true;
}

/* -- Words ------------------------------------------------------------------------------------- */

bool bench_target_is_floor(const char *target)
{
    return strcmp(target, "floor") == 0 || strncmp(target, "floor-", 6) == 0;
}

const char *bench_target_floor(const char *target, unsigned number)
{
    const char *own = strncmp(target, "lookaside", 9) == 0 ? "floor-lookaside"
                      : strncmp(target, "rival-", 6) == 0  ? "floor-rival"
                                                           : "floor-libc";

    return number == 0 ? own : number == 1 ? "floor" : NULL;
}

const char *bench_target_ours(const char *kind, unsigned number)
{
    static const char *const with_calls[] = { BENCH_OURS "+mmap", BENCH_OURS, NULL };

    return with_calls[number + (strcmp(kind, "stack") == 0 ? 0 : 1u)];
}

const char *bench_variant_words(const char *variant)
{
    static const struct {
        const char *variant;
        const char *words;
    } rows[] = { { "latency", "" },
                 { "memory", "" },
                 { "space", "" },
                 { "cold", "first pass of a process" },
                 { "shipped", "everybody as shipped" } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(variant, rows[i].variant) == 0)
            return rows[i].words;
    return variant;
}

const char *bench_kind_words(const char *kind)
{
    static const struct {
        const char *kind;
        const char *words;
    } rows[] = {
        { "heap", "heap operations" }, { "vas", "reserving addresses" },
        { "stack", "stacks" },         { "heaps", "several heaps at once" },
        { "fault", "fault verdicts" }, { "frames", "page frames" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(kind, rows[i].kind) == 0)
            return rows[i].words;
    return kind;
}
