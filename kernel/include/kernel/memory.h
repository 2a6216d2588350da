/* SPDX-License-Identifier: 0BSD */
/* Page frames: who has which 4 KiB of RAM. A strategy of kernel/frames, picked at boot by
 * frames=NAME on the command line, does the work; here is what a kernel adds: zones for those
 * strategies that know none, rows for those that have none, failures on request, and counting.
 *
 * Safe against interrupts; takes no locks and never faults.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include "frames.h"

#include <kernel/port.h>

/* Hand all free memory to the strategy `name` of `length` bytes; NULL or the name of none: bitmap.
 * False: there is not enough memory for its books.
 */
bool memory_start(const struct boot_info *boot, const char *name, uint32_t length);

/* The strategy in use. */
const struct frames_strategy *memory_strategy(void);

/* A frame of `zone` or a lower one, contents undefined. PORT_NO_FRAME: there is none. O(strategy).
 */
uint32_t memory_take(enum frames_zone zone);

/* The same, and the frame reads as zero. */
uint32_t memory_take_zeroed(enum frames_zone zone);

/* 2^order frames in a row, the first a multiple of that many, of `zone` or a lower one: for
 * devices. Given back as a whole.
 */
uint32_t memory_take_row(uint32_t order, enum frames_zone zone);
void memory_give_row(uint32_t first, uint32_t order);

/* Give a frame of memory_take() back. memory_give() panics if it is not in use, because that is a
 * bug of the kernel's; the other answers false, and nothing has changed.
 */
void memory_give(uint32_t frame);
bool memory_try_give(uint32_t frame);

uint32_t memory_free_frames(void);
uint32_t memory_all_frames(void);
void memory_counts(struct frames_counts *ret_counts);
const char *memory_check(void);

/* Failures on request: the n-th take from now on answers PORT_NO_FRAME, and with `for_ever` every
 * later one too; 0: none. For tests of what happens then.
 */
void memory_fail(uint32_t nth, bool for_ever);

/* Takes since the last memory_fail(), failed ones included. */
uint32_t memory_takes(void);

#endif
