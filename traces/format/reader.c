/* SPDX-License-Identifier: 0BSD */
/* The binary reader. Total: any bytes in, an answer out. Nothing in the file is believed before its
 * checksum held, no count of the file sizes anything, and every loop ends with the window, the
 * fields of one op, or the source.
 *
 *   chunk[]  | given back | head 32 | payload up to 64 KiB | not yet looked at |
 *            0            window_at                                           window_end
 */
#include "kinds.h"
#include "layout.h"
#include "recent.h"

#define WINDOW_BYTES (TRACE_CHUNK_HEAD_BYTES + TRACE_CHUNK_BYTES_MAX)

static enum trace_error stop(struct trace_reader *reader, enum trace_error error, uint64_t offset)
{
    reader->error = error;
    reader->offset = offset;
    return error;
}

/* The file's offset of the byte `at` bytes into the window. */
static uint64_t offset_of(const struct trace_reader *reader, uint32_t at)
{
    return reader->file_offset - (reader->window_end - reader->window_at) + at;
}

static uint32_t window_bytes(const struct trace_reader *reader)
{
    return reader->window_end - reader->window_at;
}

/* Have at least `bytes` bytes in the window. TRACE_E_TRUNCATED: the source ended. Each turn of the
 * loop takes at least one byte.
 */
static enum trace_error fill(struct trace_reader *reader, uint32_t bytes)
{
    if (reader->window_at + bytes > WINDOW_BYTES) {
        uint32_t kept = window_bytes(reader);
        for (uint32_t i = 0; i < kept; i++)
            reader->chunk[i] = reader->chunk[reader->window_at + i];
        reader->window_at = 0;
        reader->window_end = kept;
    }
    while (window_bytes(reader) < bytes) {
        size_t want = bytes - window_bytes(reader);
        size_t got = reader->read(reader->context, reader->chunk + reader->window_end, want);
        if (got > want)
            return stop(reader, TRACE_E_READ, reader->file_offset);
        if (got == 0)
            return stop(reader, TRACE_E_TRUNCATED, reader->file_offset);
        reader->window_end += (uint32_t)got;
        reader->file_offset += got;
    }
    return TRACE_OK;
}

static void drop_window(struct trace_reader *reader)
{
    reader->window_at = 0;
    reader->window_end = 0;
}

/* -- Header ------------------------------------------------------------------------------------ */

static void header_forget(struct trace_header *header)
{
    *header = (struct trace_header){
        .ops = TRACE_OPS_OPEN,
        .block_slots = TRACE_SLOTS_MAX,
        .region_slots = TRACE_SLOTS_MAX,
        .stack_slots = TRACE_SLOTS_MAX,
        .heap_slots = TRACE_SLOTS_MAX,
    };
}

/* The magic byte by byte, so that a short foreign file is foreign and not cut short. */
static enum trace_error read_magic(struct trace_reader *reader)
{
    for (uint32_t i = 0; i < TRACE_MAGIC_BYTES; i++) {
        enum trace_error error = fill(reader, i + 1u);
        if (error == TRACE_E_TRUNCATED && i == 0)
            return stop(reader, TRACE_E_EMPTY, 0);
        if (error != TRACE_OK)
            return error;
        if (reader->chunk[i] != (uint8_t)TRACE_MAGIC[i])
            return stop(reader, TRACE_E_MAGIC, i);
    }
    return TRACE_OK;
}

static enum trace_error read_fixed_part(struct trace_reader *reader)
{
    struct trace_header *header = &reader->header;
    const uint8_t *at = reader->chunk;
    enum trace_error error = fill(reader, TRACE_HEADER_BYTES);

    if (error != TRACE_OK)
        return error;
    if (load_u16(at + HEADER_MAJOR) != TRACE_MAJOR)
        return stop(reader, TRACE_E_VERSION, HEADER_MAJOR);
    header->ops = load_u64(at + HEADER_OPS);
    header->block_slots = load_u32(at + HEADER_SLOTS);
    header->region_slots = load_u32(at + HEADER_SLOTS + 4);
    header->stack_slots = load_u32(at + HEADER_SLOTS + 8);
    header->heap_slots = load_u32(at + HEADER_SLOTS + 12);
    header->text_bytes = load_u32(at + HEADER_TEXT_BYTES);
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        if (header_slots(header, kind) > TRACE_SLOTS_MAX)
            return stop(reader, TRACE_E_HEADER, HEADER_SLOTS + 4u * kind);
    if (header->heap_slots == 0)
        return stop(reader, TRACE_E_HEADER, HEADER_SLOTS + 4u * TRACE_HEAP);
    if (header->text_bytes > TRACE_TEXT_BYTES_MAX)
        return stop(reader, TRACE_E_HEADER, HEADER_TEXT_BYTES);
    return TRACE_OK;
}

