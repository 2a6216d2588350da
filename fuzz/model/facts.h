/* SPDX-License-Identifier: 0BSD */
/* What is true whatever the policy: which 8-byte grains of the space belong to a live block, and
 * which blocks live. Kept from the core's own answers, so that it holds where the exact model is
 * switched off.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_FACTS_H
#define LOOKASIDE_FUZZ_MODEL_FACTS_H

#include <lookaside/heap.h>

/* A block was handed out: none of its grains may be another one's (I08). */
void facts_take(va32_t va, uint32_t bytes);

/* It was given back. */
void facts_give(va32_t va, uint32_t bytes);

/* Whether a live block has this grain. */
bool facts_owned(va32_t va);

/* A number that differs for any two sets of blocks, as good as certainly: the sum of these. */
uint64_t facts_hash(va32_t va, uint32_t bytes);

/* Nothing is live. */
void facts_reset(void);

#endif
