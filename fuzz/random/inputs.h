/* SPDX-License-Identifier: 0BSD */
/* Random inputs for targets that take no operations but bytes: what a target makes of nearly all
 * bytes is nothing, so these are mostly what it takes.
 */
#ifndef LOOKASIDE_FUZZ_RANDOM_INPUTS_H
#define LOOKASIDE_FUZZ_RANDOM_INPUTS_H

#include <stddef.h>
#include <stdint.h>

/* Room for any of them. */
#define INPUTS_BYTES_MAX 65536u

/* Input number `run` of a seed into INPUTS_BYTES_MAX bytes; answers its size. The same numbers give
 * the same input everywhere. One for each target: trace_inputs.c, window_inputs.c.
 */
size_t inputs_make(uint64_t seed, uint64_t run, uint8_t *bytes);

/* Source: Vigna 2015 (splitmix64). */
static inline uint64_t inputs_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t inputs_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(((inputs_random(state) >> 32) * limit) >> 32);
}

#endif
