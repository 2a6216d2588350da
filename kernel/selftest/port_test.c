/* SPDX-License-Identifier: 0BSD */
/* The conformance suite: what <kernel/port.h> promises about page tables, windows and faults, asked
 * of whatever port the kernel runs on. A new port passes these first; everything else builds on
 * them.
 */
#include "groups.h"

#include <kernel/memory.h>
#include <kernel/space.h>

#include "places.h"

/* Two frames and a space of its own, for tests of the user half. */
struct bench {
    struct port_space space;
    uint32_t frame[2];
};

static bool set_up(struct bench *bench)
{
    EXPECT(port_space_create(&bench->space) == LA_OK);
    for (uint32_t i = 0; i < 2u; i++) {
        bench->frame[i] = memory_take_zeroed(FRAMES_HIGH);
        EXPECT(bench->frame[i] != PORT_NO_FRAME);
        place_write(bench->frame[i], 0, 1000u + i);
    }
    port_space_activate(&bench->space);
    return true;
}

static void tear_down(struct bench *bench)
{
    port_space_activate(&port_kernel_space);
    port_space_destroy(&bench->space);
    memory_give(bench->frame[0]);
    memory_give(bench->frame[1]);
}

/* -- Pages ------------------------------------------------------------------------------------- */

static bool map_and_look(struct bench *bench)
{
    va32_t va = place_user_va(3);
    struct port_page page;
    uint32_t value = 0;

    EXPECT(!port_query(&bench->space, va, &page));
    EXPECT(port_map(&bench->space, va, bench->frame[0], PORT_WRITE | PORT_USER) == LA_OK);
    EXPECT(port_query(&bench->space, va + 17u, &page));
    EXPECT(page.frame == bench->frame[0]);
    EXPECT((page.protection & (PORT_WRITE | PORT_USER)) == (PORT_WRITE | PORT_USER));
    EXPECT(port_probe_read(va, &value, NULL) && value == 1000u);
    EXPECT(!port_query(&bench->space, va + LA_PAGE_BYTES, &page));
    EXPECT(!port_query(&bench->space, va - LA_PAGE_BYTES, &page));
    EXPECT(port_unmap(&bench->space, va) == bench->frame[0]);
    EXPECT(!port_query(&bench->space, va, &page));
    EXPECT(port_unmap(&bench->space, va) == PORT_NO_FRAME);
    EXPECT(!port_probe_read(va, &value, NULL));
    return true;
}

static void mapped_page_is_what_query_says(void)
{
    struct bench bench;

    if (set_up(&bench) && map_and_look(&bench))
        tear_down(&bench);
}

/* A stale translation would show the first frame. */
static bool remap(struct bench *bench)
{
    va32_t va = place_user_va(0);
    uint32_t value = 0;

    for (uint32_t i = 0; i < 4u; i++) {
        EXPECT(port_map(&bench->space, va, bench->frame[i % 2u], PORT_USER) == LA_OK);
        EXPECT(port_probe_read(va, &value, NULL) && value == 1000u + i % 2u);
        EXPECT(port_unmap(&bench->space, va) == bench->frame[i % 2u]);
        EXPECT(!port_probe_read(va, NULL, NULL));
    }
    return true;
}

static void another_frame_shows_at_once(void)
{
    struct bench bench;

    if (set_up(&bench) && remap(&bench))
        tear_down(&bench);
}

static bool protect(struct bench *bench)
{
    va32_t va = place_user_va(1);
    struct port_page page;

    EXPECT(!port_protect(&bench->space, va, PORT_WRITE | PORT_USER));
    EXPECT(port_map(&bench->space, va, bench->frame[0], PORT_WRITE | PORT_USER) == LA_OK);
    EXPECT(port_probe_write(va, 7, NULL));
    EXPECT(port_protect(&bench->space, va, PORT_USER));
    EXPECT(!port_probe_write(va, 8, NULL)); /* kernel mode obeys, too */
    EXPECT(port_query(&bench->space, va, &page) && (page.protection & PORT_WRITE) == 0);
    EXPECT(!port_allows(&bench->space, va, true, true));
    EXPECT(port_allows(&bench->space, va, false, true));
    EXPECT(place_read(bench->frame[0], 0) == 7u);
    EXPECT(port_protect(&bench->space, va, PORT_WRITE));
    EXPECT(port_probe_write(va, 9, NULL));
    EXPECT(!port_allows(&bench->space, va, false, true));
    EXPECT(place_read(bench->frame[0], 0) == 9u);
    EXPECT(port_unmap(&bench->space, va) == bench->frame[0]);
    return true;
}

static void protection_takes_effect_at_once(void)
{
    struct bench bench;

    if (set_up(&bench) && protect(&bench))
        tear_down(&bench);
}

