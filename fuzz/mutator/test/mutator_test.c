/* SPDX-License-Identifier: 0BSD */
/* The mutator: each change does what its name says and nothing else, results fit, the same seed
 * gives the same result, and all that a trace can say comes up. With --measure: how fast it is.
 */
#include "../mutator.h"

#include <lookaside/bucket.h>

#include "check.h"

#include <stdlib.h>
#include <time.h>

#define ROOM_BYTES 512u

struct sample {
    uint8_t before[ROOM_BYTES];
    uint8_t after[ROOM_BYTES];
    size_t before_records;
    size_t after_records;
};

static struct sample sample;
static uint8_t other[TRACE_BYTES_HEADER + 8 * TRACE_BYTES_RECORD];

/* A trace of `records` records that differ, changed once. */
static bool change(enum mutation mutation, uint64_t seed, size_t records)
{
    struct mutator mutator;
    size_t size = TRACE_BYTES_HEADER + records * TRACE_BYTES_RECORD;
    bool good;

    for (size_t i = 0; i < size; i++)
        sample.before[i] = (uint8_t)(i * 37u + records);
    for (size_t i = 0; i < sizeof other; i++)
        other[i] = (uint8_t)(0xffu - i);
    memcpy(sample.after, sample.before, size);
    mutator_begin(&mutator, MUTATOR_WHOLE, seed, sample.after, size, ROOM_BYTES);
    mutator.other = other;
    mutator.other_size = sizeof other;
    good = mutator_apply(&mutator, mutation);
    CHECK(mutator.size <= ROOM_BYTES);
    CHECK_EQ((mutator.size - TRACE_BYTES_HEADER) % TRACE_BYTES_RECORD, 0);
    sample.before_records = records;
    sample.after_records = mutator_records(&mutator);
    return good;
}

static const uint8_t *before_at(size_t i)
{
    return sample.before + TRACE_BYTES_HEADER + i * TRACE_BYTES_RECORD;
}

static const uint8_t *after_at(size_t i)
{
    return sample.after + TRACE_BYTES_HEADER + i * TRACE_BYTES_RECORD;
}

/* Records that are the same at the front, and at the back of what is left. */
static size_t same_front(void)
{
    size_t i = 0;

    while (i < sample.before_records && i < sample.after_records &&
           memcmp(before_at(i), after_at(i), TRACE_BYTES_RECORD) == 0)
        i++;
    return i;
}

static size_t same_back(void)
{
    size_t i = 0;
    size_t least =
        sample.before_records < sample.after_records ? sample.before_records : sample.after_records;

    while (i < least && memcmp(before_at(sample.before_records - 1u - i),
                               after_at(sample.after_records - 1u - i), TRACE_BYTES_RECORD) == 0)
        i++;
    return i;
}

/* How often a record is in the trace after, less how often before; the sum of what is new. */
static size_t new_records(void)
{
    size_t fresh = 0;

    for (size_t i = 0; i < sample.after_records; i++) {
        size_t there = 0;

        for (size_t j = 0; j < sample.before_records; j++)
            there += memcmp(after_at(i), before_at(j), TRACE_BYTES_RECORD) == 0;
        fresh += there == 0;
    }
    return fresh;
}

/* The only record that differs, in a trace of the same length. */
static size_t only_change(void)
{
    size_t at = same_front();

    CHECK_EQ(sample.after_records, sample.before_records);
    if (at == sample.before_records)
        return at; /* it was changed into itself */
    CHECK_EQ(at + 1u + same_back(), sample.before_records);
    return at;
}

static bool header_is_kept(void)
{
    return memcmp(sample.before, sample.after, TRACE_BYTES_HEADER) == 0;
}

/* -- Each change ------------------------------------------------------------------------------- */

static void insertions_leave_the_rest_alone(void)
{
    static const enum mutation insertions[] = { MUTATION_INSERT, MUTATION_FAULT, MUTATION_CROWD,
                                                MUTATION_END };

    for (size_t m = 0; m < sizeof insertions / sizeof insertions[0]; m++)
        for (uint64_t seed = 0; seed < 200; seed++) {
            CHECK(change(insertions[m], seed, 9));
            CHECK_EQ(sample.after_records, 10);
            CHECK(same_front() + same_back() >= 9);
            CHECK(header_is_kept());
        }
}

