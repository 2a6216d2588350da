/* SPDX-License-Identifier: 0BSD */
/* Who checks the checks? What the core keeps twice is changed behind its back, a field at a time,
 * its own check must say so, and the field is put back. Told as I15.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_DAMAGE_H
#define LOOKASIDE_FUZZ_MODEL_DAMAGE_H

#include <lookaside/heap.h>
#include <lookaside/stack.h>

/* Each takes one that is sound, and leaves it so. Which fields of many are changed follows from
 * `seed`. Dozens of checks each.
 */
void damage_vas(const struct vas *vas, uint64_t seed);
void damage_heap(struct heap *heap, uint64_t seed);
void damage_stack(const struct stack *stack, va32_t other_region);

#endif
