/* SPDX-License-Identifier: 0BSD */
/* No names: for the first of the two links, and for ports without a second one. */
#include <kernel/symbols.h>

__attribute__((section(".symbols"))) const uint32_t symbol_count = 0;
__attribute__((section(".symbols"))) const struct symbol symbols[1] = { { 0, 0 } };
__attribute__((section(".symbols"))) const char symbol_names[1] = "";