static void a_burst_is_between_the_others(void)
{
    size_t longest = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        CHECK(change(MUTATION_BURST, seed, 9));
        CHECK(sample.after_records > 9);
        CHECK(same_front() + same_back() >= 9);
        CHECK(header_is_kept());
        if (longest < sample.after_records)
            longest = sample.after_records;
    }
    CHECK(longest >= 9 + 10);
}

static void deletions_take_a_few_records(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        CHECK(change(MUTATION_DELETE, seed, 9));
        CHECK(sample.after_records < 9);
        CHECK_EQ(same_front() + same_back(), sample.after_records);
        CHECK_EQ(new_records(), 0);
    }
}

static void copies_and_moves_make_up_nothing(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        CHECK(change(MUTATION_DUPLICATE, seed, 9));
        CHECK(sample.after_records > 9);
        CHECK_EQ(new_records(), 0);
        CHECK(change(MUTATION_MOVE, seed, 9));
        CHECK_EQ(sample.after_records, 9);
        CHECK_EQ(new_records(), 0);
        CHECK(change(MUTATION_SWAP, seed, 9));
        CHECK_EQ(sample.after_records, 9);
        CHECK_EQ(new_records(), 0);
        CHECK(header_is_kept());
    }
}

static void a_splice_is_of_the_other_trace(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t at;
        bool found = false;

        CHECK(change(MUTATION_SPLICE, seed, 9));
        at = same_front();
        for (size_t i = 0; i < 8 && !found; i++)
            found = memcmp(after_at(at), other + TRACE_BYTES_HEADER + i * TRACE_BYTES_RECORD,
                           TRACE_BYTES_RECORD) == 0;
        CHECK(found);
        CHECK_EQ(at + same_back(), 9);
    }
}

static void small_changes_are_of_one_record(void)
{
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t at;

        CHECK(change(MUTATION_RETARGET, seed, 9));
        at = only_change();
        CHECK(at == 9 ||
              (before_at(at)[0] == after_at(at)[0] && before_at(at)[2] == after_at(at)[2] &&
               before_at(at)[3] == after_at(at)[3]));
        CHECK(change(MUTATION_HOW, seed, 9));
        at = only_change();
        CHECK(at < 9 && before_at(at)[0] % 32u == after_at(at)[0] % 32u &&
              memcmp(before_at(at) + 1, after_at(at) + 1, 3) == 0);
        CHECK(change(MUTATION_WHAT, seed, 9));
        at = only_change();
        CHECK(change(MUTATION_NUDGE, seed, 9));
        at = only_change();
        CHECK(at == 9 || before_at(at)[0] % 32u == after_at(at)[0] % 32u);
        CHECK(change(MUTATION_FLIP, seed, 9));
        at = only_change();
        CHECK(at < 9);
        CHECK(header_is_kept());
    }
}

static void a_ramp_goes_on_from_a_record(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        CHECK(change(MUTATION_RAMP, seed, 9));
        size_t count = sample.after_records - 9u;
        size_t at = same_front();

        CHECK(count >= 2);
        CHECK(at >= 1);
        for (size_t i = at; i < at + count && i < sample.after_records; i++)
            CHECK(after_at(i)[0] == after_at(i - 1)[0] && after_at(i)[3] == after_at(i - 1)[3] &&
                  (uint8_t)(after_at(i)[1] - after_at(i - 1)[1]) < 2u);
    }
}

static void the_header_is_changed_alone_and_keeps_its_geometry(void)
{
    bool changed[TRACE_BYTES_HEADER] = { false };

    for (uint64_t seed = 0; seed < 400; seed++) {
        CHECK(change(MUTATION_HEADER, seed, 9));
        CHECK_EQ(same_front(), 9);
        CHECK_EQ(sample.after_records, 9);
        CHECK_EQ(sample.before[0] % 4u, sample.after[0] % 4u);
        for (size_t i = 0; i < TRACE_BYTES_HEADER; i++)
            changed[i] |= sample.before[i] != sample.after[i];
    }
    for (size_t i = 0; i < TRACE_BYTES_HEADER; i++)
        CHECK(changed[i]);
}

