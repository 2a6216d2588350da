/* SPDX-License-Identifier: 0BSD */
/* Calls of the malloc family as tracers print them, "realloc(0x5560, 50)": which functions there
 * are, and what each asks for. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_CALLS_H
#define LOOKASIDE_IMPORT_CALLS_H

#include "objects.h"

/* What a function's arguments mean, one letter each: p the old pointer, b bytes, n how many of
 * them, a alignment, v bytes at a page, w bytes in whole pages, - nothing of interest. Further
 * arguments are not looked at.
 */
struct call_function {
    const char *name;
    const char *arguments;
    uint8_t kind;       /* TRACE_ALLOC, _ZEROED, _ALIGNED, TRACE_REALLOC or TRACE_FREE */
    bool hides_address; /* its answer is a status: where the block is, is not told */
};

struct call {
    const struct call_function *function;
    uint64_t from; /* the old pointer */
    uint64_t bytes;
    uint64_t align; /* as asked for; 0: not at all */
};

/* The name at *at with its '(', mangled, demangled or C; NULL, and *at stays, if it is none of the
 * family.
 */
const struct call_function *call_scan_name(const char **at);

/* The arguments at *at as far as they matter, and moves behind them. "al 64" and "size 100" say
 * themselves what they are (valgrind). False and a message.
 */
bool call_arguments(struct import *import, const char **at, const struct call_function *function,
                    struct call *ret_call);

/* A number as tracers print it: decimal, with a sign, "0x...", or any way of NULL. */
bool call_scan_value(const char **at, uint64_t *ret_value);

/* The op of an allocation without slot and bytes. memalign() takes any alignment and rounds it up
 * to a power of two. False and a message above 2^31.
 */
bool call_op(struct import *import, const struct call *call, struct trace_op *ret_op);

#endif
