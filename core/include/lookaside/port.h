/* SPDX-License-Identifier: 0BSD */
/* What the core asks of the machine below it. A port is three facts in a struct and one function
 * with a fixed name; docs/porting.md walks through writing one.
 */
#ifndef LOOKASIDE_PORT_H
#define LOOKASIDE_PORT_H

#include <lookaside/types.h>

struct la_port {
    /* Handed back to the hooks. Owned by the port. */
    void *context;

    /* Host address of va 0. 0 inside a kernel that runs in the managed space itself. */
    uintptr_t host_base;

    /* Back `pages` pages from page-aligned `va` with memory that reads as zero. All of them or
     * none: LA_OK or LA_NO_MEMORY. Never called for a page that is already backed through it.
     */
    enum la_status (*commit)(void *context, va32_t va, uint32_t pages);

    /* Give the memory of `pages` backed pages back. Cannot fail. What the pages held is lost. */
    void (*decommit)(void *context, va32_t va, uint32_t pages);
};

/* The one place where a managed address becomes a host pointer. */
static inline void *la_host(uintptr_t host_base, va32_t va)
{
    return (void *)(host_base + va);
}

/* A broken promise: the core's own state is damaged, or its caller broke a documented duty that has
 * no status. Every port defines it; it must not return. `what` names the condition.
 */
_Noreturn void la_panic(const char *what, const char *file, int line);

#define LA_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            la_panic(#condition, __FILE__, __LINE__);                                              \
    } while (0)

#endif
