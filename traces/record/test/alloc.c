/* SPDX-License-Identifier: 0BSD */
/* A library with an allocator of its own, as jemalloc is one, for the tests of the recorder. Its
 * calls use each other through the loader, where the recorder stands, and it can be made to send a
 * signal in the middle of one. Blocks are never used again.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (16u << 20)
#define HEAD_BYTES  16u
#define LOUD_BYTES  5999u /* a request of that size raises SIGUSR1 inside malloc() */

static struct {
    char bytes[ARENA_BYTES] __attribute__((aligned(4096)));
    size_t used;
} arena;

static void *take(size_t align, size_t bytes)
{
    size_t whole = bytes + align + HEAD_BYTES;
    size_t at = __atomic_fetch_add(&arena.used, whole, __ATOMIC_RELAXED);
    uintptr_t start = (uintptr_t)arena.bytes + at + HEAD_BYTES;

    if (bytes > ARENA_BYTES || at + whole > ARENA_BYTES) {
        errno = ENOMEM;
        return NULL;
    }
    start = (start + align - 1u) & ~(uintptr_t)(align - 1u);
    memcpy((char *)start - sizeof bytes, &bytes, sizeof bytes);
    return (char *)start;
}

/* As jemalloc and its kind do, it answers operator new without calling malloc(). */
#ifdef __LP64__
void *operator_new(size_t bytes) __asm__("_Znwm");
#else
void *operator_new(size_t bytes) __asm__("_Znwj");
#endif

void *operator_new(size_t bytes)
{
    return take(16, bytes);
}

void *malloc(size_t bytes)
{
    if (bytes == LOUD_BYTES)
        raise(SIGUSR1);
    return take(16, bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return malloc(count * bytes); /* the arena is zeroed, and nothing is used twice */
}

void free(void *block)
{
    if (block)
        memset((char *)block - sizeof(size_t), 0, sizeof(size_t));
}

void *realloc(void *block, size_t bytes)
{
    void *moved = malloc(bytes);
    size_t old = 0;

    if (block && moved) {
        memcpy(&old, (char *)block - sizeof old, sizeof old);
        memcpy(moved, block, old < bytes ? old : bytes);
        free(block);
    }
    return moved;
}

void *aligned_alloc(size_t align, size_t bytes)
{
    return take(align, bytes);
}

int posix_memalign(void **ret_block, size_t align, size_t bytes)
{
    *ret_block = aligned_alloc(align, bytes);
    return *ret_block ? 0 : ENOMEM;
}
