/* SPDX-License-Identifier: 0BSD */
/* The byte form: any bytes are a bounded number of valid ops, and every op they can be is written
 * back as a record that means the same.
 */
#include "memory.h"

#include <lookaside/bucket.h>
#include <lookaside/trace_bytes.h>

#include "../format/kinds.h"

static struct trace_bytes reader; /* 8 KiB: not for a stack */
static struct trace_bytes again;

/* Bytes to read: a header without anything in it, and records. */
#define BYTES(...)                                                                                 \
    {                                                                                              \
        0, 0, 0, 0, 0, 0, 0, 0, __VA_ARGS__                                                        \
    }

static void check_ops(const uint8_t *bytes, size_t count, const struct trace_op *ops, size_t wanted)
{
    struct trace_op op;

    trace_bytes_open(&reader, bytes, count);
    for (size_t i = 0; i < wanted; i++) {
        CHECK(trace_bytes_next(&reader, &op));
        if (!same_op(&op, &ops[i]))
            CHECK_FAIL("op %zu is of kind %u, slot %u, %u %u, expected kind %u, slot %u, %u %u", i,
                       op.kind, op.slot, op.bytes, op.recorded_bytes, ops[i].kind, ops[i].slot,
                       ops[i].bytes, ops[i].recorded_bytes);
    }
    CHECK(!trace_bytes_next(&reader, &op));
    CHECK(!trace_bytes_next(&reader, &op));
}

#define CHECK_OPS(bytes, ...)                                                                      \
    do {                                                                                           \
        const struct trace_op wanted_ops[] = { __VA_ARGS__ };                                      \
        check_ops(bytes, sizeof(bytes), wanted_ops, sizeof wanted_ops / sizeof wanted_ops[0]);     \
    } while (0)

/* -- Golden records ---------------------------------------------------------------------------- */

static void nothing_is_a_trace_without_ops(void)
{
    static const uint8_t bytes[TRACE_BYTES_HEADER + 3] = { 1, 0, 0, 0, 0x78, 0x56, 0x34, 0x12 };

    for (size_t count = 0; count <= sizeof bytes; count++)
        check_ops(bytes, count, NULL, 0);
    CHECK_EQ(reader.header.geometry, TRACE_BYTES_FULL);
    CHECK_EQ(reader.header.ops_max, 1024);
    CHECK_EQ(reader.header.seed, 0x12345678);
}

static void a_header_is_limits_and_faults(void)
{
    static const uint8_t once[8] = { 0, 2, 1, 7 };
    static const uint8_t always[8] = { 3, 0x10, 2, 1 };
    static const uint8_t no_k[8] = { 0, 0x20, 3, 0 };
    uint8_t every[8 + 4 * 17] = { 0, 0x30, 3, 2 };

    CHECK_OPS(once, { .kind = TRACE_MEMORY, .limit_pages = 8 }, { .kind = TRACE_FAIL, .nth = 7 });
    CHECK_OPS(always, { .kind = TRACE_FAIL, .nth = 1, .placement = 1 });
    CHECK_EQ(reader.header.geometry, TRACE_BYTES_TINY);
    CHECK_EQ(reader.header.ops_max, 4096);
    check_ops(no_k, sizeof no_k, NULL, 0);

    struct trace_op ops[19] = {
        [0] = { .kind = TRACE_FAIL, .nth = 2 }, [17] = { .kind = TRACE_FAIL, .nth = 2 }
    };
    for (uint32_t i = 0; i < 17; i++) {
        every[8 + 4 * i] = 23;
        ops[i < 16 ? i + 1 : i + 2] = (struct trace_op){ .kind = TRACE_RELEASE };
    }
    check_ops(every, sizeof every, ops, 19);
}