/* The text, through the window; `crc` is that of the fixed part. */
static enum trace_error read_text(struct trace_reader *reader, char *text, uint32_t text_size,
                                  uint32_t crc, uint32_t wanted_crc)
{
    enum text_state state = TEXT_LINE;
    uint32_t bytes = reader->header.text_bytes;
    const uint8_t *at = reader->chunk;
    enum trace_error error;

    drop_window(reader);
    error = fill(reader, bytes);
    if (error != TRACE_OK)
        return error;
    if (trace_crc32c(crc, at, bytes) != wanted_crc)
        return stop(reader, TRACE_E_HEADER, HEADER_CRC);
    for (uint32_t i = 0; i < bytes; i++) {
        state = text_step(state, at[i]);
        if (state == TEXT_BAD)
            return stop(reader, TRACE_E_HEADER, TRACE_HEADER_BYTES + i);
        if (i < text_size)
            text[i] = (char)at[i];
    }
    drop_window(reader);
    if (state != TEXT_LINE)
        return stop(reader, TRACE_E_HEADER, TRACE_HEADER_BYTES + bytes);
    return TRACE_OK;
}

_Static_assert(TRACE_TEXT_BYTES_MAX <= WINDOW_BYTES, "the text fits the window");

static enum trace_error read_header(struct trace_reader *reader, char *text, uint32_t text_size)
{
    enum trace_error error = read_magic(reader);

    if (error == TRACE_OK)
        error = read_fixed_part(reader);
    if (error != TRACE_OK)
        return error;
    return read_text(reader, text, text_size, trace_crc32c(0, reader->chunk, HEADER_CRC),
                     load_u32(reader->chunk + HEADER_CRC));
}

enum trace_error trace_open(struct trace_reader *reader, trace_read_fn read, void *context,
                            char *text, uint32_t text_size, uint32_t *ret_text_bytes)
{
    uint32_t text_bytes;

    reader->read = read;
    reader->context = context;
    reader->error = TRACE_OK;
    reader->offset = 0;
    reader->ops_read = 0;
    reader->file_offset = 0;
    reader->chunk_bytes = 0;
    reader->chunk_at = 0;
    reader->chunk_ops_left = 0;
    reader->sequence = 0;
    reader->salvaging = false;
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        reader->slots_seen[kind] = kind == TRACE_HEAP;
    drop_window(reader);
    if (read_header(reader, text, text ? text_size : 0) != TRACE_OK) {
        header_forget(&reader->header);
        return reader->error;
    }
    text_bytes = reader->header.text_bytes;
    if (ret_text_bytes)
        *ret_text_bytes = !text ? 0 : text_bytes < text_size ? text_bytes : text_size;
    return TRACE_OK;
}

/* -- Chunks ------------------------------------------------------------------------------------ */

/* Have a whole chunk in the window whose checksums hold and whose sizes make sense by themselves.
 */
static enum trace_error check_chunk(struct trace_reader *reader)
{
    enum trace_error error = fill(reader, TRACE_CHUNK_HEAD_BYTES);
    const uint8_t *head = reader->chunk + reader->window_at;
    uint32_t bytes;
    uint32_t ops;
    bool end;

    if (error != TRACE_OK)
        return error;
    end = load_u32(head) == END_MAGIC;
    if (!end && load_u32(head) != CHUNK_MAGIC)
        return stop(reader, TRACE_E_CHUNK, offset_of(reader, 0));
    if (trace_crc32c(0, head, CHUNK_HEAD_CRC) != load_u32(head + CHUNK_HEAD_CRC))
        return stop(reader, TRACE_E_CHECKSUM, offset_of(reader, CHUNK_HEAD_CRC));
    bytes = load_u32(head + CHUNK_PAYLOAD_BYTES);
    ops = load_u32(head + CHUNK_OPS);
    if (end ? bytes != END_BYTES || ops != 0
            : bytes > TRACE_CHUNK_BYTES_MAX || ops == 0 || ops > bytes)
        return stop(reader, TRACE_E_CHUNK, offset_of(reader, CHUNK_PAYLOAD_BYTES));
    error = fill(reader, TRACE_CHUNK_HEAD_BYTES + bytes);
    if (error != TRACE_OK)
        return error;
    head = reader->chunk + reader->window_at;
    if (trace_crc32c(0, head + TRACE_CHUNK_HEAD_BYTES, bytes) != load_u32(head + CHUNK_PAYLOAD_CRC))
        return stop(reader, TRACE_E_CHECKSUM, offset_of(reader, TRACE_CHUNK_HEAD_BYTES));
    return TRACE_OK;
}

/* Compare the end chunk in the window with what was read and with a finished header, and make sure
 * that nothing follows it.
 */
