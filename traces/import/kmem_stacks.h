/* SPDX-License-Identifier: 0BSD */
/* Stacks of user programs as the kernel sees them: made by mmap(MAP_STACK), touched when a page is
 * missing, gone with munmap, exec or exit.
 *
 * The main stack of a 64-bit program on x86 begins where the kernel puts the arguments' addresses,
 * right below the arguments. If that page was missing, it is the last one that the kernel wrote to
 * before it said that the exec is done. If it was there, because it has arguments too, the first
 * page that is touched afterwards is taken for the one below (NOTE_TOP_GUESSED).
 *
 * Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_KMEM_STACKS_H
#define LOOKASIDE_IMPORT_KMEM_STACKS_H

#include "mappings.h"
#include "objects.h"

struct kmem_stack {
    uint64_t first; /* address */
    uint64_t end;
    uint32_t space;
    struct mapping mapping;
};

struct kmem_space {
    uint32_t users;   /* tasks in it */
    bool awaits_main; /* its main stack was not seen yet */
};

/* Zeroed is empty. */
struct kmem_stacks {
    struct objects tasks; /* address: pid + 1; slot: its address space */
    struct objects
        arguments; /* address: pid + 1; slot: page it touched last in ARGUMENTS_FIRST on */
    struct kmem_space *spaces;
    size_t spaces_room;
    uint32_t spaces_count; /* numbers given out */
    struct kmem_stack *at;
    size_t count;
    size_t room;
};

void kmem_stacks_free(struct kmem_stacks *stacks);

/* mmap(MAP_STACK) answered [address, address + bytes), munmap() took it away. O(stacks). */
bool kmem_stacks_map(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                     uint64_t address, uint64_t bytes);
bool kmem_stacks_unmap(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                       uint64_t address, uint64_t bytes);

/* A page that was not there was touched; `kernel_wrote`: by the kernel itself. O(stacks). */
bool kmem_stacks_fault(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                       uint64_t address, bool kernel_wrote);

/* `pid` made `child`, in its own address space if `shared`. */
bool kmem_stacks_fork(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                      uint32_t child, bool shared);

/* `pid` wants a new program. */
void kmem_stacks_exec_begin(struct kmem_stacks *stacks, uint32_t pid);

/* `pid` has a new program, in a new address space; until then it was `old_pid`, because a thread
 * that does it takes the number of its process.
 */
bool kmem_stacks_exec(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                      uint32_t old_pid);

bool kmem_stacks_exit(struct import *import, struct kmem_stacks *stacks, uint32_t pid);

#endif
