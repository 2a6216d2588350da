/* SPDX-License-Identifier: 0BSD */
/* ltrace: a call a line, with who made it in front (nothing, "1043 " or "[pid 1043] "), perhaps a
 * time (-t, -tt, -ttt, -r), and the object that it was called from:
 *
 *     1043 tiny->malloc(8)                    = 0x55643208e2a0
 *     1043 tiny->free(0x55643208e2a0)         = <void>
 *     1044 tiny->malloc(100 <unfinished ...>
 *     1044 <... malloc resumed> )             = 0x7f1088000b70
 *     1043 +++ exited (status 0) +++
 *
 * Other functions, signals and what the program prints may be in between. Only calls through the
 * PLT of the traced objects are seen, so objects may come from nowhere (strdup). The pid is taken
 * for a thread: a fork's child looks like one too. An object is gone when its free() begins and
 * there when its malloc() has ended, because others may be handed the address in between. A call
 * within a call, as operator new makes of malloc(), is the same call seen twice. Where
 * posix_memalign() puts its block is not told (unplaced.h).
 */
#include "formats.h"

#include "clock.h"
#include "pending.h"
#include "scan.h"
#include "threads.h"
#include "unplaced.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S    UINT64_C(1000000000)
#define SECONDS_MAX (UINT64_C(1) << 33)
#define RELATIVE_MAX                                                                               \
    1000000u /* seconds: more is a date (-ttt), less the time since the last (-r) */

struct ltrace {
    struct objects objects;
    struct unplaced unplaced;
    struct threads threads;
    struct pending pending;
    uint64_t calls;
    uint64_t begun_before;
    struct clock clock;
};

/* -- In front of the call ---------------------------------------------------------------------- */

static bool scan_pid(const char **at, uint64_t *ret_pid)
{
    const char *rest = *at;

    if (scan_text(&rest, "[pid ")) {
        if (!scan_decimal(&rest, ret_pid) || !scan_text(&rest, "]"))
            return false;
    } else if (!scan_decimal(&rest, ret_pid)) {
        return false;
    }
    if (!scan_blanks(&rest))
        return false;
    *at = rest;
    return true;
}

/* "12:34:56.000001 ", "1795207881.507325 " or "0.000128 ", the last of which is relative. */
static bool scan_clock(const char **at, uint64_t *ret_ns, bool *ret_relative)
{
    const char *rest = *at;
    uint64_t seconds;
    uint64_t part;
    uint64_t ns = 0;

    if (!scan_decimal(&rest, &seconds) || seconds > SECONDS_MAX || (*rest != ':' && *rest != '.'))
        return false;
    *ret_relative = *rest == '.' && seconds < RELATIVE_MAX;
    while (seconds <= SECONDS_MAX && scan_text(&rest, ":") && scan_decimal(&rest, &part))
        seconds = seconds * 60u + part % 60u;
    if (seconds > SECONDS_MAX)
        return false;
    if (scan_text(&rest, "."))
        for (uint64_t scale = NS_PER_S / 10u; *rest >= '0' && *rest <= '9'; rest++, scale /= 10u)
            ns += (uint64_t)(*rest - '0') * scale;
    if (!scan_blanks(&rest))
        return false;
    *at = rest;
    *ret_ns = seconds * NS_PER_S + ns;
    return true;
}

struct front {
    uint64_t pid;
    uint64_t clock_ns;
    bool clocked;
    bool relative;
    bool from_object; /* "tiny->" was there */
};

/* Moves to the call. */
static struct front scan_front(const char **at)
{
    const char *pid = strstr(*at, "[pid ");
    const char *object;
    struct front front = { .pid = 0 };

    scan_blanks(at);
    if (!scan_pid(at, &front.pid) && pid) {
        *at = pid; /* the program has printed something without an end of line */
        scan_pid(at, &front.pid);
    }
    front.clocked = scan_clock(at, &front.clock_ns, &front.relative);
    object = strstr(*at, "->");
    front.from_object = object && object < *at + strcspn(*at, "(\"");
    if (front.from_object)
        *at = object + 2;
    scan_blanks(at);
    return front;
}

/* Let the time go on to that of the line. */
static bool advance(struct import *import, struct ltrace *ltrace, const struct front *front)
{
    return !front->clocked ||
           clock_forward(import, &ltrace->clock,
                         front->clock_ns + (front->relative ? ltrace->clock.now_ns : 0));
}

/* -- Calls ------------------------------------------------------------------------------------- */

/* The call begins: a free is done, a realloc takes its object out. */
static bool begin_call(struct import *import, struct ltrace *ltrace, struct pending_call *call)
{
    uint64_t from = call->call.from;

    call->within = pending_has(&ltrace->pending, import->thread, from);
    if (call->within)
        return true;
    if (call->call.function->kind == TRACE_FREE)
        return unplaced_end(import, &ltrace->unplaced, &ltrace->objects, 0, from);
    if (call->call.function->kind == TRACE_REALLOC)
        call->resizing = unplaced_resize_begin(&ltrace->unplaced, &ltrace->objects, 0, from);
    return true;
}

/* An allocation has ended with an address, or (posix_memalign) with a status. */
static bool end_allocation(struct import *import, struct ltrace *ltrace,
                           const struct pending_call *call, uint64_t value)
{
    bool hidden = call->call.function->hides_address;
    struct trace_op op;

    if (hidden ? value != 0 : value == 0) {
        import->notes[NOTE_FAILED]++;
        return true;
    }
    if (call->inner_address != 0 && (hidden || value == call->inner_address)) {
        pending_answered(&ltrace->pending, import->thread, call->inner_address);
        return true;
    }
    if (!call_op(import, &call->call, &op))
        return false;
    if (hidden)
        return unplaced_create(import, &ltrace->unplaced, &ltrace->objects, call->call.bytes, op);
    pending_answered(&ltrace->pending, import->thread, value);
    return objects_create(import, &ltrace->objects, 0, value, call->call.bytes, op);
}

