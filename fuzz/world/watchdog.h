/* SPDX-License-Identifier: 0BSD */
/* A call that does not come back is a finding too (I28). Engines have a watch of their own; this
 * one is for the programs without an engine.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_WATCHDOG_H
#define LOOKASIDE_FUZZ_WORLD_WATCHDOG_H

#include <stdint.h>

/* Tell I28 once *counter stays the same for `seconds` of CPU time. */
void watchdog_start(const volatile uint64_t *counter, unsigned seconds);

#endif
