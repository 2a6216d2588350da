/* SPDX-License-Identifier: 0BSD */
/* Page tables in software: a directory and tables of 1,024 entries each, in frames of RAM, as a
 * processor with two levels would walk them. The kernel half has one set of tables for all spaces,
 * in this program's own memory.
 */
#include "process.h"

#include <kernel/books.h>

#include <string.h>

#define KERNEL_TABLES ((MANAGED_END - DIRECT_FIRST) >> 22)

struct port_space port_kernel_space;

static struct port_space *active = &port_kernel_space;
static uint32_t kernel_tables[KERNEL_TABLES][1024];

static const struct port_geometry geometry = {
    .user_first = USER_FIRST,
    .user_end = USER_END,
    .direct_first = DIRECT_FIRST,
    .direct_end = DIRECT_FIRST + (RAM_LOW_FRAMES << LA_PAGE_SHIFT),
    .ranges_first = RANGES_FIRST,
    .ranges_end = RANGES_END,
    .has_execute = true, /* no page of this port can be executed */
    .has_accessed = true,
};
const struct port_geometry *const port_geometry = &geometry;

/* Frames of tables are always in the direct map. */
static uint32_t *frame_words(uint32_t frame)
{
    return pointer(DIRECT_FIRST + (frame << LA_PAGE_SHIFT));
}

void tables_start(void)
{
    for (uint32_t frame = 0; frame < RAM_LOW_FRAMES; frame++)
        kernel_tables[frame / 1024u][frame % 1024u] =
            (frame << LA_PAGE_SHIFT) | ENTRY_PRESENT | ENTRY_WRITE;
}

static bool is_kernel(va32_t va)
{
    return va >= DIRECT_FIRST && va < MANAGED_END;
}

/* The page table of `va`, or NULL. */
static uint32_t *table_of(const struct port_space *space, va32_t va)
{
    if (is_kernel(va))
        return kernel_tables[(va - DIRECT_FIRST) >> 22];
    if (va >= MANAGED_END || space == &port_kernel_space)
        return NULL;

    uint32_t entry = frame_words(space->root_frame)[va >> 22];

    return (entry & ENTRY_PRESENT) == 0 ? NULL : frame_words(entry >> LA_PAGE_SHIFT);
}

static uint32_t *entry_of(const struct port_space *space, va32_t va)
{
    uint32_t *table = table_of(space, va);

    return table == NULL ? NULL : &table[(va >> LA_PAGE_SHIFT) & 1023u];
}

static void flush(const struct port_space *space, va32_t va)
{
    if (space == active || is_kernel(va))
        ram_unmap(va, 1);
}

uint32_t tables_touch(va32_t va, bool write, bool *ret_filled)
{
    uint32_t *entry = entry_of(active, va);

    *ret_filled = false;
    if (entry == NULL || (*entry & ENTRY_PRESENT) == 0)
        return 0;
    if (write && (*entry & ENTRY_WRITE) == 0)
        return *entry;
    *entry |= ENTRY_ACCESSED | (write ? ENTRY_DIRTY : 0);
    /* Readable only until the first write, so that the dirty bit is true. */
    ram_map(va & ~(LA_PAGE_BYTES - 1u), *entry >> LA_PAGE_SHIFT, (*entry & ENTRY_DIRTY) != 0);
    *ret_filled = true;
    return *entry;
}

/* -- Spaces ------------------------------------------------------------------------------------ */

enum la_status port_space_create(struct port_space *ret_space)
{
    uint32_t frame = kernel_table_frame_take();

    if (frame == PORT_NO_FRAME)
        return LA_NO_MEMORY;
    memset(frame_words(frame), 0, LA_PAGE_BYTES);
    *ret_space = (struct port_space){ .root_frame = frame, .table_frames = 1 };
    return LA_OK;
}

uint32_t port_tables_trim(struct port_space *space)
{
    uint32_t *directory = frame_words(space->root_frame);
    uint32_t given = 0;

    for (uint32_t i = 0; i < USER_END >> 22; i++) {
        const uint32_t *table = table_of(space, i << 22);
        uint32_t page = 0;

        while (table != NULL && page < 1024u && table[page] == 0)
            page++;
        if (table == NULL || page < 1024u)
            continue;
        kernel_table_frame_give(directory[i] >> LA_PAGE_SHIFT);
        directory[i] = 0;
        space->table_frames--;
        given++;
    }
    return given;
}

void port_space_destroy(struct port_space *space)
{
    LA_ASSERT(space != active && space != &port_kernel_space);
    port_tables_trim(space);
    LA_ASSERT(space->table_frames == 1u);
    kernel_table_frame_give(space->root_frame);
    *space = (struct port_space){ 0 };
}

void port_space_activate(struct port_space *space)
{
    if (space != active)
        ram_unmap(USER_FIRST, (USER_END - USER_FIRST) >> LA_PAGE_SHIFT);
    active = space;
}

