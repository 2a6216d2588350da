/* SPDX-License-Identifier: 0BSD */
/* Where a trace is replayed for its pictures: a cheap window, the core's structures over it, and
 * the interpreter. The figures are those of `lookaside replay` over the same range.
 */
#ifndef LOOKASIDE_PLOT_MACHINE_H
#define LOOKASIDE_PLOT_MACHINE_H

#include <lookaside/host.h>
#include <lookaside/replay.h>

#include "trace_file.h"

/* Large; at a fixed place while open. Zeroed before plot_machine_open(). */
struct plot_machine {
    struct host_window window;
    struct bucket_table buckets; /* the default table */
    struct vas vas;
    struct heap_space space;
    struct replay_memory memory;
    struct replay replay;
    uint32_t end_segment; /* segments [REPLAY_FIRST_SEGMENT, end_segment) are managed */
};

/* Open the window. LA_NO_SPACE, LA_NO_MEMORY as host_window_open(). */
enum la_status plot_machine_open(struct plot_machine *machine, uint32_t end_segment);
void plot_machine_close(struct plot_machine *machine);

/* Be ready for the first op of `trace`. LA_NO_MEMORY: none for its slots. LA_NO_SPACE: the range is
 * too small for the heaps' segment table. Nothing is to be ended then.
 */
enum la_status plot_machine_begin(struct plot_machine *machine, const struct trace_loaded *trace);

/* Forget everything the trace left. */
void plot_machine_end(struct plot_machine *machine);

#endif
