/* SPDX-License-Identifier: 0BSD */
/* The table of kinds, and access to the fields by name of the table. Adding a kind means one row
 * here, one word in traces/text and one paragraph in docs/trace-format.md.
 */
#include "kinds.h"

#define ALIGN_LOG2_MAX 31u
#define ACCESS_MAX                                                                                 \
    (TRACE_ACCESS_WRITE | TRACE_ACCESS_FETCH | TRACE_ACCESS_PRESENT | TRACE_ACCESS_ALLOWED)

static const struct kind_layout layouts[TRACE_KINDS] = {
    [0] = { TRACE_NO_SLOT, { FIELD_NONE } },
    [TRACE_ALLOC] = { TRACE_BLOCK, { FIELD_FIRST, FIELD_RECORDED } },
    [TRACE_ALLOC_ZEROED] = { TRACE_BLOCK, { FIELD_FIRST, FIELD_RECORDED } },
    [TRACE_ALLOC_ALIGNED] = { TRACE_BLOCK, { FIELD_FIRST, FIELD_ALIGN, FIELD_RECORDED } },
    [TRACE_REALLOC] = { TRACE_BLOCK, { FIELD_FIRST } },
    [TRACE_FREE] = { TRACE_BLOCK, { FIELD_NONE } },
    [TRACE_HEAP_CREATE] = { TRACE_HEAP, { FIELD_NONE } },
    [TRACE_HEAP_DESTROY] = { TRACE_HEAP, { FIELD_NONE } },
    [TRACE_HEAP_USE] = { TRACE_HEAP, { FIELD_NONE } },
    [TRACE_HEAP_TRIM] = { TRACE_NO_SLOT, { FIELD_NONE } },
    [TRACE_RESERVE] = { TRACE_REGION, { FIELD_FIRST, FIELD_ALIGN_OPT, FIELD_PLACEMENT } },
    [TRACE_COMMIT] = { TRACE_REGION, { FIELD_SECOND, FIELD_FIRST } },
    [TRACE_DECOMMIT] = { TRACE_REGION, { FIELD_SECOND, FIELD_FIRST } },
    [TRACE_RESIZE] = { TRACE_REGION, { FIELD_FIRST } },
    [TRACE_RELEASE] = { TRACE_REGION, { FIELD_NONE } },
    [TRACE_STACK_CREATE] = { TRACE_STACK, { FIELD_FIRST, FIELD_SECOND, FIELD_THIRD } },
    [TRACE_STACK_TOUCH] = { TRACE_STACK, { FIELD_FIRST } },
    [TRACE_STACK_DESTROY] = { TRACE_STACK, { FIELD_NONE } },
    [TRACE_THREAD] = { TRACE_NO_SLOT, { FIELD_FIRST } },
    [TRACE_TIME] = { TRACE_NO_SLOT, { FIELD_FIRST } },
    [TRACE_MARK] = { TRACE_NO_SLOT, { FIELD_FIRST } },
    [TRACE_CPU] = { TRACE_NO_SLOT, { FIELD_FIRST } },
    [TRACE_LABEL] = { TRACE_NO_SLOT, { FIELD_FIRST } },
    [TRACE_FREE_AT] = { TRACE_BLOCK, { FIELD_SIGNED, FIELD_WITH } },
    [TRACE_RELEASE_AT] = { TRACE_REGION, { FIELD_SIGNED, FIELD_WITH } },
    [TRACE_COMMIT_AT] = { TRACE_REGION, { FIELD_SIGNED, FIELD_SECOND } },
    [TRACE_DECOMMIT_AT] = { TRACE_REGION, { FIELD_SIGNED, FIELD_SECOND } },
    [TRACE_RESERVE_AT] = { TRACE_REGION,
                           { FIELD_FIRST, FIELD_SECOND, FIELD_THIRD, FIELD_ALIGN_OPT,
                             FIELD_PLACEMENT } },
    [TRACE_FAIL] = { TRACE_NO_SLOT, { FIELD_FIRST, FIELD_ALWAYS } },
    [TRACE_MEMORY] = { TRACE_NO_SLOT, { FIELD_LIMIT } },
    [TRACE_ACCESS] = { TRACE_REGION, { FIELD_SIGNED, FIELD_ACCESS, FIELD_STACK } },
    [TRACE_STACK_TRIM] = { TRACE_STACK, { FIELD_FIRST, FIELD_SECOND } },
};

