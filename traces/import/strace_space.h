/* SPDX-License-Identifier: 0BSD */
/* An address space as strace shows it: which mapping lies at which addresses. A mapping may be in
 * pieces, because parts of it were unmapped or moved away. Addresses are in pages. Private to
 * traces/import.
 */
#ifndef LOOKASIDE_IMPORT_STRACE_SPACE_H
#define LOOKASIDE_IMPORT_STRACE_SPACE_H

#include "mappings.h"

#define STRACE_PAGES_MAX ((UINT64_C(1) << 52) - 1u) /* so that their bytes are 64-bit numbers */

/* A mapping, as long as there are pieces of it. A stack waits until its guard is known: it has no
 * op yet and is not live.
 */
struct area {
    struct mapping mapping;
    uint32_t pieces;
    struct area **waiter; /* who knows that it waits: the owner of a pointer to it; or NULL */
    uint64_t waiting_pages;
};

struct piece {
    uint64_t first; /* [first, end), never empty */
    uint64_t end;
    struct area *area;
    uint64_t offset; /* page of the mapping that lies at `first` */
};

struct strace_space {
    uint32_t users;   /* processes; vfork's child is one until it calls execve */
    bool inherited;   /* by a fork: what is not known here was the parent's */
    bool selected;    /* its ops are wanted */
    uint64_t brk_at;  /* the brk area ends here, in bytes; 0: not known yet */
    uint64_t brk_low; /* and began here, as far as it is this space's own */
    struct mapping heap;
    void *pieces; /* a tree of struct piece by address */
};

/* Forget all, without ops. */
void space_free(struct strace_space *space);

/* The lowest piece with pages in [first, end), cut to them; false if there is none. O(log^2 n). */
bool space_find(const struct strace_space *space, uint64_t first, uint64_t end,
                struct piece *ret_piece);

/* Put a piece where none is. False without memory. O(log n). */
bool space_put(struct import *import, struct strace_space *space, struct piece piece);

/* The piece that ends at `end` goes on to `new_end`; nothing is there. O(log n). */
void space_extend(struct strace_space *space, uint64_t end, uint64_t new_end);

/* Take out a piece as space_find() gives it; the rest of the piece it was cut from stays. False
 * without memory. O(log n).
 */
bool space_take(struct import *import, struct strace_space *space, struct piece piece);

#endif
