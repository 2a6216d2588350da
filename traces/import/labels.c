/* SPDX-License-Identifier: 0BSD */
/* Call sites and the like as numbers, in the C library's balanced tree. */
#define _GNU_SOURCE /* tdestroy */
#include "labels.h"

#include "import.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Left to the other lines of a header text, which are written last: they take 1 or 2 KiB. */
#define OTHER_TEXT_BYTES 4096u

struct label {
    uint32_t number;
    char text[LABEL_BYTES_MAX + 1u];
};

static int by_text(const void *left, const void *right)
{
    return strcmp(((const struct label *)left)->text, ((const struct label *)right)->text);
}

void labels_free(struct labels *labels)
{
    tdestroy(labels->tree, free);
    free(labels->lines);
    *labels = (struct labels){ .tree = NULL };
}

/* Give a label its number and its line, if there is room for one. */
static bool number(struct import *import, struct label *label)
{
    struct labels *labels = &import->labels;
    char line[LABEL_BYTES_MAX + 24u];
    int bytes = snprintf(line, sizeof line, "%" PRIu32 " %s", labels->count + 1u, label->text);
    size_t taken = import->text_bytes + labels->lines_bytes + labels->count * strlen("label: ");

    if (!labels->lines && !(labels->lines = malloc(TRACE_TEXT_BYTES_MAX)))
        return import_out_of_memory(import);
    if (taken + strlen("label: \n") + (size_t)bytes > TRACE_TEXT_BYTES_MAX - OTHER_TEXT_BYTES)
        return true;
    label->number = ++labels->count;
    memcpy(labels->lines + labels->lines_bytes, line, (size_t)bytes + 1u);
    labels->lines_bytes += (size_t)bytes + 1u; /* which will be its '\n' */
    return true;
}

bool labels_number(struct import *import, const char *text, uint32_t *ret_number)
{
    struct labels *labels = &import->labels;
    struct label wanted = { .number = 0 };
    struct label *const *found;
    struct label *label;

    snprintf(wanted.text, sizeof wanted.text, "%s", text);
    found = tfind(&wanted, &labels->tree, by_text);
    if (!found) {
        label = malloc(sizeof *label);
        if (!label)
            return import_out_of_memory(import);
        *label = wanted;
        found = tsearch(label, &labels->tree, by_text);
        if (!found) {
            free(label);
            return import_out_of_memory(import);
        }
        if (!number(import, label))
            return false;
    }
    *ret_number = (*found)->number;
    labels->lost += *ret_number == 0;
    return true;
}

bool labels_write(struct import *import)
{
    const struct labels *labels = &import->labels;
    const char *line = labels->lines;
    char value[96];

    for (uint32_t i = 0; i < labels->count; i++, line += strlen(line) + 1u)
        if (!import_text(import, "label", line))
            return false;
    if (labels->lost == 0)
        return true;
    snprintf(value, sizeof value, "%" PRIu64 " ops have label 0: the header text is full",
             labels->lost);
    return import_text(import, "labels-lost", value);
}
