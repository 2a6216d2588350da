/* SPDX-License-Identifier: 0BSD */
/* Addresses and frames for tests. */
#include "places.h"

#include <kernel/selftest.h>
#include <kernel/space.h>

va32_t place_user_va(uint32_t page)
{
    return la_segment_va(la_segments_up(port_geometry->user_first)) + (page << LA_PAGE_SHIFT);
}

bool place_kernel_take(va32_t *ret_va)
{
    const struct vas_request request = { .segments = 1 };

    EXPECT(vas_reserve(&kernel_space.vas, &request, ret_va) == LA_OK);
    return true;
}

void place_kernel_give(va32_t va)
{
    LA_ASSERT(vas_release(&kernel_space.vas, va) == LA_OK);
}

uint32_t place_read(uint32_t frame, uint32_t word)
{
    const uint32_t *window = port_window_open(frame);
    uint32_t value = window[word];

    port_window_close((void *)(uintptr_t)window);
    return value;
}

void place_write(uint32_t frame, uint32_t word, uint32_t value)
{
    uint32_t *window = port_window_open(frame);

    window[word] = value;
    port_window_close(window);
}
