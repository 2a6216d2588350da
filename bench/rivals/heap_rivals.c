/* SPDX-License-Identifier: 0BSD */
/* The table of heaps, and what they share. */
#include "heap_rival.h"

const struct heap_rival *const heap_rivals[] = {
    &heap_bump,         &heap_powers, &heap_brk,  &heap_fixed, &heap_primary,
    &heap_ghost_chunks, &heap_buddy,  &heap_ours, NULL,
};

enum rival_answer heap_rival_move(const struct heap_rival *rival, void *state, uintptr_t host_base,
                                  va32_t va, uint32_t bytes, va32_t *ret_va)
{
    uint32_t usable = rival->usable(state, va);
    va32_t moved;

    if (!heap_rival_asks(bytes, 0))
        return RIVAL_BAD;
    if (bytes <= usable && (bytes >= usable / 4u || !(rival->can & HEAP_FREES))) {
        *ret_va = va;
        return RIVAL_OK;
    }

    enum rival_answer answer = rival->alloc(state, bytes, 0, &moved);

    if (answer != RIVAL_OK)
        return answer;
    __builtin_memcpy(la_host(host_base, moved), la_host(host_base, va),
                     bytes < usable ? bytes : usable);
    (void)rival->free(state, va);
    *ret_va = moved;
    return RIVAL_OK;
}
