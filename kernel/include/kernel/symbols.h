/* SPDX-License-Identifier: 0BSD */
/* Names of the kernel's functions, put into its image by a second link (symbols.py). */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <lookaside/types.h>

struct symbol {
    va32_t va;
    uint32_t name; /* offset in symbol_names */
};

extern const struct symbol symbols[]; /* ascending */
extern const uint32_t symbol_count;
extern const char symbol_names[];

/* The name of the function `va` is in, and how far into it; "?" and 0 where it is in none. */
const char *symbol_of(va32_t va, uint32_t *ret_offset);

#endif
