/* SPDX-License-Identifier: 0BSD */
/* What every import must keep to, whatever it was given: its ops are valid, are about objects that
 * are there, can be encoded, and decode to the same ops; its header text and its messages are in
 * their forms.
 */
#ifndef LOOKASIDE_FUZZ_ORACLE_H
#define LOOKASIDE_FUZZ_ORACLE_H

#include <lookaside/trace.h>

struct oracle;

/* How much the importer itself has to see to. */
enum oracle_trust {
    ORACLE_ANY,   /* slots are those of the recording: whatever it says */
    ORACLE_SLOTS, /* no op is on an empty slot or makes one that is full */
    ORACLE_PAGES, /* and pages are inside their region, stacks have room for a guard */
};

struct oracle *oracle_begin(enum oracle_trust trust);

/* Check one op. (trace_take_fn) */
bool oracle_take(void *oracle, const struct trace_op *op);

/* The import is over: `words` is its header text, or (not good) its message. Frees the oracle. */
void oracle_end(struct oracle *oracle, bool good, const char *words);

#endif
