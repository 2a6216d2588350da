/* SPDX-License-Identifier: 0BSD */
/* What the kernel, trace-cmd and perf print behind the name of a memory event: fields in any order,
 * `ptr=0xffff8881229dc500 bytes_req=256 ...`; what is not needed is not looked at. Private to
 * traces/import.
 */
#ifndef LOOKASIDE_IMPORT_FTRACE_FIELDS_H
#define LOOKASIDE_IMPORT_FTRACE_FIELDS_H

#include "kmem.h"

/* Room for the words that an event refers to. */
struct ftrace_words {
    char site[LABEL_BYTES_MAX + 1u];
    char cache[LABEL_BYTES_MAX + 1u];
};

/* The kind of the event of that name, with or without its system ("kmem:kmalloc"). */
bool ftrace_kind(const char *name, size_t bytes, enum kmem_kind *ret_kind);

/* Fill what `event->kind` has from `fields`; the rest of *event stays. A field that is missing or
 * malformed is an error of the line.
 */
bool ftrace_fields(struct import *import, const char *fields, struct kmem_event *event,
                   struct ftrace_words *words);

#endif
