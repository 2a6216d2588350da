/* SPDX-License-Identifier: 0BSD */
/* A target for everything that reads traces: the same bytes as a binary trace, in byte form and as
 * text. Whatever they are, each reader must end, give valid operations only, and what is written
 * from these must be read as the same again.
 */
#include "../../traces/format/kinds.h"
#include "../../traces/format/layout.h"
#include "../../traces/text/trace_text.h"
#include "../model/oracle.h"
#include "target.h"

#include <lookaside/trace_bytes.h>

#include <stdlib.h>
#include <string.h>

#define OPS_MAX 8192u /* of one input, in any form */

uint64_t fuzz_digest;
uint64_t fuzz_ops;

struct source {
    const uint8_t *at;
    size_t left;
};

static struct {
    uint8_t bytes[OPS_MAX * TRACE_OP_BYTES_MAX];
    size_t count;
} written;

static struct trace_op ops[OPS_MAX];

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    oracle_setup();
    return 0;
}

static bool same(const struct trace_op *a, const struct trace_op *b)
{
    return a->kind == b->kind && a->slot == b->slot && a->bytes == b->bytes &&
           a->recorded_bytes == b->recorded_bytes && a->guard_pages == b->guard_pages &&
           a->align_log2 == b->align_log2 && a->placement == b->placement;
}

static size_t read_source(void *context, void *buffer, size_t bytes)
{
    struct source *source = context;
    size_t count = bytes < source->left ? bytes : source->left;

    memcpy(buffer, source->at, count);
    source->at += count;
    source->left -= count;
    return count;
}

static bool append(void *context, const void *buffer, size_t bytes)
{
    (void)context;
    if (bytes > sizeof written.bytes - written.count)
        return false;
    memcpy(written.bytes + written.count, buffer, bytes);
    written.count += bytes;
    return true;
}

/* -- Writing what was read, and reading that --------------------------------------------------- */

/* As text and back. */
static void check_text(const struct trace_op *op)
{
    char line[TRACE_TEXT_OP_BYTES];
    char problem[256] = "";
    struct trace_op again;
    size_t length = trace_text_format(op, line);

    ORACLE(I27_SAME, length > 0 && length < sizeof line && line[length - 1u] == '\n',
           "the text of an operation of kind %u is not a line", op->kind);
    line[length - 1u] = '\0';
    ORACLE(I27_SAME,
           trace_text_parse(line, &again, problem, sizeof problem) == TRACE_TEXT_OP &&
               same(op, &again),
           "'%s' is read as something else: %s", line, problem);
}

/* As a binary trace and back. */
static void check_binary(uint32_t count, struct trace_header *ret_header)
{
    static struct trace_writer writer;
    static struct trace_reader reader;
    uint8_t head[TRACE_HEADER_BYTES] = { 0 };
    struct trace_op op;

    written.count = 0;
    (void)append(NULL, head, sizeof head);
    trace_writer_init(&writer, append, NULL);
    for (uint32_t i = 0; i < count; i++)
        ORACLE(I27_SAME, trace_write(&writer, &ops[i]), "operation %u of kind %u is not written", i,
               ops[i].kind);
    ORACLE(I27_SAME, trace_finish(&writer, ret_header), "a trace of %u operations is not finished",
           count);
    trace_encode_header(ret_header, "", written.bytes);

    struct source source = { written.bytes, written.count };

    ORACLE(I27_SAME, trace_open(&reader, read_source, &source, NULL, 0, NULL) == TRACE_OK,
           "the trace is not opened");
    for (uint32_t i = 0; i < count; i++)
        ORACLE(I27_SAME, trace_next(&reader, &op) == TRACE_OK && same(&op, &ops[i]),
               "operation %u of kind %u is read as something else", i, ops[i].kind);
    ORACLE(I27_SAME, trace_next(&reader, &op) == TRACE_DONE, "more is read than was written");
}

/* -- What is damaged must not pass ------------------------------------------------------------- */

/* How reading what is written ends; no operation is about a slot that the header does not have. */
static enum trace_error read_written(void)
{
    static struct trace_reader reader;
    struct source source = { written.bytes, written.count };
    enum trace_error error = trace_open(&reader, read_source, &source, NULL, 0, NULL);

    while (error == TRACE_OK) {
        struct trace_op op;

        error = trace_next(&reader, &op);
        if (error == TRACE_OK && trace_slot_kind(op.kind) != TRACE_NO_SLOT)
            ORACLE(I01_PLACE, op.slot < header_slots(&reader.header, trace_slot_kind(op.kind)),
                   "slot %u of kind %u is not in the header", op.slot, op.kind);
    }
    return error;
}

