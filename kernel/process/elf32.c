/* SPDX-License-Identifier: 0BSD */
/* Reading ELF files that nobody vouches for. Source: System V ABI, Intel386 supplement. */
#include "elf32.h"

#include "range.h"

#define EHDR_BYTES  52u
#define PHDR_BYTES  32u
#define DYN_BYTES   8u
#define REL_BYTES   8u
#define PHDRS_MAX   64u
#define DYNS_MAX    256u
#define TYPE_EXEC   2u
#define TYPE_DYN    3u
#define MACHINE_386 3u
#define PT_LOAD     1u
#define PT_DYNAMIC  2u
#define PT_INTERP   3u
#define PT_TLS      7u
#define PF_X        1u
#define PF_W        2u
#define DT_NULL     0u
#define DT_NEEDED   1u
#define DT_PLTRELSZ 2u
#define DT_RELA     7u
#define DT_REL      17u
#define DT_RELSZ    18u
#define DT_RELENT   19u
#define R_RELATIVE  8u

/* An image of this length is placed anywhere; more is a mistake, not a library. */
#define ANYWHERE_MAX UINT32_C(0x10000000)

static uint32_t u16_at(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8;
}

static uint32_t u32_at(const uint8_t *from)
{
    return u16_at(from) | u16_at(from + 2) << 16;
}

/* Whether [offset, offset + bytes) lies in a file of `all` bytes. */
static bool inside(uint32_t offset, uint32_t bytes, uint32_t all)
{
    return offset <= all && bytes <= all - offset;
}

/* -- Loads ------------------------------------------------------------------------------------- */

static const char *add_load(struct elf32_plan *plan, const uint8_t *header, uint32_t file_size)
{
    struct elf32_load load = { .offset = u32_at(header + 4),
                               .va = u32_at(header + 8),
                               .file_bytes = u32_at(header + 16),
                               .memory_bytes = u32_at(header + 20) };
    uint32_t flags = u32_at(header + 24);
    uint32_t end_max = plan->anywhere ? ANYWHERE_MAX : UABI_USER_END;

    load.access = (flags & PF_W) != 0 ? UABI_READ_WRITE : UABI_READ_ONLY;
    if (load.memory_bytes == 0)
        return load.file_bytes == 0 ? NULL : "a segment is longer in the file than in memory";
    if (plan->loads == ELF32_LOADS_MAX)
        return "too many segments";
    if (load.file_bytes > load.memory_bytes)
        return "a segment is longer in the file than in memory";
    if (!inside(load.offset, load.file_bytes, file_size))
        return "a segment lies outside the file";
    if (!plan->anywhere && load.va < UABI_USER_FIRST)
        return "a segment lies outside user addresses";
    if (load.va > end_max || load.memory_bytes > end_max - load.va)
        return "a segment lies outside user addresses";
    if (plan->loads > 0) {
        const struct elf32_load *before = &plan->load[plan->loads - 1u];
        va32_t last_page = (before->va + before->memory_bytes - 1u) >> LA_PAGE_SHIFT;

        if (load.va >> LA_PAGE_SHIFT <= last_page)
            return "segments overlap, share a page or do not ascend";
    }
    plan->load[plan->loads++] = load;
    return NULL;
}

/* The file's offset of `bytes` bytes of memory at `va`; false unless a load has all of them. */
static bool offset_of(const struct elf32_plan *plan, va32_t va, uint32_t bytes,
                      uint32_t *ret_offset)
{
    for (uint32_t i = 0; i < plan->loads; i++) {
        const struct elf32_load *load = &plan->load[i];

        if (va >= load->va && inside(va - load->va, bytes, load->file_bytes)) {
            *ret_offset = load->offset + (va - load->va);
            return true;
        }
    }
    return false;
}

static bool in_memory(const struct elf32_plan *plan, va32_t va, uint32_t bytes)
{
    for (uint32_t i = 0; i < plan->loads; i++) {
        const struct elf32_load *load = &plan->load[i];

        if (va >= load->va && inside(va - load->va, bytes, load->memory_bytes))
            return true;
    }
    return false;
}

/* -- The dynamic section ----------------------------------------------------------------------- */

