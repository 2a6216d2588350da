/* SPDX-License-Identifier: 0BSD */
/* Addresses and frames for tests: where they may map, and what is in a frame. */
#ifndef SELFTEST_PLACES_H
#define SELFTEST_PLACES_H

#include <kernel/port.h>

/* Page `page` of the user half, counted from its first whole segment. */
va32_t place_user_va(uint32_t page);

/* A segment of the kernel's ranges in which nothing is mapped and every fault is a violation. The
 * test at hand fails, with false, if there is none.
 */
bool place_kernel_take(va32_t *ret_va);
void place_kernel_give(va32_t va);

/* A word of a frame, through a window. */
uint32_t place_read(uint32_t frame, uint32_t word);
void place_write(uint32_t frame, uint32_t word, uint32_t value);

#endif