static void sizes_are_told_in_eight_ways(void)
{
    static const uint8_t bytes[] =
        BYTES(0x00, 1, 7, 2, 0x00, 1, 7, 3, 0x20, 1, 0x12, 0x34, 0x40, 1, 0x12, 0x34, 0x60, 1, 3,
              0xff, 0x80, 1, 3, 1, 0xa0, 1, 20, 0xfe, 0xc0, 1, 39, 0, 0xe0, 1, 0, 1);

    CHECK_OPS(bytes, { .kind = TRACE_ALLOC, .slot = 1, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 65 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0x1234 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0x12340 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0x2ffff },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0x3001 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0xffffe },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 62 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 0xfffffffe });
}

static void bulk_is_many_ops_on_slots_in_a_row(void)
{
    /* 4 of 64 bytes from slot 1022 on; 2 classes from 64 bytes on; 2 down with a stride of 3. */
    static const uint8_t bytes[] = BYTES(0x4d, 255, 7, 0x82, 0x2d, 0, 7, 0x12, 0x2f, 1, 0x82, 0);

    CHECK_OPS(bytes, { .kind = TRACE_ALLOC, .slot = 1022, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 1023, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 72 }, { .kind = TRACE_FREE, .slot = 4 },
              { .kind = TRACE_FREE, .slot = 1 });
}

static void frees_by_age_find_what_is_there(void)
{
    /* Slots 5, 6, 7; 6 is freed; the newest, the oldest, and one that is not there. */
    static const uint8_t bytes[] = BYTES(0x20, 5, 0, 9, 0x20, 6, 0, 9, 0x20, 7, 0, 9, 0x09, 6, 0, 0,
                                         0xc9, 0, 0, 0, 0xe9, 0, 15, 0);

    CHECK_OPS(bytes, { .kind = TRACE_ALLOC, .slot = 5, .bytes = 9 },
              { .kind = TRACE_ALLOC, .slot = 6, .bytes = 9 },
              { .kind = TRACE_ALLOC, .slot = 7, .bytes = 9 }, { .kind = TRACE_FREE, .slot = 6 },
              { .kind = TRACE_FREE, .slot = 7 }, { .kind = TRACE_FREE, .slot = 5 });
}

static void churn_frees_and_allocates(void)
{
    static const uint8_t bytes[] = BYTES(0x3f, 0, 7, 2);

    CHECK_OPS(bytes, { .kind = TRACE_FREE, .slot = 0 },
              { .kind = TRACE_ALLOC, .slot = 0, .bytes = 64 }, { .kind = TRACE_FREE, .slot = 1 },
              { .kind = TRACE_ALLOC, .slot = 1, .bytes = 64 });
}

static void regions_stacks_and_faults_have_their_records(void)
{
    static const uint8_t bytes[] = BYTES(0x32, 0xa3, 4, 1,  /* reserve, lowest, align 2^10 */
                                         0x14, 0x23, 8, 16, /* reserve at 16, window of 8 - 1 */
                                         0x15, 3, 1, 2,     /* commit, segments */
                                         0x75, 3, 1, 2,     /* decommit, pages */
                                         0x38, 3, 0xff, 1,  /* commit at the segment before */
                                         0x59, 2, 1, 0x31,  /* stack, 1 page */
                                         0x5a, 2, 9, 0,     /* touch */
                                         0x5c, 0x12, 1, 0,  /* trim below a page, keep 2 */
                                         0x3d, 0xa1, 0, 3,  /* a write, stack 2 */
                                         0x5e, 0, 9, 0);    /* all commits from the 9th on */

    CHECK_OPS(
        bytes, { .kind = TRACE_RESERVE, .slot = 3, .pages = 63, .align_log2 = 10, .placement = 1 },
        { .kind = TRACE_RESERVE_AT,
          .slot = 3,
          .segments = 8,
          .window_first = 16,
          .window_end = 23 },
        { .kind = TRACE_COMMIT, .slot = 3, .offset_pages = 16, .pages = 32 },
        { .kind = TRACE_DECOMMIT, .slot = 3, .offset_pages = 1, .pages = 2 },
        { .kind = TRACE_COMMIT_AT, .slot = 3, .distance_pages = 0u - 16u, .range_segments = 1 },
        { .kind = TRACE_STACK_CREATE,
          .slot = 2,
          .pages = 1,
          .committed_pages = 1,
          .guard_pages = 3 },
        { .kind = TRACE_STACK_TOUCH, .slot = 2, .depth_page = 9 },
        { .kind = TRACE_STACK_TRIM, .slot = 2, .depth_bytes = 4096, .keep_pages = 2 },
        { .kind = TRACE_ACCESS,
          .slot = 1,
          .distance_pages = 3,
          .access = TRACE_ACCESS_WRITE,
          .stack_plus_1 = 3 },
        { .kind = TRACE_FAIL, .nth = 9, .placement = 1 });
}

