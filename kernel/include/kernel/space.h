/* SPDX-License-Identifier: 0BSD */
/* An address space: page tables, a vas that says what the addresses mean, and a port of the core
 * that backs them with frames. The kernel has one over its ranges; every process (and every replay
 * of a trace) has one over its user half. What is mapped and what is reserved are two things: the
 * vas is asked at a fault, the page tables are what the processor sees.
 *
 * Commits through `port` come in two kinds:
 *   eager   the pages are mapped when commit() returns, or none are and it says LA_NO_MEMORY. The
 *           kernel's own: a heap that was promised memory never faults for it.
 *   lazy    commit() promises; the first touch maps a zeroed page and, if there is none by then,
 *           ends the one who touched. Stacks are eager always: their committed part is what decides
 *           a fault.
 */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <lookaside/fault.h>
#include <lookaside/port.h>
#include <lookaside/stack.h>
#include <lookaside/vas.h>

#include <kernel/port.h>

/* Caller-supplied and at a fixed place while it exists: the port's context points to it. */
struct space {
    struct port_space *tables; /* &own, or the kernel's */
    struct port_space own;
    struct la_port port;
    bool lazy;
    uint32_t protection;  /* of pages that faults and commits map: enum port_protection */
    uint32_t pages;       /* mapped by faults and commits */
    uint32_t zero_faults; /* served by mapping a zeroed page */
    uint32_t grow_faults; /* served by growing a stack */
    uint32_t bad_faults;  /* not served */
    struct vas vas;
};

/* The kernel's own, over port_geometry's ranges: eager. */
extern struct space kernel_space;
void space_start(void);

/* A space over segments [first, end) of the user half. LA_NO_MEMORY: no frame for its tables. */
enum la_status space_create(struct space *space, uint32_t first_segment, uint32_t end_segment,
                            bool lazy);

/* Unmap everything in the user half, give frames and tables back. The space is not active. */
void space_destroy(struct space *space);

/* User addresses mean this space from now on; NULL: nobody's. */
void space_activate(struct space *space);
struct space *space_active(void);

/* Map `pages` zeroed pages from va, all or none. LA_NO_MEMORY. */
enum la_status space_map_zeroed(struct space *space, va32_t va, uint32_t pages);

/* Unmap what is mapped of [va, va + pages) and give the frames back. */
void space_unmap(struct space *space, va32_t va, uint32_t pages);

/* The first broken invariant in words, or NULL: the vas's own, and every page mapped in the managed
 * range belongs to a committed segment or a stack's committed part. Slow.
 */
const char *space_check(const struct space *space);

#endif