/* Short ones and long ones, some of few operations and some of many. */
static void a_fresh_trace_keeps_nothing_but_its_geometry(void)
{
    size_t lengths[2] = { 0 };
    size_t few = 0;

    for (uint64_t seed = 0; seed < 400; seed++) {
        uint32_t whats = 0;

        CHECK(change(MUTATION_FRESH, seed, 9));
        CHECK_EQ(sample.before[0] % 4u, sample.after[0] % 4u);
        CHECK(sample.after_records > 0);
        lengths[sample.after_records > 16]++;
        for (size_t i = 0; i < sample.after_records; i++)
            whats |= UINT32_C(1) << after_at(i)[0] % 32u;
        few += __builtin_popcount(whats) <= 8;
    }
    CHECK(lengths[0] > 100 && lengths[1] > 100);
    CHECK(few > 100 && few < 350);
}

static void nothing_is_changed_where_nothing_is(void)
{
    static const enum mutation changes[] = { MUTATION_DELETE, MUTATION_DUPLICATE, MUTATION_MOVE,
                                             MUTATION_SWAP,   MUTATION_RETARGET,  MUTATION_HOW,
                                             MUTATION_WHAT,   MUTATION_NUDGE,     MUTATION_RAMP,
                                             MUTATION_END,    MUTATION_FLIP };

    for (size_t m = 0; m < sizeof changes / sizeof changes[0]; m++) {
        CHECK(!change(changes[m], 1, 0));
        CHECK_EQ(sample.after_records, 0);
        CHECK(header_is_kept());
    }
}

/* -- Runs of changes --------------------------------------------------------------------------- */

static void results_fit_whatever_the_room(void)
{
    static uint8_t bytes[2 * ROOM_BYTES];

    for (uint32_t seed = 0; seed < 20000; seed++) {
        size_t size_max = seed % ROOM_BYTES;
        size_t size = seed * 7u % (size_max + 1u);
        struct mutator mutator;

        memset(bytes, 0xa5, sizeof bytes);
        mutator_begin(&mutator, MUTATOR_WHOLE, seed, bytes, size, size_max);
        mutator.other = other;
        mutator.other_size = seed % sizeof other;
        CHECK(mutator_run(&mutator) <= size_max);
        for (size_t i = size_max; i < size_max + 16; i++)
            CHECK_EQ(bytes[i], 0xa5);
    }
}

static size_t evolve(uint8_t *bytes, uint64_t seed, uint32_t rounds)
{
    size_t size = 0;

    for (uint32_t i = 0; i < rounds; i++) {
        struct mutator mutator;

        mutator_begin(&mutator, MUTATOR_WHOLE, seed + i, bytes, size, ROOM_BYTES);
        size = mutator_run(&mutator);
    }
    return size;
}

static void the_same_seed_gives_the_same_trace(void)
{
    static uint8_t a[ROOM_BYTES];
    static uint8_t b[ROOM_BYTES];
    uint32_t crc = 0;

    for (uint64_t seed = 1; seed < 50; seed++) {
        size_t size = evolve(a, seed * 1000u, 60);

        CHECK_EQ(evolve(b, seed * 1000u, 60), size);
        CHECK(memcmp(a, b, size) == 0);
        crc = trace_crc32c(crc, a, size);
    }
    CHECK_EQ(crc, MUTATOR_GOLDEN); /* and on every machine */
}

static void all_that_a_trace_can_say_comes_up(void)
{
    static struct trace_bytes reader;
    static uint8_t bytes[ROOM_BYTES];
    static uint32_t records[256];
    uint64_t kinds[TRACE_KINDS] = { 0 };
    bool limits[16] = { false };
    struct trace_op op;

    for (uint64_t seed = 0; seed < 3000; seed++) {
        size_t size = evolve(bytes, seed * 100u, 20);

        for (size_t i = TRACE_BYTES_HEADER; i < size; i += TRACE_BYTES_RECORD)
            records[bytes[i]]++;
        trace_bytes_open(&reader, bytes, size);
        limits[reader.header.memory_class] = true;
        while (trace_bytes_next(&reader, &op))
            kinds[op.kind]++;
    }
    for (uint32_t i = 0; i < 256; i++)
        if (records[i] == 0)
            CHECK_FAIL("no record of what %u, how %u", i % 32u, i / 32u);
    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (kinds[kind] == 0 && !trace_kind_is_note(kind))
            CHECK_FAIL("no op of kind %u", kind);
    for (uint32_t i = 0; i < 16; i++)
        CHECK(limits[i]);
}