static bool use_bits(struct bench *bench)
{
    va32_t va = place_user_va(5);
    struct port_page page;

    EXPECT(port_map(&bench->space, va, bench->frame[0], PORT_WRITE | PORT_USER) == LA_OK);
    EXPECT(port_query(&bench->space, va, &page) && !page.accessed && !page.dirty);
    EXPECT(port_probe_read(va, NULL, NULL));
    EXPECT(port_query(&bench->space, va, &page) && page.accessed && !page.dirty);
    EXPECT(port_probe_write(va, 1, NULL));
    EXPECT(port_query(&bench->space, va, &page) && page.accessed && page.dirty);
    EXPECT(port_unmap(&bench->space, va) == bench->frame[0]);
    return true;
}

static void accessed_and_dirty_are_set_by_access_alone(void)
{
    struct bench bench;

    if (!port_geometry->has_accessed)
        selftest_skip("this processor keeps no such bits");
    else if (set_up(&bench) && use_bits(&bench))
        tear_down(&bench);
}

/* -- Walks ------------------------------------------------------------------------------------- */

struct seen {
    va32_t va[8];
    uint32_t count;
    uint32_t stop_after;
};

static bool see(void *context, va32_t va, const struct port_page *page)
{
    struct seen *seen = context;

    if (seen->count < 8u && page->frame != PORT_NO_FRAME)
        seen->va[seen->count++] = va;
    return seen->count != seen->stop_after;
}

static bool walk(struct bench *bench)
{
    /* Neighbours, the same page table, another one, and the last page of the user half. */
    const va32_t va[4] = { place_user_va(0), place_user_va(1), place_user_va(5000),
                           port_geometry->user_end - LA_PAGE_BYTES };
    struct seen seen = { .stop_after = UINT32_MAX };
    struct seen some = { .stop_after = 2 };

    for (uint32_t i = 0; i < 4u; i++)
        EXPECT(port_map(&bench->space, va[i], bench->frame[i % 2u], PORT_USER) == LA_OK);
    port_walk(&bench->space, place_user_va(0), va[3], see, &seen);
    EXPECT(seen.count == 4u);
    for (uint32_t i = 0; i < 4u; i++)
        EXPECT(seen.va[i] == va[i]);
    port_walk(&bench->space, place_user_va(0), va[3], see, &some);
    EXPECT(some.count == 2u);
    seen.count = 0;
    port_walk(&bench->space, va[1], va[2] - LA_PAGE_BYTES, see, &seen);
    EXPECT(seen.count == 1u && seen.va[0] == va[1]);
    for (uint32_t i = 0; i < 4u; i++)
        EXPECT(port_unmap(&bench->space, va[i]) == bench->frame[i % 2u]);
    return true;
}

static void walk_visits_what_is_mapped_in_order(void)
{
    struct bench bench;

    if (set_up(&bench) && walk(&bench))
        tear_down(&bench);
}

/* -- Spaces ------------------------------------------------------------------------------------ */

static bool two_spaces(struct bench *a, struct bench *b)
{
    va32_t va = place_user_va(2);
    uint32_t value = 0;

    /* b is active; a is mapped from outside. */
    EXPECT(port_map(&a->space, va, a->frame[0], PORT_USER) == LA_OK);
    EXPECT(!port_probe_read(va, NULL, NULL));
    EXPECT(port_map(&b->space, va, b->frame[1], PORT_USER) == LA_OK);
    EXPECT(port_probe_read(va, &value, NULL) && value == 1001u);
    port_space_activate(&a->space);
    EXPECT(port_space_active() == &a->space);
    EXPECT(port_probe_read(va, &value, NULL) && value == 1000u);
    EXPECT(port_query(&b->space, va, NULL)); /* still there, from outside */
    EXPECT(port_unmap(&b->space, va) == b->frame[1]);
    EXPECT(port_protect(&a->space, va, PORT_USER | PORT_WRITE));
    port_space_activate(&b->space);
    EXPECT(!port_probe_read(va, NULL, NULL));
    EXPECT(port_unmap(&a->space, va) == a->frame[0]);
    port_space_activate(&a->space);
    EXPECT(!port_probe_read(va, NULL, NULL));
    return true;
}

static void each_space_has_its_own_user_half(void)
{
    struct bench a;
    struct bench b;

    if (set_up(&a) && set_up(&b) && two_spaces(&a, &b)) {
        tear_down(&a);
        tear_down(&b);
    }
}

