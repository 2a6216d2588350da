/* SPDX-License-Identifier: 0BSD */
/* Operations to a trace file, also from a signal handler after an abort: nothing of the world is
 * used.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_SAVE_H
#define LOOKASIDE_FUZZ_WORLD_SAVE_H

#include <lookaside/trace.h>

/* Write `count` operations to `path` as a trace that every tool reads, and say so on stderr. */
void save_trace(const char *path, const struct trace_op *ops, uint32_t count);

#endif
