/* SPDX-License-Identifier: 0BSD */
/* Damaged traces: no damage goes unseen, none does harm, and what is intact can be had. */
#include "memory.h"

static struct trace_reader reader; /* 72 KiB: not for a stack */

static enum trace_error open_memory(struct memory *memory)
{
    memory->at = 0;
    return trace_open(&reader, memory_read, memory, NULL, 0, NULL);
}

/* Read to the end; answers the final error. Every op must be in the format's domain. */
static enum trace_error read_all(struct memory *memory, uint64_t *ret_ops)
{
    struct trace_op op;

    *ret_ops = 0;
    if (open_memory(memory) != TRACE_OK)
        return reader.error;
    while (trace_next(&reader, &op) == TRACE_OK) {
        CHECK(op.kind > 0 && op.kind < TRACE_KINDS);
        CHECK(op.slot < TRACE_SLOTS_MAX && op.align_log2 < 32 && op.placement < 4);
        ++*ret_ops;
    }
    CHECK(reader.offset <= memory->count || reader.error == TRACE_E_HEADER);
    CHECK_EQ(trace_next(&reader, &op), reader.error);
    return reader.error;
}

/* -- Damage ------------------------------------------------------------------------------------ */

/* A file of `count` ops, small enough to damage everywhere. */
static struct memory small_file(void)
{
    struct trace_op ops[40];
    uint64_t random = 5;

    for (size_t i = 0; i < 40; i++)
        ops[i] = random_op(&random, 9);
    return memory_trace(ops, 40, "title: small\n");
}

static void cut_at_every_byte(void)
{
    struct memory memory = small_file();
    size_t whole = memory.count;
    uint64_t ops;

    CHECK_EQ(read_all(&memory, &ops), TRACE_DONE);
    for (size_t bytes = 0; bytes < whole; bytes++) {
        memory.count = bytes;
        CHECK_EQ(read_all(&memory, &ops), bytes == 0 ? TRACE_E_EMPTY : TRACE_E_TRUNCATED);
        CHECK_EQ(reader.offset, bytes);
    }
    free(memory.bytes);
}

