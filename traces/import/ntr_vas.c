/* SPDX-License-Identifier: 0BSD */
/* "# ntr-vas 1": address spaces as strace or the system call tracepoints saw them, one call a line:
 *
 *     dt_us as tid op args   R id len prot flags | M id off len prot | N id off len
 *                            D id off len advice | U id off len | G id old new newid | B bytes
 *                            E (exec) | C newas newtid (fork) | T newtid | X (thread exit)
 *                            Q (process exit)
 *
 * Lengths and offsets in bytes. All address spaces of a recording share the one of the trace; a
 * fork copies nothing.
 */
#include "formats.h"

#include "mappings.h"

#include <string.h>

enum field { DT, SPACE, TID, OP, ID, LENGTH, PROT, FLAGS };

/* Where M, N, D and U have their arguments. */
enum range_field { RANGE_OFFSET = 5, RANGE_LENGTH, RANGE_PROT };

static enum mapping_access access_of(uint64_t prot)
{
    return prot != 0 ? MAPPING_COMMITTED : MAPPING_RESERVED;
}

static bool map(struct import *import, struct mappings *mappings, uint32_t space)
{
    uint64_t bytes;
    uint64_t prot;
    bool stack;

    if (!import_fields(import, PROT + 1, "dt_us as tid R id len prot [flags]") ||
        !import_number(import, LENGTH, "bytes", UINT64_MAX, &bytes) ||
        !import_number(import, PROT, "a protection", 7, &prot))
        return false;
    stack = import->fields > FLAGS && strchr(import->field[FLAGS], 's') != NULL;
    return mappings_create(import, mappings, ID, import->lines->number, space, bytes,
                           access_of(prot), stack);
}

static bool range_op(struct import *import, struct mappings *mappings, uint32_t space, char op)
{
    struct mapping *mapping;
    uint64_t offset;
    uint64_t bytes;
    uint64_t prot = 0;

    if (!import_number(import, RANGE_OFFSET, "an offset in bytes", UINT64_MAX, &offset) ||
        !import_number(import, RANGE_LENGTH, "bytes", UINT64_MAX, &bytes) ||
        (op == 'M' && !import_number(import, RANGE_PROT, "a protection", 7, &prot)) ||
        !mappings_find(import, mappings, ID, space, &mapping))
        return false;
    if (!mapping)
        return true;
    if (op == 'U')
        return mappings_unmap(import, mapping, offset, bytes);
    if (op != 'D')
        return mappings_access(import, mapping, offset, bytes, access_of(prot));
    import->notes[NOTE_ADVICE]++;
    return true;
}

/* mremap: the mapping goes on under a new id, in the same slot. */
static bool remap(struct import *import, struct mappings *mappings, uint32_t space)
{
    struct mapping *mapping;
    struct mapping moved;
    void *at = mappings->at;
    uint64_t old_bytes;
    uint64_t bytes;
    uint64_t id;

    if (!import_number(import, LENGTH, "old bytes", UINT64_MAX, &old_bytes) ||
        !import_number(import, PROT, "new bytes", UINT64_MAX, &bytes) ||
        !import_number(import, FLAGS, "a new id, at most the line's number", import->lines->number,
                       &id) ||
        !import_room(import, &at, &mappings->room, sizeof *mappings->at, id))
        return false;
    mappings->at = at;
    if (!mappings_find(import, mappings, ID, space, &mapping))
        return false;
    if (!mapping)
        return true;
    if (mapping->is_stack || import_pages(old_bytes) != mapping->pages) {
        import->notes[NOTE_PARTIAL_REMAP]++;
        return true;
    }
    if (&mappings->at[id] != mapping) {
        if (mappings->at[id].live)
            return import_fail(import, "id %s is not new (expected one that is not mapped)",
                               import->field[FLAGS]);
        moved = mappings->at[id];
        mappings->at[id] = *mapping;
        *mapping = moved;
    }
    return mappings_resize(import, &mappings->at[id], bytes);
}

static bool call(struct import *import, struct mappings *mappings, uint32_t space)
{
    char op = import->field[OP][1] == '\0' ? import->field[OP][0] : '\0';
    uint64_t bytes;

    switch (op) {
    case 'R': return map(import, mappings, space);
    case 'M':
    case 'N':
    case 'D':
    case 'U': return range_op(import, mappings, space, op);
    case 'G': return remap(import, mappings, space);
    case 'B':
        return import_number(import, ID, "bytes", UINT64_MAX, &bytes) &&
               mappings_brk(import, mappings, space, bytes);
    case 'E':
    case 'Q': return mappings_end_space(import, mappings, space);
    case 'C':
    case 'T':
    case 'X': return true;
    default:
        return import_fail(import, "found '%.40s', expected an op (R M N D U G B E C T X Q)",
                           import->field[OP]);
    }
}

bool import_ntr_vas(struct import *import)
{
    struct mappings mappings = { .at = NULL };
    bool good = true;
    uint64_t dt;
    uint64_t space;
    uint64_t thread;

    while (good && import_line(import)) {
        good = import_fields(import, OP + 1, "dt_us as tid op") &&
               import_number(import, DT, "microseconds", UINT64_MAX / 2000u, &dt) &&
               import_number(import, SPACE, "an address space, at most the line's number",
                             import->lines->number, &space) &&
               import_number(import, TID, "a thread from 1", UINT32_MAX, &thread);
        if (!good)
            break;
        import->time_ns += dt * 1000u;
        import->thread = thread > 0 ? (uint32_t)thread - 1u : 0;
        good = call(import, &mappings, (uint32_t)space);
    }
    mappings_free(&mappings);
    return good && import->error[0] == '\0';
}
