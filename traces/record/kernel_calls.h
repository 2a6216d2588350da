/* SPDX-License-Identifier: 0BSD */
/* System calls that have begun and not ended: what a thread asked for, until the answer is known.
 * Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_KERNEL_CALLS_H
#define LOOKASIDE_RECORD_KERNEL_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed is empty. */
struct kernel_calls {
    void *tree; /* of struct call, by thread */
};

void kernel_calls_free(struct kernel_calls *calls);

/* `pid` asks for `bytes`. Without memory the call is forgotten. O(log n). */
void kernel_calls_begin(struct kernel_calls *calls, uint32_t pid, uint64_t bytes);

/* `pid` has its answer: how much it asked for, 0 if that is not known. O(log n). */
uint64_t kernel_calls_end(struct kernel_calls *calls, uint32_t pid);

#endif
