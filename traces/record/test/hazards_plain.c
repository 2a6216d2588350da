/* SPDX-License-Identifier: 0BSD */
/* Calls, their corner cases, and who makes them. */
#include "hazards.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hides a pointer and a size from the compiler, which knows what malloc() means. */
static void *opaque(void *block)
{
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

static size_t any(size_t bytes)
{
    __asm__ volatile("" : "+r"(bytes));
    return bytes;
}

/* -- Calls ------------------------------------------------------------------------------------- */

static int calls(int argc, char **argv)
{
    void *block[9];

    (void)argc;
    (void)argv;
    block[0] = opaque(malloc(5001));
    block[1] = opaque(calloc(2, 2501));
    block[2] = opaque(aligned_alloc(64, 5056));
    if (posix_memalign(&block[3], 128, 5004) != 0)
        return 1;
    block[4] = opaque(memalign(256, 5005));
    block[5] = opaque(valloc(5006));
    block[6] = opaque(pvalloc(5007)); /* gives whole pages: 8192 bytes */
    block[0] = opaque(realloc(block[0], 5011));
    block[1] = opaque(realloc(block[1], 5010));
    block[7] = opaque(realloc(NULL, 5012));
    block[8] = opaque(reallocarray(NULL, 7, 716));
    block[8] = opaque(reallocarray(block[8], 7, 717));
    if (malloc_usable_size(block[7]) < 5012)
        return 1;
    for (int i = 0; i < 9; i++)
        free(block[i]);
    free(NULL);
    return 0;
}

#define CALLS                                                                                      \
    "alloc 5001, alloc-zeroed 5002, alloc-aligned 5056 64, alloc-aligned 5004 128, "               \
    "alloc-aligned 5005 256, alloc-aligned 5006 4096, alloc-aligned 8192 4096, realloc 5001 "      \
    "5011, realloc 5002 5010, "                                                                    \
    "alloc 5012, alloc 5012, realloc 5012 5019, free 5011, free 5010, free 5056, free 5004, "      \
    "free 5005, free 5006, free 8192, free 5012, free 5019"

/* Sizes of 0: malloc(0) is a block, realloc(block, 0) frees. */
static int zero(int argc, char **argv)
{
    void *block = opaque(malloc(any(0)));

    (void)argc;
    (void)argv;
    block = opaque(realloc(block, 5021));
    block = opaque(realloc(block, any(0)));
    free(opaque(calloc(any(0), 5022)));
    free(opaque(block ? block : malloc(5023)));
    return 0;
}

/* What fails leaves everything as it was. */
static int failures(int argc, char **argv)
{
    size_t huge = any(SIZE_MAX / 2u + 2u); /* above PTRDIFF_MAX */
    void *block = opaque(malloc(5031));
    void *none = NULL;
    bool good = true;

    (void)argc;
    (void)argv;
    memset(block, 7, 5031);
    good = good && !opaque(malloc(huge)) && errno == ENOMEM;
    good = good && !opaque(realloc(block, huge)) && errno == ENOMEM;
    good = good && !opaque(calloc(huge, 4)) && !opaque(reallocarray(block, huge, 4));
    good = good && posix_memalign(&none, 3, 5032) == EINVAL;
    good = good && ((char *)block)[5030] == 7;
    errno = 77;
    free(block);
    free(opaque(malloc(5033)));
    return good && errno == 77 ? 0 : 1;
}

/* A block of 4 GiB or more is in no trace; its free must not be one too many. */
static int large(int argc, char **argv)
{
    void *block = sizeof(size_t) > 4 ? opaque(malloc(any((size_t)5 << 15 << 15))) : NULL;

    (void)argc;
    (void)argv;
    free(block);
    free(opaque(malloc(5041)));
    return 0;
}

/* More than fits the first few pieces of the file. */
static int many(int argc, char **argv)
{
    void *block[16] = { NULL };

    (void)argc;
    (void)argv;
    for (int i = 0; i < 20000; i++) {
        free(block[i % 16]);
        block[i % 16] = opaque(malloc(5051));
    }
    for (int i = 0; i < 16; i++)
        free(block[i]);
    return 0;
}

/* -- Callers ----------------------------------------------------------------------------------- */

static void *from_constructor;

__attribute__((constructor)) static void before_main(void)
{
    from_constructor = opaque(malloc(5301));
}

__attribute__((destructor)) static void after_main(void)
{
    free(from_constructor);
}

static int nothing(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* plugin FILE */
static int plugin(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    void *(*take)(void) = NULL;
    void *block;

    if (library)
        *(void **)&take = dlsym(library, "plugin_take");
    if (!take)
        return 1;
    block = opaque(take());
    dlclose(library);
    free(block);
    return 0;
}

const struct hazard hazards_plain[] = {
    { "calls", calls, CALLS },
    { "zero", zero, "realloc 0 5021, free 5021, alloc 5023, free 5023" },
    { "failures", failures, "alloc 5031, free 5031, alloc 5033, free 5033" },
    { "large", large, "alloc 5041, free 5041" },
    { "many", many, "20000 x alloc 5051, 20000 x free 5051" },
    { "constructor", nothing, "alloc 5301, free 5301" },
    { "plugin", plugin, "alloc 5351, alloc 5352, free 5351, free 5352" },
    { NULL, NULL, NULL },
};
