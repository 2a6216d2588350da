/* SPDX-License-Identifier: 0BSD */
/* Replaying a trace in the kernel: the same interpreter over the same core as on the host, in an
 * address space of its own whose pages come by real page faults.
 */
#ifndef KERNEL_TRACE_RUN_H
#define KERNEL_TRACE_RUN_H

#include <lookaside/replay.h>

#include <kernel/port.h>

struct trace_run {
    struct replay_result result;
    uint32_t zero_faults; /* taken while it ran */
    uint32_t pages_peak;  /* frames mapped in the space at once; looked at every 256 ops */
    char message[160];    /* why it ended early; "" if it did not */
};

/* Where the ops come from: true and the next op, or false at the end or with run->message set. */
typedef bool (*trace_op_fn)(void *context, struct trace_run *run, struct trace_op *ret_op);

/* Run at most `upto` ops (0: all) with these numbers of slots (by enum trace_slot_kind). False and
 * run->message: something is broken, or memory ran out in a fault. Every frame comes back.
 */
bool trace_run_ops(struct trace_run *run, const uint32_t slots[4], trace_op_fn next, void *context,
                   uint64_t upto);

/* The same of a binary trace in memory. */
bool trace_run(struct trace_run *run, const uint8_t *bytes, uint32_t length, uint64_t upto);

#endif
