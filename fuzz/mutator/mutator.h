/* SPDX-License-Identifier: 0BSD */
/* The structure-aware mutator: traces in byte form are changed record by record, towards the limits
 * that the core has. One implementation; libfuzzer_mutator.c and afl_mutator.c give it to the
 * engines.
 *
 * The same seed and bytes give the same result everywhere.
 */
#ifndef LOOKASIDE_FUZZ_MUTATOR_H
#define LOOKASIDE_FUZZ_MUTATOR_H

#include <lookaside/trace_bytes.h>

/* One way to change a trace. */
enum mutation {
    MUTATION_INSERT,    /* a record made up */
    MUTATION_DELETE,    /* a few records */
    MUTATION_DUPLICATE, /* a few records, somewhere else */
    MUTATION_MOVE,      /* a few records */
    MUTATION_SWAP,      /* two records */
    MUTATION_RETARGET,  /* a record to the slot of another one, or next to it */
    MUTATION_HOW,       /* another of a record's eight ways */
    MUTATION_WHAT,      /* another operation on the same slot */
    MUTATION_NUDGE,     /* a record's numbers by one or two, or to a limit */
    MUTATION_RAMP,      /* a record again and again, on slot after slot */
    MUTATION_END,       /* what a record began is ended: rightly, or twice, or beside */
    MUTATION_FAULT,     /* memory fails near a record */
    MUTATION_CROWD,     /* little address space or memory is left before a record */
    MUTATION_SPLICE,    /* a few records of another trace */
    MUTATION_HEADER,    /* shape, memory, faults, content */
    MUTATION_FLIP,      /* a bit of a record */
    MUTATION_BURST,     /* a few records that belong together */
    MUTATION_FRESH,     /* nothing is kept: another trace, of few operations and slots */
    MUTATIONS,
};

/* What a target takes: records of other operations would be passed over. */
enum mutator_part {
    MUTATOR_WHOLE = 'w', /* all operations */
    MUTATOR_VAS = 'v',   /* those on regions */
    MUTATOR_HEAP = 'h',  /* on heaps and blocks */
    MUTATOR_STACK = 's', /* on stacks, and faults */
};

struct mutator {
    uint64_t state; /* of the random numbers */
    uint32_t whats; /* bit i: a record may be of what i */
    uint8_t *bytes; /* the trace, changed in place */
    size_t size;
    size_t size_max;
    const uint8_t *other; /* to take records from; NULL: there is none */
    size_t other_size;
};

/* Ready to change `size` of `size_max` bytes for targets that take `part` (enum mutator_part; other
 * values: all).
 */
void mutator_begin(struct mutator *mutator, char part, uint64_t seed, uint8_t *bytes, size_t size,
                   size_t size_max);

/* One change of this kind. False, and nothing has changed: there is nothing for it, or no room. */
bool mutator_apply(struct mutator *mutator, enum mutation mutation);

/* One to a few changes of random kinds: what engines ask for. Answers the new size, at most
 * size_max.
 */
size_t mutator_run(struct mutator *mutator);

/* A number below `limit`. */
uint32_t mutator_below(struct mutator *mutator, uint32_t limit);

/* -- Private ----------------------------------------------------------------------------------- */

/* Bits `first` to `last`: records of what is from one to the other. */
#define MUTATOR_WHATS(first, last) (UINT32_MAX >> (31u - (last)) & UINT32_MAX << (first))

/* mutator_records.c: the records of a part; one of those; fill in a record of what byte 0 says;
 * make one up; move its numbers.
 */
uint32_t mutator_whats(char part);
uint8_t mutator_what(struct mutator *mutator);
void mutator_fill(struct mutator *mutator, uint8_t *record);
void mutator_make(struct mutator *mutator, uint8_t *record);
void mutator_nudge(struct mutator *mutator, uint8_t *record);

/* mutator_fresh.c: make up records that belong together. */
void mutator_make_run(struct mutator *mutator, uint8_t *records, size_t count);

static inline size_t mutator_records(const struct mutator *mutator)
{
    return (mutator->size - TRACE_BYTES_HEADER) / TRACE_BYTES_RECORD;
}

static inline uint8_t *mutator_record(const struct mutator *mutator, size_t index)
{
    return mutator->bytes + TRACE_BYTES_HEADER + index * TRACE_BYTES_RECORD;
}

#endif
