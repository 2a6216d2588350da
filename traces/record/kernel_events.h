/* SPDX-License-Identifier: 0BSD */
/* The kernel's memory events: which ones a recording needs, and what their bytes mean, which every
 * kernel tells about itself. Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_KERNEL_EVENTS_H
#define LOOKASIDE_RECORD_KERNEL_EVENTS_H

#include "kernel_calls.h"
#include "kernel_spool.h"

#include "../import/kmem.h"

struct tep_handle;
struct kernel_format;

struct kernel_events {
    struct tep_handle *tep;
    struct kernel_format *formats; /* of the events that are wanted */
    int count;
    uint64_t zero_flag; /* __GFP_ZERO of this kernel */
    bool labels;
    struct kernel_calls maps;        /* mmap(MAP_STACK) that has begun */
    char site[LABEL_BYTES_MAX + 1u]; /* of the last event */
    char cache[LABEL_BYTES_MAX + 1u];
};

/* Learn the events that `what` needs. With `labels`, call sites get their names later. False and a
 * message if this kernel lacks one.
 */
bool kernel_events_open(struct kernel_events *ret_events, enum import_kernel what, bool labels,
                        char *error, size_t error_size);
void kernel_events_close(struct kernel_events *events);

/* Have the kernel write them. */
bool kernel_events_enable(const struct kernel_events *events, struct kernel_instance *instance,
                          char *error, size_t error_size);

/* What `raw` says; with the names of call site and cache if there are labels. `own` is the number
 * of the recorder: what it does itself (interrupts that came upon it are not that) is marked. False
 * for an event that nobody wanted. The words are good until the next call.
 */
bool kernel_events_read(struct kernel_events *events, const struct kernel_raw *raw, uint32_t own,
                        struct kmem_event *ret_event);

#endif
