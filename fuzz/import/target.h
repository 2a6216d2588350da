/* SPDX-License-Identifier: 0BSD */
/* What a fuzz target has for an engine, and for a plain replay of files. */
#ifndef LOOKASIDE_FUZZ_TARGET_H
#define LOOKASIDE_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Import bytes in a format (NULL: found by content) and check what comes out. Aborts if that is
 * wrong.
 */
void fuzz_import(const char *format, const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#endif
