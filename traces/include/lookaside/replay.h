/* SPDX-License-Identifier: 0BSD */
/* The replay interpreter: trace ops in, calls of the core out, a digest and exact space figures as
 * the result. Freestanding, so that a host, a fuzzer and the kernel run the very same one.
 *
 * The digest is a fixed hash over every op's kind, slot, status and returned address. The same
 * trace over the same range and bucket table gives the same digest on every build, with canaries or
 * without. Thread, time and mark ops call nothing: they are neither mixed nor counted in a figure,
 * so a trace without its times has the digest of the one with them.
 *
 * What the trace asks and the core's contract leaves open is decided here, once:
 *   pages       regions are whole segments: lengths round up; a commit is widened to the segments
 * it
 *               touches, a decommit narrowed to those wholly inside, both clipped to the region (a
 *               range that reaches the asked length reaches the region's end)
 *   heap 0      exists throughout: creating and destroying it are skipped
 *   a heap      takes its live blocks along when it goes; heap 0 is in use again if it was in use
 *   a touch     below the whole stack is judged and counted, but maps nothing
 *   a probe     (trace_kind_is_probe()) is a call made as it is: nothing is rounded or clipped.
 *               Where it would succeed on what is not the probe's to change, a live block, a
 *               region's base, a heap's segment, it is skipped; where it must be refused and is
 *               not, that is a broken promise
 *   an access   is judged; a page is mapped for it in a region only (heaps commit their own), and
 *               at most REPLAY_MAPPED_MAX at a time
 *   fail, memory act in the counting port between the core and the port below, so that they mean
 *               the same on every port
 */
#ifndef LOOKASIDE_REPLAY_H
#define LOOKASIDE_REPLAY_H

#include <lookaside/fault.h>
#include <lookaside/heap.h>
#include <lookaside/stack.h>
#include <lookaside/trace.h>
#include <lookaside/vas.h>

/* The range used unless told otherwise: 2 GiB, so that a 32-bit process can replay it too. */
#define REPLAY_FIRST_SEGMENT 1u
#define REPLAY_END_SEGMENT   (LA_SEGMENTS / 2u)

/* Pages that accesses have mapped in regions. */
#define REPLAY_MAPPED_MAX 64u

struct replay_block {
    va32_t va;      /* 0: empty slot */
    va32_t last_va; /* of an empty slot: the block it had last; 0: none */
    uint32_t bytes;
    uint32_t usable_bytes;
    uint32_t heap;           /* heap slot */
    uint32_t recorded_bytes; /* what the recorded allocator took for it; 0: not known */
    uint32_t birth;          /* number of the write of its canaries */
};

struct replay_region {
    va32_t base_va; /* 0: empty */
    va32_t last_va; /* of an empty slot: the base it had last; 0: none */
    uint32_t segments;
    uint32_t pages; /* as asked: at most the segments' */
};

struct replay_heap {
    bool exists;
    struct heap heap;
};

/* Everything the interpreter needs, supplied by the caller: arrays as long as the trace's header
 * says (an op on a slot beyond them counts as skipped), zeroed before replay_init().
 */
struct replay_memory {
    struct vas *vas;
    struct heap_space *space;
    struct replay_block *blocks;
    uint32_t block_slots;
    struct replay_region *regions;
    uint32_t region_slots;
    struct stack *stacks; /* pages == 0: empty slot */
    uint32_t stack_slots;
    struct replay_heap *heaps;
    uint32_t heap_slots;
};

struct replay_config {
    uint32_t first_segment; /* 0, 0: REPLAY_FIRST_SEGMENT, REPLAY_END_SEGMENT */
    uint32_t end_segment;
    const struct bucket_table *buckets;
    struct heap_policy policy;
    bool canaries;        /* write and verify both ends of every block, and zeroed blocks whole */
    uint32_t check_every; /* run vas_check() and heap_check() every n ops; 0: only at the end */
};

