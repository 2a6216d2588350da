/* SPDX-License-Identifier: 0BSD */
/* The binary codec: what goes in comes out, and no damage goes unseen. */
#include "memory.h"

#include <lookaside/vas.h>

_Static_assert(TRACE_PLACEMENT_FIXED == VAS_FIXED, "the trace and the VAS number placements alike");

static struct trace_reader reader; /* 72 KiB: not for a stack */

static enum trace_error open_memory(struct memory *memory)
{
    memory->at = 0;
    return trace_open(&reader, memory_read, memory, NULL, 0, NULL);
}

static void check_round_trip(const struct trace_op *ops, size_t count, size_t piece)
{
    struct memory memory = memory_trace(ops, count, "title: test\n");
    struct trace_op op;

    memory.piece = piece;
    CHECK_EQ(open_memory(&memory), TRACE_OK);
    CHECK_EQ(reader.header.ops, count);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(trace_next(&reader, &op), TRACE_OK);
        if (!same_op(&op, &ops[i]))
            CHECK_FAIL("op %zu of kind %d came back as another one", i, ops[i].kind);
    }
    CHECK_EQ(trace_next(&reader, &op), TRACE_DONE);
    CHECK_EQ(reader.ops_read, count);
    free(memory.bytes);
}

/* -- Round trips ------------------------------------------------------------------------------- */

static void crc32c_is_castagnolis(void)
{
    uint8_t zeros[32] = { 0 };
    uint64_t random = 1;

    CHECK_EQ(trace_crc32c(0, "123456789", 9), 0xe3069283);
    CHECK_EQ(trace_crc32c(0, zeros, sizeof zeros), 0x8a9136aa); /* RFC 3720, B.4 */
    for (int round = 0; round < 100; round++) {
        uint8_t bytes[64];
        uint32_t crc = ~0u;
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)next_random(&random);
            crc ^= bytes[i];
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1u ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        }
        CHECK_EQ(trace_crc32c(0, bytes, sizeof bytes), ~crc);
        CHECK_EQ(trace_crc32c(trace_crc32c(0, bytes, 13), bytes + 13, sizeof bytes - 13), ~crc);
    }
}

static void every_kind_at_the_edges_of_its_domain(void)
{
    static const uint32_t edges[] = { 0, 1, 127, 128, 16383, 16384, 0x0fffffff, UINT32_MAX };
    static const uint32_t slots[] = { 0, 1, TRACE_SLOTS_MAX - 1u, 64 };
    static struct trace_op ops[TRACE_KINDS * 8 * 8];
    size_t count = 0;

    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        for (size_t a = 0; a < 8; a++)
            for (size_t b = 0; b < 8; b++)
                ops[count++] = make_op(kind, slots[(a + b) % 4], edges[a], edges[b],
                                       edges[(a + b) % 8], a % 2 ? 31 : 0, (uint8_t)(b % 4));
    check_round_trip(ops, count, 0);
}

static void random_streams_over_many_chunks(void)
{
    static const uint32_t slots[] = { 1, 3, 1000, TRACE_SLOTS_MAX };
    size_t count = 60000;
    struct trace_op *ops = malloc(count * sizeof *ops);
    uint64_t random = 7;

    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < count; i++)
            ops[i] = random_op(&random, slots[round]);
        check_round_trip(ops, count, round * 1000u + 1u);
    }
    free(ops);
}

/* Slots as an importer gives them out: the codec names them by age, across the ends of its memory.
 */
static void slots_reused_last_freed_first(void)
{
    static uint32_t freed[8192];
    static uint32_t live[8192];
    size_t count = 400000;
    struct trace_op *ops = malloc(count * sizeof *ops);
    uint32_t freed_count = 0;
    uint32_t live_count = 0;
    uint32_t next = 0;
    uint64_t random = 3;

    for (size_t i = 0; i < count; i++) {
        bool wave = (i / 5000u) % 2u; /* up and down, further than TRACE_RECENT */
        if (live_count == 0 ||
            (live_count < 8192 && next_random(&random) % 4u < (wave ? 3u : 1u))) {
            uint32_t slot = freed_count > 0 ? freed[--freed_count] : next++;
            ops[i] = make_op(TRACE_ALLOC, slot, next_random(&random) % 300u, 0, 0, 0, 0);
            live[live_count++] = slot;
        } else {
            uint32_t which = next_random(&random) % live_count;
            ops[i] = make_op(TRACE_FREE, live[which], 0, 0, 0, 0, 0);
            freed[freed_count++] = live[which];
            live[which] = live[--live_count];
        }
    }
    check_round_trip(ops, count, 0);
    free(ops);
}

