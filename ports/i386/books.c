/* SPDX-License-Identifier: 0BSD */
/* What this port maps for ever, for the kernel's books: the direct map, cut where the image is
 * read-only and where the guards are.
 */
#include "i386.h"

#include <kernel/books.h>

/* Where the direct map changes: the first page of a piece, and what is there. */
struct cut {
    va32_t va;
    enum { MAPPED, READ_ONLY, GUARD } kind;
};

uint32_t port_fixed_extents(struct book_extent *ret_extents, uint32_t max)
{
    /* As the linker script orders them. */
    const struct cut cuts[] = {
        { KERNEL_BASE, MAPPED },
        { KERNEL_BASE + LOAD_ADDRESS, READ_ONLY },
        { ADDRESS_OF(image_data), MAPPED },
        { ADDRESS_OF(boot_guard), GUARD },
        { ADDRESS_OF(boot_stack), MAPPED },
        { ADDRESS_OF(double_fault_guard), GUARD },
        { ADDRESS_OF(double_fault_stack), MAPPED },
        { port_geometry->direct_end, GUARD },
    };
    uint32_t count = 0;

    for (uint32_t i = 0; i + 1u < sizeof cuts / sizeof cuts[0]; i++) {
        LA_ASSERT(cuts[i].va <= cuts[i + 1u].va && count < max);
        if (cuts[i].kind == GUARD || cuts[i].va == cuts[i + 1u].va)
            continue;
        ret_extents[count++] = (struct book_extent){
            .first_va = cuts[i].va,
            .pages = (cuts[i + 1u].va - cuts[i].va) >> LA_PAGE_SHIFT,
            .first_pa = cuts[i].va - KERNEL_BASE,
            .flags = cuts[i].kind == MAPPED ? BOOK_WRITABLE : 0,
        };
    }
    return count;
}
