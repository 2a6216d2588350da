/* SPDX-License-Identifier: 0BSD */
/* What a heap replay is measured on. One process opens one target: glibc's settings and heap are
 * the process's own and cannot be made fresh again.
 *
 *   lookaside        over memory that is accessible all the time: commits and decommits are counted
 *                    and cost nothing, as a kernel's cost next to nothing (a page table write)
 *   glibc            told not to ask the system again for what it already has (no mmap, no trim)
 *   lookaside+mmap   each commit an mprotect(), each decommit an mmap()
 *   glibc+mmap       as shipped
 *   empty-...        the harness alone
 *
 * So the two without "+mmap" compare algorithms, the two with it compare what a Linux process
 * pays.
 */
#ifndef LOOKASIDE_BENCH_TARGETS_H
#define LOOKASIDE_BENCH_TARGETS_H

#include <lookaside/host.h>

#include "buckets.h"
#include "replay_lean.h"

#define TARGETS 6u

struct target {
    const char *name;
    lean_pass_fn pass;
    bool is_glibc; /* false: lookaside, or its empty harness */
    bool is_empty;
    bool calls; /* makes system calls for memory */
};

extern const struct target targets[TARGETS]; /* first the empty ones */

/* NULL if there is none of that name. */
const struct target *target_find(const char *name);

/* An open target, at a fixed place. The window is there for every target: it is what tells whose a
 * block is. `world` is ready for target->pass; `committed_pages_peak` counts heap and metadata.
 */
struct target_world {
    struct lean_world world;
    uint32_t committed_pages;
    uint32_t committed_pages_peak;

    const struct target *target;
    struct host_window window;
    struct la_port port; /* the window's, or one that only counts */
    struct vas vas;
    struct heap_space space;
    struct heap heap;
    struct bucket_table buckets;
    void *scratch; /* what the empty harness touches */
    size_t scratch_bytes;
    size_t slots_bytes;
};

/* Open `target` for `trace`, with a window of the first `window_segments` segments. NULL, or why it
 * cannot be: nothing is open then.
 */
const char *target_open(struct target_world *opened, const struct target *target,
                        const struct lean_trace *trace, const struct target_buckets *buckets,
                        uint32_t window_segments);
void target_close(struct target_world *opened);

/* Run the ops of `trace` once, one at a time and not timed, and prove after each which allocator
 * served it. NULL, or what is wrong. Leaves live what the trace leaves live.
 */
const char *target_prove(struct target_world *opened, const struct lean_trace *trace);

/* Free what the ops left live. */
void target_release(struct target_world *opened, const struct lean_trace *trace);

#endif
