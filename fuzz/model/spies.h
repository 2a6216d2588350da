/* SPDX-License-Identifier: 0BSD */
/* What the spies share, and what a world asks of them. Each spy is a call of the core with its
 * model beside it; spy_vas.h and spy_core.h put them between the core's layers and under the
 * interpreter.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_SPIES_H
#define LOOKASIDE_FUZZ_MODEL_SPIES_H

#include <lookaside/heap.h>
#include <lookaside/stack.h>

/* How much is compared after a call. Whatever a call changed is, always. */
enum spies_depth {
    SPIES_TOUCHED, /* that, and counts */
    SPIES_ALL,     /* everything, and the core's own checks: O(everything) */
};

extern enum spies_depth spies_depth;

/* The VAS that is modelled; another one's calls pass through. */
extern const struct vas *spies_vas;

/* -- The port: every commit and decommit of heaps and stacks passes here ------------------------
 */

#define SPIES_PAGES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)

/* Pages that the core committed; those that its user maps into its own regions are none. */
extern uint8_t spies_committed[SPIES_PAGES];
extern uint32_t spies_committed_pages;

/* Its host_base. */
uintptr_t spies_host_base(void);

/* The port that the core sees over `below`, which must stay where it is. */
const struct la_port *spies_port(const struct la_port *below);

/* -- Comparisons ------------------------------------------------------------------------------- */

/* The planes of chunks that changed, the rest, and the count. */
void spies_compare_vas(bool everything);

/* The figures of vas_stats(), a walk of the regions and a query for each: O(segments). */
void spies_compare_vas_figures(void);

/* A heap's counts, and those that all heaps and stacks share. */
void spies_compare_heap(const struct heap *heap);

/* Every block, by walking and by statistics, and the heap's own check: O(everything). */
void spies_compare_heap_blocks(const struct heap *heap);

/* The entries of all heaps' segments do not overlap: O(everything). */
void spies_compare_entries(void);

/* Committed pages are those of heaps, metadata and stacks. */
void spies_compare_pages(void);

/* Every stack's pages. */
void spies_compare_stacks(void);

uint32_t spies_stack_pages(void);

/* Nothing is left: the VAS is as `initial`, which it was after vas_init(), and no page is
 * committed.
 */
void spies_compare_empty(const struct vas *initial);

/* Forget stacks and heaps: a new run begins. */
void spies_reset_heaps(void);

/* A heap that came into being without spied_heap_init(): copied. */
void spies_open_heap(const struct heap *heap);

void spies_reset_stacks(void);

/* A run ended without giving everything back. */
void spies_forget_pages(void);

#endif
