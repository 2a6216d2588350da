/* SPDX-License-Identifier: 0BSD */
/* Text on the console. */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* A small printf: %s, %c, %%, and the numbers %u, %d and %x of 32 bits, %llu and %llx of 64, with a
 * field width and a leading 0 where wanted (%08x, %-12s). Anything else is printed as it stands.
 */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
void print_arguments(const char *format, va_list arguments);

/* The same into memory: at most `size` bytes, always terminated. Answers the length it would have.
 */
__attribute__((format(printf, 3, 4))) uint32_t print_to(char *to, uint32_t size, const char *format,
                                                        ...);

#endif
