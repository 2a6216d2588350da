/* SPDX-License-Identifier: 0BSD */
/* Memory of the report: there is enough, or the program ends with a word and exit code 3, before
 * anything is written.
 */
#ifndef LOOKASIDE_REPORT_MUST_H
#define LOOKASIDE_REPORT_MUST_H

#include <stddef.h>
#include <stdio.h>

_Noreturn void must_out(void);

/* An array with room for one more than `count`; the room doubles. `array` may be NULL. */
void *must_grow(void *array, size_t count, size_t element_bytes);

/* Zeroed. */
void *must_zeroed(size_t count, size_t element_bytes);

char *must_copy(const char *text);

/* Text that grows as it is written. must_text_end() closes it; the caller frees what it answers. */
struct must_text {
    FILE *out;
    char *text;
    size_t length;
};

void must_text_begin(struct must_text *text);
char *must_text_end(struct must_text *text);

#endif
