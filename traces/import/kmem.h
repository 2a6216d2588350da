/* SPDX-License-Identifier: 0BSD */
/* What a Linux kernel's memory tracepoints say, as ops of a trace: the one place where events
 * become ops, whether they were read from somebody's text or from the running kernel. Private to
 * traces.
 *
 *     kmalloc, kmem_cache_alloc          alloc, with the bytes the kernel took
 *     kfree, kmem_cache_free             free, by what the object is and not by the event: kfree()
 *                                        of an object of a cache is legal
 *     mm_page_alloc, mm_page_free        alloc-aligned and free: kmem_pages.h
 *     alloc_vmap_area, free_vmap_...     reserve and release: only addresses
 *     mmap, faults, fork, exec, exit     stacks of user programs: kmem_stacks.h
 *
 * Events may be missing: kfree_rcu() and frees in bulk have none. An address that is handed out
 * again was freed just before at the latest, and so the free is kept (NOTE_IMPLIED_FREE).
 */
#ifndef LOOKASIDE_IMPORT_KMEM_H
#define LOOKASIDE_IMPORT_KMEM_H

#include "kmem_pages.h"
#include "kmem_stacks.h"
#include "threads.h"

enum kmem_kind {
    KMEM_KMALLOC,
    KMEM_CACHE_ALLOC,
    KMEM_KFREE,
    KMEM_CACHE_FREE,
    KMEM_PAGE_ALLOC,
    KMEM_PAGE_FREE,
    KMEM_VMAP_ALLOC,
    KMEM_VMAP_FREE,
    KMEM_STACK_MAP,
    KMEM_UNMAP,
    KMEM_FAULT, /* of a page of a program that was not there */
    KMEM_FORK,
    KMEM_EXEC_BEGIN,
    KMEM_EXEC,
    KMEM_EXIT,
    KMEM_KINDS /* number of them */
};

/* One event. Fields that a kind does not have are 0. */
struct kmem_event {
    enum kmem_kind kind;
    uint32_t cpu;
    uint32_t pid;         /* of the thread, as the kernel counts */
    uint64_t time_ns;     /* since any moment */
    uint64_t address;     /* of pages: the number of the first frame */
    uint64_t bytes;       /* requested */
    uint64_t bytes_taken; /* by the kernel for it */
    uint64_t align_bytes; /* of a vmap area */
    uint32_t order;       /* of pages, KMEM_ORDER_MAX at most */
    uint32_t other_pid;   /* the child of a fork; what an exec was before */
    bool failed;          /* there was no memory, and `address` means nothing */
    bool zeroed;          /* __GFP_ZERO */
    bool kernel_wrote;    /* a fault: the kernel, on behalf of the program */
    bool shared;          /* the child is in the same address space */
    bool own;             /* the recorder did it, which nobody asked about */
    const char *site;     /* who called, "" or NULL if that is not known */
    const char *cache;    /* the same for the cache */
};

/* All zero but for `import` and `page_bytes` is the beginning. */
struct kmem {
    struct import *import;
    uint64_t page_bytes;  /* the kernel's, a power of two */
    struct objects slab;  /* by address */
    struct objects areas; /* by address; their slots are of regions */
    struct kmem_pages pages;
    struct kmem_stacks stacks;
    struct threads threads;
    uint64_t time_ns; /* of the last event */
    bool started;
};

void kmem_free(struct kmem *kmem);

/* Whether --kernel WHAT asks for events of this kind, or must see them to understand others: which
 * object a kfree() is about shows kmem_cache_alloc alone.
 */
bool kmem_wants(enum import_kernel what, enum kmem_kind kind);

/* Take one event, in the order of time; what was not asked for is counted. */
bool kmem_event(struct kmem *kmem, const struct kmem_event *event);

/* A phase of the workload begins at `time_ns`. */
bool kmem_mark(struct kmem *kmem, uint64_t time_ns, uint32_t number);

#endif
