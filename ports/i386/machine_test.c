/* SPDX-License-Identifier: 0BSD */
/* What only an i386 can be asked: the recursive window, the identity map that is gone, task gates'
 * guard, the processor's own answers.
 */
#include "i386.h"

#include <kernel/memory.h>
#include <kernel/space.h>

#include "groups.h"
#include "places.h"

static void recursive_window_shows_every_entry(void)
{
    const uint32_t *directory = pointer(DIRECTORY);
    const uint32_t *entries = pointer(TABLES_FIRST);
    struct space *before = space_active();

    CHECK(before == NULL);
    for (uint32_t i = KERNEL_PDE; i < RECURSIVE_PDE; i++) {
        if ((directory[i] & PTE_PRESENT) == 0)
            continue;
        for (uint32_t j = 0; j < 1024u; j++) {
            uint32_t page = 1024u * i + j;
            struct port_page seen;
            bool there = port_query(&port_kernel_space, page << LA_PAGE_SHIFT, &seen);

            CHECK_EQUAL(there, (entries[page] & PTE_PRESENT) != 0);
            if (there)
                CHECK_EQUAL(seen.frame, entries[page] >> LA_PAGE_SHIFT);
            /* The same entry by way of the direct map. */
            CHECK_EQUAL(place_read(directory[i] >> LA_PAGE_SHIFT, j) | PTE_ACCESSED | PTE_DIRTY,
                        entries[page] | PTE_ACCESSED | PTE_DIRTY);
        }
    }
    CHECK_EQUAL(directory[RECURSIVE_PDE] >> LA_PAGE_SHIFT, port_kernel_space.root_frame);
}

static void identity_map_is_gone(void)
{
    CHECK(!port_probe_read(LOAD_ADDRESS, NULL, NULL));
    CHECK(!port_probe_execute(LOAD_ADDRESS, NULL));
    CHECK_EQUAL(boot_directory[0], 0);
}

static void write_protection_and_paging_are_on(void)
{
    uint32_t cr0;

    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    CHECK_EQUAL(cr0 & (CR0_PG | CR0_WP | CR0_PE | CR0_EM), CR0_PG | CR0_WP | CR0_PE | CR0_EM);
    CHECK_EQUAL(read_cr3() >> LA_PAGE_SHIFT, port_kernel_space.root_frame);
}

static void the_double_fault_stack_has_a_guard(void)
{
    CHECK(!port_query(&port_kernel_space, ADDRESS_OF(double_fault_guard), NULL));
    CHECK(port_query(&port_kernel_space, ADDRESS_OF(double_fault_stack), NULL));
}

/* All page tables of the kernel half are there, so that no space can ever miss one. */
static void kernel_tables_exist_from_the_start(void)
{
    const uint32_t *directory = pointer(DIRECTORY);

    for (uint32_t i = RANGES_FIRST >> 22; i <= RECURSIVE_PDE; i++)
        CHECK((directory[i] & PTE_PRESENT) != 0);
}

const struct selftest machine_tests[] = {
    { "recursive_window_shows_every_entry", recursive_window_shows_every_entry },
    { "identity_map_is_gone", identity_map_is_gone },
    { "write_protection_and_paging_are_on", write_protection_and_paging_are_on },
    { "the_double_fault_stack_has_a_guard", the_double_fault_stack_has_a_guard },
    { "kernel_tables_exist_from_the_start", kernel_tables_exist_from_the_start },
    { NULL, NULL },
};
