/* SPDX-License-Identifier: 0BSD */
/* What a heap replay is measured on. One process opens one target: a C library's settings and heap
 * are the process's own and cannot be made fresh again.
 *
 *   lookaside         ours as it is
 *   lookaside-keeps   ours told never to give memory back, as its peers are
 *   glibc, jemalloc,  ... or any name and shared library: as malloc()
 *   rival-NAME        a strategy of the seeds, through the rivals' interface
 *   floor-lookaside, floor-libc, floor-rival   the loop alone
 *
 * Memory of ours and the rivals is accessible all the time; commits and decommits are counted and
 * cost nothing (a kernel's are a page table write and a zeroed page); the peers are told to keep
 * what they have. So algorithms are compared. "As shipped" a commit of ours is an mprotect(), a
 * decommit an mmap(), and the peers have no settings: that is what a Linux process pays.
 */
#ifndef LOOKASIDE_BENCH_HEAP_TARGET_H
#define LOOKASIDE_BENCH_HEAP_TARGET_H

#include <lookaside/host.h>

#include "buckets.h"
#include "heap_world.h"
#include "memory.h"
#include "peers.h"

#define HEAP_TARGET_MESSAGE_BYTES 512u

struct heap_options {
    const char *target;
    const char *library; /* file of a peer that is not known by name, or NULL */
    bool as_shipped;
    uint32_t window_segments; /* ours and the rivals' */
    struct target_buckets buckets;
};

/* Pages through a port that only counts. */
struct heap_counts {
    uint32_t pages;
    uint32_t pages_peak;
    uint64_t commits; /* calls */
    uint64_t decommits;
    uint64_t committed_pages; /* all of them, what was given back meanwhile included */
};

/* An open target, at a fixed place. `world` is ready for `pass`. */
struct heap_target {
    struct heap_world world;
    heap_pass_fn pass;
    const char *name;
    enum heap_way way;
    bool is_floor;
    bool is_ours;
    bool as_shipped;
    struct heap_counts counts; /* ours and the rivals', unless as shipped */

    struct peer_library peer;
    struct memory_map before; /* what was mapped before the peer's library was */
    uint64_t addresses_before_bytes;

    struct host_window window;
    struct la_port port; /* the window's, or one that only counts */
    struct heap_policy policy;
    struct bucket_table buckets;
    struct vas vas;
    struct heap_space space;
    struct heap heap;

    size_t rival_bytes;
    void *scratch; /* what the floor touches */
    size_t scratch_bytes;
    size_t slots_bytes;
    uint32_t slots;
    char message[HEAP_TARGET_MESSAGE_BYTES];
};

/* Open a target for `ops`. NULL, or why it cannot be: the process is of no use then. */
const char *heap_target_open(struct heap_target *target, const struct heap_options *options,
                             const struct ops *ops);

/* Free what is live, slot by slot. */
void heap_target_release(struct heap_target *target);

/* Make a rival fresh again; everything in it is gone, but its memory holds what it held. NULL, or
 * what failed.
 */
const char *heap_target_renew(struct heap_target *target);

/* Fill `world` and its scratch memory so that the target's own loop does nothing: for what it costs
 * to look at the clock. False when there is no memory.
 */
bool heap_target_empty(const struct heap_target *target, const struct ops *ops,
                       struct heap_world *ret_world);

#endif
