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
#include "mappings.h"

#include <string.h>

enum field { DT, SPACE, TID, OP, ID, LENGTH, PROT, FLAGS };

/* Where M, N, D and U have their arguments. */
enum range_field { RANGE_OFFSET = 5, RANGE_LENGTH, RANGE_PROT };

static enum mapping_access access_of(uint64_t prot)
{
    return prot != 0 ? MAPPING_COMMITTED : MAPPING_RESERVED;
}

static bool map(struct convert *convert, struct mappings *mappings, uint32_t space)
{
    uint64_t bytes;
    uint64_t prot;
    bool stack;

    if (!convert_fields(convert, PROT + 1, "dt_us as tid R id len prot [flags]") ||
        !convert_number(convert, LENGTH, "bytes", UINT64_MAX, &bytes) ||
        !convert_number(convert, PROT, "a protection", 7, &prot))
        return false;
    stack = convert->fields > FLAGS && strchr(convert->field[FLAGS], 's') != NULL;
    return mappings_create(convert, mappings, ID, convert->lines->number, space, bytes,
                           access_of(prot), stack);
}

static bool range_op(struct convert *convert, struct mappings *mappings, uint32_t space, char op)
{
    struct mapping *mapping;
    uint64_t offset;
    uint64_t bytes;
    uint64_t prot = 0;

    if (!convert_number(convert, RANGE_OFFSET, "an offset in bytes", UINT64_MAX, &offset) ||
        !convert_number(convert, RANGE_LENGTH, "bytes", UINT64_MAX, &bytes) ||
        (op == 'M' && !convert_number(convert, RANGE_PROT, "a protection", 7, &prot)) ||
        !mappings_find(convert, mappings, ID, space, &mapping))
        return false;
    if (!mapping)
        return true;
    if (op == 'U')
        return mappings_unmap(convert, mapping, offset, bytes);
    if (op != 'D')
        return mappings_access(convert, mapping, offset, bytes, access_of(prot));
    convert->notes[NOTE_ADVICE]++;
    return true;
}

/* mremap: the mapping goes on under a new id, in the same slot. */
static bool remap(struct convert *convert, struct mappings *mappings, uint32_t space)
{
    struct mapping *mapping;
    struct mapping moved;
    void *at = mappings->at;
    uint64_t old_bytes;
    uint64_t bytes;
    uint64_t id;

    if (!convert_number(convert, LENGTH, "old bytes", UINT64_MAX, &old_bytes) ||
        !convert_number(convert, PROT, "new bytes", UINT64_MAX, &bytes) ||
        !convert_number(convert, FLAGS, "a new id, at most the line's number",
                        convert->lines->number, &id) ||
        !convert_room(convert, &at, &mappings->room, sizeof *mappings->at, id))
        return false;
    mappings->at = at;
    if (!mappings_find(convert, mappings, ID, space, &mapping))
        return false;
    if (!mapping)
        return true;
    if (mapping->is_stack || convert_pages(old_bytes) != mapping->pages) {
        convert->notes[NOTE_PARTIAL_REMAP]++;
        return true;
    }
    if (&mappings->at[id] != mapping) {
        if (mappings->at[id].live)
            return convert_fail(convert, "id %s is not new (expected one that is not mapped)",
                                convert->field[FLAGS]);
        moved = mappings->at[id];
        mappings->at[id] = *mapping;
        *mapping = moved;
    }
    return mappings_resize(convert, &mappings->at[id], bytes);
}

static bool call(struct convert *convert, struct mappings *mappings, uint32_t space)
{
    char op = convert->field[OP][1] == '\0' ? convert->field[OP][0] : '\0';
    uint64_t bytes;

    switch (op) {
    case 'R': return map(convert, mappings, space);
    case 'M':
    case 'N':
    case 'D':
    case 'U': return range_op(convert, mappings, space, op);
    case 'G': return remap(convert, mappings, space);
    case 'B':
        return convert_number(convert, ID, "bytes", UINT64_MAX, &bytes) &&
               mappings_brk(convert, mappings, space, bytes);
    case 'E':
    case 'Q': return mappings_end_space(convert, mappings, space);
    case 'C':
    case 'T':
    case 'X': return true;
    default:
        return convert_fail(convert, "found '%.40s', expected an op (R M N D U G B E C T X Q)",
                            convert->field[OP]);
    }
}

bool convert_ntr_vas(struct convert *convert)
{
    struct mappings mappings = { .at = NULL };
    bool good = true;
    uint64_t dt;
    uint64_t space;
    uint64_t thread;

    while (good && convert_line(convert)) {
        good = convert_fields(convert, OP + 1, "dt_us as tid op") &&
               convert_number(convert, DT, "microseconds", UINT64_MAX / 2000u, &dt) &&
               convert_number(convert, SPACE, "an address space, at most the line's number",
                              convert->lines->number, &space) &&
               convert_number(convert, TID, "a thread from 1", UINT32_MAX, &thread);
        if (!good)
            break;
        convert->time_ns += dt * 1000u;
        convert->thread = thread > 0 ? (uint32_t)thread - 1u : 0;
        good = call(convert, &mappings, (uint32_t)space);
    }
    mappings_free(&mappings);
    return good && convert->error[0] == '\0';
}
