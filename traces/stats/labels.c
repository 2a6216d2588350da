/* SPDX-License-Identifier: 0BSD */
/* Who asked. */
#include "labels.h"

#include "top.h"

void stats_labels_init(struct stats_labels *labels)
{
    labels->labels.item_bytes = sizeof(struct label_count);
    labels->next = LABEL_NONE;
}

void stats_labels_free(struct stats_labels *labels)
{
    numbers_free(&labels->labels);
}

bool stats_labels_set(struct stats_labels *labels, uint32_t number)
{
    return numbers_index(&labels->labels, number, &labels->next);
}

uint32_t stats_labels_take(struct stats_labels *labels)
{
    uint32_t index = labels->next;

    labels->next = LABEL_NONE;
    return index;
}

void stats_labels_made(struct stats_labels *labels, uint32_t index, uint64_t bytes,
                       uint64_t op_number)
{
    struct label_count *label;

    if (index == LABEL_NONE)
        return;
    label = numbers_item(&labels->labels, index);
    label->objects++;
    label->bytes = stats_sum(label->bytes, bytes);
    stats_raise(&label->live, bytes, op_number);
}

void stats_labels_resized(struct stats_labels *labels, uint32_t index, uint64_t old_bytes,
                          uint64_t bytes, uint64_t op_number)
{
    struct label_count *label;

    if (index == LABEL_NONE)
        return;
    label = numbers_item(&labels->labels, index);
    stats_lower(&label->live, old_bytes);
    stats_raise(&label->live, bytes, op_number);
}

static bool made_more(const void *context, uint32_t a, uint32_t b)
{
    const struct stats_labels *labels = context;
    uint64_t of_a = stats_label(labels, a)->objects;
    uint64_t of_b = stats_label(labels, b)->objects;

    return of_a > of_b || (of_a == of_b && labels->labels.number[a] < labels->labels.number[b]);
}

static bool held_more(const void *context, uint32_t a, uint32_t b)
{
    const struct stats_labels *labels = context;
    uint64_t of_a = stats_label(labels, a)->live.peak;
    uint64_t of_b = stats_label(labels, b)->live.peak;

    return of_a > of_b || (of_a == of_b && labels->labels.number[a] < labels->labels.number[b]);
}

uint32_t stats_labels_top(const struct stats_labels *labels, enum label_order order,
                          uint32_t *ret_index, uint32_t count)
{
    return stats_top(order == LABELS_BY_OBJECTS ? made_more : held_more, labels,
                     labels->labels.count, ret_index, count);
}
