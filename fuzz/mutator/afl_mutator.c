/* SPDX-License-Identifier: 0BSD */
/* The mutator for AFL++, a shared library: AFL_CUSTOM_MUTATOR_LIBRARY=fuzz-mutator-afl.so. AFL++
 * goes on making its own changes beside it unless AFL_CUSTOM_MUTATOR_ONLY says otherwise.
 * LOOKASIDE_FUZZ_PART=v, h or s in the environment: the target takes that part of the core only.
 * Source of the interface: AFL++, docs/custom_mutators.md.
 */
#include "mutator.h"

#include <stdlib.h>
#include <string.h>

struct afl_mutator {
    uint64_t seed;
    char part;
    uint8_t *bytes;
    size_t room;
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *context, unsigned char *bytes, size_t size, unsigned char **ret_bytes,
                       unsigned char *other, size_t other_size, size_t size_max);
void afl_custom_deinit(void *context);

void *afl_custom_init(void *afl, unsigned int seed)
{
    struct afl_mutator *afl_mutator = calloc(1, sizeof *afl_mutator);

    const char *part = getenv("LOOKASIDE_FUZZ_PART");

    (void)afl;
    if (afl_mutator) {
        afl_mutator->seed = (uint64_t)seed << 32;
        afl_mutator->part = part ? part[0] : MUTATOR_WHOLE;
    }
    return afl_mutator;
}

/* 0 and nothing in *ret_bytes: no memory, the engine goes on. */
size_t afl_custom_fuzz(void *context, unsigned char *bytes, size_t size, unsigned char **ret_bytes,
                       unsigned char *other, size_t other_size, size_t size_max)
{
    struct afl_mutator *afl_mutator = context;
    struct mutator mutator;

    *ret_bytes = NULL;
    if (afl_mutator->room < size_max) {
        uint8_t *larger = realloc(afl_mutator->bytes, size_max);

        if (!larger)
            return 0;
        afl_mutator->bytes = larger;
        afl_mutator->room = size_max;
    }
    if (size > size_max)
        size = size_max;
    memcpy(afl_mutator->bytes, bytes, size);
    mutator_begin(&mutator, afl_mutator->part, afl_mutator->seed++, afl_mutator->bytes, size,
                  size_max);
    mutator.other = other;
    mutator.other_size = other ? other_size : 0;
    *ret_bytes = afl_mutator->bytes;
    return mutator_run(&mutator);
}

void afl_custom_deinit(void *context)
{
    struct afl_mutator *afl_mutator = context;

    if (afl_mutator)
        free(afl_mutator->bytes);
    free(afl_mutator);
}
