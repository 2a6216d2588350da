/* SPDX-License-Identifier: 0BSD */
/* bpftrace with traces/import/bpftrace.bt, or any script that writes such lines, one when a call
 * returns or a free begins:
 *
 *     nanoseconds pid tid function arguments address
 *     2923085932143 1420 1420 malloc 8 0x5614117c12a0
 *     2923085932999 1420 1420 free 0x5614117c12a0
 *
 * Each CPU has its own buffer, so the lines of several may come out of order: sort them.
 */
#include "formats.h"

#include "events.h"
#include "scan.h"
#include "threads.h"

#include <string.h>

struct bpftrace {
    struct objects objects;
    struct threads pids;
    struct threads tids; /* of the whole system, so known without the process */
    struct event_clock clock;
};

/* What bpftrace says itself: messages and the maps that are left at the end. */
static bool is_chatter(const char *line)
{
    static const char *const beginnings[] = { "Attaching ", "Attached ",
                                              "ERROR: ", "WARNING: ", "@" };

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(line, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return scan_at_end(line);
}

/* "Lost 12 events", by newer ones as a warning. */
static bool is_loss(struct import *import, const char *line)
{
    const char *at = line;
    uint64_t count;

    scan_text(&at, "WARNING: ");
    if (!scan_text(&at, "Lost ") || !scan_decimal(&at, &count) || !scan_text(&at, " events"))
        return false;
    import->notes[NOTE_LOST] += count;
    return true;
}

/* bpftrace's own %p writes NULL as "(nil)". */
static bool take_address(struct import *import, const char **at, uint64_t *ret_address)
{
    *ret_address = 0;
    return scan_text(at, "(nil)") || scan_need_hex(import, at, "an address", ret_address);
}

static bool take_arguments(struct import *import, const char **at,
                           const struct event_function *function,
                           uint64_t arguments[EVENT_ARGUMENTS_MAX], uint64_t *ret_answer)
{
    for (size_t i = 0; function->arguments[i] != '\0'; i++)
        if (!scan_need_blanks(import, at) ||
            !(function->arguments[i] == 'p'
                  ? take_address(import, at, &arguments[i])
                  : scan_need_decimal(import, at, "a number of bytes", &arguments[i])))
            return false;
    *ret_answer = 0;
    return function->kind == TRACE_FREE ||
           (scan_need_blanks(import, at) && take_address(import, at, ret_answer));
}

static bool read_line(struct import *import, struct bpftrace *bpftrace, const char *line)
{
    const char *at = line;
    const struct event_function *function;
    uint64_t arguments[EVENT_ARGUMENTS_MAX];
    uint64_t answer;
    uint64_t now_ns;
    uint64_t pid;
    uint64_t tid;
    uint32_t space;

    if (is_loss(import, line) || is_chatter(line))
        return true;
    if (!scan_need_decimal(import, &at, "nanoseconds", &now_ns) || !scan_need_blanks(import, &at) ||
        !scan_need_decimal(import, &at, "a process", &pid) || !scan_need_blanks(import, &at) ||
        !scan_need_decimal(import, &at, "a thread", &tid) || !scan_need_blanks(import, &at))
        return false;
    function = event_function(at, strcspn(at, " \t"));
    if (!function)
        return scan_fail(import, at, EVENT_FUNCTIONS);
    at += strlen(function->name);
    return take_arguments(import, &at, function, arguments, &answer) && scan_need_end(import, at) &&
           event_time(import, &bpftrace->clock, now_ns,
                      "lines in the order of time: sort -sn FILE") &&
           threads_number(import, &bpftrace->pids, pid, &space) &&
           threads_number(import, &bpftrace->tids, tid, &import->thread) &&
           event_call(import, &bpftrace->objects, space, function, arguments, answer);
}

bool import_bpftrace(struct import *import)
{
    struct bpftrace bpftrace = { .clock = { false, 0 } };
    bool good = true;
    char *line;

    while (good && (line = import_next_line(import)) != NULL)
        good = read_line(import, &bpftrace, line);
    threads_free(&bpftrace.pids);
    threads_free(&bpftrace.tids);
    objects_free_all(&bpftrace.objects);
    return good && import->error[0] == '\0';
}

static enum scan_verdict judge(const char *line)
{
    const char *at = line;
    const struct event_function *function;
    uint64_t number;

    if (is_chatter(line) || scan_text(&at, "Lost "))
        return SCAN_NEUTRAL;
    for (int i = 0; i < 3; i++)
        if (!scan_decimal(&at, &number) || !scan_blanks(&at))
            return SCAN_FOREIGN;
    function = event_function(at, strcspn(at, " \t"));
    return function && strstr(at, " 0x") ? SCAN_PROOF : SCAN_FOREIGN;
}

bool looks_bpftrace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