static enum trace_error check_end(struct trace_reader *reader)
{
    const struct trace_header *header = &reader->header;
    const uint8_t *slots = reader->chunk + reader->window_at + TRACE_CHUNK_HEAD_BYTES;
    bool closed = header->ops != TRACE_OPS_OPEN;
    enum trace_error error;

    for (uint32_t kind = 0; kind < TRACE_NO_SLOT && !reader->salvaging; kind++) {
        uint32_t total = load_u32(slots + (size_t)4 * kind);
        if (total != reader->slots_seen[kind])
            return stop(reader, TRACE_E_COUNT,
                        offset_of(reader, TRACE_CHUNK_HEAD_BYTES + 4u * kind));
        if (closed && total != header_slots(header, kind))
            return stop(reader, TRACE_E_COUNT, HEADER_SLOTS + 4u * kind);
    }
    if (closed && !reader->salvaging && header->ops != reader->ops_read)
        return stop(reader, TRACE_E_COUNT, HEADER_OPS);
    drop_window(reader);
    error = fill(reader, 1);
    if (error == TRACE_E_TRUNCATED)
        return stop(reader, TRACE_DONE, reader->file_offset);
    return error == TRACE_OK ? stop(reader, TRACE_E_CHUNK, offset_of(reader, 0)) : error;
}

static enum trace_error next_chunk(struct trace_reader *reader)
{
    const uint8_t *head;

    reader->window_at += reader->chunk_bytes ? TRACE_CHUNK_HEAD_BYTES + reader->chunk_bytes : 0;
    reader->chunk_bytes = 0;
    if (check_chunk(reader) != TRACE_OK)
        return reader->error;
    head = reader->chunk + reader->window_at;
    if (load_u32(head + CHUNK_SEQUENCE) != reader->sequence)
        return stop(reader, TRACE_E_CHUNK, offset_of(reader, CHUNK_SEQUENCE));
    if (load_u64(head + CHUNK_FIRST_OP) != reader->ops_read)
        return stop(reader, TRACE_E_CHUNK, offset_of(reader, CHUNK_FIRST_OP));
    if (load_u32(head) == END_MAGIC)
        return check_end(reader);
    reader->chunk_bytes = load_u32(head + CHUNK_PAYLOAD_BYTES);
    reader->chunk_ops_left = load_u32(head + CHUNK_OPS);
    reader->chunk_at = 0;
    reader->sequence++;
    for (uint32_t kind = 0; kind < TRACE_NO_SLOT; kind++)
        reader->previous_slot[kind] = 0;
    recent_reset(&reader->recent);
    return TRACE_OK;
}

/* -- Ops --------------------------------------------------------------------------------------- */

/* LEB128 of at most 32 bits. False: past the payload, longer than needed, or above 32 bits. */
static bool take_varint(struct trace_reader *reader, uint32_t *ret_value)
{
    const uint8_t *payload = reader->chunk + reader->window_at + TRACE_CHUNK_HEAD_BYTES;
    uint32_t value = 0;

    for (uint32_t shift = 0; shift < 35u; shift += 7u) {
        uint32_t byte;
        if (reader->chunk_at >= reader->chunk_bytes)
            return false;
        byte = payload[reader->chunk_at++];
        if (shift == 28u && byte > 0x0fu)
            return false;
        value |= (byte & 0x7fu) << shift;
        if (byte < 0x80u) {
            *ret_value = value;
            return byte != 0 || shift == 0;
        }
    }
    return false;
}

static bool take_slot_delta(struct trace_reader *reader, uint32_t kind, uint32_t *ret_slot)
{
    uint32_t code;
    uint32_t slot;

    if (!take_varint(reader, &code))
        return false;
    /* previous < 2^24 and code >> 1 < 2^31: no sum wraps to a valid slot. */
    slot = reader->previous_slot[kind];
    slot = code & 1u ? slot - (code >> 1) - 1u : slot + (code >> 1);
    if (slot >= header_slots(&reader->header, kind))
        return false;
    reader->previous_slot[kind] = slot;
    if (slot >= reader->slots_seen[kind])
        reader->slots_seen[kind] = slot + 1u;
    *ret_slot = slot;
    return true;
}

/* A block's slot; `bits` loses TAG_RECENT. Slots that are remembered were checked before. */
static bool take_block(struct trace_reader *reader, uint8_t *bits, struct trace_op *op)
{
    bool by_age = *bits & TAG_RECENT;
    bool creates = kind_creates_block(op->kind);
    uint32_t back;

    *bits &= (uint8_t)~TAG_RECENT;
    if (!by_age) {
        if (!take_slot_delta(reader, TRACE_BLOCK, &op->slot))
            return false;
    } else if (creates) {
        if (!recent_freed(&reader->recent, &op->slot))
            return false;
        reader->previous_slot[TRACE_BLOCK] = op->slot;
    } else if (!take_varint(reader, &back) || !recent_created(&reader->recent, back, &op->slot)) {
        return false;
    }
    recent_note(&reader->recent, op, by_age && creates);
    return true;
}