static void every_single_bit_flipped_is_seen(void)
{
    struct memory memory = small_file();
    uint64_t ops;

    for (size_t bit = 0; bit < memory.count * 8u; bit++) {
        memory.bytes[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        if (read_all(&memory, &ops) == TRACE_DONE)
            CHECK_FAIL("bit %zu of byte %zu was flipped and not seen", bit % 8u, bit / 8u);
        memory.bytes[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
    }
    CHECK_EQ(read_all(&memory, &ops), TRACE_DONE);
    free(memory.bytes);
}

static void bytes_behind_the_end_are_seen(void)
{
    struct memory memory = small_file();
    uint64_t ops;

    memory_write(&memory, "x", 1);
    CHECK_EQ(read_all(&memory, &ops), TRACE_E_CHUNK);
    CHECK_EQ(reader.offset, memory.count - 1u);
    free(memory.bytes);
}

/* Random bytes, and random damage with repaired checksums: nothing but answers may come of it. */
static void garbage_never_does_more_than_fail(void)
{
    struct memory good = small_file();
    uint64_t random = 11;
    struct trace_op op;

    for (int round = 0; round < 20000; round++) {
        struct memory memory = { .bytes = NULL };
        uint32_t payload = (uint32_t)good.count - 64u - 13u - 32u - 48u;
        uint8_t *chunk;
        memory_write(&memory, good.bytes, good.count);
        chunk = memory.bytes + 64 + 13;
        for (uint32_t i = next_random(&random) % 8u + 1u; i > 0; i--)
            chunk[32u + next_random(&random) % payload] = (uint8_t)next_random(&random);
        for (uint32_t i = 0, crc = trace_crc32c(0, chunk + 32, payload); i < 4; i++)
            chunk[28u + i] = (uint8_t)(crc >> 8u * i);
        if (open_memory(&memory) == TRACE_OK)
            while (trace_next(&reader, &op) == TRACE_OK)
                CHECK(op.kind > 0 && op.kind < TRACE_KINDS && op.slot < 16);
        while (trace_resync(&reader) == TRACE_OK)
            while (trace_next(&reader, &op) == TRACE_OK)
                CHECK(op.kind > 0 && op.kind < TRACE_KINDS);
        free(memory.bytes);
    }
    free(good.bytes);
}

/* One chunk of `payload` with good checksums, in a file whose header allows slots 0 and 1. */
static struct memory forged(const char *payload, size_t bytes, uint32_t ops)
{
    struct trace_op two[] = { { .kind = TRACE_FREE, .slot = 1 }, { .kind = TRACE_RELEASE } };
    struct memory memory = memory_trace(two, 2, "");
    uint8_t *chunk;
    uint32_t crc;

    memory.count = 64 + 32;
    memory_write(&memory, payload, bytes);
    chunk = memory.bytes + 64;
    for (uint32_t i = 0; i < 4; i++) {
        chunk[4u + i] = (uint8_t)(bytes >> 8u * i);
        chunk[8u + i] = (uint8_t)(ops >> 8u * i);
    }
    crc = trace_crc32c(0, chunk, 24);
    for (uint32_t i = 0; i < 4; i++)
        chunk[24u + i] = (uint8_t)(crc >> 8u * i);
    crc = trace_crc32c(0, payload, bytes);
    for (uint32_t i = 0; i < 4; i++)
        chunk[28u + i] = (uint8_t)(crc >> 8u * i);
    return memory;
}

static void malformed_ops_behind_good_checksums(void)
{
    static const struct {
        const char *name;
        const char *payload;
        size_t bytes;
        uint32_t ops;
        uint64_t offset; /* in the payload */
    } cases[] = {
        { "kind 0", "\x00", 1, 1, 0 },
        { "unknown kind", "\x1f", 1, 1, 0 },
        { "slot above the header's count", "\x05\x04", 2, 1, 0 },
        { "slot below 0", "\x05\x01", 2, 1, 0 },
        { "overlong slot", "\x05\x80\x00", 3, 1, 0 },
        { "overlong bytes", "\x01\x00\x81\x80\x00", 5, 1, 0 },
        { "bytes above 32 bits", "\x01\x00\xff\xff\xff\xff\x1f", 7, 1, 0 },
        { "six-byte varint", "\x01\x00\xff\xff\xff\xff\xff\x01", 8, 1, 0 },
        { "varint past the chunk", "\x05\x00\x01\x00\xff", 5, 2, 2 },
        { "recorded bytes of 0", "\x21\x00\x01\x00", 4, 1, 0 },
        { "tag bit without a field", "\x25\x00", 2, 1, 0 },
        { "alignment of 2^32", "\x03\x00\x01\x20", 4, 1, 0 },
        { "placement 4", "\x4a\x00\x01\x04", 4, 1, 0 },
        { "age without objects", "\x85\x00", 2, 1, 0 },
        { "last freed without frees", "\x81\x00", 2, 1, 0 },
        { "last freed, but taken since", "\x05\x00\x81\x05\x81\x05", 6, 3, 4 },
        { "age on a kind without blocks", "\x8e\x00", 2, 1, 0 },
        { "bytes left over", "\x05\x00\x00", 3, 1, 2 },
        { "ops left over", "\x05\x00", 2, 2, 2 },
    };
    uint64_t ops;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory memory = forged(cases[i].payload, cases[i].bytes, cases[i].ops);
        enum trace_error error = read_all(&memory, &ops);
        if (error != TRACE_E_OP || reader.offset != 64u + 32u + cases[i].offset)
            CHECK_FAIL("%s: \"%s\" at offset %d, expected a malformed op at %d", cases[i].name,
                       trace_error_text(error), (int)reader.offset, (int)(96u + cases[i].offset));
        free(memory.bytes);
    }
}

/* 1,025 creations, then a free of the one `back` creations ago. */
static enum trace_error free_by_age(uint32_t back)
{
    char payload[1025 * 3 + 3];
    struct memory memory;
    uint64_t ops;

    for (size_t i = 0; i < 1025; i++)
        memcpy(payload + 3 * i, "\x01\x00\x00", 3);
    memcpy(payload + 1025 * 3, "\x85", 1);
    payload[1025 * 3 + 1] = (char)(0x80u | (back & 0x7fu));
    payload[1025 * 3 + 2] = (char)(back >> 7);
    memory = forged(payload, sizeof payload, 1026);
    read_all(&memory, &ops);
    free(memory.bytes);
    CHECK_EQ(ops, reader.error == TRACE_E_OP ? 1025 : 1026);
    return reader.error;
}

static void age_reaches_back_1024_creations(void)
{
    CHECK_EQ(free_by_age(1023), TRACE_E_TRUNCATED); /* the forged file has no end chunk */
    CHECK_EQ(free_by_age(1024), TRACE_E_OP);
}

static void header_counts_are_not_trusted(void)
{
    static const struct {
        size_t at;
        uint32_t value;
        enum trace_error error;
    } cases[] = {
        { 8, 2, TRACE_E_VERSION },                        /* major */
        { 24, TRACE_SLOTS_MAX + 1u, TRACE_E_HEADER },     /* blocks */
        { 36, 0, TRACE_E_HEADER },                        /* heaps */
        { 40, TRACE_TEXT_BYTES_MAX + 1, TRACE_E_HEADER }, /* text */
        { 16, 39, TRACE_E_COUNT },                        /* ops */
        { 28, 10, TRACE_E_COUNT },                        /* regions */
    };
    uint64_t ops;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory memory = small_file();
        uint32_t crc;
        for (uint32_t byte = 0; byte < 4; byte++)
            memory.bytes[cases[i].at + byte] = (uint8_t)(cases[i].value >> 8u * byte);
        crc = trace_crc32c(0, memory.bytes, 60);
        crc = trace_crc32c(crc, memory.bytes + 64, 13);
        for (uint32_t byte = 0; byte < 4; byte++)
            memory.bytes[60u + byte] = (uint8_t)(crc >> 8u * byte);
        CHECK_EQ(read_all(&memory, &ops), cases[i].error);
        free(memory.bytes);
    }
}

