/* SPDX-License-Identifier: 0BSD */
/* Blocks between fences, for hunting whoever writes where nothing is his: in front of a block,
 * behind it, or into it after it was freed. The heap's own books are out of any block's reach; a
 * neighbour's content is not, and this tells whose fault it was.
 *
 *   | bytes | ~bytes | front fence 16 | the block | back fence, 16 or more |
 *
 * A freed block stays in a row of FENCE_KEPT, filled with a pattern, before the heap has it back.
 * What is only read is not seen. Each wrong byte is told once: the pattern is mended then.
 */
#ifndef KERNEL_FENCE_H
#define KERNEL_FENCE_H

#include <lookaside/heap.h>

#define FENCE_KEPT 16u

enum fence_finding {
    FENCE_INTACT,
    FENCE_BEFORE,     /* written in front of the block */
    FENCE_BEHIND,     /* written behind its end */
    FENCE_AFTER_FREE, /* written after it was freed */
    FENCE_NO_BLOCK,   /* a free of what is no live block from here: a double one, say */
};

struct fence_report {
    enum fence_finding finding;
    va32_t va;       /* the first wrong byte; of FENCE_NO_BLOCK the address that was given */
    va32_t block_va; /* whose fence or content it is */
    uint32_t bytes;  /* the block's length as asked for */
};

/* Caller-supplied, zeroed but for `heap`; private. Locked as the heap is. */
struct fence {
    struct heap *heap;
    va32_t kept[FENCE_KEPT]; /* freed blocks, oldest at `next`; 0: none */
    uint32_t next;
};

/* A block of `bytes` bytes, aligned to 8, or 0 with heap->error set. O(fences). */
va32_t fence_alloc(struct fence *fence, uint32_t bytes);

/* Free a block and say what was wrong with its fences, or with the content of the block that leaves
 * the row for it, which is told in its place if the fences are intact. FENCE_NO_BLOCK changes
 * nothing. O(bytes of both).
 */
struct fence_report fence_free(struct fence *fence, va32_t block_va);

/* The first wrong byte of a freed block that is still kept. O(bytes kept). */
struct fence_report fence_check(struct fence *fence);

/* Give every kept block back to the heap. */
void fence_end(struct fence *fence);

#endif
