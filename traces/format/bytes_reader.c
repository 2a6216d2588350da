/* SPDX-License-Identifier: 0BSD */
/* The byte form's reader: total and bounded. A record is decoded into one op, or into the first op
 * of a run and how the others follow from it.
 */
#include "bytes_private.h"

#define EVERY_RECORDS 16u /* after so many TRACE_BYTES_EVERY counts again */

/* What the header is, op by op. */
enum prologue { PROLOGUE_MEMORY, PROLOGUE_FAULT, PROLOGUE_OVER };

/* -- Header ------------------------------------------------------------------------------------ */

static const uint16_t limits[16] = { 0,  4,  8,   12,  16,  24,  32,  48,
                                     64, 96, 128, 192, 256, 384, 512, 1024 };
static const uint16_t budgets[4] = { 1024, 4096, 2048, 256 };

uint32_t trace_bytes_limit_pages(uint8_t memory_class)
{
    return memory_class % 16u == 0 ? UINT32_MAX : limits[memory_class % 16u];
}

bool trace_bytes_marked(const uint8_t *bytes, size_t count)
{
    uint32_t seed = 0;

    if (count < TRACE_BYTES_HEADER)
        return false;
    for (uint32_t i = 0; i < 4u; i++)
        seed |= (uint32_t)bytes[4u + i] << (8u * i);
    return seed == TRACE_BYTES_SEED;
}

static void read_header(struct trace_bytes_header *header, const uint8_t *bytes, size_t count)
{
    uint8_t byte[TRACE_BYTES_HEADER] = { 0 };

    for (uint32_t i = 0; i < TRACE_BYTES_HEADER && i < count; i++)
        byte[i] = bytes[i];
    header->geometry = byte[0] % 4u;
    header->shape = byte[0] / 4u;
    header->memory_class = byte[1] % 16u;
    header->ops_max = budgets[byte[1] >> 4 & 3u];
    header->fault = byte[2] % 4u;
    header->k = byte[3];
    header->seed = 0;
    for (uint32_t i = 0; i < 4u; i++)
        header->seed |= (uint32_t)byte[4u + i] << (8u * i);
}

void trace_bytes_put_header(const struct trace_bytes_header *header, uint8_t *buffer)
{
    uint32_t budget = 0;

    while (budget < 3u && budgets[budget] != header->ops_max)
        budget++;
    buffer[0] = (uint8_t)(header->geometry % 4u | header->shape << 2);
    buffer[1] = (uint8_t)(header->memory_class % 16u | budget << 4);
    buffer[2] = header->fault % 4u;
    buffer[3] = header->k;
    for (uint32_t i = 0; i < 4u; i++)
        buffer[4u + i] = (uint8_t)(header->seed >> (8u * i));
}

void trace_bytes_open(struct trace_bytes *reader, const uint8_t *bytes, size_t count)
{
    size_t records =
        count > TRACE_BYTES_HEADER ? (count - TRACE_BYTES_HEADER) / TRACE_BYTES_RECORD : 0;

    if (records > TRACE_BYTES_OPS_MAX)
        records = TRACE_BYTES_OPS_MAX;
    read_header(&reader->header, bytes, count);
    reader->at = records > 0 ? bytes + TRACE_BYTES_HEADER : bytes;
    reader->end = reader->at + records * TRACE_BYTES_RECORD;
    reader->ops_left = reader->header.ops_max;
    reader->records = 0;
    reader->run_left = 0;
    reader->prologue = PROLOGUE_MEMORY;
    reader->order.oldest = 0;
    reader->order.newest = 0;
    for (uint32_t i = 0; i < TRACE_BYTES_BLOCKS / 32u; i++)
        reader->order.live[i] = 0;
}

/* -- Who is there ------------------------------------------------------------------------------ */

static bool is_live(const struct trace_bytes_order *order, uint32_t slot)
{
    return order->live[slot / 32u] >> slot % 32u & 1u;
}

/* As if every allocation went well. A slot that came back may be in the order twice: the first
 * place then stands for the second.
 */
