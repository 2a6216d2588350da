/* SPDX-License-Identifier: 0BSD */
/* The nearest symbol at or below an address. */
#include <kernel/symbols.h>

const char *symbol_of(va32_t va, uint32_t *ret_offset)
{
    uint32_t low = 0;
    uint32_t high = symbol_count;

    while (low < high) { /* symbols before `low` are at or below va, those from `high` on above */
        uint32_t middle = low + (high - low) / 2u;

        if (symbols[middle].va <= va)
            low = middle + 1u;
        else
            high = middle;
    }
    /* The last symbol is the end of the code. */
    if (low == 0 || low == symbol_count) {
        *ret_offset = 0;
        return "?";
    }
    *ret_offset = va - symbols[low - 1u].va;
    return &symbol_names[symbols[low - 1u].name];
}
