/* SPDX-License-Identifier: 0BSD */
/* The table of address space allocators, in the order of their pedigree. */
#include "vas_rival.h"

const struct vas_rival *const vas_rivals[] = {
    &vas_bump,       &vas_free_list, &vas_section_list, &vas_section_window,
    &vas_ghost_pool, &vas_two_bit,   &vas_buddy,        &vas_radix,
    &vas_augmented,  &vas_tags,      &vas_ours,         NULL,
};