struct port_space *port_space_active(void)
{
    return active;
}

/* -- Pages ------------------------------------------------------------------------------------- */

static uint32_t rights(uint32_t protection)
{
    uint32_t bits = ENTRY_PRESENT;

    if ((protection & PORT_WRITE) != 0)
        bits |= ENTRY_WRITE;
    if ((protection & PORT_USER) != 0)
        bits |= ENTRY_USER;
    return bits;
}

static bool is_mappable(const struct port_space *space, va32_t va, uint32_t protection)
{
    bool user = va >= USER_FIRST && va < USER_END && space != &port_kernel_space;
    bool kernel = va >= RANGES_FIRST && va < RANGES_END && (protection & PORT_USER) == 0;

    return (va & (LA_PAGE_BYTES - 1u)) == 0 && (user || kernel);
}

enum la_status port_tables_prepare(struct port_space *space, va32_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        va32_t page = va + (i << LA_PAGE_SHIFT);

        if (table_of(space, page) != NULL)
            continue;
        uint32_t frame = kernel_table_frame_take();
        if (frame == PORT_NO_FRAME)
            return LA_NO_MEMORY;
        memset(frame_words(frame), 0, LA_PAGE_BYTES);
        frame_words(space->root_frame)[page >> 22] = (frame << LA_PAGE_SHIFT) | ENTRY_PRESENT;
        space->table_frames++;
    }
    return LA_OK;
}

enum la_status port_map(struct port_space *space, va32_t va, uint32_t frame, uint32_t protection)
{
    LA_ASSERT(is_mappable(space, va, protection));
    if (port_tables_prepare(space, va, 1) != LA_OK)
        return LA_NO_MEMORY;

    uint32_t *entry = entry_of(space, va);
    LA_ASSERT(*entry == 0);
    *entry = (frame << LA_PAGE_SHIFT) | rights(protection);
    return LA_OK;
}

uint32_t port_unmap(struct port_space *space, va32_t va)
{
    uint32_t *entry = entry_of(space, va);

    LA_ASSERT((va & (LA_PAGE_BYTES - 1u)) == 0);
    if (entry == NULL || (*entry & ENTRY_PRESENT) == 0)
        return PORT_NO_FRAME;

    uint32_t frame = *entry >> LA_PAGE_SHIFT;

    *entry = 0;
    flush(space, va);
    return frame;
}

bool port_protect(struct port_space *space, va32_t va, uint32_t protection)
{
    uint32_t *entry = entry_of(space, va);
    uint32_t kept = ~(LA_PAGE_BYTES - 1u) | ENTRY_ACCESSED | ENTRY_DIRTY;

    LA_ASSERT(is_mappable(space, va, protection));
    if (entry == NULL || (*entry & ENTRY_PRESENT) == 0)
        return false;
    *entry = (*entry & kept) | rights(protection);
    flush(space, va);
    return true;
}

static struct port_page page_of(uint32_t entry)
{
    struct port_page page = { .frame = entry >> LA_PAGE_SHIFT,
                              .protection = (entry & ENTRY_WRITE) != 0 ? PORT_WRITE : PORT_READ,
                              .accessed = (entry & ENTRY_ACCESSED) != 0,
                              .dirty = (entry & ENTRY_DIRTY) != 0 };

    if ((entry & ENTRY_USER) != 0)
        page.protection |= PORT_USER;
    return page;
}

bool port_query(const struct port_space *space, va32_t va, struct port_page *ret_page)
{
    const uint32_t *entry = entry_of(space, va);

    if (entry == NULL || (*entry & ENTRY_PRESENT) == 0)
        return false;
    if (ret_page != NULL)
        *ret_page = page_of(*entry);
    return true;
}

bool port_allows(const struct port_space *space, va32_t va, bool write, bool user)
{
    const uint32_t *entry = entry_of(space, va);

    return entry != NULL && (*entry & ENTRY_PRESENT) != 0 &&
           (!write || (*entry & ENTRY_WRITE) != 0) && (!user || (*entry & ENTRY_USER) != 0);
}

void port_walk(const struct port_space *space, va32_t first, va32_t last, port_visit_fn visit,
               void *context)
{
    for (uint64_t va = first; va <= last; va += LA_PAGE_BYTES) {
        if (table_of(space, (va32_t)va) == NULL) {
            va = (va | 0x3FFFFFu) + 1u - LA_PAGE_BYTES; /* to the next table */
            continue;
        }
        struct port_page page;
        if (port_query(space, (va32_t)va, &page) && !visit(context, (va32_t)va, &page))
            return;
    }
}

uint32_t port_fixed_extents(struct book_extent *ret_extents, uint32_t max)
{
    LA_ASSERT(max > 0);
    ret_extents[0] = (struct book_extent){
        .first_va = DIRECT_FIRST, .pages = RAM_LOW_FRAMES, .first_pa = 0, .flags = BOOK_WRITABLE
    };
    return 1;
}
