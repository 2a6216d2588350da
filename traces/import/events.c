/* SPDX-License-Identifier: 0BSD */
/* Whole calls, and the time between them. */
#include "events.h"

#include "scan.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_LOG2   12u
#define STEP_NS_MAX (UINT64_C(1) << 56) /* two years; more is damage */

/* -- Calls ------------------------------------------------------------------------------------- */

const struct event_function *event_function(const char *name, size_t bytes)
{
    static const struct event_function functions[] = {
        { "malloc", "b", TRACE_ALLOC },
        { "free", "p", TRACE_FREE },
        { "calloc", "nb", TRACE_ALLOC_ZEROED },
        { "realloc", "pb", TRACE_REALLOC },
        { "posix_memalign", "ab", TRACE_ALLOC_ALIGNED },
        { "aligned_alloc", "ab", TRACE_ALLOC_ALIGNED },
        { "memalign", "ab", TRACE_ALLOC_ALIGNED },
        { "reallocarray", "pnb", TRACE_REALLOC },
        { "valloc", "b", TRACE_ALLOC_ALIGNED },
        { "pvalloc", "w", TRACE_ALLOC_ALIGNED },
    };

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strlen(functions[i].name) == bytes && memcmp(functions[i].name, name, bytes) == 0)
            return &functions[i];
    return NULL;
}

static uint64_t whole_pages(uint64_t bytes)
{
    uint64_t mask = (UINT64_C(1) << PAGE_LOG2) - 1u;

    return bytes > UINT64_MAX - mask ? UINT64_MAX : (bytes + mask) & ~mask;
}

/* memalign() takes any alignment and rounds it up to a power of two. */
static bool take_align(struct import *import, uint64_t align, uint8_t *ret_log2)
{
    for (*ret_log2 = 0; *ret_log2 < 31u && UINT64_C(1) << *ret_log2 < align;)
        ++*ret_log2;
    return UINT64_C(1) << *ret_log2 >= align ||
           import_fail(import, "alignment %" PRIu64 " (expected at most 2147483648)", align);
}

bool event_call(struct import *import, struct objects *objects, uint32_t space,
                const struct event_function *function,
                const uint64_t arguments[EVENT_ARGUMENTS_MAX], uint64_t answer)
{
    struct trace_op op = { .kind = function->kind };
    uint64_t from = 0;
    uint64_t bytes = 1;

    if (function->kind == TRACE_ALLOC_ALIGNED)
        op.align_log2 = PAGE_LOG2; /* unless it is told */
    for (size_t i = 0; function->arguments[i] != '\0'; i++)
        switch (function->arguments[i]) {
        case 'p': from = arguments[i]; break;
        case 'n':
        case 'b': bytes = scan_product(bytes, arguments[i]); break;
        case 'w': bytes = whole_pages(arguments[i]); break;
        default: /* a call that failed may have had any alignment */
            if (answer != 0 && !take_align(import, arguments[i], &op.align_log2))
                return false;
        }
    switch (function->kind) {
    case TRACE_FREE: return objects_end(import, objects, space, from);
    case TRACE_REALLOC: return objects_resize(import, objects, space, from, answer, bytes);
    default: return objects_create(import, objects, space, answer, bytes, op);
    }
}

/* -- Time -------------------------------------------------------------------------------------- */

bool event_time(struct import *import, struct event_clock *clock, uint64_t now_ns,
                const char *order)
{
    if (clock->started && now_ns < clock->now_ns)
        return import_fail(import, "%" PRIu64 " ns before the line before (expected %s)",
                           clock->now_ns - now_ns, order);
    if (clock->started && now_ns - clock->now_ns > STEP_NS_MAX)
        return import_fail(import,
                           "%" PRIu64 " ns after the line before (expected at most %" PRIu64 ")",
                           now_ns - clock->now_ns, STEP_NS_MAX);
    if (clock->started)
        import->time_ns += now_ns - clock->now_ns;
    *clock = (struct event_clock){ true, now_ns };
    return true;
}
