/* SPDX-License-Identifier: 0BSD */
/* The kernel's own address space: what must trap does, what must be there is, and nothing of it is
 * open to user mode.
 */
#include "groups.h"

#include <kernel/faults.h>
#include <kernel/kstack.h>
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/symbols.h>
#include <kernel/text.h>

#include "places.h"

static void null_page_traps(void)
{
    const va32_t places[] = { 0, 4, LA_PAGE_BYTES - 4u };
    struct port_fault fault;

    for (uint32_t i = 0; i < 3u; i++) {
        CHECK(!port_probe_read(places[i], NULL, &fault));
        CHECK(fault.va == places[i] && !fault.present && !fault.write);
        CHECK(text_equal(fault_last()->what, "null pointer"));
        CHECK(!port_probe_write(places[i], 1, &fault));
        CHECK(fault.va == places[i] && !fault.present && fault.write);
    }
    CHECK(!port_probe_execute(0, &fault));
    CHECK(fault.va == 0 && fault.ip == 0);
}

static void code_and_constants_are_read_only(void)
{
    static const uint32_t constant = 7;
    struct port_fault fault;
    const va32_t places[] = { (va32_t)(uintptr_t)kernel_main, (va32_t)(uintptr_t)&constant };

    for (uint32_t i = 0; i < 2u; i++) {
        CHECK(port_probe_read(places[i], NULL, NULL));
        CHECK(!port_probe_write(places[i], 1, &fault));
        CHECK(fault.present && fault.write && fault.va == places[i]);
    }
    CHECK_EQUAL(*(const volatile uint32_t *)&constant, 7);
}

static bool nothing(void *context, va32_t va, const struct port_page *page)
{
    (void)page;
    *(va32_t *)context = va;
    return false;
}

static void user_half_is_empty_without_a_process(void)
{
    va32_t found = UINT32_MAX;

    port_walk(&port_kernel_space, 0, port_geometry->user_end - LA_PAGE_BYTES, nothing, &found);
    CHECK_EQUAL(found, UINT32_MAX);
}

static bool find_user_page(void *context, va32_t va, const struct port_page *page)
{
    if ((page->protection & PORT_USER) != 0)
        *(va32_t *)context = va;
    return (page->protection & PORT_USER) == 0;
}

static void nothing_of_the_kernel_is_open_to_user_mode(void)
{
    va32_t found = 0;
    va32_t mapped;

    /* With a page mapped a moment ago, and the windows' place: everything but the tables. */
    CHECK(place_kernel_take(&mapped));
    CHECK(space_map_zeroed(&kernel_space, mapped, 1) == LA_OK);
    port_walk(&port_kernel_space, port_geometry->direct_first,
              port_geometry->ranges_end - LA_PAGE_BYTES, find_user_page, &found);
    CHECK_EQUAL(found, 0);
    CHECK(port_allows(&port_kernel_space, mapped, true, false));
    CHECK(!port_allows(&port_kernel_space, mapped, false, true));
    space_unmap(&kernel_space, mapped, 1);
    place_kernel_give(mapped);
}

/* Frame i is at direct_first + i pages, to the last frame; the page behind the last traps. */
static void direct_map_is_exact(void)
{
    uint32_t frames = (port_geometry->direct_end - port_geometry->direct_first) >> LA_PAGE_SHIFT;
    uint32_t holes = 0;
    struct port_page page;

    for (uint32_t i = 0; i < frames; i++) {
        va32_t va = port_geometry->direct_first + (i << LA_PAGE_SHIFT);

        if (!port_query(&port_kernel_space, va, &page)) {
            holes++; /* guards of the image's own stacks */
            continue;
        }
        CHECK_EQUAL(page.frame, i);
    }
    CHECK(holes <= 2u);
    CHECK(port_probe_read(port_geometry->direct_end - 4u, NULL, NULL));
    if (port_geometry->direct_end != port_geometry->ranges_first)
        CHECK(!port_probe_read(port_geometry->direct_end, NULL, NULL));
}

static void unreserved_ranges_trap(void)
{
    va32_t va;
    struct port_fault fault;

    CHECK(place_kernel_take(&va));
    CHECK(!port_probe_write(va, 1, &fault)); /* reserved, not committed */
    CHECK(fault_last()->verdict == FAULT_VIOLATION);
    place_kernel_give(va);
    CHECK(!port_probe_write(va, 1, &fault)); /* free */
    CHECK(fault_last()->verdict == FAULT_VIOLATION);
    CHECK(text_equal(fault_last()->what, "nothing is there"));
}

static void boot_stack_has_a_guard(void)
{
    va32_t va = (va32_t)(uintptr_t)__builtin_frame_address(0);

    /* Walk down from here: every page is there until the guard, which comes first. */
    for (uint32_t i = 0; i < 64u && !port_is_boot_guard(va); i++) {
        CHECK(port_query(&port_kernel_space, va, NULL));
        va -= LA_PAGE_BYTES;
    }
    CHECK(port_is_boot_guard(va));
    CHECK(!port_query(&port_kernel_space, va, NULL));
    CHECK(!port_probe_write(va, 1, NULL));
    CHECK(text_equal(fault_last()->owner, "boot"));
}

static void reports_name_the_nearest_function(void)
{
    uint32_t offset;
    va32_t main = (va32_t)(uintptr_t)kernel_main;

    if (symbol_count == 0) {
        selftest_skip("this kernel was linked without names");
        return;
    }
    CHECK(text_equal(symbol_of(main, &offset), "kernel_main") && offset == 0);
    CHECK(text_equal(symbol_of(main + 3u, &offset), "kernel_main") && offset == 3u);
    CHECK(text_equal(symbol_of(main - 1u, &offset), "kernel_main") == false);
    CHECK(text_equal(symbol_of(4096, &offset), "?"));
    CHECK(text_equal(symbol_of(UINT32_MAX, &offset), "?"));
}

const struct selftest paging_tests[] = {
    { "null_page_traps", null_page_traps },
    { "code_and_constants_are_read_only", code_and_constants_are_read_only },
    { "user_half_is_empty_without_a_process", user_half_is_empty_without_a_process },
    { "nothing_of_the_kernel_is_open_to_user_mode", nothing_of_the_kernel_is_open_to_user_mode },
    { "direct_map_is_exact", direct_map_is_exact },
    { "unreserved_ranges_trap", unreserved_ranges_trap },
    { "boot_stack_has_a_guard", boot_stack_has_a_guard },
    { "reports_name_the_nearest_function", reports_name_the_nearest_function },
    { NULL, NULL },
};