static bool kernel_half(struct bench *a, struct bench *b, va32_t va)
{
    uint32_t value = 0;

    EXPECT(port_map(&port_kernel_space, va, a->frame[1], PORT_WRITE) == LA_OK);
    EXPECT(port_probe_read(va, &value, NULL) && value == 1001u);
    port_space_activate(&a->space);
    EXPECT(port_probe_write(va, 5, NULL));
    EXPECT(port_query(&a->space, va, NULL) && port_query(&b->space, va, NULL));
    EXPECT(!port_allows(&a->space, va, false, true)); /* user mode */
    EXPECT(port_unmap(&b->space, va) == a->frame[1]);
    EXPECT(!port_probe_read(va, NULL, NULL));
    port_space_activate(&port_kernel_space);
    EXPECT(!port_probe_read(va, NULL, NULL));
    EXPECT(place_read(a->frame[1], 0) == 5u);
    return true;
}

static void kernel_half_is_the_same_in_all_spaces(void)
{
    struct bench a;
    struct bench b;
    va32_t va;

    if (place_kernel_take(&va) && set_up(&a) && set_up(&b) && kernel_half(&a, &b, va)) {
        tear_down(&a);
        tear_down(&b);
        place_kernel_give(va);
    }
}

static bool no_table_frame(struct bench *bench)
{
    va32_t va = place_user_va(9000);
    uint32_t tables = bench->space.table_frames;
    struct port_space other;

    memory_fail(1, true);
    EXPECT(port_map(&bench->space, va, bench->frame[0], PORT_USER) == LA_NO_MEMORY);
    EXPECT(port_space_create(&other) == LA_NO_MEMORY);
    memory_fail(0, false);
    EXPECT(bench->space.table_frames == tables);
    EXPECT(!port_query(&bench->space, va, NULL));
    EXPECT(port_map(&bench->space, va, bench->frame[0], PORT_USER) == LA_OK);
    EXPECT(port_unmap(&bench->space, va) == bench->frame[0]);
    EXPECT(port_tables_trim(&bench->space) == 1u && bench->space.table_frames == tables);
    EXPECT(port_tables_trim(&bench->space) == 0);
    EXPECT(!port_probe_read(va, NULL, NULL));
    EXPECT(port_map(&bench->space, va, bench->frame[1], PORT_USER) == LA_OK);
    EXPECT(port_probe_read(va, NULL, NULL));
    EXPECT(port_unmap(&bench->space, va) == bench->frame[1]);
    return true;
}

static void a_map_without_memory_changes_nothing(void)
{
    struct bench bench;

    if (set_up(&bench) && no_table_frame(&bench))
        tear_down(&bench);
    memory_fail(0, false);
}

/* -- Windows ----------------------------------------------------------------------------------- */

static void windows_show_what_mappings_show(void)
{
    struct bench bench;
    va32_t va = place_user_va(4);
    uint32_t value = 0;

    if (!set_up(&bench))
        return;
    CHECK(port_map(&bench.space, va, bench.frame[0], PORT_USER | PORT_WRITE) == LA_OK);
    uint32_t *window = port_window_open(bench.frame[0]);
    window[5] = 4711;
    CHECK(port_probe_read(va + 20u, &value, NULL) && value == 4711u);
    CHECK(port_probe_write(va + 24u, 4712, NULL) && window[6] == 4712u);
    port_window_close(window);
    CHECK(port_unmap(&bench.space, va) == bench.frame[0]);
    tear_down(&bench);
}

static void windows_are_many_and_apart(void)
{
    uint32_t *window[PORT_WINDOWS];
    uint32_t frame[PORT_WINDOWS];

    for (uint32_t i = 0; i < PORT_WINDOWS; i++) {
        frame[i] = memory_take(FRAMES_HIGH);
        CHECK(frame[i] != PORT_NO_FRAME);
        window[i] = port_window_open(frame[i]);
        *window[i] = i;
    }
    for (uint32_t i = 0; i < PORT_WINDOWS; i++) {
        CHECK_EQUAL(*window[i], i);
        port_window_close(window[i]);
        CHECK_EQUAL(place_read(frame[i], 0), i);
        memory_give(frame[i]);
    }
}

const struct selftest port_tests[] = {
    { "mapped_page_is_what_query_says", mapped_page_is_what_query_says },
    { "another_frame_shows_at_once", another_frame_shows_at_once },
    { "protection_takes_effect_at_once", protection_takes_effect_at_once },
    { "accessed_and_dirty_are_set_by_access_alone", accessed_and_dirty_are_set_by_access_alone },
    { "walk_visits_what_is_mapped_in_order", walk_visits_what_is_mapped_in_order },
    { "each_space_has_its_own_user_half", each_space_has_its_own_user_half },
    { "kernel_half_is_the_same_in_all_spaces", kernel_half_is_the_same_in_all_spaces },
    { "a_map_without_memory_changes_nothing", a_map_without_memory_changes_nothing },
    { "windows_show_what_mappings_show", windows_show_what_mappings_show },
    { "windows_are_many_and_apart", windows_are_many_and_apart },
    { NULL, NULL },
};