static void every_default_bucket_has_a_byte(void)
{
    for (uint32_t i = 0; i < bucket_default_count; i++) {
        uint32_t at = 0;

        while (at < TRACE_BYTES_SIZES && trace_bytes_sizes[at] != bucket_default_bytes[i])
            at++;
        if (at == TRACE_BYTES_SIZES)
            CHECK_FAIL("no byte tells the bucket of %u bytes: put it into the list in the place of "
                       "a size that is no bucket",
                       bucket_default_bytes[i]);
    }
    for (uint32_t i = 1; i < TRACE_BYTES_SIZES; i++)
        CHECK(trace_bytes_sizes[i] > trace_bytes_sizes[i - 1]);
}

/* -- Any bytes --------------------------------------------------------------------------------- */

static void check_record_of(const struct trace_op *op)
{
    uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
    enum trace_bytes_answer answer = trace_bytes_put(op, bytes + TRACE_BYTES_HEADER);
    struct trace_op back;

    if (answer != TRACE_BYTES_EXACT)
        CHECK_FAIL("kind %u, slot %u, %u %u %u: not told exactly", op->kind, op->slot, op->bytes,
                   op->recorded_bytes, op->guard_pages);
    trace_bytes_open(&again, bytes, sizeof bytes);
    CHECK(trace_bytes_next(&again, &back));
    if (!same_op(op, &back))
        CHECK_FAIL("kind %u, slot %u, %u %u %u came back as kind %u, slot %u, %u %u %u", op->kind,
                   op->slot, op->bytes, op->recorded_bytes, op->guard_pages, back.kind, back.slot,
                   back.bytes, back.recorded_bytes, back.guard_pages);
    CHECK(!trace_bytes_next(&again, &back));
}

static void any_bytes_are_valid_ops_that_can_be_written_back(void)
{
    static const uint32_t slots[] = { TRACE_BYTES_BLOCKS, TRACE_BYTES_REGIONS, TRACE_BYTES_STACKS,
                                      TRACE_BYTES_HEAPS, 1 };
    static uint64_t kinds[TRACE_KINDS];
    static uint8_t bytes[2048];
    uint64_t random = 5;

    for (uint32_t round = 0; round < 4000; round++) {
        size_t count = round % sizeof bytes;
        uint32_t ops = 0;
        struct trace_op op;

        for (size_t i = 0; i < count; i++)
            bytes[i] = (uint8_t)next_random(&random);
        trace_bytes_open(&reader, bytes, count);
        for (; trace_bytes_next(&reader, &op); ops++) {
            CHECK(kind_op_valid(&op));
            CHECK(op.slot < slots[trace_slot_kind(op.kind)]);
            kinds[op.kind]++;
            check_record_of(&op);
        }
        CHECK(ops <= reader.header.ops_max);
    }
    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if ((kinds[kind] == 0) != trace_kind_is_note(kind))
            CHECK_FAIL("kind %u: %llu ops", kind, (unsigned long long)kinds[kind]);
}

