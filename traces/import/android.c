/* SPDX-License-Identifier: 0BSD */
/* Android's memory_replay: a call a line, by thread, with pointers in hexadecimal and all other
 * numbers in decimal:
 *
 *     TID: malloc PTR BYTES
 *     TID: calloc PTR COUNT BYTES
 *     TID: realloc PTR OLD BYTES
 *     TID: memalign PTR ALIGN BYTES
 *     TID: free PTR
 *     TID: thread_done 0x0
 *
 * Each may end in the nanoseconds when the call began and ended (thread_done: ended), and in a
 * number of bytes that were present. Source: AOSP, libmemory_trace/MemoryTrace.cpp.
 */
#include "formats.h"

#include "clock.h"
#include "objects.h"
#include "scan.h"
#include "threads.h"

#include <inttypes.h>

struct android {
    struct objects objects;
    struct threads threads;
    struct clock clock;
};

enum { MALLOC, CALLOC, REALLOC, MEMALIGN, FREE, THREAD_DONE };

static const struct {
    const char *name;
    int numbers; /* behind the pointer */
} calls[] = {
    [MALLOC] = { "malloc", 1 },   [CALLOC] = { "calloc", 2 },
    [REALLOC] = { "realloc", 2 }, [MEMALIGN] = { "memalign", 2 },
    [FREE] = { "free", 0 },       [THREAD_DONE] = { "thread_done", 0 },
};

#define CALLS (sizeof calls / sizeof calls[0])

/* A call's name and the blanks behind it; CALLS if it is none. */
static size_t scan_call(const char **at)
{
    for (size_t call = 0; call < CALLS; call++) {
        const char *rest = *at;
        if (scan_text(&rest, calls[call].name) && scan_blanks(&rest)) {
            *at = rest;
            return call;
        }
    }
    return CALLS;
}

/* What is left of the line: nothing, or the times. */
static bool read_times(struct import *import, struct android *android, size_t call, const char *at)
{
    uint64_t begin_ns = 0;
    uint64_t other;

    scan_blanks(&at);
    if (*at == '\0')
        return true;
    if (!scan_need_decimal(import, &at, "nanoseconds", &begin_ns))
        return false;
    if (call != THREAD_DONE &&
        (!scan_need_blanks(import, &at) || !scan_need_decimal(import, &at, "nanoseconds", &other)))
        return false;
    scan_blanks(&at);
    scan_decimal(&at, &other); /* the bytes that were present */
    if (!scan_need_end(import, at))
        return false;
    if (call == THREAD_DONE || begin_ns == 0)
        return true; /* 0 stands for none */
    return clock_forward(import, &android->clock, begin_ns);
}

static bool do_call(struct import *import, struct android *android, size_t call, uint64_t pointer,
                    const uint64_t *number)
{
    struct objects *objects = &android->objects;
    struct trace_op op = { .kind = TRACE_ALLOC };

    switch (call) {
    case MALLOC: return objects_create(import, objects, 0, pointer, number[0], op);
    case CALLOC:
        op.kind = TRACE_ALLOC_ZEROED;
        return objects_create(import, objects, 0, pointer, scan_product(number[0], number[1]), op);
    case REALLOC: return objects_resize(import, objects, 0, number[0], pointer, number[1]);
    case MEMALIGN:
        op.kind = TRACE_ALLOC_ALIGNED;
        if (pointer != 0 && !scan_align_log2(number[0], &op.align_log2))
            return import_fail(import,
                               "alignment %" PRIu64 " (expected a power of two up to 2147483648)",
                               number[0]);
        return objects_create(import, objects, 0, pointer, number[1], op);
    case FREE: return objects_end(import, objects, 0, pointer);
    default: return true;
    }
}

static bool read_line(struct import *import, struct android *android, const char *at)
{
    uint64_t thread;
    uint64_t pointer;
    uint64_t number[2] = { 0, 0 };
    size_t call;

    scan_blanks(&at);
    if (!scan_need_decimal(import, &at, "a thread", &thread) || !scan_need_text(import, &at, ":"))
        return false;
    scan_blanks(&at);
    call = scan_call(&at);
    if (call == CALLS)
        return scan_fail(import, at, "malloc, calloc, realloc, memalign, free or thread_done");
    if (!scan_need_hex(import, &at, "a pointer", &pointer))
        return false;
    for (int i = 0; i < calls[call].numbers; i++) {
        scan_blanks(&at);
        if (!(call == REALLOC && i == 0 ? scan_need_hex(import, &at, "the old pointer", &number[i])
                                        : scan_need_decimal(import, &at, "a number", &number[i])))
            return false;
    }
    return read_times(import, android, call, at) &&
           threads_number(import, &android->threads, thread, &import->thread) &&
           do_call(import, android, call, pointer, number);
}

bool import_android(struct import *import)
{
    struct android android = { .clock = { .started = false } };
    bool good = true;

    for (char *line = NULL; good && (line = import_next_line(import)) != NULL;)
        if (!scan_at_end(line))
            good = read_line(import, &android, line);
    objects_free_all(&android.objects);
    threads_free(&android.threads);
    return good && import->error[0] == '\0';
}

/* -- Looks ------------------------------------------------------------------------------------- */

static enum scan_verdict judge(const char *line)
{
    uint64_t number;

    scan_blanks(&line);
    return scan_decimal(&line, &number) && scan_text(&line, ":") && scan_blanks(&line) &&
                   scan_call(&line) < CALLS
               ? SCAN_PROOF
               : SCAN_FOREIGN;
}

bool looks_android(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
