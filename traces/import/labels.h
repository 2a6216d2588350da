/* SPDX-License-Identifier: 0BSD */
/* Call sites and the like as numbers from 1 in the order in which they first come up, with the text
 * of each as a line "label: NUMBER TEXT" of the header text. That text is bounded: what finds no
 * room any more has number 0, and a line "labels-lost:" counts how often. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_LABELS_H
#define LOOKASIDE_IMPORT_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct import;

#define LABEL_BYTES_MAX 120u /* of one text; a longer one is cut */

/* Zeroed is empty. */
struct labels {
    void *tree;  /* of struct label, by text */
    char *lines; /* "label: NUMBER TEXT\n", for the header text */
    size_t lines_bytes;
    uint32_t count;
    uint64_t lost; /* uses of texts that found no room */
};

void labels_free(struct labels *labels);

/* The number of `text`, which is not empty; 0 if the header text is full. False without memory.
 * O(log n).
 */
bool labels_number(struct import *import, const char *text, uint32_t *ret_number);

/* Add the lines to the header text; nothing may come after. */
bool labels_write(struct import *import);

#endif
