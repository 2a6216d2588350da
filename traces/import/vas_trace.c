/* SPDX-License-Identifier: 0BSD */
/* "# vas-trace v1": one 32-bit address space, one call a line; lengths and offsets in pages:
 *
 *     t_us R id npages basepage prot | S (a stack) ... | F id basepage npages prot
 *     t_us X id off npages prot | P id off npages prot | U id off npages w|p
 *     t_us G id newpages 0 | B 0 brkpage 0
 *
 * prot is n (none) or letters of rwx. Where Linux put a mapping is not kept: the replay decides.
 */
#include "mappings.h"

#include <string.h>

#define ID_MAX     (1u << 22) /* ids may begin anywhere: the recording of a forked process */
#define PAGE_BYTES 4096u
#define SPACE      0u

enum field { TIME, OP, ID, FIRST, SECOND, PROT };

struct vas_trace {
    struct mappings mappings;
    uint64_t time_us;
    uint64_t brk_page; /* where the brk area begins, plus one; 0: not known yet */
};

static bool take_access(struct convert *convert, enum mapping_access *ret_access)
{
    const char *prot = convert->fields > PROT ? convert->field[PROT] : "";

    if (strcmp(prot, "n") != 0 && (prot[0] == '\0' || strspn(prot, "rwx") != strlen(prot)))
        return convert_fail(convert, "found '%.40s', expected a protection (n, or r w x)", prot);
    *ret_access = prot[0] == 'n' ? MAPPING_RESERVED : MAPPING_COMMITTED;
    return true;
}

static bool take_pages(struct convert *convert, int index, const char *what, uint64_t *ret_bytes)
{
    if (!convert_number(convert, index, what, UINT32_MAX, ret_bytes))
        return false;
    *ret_bytes *= PAGE_BYTES;
    return true;
}

static bool map(struct convert *convert, struct vas_trace *trace, char op)
{
    enum mapping_access access;
    uint64_t bytes;

    return take_access(convert, &access) &&
           take_pages(convert, op == 'F' ? SECOND : FIRST, "pages", &bytes) &&
           mappings_create(convert, &trace->mappings, ID, ID_MAX, SPACE, bytes, access, op == 'S');
}

static bool range_op(struct convert *convert, struct vas_trace *trace, char op)
{
    enum mapping_access access = MAPPING_RESERVED;
    struct mapping *mapping;
    uint64_t offset;
    uint64_t bytes;

    if (!take_pages(convert, FIRST, "an offset in pages", &offset) ||
        !take_pages(convert, SECOND, "pages", &bytes) ||
        (op != 'U' && !take_access(convert, &access)) ||
        !mappings_find(convert, &trace->mappings, ID, SPACE, &mapping))
        return false;
    if (!mapping)
        return true;
    return op == 'U' ? mappings_unmap(convert, mapping, offset, bytes)
                     : mappings_access(convert, mapping, offset, bytes, access);
}

static bool resize(struct convert *convert, struct vas_trace *trace)
{
    struct mapping *mapping;
    uint64_t bytes;

    if (!take_pages(convert, FIRST, "pages", &bytes) ||
        !mappings_find(convert, &trace->mappings, ID, SPACE, &mapping))
        return false;
    if (mapping && mapping->is_stack) {
        convert->notes[NOTE_PARTIAL_REMAP]++;
        return true;
    }
    return !mapping || mappings_resize(convert, mapping, bytes);
}

/* The first brk asks where the area is; the others say where it ends. */
static bool set_brk(struct convert *convert, struct vas_trace *trace)
{
    uint64_t page;

    if (!convert_number(convert, FIRST, "a page number", UINT32_MAX, &page))
        return false;
    if (trace->brk_page == 0)
        trace->brk_page = page + 1u;
    if (page + 1u < trace->brk_page)
        return convert_fail(convert, "brk below its beginning (expected page %llu or more)",
                            (unsigned long long)trace->brk_page - 1u);
    return mappings_brk(convert, &trace->mappings, SPACE,
                        (page + 1u - trace->brk_page) * PAGE_BYTES);
}

static bool call(struct convert *convert, struct vas_trace *trace)
{
    char op = convert->field[OP][1] == '\0' ? convert->field[OP][0] : '\0';

    switch (op) {
    case 'R':
    case 'S':
    case 'F': return map(convert, trace, op);
    case 'X':
    case 'P':
    case 'U': return range_op(convert, trace, op);
    case 'G': return resize(convert, trace);
    case 'B': return set_brk(convert, trace);
    default:
        return convert_fail(convert, "found '%.40s', expected an op (R S F X P U G B)",
                            convert->field[OP]);
    }
}

bool convert_vas_trace(struct convert *convert)
{
    struct vas_trace trace = { .time_us = 0 };
    bool good = true;
    uint64_t time_us;

    while (good && convert_line(convert)) {
        good = convert_fields(convert, ID + 1, "t_us op id") &&
               convert_number(convert, TIME, "microseconds", UINT64_MAX / 2000u, &time_us);
        if (!good)
            break;
        if (time_us > trace.time_us) {
            convert->time_ns += (time_us - trace.time_us) * 1000u;
            trace.time_us = time_us;
        }
        good = call(convert, &trace);
    }
    mappings_free(&trace.mappings);
    return good && convert->error[0] == '\0';
}