static const char *check_relocations(struct elf32_plan *plan, const uint8_t *image)
{
    for (uint32_t i = 0; i < plan->relocations; i++) {
        uint32_t offset = plan->relocations_offset + i * REL_BYTES;
        const uint8_t *at = image + offset;

        if (u32_at(at + 4) != R_RELATIVE)
            return "a relocation that is not R_386_RELATIVE";
        if (!in_memory(plan, u32_at(at), 4))
            return "a relocation outside the segments";
    }
    return NULL;
}

static const char *read_dynamic(struct elf32_plan *plan, const uint8_t *image, uint32_t file_size,
                                uint32_t offset, uint32_t bytes)
{
    uint32_t table_va = 0;
    uint32_t table_bytes = 0;

    if (!inside(offset, bytes, file_size))
        return "the dynamic section lies outside the file";
    if (bytes / DYN_BYTES > DYNS_MAX)
        return "the dynamic section is too long";
    for (uint32_t i = 0; i < bytes / DYN_BYTES; i++) {
        uint32_t entry = offset + i * DYN_BYTES;
        uint32_t tag = u32_at(image + entry);
        uint32_t value = u32_at(image + entry + 4);

        if (tag == DT_NULL)
            break;
        if (tag == DT_NEEDED)
            return "it needs another library";
        if (tag == DT_RELA || (tag == DT_PLTRELSZ && value != 0) ||
            (tag == DT_RELENT && value != REL_BYTES))
            return "relocations of a kind that is not served";
        if (tag == DT_REL)
            table_va = value;
        if (tag == DT_RELSZ)
            table_bytes = value;
    }
    if (table_bytes == 0)
        return NULL;
    if (table_bytes % REL_BYTES != 0 ||
        !offset_of(plan, table_va, table_bytes, &plan->relocations_offset))
        return "the relocations lie outside the file";
    plan->relocations = table_bytes / REL_BYTES;
    return check_relocations(plan, image);
}

/* -- The file ---------------------------------------------------------------------------------- */

static const char *check_header(const uint8_t *image, uint32_t bytes)
{
    static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 }; /* 32 bits, little-endian */

    if (bytes < EHDR_BYTES)
        return "too short for an ELF header";
    for (uint32_t i = 0; i < sizeof magic; i++)
        if (image[i] != magic[i])
            return "not a 32-bit little-endian ELF file";
    if (u16_at(image + 18) != MACHINE_386)
        return "for another processor";
    if (u16_at(image + 16) != TYPE_EXEC && u16_at(image + 16) != TYPE_DYN)
        return "neither a program nor a position-independent image";
    if (u16_at(image + 42) != PHDR_BYTES || u16_at(image + 44) == 0 ||
        u16_at(image + 44) > PHDRS_MAX ||
        !inside(u32_at(image + 28), u16_at(image + 44) * PHDR_BYTES, bytes))
        return "program headers of a wrong size, number or place";
    return NULL;
}

/* The plan's extent, and whether the entry is in it. */
static const char *finish(struct elf32_plan *plan)
{
    const struct elf32_load *last;

    if (plan->loads == 0)
        return "nothing to load";
    last = &plan->load[plan->loads - 1u];
    plan->first_va = plan->load[0].va & ~(LA_SEGMENT_BYTES - 1u);
    plan->bytes = last->va + last->memory_bytes - plan->first_va;
    return in_memory(plan, plan->entry, 1) ? NULL : "the entry lies outside the segments";
}

const char *elf32_plan(const uint8_t *image, uint32_t bytes, struct elf32_plan *ret_plan)
{
    const char *wrong = check_header(image, bytes);
    const uint8_t *dynamic = NULL;

    if (wrong != NULL)
        return wrong;
    ret_plan->anywhere = u16_at(image + 16) == TYPE_DYN;
    ret_plan->entry = u32_at(image + 24);
    ret_plan->loads = 0;
    ret_plan->relocations = 0;
    for (uint32_t i = 0; i < u16_at(image + 44) && wrong == NULL; i++) {
        uint32_t offset = u32_at(image + 28) + i * PHDR_BYTES;
        const uint8_t *header = image + offset;

        switch (u32_at(header)) {
        case PT_LOAD: wrong = add_load(ret_plan, header, bytes); break;
        case PT_DYNAMIC: dynamic = header; break;
        case PT_INTERP: wrong = "it needs an interpreter"; break;
        case PT_TLS: wrong = "it has thread-local storage"; break;
        default: break;
        }
    }
    if (wrong == NULL)
        wrong = finish(ret_plan);
    if (wrong == NULL && dynamic != NULL)
        wrong = read_dynamic(ret_plan, image, bytes, u32_at(dynamic + 4), u32_at(dynamic + 16));
    if (wrong == NULL && ret_plan->relocations > 0 && !ret_plan->anywhere)
        wrong = "relocations in a program for fixed addresses";
    return wrong;
}

