/* SPDX-License-Identifier: 0BSD */
/* Block slots a chunk has dealt with lately. Slots are reused last freed first, and most objects
 * die young, so "the slot freed last" and "the object created k creations ago" are worth a tag bit.
 */
#ifndef LOOKASIDE_FORMAT_RECENT_H
#define LOOKASIDE_FORMAT_RECENT_H

#include <lookaside/trace.h>

_Static_assert((TRACE_RECENT & (TRACE_RECENT - 1u)) == 0, "counters may wrap");

static inline bool kind_creates_block(uint8_t kind)
{
    return kind == TRACE_ALLOC || kind == TRACE_ALLOC_ZEROED || kind == TRACE_ALLOC_ALIGNED;
}

static inline void recent_reset(struct trace_recent *recent)
{
    recent->created_count = 0;
    recent->freed_at = 0;
    recent->freed_count = 0;
}

/* Whether a slot was freed and not used again: the one freed last. */
static inline bool recent_freed(const struct trace_recent *recent, uint32_t *ret_slot)
{
    if (recent->freed_count == 0)
        return false;
    *ret_slot = recent->freed[(recent->freed_at - 1u) % TRACE_RECENT];
    return true;
}

/* The slot of the object created `back` creations ago, 0 the last one. */
static inline bool recent_created(const struct trace_recent *recent, uint32_t back,
                                  uint32_t *ret_slot)
{
    if (back >= TRACE_RECENT || back >= recent->created_count)
        return false;
    *ret_slot = recent->created[(recent->created_count - 1u - back) % TRACE_RECENT];
    return true;
}

/* Note what an op did, the same way in the reader and in the writer. `popped`: a creation that took
 * the slot freed last.
 */
static inline void recent_note(struct trace_recent *recent, const struct trace_op *op, bool popped)
{
    if (kind_creates_block(op->kind)) {
        recent->created[recent->created_count++ % TRACE_RECENT] = op->slot;
        recent->freed_at -= popped;
        recent->freed_count -= popped;
    } else if (op->kind == TRACE_FREE) {
        recent->freed[recent->freed_at++ % TRACE_RECENT] = op->slot;
        recent->freed_count += recent->freed_count < TRACE_RECENT;
    }
}

#endif
