/* SPDX-License-Identifier: 0BSD */
/* Page tables: two levels of 1,024 entries, 4 KiB pages only (a 4 MiB page would show its data as
 * entries in the recursive window). All tables of the kernel half exist from the start, in the
 * image's .bss, and every directory points to the same ones: so no space ever misses a mapping of
 * the kernel's, and mapping a kernel page takes no memory.
 *
 * The active space's tables are reached through the directory's last entry, another space's through
 * the direct map.
 */
#include "i386.h"

struct port_space port_kernel_space;

static struct port_space *active = &port_kernel_space;

static struct port_geometry geometry = {
    .user_first = PAGE_BYTES,
    .user_end = KERNEL_BASE,
    .direct_first = KERNEL_BASE,
    .ranges_first = RANGES_FIRST,
    .ranges_end = RANGES_END,
    .has_execute = false,
    .has_accessed = true,
};
const struct port_geometry *const port_geometry = &geometry;

static inline uint32_t pde_index(va32_t va)
{
    return va >> 22;
}

static inline uint32_t pte_index(va32_t va)
{
    return (va >> 12) & 1023u;
}

static inline uint32_t frame_of(uint32_t entry)
{
    return entry >> LA_PAGE_SHIFT;
}

static inline uint32_t *direct(uint32_t frame)
{
    return pointer(KERNEL_BASE + (frame << LA_PAGE_SHIFT));
}

/* Whether `va` means the same in every space, or `space` is the one it means now. */
static inline bool is_visible(const struct port_space *space, va32_t va)
{
    return space == active || va >= KERNEL_BASE;
}

static uint32_t *directory_of(const struct port_space *space, va32_t va)
{
    return is_visible(space, va) ? pointer(DIRECTORY) : direct(space->root_frame);
}

/* The page table of `va`, or NULL where there is none. */
static uint32_t *table_of(const struct port_space *space, va32_t va)
{
    uint32_t entry = directory_of(space, va)[pde_index(va)];

    if ((entry & PTE_PRESENT) == 0)
        return NULL;
    if (is_visible(space, va))
        return pointer(TABLES_FIRST + (pde_index(va) << LA_PAGE_SHIFT));
    return direct(frame_of(entry));
}

static void flush(const struct port_space *space, va32_t va)
{
    if (is_visible(space, va))
        invalidate_page(va);
}

static uint32_t entry_bits(uint32_t protection)
{
    uint32_t bits = PTE_PRESENT;

    if ((protection & PORT_WRITE) != 0)
        bits |= PTE_WRITE;
    if ((protection & PORT_USER) != 0)
        bits |= PTE_USER;
    if ((protection & PORT_UNCACHED) != 0)
        bits |= PTE_UNCACHED;
    return bits;
}

static void clear(uint32_t *page)
{
    for (uint32_t i = 0; i < 1024u; i++)
        page[i] = 0;
}

/* -- Spaces ------------------------------------------------------------------------------------ */

enum la_status port_space_create(struct port_space *ret_space)
{
    uint32_t frame = kernel_table_frame_take();

    if (frame == PORT_NO_FRAME)
        return LA_NO_MEMORY;

    uint32_t *directory = direct(frame);
    const uint32_t *kernel = direct(port_kernel_space.root_frame);
    for (uint32_t i = 0; i < 1024u; i++)
        directory[i] = i < KERNEL_PDE ? 0 : kernel[i];
    directory[RECURSIVE_PDE] = (frame << LA_PAGE_SHIFT) | PTE_PRESENT | PTE_WRITE;
    *ret_space = (struct port_space){ .root_frame = frame, .table_frames = 1 };
    return LA_OK;
}

