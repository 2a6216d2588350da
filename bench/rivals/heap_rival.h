/* SPDX-License-Identifier: 0BSD */
/* One interface to everybody's kernel heap. A rival gives out blocks of a window of addresses and
 * commits the pages it touches through the port, so that the memory of all of them is counted in
 * one place: by whoever stands behind the port. What it keeps elsewhere it names itself
 * (static_bytes).
 *
 * Addresses are the core's va32_t; a block's bytes are at la_host(port->host_base, va).
 */
#ifndef LOOKASIDE_RIVALS_HEAP_RIVAL_H
#define LOOKASIDE_RIVALS_HEAP_RIVAL_H

#include <lookaside/port.h>

#include "rival.h"

#define HEAP_RIVAL_ALIGN_LOG2 3u /* every block is aligned to 8 bytes */
#define HEAP_RIVAL_BYTES_MAX  (UINT32_C(1) << 31)

/* Where a rival's memory comes from. The port outlives the rival; nothing is committed yet. */
struct heap_window {
    const struct la_port *port;
    uint32_t first_page; /* at least 1 */
    uint32_t end_page;   /* at most 2^20 */
};

enum heap_ability {
    HEAP_FREES = 1,   /* takes blocks back */
    HEAP_ALIGNS = 2,  /* to more than 8 bytes, up to a page; else such a request is RIVAL_CANNOT */
    HEAP_REFUSES = 4, /* a free of anything but a live block is RIVAL_BAD */
    HEAP_RETURNS = 8, /* gives memory back to the port at some time */
};

struct heap_figures {
    size_t static_bytes; /* of state outside of the window */
    uint64_t probes;     /* blocks, chunks or words looked at so far, or RIVAL_NOT_COUNTED */
};

struct heap_rival {
    const char *name; /* a-z, 0-9 and '-' */
    const char *what; /* one line */
    uint32_t can;     /* enum heap_ability */

    /* Memory that init() wants outside of the window, aligned to 8 bytes. It must not move. */
    size_t (*bytes)(const struct heap_window *window);

    /* False: less than bytes(window), or the window or the port's memory is too small to begin. */
    bool (*init)(void *state, size_t bytes, const struct heap_window *window);

    /* A block of at least `bytes` bytes, at least 1 and at most HEAP_RIVAL_BYTES_MAX, on a multiple
     * of 2^align_log2 (0 to LA_PAGE_SHIFT), content undefined. RIVAL_BAD: outside of that domain.
     * `*ret_va` only with RIVAL_OK.
     */
    enum rival_answer (*alloc)(void *state, uint32_t bytes, uint32_t align_log2, va32_t *ret_va);

    /* Give a block back. Without HEAP_REFUSES a wrong address may be believed. */
    enum rival_answer (*free)(void *state, va32_t va);

    /* Make a live block longer or shorter, moving it if need be, with its content. An error leaves
     * the block.
     */
    enum rival_answer (*realloc)(void *state, va32_t va, uint32_t bytes, va32_t *ret_va);

    /* Bytes the owner of a live block may use. */
    uint32_t (*usable)(const void *state, va32_t va);

    void (*figures)(const void *state, struct heap_figures *ret_figures);

    /* The first broken invariant in words, or NULL. May walk everything. */
    const char *(*check)(const void *state);
};

/* All of them, ours last; NULL ends the table. */
extern const struct heap_rival *const heap_rivals[];

extern const struct heap_rival heap_bump;
extern const struct heap_rival heap_powers;
extern const struct heap_rival heap_brk;
extern const struct heap_rival heap_primary;
extern const struct heap_rival heap_fixed;
extern const struct heap_rival heap_ghost_chunks;
extern const struct heap_rival heap_buddy;
extern const struct heap_rival heap_ours;

/* -- For the rivals themselves ----------------------------------------------------------------- */

static inline bool heap_rival_asks(uint32_t bytes, uint32_t align_log2)
{
    return bytes > 0 && bytes <= HEAP_RIVAL_BYTES_MAX && align_log2 <= LA_PAGE_SHIFT;
}

static inline uint32_t heap_rival_round(uint32_t bytes, uint32_t align_log2)
{
    uint32_t mask = (UINT32_C(1) << align_log2) - 1u;

    return (bytes + mask) & ~mask; /* at most 2^31 + a page: does not wrap */
}

/* realloc() for those that have none of their own: stay if the block is large enough and not four
 * times too large, else a new block, a copy, and the old one freed.
 */
enum rival_answer heap_rival_move(const struct heap_rival *rival, void *state, uintptr_t host_base,
                                  va32_t va, uint32_t bytes, va32_t *ret_va);

#endif