/* -- Salvage ----------------------------------------------------------------------------------- */

/* Five chunks of 100 ops; *ret_starts are their offsets and that of the end chunk. */
static struct memory five_chunks(size_t ret_starts[6])
{
    struct memory memory = { .bytes = NULL };
    struct trace_writer *writer = malloc(sizeof *writer);
    struct trace_header header = { .heap_slots = 1 };
    uint8_t fixed[TRACE_HEADER_BYTES] = { 0 };

    memory_write(&memory, fixed, sizeof fixed);
    trace_writer_init(writer, memory_write, &memory);
    for (uint32_t i = 0; i < 500; i++) {
        struct trace_op op = { .kind = TRACE_MARK, .mark = i };
        if (i % 100u == 0) {
            CHECK(trace_flush(writer));
            ret_starts[i / 100u] = memory.count;
        }
        CHECK(trace_write(writer, &op));
    }
    CHECK(trace_flush(writer));
    ret_starts[5] = memory.count;
    CHECK(trace_finish(writer, &header));
    trace_encode_header(&header, "", memory.bytes);
    free(writer);
    return memory;
}

/* Read everything that is intact: the marks of the chunks whose bit is set in `chunks`. */
static void check_salvaged(struct memory *memory, uint32_t chunks)
{
    struct trace_op op;
    uint32_t seen = 0;
    uint64_t marks = 0;

    open_memory(memory);
    for (;;) {
        while (trace_next(&reader, &op) == TRACE_OK) {
            CHECK_EQ(op.kind, TRACE_MARK);
            CHECK_EQ(reader.ops_read, op.mark + 1u);
            seen |= 1u << op.mark / 100u;
            marks++;
        }
        if (reader.error == TRACE_DONE || trace_resync(&reader) != TRACE_OK)
            break;
    }
    CHECK_EQ(seen, chunks);
    CHECK_EQ(marks, 100 * __builtin_popcount(chunks));
}

