/* SPDX-License-Identifier: 0BSD */
/* A process's addresses: the core's VAS for regions, and for each page whether it is committed and
 * with what access, so that memory is promised and taken back in pages, as VirtualAlloc does.
 *
 *   region    VAS: free, reserved, committed (a page of the segment is), stack
 *   page      chunk of 512 segments, taken when one of them is first needed:
 *             2 bits a page: 0 not committed, else enum uabi_access
 *             16 bits a segment: the region's label, for those who look
 *
 * A committed page is a promise: it has no frame until it is touched, and the sum of promises never
 * exceeds the free frames. So a program learns from UABI_COMMIT that memory is short, not from
 * being ended later. Stacks grow without a promise, from the frames that nobody was promised.
 *
 * Knows no page tables: the hooks map. One caller at a time.
 */
#ifndef LOOKASIDE_KERNEL_USPACE_H
#define LOOKASIDE_KERNEL_USPACE_H

#include <kernel/user_abi.h>
#include <lookaside/fault.h>
#include <lookaside/stack.h>
#include <lookaside/vas.h>

#define USPACE_CHUNK_SEGMENTS 512u
#define USPACE_CHUNKS         (LA_SEGMENTS / USPACE_CHUNK_SEGMENTS)

/* Frames a promise leaves alone: page tables, kernel stacks and heaps take theirs unpromised. */
#define USPACE_SPARE_FRAMES 64u

/* What the machine does for a space. */
struct uspace_hooks {
    void *context;

    /* Whatever map() needs for these pages beside their frames: afterwards it takes one frame each.
     * LA_NO_MEMORY: some of it may be there already; it stays until the space goes.
     */
    enum la_status (*prepare)(void *context, va32_t va, uint32_t pages);

    /* Give a page a zeroed frame. LA_IN_USE: it has one. LA_NO_MEMORY: nothing has changed. */
    enum la_status (*map)(void *context, va32_t va, enum uabi_access access);

    /* Take a page's frame away; false if it has none. No processor sees the page afterwards. */
    bool (*unmap)(void *context, va32_t va);

    /* Change the access of a page, if it has a frame. */
    void (*protect)(void *context, va32_t va, enum uabi_access access);

    /* Write to pages that have frames, whatever their access and whichever space is in use. */
    void (*write)(void *context, va32_t va, const void *from, uint32_t bytes);

    uint32_t (*frames_free)(void *context);

    /* Zeroed memory of the kernel's, aligned to 8 bytes; NULL if there is none. */
    void *(*take)(void *context, uint32_t bytes);
    void (*give)(void *context, void *memory);
};

/* What all spaces of a machine share. Zero at first. */
struct uspace_ledger {
    uint32_t promised_pages; /* committed and without a frame */
};

struct uspace_chunk {
    uint32_t access[USPACE_CHUNK_SEGMENTS]; /* 2 bits a page */
    uint16_t label[USPACE_CHUNK_SEGMENTS];  /* of the region that begins there */
};

/* A stack of the space; caller-supplied. */
struct uspace_stack {
    struct stack stack;
    struct uspace_stack *next;
};

struct uspace {
    struct vas vas;
    const struct uspace_hooks *hooks;
    struct uspace_ledger *ledger;
    struct la_port stack_port; /* for the core's stacks */
    struct uspace_stack *stacks;
    struct uspace_chunk *chunk[USPACE_CHUNKS];
    uint32_t promised_pages; /* of this space */
    uint32_t backed_pages;   /* with a frame, stacks not included */
    uint32_t stack_pages;
    uint32_t zero_faults;
    uint32_t grow_faults;
};

/* An empty space of [UABI_USER_FIRST, UABI_USER_END). Must not move from then on; the rest must
 * outlive it. Takes nothing.
 */
void uspace_init(struct uspace *space, struct uspace_ledger *ledger,
                 const struct uspace_hooks *hooks);

/* Give everything back, stacks included. */
void uspace_destroy(struct uspace *space);

/* The calls of user_abi.h, with enum la_status for its errors; the arguments are a program's and
 * may be anything.
 */
enum la_status uspace_reserve(struct uspace *space, va32_t va, uint32_t bytes, uint32_t flags,
                              uint32_t align_log2, va32_t *ret_va);
enum la_status uspace_commit(struct uspace *space, va32_t va, uint32_t bytes, uint32_t access);
enum la_status uspace_decommit(struct uspace *space, va32_t va, uint32_t bytes);
enum la_status uspace_release(struct uspace *space, va32_t va);
enum la_status uspace_resize(struct uspace *space, va32_t va, uint32_t bytes);
enum la_status uspace_protect(struct uspace *space, va32_t va, uint32_t bytes, uint32_t access);
enum la_status uspace_query(const struct uspace *space, va32_t va, struct uabi_region *ret_region);

/* As stack_create(); the space keeps *ret_stack in a list until it is destroyed. */
enum la_status uspace_stack_create(struct uspace *space, struct uspace_stack *ret_stack,
                                   const struct stack_layout *layout, uint32_t label);
void uspace_stack_destroy(struct uspace *space, struct uspace_stack *stack);

/* Judge and mend a page fault; `own` is the running thread's stack. UABI_OK: run the access again.
 * Otherwise why it must end, an enum uabi_end. Any address.
 */
uint32_t uspace_fault(struct uspace *space, struct stack *own, const struct fault_access *access);

/* Whether an access to all of [va, va + bytes) is right, so that only memory can lack. O(pages). */
bool uspace_allows(const struct uspace *space, const struct stack *own, va32_t va, uint32_t bytes,
                   bool write);

/* The page's enum uabi_access, 0 if it is not committed. */
uint32_t uspace_page_access(const struct uspace *space, va32_t va);

/* Frames that nobody was promised. */
uint32_t uspace_frames_unpromised(const struct uspace *space);

/* The first broken invariant in words, or NULL. Slow; for tests and self-tests. */
const char *uspace_check(const struct uspace *space);

#endif
