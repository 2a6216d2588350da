/* SPDX-License-Identifier: 0BSD */
/* What must be refused while a world is set up, where no operation is yet. */
#ifndef LOOKASIDE_FUZZ_WORLD_REFUSALS_H
#define LOOKASIDE_FUZZ_WORLD_REFUSALS_H

/* Bucket tables that are none, and a space without room. Once in a process. */
void refusals_check(void);

#endif
