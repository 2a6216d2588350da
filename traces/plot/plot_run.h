/* SPDX-License-Identifier: 0BSD */
/* A trace through the interpreter for its pictures: once from end to end for everything that is
 * over time, and once up to the moment of the map.
 */
#ifndef LOOKASIDE_PLOT_RUN_H
#define LOOKASIDE_PLOT_RUN_H

#include "plot_curve.h"
#include "plot_machine.h"
#include "plot_map.h"
#include "plot_sizes.h"

/* A place in a trace. */
struct plot_moment {
    uint64_t ops; /* done before it, of every kind */
    uint64_t ns;  /* recorded time passed before it */
};

enum plot_at {
    PLOT_AT_PEAK, /* of the footprint; without a heap, of the segments in use */
    PLOT_AT_OPS,
    PLOT_AT_PERCENT, /* of the ops */
};

struct plot_wish {
    enum plot_at at;
    uint64_t at_number; /* ops, or 0 to 100 */
    bool by_ops;        /* the axis of the curve, even if the trace has times */
};

/* What a trace gave. Large. */
struct plot_run {
    struct replay_result result; /* at the end of the trace */
    struct plot_moment end;
    struct plot_moment at; /* the moment of the map */
    bool at_peak;          /* it was looked for: */
    bool at_footprint;     /* the peak is the footprint's, else the one of segments in use */
    bool by_time;          /* the curve's axis */
    uint64_t kinds[TRACE_KINDS];
    struct plot_curve curve;
    struct plot_sizes sizes;
    struct plot_map map;
    char message[TRACE_MESSAGE_BYTES];
};

enum plot_outcome { PLOT_GOOD, PLOT_BAD_TRACE, PLOT_BAD_MOMENT };

/* Fill all of `run` for `trace`, which messages call `path`. PLOT_BAD_MOMENT: the trace ends before
 * it. PLOT_BAD_TRACE: no memory for it, or a promise of the core broke. run->message says it then.
 */
enum plot_outcome plot_run(struct plot_run *run, struct plot_machine *machine,
                           const struct trace_loaded *trace, const char *path,
                           const struct plot_wish *wish);

#endif
