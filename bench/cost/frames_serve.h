/* SPDX-License-Identifier: 0BSD */
/* Page frame strategies (kernel/frames) as something to be measured. Commands: pass, latency,
 * space, count.
 *
 *   single/90 ...   one frame at a time, at a steady occupancy of so many percent of 256 MiB:
 *                   whenever fewer are in use allocate, otherwise, and after a refusal, free one
 *                   chosen at random
 *   rows/90 ...     the same with 10 % rows of 2 to 16 frames, for those that have rows
 */
#ifndef LOOKASIDE_BENCH_FRAMES_SERVE_H
#define LOOKASIDE_BENCH_FRAMES_SERVE_H

#include "frames.h"

/* As serve(). The target is a strategy's name, or "floor". */
int frames_serve(const char *work, const char *target, char *const *arguments, int argument_count);

/* The names of the works; NULL after the last. */
const char *frames_work_name(unsigned number);

#endif
