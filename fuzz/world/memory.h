/* SPDX-License-Identifier: 0BSD */
/* The memory below the fuzz world: a window of host memory as large as the managed space, and a
 * byte for each of its pages. What is not committed holds a pattern that is looked at again, so a
 * write there shows; under the address sanitizer it is poisoned; with LOOKASIDE_FUZZ_PROTECT=1 it
 * is not accessible, which is exact and slow.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_MEMORY_H
#define LOOKASIDE_FUZZ_WORLD_MEMORY_H

#include <lookaside/port.h>

#define MEMORY_PAGES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)

/* Largest number of segments with memory behind them: a 32-bit process has room for 1 GiB. */
#define MEMORY_SEGMENTS_NARROW 16384u
#define MEMORY_SEGMENTS_MAX    (sizeof(void *) > 4u ? LA_SEGMENTS : MEMORY_SEGMENTS_NARROW)

extern uint8_t memory_committed[MEMORY_PAGES]; /* 1: committed */
extern uint32_t memory_committed_pages;
extern uintptr_t memory_base; /* host address of va 0 */

/* Map the window; once in a process. Ends it with code 3 where there is no room. */
void memory_setup(void);

/* Be ready for a run over segments [first, end), at most MEMORY_SEGMENTS_MAX of them, with `frames`
 * pages of memory. Nothing is committed. Each range has its own part of the window.
 */
void memory_begin(uint32_t first_segment, uint32_t end_segment, uint32_t frames);

/* From the next run on be at another host address, or where it began. Nothing may be committed.
 * Where a second window has no room it stays.
 */
void memory_move(bool elsewhere);

/* A run ended without giving everything back. */
void memory_forget(void);

/* Frames that are not in use. */
uint32_t memory_frames_left(void);

/* Look at the patterns of every page that was given back in this run. */
void memory_verify_gone(void);

/* The port: the budget of frames is the only reason to refuse. It checks nothing: the spies did. */
enum la_status memory_commit(void *context, va32_t va, uint32_t pages);
void memory_decommit(void *context, va32_t va, uint32_t pages);

#endif
