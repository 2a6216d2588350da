/* SPDX-License-Identifier: 0BSD */
/* What a multiboot 1 loader says, copied: its own tables are free memory afterwards.
 * Source: Multiboot Specification 0.6.96, 3.3.
 */
#include "i386.h"

#include "multiboot.h"

#define MODULES_MAX 256u
#define MEMORY_MAX  64u
#define TEXT_BYTES  32768u

static struct boot_memory memory[MEMORY_MAX];
static struct boot_memory free_rows[BOOT_FREE_MAX];
static struct boot_module modules[MODULES_MAX];
static char text[TEXT_BYTES];
static uint32_t text_used;
static struct boot_info info = {
    .loader = "", .command_line = "", .memory = memory, .free = free_rows, .modules = modules
};

/* Everything a loader writes is in the first 768 MiB, which the boot page tables map. */
static const void *loaded(uint32_t physical)
{
    LA_ASSERT(physical < DIRECT_FRAMES * PAGE_BYTES);
    return pointer(KERNEL_BASE + physical);
}

static const char *keep_text(uint32_t physical)
{
    const char *from = loaded(physical);
    char *to = &text[text_used];

    for (; *from != '\0' && text_used < TEXT_BYTES - 1u; from++)
        text[text_used++] = *from;
    LA_ASSERT(text_used < TEXT_BYTES - 1u);
    text[text_used++] = '\0';
    return to;
}

/* -- Rows of frames ---------------------------------------------------------------------------- */

static void insert_row(struct boot_memory *rows, uint32_t *count, uint32_t max,
                       struct boot_memory row)
{
    uint32_t at = *count;

    if (row.count == 0 || *count == max)
        return;
    for (; at > 0 && rows[at - 1u].first > row.first; at--)
        rows[at] = rows[at - 1u];
    rows[at] = row;
    (*count)++;
}

/* Free rows lose [first, first + count). */
static void remove_free(uint32_t first, uint32_t count)
{
    uint32_t end = first + count;

    for (uint32_t i = 0; i < info.free_count; i++) {
        struct boot_memory row = free_rows[i];
        uint32_t row_end = row.first + row.count;

        if (row_end <= first || row.first >= end)
            continue;
        for (uint32_t j = i; j + 1u < info.free_count; j++)
            free_rows[j] = free_rows[j + 1u];
        info.free_count--;
        if (row.first < first)
            insert_row(free_rows, &info.free_count, BOOT_FREE_MAX,
                       (struct boot_memory){ row.first, first - row.first, BOOT_USABLE });
        if (row_end > end)
            insert_row(free_rows, &info.free_count, BOOT_FREE_MAX,
                       (struct boot_memory){ end, row_end - end, BOOT_USABLE });
        i = UINT32_MAX; /* once more from the start: rows moved */
    }
}

void multiboot_add_free(uint32_t first, uint32_t count)
{
    insert_row(free_rows, &info.free_count, BOOT_FREE_MAX,
               (struct boot_memory){ first, count, BOOT_USABLE });
}

/* -- Reading ----------------------------------------------------------------------------------- */

/* Whole frames below 4 GiB: usable memory shrinks to them, other memory grows. */
static struct boot_memory row_of(uint64_t base, uint64_t bytes, bool usable)
{
    uint64_t limit = UINT64_C(1) << 32;
    uint64_t end = bytes > limit || base > limit - bytes ? limit : base + bytes;
    uint32_t extra = LA_PAGE_BYTES - 1u;
    struct boot_memory row = { .kind = usable ? BOOT_USABLE : BOOT_RESERVED };

    if (base >= limit)
        return row;
    row.first = (uint32_t)((base + (usable ? extra : 0)) >> LA_PAGE_SHIFT);
    uint32_t row_end = (uint32_t)((end + (usable ? 0 : extra)) >> LA_PAGE_SHIFT);
    row.count = row_end > row.first ? row_end - row.first : 0;
    return row;
}

static void read_memory(const struct multiboot_facts *facts)
{
    if ((facts->flags & MULTIBOOT_MAP) == 0) {
        insert_row(memory, &info.memory_count, MEMORY_MAX,
                   row_of(0, (uint64_t)facts->lower_kib << 10, true));
        insert_row(memory, &info.memory_count, MEMORY_MAX,
                   row_of(LOAD_ADDRESS, (uint64_t)facts->upper_kib << 10, true));
    }
    for (uint32_t at = 0; (facts->flags & MULTIBOOT_MAP) != 0 && at < facts->map_bytes;) {
        const struct multiboot_memory *entry = loaded(facts->map + at);

        insert_row(memory, &info.memory_count, MEMORY_MAX,
                   row_of(entry->base, entry->bytes, entry->type == MULTIBOOT_USABLE));
        at += entry->size + 4u; /* the size does not count itself */
    }
    for (uint32_t i = 0; i < info.memory_count; i++)
        if (memory[i].kind == BOOT_USABLE)
            insert_row(free_rows, &info.free_count, BOOT_FREE_MAX, memory[i]);
    for (uint32_t i = 0; i < info.memory_count; i++)
        if (memory[i].kind != BOOT_USABLE)
            remove_free(memory[i].first, memory[i].count);
    remove_free(0, 1);
}

static void read_modules(const struct multiboot_facts *facts)
{
    uint32_t count = (facts->flags & MULTIBOOT_MODULES) != 0 ? facts->module_count : 0;

    LA_ASSERT(count <= MODULES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct multiboot_module *from =
            loaded(facts->modules + i * (uint32_t)sizeof(struct multiboot_module));
        struct boot_module *module = &modules[info.module_count++];

        LA_ASSERT((from->start & (LA_PAGE_BYTES - 1u)) == 0); /* as the header asks for */
        module->frame = from->start >> LA_PAGE_SHIFT;
        module->bytes = from->end - from->start;
        module->words = from->words != 0 ? keep_text(from->words) : "";
        remove_free(module->frame, la_pages_up(module->bytes));
    }
}

/* QEMU puts the kernel's path first, GRUB does not. A word with '=' is never a path of ours. */
static const char *without_path(const char *line)
{
    const char *end = line;

    while (*end != '\0' && *end != ' ' && *end != '=')
        end++;
    if (*end == '=')
        return line;
    while (*end == ' ')
        end++;
    return end;
}

const struct boot_info *multiboot_read(uint32_t magic, uint32_t physical)
{
    const struct multiboot_facts *facts = loaded(physical);
    uint32_t image = LOAD_ADDRESS >> LA_PAGE_SHIFT;

    LA_ASSERT(magic == MULTIBOOT_LOADED);
    read_memory(facts);
    remove_free(image, ((ADDRESS_OF(image_end) - KERNEL_BASE) >> LA_PAGE_SHIFT) - image);
    if ((facts->flags & MULTIBOOT_LOADER) != 0)
        info.loader = keep_text(facts->loader);
    if ((facts->flags & MULTIBOOT_COMMAND) != 0)
        info.command_line = without_path(keep_text(facts->command_line));
    read_modules(facts);
    return &info;
}

/* The end of RAM, as far as the direct map can reach. */
uint32_t multiboot_direct_frames(void)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < info.memory_count; i++)
        if (memory[i].kind == BOOT_USABLE && memory[i].first + memory[i].count > end)
            end = memory[i].first + memory[i].count;
    return end < DIRECT_FRAMES ? end : DIRECT_FRAMES;
}