_Static_assert(TRACE_KINDS - 1 <= TAG_KIND_MASK, "a kind fits the tag's five bits");
_Static_assert(sizeof layouts / sizeof layouts[0] == TRACE_KINDS, "every kind has a layout");

const struct kind_layout *kind_layout(uint8_t kind)
{
    return kind > 0 && kind < TRACE_KINDS ? &layouts[kind] : NULL;
}

enum trace_slot_kind trace_slot_kind(uint8_t kind)
{
    return kind < TRACE_KINDS ? (enum trace_slot_kind)layouts[kind].slot : TRACE_NO_SLOT;
}

uint8_t kind_tag_bit(uint8_t field)
{
    switch (field) {
    case FIELD_RECORDED:
    case FIELD_ALIGN_OPT:
    case FIELD_ACCESS: return TAG_OPTIONAL_1;
    case FIELD_PLACEMENT:
    case FIELD_WITH:
    case FIELD_ALWAYS:
    case FIELD_STACK: return TAG_OPTIONAL_2;
    default: return 0;
    }
}

uint32_t kind_get(const struct trace_op *op, uint8_t field)
{
    switch (field) {
    case FIELD_FIRST:
    case FIELD_SIGNED:
    case FIELD_LIMIT: return op->bytes;
    case FIELD_SECOND:
    case FIELD_ACCESS:
    case FIELD_RECORDED: return op->recorded_bytes;
    case FIELD_THIRD:
    case FIELD_STACK: return op->guard_pages;
    case FIELD_ALIGN:
    case FIELD_ALIGN_OPT: return op->align_log2;
    case FIELD_PLACEMENT:
    case FIELD_WITH:
    case FIELD_ALWAYS: return op->placement;
    default: return 0;
    }
}

bool kind_set(struct trace_op *op, uint8_t field, uint32_t value)
{
    switch (field) {
    case FIELD_FIRST:
    case FIELD_SIGNED:
    case FIELD_LIMIT: op->bytes = value; return true;
    case FIELD_SECOND:
    case FIELD_RECORDED: op->recorded_bytes = value; return true;
    case FIELD_ACCESS: op->access = value; return value <= ACCESS_MAX;
    case FIELD_THIRD: op->guard_pages = value; return true;
    case FIELD_STACK: op->stack_plus_1 = value; return value <= TRACE_SLOTS_MAX;
    case FIELD_ALIGN:
    case FIELD_ALIGN_OPT: op->align_log2 = (uint8_t)value; return value <= ALIGN_LOG2_MAX;
    case FIELD_PLACEMENT: op->placement = (uint8_t)value; return value <= TRACE_PLACEMENT_FIXED;
    case FIELD_WITH:
    case FIELD_ALWAYS: op->placement = (uint8_t)value; return value <= 1u;
    default: return false;
    }
}

bool kind_has_tail(const struct trace_op *op)
{
    switch (op->kind) {
    case TRACE_RESERVE: return op->placement == TRACE_PLACEMENT_FIXED;
    case TRACE_FREE_AT:
    case TRACE_RELEASE_AT: return op->placement != 0;
    default: return false;
    }
}

bool kind_op_valid(const struct trace_op *op)
{
    const struct kind_layout *layout = kind_layout(op->kind);
    struct trace_op listed = { .kind = op->kind };

    if (!layout || op->slot >= (layout->slot == TRACE_NO_SLOT ? 1u : TRACE_SLOTS_MAX))
        return false;
    for (uint32_t i = 0; i < KIND_FIELDS_MAX && layout->fields[i] != FIELD_NONE; i++)
        if (!kind_set(&listed, layout->fields[i], kind_get(op, layout->fields[i])))
            return false;
    if (kind_has_tail(&listed))
        listed.window_page = op->window_page;
    return listed.bytes == op->bytes && listed.recorded_bytes == op->recorded_bytes &&
           listed.guard_pages == op->guard_pages && listed.align_log2 == op->align_log2 &&
           listed.placement == op->placement;
}
