/* SPDX-License-Identifier: 0BSD */
/* One trace through the interpreter, from a file to its figures. */
#ifndef LOOKASIDE_REPLAY_RUN_H
#define LOOKASIDE_REPLAY_RUN_H

#include <lookaside/host.h>
#include <lookaside/replay.h>

#include "trace_file.h"

#define REPLAY_RUN_MESSAGE_BYTES (TRACE_MESSAGE_BYTES + 64u)

struct replay_run_options {
    struct replay_config config; /* range, buckets, canaries, checks */
    uint32_t limit_pages;        /* of the window; 0: none */
    uint32_t fail_commit;        /* the n-th commit of each trace fails; 0: none */
    uint32_t upto;               /* only the first n ops, every kind counted; 0: all */
    bool salvage;                /* go on behind damage */
    bool bytes;                  /* traces are in byte form, whatever they look like */
    bool at_peak;                /* fill replay_run.heaps_at_peak, for a second look at the trace */
};

/* What one trace gave. Large. */
struct replay_run {
    struct replay_result result;
    struct heap_stats heaps;         /* summed over the heaps at the end of the trace */
    struct heap_stats heaps_at_peak; /* the same at the footprint's peak; zero if not asked for */
    bool has_peak;                   /* heaps_at_peak is filled */
    uint64_t peak_steps;             /* ops up to and with the peak; 0: there was none */
    uint32_t damages;                /* places skipped by salvage */
    char message[REPLAY_RUN_MESSAGE_BYTES];
};

/* Replay the trace at `path` in `window`, which is open over the config's range and empty before
 * and after. False and run->message ("FILE: offset 12: ...") if it cannot be read, has no memory,
 * or breaks a promise; run->result is then as far as it got.
 */
bool replay_run(struct replay_run *run, const char *path, const struct replay_run_options *options,
                struct host_window *window);

#endif
