/* SPDX-License-Identifier: 0BSD */
/* "# ntr-stack 1": which pages of their stacks threads touched first, as page faults showed it:
 *
 *     dt_us task op args   N sid bytes t|m (created) | F sid page r|w u|k (first touch)
 *                          Z sid (gone) | A sid, E name, T task kind, X: not about stacks
 *
 * page counts from the top of the stack, 0 is the highest. The top was taken to be the first page
 * seen, so a few touches are above it: they are taken as page 0.
 */
#include "mappings.h"

enum field { DT, TASK, OP, ID, ARGUMENT };

static bool touch(struct convert *convert, struct mapping *stack)
{
    uint64_t page;

    if (convert->fields > ARGUMENT && convert->field[ARGUMENT][0] == '-') {
        convert->notes[NOTE_ABOVE_TOP]++;
        convert->field[ARGUMENT] = "0";
    }
    if (!convert_number(convert, ARGUMENT, "a page from the top", UINT32_MAX, &page))
        return false;
    return !stack || convert_emit(convert, (struct trace_op){ .kind = TRACE_STACK_TOUCH,
                                                              .slot = stack->slot,
                                                              .depth_page = (uint32_t)page });
}

static bool fault(struct convert *convert, struct mappings *stacks)
{
    char op = convert->field[OP][1] == '\0' ? convert->field[OP][0] : '\0';
    struct mapping *stack;
    uint64_t bytes;

    switch (op) {
    case 'N':
        if (!convert_number(convert, ARGUMENT, "bytes", UINT64_MAX, &bytes))
            return false;
        if (bytes < 2u * 4096u)
            return convert_fail(convert, "a stack of %llu bytes (expected two pages or more)",
                                (unsigned long long)bytes);
        return mappings_create(convert, stacks, ID, convert->lines->number, 0, bytes,
                               MAPPING_RESERVED, true);
    case 'F':
    case 'Z':
        if (!mappings_find(convert, stacks, ID, 0, &stack))
            return false;
        if (op == 'F')
            return touch(convert, stack);
        return !stack || mappings_unmap(convert, stack, 0, UINT64_MAX);
    case 'A':
    case 'E':
    case 'T':
    case 'X': return true;
    default:
        return convert_fail(convert, "found '%.40s', expected an op (N A F Z E T X)",
                            convert->field[OP]);
    }
}

bool convert_ntr_stack(struct convert *convert)
{
    struct mappings stacks = { .at = NULL };
    bool good = true;
    uint64_t dt;
    uint64_t task;

    while (good && convert_line(convert)) {
        good = convert_fields(convert, OP + 1, "dt_us task op") &&
               convert_number(convert, DT, "microseconds", UINT64_MAX / 2000u, &dt) &&
               convert_number(convert, TASK, "a task from 1", UINT32_MAX, &task);
        if (!good)
            break;
        convert->time_ns += dt * 1000u;
        convert->thread = task > 0 ? (uint32_t)task - 1u : 0;
        good = fault(convert, &stacks);
    }
    mappings_free(&stacks);
    convert->notes[NOTE_UNKNOWN_STACK] = convert->notes[NOTE_UNKNOWN_MAPPING];
    convert->notes[NOTE_UNKNOWN_MAPPING] = 0;
    return good && convert->error[0] == '\0';
}
