/* SPDX-License-Identifier: 0BSD */
/* Windows on frames: the direct map where it reaches, else one of the temporary pages. */
#include "i386.h"

static uint32_t used[PORT_WINDOWS / 32u]; /* bit: the temporary page is mapped */

static uint32_t take_slot(void)
{
    for (uint32_t word = 0; word < PORT_WINDOWS / 32u; word++) {
        if (used[word] == UINT32_MAX)
            continue;
        uint32_t bit = (uint32_t)__builtin_ctz(~used[word]);
        used[word] |= UINT32_C(1) << bit;
        return 32u * word + bit;
    }
    la_panic("too many windows are open", __FILE__, __LINE__);
}

void *port_window_open(uint32_t frame)
{
    if (frame < (port_geometry->direct_end - KERNEL_BASE) >> LA_PAGE_SHIFT)
        return pointer(KERNEL_BASE + (frame << LA_PAGE_SHIFT));

    uint32_t saved = port_irq_save();
    va32_t va = WINDOWS_FIRST + (take_slot() << LA_PAGE_SHIFT);

    /* Cannot run out of memory: the table is one of the image's. */
    LA_ASSERT(port_map(&port_kernel_space, va, frame, PORT_WRITE) == LA_OK);
    port_irq_restore(saved);
    return pointer(va);
}

void port_window_close(void *window)
{
    va32_t va = ADDRESS_OF(window);

    if (va < WINDOWS_FIRST)
        return;

    uint32_t saved = port_irq_save();
    uint32_t slot = (va - WINDOWS_FIRST) >> LA_PAGE_SHIFT;

    LA_ASSERT(slot < PORT_WINDOWS && (used[slot / 32u] >> (slot % 32u) & 1u) != 0);
    port_unmap(&port_kernel_space, va & ~(LA_PAGE_BYTES - 1u));
    used[slot / 32u] &= ~(UINT32_C(1) << (slot % 32u));
    port_irq_restore(saved);
}
