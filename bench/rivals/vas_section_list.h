/* SPDX-License-Identifier: 0BSD */
/* Where the list of sections gets its nodes from: the part that the deadlock test plays with. */
#ifndef LOOKASIDE_RIVALS_VAS_SECTION_LIST_H
#define LOOKASIDE_RIVALS_VAS_SECTION_LIST_H

#include "nodes.h"

/* The most nodes one reservation can need: for the section in use, and for what is left free behind
 * it when something is left free before it too.
 */
#define SECTION_NODES_OF_RESERVE 2u

/* Grant more nodes (nodes->granted), as a kernel's heap does that the list calls for a node. It may
 * reserve addresses from the very same list. False: there are none.
 */
typedef bool (*section_more_fn)(void *context, struct nodes *nodes);

struct section_source {
    void *context;
    section_more_fn more;
    uint32_t spare; /* nodes kept for the reservations of `more` itself; 0: as the thread has it */
};

/* From now on nodes come from `source`, after the first `granted` ones. */
void vas_section_list_source(void *state, const struct section_source *source, uint32_t granted);

#endif
