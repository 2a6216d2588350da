/* SPDX-License-Identifier: 0BSD */
/* The binary writer: ops into chunks that decode alone. A chunk is built in the writer's own buffer
 * behind room for its head, so that head and payload leave in one piece.
 */
#include "kinds.h"
#include "layout.h"
#include "recent.h"

#define CHUNK_FULL (TRACE_CHUNK_HEAD_BYTES + TRACE_CHUNK_BYTES_MAX - TRACE_OP_BYTES_MAX)

/* tag 1, slot delta 4 (25 bits), three fields of 5, and a placement and its number or an alignment,
 * of at most 5 together
 */
_Static_assert(1 + 4 + 3 * 5 + 1 + 5 <= TRACE_OP_BYTES_MAX, "the longest op fits");

void trace_encode_header(const struct trace_header *header, const char *text, uint8_t *buffer)
{
    for (uint32_t i = 0; i < TRACE_HEADER_BYTES; i++)
        buffer[i] = i < TRACE_MAGIC_BYTES ? (uint8_t)TRACE_MAGIC[i] : 0u;
    store_u16(buffer + HEADER_MAJOR, TRACE_MAJOR);
    store_u16(buffer + HEADER_MINOR, TRACE_MINOR);
    store_u64(buffer + HEADER_OPS, header->ops);
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        store_u32(buffer + HEADER_SLOTS + (size_t)4 * kind, header_slots(header, kind));
    store_u32(buffer + HEADER_TEXT_BYTES, header->text_bytes);
    store_u32(buffer + HEADER_CRC,
              trace_crc32c(trace_crc32c(0, buffer, HEADER_CRC), text, header->text_bytes));
}

static void begin_chunk(struct trace_writer *writer)
{
    writer->chunk_at = TRACE_CHUNK_HEAD_BYTES;
    writer->chunk_ops = 0;
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        writer->previous_slot[kind] = 0;
    recent_reset(&writer->recent);
}

void trace_writer_init(struct trace_writer *writer, trace_write_fn write, void *context)
{
    writer->write = write;
    writer->context = context;
    writer->ops = 0;
    writer->sequence = 0;
    writer->failed = false;
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        writer->slots[kind] = kind == TRACE_HEAP; /* heap 0 exists from the start */
    begin_chunk(writer);
}

/* Fill in the head of what is buffered and give it to the sink. */
static bool write_chunk(struct trace_writer *writer, uint32_t magic)
{
    uint8_t *head = writer->chunk;
    uint32_t payload_bytes = writer->chunk_at - TRACE_CHUNK_HEAD_BYTES;

    store_u32(head, magic);
    store_u32(head + CHUNK_PAYLOAD_BYTES, payload_bytes);
    store_u32(head + CHUNK_OPS, writer->chunk_ops);
    store_u32(head + CHUNK_SEQUENCE, writer->sequence);
    store_u64(head + CHUNK_FIRST_OP, writer->ops - writer->chunk_ops);
    store_u32(head + CHUNK_HEAD_CRC, trace_crc32c(0, head, CHUNK_HEAD_CRC));
    store_u32(head + CHUNK_PAYLOAD_CRC,
              trace_crc32c(0, head + TRACE_CHUNK_HEAD_BYTES, payload_bytes));
    if (!writer->write(writer->context, head, writer->chunk_at))
        writer->failed = true;
    writer->sequence++;
    begin_chunk(writer);
    return !writer->failed;
}

bool trace_flush(struct trace_writer *writer)
{
    if (writer->failed || writer->chunk_ops == 0)
        return !writer->failed;
    return write_chunk(writer, CHUNK_MAGIC);
}

static void put_varint(struct trace_writer *writer, uint32_t value)
{
    while (value >= 0x80u) {
        writer->chunk[writer->chunk_at++] = (uint8_t)(value | 0x80u);
        value >>= 7;
    }
    writer->chunk[writer->chunk_at++] = (uint8_t)value;
}

/* Zig-zag: small steps down are small numbers too. Slots are below 2^24, so nothing wraps. */
static void put_slot_delta(struct trace_writer *writer, uint32_t kind, uint32_t slot)
{
    uint32_t previous = writer->previous_slot[kind];

    put_varint(writer, slot >= previous ? (slot - previous) << 1 : ((previous - slot) << 1) - 1u);
    writer->previous_slot[kind] = slot;
}