/* One record of each pair of first and one other byte: every how of every what. */
static void every_record_can_be_written_back(void)
{
    uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
    struct trace_op op;

    for (uint32_t what = 0; what < 256; what++)
        for (uint32_t at = 1; at < TRACE_BYTES_RECORD; at++)
            for (uint32_t value = 0; value < 256; value++)
                for (uint32_t others = 0; others < 256; others += 127) {
                    memset(bytes + TRACE_BYTES_HEADER, (int)others, TRACE_BYTES_RECORD);
                    bytes[TRACE_BYTES_HEADER] = (uint8_t)what;
                    bytes[TRACE_BYTES_HEADER + at] = (uint8_t)value;
                    trace_bytes_open(&reader, bytes, sizeof bytes);
                    while (trace_bytes_next(&reader, &op))
                        check_record_of(&op);
                }
}

static void the_work_is_bounded(void)
{
    static uint8_t bytes[3 * TRACE_BYTES_SIZE_MAX];
    struct trace_op op;
    uint32_t ops = 0;

    memset(bytes, 0xed, sizeof bytes); /* 128 allocations a record */
    bytes[1] = 0x10;
    trace_bytes_open(&reader, bytes, sizeof bytes);
    while (trace_bytes_next(&reader, &op))
        ops++;
    CHECK_EQ(ops, TRACE_BYTES_OPS_MAX);

    memset(bytes, 0xc9, sizeof bytes); /* frees by age of what is not there: no op at all */
    bytes[2] = 0;
    trace_bytes_open(&reader, bytes, sizeof bytes);
    CHECK(trace_bytes_next(&reader, &op)); /* the header's memory limit */
    CHECK(!trace_bytes_next(&reader, &op));
    CHECK(reader.at == bytes + TRACE_BYTES_SIZE_MAX);
}

/* -- Any ops ----------------------------------------------------------------------------------- */

