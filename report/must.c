/* SPDX-License-Identifier: 0BSD */
/* Memory, or the end. */
#include "must.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void must_out(void)
{
    fprintf(stderr, "lookaside report: out of memory\n");
    exit(3);
}

void *must_grow(void *array, size_t count, size_t element_bytes)
{
    bool is_full = (count & (count - 1u)) == 0; /* 0, 1, 2, 4, 8 ...: the room is used up */
    void *grown;

    if (!is_full)
        return array;
    grown = reallocarray(array, count > 0 ? count * 2u : 1u, element_bytes);
    if (grown == NULL)
        must_out();
    return grown;
}

void *must_zeroed(size_t count, size_t element_bytes)
{
    void *array = calloc(count > 0 ? count : 1u, element_bytes);

    if (array == NULL)
        must_out();
    return array;
}

char *must_copy(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        must_out();
    return copy;
}

void must_text_begin(struct must_text *text)
{
    text->out = open_memstream(&text->text, &text->length);
    if (text->out == NULL)
        must_out();
}

char *must_text_end(struct must_text *text)
{
    if (fclose(text->out) != 0)
        must_out();
    return text->text;
}