/* How many creations ago the block in `slot` was created, if this chunk remembers. O(TRACE_RECENT).
 */
static bool find_created(const struct trace_recent *recent, uint32_t slot, uint32_t *ret_back)
{
    uint32_t known = recent->created_count < TRACE_RECENT ? recent->created_count : TRACE_RECENT;

    for (uint32_t back = 0; back < known; back++)
        if (recent->created[(recent->created_count - 1u - back) % TRACE_RECENT] == slot) {
            *ret_back = back;
            return true;
        }
    return false;
}

/* A block's slot, by age if possible. */
static void put_block(struct trace_writer *writer, const struct trace_op *op, uint8_t *tag)
{
    uint32_t back;
    uint32_t freed;
    bool creates = kind_creates_block(op->kind);
    bool popped = creates && recent_freed(&writer->recent, &freed) && freed == op->slot;

    if (popped) {
        *tag |= TAG_RECENT;
        writer->previous_slot[TRACE_BLOCK] = op->slot;
    } else if (!creates && find_created(&writer->recent, op->slot, &back)) {
        *tag |= TAG_RECENT;
        put_varint(writer, back);
    } else {
        put_slot_delta(writer, TRACE_BLOCK, op->slot);
    }
    recent_note(&writer->recent, op, popped);
}

static void put_slot(struct trace_writer *writer, const struct trace_op *op, uint32_t kind,
                     uint8_t *tag)
{
    if (kind == TRACE_BLOCK)
        put_block(writer, op, tag);
    else
        put_slot_delta(writer, kind, op->slot);
    if (op->slot >= writer->slots[kind])
        writer->slots[kind] = op->slot + 1u;
}

static uint8_t tag_of(const struct trace_op *op, const struct kind_layout *layout)
{
    uint8_t tag = op->kind;

    for (uint32_t i = 0; i < KIND_FIELDS_MAX; i++)
        if (kind_get(op, layout->fields[i]) != 0)
            tag |= kind_tag_bit(layout->fields[i]);
    return tag;
}

static void put_fields(struct trace_writer *writer, const struct trace_op *op,
                       const struct kind_layout *layout)
{
    for (uint32_t i = 0; i < KIND_FIELDS_MAX && layout->fields[i] != FIELD_NONE; i++) {
        uint32_t value = kind_get(op, layout->fields[i]);
        if (layout->fields[i] == FIELD_SIGNED)
            value = value << 1 ^ (0u - (value >> 31)); /* zig-zag */
        if (value != 0 || kind_tag_bit(layout->fields[i]) == 0)
            put_varint(writer, value);
    }
    if (kind_has_tail(op))
        put_varint(writer, op->window_page);
}

bool trace_write(struct trace_writer *writer, const struct trace_op *op)
{
    const struct kind_layout *layout = kind_layout(op->kind);
    uint8_t *tag;

    if (writer->failed || !kind_op_valid(op))
        return false;
    if (writer->chunk_at > CHUNK_FULL && !trace_flush(writer))
        return false;
    tag = &writer->chunk[writer->chunk_at++];
    *tag = tag_of(op, layout);
    if (layout->slot != TRACE_NO_SLOT)
        put_slot(writer, op, layout->slot, tag);
    put_fields(writer, op, layout);
    writer->chunk_ops++;
    writer->ops++;
    return true;
}

bool trace_finish(struct trace_writer *writer, struct trace_header *ret_header)
{
    if (!trace_flush(writer))
        return false;
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++) {
        store_u32(writer->chunk + writer->chunk_at, writer->slots[kind]);
        writer->chunk_at += 4u;
    }
    if (!write_chunk(writer, END_MAGIC))
        return false;
    *ret_header = (struct trace_header){
        .ops = writer->ops,
        .block_slots = writer->slots[TRACE_BLOCK],
        .region_slots = writer->slots[TRACE_REGION],
        .stack_slots = writer->slots[TRACE_STACK],
        .heap_slots = writer->slots[TRACE_HEAP],
    };
    return true;
}