/* Fields in the table's order. A tag bit is spent by its field; one left over is an error, and so
 * is an optional field that says 0: every op has exactly one encoding.
 */
static bool take_fields(struct trace_reader *reader, const struct kind_layout *layout, uint8_t bits,
                        struct trace_op *op)
{
    for (uint32_t i = 0; i < KIND_FIELDS_MAX && layout->fields[i] != FIELD_NONE; i++) {
        uint8_t bit = kind_tag_bit(layout->fields[i]);
        uint32_t value;
        if (bit != 0 && !(bits & bit))
            continue;
        if (!take_varint(reader, &value) || (bit != 0 && value == 0))
            return false;
        if (layout->fields[i] == FIELD_SIGNED)
            value = value >> 1 ^ (0u - (value & 1u)); /* zig-zag */
        if (!kind_set(op, layout->fields[i], value))
            return false;
        bits &= (uint8_t)~bit;
    }
    if (kind_has_tail(op) && !take_varint(reader, &op->window_page))
        return false;
    return bits == 0;
}

static bool take_op(struct trace_reader *reader, struct trace_op *op)
{
    const uint8_t *payload = reader->chunk + reader->window_at + TRACE_CHUNK_HEAD_BYTES;
    const struct kind_layout *layout;
    uint8_t bits;

    if (reader->chunk_at >= reader->chunk_bytes)
        return false;
    bits = payload[reader->chunk_at++];
    *op = (struct trace_op){ .kind = bits & TAG_KIND_MASK };
    bits &= (uint8_t)~TAG_KIND_MASK;
    layout = kind_layout(op->kind);
    if (!layout)
        return false;
    if (layout->slot == TRACE_BLOCK
            ? !take_block(reader, &bits, op)
            : layout->slot != TRACE_NO_SLOT && !take_slot_delta(reader, layout->slot, &op->slot))
        return false;
    return take_fields(reader, layout, bits, op);
}

enum trace_error trace_next(struct trace_reader *reader, struct trace_op *ret_op)
{
    struct trace_op op;
    uint32_t at;

    if (reader->error != TRACE_OK)
        return reader->error;
    if (reader->chunk_ops_left == 0 && next_chunk(reader) != TRACE_OK)
        return reader->error;
    at = reader->chunk_at;
    if (!take_op(reader, &op))
        return stop(reader, TRACE_E_OP, offset_of(reader, TRACE_CHUNK_HEAD_BYTES + at));
    reader->chunk_ops_left--;
    if (reader->chunk_ops_left == 0 && reader->chunk_at != reader->chunk_bytes)
        return stop(reader, TRACE_E_OP,
                    offset_of(reader, TRACE_CHUNK_HEAD_BYTES + reader->chunk_at));
    reader->ops_read++;
    *ret_op = op;
    return TRACE_OK;
}

/* -- After damage ------------------------------------------------------------------------------ */

/* Step to the next byte of the window that may begin a chunk; at least one byte forward. */
static void skip_to_candidate(struct trace_reader *reader)
{
    uint32_t at = reader->window_at + 1u;

    while (at + 4u <= reader->window_end && load_u32(reader->chunk + at) != CHUNK_MAGIC &&
           load_u32(reader->chunk + at) != END_MAGIC)
        at++;
    reader->window_at = at;
}

enum trace_error trace_resync(struct trace_reader *reader)
{
    switch (reader->error) {
    case TRACE_E_OP: /* the chunk itself was whole: step over it */
        reader->window_at += TRACE_CHUNK_HEAD_BYTES + reader->chunk_bytes;
        break;
    case TRACE_E_HEADER:
    case TRACE_E_CHUNK:
    case TRACE_E_CHECKSUM:
    case TRACE_E_TRUNCATED: /* bytes are missing, and whole chunks may lie behind the gap */
    case TRACE_E_COUNT: break;
    default: return reader->error;
    }
    reader->chunk_bytes = 0;
    reader->chunk_ops_left = 0;
    reader->salvaging = true;
    for (;;) { /* each turn goes at least one byte forward */
        const uint8_t *head;
        enum trace_error error;
        reader->error = TRACE_OK;
        error = check_chunk(reader);
        head = reader->chunk + reader->window_at;
        if (error == TRACE_OK && load_u32(head + CHUNK_SEQUENCE) >= reader->sequence) {
            reader->sequence = load_u32(head + CHUNK_SEQUENCE);
            reader->ops_read = load_u64(head + CHUNK_FIRST_OP);
            return TRACE_OK;
        }
        if (error == TRACE_E_READ ||
            (error == TRACE_E_TRUNCATED && window_bytes(reader) < TRACE_CHUNK_HEAD_BYTES))
            return error;
        skip_to_candidate(reader);
    }
}
