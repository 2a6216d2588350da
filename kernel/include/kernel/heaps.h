/* SPDX-License-Identifier: 0BSD */
/* The kernel's two heaps, both of the core.
 *
 *   kernel_heap   virtual: in the kernel's ranges, page by page as it grows, as far as addresses
 *                 and memory reach. No fixed size.
 *   dma_heap      physical: blocks and large regions are contiguous in RAM below 16 MiB, at
 *                 direct-mapped addresses. It takes aligned rows of frames when it is out of
 *                 segments and gives them back when they are empty. No fixed size either.
 *
 * Not locked: the caller holds whatever serialises it (one processor: interrupts off, or never
 * called from an interrupt).
 */
#ifndef KERNEL_HEAPS_H
#define KERNEL_HEAPS_H

#include <lookaside/heap.h>

#include <kernel/port.h>

/* A heap space over the kernel's ranges, and one more heap for whoever wants one: heap_init() on it
 * makes as many heaps as wanted.
 */
extern struct heap_space kernel_heap_space;
extern struct heap kernel_heap;
extern struct heap dma_heap;

/* False: not even the segment tables fit. */
bool heaps_start(void);

/* malloc() and free() of the kernel: NULL if there is no memory. kernel_free(NULL) does nothing; a
 * pointer that is no live block panics.
 */
void *kernel_alloc(uint32_t bytes);
void *kernel_alloc_zeroed(uint32_t bytes);
void kernel_free(void *block);

/* The same of memory for devices, contiguous in RAM: a multiple of 2^align_log2 bytes. *ret_frame
 * and the offset in it are its physical address.
 */
void *dma_alloc(uint32_t bytes, uint32_t align_log2, uint32_t *ret_physical);
void dma_free(void *block);

/* Frames that both heaps hold for books about themselves, which stay for ever. Right after
 * heaps_trim(): a test that compares free frames adds these.
 */
uint32_t heaps_book_frames(void);

/* Give what both heaps keep for later back to the frames. Answers how many came back. */
uint32_t heaps_trim(void);

#endif