/* Exact figures. "mean" sums are over ops: divide by `ops`. */
struct replay_result {
    uint64_t digest;
    uint64_t ops;
    uint64_t skipped;  /* ops on slots that did not fit them */
    uint64_t no_space; /* ops refused with LA_NO_SPACE */
    uint64_t no_memory;
    uint64_t refused;                     /* ops refused with any other status */
    uint32_t live_bytes, live_bytes_peak; /* requested bytes of live blocks */
    uint32_t live_blocks, live_blocks_peak;
    uint32_t footprint_pages, footprint_pages_peak; /* heap pages and metadata pages */
    uint32_t heap_segments, heap_segments_peak;
    uint32_t va_segments, va_segments_peak; /* all used segments of the VAS, metadata included */
    uint32_t stack_pages, stack_pages_peak;
    uint64_t live_bytes_sum;       /* over ops */
    uint64_t footprint_pages_sum;  /* over ops */
    uint64_t recorded_bytes_sum;   /* over ops: live bytes as the recorded allocator rounded them */
    uint64_t recorded_request_sum; /* over ops: requested bytes of the blocks it is known for */
    uint64_t internal_bytes_sum;   /* over ops: block bytes minus requested bytes */
    /* At the footprint's peak, in bytes; internal + tail + partial + metadata + live =
     * footprint.
     */
    uint32_t at_peak_live, at_peak_internal, at_peak_metadata;
    uint32_t at_peak_rest;     /* tails and free blocks on committed pages */
    uint64_t committed_pages;  /* every commit, pages that were given back meanwhile included */
    uint64_t stack_faults;     /* touches that grew a stack */
    uint64_t stack_overflows;  /* touches of a guard */
    uint64_t stack_violations; /* touches below the whole stack that a machine would report */
    uint64_t stack_jumps;      /* touches below the whole stack that land in committed memory */
    /* After the trace, when everything was freed; set by replay_finish(). */
    uint32_t freed_pages;   /* heap pages and metadata pages, as the heaps' policies keep them */
    uint32_t trimmed_pages; /* the same after heap_trim(): what metadata takes */
};

/* What the digest sees of an op beside its kind and slot: how the call ended, and with what. */
struct replay_answer {
    int32_t status; /* an enum la_status, or an enum replay_status */
    uint32_t
        value; /* the returned address; pages for a trim; the address a probe aimed at; else 0 */
};

/* Answers that are no status of the core. */
enum replay_status {
    REPLAY_SKIPPED = 1,       /* the slot, or what a probe aims at, does not fit the op */
    REPLAY_OVERFLOW = 2,      /* an access to a stack's guard */
    REPLAY_VIOLATION = 3,     /* an access nobody may make */
    REPLAY_JUMP = 4,          /* a touch below the stack, in somebody's committed segment */
    REPLAY_MAP = 5,           /* an access that a page is to be mapped for, where none was */
    REPLAY_RETRY = 6,         /* an access that works by now */
    REPLAY_OUT_OF_MEMORY = 7, /* an access that is right, but there is no memory */
};

struct replay {
    struct replay_memory memory;
    struct replay_config config;
    struct la_port port; /* counts pages and passes on to port_below */
    struct replay_result result;
    struct replay_answer last;   /* the last op's, notes apart */
    struct fault_answer verdict; /* of the last touch or access that was judged */
    uint32_t heap_in_use;        /* slot */
    uint32_t commits;            /* calls of the port's commit so far */
    uint32_t commits_failed;     /* of these: because of a fail or memory op */
    uint32_t limit_pages;        /* of backed pages; UINT32_MAX: none */
    uint32_t backed_pages;       /* committed minus decommitted through the port */
    uint32_t mapped_count;
    uint32_t mapped[REPLAY_MAPPED_MAX]; /* absolute page numbers */
    const char *broken;  /* the first broken promise (canary, invariant) in words, or NULL */
    uint64_t peak_steps; /* ops of every kind up to and with the footprint's peak */
    uint64_t broken_op;  /* index of the op, every kind counted; of the end: the number of ops */

    /* Private: running sums behind the figures. */
    struct la_port port_below;
    struct vas_stats vas_at_start;
    struct replay_result result_of_trace; /* while replay_finish() gives everything back */
    uint64_t steps;                       /* ops seen, of every kind */
    uint64_t recorded_bytes_live;         /* recorded_bytes of live blocks */
    uint64_t recorded_request_live; /* requested bytes of live blocks with known recorded_bytes */
    uint32_t usable_bytes_live;
    uint32_t heap_pages; /* sum of heap->pages */
    uint32_t births;
    uint32_t blocks_end;  /* block slots from here on were never taken */
    uint32_t check_in;    /* ops until the next check */
    uint32_t fail_in;     /* commits until one fails; 0: none will */
    uint32_t fail_always; /* 1: then all do */
};

/* Set up VAS, heap space and heap 0. `replay` must not move from then on: the port's hooks point to
 * it. LA_BAD_ARGUMENT: no bucket table, no heap slot, or a range that vas_init() does not serve.
 * Otherwise as heap_space_init() and heap_init() answer. An error leaves nothing to clean up.
 */
enum la_status replay_init(struct replay *replay, const struct replay_memory *memory,
                           const struct replay_config *config, const struct la_port *port);

/* Run one op. False once something is broken (replay->broken). How it ended is in replay->last.
 * O(1) on top of the core's calls, except that destroying a heap walks all block slots, and a probe
 * looks through the slots of its kind and of stacks.
 */
bool replay_step(struct replay *replay, const struct trace_op *op);

/* Verify what is live, then give everything back and verify that the VAS is empty again. Figures in
 * replay->result are those before the clean-up, but for the last two. False if something is broken;
 * nothing is given back then, because a damaged core cannot be trusted to do so: drop the memory
 * below it.
 */
bool replay_finish(struct replay *replay);

#endif