/* What the format is for: an object that dies young costs two bytes at either end. */
static void young_objects_cost_two_bytes_an_op(void)
{
    static struct trace_op ops[20050];
    size_t count = 0;
    uint64_t random = 13;
    struct memory memory;

    while (count < 50) {
        ops[count] = make_op(TRACE_ALLOC, (uint32_t)count, 24, 0, 0, 0, 0);
        count++;
    }
    while (count < 20050) {
        uint32_t slot = next_random(&random) % 50u;
        ops[count++] = make_op(TRACE_FREE, slot, 0, 0, 0, 0, 0);
        ops[count++] = make_op(TRACE_ALLOC, slot, 100, 0, 0, 0, 0);
    }
    check_round_trip(ops, count, 0);
    memory = memory_trace(ops, count, "");
    if (memory.count > count * 21u / 10u)
        CHECK_FAIL("%zu ops take %zu bytes, expected at most 2.1 an op", count, memory.count);
    free(memory.bytes);
}

static void header_text_comes_back_whole_or_cut(void)
{
    const char *text = "title: a\nwhy: because of \xc3\xa9\n";
    struct memory memory = memory_trace(NULL, 0, text);
    char back[64] = "";
    uint32_t bytes = 0;

    CHECK_EQ(trace_open(&reader, memory_read, &memory, back, sizeof back, &bytes), TRACE_OK);
    CHECK_EQ(bytes, strlen(text));
    CHECK(memcmp(back, text, bytes) == 0);
    memory.at = 0;
    CHECK_EQ(trace_open(&reader, memory_read, &memory, back, 5, &bytes), TRACE_OK);
    CHECK_EQ(bytes, 5);
    CHECK_EQ(reader.header.text_bytes, strlen(text));
    free(memory.bytes);
}

static void header_text_must_be_keys_and_values(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "", true },           { "a: b\n", true },     { "a-1: b: c \n", true },
        { "a: b", false },      { "a:b\n", false },     { "a: \n", false },
        { "A: b\n", false },    { ": b\n", false },     { "\n", false },
        { "a: b\rc\n", false }, { "a: b\n\n", false },  { "a\n", false },
        { "a: \x01\n", false }, { "a: \x7f\n", false }, { "a: b\nc", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        struct memory memory = memory_trace(NULL, 0, text);
        if (trace_text_valid(text, (uint32_t)strlen(text)) != cases[i].valid ||
            (open_memory(&memory) == TRACE_OK) != cases[i].valid)
            CHECK_FAIL("\"%s\" should be %s", text, cases[i].valid ? "valid" : "refused");
        free(memory.bytes);
    }
}

/* -- Refusals ---------------------------------------------------------------------------------- */

static bool refuse_all(void *context, const void *buffer, size_t bytes)
{
    (void)context;
    (void)buffer;
    (void)bytes;
    return false;
}

