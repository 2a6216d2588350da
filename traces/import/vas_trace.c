/* SPDX-License-Identifier: 0BSD */
/* "# vas-trace v1": one 32-bit address space, one call a line; lengths and offsets in pages:
 *
 *     t_us R id npages basepage prot | S (a stack) ... | F id basepage npages prot
 *     t_us X id off npages prot | P id off npages prot | U id off npages w|p
 *     t_us G id newpages 0 | B 0 brkpage 0
 *
 * prot is n (none) or letters of rwx. Where Linux put a mapping is not kept: the replay decides.
 */
#include "formats.h"

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

static bool take_access(struct import *import, enum mapping_access *ret_access)
{
    const char *prot = import->fields > PROT ? import->field[PROT] : "";

    if (strcmp(prot, "n") != 0 && (prot[0] == '\0' || strspn(prot, "rwx") != strlen(prot)))
        return import_fail(import, "found '%.40s', expected a protection (n, or r w x)", prot);
    *ret_access = prot[0] == 'n' ? MAPPING_RESERVED : MAPPING_COMMITTED;
    return true;
}

static bool take_pages(struct import *import, int index, const char *what, uint64_t *ret_bytes)
{
    if (!import_number(import, index, what, UINT32_MAX, ret_bytes))
        return false;
    *ret_bytes *= PAGE_BYTES;
    return true;
}

static bool map(struct import *import, struct vas_trace *trace, char op)
{
    enum mapping_access access;
    uint64_t bytes;

    return take_access(import, &access) &&
           take_pages(import, op == 'F' ? SECOND : FIRST, "pages", &bytes) &&
           mappings_create(import, &trace->mappings, ID, ID_MAX, SPACE, bytes, access, op == 'S');
}

static bool range_op(struct import *import, struct vas_trace *trace, char op)
{
    enum mapping_access access = MAPPING_RESERVED;
    struct mapping *mapping;
    uint64_t offset;
    uint64_t bytes;

    if (!take_pages(import, FIRST, "an offset in pages", &offset) ||
        !take_pages(import, SECOND, "pages", &bytes) ||
        (op != 'U' && !take_access(import, &access)) ||
        !mappings_find(import, &trace->mappings, ID, SPACE, &mapping))
        return false;
    if (!mapping)
        return true;
    return op == 'U' ? mappings_unmap(import, mapping, offset, bytes)
                     : mappings_access(import, mapping, offset, bytes, access);
}

static bool resize(struct import *import, struct vas_trace *trace)
{
    struct mapping *mapping;
    uint64_t bytes;

    if (!take_pages(import, FIRST, "pages", &bytes) ||
        !mappings_find(import, &trace->mappings, ID, SPACE, &mapping))
        return false;
    if (mapping && mapping->is_stack) {
        import->notes[NOTE_PARTIAL_REMAP]++;
        return true;
    }
    return !mapping || mappings_resize(import, mapping, bytes);
}

/* The first brk asks where the area is; the others say where it ends. */
static bool set_brk(struct import *import, struct vas_trace *trace)
{
    uint64_t page;

    if (!import_number(import, FIRST, "a page number", UINT32_MAX, &page))
        return false;
    if (trace->brk_page == 0)
        trace->brk_page = page + 1u;
    if (page + 1u < trace->brk_page)
        return import_fail(import, "brk below its beginning (expected page %llu or more)",
                           (unsigned long long)trace->brk_page - 1u);
    return mappings_brk(import, &trace->mappings, SPACE,
                        (page + 1u - trace->brk_page) * PAGE_BYTES);
}

static bool call(struct import *import, struct vas_trace *trace)
{
    char op = import->field[OP][1] == '\0' ? import->field[OP][0] : '\0';

    switch (op) {
    case 'R':
    case 'S':
    case 'F': return map(import, trace, op);
    case 'X':
    case 'P':
    case 'U': return range_op(import, trace, op);
    case 'G': return resize(import, trace);
    case 'B': return set_brk(import, trace);
    default:
        return import_fail(import, "found '%.40s', expected an op (R S F X P U G B)",
                           import->field[OP]);
    }
}

bool import_vas_trace(struct import *import)
{
    struct vas_trace trace = { .time_us = 0 };
    bool good = true;
    uint64_t time_us;

    while (good && import_line(import)) {
        good = import_fields(import, ID + 1, "t_us op id") &&
               import_number(import, TIME, "microseconds", UINT64_MAX / 2000u, &time_us);
        if (!good)
            break;
        if (time_us > trace.time_us) {
            import->time_ns += (time_us - trace.time_us) * 1000u;
            trace.time_us = time_us;
        }
        good = call(import, &trace);
    }
    mappings_free(&trace.mappings);
    return good && import->error[0] == '\0';
}
