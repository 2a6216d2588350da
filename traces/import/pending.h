/* SPDX-License-Identifier: 0BSD */
/* Calls that have begun and not ended yet, a stack for each thread: tracers cut a call in two when
 * another thread, or a call within it, comes between. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_PENDING_H
#define LOOKASIDE_IMPORT_PENDING_H

#include "calls.h"

#define PENDING_NAME_BYTES 64u /* longer names are told apart by their beginnings */

struct pending_call {
    char name[PENDING_NAME_BYTES];
    struct call call;
    struct object_resizing resizing; /* of a realloc: its object, taken out of the table */
    bool within;                     /* part of an outer call on the same pointer */
    uint64_t inner_address;          /* the last answer of an allocation within it */
};

/* Zeroed is empty. */
struct pending {
    struct pending_stack *threads;
    size_t room;
};

void pending_free_all(struct pending *pending);

bool pending_push(struct import *import, struct pending *pending, uint32_t thread,
                  const struct pending_call *call);

/* The call named `name` that began last in that thread. Calls that began after it have got lost (an
 * exception left them) and are forgotten. False if there is none.
 */
bool pending_pop(struct pending *pending, uint32_t thread, const char *name, size_t name_bytes,
                 struct pending_call *ret_call);

/* Whether the thread is in a call that frees or resizes `address`. */
bool pending_has(const struct pending *pending, uint32_t thread, uint64_t address);

/* An allocation of the thread has answered `address`: the call around it, if any, will too. */
void pending_answered(struct pending *pending, uint32_t thread, uint64_t address);

#endif