uint32_t port_tables_trim(struct port_space *space)
{
    uint32_t *directory = directory_of(space, 0);
    uint32_t given = 0;

    for (uint32_t i = 0; i < KERNEL_PDE; i++) {
        va32_t va = i << 22;
        const uint32_t *table = table_of(space, va);
        uint32_t page = 0;

        if (table == NULL)
            continue;
        while (page < 1024u && table[page] == 0)
            page++;
        if (page < 1024u)
            continue;
        uint32_t frame = frame_of(directory[i]);
        directory[i] = 0;
        /* The recursive window's entry for the table is a translation of its own. */
        flush(space, va);
        if (space == active)
            invalidate_page(TABLES_FIRST + (i << LA_PAGE_SHIFT));
        kernel_table_frame_give(frame);
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
    if (space == active)
        return;

    uint32_t saved = port_irq_save();
    uint32_t cr3 = space->root_frame << LA_PAGE_SHIFT;

    active = space;
    write_cr3(cr3);
    segments_set_cr3(cr3);
    port_irq_restore(saved);
}

struct port_space *port_space_active(void)
{
    return active;
}

/* -- Pages ------------------------------------------------------------------------------------- */

static bool is_mappable(va32_t va, uint32_t protection)
{
    if ((va & (LA_PAGE_BYTES - 1u)) != 0)
        return false;
    if ((protection & PORT_USER) != 0)
        return va >= PAGE_BYTES && va < KERNEL_BASE;
    return (va >= PAGE_BYTES && va < KERNEL_BASE) || (va >= RANGES_FIRST && va < TABLES_FIRST);
}

enum la_status port_map(struct port_space *space, va32_t va, uint32_t frame, uint32_t protection)
{
    LA_ASSERT(is_mappable(va, protection));
    LA_ASSERT(space != &port_kernel_space || va >= KERNEL_BASE);

    uint32_t *table = table_of(space, va);
    if (table == NULL) {
        uint32_t table_frame = kernel_table_frame_take();

        if (table_frame == PORT_NO_FRAME)
            return LA_NO_MEMORY;
        clear(direct(table_frame));
        /* What user mode may do is decided by the pages' own entries. */
        directory_of(space, va)[pde_index(va)] =
            (table_frame << LA_PAGE_SHIFT) | PTE_PRESENT | PTE_WRITE | PTE_USER;
        space->table_frames++;
        table = table_of(space, va);
        if (space == active)
            invalidate_page(ADDRESS_OF(table));
    }
    LA_ASSERT(table[pte_index(va)] == 0);
    table[pte_index(va)] = (frame << LA_PAGE_SHIFT) | entry_bits(protection);
    return LA_OK;
}

uint32_t port_unmap(struct port_space *space, va32_t va)
{
    uint32_t *table = table_of(space, va);
    uint32_t entry = table == NULL ? 0 : table[pte_index(va)];

    LA_ASSERT(is_mappable(va, PORT_READ));
    if ((entry & PTE_PRESENT) == 0)
        return PORT_NO_FRAME;
    table[pte_index(va)] = 0;
    flush(space, va);
    return frame_of(entry);
}

bool port_protect(struct port_space *space, va32_t va, uint32_t protection)
{
    uint32_t *table = table_of(space, va);
    uint32_t entry = table == NULL ? 0 : table[pte_index(va)];

    LA_ASSERT(is_mappable(va, protection));
    if ((entry & PTE_PRESENT) == 0)
        return false;
    table[pte_index(va)] =
        (entry & (PTE_FRAME | PTE_ACCESSED | PTE_DIRTY)) | entry_bits(protection);
    flush(space, va);
    return true;
}

/* The entry of `va` with the rights that both levels grant, 0 if the page is not there. */
static uint32_t granted(const struct port_space *space, va32_t va)
{
    uint32_t upper = directory_of(space, va)[pde_index(va)];
    const uint32_t *table = table_of(space, va);
    uint32_t entry = table == NULL ? 0 : table[pte_index(va)];

    if ((entry & PTE_PRESENT) == 0)
        return 0;
    return entry & (upper | ~(uint32_t)(PTE_WRITE | PTE_USER));
}

static struct port_page page_of(uint32_t entry)
{
    struct port_page page = { .frame = frame_of(entry), .protection = PORT_EXECUTE };

    if ((entry & PTE_WRITE) != 0)
        page.protection |= PORT_WRITE;
    if ((entry & PTE_USER) != 0)
        page.protection |= PORT_USER;
    if ((entry & PTE_UNCACHED) != 0)
        page.protection |= PORT_UNCACHED;
    page.accessed = (entry & PTE_ACCESSED) != 0;
    page.dirty = (entry & PTE_DIRTY) != 0;
    return page;
}

bool port_query(const struct port_space *space, va32_t va, struct port_page *ret_page)
{
    uint32_t entry = granted(space, va);

    if (entry == 0)
        return false;
    if (ret_page != NULL)
        *ret_page = page_of(entry);
    return true;
}

bool port_allows(const struct port_space *space, va32_t va, bool write, bool user)
{
    uint32_t entry = granted(space, va);

    if (!user && user_guard_smap != 0 && (entry & PTE_USER) != 0)
        return false;
    return entry != 0 && (!write || (entry & PTE_WRITE) != 0) && (!user || (entry & PTE_USER) != 0);
}

void port_walk(const struct port_space *space, va32_t first, va32_t last, port_visit_fn visit,
               void *context)
{
    va32_t va = first;

    while (va <= last) {
        if (table_of(space, va) == NULL) {
            va32_t next = (va | 0x3FFFFFu) + 1u;
            if (next == 0)
                return;
            va = next;
            continue;
        }
        uint32_t entry = granted(space, va);
        if (entry != 0) {
            const struct port_page page = page_of(entry);
            if (!visit(context, va, &page))
                return;
        }
        if (va == last)
            return;
        va += LA_PAGE_BYTES;
    }
}

bool port_is_boot_guard(va32_t va)
{
    return va - ADDRESS_OF(boot_guard) < LA_PAGE_BYTES;
}

/* -- Start ------------------------------------------------------------------------------------- */

/* Take one page out of the direct map: a guard. */
static void punch(va32_t va)
{
    uint32_t index = (va - KERNEL_BASE) >> LA_PAGE_SHIFT;

    boot_tables[index / 1024u][index % 1024u] = 0;
}

static void protect_text(void)
{
    uint32_t end = (ADDRESS_OF(image_data) - KERNEL_BASE) >> LA_PAGE_SHIFT;

    /* The page at LOAD_ADDRESS is the boot code, done by now. */
    for (uint32_t frame = LOAD_ADDRESS >> LA_PAGE_SHIFT; frame < end; frame++)
        boot_tables[frame / 1024u][frame % 1024u] &= ~(uint32_t)PTE_WRITE;
}

void paging_start(uint32_t direct_frames, uint32_t *ret_first, uint32_t *ret_count)
{
    uint32_t tables = (direct_frames + 1023u) / 1024u;

    for (uint32_t frame = direct_frames; frame < tables * 1024u; frame++)
        boot_tables[frame / 1024u][frame % 1024u] = 0;
    for (uint32_t i = tables; i < DIRECT_TABLES; i++)
        boot_directory[KERNEL_PDE + i] = 0;
    *ret_first = ((ADDRESS_OF(boot_tables) - KERNEL_BASE) >> LA_PAGE_SHIFT) + tables;
    *ret_count = DIRECT_TABLES - tables;

    for (uint32_t i = 0; i < IDENTITY_TABLES; i++)
        boot_directory[i] = 0;
    protect_text();
    punch(ADDRESS_OF(boot_guard));
    punch(ADDRESS_OF(double_fault_guard));

    geometry.direct_end = KERNEL_BASE + (direct_frames << LA_PAGE_SHIFT);
    port_kernel_space.root_frame = (ADDRESS_OF(boot_directory) - KERNEL_BASE) >> LA_PAGE_SHIFT;
    port_kernel_space.table_frames = 1;
    write_cr3(port_kernel_space.root_frame << LA_PAGE_SHIFT);
}
