/* SPDX-License-Identifier: 0BSD */
/* "# ntr-stack 1": which pages of their stacks threads touched first, as page faults showed it:
 *
 *     dt_us task op args   N sid bytes t|m (created) | F sid page r|w u|k (first touch)
 *                          Z sid (gone) | A sid, E name, T task kind, X: not about stacks
 *
 * page counts from the top of the stack, 0 is the highest. The top was taken to be the first page
 * seen, so a few touches are above it: they are taken as page 0.
 */
#include "formats.h"

#include "mappings.h"

enum field { DT, TASK, OP, ID, ARGUMENT };

static bool touch(struct import *import, struct mapping *stack)
{
    uint64_t page;

    if (import->fields > ARGUMENT && import->field[ARGUMENT][0] == '-') {
        import->notes[NOTE_ABOVE_TOP]++;
        import->field[ARGUMENT] = "0";
    }
    if (!import_number(import, ARGUMENT, "a page from the top", UINT32_MAX, &page))
        return false;
    return !stack || import_emit(import, (struct trace_op){ .kind = TRACE_STACK_TOUCH,
                                                            .slot = stack->slot,
                                                            .depth_page = (uint32_t)page });
}

static bool fault(struct import *import, struct mappings *stacks)
{
    char op = import->field[OP][1] == '\0' ? import->field[OP][0] : '\0';
    struct mapping *stack;
    uint64_t bytes;

    switch (op) {
    case 'N':
        if (!import_number(import, ARGUMENT, "bytes", UINT64_MAX, &bytes))
            return false;
        if (bytes < 2u * 4096u)
            return import_fail(import, "a stack of %llu bytes (expected two pages or more)",
                               (unsigned long long)bytes);
        return mappings_create(import, stacks, ID, import->lines->number, 0, bytes,
                               MAPPING_RESERVED, true);
    case 'F':
    case 'Z':
        if (!mappings_find(import, stacks, ID, 0, &stack))
            return false;
        if (op == 'F')
            return touch(import, stack);
        return !stack || mappings_unmap(import, stack, 0, UINT64_MAX);
    case 'A':
    case 'E':
    case 'T':
    case 'X': return true;
    default:
        return import_fail(import, "found '%.40s', expected an op (N A F Z E T X)",
                           import->field[OP]);
    }
}

bool import_ntr_stack(struct import *import)
{
    struct mappings stacks = { .at = NULL };
    bool good = true;
    uint64_t dt;
    uint64_t task;

    while (good && import_line(import)) {
        good = import_fields(import, OP + 1, "dt_us task op") &&
               import_number(import, DT, "microseconds", UINT64_MAX / 2000u, &dt) &&
               import_number(import, TASK, "a task from 1", UINT32_MAX, &task);
        if (!good)
            break;
        import->time_ns += dt * 1000u;
        import->thread = task > 0 ? (uint32_t)task - 1u : 0;
        good = fault(import, &stacks);
    }
    mappings_free(&stacks);
    import->notes[NOTE_UNKNOWN_STACK] = import->notes[NOTE_UNKNOWN_MAPPING];
    import->notes[NOTE_UNKNOWN_MAPPING] = 0;
    return good && import->error[0] == '\0';
}