/* -- Placing ----------------------------------------------------------------------------------- */

/* Pages with bytes of the file get frames now, the rest of a load when it is touched. */
static enum la_status place_load(struct uspace *space, const uint8_t *image,
                                 const struct elf32_load *load, uint32_t bias)
{
    va32_t first = (load->va + bias) & ~(LA_PAGE_BYTES - 1u);
    va32_t file_end = load->va + bias + load->file_bytes;
    va32_t memory_end = load->va + bias + load->memory_bytes;
    va32_t file_pages_end = (file_end + LA_PAGE_BYTES - 1u) & ~(LA_PAGE_BYTES - 1u);
    enum la_status status = LA_OK;

    if (load->file_bytes > 0) {
        status =
            uspace_commit(space, first, file_pages_end - first, UABI_READ_WRITE | UABI_COMMIT_NOW);
        if (status == LA_OK)
            space->hooks->write(space->hooks->context, load->va + bias, image + load->offset,
                                load->file_bytes);
    } else {
        file_pages_end = first;
    }
    if (status == LA_OK && memory_end > file_pages_end)
        status = uspace_commit(space, file_pages_end, memory_end - file_pages_end, UABI_READ_WRITE);
    return status;
}

/* In the file's part of a load the value to relocate is the file's; elsewhere it is 0. The place
 * may lie in a page without a frame: then it gets one.
 */
static enum la_status relocate(struct uspace *space, const uint8_t *image,
                               const struct elf32_plan *plan, uint32_t bias)
{
    for (uint32_t i = 0; i < plan->relocations; i++) {
        uint32_t place = plan->relocations_offset + i * REL_BYTES;
        va32_t va = u32_at(image + place);
        uint32_t offset;
        uint32_t value = offset_of(plan, va, 4, &offset) ? u32_at(image + offset) : 0;
        va32_t page = (va + bias) & ~(LA_PAGE_BYTES - 1u);
        uint8_t bytes[4];

        if (uspace_commit(space, page, va + bias + 4u - page, UABI_READ_WRITE | UABI_COMMIT_NOW) !=
            LA_OK)
            return LA_NO_MEMORY;
        value += bias;
        for (uint32_t k = 0; k < 4; k++)
            bytes[k] = (uint8_t)(value >> (8u * k));
        space->hooks->write(space->hooks->context, va + bias, bytes, 4);
    }
    return LA_OK;
}

enum la_status elf32_place(struct uspace *space, const uint8_t *image,
                           const struct elf32_plan *plan, uint32_t label, uint32_t *ret_bias)
{
    uint32_t flags = label << UABI_LABEL_SHIFT;
    va32_t base;
    enum la_status status;

    if (plan->anywhere)
        status = uspace_reserve(space, 0, plan->bytes, flags, 0, &base);
    else
        status =
            uspace_reserve(space, plan->first_va, plan->bytes, flags | UABI_PLACE_FIXED, 0, &base);
    if (status != LA_OK)
        return status;

    uint32_t bias = base - plan->first_va;

    for (uint32_t i = 0; i < plan->loads && status == LA_OK; i++)
        status = place_load(space, image, &plan->load[i], bias);
    if (status == LA_OK)
        status = relocate(space, image, plan, bias);
    for (uint32_t i = 0; i < plan->loads && status == LA_OK; i++) {
        va32_t first = (plan->load[i].va + bias) & ~(LA_PAGE_BYTES - 1u);

        status = uspace_protect(space, first,
                                plan->load[i].va + bias + plan->load[i].memory_bytes - first,
                                plan->load[i].access);
    }
    if (status != LA_OK) {
        enum la_status released = uspace_release(space, base);

        LA_ASSERT(released == LA_OK);
        return status;
    }
    *ret_bias = bias;
    return LA_OK;
}