/* Every byte is under a checksum: no changed bit may pass. A length or a count that is wrong with a
 * checksum that fits is refused for what it says.
 */
static void check_damage(struct trace_header header, uint64_t where)
{
    uint8_t *chunk = written.bytes + TRACE_HEADER_BYTES;
    uint8_t *at = written.bytes + where / 8u % written.count;
    uint8_t bit = (uint8_t)(1u << where % 8u);

    *at ^= bit;
    ORACLE(I25_REFUSAL, read_written() != TRACE_DONE, "bit %u of byte %td may change",
           (unsigned)(where % 8u), at - written.bytes);
    *at ^= bit;

    if (header.block_slots > 0) {
        header.block_slots--;
        trace_encode_header(&header, "", written.bytes);
        ORACLE(I25_REFUSAL, read_written() != TRACE_DONE, "a slot more than the header has");
        header.block_slots++;
        trace_encode_header(&header, "", written.bytes);
    }
    store_u32(chunk + CHUNK_PAYLOAD_BYTES, TRACE_CHUNK_BYTES_MAX + 1u + (uint32_t)(where % 65536u));
    store_u32(chunk + CHUNK_HEAD_CRC, trace_crc32c(0, chunk, CHUNK_HEAD_CRC));
    ORACLE(I25_REFUSAL, read_written() == TRACE_E_CHUNK, "a chunk longer than any may be");
}

static void check_all(uint32_t count)
{
    struct trace_header header;

    for (uint32_t i = 0; i < count; i++) {
        ORACLE(I01_PLACE, kind_op_valid(&ops[i]), "operation %u of kind %u is not valid", i,
               ops[i].kind);
        check_text(&ops[i]);
        fuzz_digest = fuzz_digest * 31u + ops[i].kind + ops[i].slot + ops[i].bytes;
    }
    check_binary(count, &header);
    check_damage(header, fuzz_digest);
    fuzz_ops += count;
}

/* -- The three forms --------------------------------------------------------------------------- */

/* A damaged file is read on behind the damage, as often as there is any. */
static void as_binary(const uint8_t *bytes, size_t size)
{
    static struct trace_reader reader;
    struct source source = { bytes, size };
    enum trace_error error = trace_open(&reader, read_source, &source, NULL, 0, NULL);
    uint32_t count = 0;
    uint32_t resyncs = 0;

    while (error != TRACE_DONE && count < OPS_MAX) {
        if (error == TRACE_OK)
            error = trace_next(&reader, &ops[count]);
        if (error == TRACE_OK) {
            count++;
        } else if (error != TRACE_DONE) {
            ORACLE(I28_BOUNDED, ++resyncs <= size + 1u, "the reader does not come to an end");
            if (trace_resync(&reader) != TRACE_OK)
                break;
            error = TRACE_OK;
        }
    }
    check_all(count);
}

static void as_bytes(const uint8_t *bytes, size_t size)
{
    static struct trace_bytes reader;
    uint8_t record[TRACE_BYTES_RECORD];
    uint32_t count = 0;

    trace_bytes_open(&reader, bytes, size);
    while (count < OPS_MAX && trace_bytes_next(&reader, &ops[count]))
        count++;
    ORACLE(I28_BOUNDED, count <= TRACE_BYTES_OPS_MAX, "%u operations are read from %zu bytes",
           count, size);
    for (uint32_t i = 0; i < count; i++)
        ORACLE(I27_SAME, trace_bytes_put(&ops[i], record) != TRACE_BYTES_CANNOT,
               "operation %u of kind %u has no record", i, ops[i].kind);
    check_all(count);
}

static void as_text(const uint8_t *bytes, size_t size)
{
    static char line[TRACE_TEXT_LINE_BYTES_MAX + 1u];
    char problem[256];
    uint32_t count = 0;

    while (size > 0 && count < OPS_MAX) {
        const uint8_t *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        size_t kept = length < sizeof line - 1u ? length : sizeof line - 1u;

        memcpy(line, bytes, kept);
        line[kept] = '\0';
        problem[0] = '\0';
        switch (trace_text_parse(line, &ops[count], problem, sizeof problem)) {
        case TRACE_TEXT_OP: count++; break;
        case TRACE_TEXT_WRONG:
            ORACLE(I25_REFUSAL, problem[0] != '\0', "a line is wrong and nothing says why");
            break;
        default: break;
        }
        bytes += length + (end != NULL);
        size -= length + (end != NULL);
    }
    check_all(count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    fuzz_digest = 0;
    as_binary(bytes, count);
    as_bytes(bytes, count);
    as_text(bytes, count);
    return 0;
}
