/* SPDX-License-Identifier: 0BSD */
/* A program that allocates while the recorder looks around for the real allocator, which it does
 * with dlsym(): this program has one of its own, and a program's symbols go first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

#define EARLY_BYTES 5401

static char *early;

static void *opaque(void *block)
{
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

/* What RTLD_NEXT means is told by the caller's address, so the real one must be jumped to, as the
 * compiler does with optimisation, not called.
 */
void *dlsym(void *restrict library, const char *restrict name)
{
    static const char *const versions[] = { "GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.0" };
    static void *(*real)(void *library, const char *name);

    for (size_t i = 0; !real && i < sizeof versions / sizeof versions[0]; i++)
        *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    if (!early)
        early = calloc(1, EARLY_BYTES);
    return real(library, name);
}

/* The early block is zeroed, can grow (into one that is recorded) and can be freed. */
int main(void)
{
    char *block = early;

    for (int i = 0; block && i < EARLY_BYTES; i++)
        if (block[i] != 0)
            return 1;
    if (!block)
        return 2; /* nobody asked: no recorder is here */
    block[EARLY_BYTES - 1] = 3;
    block = opaque(realloc(block, 5402));
    if (block[EARLY_BYTES - 1] != 3)
        return 1;
    free(block);
    return 0;
}
