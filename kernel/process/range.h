/* SPDX-License-Identifier: 0BSD */
/* Ranges that a user program names: the one place that knows which of them can be its own at all.
 * Whether there is memory behind them is the next question.
 */
#ifndef LOOKASIDE_KERNEL_RANGE_H
#define LOOKASIDE_KERNEL_RANGE_H

#include <kernel/user_abi.h>
#include <lookaside/types.h>

/* Whether [va, va + bytes) lies in user addresses; an empty range does where its `va` does, or at
 * the very end. Nothing wraps.
 */
static inline bool range_is_user(uint32_t va, uint32_t bytes)
{
    return va >= UABI_USER_FIRST && va <= UABI_USER_END && bytes <= UABI_USER_END - va;
}

/* The same in whole pages: `va` must be a multiple of a page, `bytes` rounds up and is not 0.
 * LA_BAD_ARGUMENT: unaligned or empty. LA_BAD_ADDRESS: not user addresses.
 */
static inline enum la_status range_pages(uint32_t va, uint32_t bytes, uint32_t *ret_pages)
{
    if (va % LA_PAGE_BYTES != 0 || bytes == 0)
        return LA_BAD_ARGUMENT;
    if (!range_is_user(va, bytes)) /* rounding up stays in: the end of user space is aligned */
        return LA_BAD_ADDRESS;
    *ret_pages = la_pages_up(bytes);
    return LA_OK;
}

#endif
