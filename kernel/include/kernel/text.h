/* SPDX-License-Identifier: 0BSD */
/* Strings, as far as a kernel without libc needs them; and the four functions that compilers call
 * even in freestanding code, which are the port's: a processor has its own best way to them.
 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

uint32_t text_length(const char *text);
bool text_equal(const char *a, const char *b);

/* Whether the first `length` bytes of `a` are all of `b`. */
bool text_is(const char *a, uint32_t length, const char *b);

/* The value of "NAME=value" among the words of `line`, up to the next blank; its length to
 * *ret_length. NULL: no such word.
 */
const char *text_option(const char *line, const char *name, uint32_t *ret_length);

/* The value of such an option as a decimal number, or `otherwise`. */
uint32_t text_option_number(const char *line, const char *name, uint32_t otherwise);

#endif