static void what_cannot_be_told_is_told_from_what_can(void)
{
    static const struct {
        struct trace_op op;
        enum trace_bytes_answer answer;
        uint32_t bytes; /* of the record's op */
    } cases[] = {
        { { .kind = TRACE_ALLOC, .bytes = 0 }, TRACE_BYTES_EXACT, 0 },
        { { .kind = TRACE_ALLOC, .slot = 255, .bytes = 70001 }, TRACE_BYTES_CLOSE, 70016 },
        { { .kind = TRACE_ALLOC, .slot = 256, .bytes = 70001 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_ALLOC, .slot = 1023, .bytes = 1000 }, TRACE_BYTES_CLOSE, 1008 },
        { { .kind = TRACE_ALLOC, .slot = 1024, .bytes = 64 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_ALLOC, .bytes = 1, .recorded_bytes = 8 }, TRACE_BYTES_CLOSE, 1 },
        { { .kind = TRACE_ALLOC, .bytes = 0x9123457 }, TRACE_BYTES_CLOSE, 0x10000000 },
        { { .kind = TRACE_ALLOC, .bytes = 0x9123457 << 4 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_ALLOC_ALIGNED, .bytes = 70000 }, TRACE_BYTES_CLOSE, 131072 },
        { { .kind = TRACE_RESERVE, .pages = 5 }, TRACE_BYTES_CLOSE, 16 },
        { { .kind = TRACE_RESERVE, .slot = 16, .pages = 16 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_COMMIT, .pages = 300, .offset_pages = 16 }, TRACE_BYTES_CLOSE, 304 },
        { { .kind = TRACE_COMMIT, .pages = 1, .offset_pages = 5000 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_STACK_CREATE, .pages = 2048, .committed_pages = 33, .guard_pages = 1 },
          TRACE_BYTES_CLOSE,
          2048 },
        { { .kind = TRACE_STACK_TOUCH, .depth_page = 99999 }, TRACE_BYTES_CLOSE, 100000 },
        { { .kind = TRACE_FAIL, .nth = 70000 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = TRACE_TIME, .delta_ns = 1 }, TRACE_BYTES_CANNOT, 0 },
        { { .kind = 0 }, TRACE_BYTES_CANNOT, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
        enum trace_bytes_answer answer = trace_bytes_put(&cases[i].op, bytes + TRACE_BYTES_HEADER);
        struct trace_op op;

        if (answer != cases[i].answer)
            CHECK_FAIL("case %zu: answer %d, expected %d", i, answer, cases[i].answer);
        if (answer == TRACE_BYTES_CANNOT)
            continue;
        trace_bytes_open(&reader, bytes, sizeof bytes);
        CHECK(trace_bytes_next(&reader, &op));
        CHECK_EQ(op.kind, cases[i].op.kind);
        CHECK_EQ(op.slot, cases[i].op.slot);
        if (op.bytes != cases[i].bytes)
            CHECK_FAIL("case %zu: %u, expected %u", i, op.bytes, cases[i].bytes);
    }
}

/* Exact, or larger and of the same kind in the same slot, or nothing. */
static void random_ops_lose_no_more_than_is_said(void)
{
    uint64_t random = 23;

    for (uint32_t i = 0; i < 300000; i++) {
        struct trace_op op = random_op(&random, 1100);
        uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
        enum trace_bytes_answer answer = trace_bytes_put(&op, bytes + TRACE_BYTES_HEADER);
        struct trace_op back;

        if (answer == TRACE_BYTES_CANNOT)
            continue;
        trace_bytes_open(&reader, bytes, sizeof bytes);
        CHECK(trace_bytes_next(&reader, &back));
        if (back.kind != op.kind || back.slot != op.slot ||
            same_op(&back, &op) != (answer == TRACE_BYTES_EXACT))
            CHECK_FAIL("kind %u, slot %u, %u %u %u came back as kind %u, slot %u, %u %u %u",
                       op.kind, op.slot, op.bytes, op.recorded_bytes, op.guard_pages, back.kind,
                       back.slot, back.bytes, back.recorded_bytes, back.guard_pages);
    }
}

static void a_header_comes_back(void)
{
    static const uint16_t budgets[] = { 1024, 4096, 2048, 256 };

    for (uint32_t i = 0; i < 1024; i++) {
        struct trace_bytes_header header = { .geometry = i % 4u,
                                             .shape = i / 5u % 64u,
                                             .fault = i / 4u % 4u,
                                             .memory_class = i / 16u % 16u,
                                             .ops_max = budgets[i / 256u],
                                             .k = (uint8_t)i,
                                             .seed = i % 2u ? TRACE_BYTES_SEED : i };
        uint8_t bytes[TRACE_BYTES_HEADER];

        trace_bytes_put_header(&header, bytes);
        trace_bytes_open(&reader, bytes, sizeof bytes);
        CHECK_EQ(reader.header.geometry, header.geometry);
        CHECK_EQ(reader.header.shape, header.shape);
        CHECK_EQ(reader.header.fault, header.fault);
        CHECK_EQ(reader.header.memory_class, header.memory_class);
        CHECK_EQ(reader.header.ops_max, header.ops_max);
        CHECK_EQ(reader.header.k, header.k);
        CHECK_EQ(reader.header.seed, header.seed);
        CHECK_EQ(trace_bytes_marked(bytes, sizeof bytes), i % 2u);
        CHECK(!trace_bytes_marked(bytes, sizeof bytes - 1u));
    }
    CHECK_EQ(trace_bytes_limit_pages(0), UINT32_MAX);
    CHECK_EQ(trace_bytes_limit_pages(1), 4);
    CHECK_EQ(trace_bytes_limit_pages(15), 1024);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(nothing_is_a_trace_without_ops),
        CASE(a_header_is_limits_and_faults),
        CASE(sizes_are_told_in_eight_ways),
        CASE(bulk_is_many_ops_on_slots_in_a_row),
        CASE(frees_by_age_find_what_is_there),
        CASE(churn_frees_and_allocates),
        CASE(regions_stacks_and_faults_have_their_records),
        CASE(every_default_bucket_has_a_byte),
        CASE(any_bytes_are_valid_ops_that_can_be_written_back),
        CASE(every_record_can_be_written_back),
        CASE(the_work_is_bounded),
        CASE(what_cannot_be_told_is_told_from_what_can),
        CASE(random_ops_lose_no_more_than_is_said),
        CASE(a_header_comes_back),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