static bool end_call(struct import *import, struct ltrace *ltrace, const struct pending_call *call,
                     uint64_t value)
{
    if (call->within || call->call.function->kind == TRACE_FREE)
        return true;
    if (call->call.function->kind != TRACE_REALLOC)
        return end_allocation(import, ltrace, call, value);
    if (call->call.from == 0 && value != 0 && value == call->inner_address)
        return true;
    pending_answered(&ltrace->pending, import->thread, value);
    return objects_resize_end(import, &ltrace->objects, call->resizing, value, call->call.bytes);
}

/* "...)   = VALUE", and perhaps how long it took (-T). */
static bool read_answer(struct import *import, const char *at, uint64_t *ret_value)
{
    while (scan_past(&at, ")")) { /* "(nil)" among the arguments has one too */
        const char *rest = at;
        scan_blanks(&rest);
        if (!scan_text(&rest, "="))
            continue;
        scan_blanks(&rest);
        *ret_value = 0;
        return scan_text(&rest, "<void>") || call_scan_value(&rest, ret_value) ||
               scan_fail(import, rest, "an answer (a pointer, a number or <void>)");
    }
    return scan_fail(import, at, "') =' and the answer");
}

/* NAME(ARGUMENTS) = VALUE, or what of it there is before another call comes. */
static bool read_call(struct import *import, struct ltrace *ltrace, const char *name,
                      const char *at, const struct call_function *function)
{
    struct pending_call call = { .within = false };
    uint64_t value = 0;

    snprintf(call.name, sizeof call.name, "%.*s", (int)(at - name) - 1, name);
    if (!call_arguments(import, &at, function, &call.call))
        return false;
    ltrace->calls++;
    if (strstr(at, "<unfinished ...>"))
        return begin_call(import, ltrace, &call) &&
               pending_push(import, &ltrace->pending, import->thread, &call);
    if (strstr(at, "<no return ...>")) /* the program ended in it */
        return true;
    return read_answer(import, at, &value) && begin_call(import, ltrace, &call) &&
           end_call(import, ltrace, &call, value);
}

/* "<... NAME resumed> ) = VALUE", from the name on. */
static bool read_resumed(struct import *import, struct ltrace *ltrace, const char *at)
{
    char name[PENDING_NAME_BYTES + 1u];
    const char *begin = name;
    const char *end = strstr(at, " resumed>");
    struct pending_call call;
    uint64_t value;

    if (!end)
        return true;
    snprintf(name, sizeof name, "%.*s(", (int)(end - at), at);
    if (!call_scan_name(&begin))
        return true;
    if (!read_answer(import, end, &value))
        return false;
    if (pending_pop(&ltrace->pending, import->thread, at, (size_t)(end - at), &call))
        return end_call(import, ltrace, &call, value);
    ltrace->begun_before++;
    return true;
}

static bool read_line(struct import *import, struct ltrace *ltrace, const char *at)
{
    const struct call_function *function = NULL;
    struct front front = scan_front(&at);
    const char *name = at;
    bool resumed = scan_text(&at, "<... ");

    if (!advance(import, ltrace, &front))
        return false;
    if (!resumed && !(function = call_scan_name(&at)))
        return true; /* another function, a signal, or the program's own words */
    if (!threads_number(import, &ltrace->threads, front.pid, &import->thread))
        return false;
    return resumed ? read_resumed(import, ltrace, at)
                   : read_call(import, ltrace, name, at, function);
}

static bool note(struct import *import, const struct ltrace *ltrace)
{
    char value[96];

    if (ltrace->calls == 0)
        return import_fail(import, "no call in it, expected lines 'malloc(8) = 0x...'");
    snprintf(value, sizeof value, "%" PRIu64 " calls that began before the recording",
             ltrace->begun_before);
    return (ltrace->begun_before == 0 || import_text(import, "dropped", value)) &&
           unplaced_note(import, &ltrace->unplaced);
}

bool import_ltrace(struct import *import)
{
    struct ltrace ltrace = { .calls = 0 };
    bool good = true;

    for (char *line = NULL; good && (line = import_next_line(import)) != NULL;)
        good = read_line(import, &ltrace, line);
    good = good && import->error[0] == '\0' && note(import, &ltrace);
    objects_free_all(&ltrace.objects);
    unplaced_free_all(&ltrace.unplaced);
    threads_free(&ltrace.threads);
    pending_free_all(&ltrace.pending);
    return good;
}

/* -- Looks ------------------------------------------------------------------------------------- */

/* Any function is a proof if it is called from a named object; one of ours also if its answer
 * stands behind blanks (logalloc has none, strace none of ours). What the program prints may be in
 * between.
 */
static enum scan_verdict judge(const char *line)
{
    const char *at = line;
    struct front front = scan_front(&at);

    if (line[0] == '-') /* valgrind; here only a signal */
        return SCAN_NEUTRAL;
    if (!front.from_object && !call_scan_name(&at))
        return SCAN_NEUTRAL;
    return strstr(at, ") ") || strstr(at, " <unfinished ...>") ? SCAN_PROOF : SCAN_NEUTRAL;
}

bool looks_ltrace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