static void writer_refuses_what_the_format_cannot_say(void)
{
    static const struct trace_op bad[] = {
        { .kind = 0 },
        { .kind = TRACE_KINDS },
        { .kind = TRACE_ALLOC, .slot = TRACE_SLOTS_MAX },
        { .kind = TRACE_ALLOC, .bytes = 1, .align_log2 = 1 },
        { .kind = TRACE_ALLOC_ALIGNED, .bytes = 1, .align_log2 = 32 },
        { .kind = TRACE_FREE, .bytes = 1 },
        { .kind = TRACE_REALLOC, .bytes = 1, .recorded_bytes = 1 },
        { .kind = TRACE_RESERVE, .pages = 1, .placement = 4 },
        { .kind = TRACE_RESERVE, .pages = 1, .window_page = 1 },
        { .kind = TRACE_COMMIT, .pages = 1, .guard_pages = 1 },
        { .kind = TRACE_THREAD, .slot = 1 },
        { .kind = TRACE_HEAP_TRIM, .slot = 1 },
        { .kind = TRACE_FREE_AT, .realloc_bytes = 1 },
        { .kind = TRACE_FREE_AT, .placement = 2 },
        { .kind = TRACE_FAIL, .nth = 1, .placement = 2 },
        { .kind = TRACE_MEMORY, .slot = 1 },
        { .kind = TRACE_ACCESS, .access = 16 },
        { .kind = TRACE_ACCESS, .stack_plus_1 = TRACE_SLOTS_MAX + 1u },
        { .kind = TRACE_STACK_TRIM, .guard_pages = 1 },
    };
    struct trace_writer *writer = malloc(sizeof *writer);
    struct memory memory = { .bytes = NULL };
    struct trace_header header;

    trace_writer_init(writer, memory_write, &memory);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (trace_write(writer, &bad[i]))
            CHECK_FAIL("bad op %zu was written", i);
    CHECK(trace_finish(writer, &header));
    CHECK_EQ(header.ops, 0);
    CHECK_EQ(header.heap_slots, 1);
    free(memory.bytes);
    free(writer);
}

static void failing_sink_is_told_at_the_latest_at_the_end(void)
{
    struct trace_writer *writer = malloc(sizeof *writer);
    struct trace_op op = { .kind = TRACE_FREE };
    struct trace_header header;
    bool good = true;

    trace_writer_init(writer, refuse_all, NULL);
    for (int i = 0; i < 100000 && good; i++)
        good = trace_write(writer, &op);
    CHECK(!good);
    CHECK(!trace_write(writer, &op));
    CHECK(!trace_flush(writer));
    CHECK(!trace_finish(writer, &header));
    free(writer);
}

static void foreign_files_are_refused_where_they_differ(void)
{
    static const struct {
        const char *bytes;
        size_t count;
        enum trace_error error;
        uint64_t offset;
    } cases[] = {
        { "", 0, TRACE_E_EMPTY, 0 },
        { "# lookaside trace 1\n", 20, TRACE_E_MAGIC, 0 },
        { "\x89PNG\r\n\x1a\n", 8, TRACE_E_MAGIC, 1 },
        { "\x89LAT\n\x1a\n", 7, TRACE_E_MAGIC, 4 },   /* CR LF became LF */
        { "\x09LAT\r\n\x1a\n", 8, TRACE_E_MAGIC, 0 }, /* seven bits */
        { "\x89LAT\r\n", 6, TRACE_E_TRUNCATED, 6 },
        { "\x89LAT\r\n\x1a\n\x01", 9, TRACE_E_TRUNCATED, 9 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory memory = { .bytes = NULL };
        memory_write(&memory, cases[i].bytes, cases[i].count);
        CHECK_EQ(open_memory(&memory), cases[i].error);
        CHECK_EQ(reader.offset, cases[i].offset);
        free(memory.bytes);
    }
}

static size_t fail_to_read(void *context, void *buffer, size_t bytes)
{
    (void)context;
    (void)buffer;
    (void)bytes;
    return SIZE_MAX;
}

static void failing_source_is_a_read_error(void)
{
    CHECK_EQ(trace_open(&reader, fail_to_read, NULL, NULL, 0, NULL), TRACE_E_READ);
    CHECK_EQ(trace_resync(&reader), TRACE_E_READ);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(crc32c_is_castagnolis),
        CASE(every_kind_at_the_edges_of_its_domain),
        CASE(random_streams_over_many_chunks),
        CASE(slots_reused_last_freed_first),
        CASE(young_objects_cost_two_bytes_an_op),
        CASE(header_text_comes_back_whole_or_cut),
        CASE(header_text_must_be_keys_and_values),
        CASE(writer_refuses_what_the_format_cannot_say),
        CASE(failing_sink_is_told_at_the_latest_at_the_end),
        CASE(foreign_files_are_refused_where_they_differ),
        CASE(failing_source_is_a_read_error),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