static void resync_loses_only_the_damaged_chunk(void)
{
    size_t starts[6];
    struct memory memory = five_chunks(starts);

    for (size_t at = starts[2]; at < starts[3]; at++) { /* head or payload, each byte of chunk 2 */
        memory.bytes[at] ^= 0x40u;
        check_salvaged(&memory, 0x1b);
        CHECK_EQ(reader.error, TRACE_DONE);
        memory.bytes[at] ^= 0x40u;
    }
    for (size_t at = 0; at < 64; at++) /* the header: all ops, if the magic and version are there */
        if (at >= 12) {
            memory.bytes[at] ^= 0x01u;
            check_salvaged(&memory, 0x1f);
            memory.bytes[at] ^= 0x01u;
        }
    free(memory.bytes);
}

static void resync_survives_bytes_cut_out_and_put_in(void)
{
    size_t starts[6];
    struct memory memory = five_chunks(starts);
    size_t whole = memory.count;

    memmove(memory.bytes + starts[1] + 40, memory.bytes + starts[1] + 47, whole - starts[1] - 47);
    memory.count = whole - 7;
    check_salvaged(&memory, 0x1d);
    free(memory.bytes);

    memory = five_chunks(starts);
    memory_write(&memory, "LATCLAT", 7);
    memmove(memory.bytes + starts[3] + 7, memory.bytes + starts[3], whole - starts[3]);
    memcpy(memory.bytes + starts[3], "LATCLAT", 7);
    check_salvaged(&memory, 0x1f);
    free(memory.bytes);
}

static void missing_and_doubled_chunks_are_seen(void)
{
    size_t starts[6];
    struct memory memory = five_chunks(starts);
    size_t whole = memory.count;
    uint64_t ops;

    memmove(memory.bytes + starts[1], memory.bytes + starts[2], whole - starts[2]);
    memory.count = whole - (starts[2] - starts[1]);
    CHECK_EQ(read_all(&memory, &ops), TRACE_E_CHUNK);
    CHECK_EQ(ops, 100);
    check_salvaged(&memory, 0x1d);
    free(memory.bytes);

    memory = five_chunks(starts);
    memcpy(memory.bytes + starts[3], memory.bytes + starts[2], starts[3] - starts[2]);
    CHECK_EQ(read_all(&memory, &ops), TRACE_E_CHUNK);
    check_salvaged(&memory, 0x17);
    free(memory.bytes);
}

static void wrong_sequence_number_is_seen(void)
{
    size_t starts[6];
    struct memory memory = five_chunks(starts);
    uint8_t *head = memory.bytes + starts[2];
    uint64_t ops;
    uint32_t crc;

    head[12] = 7;
    crc = trace_crc32c(0, head, 24);
    for (uint32_t i = 0; i < 4; i++)
        head[24u + i] = (uint8_t)(crc >> 8u * i);
    CHECK_EQ(read_all(&memory, &ops), TRACE_E_CHUNK);
    CHECK_EQ(reader.offset, starts[2] + 12);
    free(memory.bytes);
}

static void unfinished_recording_keeps_what_was_flushed(void)
{
    struct trace_header header = { TRACE_OPS_OPEN,  TRACE_SLOTS_MAX, TRACE_SLOTS_MAX,
                                   TRACE_SLOTS_MAX, TRACE_SLOTS_MAX, 0 };
    size_t starts[6];
    struct memory memory = five_chunks(starts);
    uint64_t ops;

    trace_encode_header(&header, "", memory.bytes);
    CHECK_EQ(read_all(&memory, &ops), TRACE_DONE); /* a pipe: never rewritten, but complete */
    memory.count = starts[4] + 10;
    CHECK_EQ(read_all(&memory, &ops), TRACE_E_TRUNCATED);
    CHECK_EQ(ops, 400);
    free(memory.bytes);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(cut_at_every_byte),
        CASE(every_single_bit_flipped_is_seen),
        CASE(bytes_behind_the_end_are_seen),
        CASE(garbage_never_does_more_than_fail),
        CASE(malformed_ops_behind_good_checksums),
        CASE(age_reaches_back_1024_creations),
        CASE(header_counts_are_not_trusted),
        CASE(resync_loses_only_the_damaged_chunk),
        CASE(resync_survives_bytes_cut_out_and_put_in),
        CASE(missing_and_doubled_chunks_are_seen),
        CASE(wrong_sequence_number_is_seen),
        CASE(unfinished_recording_keeps_what_was_flushed),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