static void note(struct trace_bytes_order *order, const struct trace_op *op)
{
    uint32_t bit = UINT32_C(1) << op->slot % 32u;

    if (op->kind == TRACE_FREE) {
        order->live[op->slot / 32u] &= ~bit;
    } else if (op->kind < TRACE_FREE && !is_live(order, op->slot)) {
        order->live[op->slot / 32u] |= bit;
        order->slots[order->newest++] = (uint16_t)op->slot;
    }
}

static bool find_newest(struct trace_bytes_order *order, uint32_t *ret_slot)
{
    for (; order->newest > order->oldest; order->newest--)
        if (is_live(order, order->slots[order->newest - 1u])) {
            *ret_slot = order->slots[order->newest - 1u];
            return true;
        }
    return false;
}

static bool find_oldest(struct trace_bytes_order *order, uint32_t *ret_slot)
{
    for (; order->oldest < order->newest; order->oldest++)
        if (is_live(order, order->slots[order->oldest])) {
            *ret_slot = order->slots[order->oldest];
            return true;
        }
    return false;
}

/* -- One op ------------------------------------------------------------------------------------ */

/* The next op of the run; false if there is nothing for it. */
static bool next_of_run(struct trace_bytes *reader, struct trace_op *op)
{
    reader->run_left--;
    *op = reader->op;
    switch (reader->run) {
    case RUN_NEWEST: return find_newest(&reader->order, &op->slot);
    case RUN_OLDEST: return find_oldest(&reader->order, &op->slot);
    case RUN_CHURN:
        if (reader->run_left % 2u != 0) {
            *op = (struct trace_op){ .kind = TRACE_FREE, .slot = reader->op.slot };
            return true;
        }
        break;
    case RUN_CLASSES:
        reader->run_size = (reader->run_size + 1u) % TRACE_BYTES_SIZES;
        reader->op.bytes = bytes_size_near((uint8_t)reader->run_size, reader->run_delta);
        break;
    default: break;
    }
    reader->op.slot = (reader->op.slot + reader->run_step) % TRACE_BYTES_BLOCKS;
    return true;
}

static bool next_of_prologue(struct trace_bytes *reader, struct trace_op *op)
{
    const struct trace_bytes_header *header = &reader->header;

    if (reader->prologue == PROLOGUE_MEMORY) {
        reader->prologue = PROLOGUE_FAULT;
        *op = (struct trace_op){ .kind = TRACE_MEMORY,
                                 .limit_pages = trace_bytes_limit_pages(header->memory_class) };
        if (header->memory_class != 0)
            return true;
    }
    reader->prologue = PROLOGUE_OVER;
    *op = (struct trace_op){ .kind = TRACE_FAIL,
                             .nth = header->k,
                             .placement = header->fault == TRACE_BYTES_ALWAYS };
    return header->fault != TRACE_BYTES_NO_FAULT && header->k != 0;
}

static bool next_of_records(struct trace_bytes *reader, struct trace_op *op)
{
    const uint8_t *record = reader->at;

    if (reader->header.fault == TRACE_BYTES_EVERY && reader->records == EVERY_RECORDS) {
        reader->records = 0;
        reader->prologue = PROLOGUE_FAULT;
        return next_of_prologue(reader, op);
    }
    reader->records++;
    reader->at += TRACE_BYTES_RECORD;
    return bytes_decode(reader, record, op);
}

bool trace_bytes_next(struct trace_bytes *reader, struct trace_op *ret_op)
{
    struct trace_op op;

    if (reader->ops_left == 0)
        return false;
    for (;;) { /* each turn takes from the run, the prologue or the records */
        bool good;

        if (reader->run_left > 0)
            good = next_of_run(reader, &op);
        else if (reader->prologue != PROLOGUE_OVER)
            good = next_of_prologue(reader, &op);
        else if (reader->at != reader->end)
            good = next_of_records(reader, &op);
        else
            return false;
        if (good)
            break;
    }
    reader->ops_left--;
    note(&reader->order, &op);
    *ret_op = op;
    return true;
}
