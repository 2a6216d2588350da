/* SPDX-License-Identifier: 0BSD */
/* What each kind of op consists of: one table that the binary codec and the text twin both follow,
 * so that neither can know a field the other does not. Private to traces/.
 */
#ifndef LOOKASIDE_FORMAT_KINDS_H
#define LOOKASIDE_FORMAT_KINDS_H

#include <lookaside/trace.h>

enum kind_field {
    FIELD_NONE,
    FIELD_FIRST,  /* bytes, pages, depth_page, thread, delta_ns, mark, segments, nth */
    FIELD_SIGNED, /* offset_bytes, distance_pages: the same place, around 0 */
    FIELD_LIMIT,  /* limit_pages: the same place */
    FIELD_SECOND, /* offset_pages, committed_pages, range_segments, window_first, keep_pages */
    FIELD_THIRD,  /* guard_pages, window_end */
    FIELD_ALIGN,  /* align_log2, always there */
    /* Left out when 0; a bit of the tag says whether it is there. */
    FIELD_RECORDED,  /* recorded_bytes */
    FIELD_ALIGN_OPT, /* align_log2 */
    FIELD_PLACEMENT, /* placement; see kind_has_tail() */
    FIELD_WITH,      /* placement, 1: realloc_bytes or resize_segments follows */
    FIELD_ALWAYS,    /* placement, 1: a fault that stays */
    FIELD_ACCESS,    /* access */
    FIELD_STACK,     /* stack_plus_1 */
};

#define KIND_FIELDS_MAX 5u

#define TAG_KIND_MASK  0x1fu
#define TAG_OPTIONAL_1 0x20u /* FIELD_RECORDED, FIELD_ALIGN_OPT, FIELD_ACCESS */
#define TAG_OPTIONAL_2 0x40u /* FIELD_PLACEMENT, FIELD_WITH, FIELD_ALWAYS, FIELD_STACK */
#define TAG_RECENT     0x80u /* block slots: by age (recent.h), not as a delta */

struct kind_layout {
    uint8_t slot;                    /* enum trace_slot_kind */
    uint8_t fields[KIND_FIELDS_MAX]; /* enum kind_field, in order; FIELD_NONE ends them */
};

/* The layout of a kind, or NULL for an unknown one. */
const struct kind_layout *kind_layout(uint8_t kind);

/* The tag bit that says an optional field is there; 0 for a field that always is. */
uint8_t kind_tag_bit(uint8_t field);

/* Read or set a field of an op. Setting answers false outside the field's domain. */
uint32_t kind_get(const struct trace_op *op, uint8_t field);
bool kind_set(struct trace_op *op, uint8_t field, uint32_t value);

/* Whether a second number follows the placement: a fixed page, or the size of a call instead. */
bool kind_has_tail(const struct trace_op *op);

/* Whether every field is in the format's domain and those the kind does not list are 0. */
bool kind_op_valid(const struct trace_op *op);

#endif
