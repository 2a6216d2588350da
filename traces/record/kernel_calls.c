/* SPDX-License-Identifier: 0BSD */
/* System calls that have begun, in the C library's balanced tree. */
#define _GNU_SOURCE /* tdestroy */
#include "kernel_calls.h"

#include <search.h>
#include <stdlib.h>

struct call {
    uint32_t pid;
    uint64_t bytes;
};

static int by_pid(const void *left, const void *right)
{
    uint32_t a = ((const struct call *)left)->pid;
    uint32_t b = ((const struct call *)right)->pid;

    return (a > b) - (a < b);
}

void kernel_calls_free(struct kernel_calls *calls)
{
    tdestroy(calls->tree, free);
    calls->tree = NULL;
}

void kernel_calls_begin(struct kernel_calls *calls, uint32_t pid, uint64_t bytes)
{
    struct call *call = malloc(sizeof *call);
    struct call **found;

    if (!call)
        return;
    *call = (struct call){ pid, bytes };
    found = tsearch(call, &calls->tree, by_pid);
    if (found && *found != call) {
        (*found)->bytes = bytes; /* the end of the one before was lost */
        free(call);
    } else if (!found) {
        free(call);
    }
}

uint64_t kernel_calls_end(struct kernel_calls *calls, uint32_t pid)
{
    struct call wanted = { pid, 0 };
    struct call **found = tfind(&wanted, &calls->tree, by_pid);
    struct call *call = found ? *found : NULL;
    uint64_t bytes = call ? call->bytes : 0;

    if (call)
        tdelete(&wanted, &calls->tree, by_pid);
    free(call);
    return bytes;
}
