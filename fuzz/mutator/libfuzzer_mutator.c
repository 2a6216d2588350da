/* SPDX-License-Identifier: 0BSD */
/* The mutator for libFuzzer, linked into the target. LOOKASIDE_FUZZ_MUTATOR=0 in the environment
 * leaves every change to the engine: what a comparison of both needs.
 */
#include "mutator.h"

#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t out_size_max, unsigned int seed);

/* Targets of a part of the core say which. */
extern const char mutator_part __attribute__((weak));

static char part(void)
{
    return &mutator_part ? mutator_part : MUTATOR_WHOLE;
}

static bool is_off(void)
{
    static int off = -1;

    if (off < 0) {
        const char *word = getenv("LOOKASIDE_FUZZ_MUTATOR");

        off = word && strcmp(word, "0") == 0;
    }
    return off;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned int seed)
{
    struct mutator mutator;

    /* One in sixteen is the engine's own: nobody thinks of everything. */
    if (is_off() || seed % 16u == 0 || size_max < TRACE_BYTES_HEADER)
        return LLVMFuzzerMutate(bytes, size, size_max);
    mutator_begin(&mutator, part(), seed, bytes, size, size_max);
    return mutator_run(&mutator);
}

/* The engine calls this as often as the other one, which is too often for crossing over. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t out_size_max, unsigned int seed)
{
    size_t size = a_size < out_size_max ? a_size : out_size_max;
    struct mutator mutator;

    memcpy(out, a, size);
    if (is_off() || out_size_max < TRACE_BYTES_HEADER)
        return LLVMFuzzerMutate(out, size, out_size_max);
    mutator_begin(&mutator, part(), seed, out, size, out_size_max);
    mutator.other = b;
    mutator.other_size = b_size;
    if (seed % 4u == 0 && mutator_apply(&mutator, MUTATION_SPLICE))
        return mutator.size;
    return mutator_run(&mutator);
}
