/* SPDX-License-Identifier: 0BSD */
/* Who asked: objects made and bytes live by label (call site, cache). A label is of the next op
 * that does something; an object keeps the one it was made under. Regions and stacks count too, in
 * bytes of their pages.
 */
#ifndef LOOKASIDE_STATS_LABELS_H
#define LOOKASIDE_STATS_LABELS_H

#include "figures.h"
#include "numbers.h"

#define LABEL_NONE UINT32_MAX /* index of objects without one */

struct label_count {
    uint64_t objects;
    uint64_t bytes;          /* asked for when they were made */
    struct trace_level live; /* bytes; `area` is not kept */
};

/* Only the first is public: the numbers of labels, and struct label_count. */
struct stats_labels {
    struct numbers labels;
    uint32_t next; /* index of the next op's label, or LABEL_NONE */
};

void stats_labels_init(struct stats_labels *labels);
void stats_labels_free(struct stats_labels *labels);

/* The next op has this label. False when out of memory. O(1). */
bool stats_labels_set(struct stats_labels *labels, uint32_t number);

/* The label of the op at hand; the one after it has none unless it is set again. */
uint32_t stats_labels_take(struct stats_labels *labels);

/* An object is made under a label (LABEL_NONE: nothing is counted), or changes its bytes. */
void stats_labels_made(struct stats_labels *labels, uint32_t index, uint64_t bytes,
                       uint64_t op_number);
void stats_labels_resized(struct stats_labels *labels, uint32_t index, uint64_t old_bytes,
                          uint64_t bytes, uint64_t op_number);

enum label_order { LABELS_BY_OBJECTS, LABELS_BY_PEAK };

/* The indices of the (up to) `count` first ones in that order, lower number first among equals;
 * answers how many there are.
 */
uint32_t stats_labels_top(const struct stats_labels *labels, enum label_order order,
                          uint32_t *ret_index, uint32_t count);

static inline const struct label_count *stats_label(const struct stats_labels *labels,
                                                    uint32_t index)
{
    return numbers_item(&labels->labels, index);
}

#endif
