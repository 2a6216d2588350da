/* SPDX-License-Identifier: 0BSD */
/* Calls that have begun and not ended yet. */
#include "pending.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64u   /* calls nest a few deep; below this are only such that got lost */
#define STACK_MAX 1024u /* from time to time these are forgotten */

struct pending_stack {
    struct pending_call *at;
    size_t count;
    size_t room;
};

void pending_free_all(struct pending *pending)
{
    for (size_t thread = 0; thread < pending->room; thread++)
        free(pending->threads[thread].at);
    free(pending->threads);
    *pending = (struct pending){ NULL, 0 };
}

static struct pending_stack *stack_of(const struct pending *pending, uint32_t thread)
{
    return thread < pending->room ? &pending->threads[thread] : NULL;
}

bool pending_push(struct import *import, struct pending *pending, uint32_t thread,
                  const struct pending_call *call)
{
    void *threads = pending->threads;
    struct pending_stack *stack;
    void *at;

    if (!import_room(import, &threads, &pending->room, sizeof *pending->threads, thread))
        return false;
    pending->threads = threads;
    stack = &pending->threads[thread];
    if (stack->count == STACK_MAX) {
        memmove(stack->at, stack->at + STACK_MAX - DEPTH_MAX, DEPTH_MAX * sizeof *stack->at);
        stack->count = DEPTH_MAX;
    }
    at = stack->at;
    if (!import_room(import, &at, &stack->room, sizeof *stack->at, stack->count))
        return false;
    stack->at = at;
    stack->at[stack->count++] = *call;
    return true;
}

/* How far down the stack is worth a look. */
static size_t bottom_of(const struct pending_stack *stack)
{
    return stack->count > DEPTH_MAX ? stack->count - DEPTH_MAX : 0;
}

bool pending_pop(struct pending *pending, uint32_t thread, const char *name, size_t name_bytes,
                 struct pending_call *ret_call)
{
    struct pending_stack *stack = stack_of(pending, thread);
    size_t bytes = name_bytes < PENDING_NAME_BYTES ? name_bytes : PENDING_NAME_BYTES - 1u;

    if (!stack)
        return false;
    for (size_t i = stack->count; i > bottom_of(stack); i--) {
        const struct pending_call *call = &stack->at[i - 1u];
        if (strncmp(call->name, name, bytes) != 0 || call->name[bytes] != '\0')
            continue;
        *ret_call = *call;
        stack->count = i - 1u;
        return true;
    }
    return false;
}

bool pending_has(const struct pending *pending, uint32_t thread, uint64_t address)
{
    const struct pending_stack *stack = stack_of(pending, thread);

    if (!stack || address == 0)
        return false;
    for (size_t i = stack->count; i > bottom_of(stack); i--)
        if (stack->at[i - 1u].call.from == address)
            return true;
    return false;
}

void pending_answered(struct pending *pending, uint32_t thread, uint64_t address)
{
    struct pending_stack *stack = stack_of(pending, thread);

    if (stack && stack->count > 0)
        stack->at[stack->count - 1u].inner_address = address;
}
