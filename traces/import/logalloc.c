/* SPDX-License-Identifier: 0BSD */
/* Mozilla's logalloc: Firefox with MALLOC_LOG, raw or through logalloc_munge.py.
 *
 *     raw       13663 13667 malloc(42)=0x7f0c33502040     13663 free(0x7f0c33502040)
 *     munged    1 1 malloc(42)=#1                         1 free(#1)
 *
 * Process and thread; old ones have no thread. A munged log uses a slot again when it is free. What
 * munging did not know it left out, but NULL has a slot like any other, in which nothing is ever
 * allocated. Each process has its own addresses.
 */
#include "formats.h"

#include "events.h"
#include "scan.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

struct process {
    struct threads threads; /* recorded thread ids are those of pthread_self(), known here only */
};

struct logalloc {
    struct objects objects;
    struct threads pids;
    struct process *processes;
    size_t processes_room;
    struct threads all; /* (process, thread) */
};

/* Who and where: the address space, and import->thread. */
static bool take_ids(struct import *import, struct logalloc *logalloc, const char **at,
                     uint32_t *ret_space)
{
    void *processes = logalloc->processes;
    uint64_t pid;
    uint64_t tid;
    uint32_t thread;

    if (!scan_need_decimal(import, at, "a process", &pid) || !scan_need_blanks(import, at))
        return false;
    tid = pid;
    if (scan_decimal(at, &tid) && !scan_need_blanks(import, at))
        return false;
    if (!threads_number(import, &logalloc->pids, pid, ret_space) ||
        !import_room(import, &processes, &logalloc->processes_room, sizeof *logalloc->processes,
                     *ret_space))
        return false;
    logalloc->processes = processes;
    return threads_number(import, &logalloc->processes[*ret_space].threads, tid, &thread) &&
           threads_number(import, &logalloc->all, (uint64_t)*ret_space << 32 | thread,
                          &import->thread);
}

/* "0x7f00" or "#5"; a slot that nothing is in stands for NULL if it is an argument. */
static bool take_address(struct import *import, struct logalloc *logalloc, const char **at,
                         uint32_t space, bool is_argument, uint64_t *ret_address)
{
    if (!scan_text(at, "#"))
        return scan_need_hex(import, at, "an address or a slot", ret_address);
    if (!scan_need_decimal(import, at, "a slot", ret_address))
        return false;
    if (is_argument && !objects_find(&logalloc->objects, space, *ret_address))
        *ret_address = 0;
    return true;
}

static bool take_arguments(struct import *import, struct logalloc *logalloc, const char **at,
                           uint32_t space, const char *letters,
                           uint64_t arguments[EVENT_ARGUMENTS_MAX])
{
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (i > 0 && !scan_need_text(import, at, ","))
            return false;
        scan_blanks(at);
        if (!(letters[i] == 'p'
                  ? take_address(import, logalloc, at, space, true, &arguments[i])
                  : scan_need_decimal(import, at, "a number of bytes", &arguments[i])))
            return false;
    }
    return scan_need_text(import, at, ")");
}

static bool read_line(struct import *import, struct logalloc *logalloc, const char *line)
{
    const char *at = line + strspn(line, " \t");
    const struct event_function *function;
    uint64_t arguments[EVENT_ARGUMENTS_MAX];
    uint64_t answer = 0;
    uint32_t space;

    if (scan_at_end(line))
        return true;
    if (!take_ids(import, logalloc, &at, &space))
        return false;
    if (scan_text(&at, "jemalloc_stats()"))
        return scan_need_end(import, at);
    function = event_function(at, strcspn(at, "("));
    if (!function)
        return scan_fail(import, at, EVENT_FUNCTIONS);
    at += strlen(function->name);
    if (!scan_need_text(import, &at, "(") ||
        !take_arguments(import, logalloc, &at, space, function->arguments, arguments))
        return false;
    if (function->kind != TRACE_FREE &&
        (!scan_need_text(import, &at, "=") ||
         !take_address(import, logalloc, &at, space, false, &answer)))
        return false;
    return scan_need_end(import, at) &&
           event_call(import, &logalloc->objects, space, function, arguments, answer);
}

bool import_logalloc(struct import *import)
{
    struct logalloc logalloc = { .processes = NULL };
    bool good = true;
    char *line;

    while (good && (line = import_next_line(import)) != NULL)
        good = read_line(import, &logalloc, line);
    for (uint32_t i = 0; i < logalloc.pids.count && i < logalloc.processes_room; i++)
        threads_free(&logalloc.processes[i].threads);
    free(logalloc.processes);
    threads_free(&logalloc.pids);
    threads_free(&logalloc.all);
    objects_free_all(&logalloc.objects);
    return good && import->error[0] == '\0';
}

/* ltrace has blanks around the '=', and one behind a free() too. */
static enum scan_verdict judge(const char *line)
{
    const char *at = line + strspn(line, " \t");
    const struct event_function *function;
    uint64_t id;

    if (!scan_decimal(&at, &id) || !scan_blanks(&at))
        return SCAN_FOREIGN;
    if (scan_decimal(&at, &id) && !scan_blanks(&at))
        return SCAN_FOREIGN;
    if (strcmp(at, "jemalloc_stats()") == 0)
        return SCAN_PROOF;
    function = event_function(at, strcspn(at, "("));
    if (!function || !scan_past(&at, ")"))
        return SCAN_FOREIGN;
    if (function->kind == TRACE_FREE)
        return *at == '\0' ? SCAN_PROOF : SCAN_FOREIGN;
    return scan_text(&at, "=0x") || scan_text(&at, "=#") ? SCAN_PROOF : SCAN_FOREIGN;
}

bool looks_logalloc(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