/* A target of one part passes over the operations of the others: none is made up for it. */
static void a_part_gets_records_of_its_own(void)
{
    static const struct {
        char part;
        bool takes[5]; /* by enum trace_slot_kind */
    } parts[] = {
        { MUTATOR_VAS, { [TRACE_REGION] = true } },
        { MUTATOR_HEAP, { [TRACE_BLOCK] = true, [TRACE_HEAP] = true } },
        { MUTATOR_STACK, { [TRACE_STACK] = true } },
        { MUTATOR_WHOLE, { true, true, true, true } },
    };
    static const enum mutation made[8] = { MUTATION_CROWD,  MUTATION_BURST,  MUTATION_FRESH,
                                           MUTATION_INSERT, MUTATION_INSERT, MUTATION_INSERT,
                                           MUTATION_INSERT, MUTATION_INSERT };
    static struct trace_bytes reader;

    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        uint32_t kinds[5] = { 0 };

        for (uint64_t seed = 0; seed < 4000; seed++) {
            uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
            struct mutator mutator;
            struct trace_op op;

            mutator_begin(&mutator, parts[p].part, seed, bytes, TRACE_BYTES_HEADER, sizeof bytes);
            mutator_apply(&mutator, made[seed % 8u]);
            trace_bytes_open(&reader, bytes, mutator.size);
            if (trace_bytes_next(&reader, &op) && op.kind != TRACE_ACCESS)
                kinds[trace_slot_kind(op.kind)]++;
        }
        for (uint32_t kind = TRACE_BLOCK; kind <= TRACE_HEAP; kind++)
            CHECK_EQ(kinds[kind] != 0, parts[p].takes[kind]);
        CHECK(kinds[TRACE_NO_SLOT] != 0); /* limits of memory are for all */
    }
}

/* One change of one record is all it takes, often enough. */
static void every_bucket_edge_is_near(void)
{
    static struct trace_bytes reader;
    static uint32_t seen[65536 + 3];

    for (uint64_t seed = 0; seed < 200000; seed++) {
        uint8_t bytes[TRACE_BYTES_HEADER + TRACE_BYTES_RECORD] = { 0 };
        struct mutator mutator;
        struct trace_op op;

        mutator_begin(&mutator, MUTATOR_WHOLE, seed, bytes, sizeof bytes, sizeof bytes);
        mutator_apply(&mutator, MUTATION_NUDGE);
        trace_bytes_open(&reader, bytes, sizeof bytes);
        CHECK(trace_bytes_next(&reader, &op));
        if (op.bytes < 65536 + 3)
            seen[op.bytes]++;
    }
    for (uint32_t i = 0; i < bucket_default_count; i++)
        for (uint32_t delta = 0; delta < 3; delta++)
            if (seen[bucket_default_bytes[i] + delta - 1u] == 0)
                CHECK_FAIL("no allocation of %u bytes", bucket_default_bytes[i] + delta - 1u);
    CHECK(seen[65535] && seen[65536] && seen[65537]);
}

static int measure(void)
{
    static uint8_t bytes[1024];
    struct timespec start;
    struct timespec now;
    size_t size = 0;
    uint32_t count = 2000000;
    double seconds;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (uint32_t i = 0; i < count; i++) {
        struct mutator mutator;

        mutator_begin(&mutator, MUTATOR_WHOLE, i, bytes, size, sizeof bytes);
        size = mutator_run(&mutator);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    seconds = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
    printf("%.2f million mutated inputs of up to 1024 bytes a second\n", count / seconds / 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(insertions_leave_the_rest_alone),
        CASE(a_burst_is_between_the_others),
        CASE(deletions_take_a_few_records),
        CASE(copies_and_moves_make_up_nothing),
        CASE(a_splice_is_of_the_other_trace),
        CASE(small_changes_are_of_one_record),
        CASE(a_ramp_goes_on_from_a_record),
        CASE(the_header_is_changed_alone_and_keeps_its_geometry),
        CASE(a_fresh_trace_keeps_nothing_but_its_geometry),
        CASE(nothing_is_changed_where_nothing_is),
        CASE(results_fit_whatever_the_room),
        CASE(the_same_seed_gives_the_same_trace),
        CASE(all_that_a_trace_can_say_comes_up),
        CASE(a_part_gets_records_of_its_own),
        CASE(every_bucket_edge_is_near),
    };

    if (argc > 1 && strcmp(argv[1], "--measure") == 0)
        return measure();
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
