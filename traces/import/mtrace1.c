/* SPDX-License-Identifier: 0BSD */
/* "MTRACE1": a program's heap in fixed records of 8 bytes, little-endian, behind a header of 64:
 *
 *     magic 8 | records 8 | slots 4 | flags 4 | totals 40
 *     word 0: op << 28 | slot    op 0 malloc, 1 calloc, 2 free, 3 realloc, 4 memalign
 *     word 1: size               op 15: the memalign's log2(alignment) in word 0
 *
 * Slots are already reused last freed first, so they stay.
 */
#include "formats.h"

#include <inttypes.h>
#include <stdio.h>

#define HEADER_BYTES 64u
#define SLOT_MASK    0x0fffffffu

enum { MALLOC, CALLOC, FREE, REALLOC, MEMALIGN, ALIGNMENT = 15 };

struct records {
    struct import *import;
    uint64_t offset; /* of the record at hand */
    uint8_t bytes[8];
};

static bool fail(struct records *records, const char *what)
{
    snprintf(records->import->error, sizeof records->import->error, "%s: offset %" PRIu64 ": %s",
             input_path(records->import->input), records->offset, what);
    return false;
}

static uint32_t load(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool take(struct records *records, uint8_t *bytes, size_t count)
{
    for (size_t have = 0; have < count;) {
        size_t got = input_read(records->import->input, bytes + have, count - have);
        if (got == SIZE_MAX)
            return fail(records, input_problem(records->import->input));
        if (got == 0)
            return fail(records, "the file is cut short (expected as many records as it says)");
        have += got;
    }
    return true;
}

static bool next(struct records *records, uint32_t *ret_op, uint32_t *ret_slot, uint32_t *ret_size)
{
    records->offset += sizeof records->bytes;
    if (!take(records, records->bytes, sizeof records->bytes))
        return false;
    *ret_op = load(records->bytes) >> 28;
    *ret_slot = load(records->bytes) & SLOT_MASK;
    *ret_size = load(records->bytes + 4);
    return true;
}

/* The record at hand as an op; a memalign takes the record behind it too. */
static bool record(struct records *records, uint32_t slots, uint64_t *left)
{
    static const uint8_t kinds[] = { TRACE_ALLOC, TRACE_ALLOC_ZEROED, TRACE_FREE, TRACE_REALLOC,
                                     TRACE_ALLOC_ALIGNED };
    struct trace_op op = { .kind = 0 };
    uint32_t code;
    uint32_t slot;
    uint32_t size;

    if (!next(records, &code, &slot, &size))
        return false;
    if (code > MEMALIGN)
        return fail(records, "unknown op (expected 0 to 4)");
    if (slot >= slots)
        return fail(records, "a slot the header does not know");
    op.kind = kinds[code];
    op.slot = slot;
    op.bytes = code == FREE ? 0 : size;
    --*left;
    if (code == MEMALIGN) {
        if (*left == 0 || !next(records, &code, &slot, &size))
            return *left == 0 ? fail(records, "memalign without its alignment record") : false;
        if (code != ALIGNMENT || slot > 31u)
            return fail(records, "no alignment record behind memalign (expected op 15)");
        op.align_log2 = (uint8_t)slot;
        --*left;
    }
    return import_emit(records->import, op);
}

bool import_mtrace1(struct import *import)
{
    struct records records = { .import = import };
    uint8_t header[HEADER_BYTES];
    uint64_t left;
    uint32_t slots;

    if (!take(&records, header, sizeof header))
        return false;
    left = load(header + 8) | (uint64_t)load(header + 12) << 32;
    slots = load(header + 16);
    if (slots > TRACE_SLOTS_MAX)
        return fail(&records, "more slots than a trace can have");
    records.offset = HEADER_BYTES - sizeof records.bytes;
    while (left > 0)
        if (!record(&records, slots, &left))
            return false;
    return true;
}
