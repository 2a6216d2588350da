/* SPDX-License-Identifier: 0BSD */
/* A POSIX process as a port: the 4 GiB managed space is a window in the process's own addresses,
 * and SIGSEGV is the page fault.
 *
 *   host_base                        host_base + 4 GiB            + 8 GiB
 *   | va 0 ...                 va ffffffff | guard, never accessible |      64-bit process
 *   aligned to 4 GiB
 *
 *   host_base + first segment     + end segment
 *   | managed range                      | guard: one segment |             32-bit process
 *   aligned to a segment (host_base itself may have wrapped below 0)
 *
 * Two kinds of window. The real one protects: memory is accessible exactly while it is committed,
 * and decommitted memory goes back to the system. The cheap one is accessible all the time, commits
 * by counting, and zeroes pages when they are decommitted: no system call for a few pages, for
 * fuzzing and benchmarks. In both, a page that is not committed reads as zero as soon as it reads
 * at all.
 *
 * Linux on x86 is what is tested; elsewhere a fault's write bit is not known and reads as false.
 */
#ifndef LOOKASIDE_HOST_H
#define LOOKASIDE_HOST_H

#include <lookaside/fault.h>
#include <lookaside/port.h>
#include <lookaside/stack.h>
#include <lookaside/vas.h>

/* -- Windows ----------------------------------------------------------------------------------- */

/* Zeroed: a real, checked window without limit over everything (64-bit) or the lower half of the
 * segments (32-bit).
 */
struct host_window_options {
    bool cheap;
    bool unchecked;         /* do not look for double commits and decommits: for benchmarks */
    uint32_t first_segment; /* only [first_segment, end_segment) is ever committed; 0, 0: default */
    uint32_t end_segment;
    uint32_t limit_pages; /* as the field of struct host_window */
};

struct host_window_stats {
    uint32_t committed_pages;
    uint32_t committed_pages_peak;
    uint64_t commits;     /* calls that succeeded */
    uint64_t decommits;   /* calls */
    uint64_t refusals;    /* commit calls that answered LA_NO_MEMORY, for whatever reason */
    uint64_t zero_faults; /* faults answered by mapping a zeroed page */
    uint64_t grow_faults; /* faults answered by growing a stack */
};

struct host_window;

/* A fault that is not to be repaired. The answer says why: overflow, violation, out of memory, or
 * retry where the page was lost behind the window's back. Called in the signal handler, on its
 * stack; may leave by siglongjmp(). If it returns, the process dies of the fault.
 */
typedef void (*host_violation_fn)(struct host_window *window, const struct fault_answer *answer,
                                  const struct fault_access *access);

/* Caller-supplied and at a fixed place while open. The first group is the caller's to change at any
 * time, the second to read, the rest is private.
 */
struct host_window {
    uint32_t limit_pages; /* commits beyond answer LA_NO_MEMORY; 0: no limit */
    uint32_t
        fail_commit_at; /* n: the n-th commit call from now answers LA_NO_MEMORY, once; 0: off */
    uint32_t fail_commit_from;      /* n: the n-th and every later one; 0: off */
    host_violation_fn on_violation; /* NULL: one line on stderr, then death by SIGSEGV */
    struct stack *running; /* the stack the process runs on, if it is one of the window's: the only
                            * one that may grow then; NULL: any added stack may, by address */

    struct host_window_stats stats;

    struct la_port port;
    bool cheap;
    bool checked;
    uint32_t first_segment;
    uint32_t end_segment;
    void *mapping; /* window and guard */
    size_t mapping_bytes;
    void *maps; /* the two bitmaps, one mapping */
    size_t maps_bytes;
    uint32_t *committed;   /* bit: the page is committed; kept when checked */
    uint32_t *used_chunks; /* bit: something in the chunk was committed since open or reset */
    uint32_t kept_pages; /* cheap: pages zeroed by hand, so still resident, since the last flush */
    const struct vas *vas; /* attached; NULL: the window takes no faults */
    struct stack **stacks; /* added, in no order */
    uint32_t stack_count;
    uint32_t stack_room;
    struct host_window *next; /* attached windows */
};

/* Open a window. `options` may be NULL. LA_BAD_ARGUMENT: a range outside the space, or pages
 * smaller than the system's in a real window. LA_NO_SPACE: the process has no addresses for it (a
 * 32-bit process, ulimit -v). LA_NO_MEMORY: none for the bitmaps. Nothing has changed then.
 */
enum la_status host_window_open(struct host_window *window,
                                const struct host_window_options *options);

/* Give everything back; detaches. */
void host_window_close(struct host_window *window);

/* Everything decommitted, figures zero, no failure pending, no stack added or running; limit,
 * attachment and on_violation stay. Cost: by what was used since the last time, not by the window's
 * size. In a cheap window, what a bug wrote to pages that were never committed may stay.
 */
void host_window_reset(struct host_window *window);

/* The port of this window, valid while it is open. Its hooks panic when a promise of port.h is
 * broken (pages outside the range, a double commit, a decommit of what is not committed): an oracle
 * for whoever calls them. The page checks are left out of unchecked windows.
 */
static inline struct la_port *host_window_port(struct host_window *window)
{
    return &window->port;
}

/* Whether the page `va` lies on is committed. Only for checked windows. */
bool host_window_is_committed(const struct host_window *window, va32_t va);

/* Whether `address` lies in the window's managed range; its va if so. */
bool host_window_va(const struct host_window *window, const void *address, va32_t *ret_va);

/* -- SIGSEGV as the page fault --------------------------------------------------------------------
 *
 * The handler works inside a signal, where little is allowed. Here it is tolerable, because the
 * fault is synchronous: it interrupts the one instruction that touched the window, never the inside
 * of malloc or of a call of the core, unless that code itself touches memory without backing, which
 * is a bug. The handler itself uses only reads of the VAS, stack_grow() (which changes nothing but
 * the stack), mprotect, and for the report snprintf() on its own stack and write(). One thread
 * only: neither windows nor stacks are locked.
 *
 * A system call that is handed unbacked window memory answers EFAULT and takes no fault.
 */

/* Take SIGSEGV, on an alternate stack, because the faulting stack has no room for the signal frame.
 * An alternate stack that the calling thread already has is kept if it is large enough. Calling it
 * again is fine. LA_NO_MEMORY: no memory for the alternate stack.
 */
enum la_status host_fault_handler_install(void);

/* The handler that was there before install() is back. No effect without install(). */
void host_fault_handler_remove(void);

/* Faults in `window` are judged by `vas` from now on. Faults elsewhere, and SIGSEGV sent by kill(),
 * go to the handler that was installed before ours. A cheap window never faults.
 */
void host_window_attach(struct host_window *window, const struct vas *vas);
void host_window_detach(struct host_window *window);

/* Let faults grow `stack`; it must stay in place until removed. Remove before stack_destroy().
 * LA_NO_MEMORY: the list could not grow. Adding: O(1); removing and each stack fault: O(stacks).
 */
enum la_status host_window_add_stack(struct host_window *window, struct stack *stack);
void host_window_remove_stack(struct host_window *window, const struct stack *stack);

/* -- Panic ------------------------------------------------------------------------------------- */

/* Called by la_panic() first, if not NULL; may leave by longjmp() (tests, fuzzers). If it returns
 * or is NULL, la_panic() prints one line on stderr and aborts.
 */
extern void (*host_on_panic)(const char *what, const char *file, int line);

#endif
