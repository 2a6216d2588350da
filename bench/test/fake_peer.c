/* SPDX-License-Identifier: 0BSD */
/* Shared libraries that pretend to be allocators, one for each WHAT:
 *   bump      a pointer through memory of its own; free() starts over when nothing is live
 *   forward   hands every call on to the C library
 *   overlap   answers the same block twice now and then
 *   short     says that its blocks are shorter than asked
 *   none      no allocator at all
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define BUMP    1
#define FORWARD 2
#define OVERLAP 3
#define SHORT   4
#define NONE    5

#define ROOM_BYTES ((size_t)64 << 20)
#define HEAD_BYTES 16u

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *block, size_t bytes);
void *aligned_alloc(size_t align, size_t bytes);
void free(void *block);
size_t malloc_usable_size(void *block);
int fake_peer(void);

int fake_peer(void)
{
    return WHAT;
}

#if WHAT == FORWARD

/* The C library's other names for the same functions. */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void __libc_free(void *block);

void *malloc(size_t bytes)
{
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return __libc_realloc(block, bytes);
}

void *aligned_alloc(size_t align, size_t bytes)
{
    return __libc_memalign(align, bytes);
}

void free(void *block)
{
    __libc_free(block);
}

#elif WHAT != NONE

static uint8_t *room;
static size_t used;
static uint32_t live;
static uint32_t calls;

/* The C library's functions of the same names come first inside this library too, so its own
 * functions call these.
 */
static void *take(size_t align, size_t bytes)
{
    size_t at;

    if (room == NULL)
        room = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (align < HEAD_BYTES)
        align = HEAD_BYTES;
    at = (used + HEAD_BYTES + align - 1u) & ~(align - 1u);
#if WHAT == OVERLAP
    if (++calls % 64u == 0 && used > 4096u)
        at = (used - 2048u) & ~(align - 1u);
#else
    (void)calls;
#endif
    if (room == MAP_FAILED || bytes > ROOM_BYTES || at > ROOM_BYTES - bytes)
        return NULL;
    if (used < at + bytes)
        used = at + bytes;
    live++;
    memcpy(room + at - HEAD_BYTES, &bytes, sizeof bytes);
    return room + at;
}

static void give(const void *block)
{
    if (block != NULL && --live == 0)
        used = 0;
}

void *aligned_alloc(size_t align, size_t bytes)
{
    return take(align, bytes);
}

void *malloc(size_t bytes)
{
    return take(HEAD_BYTES, bytes);
}

void *calloc(size_t count, size_t bytes)
{
    void *block = take(HEAD_BYTES, count * bytes);

    return block != NULL ? memset(block, 0, count * bytes) : NULL;
}

static size_t length_of(const void *block)
{
    size_t bytes;

    memcpy(&bytes, (const uint8_t *)block - HEAD_BYTES, sizeof bytes);
    return bytes;
}

void free(void *block)
{
    give(block);
}

void *realloc(void *block, size_t bytes)
{
    size_t before = block != NULL ? length_of(block) : 0;
    void *moved = take(HEAD_BYTES, bytes);

    if (moved != NULL && block != NULL) {
        memcpy(moved, block, before < bytes ? before : bytes);
        give(block);
    }
    return moved;
}

size_t malloc_usable_size(void *block)
{
    return length_of(block) / (WHAT == SHORT ? 2u : 1u);
}

#endif
