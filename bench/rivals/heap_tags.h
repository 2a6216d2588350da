/* SPDX-License-Identifier: 0BSD */
/* Blocks with boundary tags over one range of addresses whose upper part, the top, is untouched.
 * The heap in direct-mapped low memory, the one in a fixed region and the one that is the primary
 * page allocator have this inside; they differ in where the range ends and in what happens to pages
 * that hold no block. None of the texts says how its heap works inside, so all three get a good
 * one.
 *
 *   | size, flags | payload ...              |      in use: a header of 4 bytes
 *   | size, flags | next | prev | ... | size |      free: in its bin, its size at both ends
 *
 * Source: Knuth, vol. 1, 2.5, exercise 12 and the boundary tags of 2.5; Lea, dlmalloc (the flag
 * that saves the size at the end of a block in use; bins; the top).
 * Cost: O(1) for up to 504 bytes; above, at most 64 chunks of a bin are compared for the best fit.
 */
#ifndef LOOKASIDE_RIVALS_HEAP_TAGS_H
#define LOOKASIDE_RIVALS_HEAP_TAGS_H

#include "heap_rival.h"

#define HEAP_TAGS_BINS  156u
#define HEAP_TAGS_WORDS ((HEAP_TAGS_BINS + 31u) / 32u)

/* What distinguishes the three. */
struct heap_tags_policy {
    uint32_t pages_max; /* of the range; 0: the whole window */
    /* The top gives back its pages when it has more than so many; UINT32_MAX: never. */
    uint32_t top_pages_max;
    bool frees_inner_pages; /* pages inside a free chunk are given back at once */
};

struct heap_tags {
    struct heap_window window;
    struct heap_tags_policy policy;
    va32_t first_va;                /* of the first chunk */
    va32_t limit_va;                /* no chunk goes beyond */
    va32_t top_va;                  /* [top_va, limit_va) is the top */
    uint32_t committed_end_page;    /* pages below are committed, except inner ones given back */
    uint32_t mask[HEAP_TAGS_WORDS]; /* bit: the bin is not empty */
    va32_t bin[HEAP_TAGS_BINS];
    uint64_t probes;
};

bool heap_tags_init(struct heap_tags *tags, const struct heap_window *window,
                    const struct heap_tags_policy *policy);

/* As the calls of struct heap_rival. */
enum rival_answer heap_tags_alloc(struct heap_tags *tags, uint32_t bytes, uint32_t align_log2,
                                  va32_t *ret_va);
enum rival_answer heap_tags_free(struct heap_tags *tags, va32_t va);
uint32_t heap_tags_usable(const struct heap_tags *tags, va32_t va);
const char *heap_tags_check(const struct heap_tags *tags);

/* Make a live block longer or shorter where it is. RIVAL_NO_SPACE: it would have to move. */
enum rival_answer heap_tags_resize(struct heap_tags *tags, va32_t va, uint32_t bytes);

#endif
