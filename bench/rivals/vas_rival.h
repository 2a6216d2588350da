/* SPDX-License-Identifier: 0BSD */
/* One interface to everybody's allocator of address space. A rival gives out rows of pages of a
 * window; whether anything is mapped there is not its business.
 *
 * What a page is says the window: 4 KiB, or 64 KiB for a comparison in segments. All state is in
 * memory of the caller, the descriptors too that the original takes from its kernel's heap.
 */
#ifndef LOOKASIDE_RIVALS_VAS_RIVAL_H
#define LOOKASIDE_RIVALS_VAS_RIVAL_H

#include "rival.h"

#define VAS_RIVAL_PAGES_MAX      (UINT32_C(1) << 20) /* 4 GiB in pages of 4 KiB */
#define VAS_RIVAL_PAGE_SHIFT_MAX 16u
#define VAS_RIVAL_ALIGN_LOG2_MAX 20u

/* The addresses a rival is to give out, 4 GiB at most. `regions` is for the rivals that write each
 * region down; with more of them they may answer RIVAL_NO_METADATA.
 */
struct vas_window {
    uint32_t first_page; /* at least 1: page 0 means "none" */
    uint32_t end_page;   /* more than first_page, at most VAS_RIVAL_PAGES_MAX */
    uint32_t page_shift; /* a page has 2^page_shift bytes: 12 to VAS_RIVAL_PAGE_SHIFT_MAX */
    uint32_t regions;    /* live regions to have room for */
};

enum vas_ability {
    VAS_RELEASES = 1, /* takes regions back */
    VAS_ALIGNS = 2,   /* else every request with an alignment is RIVAL_CANNOT */
    VAS_FINDS = 4,    /* an unaligned place of whole granules that exists is found */
    VAS_FINDS_ALIGNED = 8,
    VAS_REFUSES = 16, /* a release of anything but exactly one region is RIVAL_BAD */
    VAS_PARTS = 32,   /* takes a part of a region back, in whole granules */
    VAS_RESIZES = 64, /* in place */
    VAS_POWERS = 128, /* lengths are rounded up to powers of two */
};

struct vas_figures {
    uint32_t free_pages;
    uint32_t largest_pages;     /* the longest unaligned request it would serve */
    size_t metadata_bytes;      /* in use now: state, maps, descriptors */
    size_t metadata_bytes_peak; /* the most since init */
    uint64_t probes;            /* regions, nodes or words looked at so far, or RIVAL_NOT_COUNTED */
};

struct vas_rival {
    const char *name; /* a-z, 0-9 and '-' */
    const char *what; /* one line */
    uint32_t can;     /* enum vas_ability */

    /* It gives out whole granules of 2^granule_shift bytes, from a multiple of that; 0: pages. */
    uint32_t granule_shift;

    /* Memory that init() wants for this window, aligned to 8 bytes. It must not move afterwards. */
    size_t (*bytes)(const struct vas_window *window);

    /* All of the window is free. False: `bytes` is less than bytes(window), or the window has no
     * whole granule.
     */
    bool (*init)(void *state, size_t bytes, const struct vas_window *window);

    /* A row of `pages` pages whose first is a multiple of 2^align_log2; `*ret_page` only with
     * RIVAL_OK. No pages, more than the window has, or an alignment above
     * VAS_RIVAL_ALIGN_LOG2_MAX: RIVAL_BAD.
     */
    enum rival_answer (*reserve)(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page);

    /* Take the region at `page` back; `pages` as it was reserved (or part of it: VAS_PARTS).
     * Without VAS_REFUSES a wrong call may be believed.
     */
    enum rival_answer (*release)(void *state, uint32_t page, uint32_t pages);

    /* With VAS_RESIZES: make the region longer or shorter at its end. RIVAL_NO_SPACE: what follows
     * is in use. Else NULL. No original has this call; who keeps neighbours in reach gets it here,
     * so that a comparison of where regions are put is not one of who can let them grow.
     */
    enum rival_answer (*resize)(void *state, uint32_t page, uint32_t pages, uint32_t new_pages);

    /* May walk everything. */
    void (*figures)(const void *state, struct vas_figures *ret_figures);

    /* The first broken invariant in words, or NULL. */
    const char *(*check)(const void *state);
};

/* All of them, ours last; NULL ends the table. */
extern const struct vas_rival *const vas_rivals[];

extern const struct vas_rival vas_bump;
extern const struct vas_rival vas_two_bit;
extern const struct vas_rival vas_free_list;
extern const struct vas_rival vas_section_list;
extern const struct vas_rival vas_section_window;
extern const struct vas_rival vas_ghost_pool;
extern const struct vas_rival vas_buddy;
extern const struct vas_rival vas_radix;
extern const struct vas_rival vas_augmented;
extern const struct vas_rival vas_tags;
extern const struct vas_rival vas_ours;

/* -- For the rivals themselves ----------------------------------------------------------------- */

static inline uint32_t vas_rival_align_up(uint32_t page, uint32_t align_log2)
{
    uint32_t mask = (UINT32_C(1) << align_log2) - 1u;

    return (page + mask) & ~mask; /* both below 2^21: does not wrap */
}

/* Whether a request is inside the interface's domain. */
static inline bool vas_rival_asks(const struct vas_window *window, uint32_t pages,
                                  uint32_t align_log2)
{
    return pages > 0 && pages <= window->end_page - window->first_page &&
           align_log2 <= VAS_RIVAL_ALIGN_LOG2_MAX;
}

/* Whether [page, page + pages) lies in the window. */
static inline bool vas_rival_inside(const struct vas_window *window, uint32_t page, uint32_t pages)
{
    return pages > 0 && page >= window->first_page && page < window->end_page &&
           pages <= window->end_page - page;
}

/* Rounded up, so that what follows in the caller's memory is aligned. */
static inline size_t vas_rival_round8(size_t bytes)
{
    return (bytes + 7u) & ~(size_t)7u;
}

#endif
