/* SPDX-License-Identifier: 0BSD */
/* The address space as a slow model sees it: a byte a segment. It is written from the contract in
 * vas.h and the placement policy in docs/design.md, shares no code with the core, and predicts the
 * address of every reservation.
 *
 * What the policy depends on beside the bytes: each chunk of 32 segments is filed by the longest
 * run that begins in it, and of several chunks filed alike the one filed last is taken first.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_VAS_H
#define LOOKASIDE_FUZZ_MODEL_VAS_H

#include <lookaside/vas.h>

#define VAS_MODEL_NONE LA_SEGMENTS

struct vas_bytes {
    uint32_t first_segment;
    uint32_t end_segment;
    uint32_t free_segments;
    uint32_t regions;
    uint32_t clock; /* of filings */
    uint8_t state[LA_SEGMENTS];
    uint32_t any_used[VAS_CHUNKS / 32u + 1u]; /* bit: the chunk has a used segment */
    uint32_t used[VAS_CHUNKS];                /* 1: state is not VAS_FREE; for memchr() */
    uint8_t starts[LA_SEGMENTS + 1u]; /* 1: first segment of a region, or used and after a region */
    uint32_t planes[VAS_CHUNKS][3];   /* what the core's low, high and head words should be */
    uint32_t longest[VAS_CHUNKS];     /* run that begins in the chunk */
    uint32_t filed_at[VAS_CHUNKS];
    uint32_t filed[VAS_CHUNKS]; /* chunks with a run, in no order */
    uint32_t filed_count;
    uint32_t place_in_filed[VAS_CHUNKS]; /* + 1; 0: not in it */
    uint32_t changed_first;              /* chunks [first, end) changed since the last comparison */
    uint32_t changed_end;
    uint32_t touched_first; /* the same since vas_model_init() */
    uint32_t touched_end;
    uint32_t damage[VAS_CHUNKS][3]; /* bits of the core's words that were wrong before: told once */
    bool followed;                  /* see vas_model_follow() */
};

/* The model at work. Each world of a process has its own. */
extern struct vas_bytes *vas_model_now;
#define vas_model (*vas_model_now)

/* Everything free in [first_segment, end_segment), as after vas_init(). */
void vas_model_init(uint32_t first_segment, uint32_t end_segment);

/* What vas_reserve() must answer, and the segment. Changes nothing. */
enum la_status vas_model_place(const struct vas_request *request, uint32_t *ret_first);

/* Make segments [first, first + segments) a region; all must be free. */
void vas_model_take(uint32_t first, uint32_t segments, enum vas_state state);

/* End the region that begins at `first`. */
void vas_model_end(uint32_t first);

/* Whether a region begins at exactly this address. */
bool vas_model_is_base(va32_t base);

/* Segments of the region that begins at `first`. */
uint32_t vas_model_length(uint32_t first);

/* What vas_resize() must answer; with LA_OK it is done. */
enum la_status vas_model_resize(va32_t base, uint32_t segments);

/* What vas_commit() and vas_decommit() must answer; with LA_OK it is done. */
enum la_status vas_model_mark(va32_t va, uint32_t segments, enum vas_state state);

/* The core did something else than the model, and who would say so is off: what it has is what is
 * there from now on. In which order its chunks were filed is not known then, so addresses are not
 * predicted any more.
 */
void vas_model_follow(const struct vas *vas);

/* What vas_query() must answer. */
bool vas_model_query(va32_t va, struct vas_region *ret_region);

/* What vas_stats() must answer. */
void vas_model_stats(struct vas_stats *ret_stats);

/* First used segment from `segment` on (LA_SEGMENTS: none), and the end of the last used one before
 * `segment` (0: none).
 */
uint32_t vas_model_next_used(uint32_t segment);
uint32_t vas_model_run_start(uint32_t segment);

#endif
