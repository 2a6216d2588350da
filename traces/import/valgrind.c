/* SPDX-License-Identifier: 0BSD */
/* valgrind --trace-malloc=yes: a call a line among everything else it says:
 *
 *     --1047-- malloc(8) = 0x4A44040
 *     --1047-- memalign(al 256, size 1000) = 0x4A6D300
 *     --1047-- realloc(0x0,50)malloc(50) = 0x4A6D1F0     the last call of a line is what was done
 *     --1047-- realloc(0x4A6D1F0,0)free(0x4A6D1F0)
 *     --1047--  = 0                                      this line says nothing new
 *     --1047-- free(0x4A44040)
 *
 * The number is the process: each has a heap of its own, emptied when it runs another program.
 * Threads are not told. From 3.22 on posix_memalign() has no answer (unplaced.h). At the end
 * there are frees that libc does for valgrind alone. Source: coregrind/m_replacemalloc/.
 */
#include "formats.h"

#include "calls.h"
#include "scan.h"
#include "threads.h"
#include "unplaced.h"

#include <inttypes.h>
#include <stdio.h>

struct valgrind {
    struct objects objects;
    struct unplaced unplaced;
    struct threads processes;
    uint64_t calls;
    uint64_t broken; /* lines into which another thread wrote its own */
};

/* "--1047-- " or, with `dash` '=', "==1047== ". */
static bool scan_process(const char **at, char dash, uint64_t *ret_process)
{
    const char text[3] = { dash, dash, '\0' };
    const char *rest = *at;

    if (!scan_text(&rest, text) || !scan_decimal(&rest, ret_process) || !scan_text(&rest, text) ||
        !scan_text(&rest, " "))
        return false;
    *at = rest;
    return true;
}

static bool do_call(struct import *import, struct valgrind *valgrind, const struct call *call,
                    uint64_t to)
{
    struct objects *objects = &valgrind->objects;
    uint32_t space = import->thread;
    struct trace_op op;

    if (call->function->kind == TRACE_FREE)
        return unplaced_end(import, &valgrind->unplaced, objects, space, call->from);
    if (call->function->kind == TRACE_REALLOC)
        return objects_resize_end(
            import, objects, unplaced_resize_begin(&valgrind->unplaced, objects, space, call->from),
            to, call->bytes);
    if (to == 0 && !call->function->hides_address) {
        import->notes[NOTE_FAILED]++;
        return true;
    }
    if (!call_op(import, call, &op))
        return false;
    return call->function->hides_address
               ? unplaced_create(import, &valgrind->unplaced, objects, call->bytes, op)
               : objects_create(import, objects, space, to, call->bytes, op);
}

/* A call that another one follows in its line: that one does its work, or it failed before it could
 * say so, or another thread came between.
 */
static void drop_outer(struct import *import, struct valgrind *valgrind, const struct call *call)
{
    if (call->bytes == UINT64_MAX)
        import->notes[NOTE_FAILED]++;
    else if (call->function->kind != TRACE_REALLOC)
        valgrind->broken++;
}

static bool read_call(struct import *import, struct valgrind *valgrind, const char *at,
                      const struct call_function *function)
{
    struct call call;
    uint64_t to = 0;

    for (;;) {
        const struct call_function *inner;
        if (!call_arguments(import, &at, function, &call) || !scan_need_text(import, &at, ")"))
            return false;
        inner = call_scan_name(&at);
        if (!inner)
            break;
        drop_outer(import, valgrind, &call);
        function = inner;
    }
    if (function->kind != TRACE_FREE && !function->hides_address)
        if (!scan_need_text(import, &at, " = ") || !scan_need_hex(import, &at, "an address", &to))
            return false;
    valgrind->calls++;
    return scan_need_end(import, at) && do_call(import, valgrind, &call, to);
}

/* A process runs a program, its first one or another: nothing of its old heap is left. */
static bool run_program(struct import *import, struct valgrind *valgrind, uint64_t process)
{
    uint32_t known = valgrind->processes.count;

    return threads_number(import, &valgrind->processes, process, &import->thread) &&
           (import->thread == known ||
            objects_end_space(import, &valgrind->objects, import->thread));
}

/* Lines that are not of valgrind, or not of calls, are passed over. */
static bool read_line(struct import *import, struct valgrind *valgrind, const char *at)
{
    const struct call_function *function;
    uint64_t process;

    if (scan_process(&at, '=', &process))
        return !scan_text(&at, "Command: ") || run_program(import, valgrind, process);
    if (!scan_process(&at, '-', &process) || !(function = call_scan_name(&at)))
        return true;
    return threads_number(import, &valgrind->processes, process, &import->thread) &&
           read_call(import, valgrind, at, function);
}

static bool note(struct import *import, const struct valgrind *valgrind)
{
    char value[96];

    if (valgrind->calls == 0)
        return import_fail(import, "no call in it, expected lines '--PID-- malloc(8) = 0x...'");
    snprintf(value, sizeof value, "%" PRIu64 " calls into whose lines another thread wrote",
             valgrind->broken);
    return (valgrind->broken == 0 || import_text(import, "dropped", value)) &&
           unplaced_note(import, &valgrind->unplaced);
}

bool import_valgrind(struct import *import)
{
    struct valgrind valgrind = { .calls = 0 };
    bool good = true;

    for (char *line = NULL; good && (line = import_next_line(import)) != NULL;)
        good = read_line(import, &valgrind, line);
    good = good && import->error[0] == '\0' && note(import, &valgrind);
    objects_free_all(&valgrind.objects);
    unplaced_free_all(&valgrind.unplaced);
    threads_free(&valgrind.processes);
    return good;
}

/* -- Looks ------------------------------------------------------------------------------------- */

/* The program's own output may be in between, so nothing is foreign. */
static enum scan_verdict judge(const char *line)
{
    uint64_t process;

    return scan_process(&line, '-', &process) && call_scan_name(&line) ? SCAN_PROOF : SCAN_NEUTRAL;
}

bool looks_valgrind(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
