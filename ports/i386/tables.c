/* SPDX-License-Identifier: 0BSD */
/* Page tables made ahead, so that what is promised later cannot fail for want of one. */
#include "i386.h"

#define TABLE_BYTES UINT32_C(0x400000) /* what a page table serves: 1,024 pages */

/* Mapping a page makes its table, and unmapping leaves it. Any frame will do: nothing can look. */
static enum la_status make_table(struct port_space *space, va32_t va)
{
    enum la_status status;

    if (port_query(space, va, NULL))
        return LA_OK;
    status = port_map(space, va, space->root_frame, PORT_READ);
    if (status == LA_OK)
        (void)port_unmap(space, va);
    return status;
}

enum la_status port_tables_prepare(struct port_space *space, va32_t va, uint32_t pages)
{
    va32_t last = va + (pages - 1u) * LA_PAGE_BYTES;
    enum la_status status = make_table(space, va);

    while (status == LA_OK && (va ^ last) >= TABLE_BYTES) { /* not yet in the last one's table */
        va = (va & ~(TABLE_BYTES - 1u)) + TABLE_BYTES;
        status = make_table(space, va);
    }
    return status;
}
