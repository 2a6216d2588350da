/* SPDX-License-Identifier: 0BSD */
/* Changes of a trace as a whole: which records there are, in which order, on which slots. */
#include "mutator.h"

#include "../../traces/format/bytes_private.h"

#include <string.h>

#define RUN_MAX      16u /* records that are moved or copied together */
#define FRESH_ONE_IN 4u  /* times nothing of a trace is kept */

/* Source: Vigna 2015 (splitmix64). */
uint32_t mutator_below(struct mutator *mutator, uint32_t limit)
{
    uint64_t z = mutator->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((z >> 32) * limit) >> 32);
}

void mutator_begin(struct mutator *mutator, char part, uint64_t seed, uint8_t *bytes, size_t size,
                   size_t size_max)
{
    *mutator = (struct mutator){ .state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1u,
                                 .whats = mutator_whats(part),
                                 .bytes = bytes,
                                 .size = size,
                                 .size_max = size_max };
}

/* -- Runs of records --------------------------------------------------------------------------- */

/* A position before, between or behind `count` records. */
static size_t place(struct mutator *mutator, size_t count)
{
    return mutator_below(mutator, (uint32_t)count + 1u);
}

/* 1 to RUN_MAX records, but at most `most`; short ones are more likely. */
static size_t run_length(struct mutator *mutator, size_t most)
{
    size_t length = 1u + mutator_below(mutator, 1u + mutator_below(mutator, RUN_MAX));

    return length < most ? length : most;
}

static size_t room(const struct mutator *mutator)
{
    size_t most = (mutator->size_max - TRACE_BYTES_HEADER) / TRACE_BYTES_RECORD;

    if (most > TRACE_BYTES_OPS_MAX)
        most = TRACE_BYTES_OPS_MAX;
    return most > mutator_records(mutator) ? most - mutator_records(mutator) : 0;
}

/* Make `count` records of space before record `index`. */
static uint8_t *open_gap(struct mutator *mutator, size_t index, size_t count)
{
    uint8_t *at = mutator_record(mutator, index);
    size_t records = mutator_records(mutator);

    memmove(at + count * TRACE_BYTES_RECORD, at, (records - index) * TRACE_BYTES_RECORD);
    mutator->size = TRACE_BYTES_HEADER + (records + count) * TRACE_BYTES_RECORD;
    return at;
}

static void close_gap(struct mutator *mutator, size_t index, size_t count)
{
    size_t records = mutator_records(mutator);

    memmove(mutator_record(mutator, index), mutator_record(mutator, index + count),
            (records - index - count) * TRACE_BYTES_RECORD);
    mutator->size = TRACE_BYTES_HEADER + (records - count) * TRACE_BYTES_RECORD;
}

/* Copy `count` records into the trace before record `index`. */
static void put_run(struct mutator *mutator, size_t index, const uint8_t *run, size_t count)
{
    memcpy(open_gap(mutator, index, count), run, count * TRACE_BYTES_RECORD);
}

/* -- Changes ----------------------------------------------------------------------------------- */

static bool insert(struct mutator *mutator)
{
    uint8_t record[TRACE_BYTES_RECORD];

    if (room(mutator) == 0)
        return false;
    mutator_make(mutator, record);
    put_run(mutator, place(mutator, mutator_records(mutator)), record, 1);
    return true;
}

static bool delete (struct mutator *mutator)
{
    size_t records = mutator_records(mutator);
    size_t at;

    if (records == 0)
        return false;
    at = mutator_below(mutator, (uint32_t)records);
    close_gap(mutator, at, run_length(mutator, records - at));
    return true;
}

/* Copy a run to `copy` and answer how long it is. */
static size_t take_run(struct mutator *mutator, uint8_t *copy, size_t most, size_t *ret_at)
{
    size_t records = mutator_records(mutator);
    size_t count;

    *ret_at = mutator_below(mutator, (uint32_t)records);
    count = run_length(mutator, records - *ret_at);
    if (count > most)
        count = most;
    memcpy(copy, mutator_record(mutator, *ret_at), count * TRACE_BYTES_RECORD);
    return count;
}

static bool duplicate(struct mutator *mutator)
{
    uint8_t copy[RUN_MAX * TRACE_BYTES_RECORD];
    size_t at;
    size_t count;

    if (mutator_records(mutator) == 0 || room(mutator) == 0)
        return false;
    count = take_run(mutator, copy, room(mutator), &at);
    put_run(mutator, place(mutator, mutator_records(mutator)), copy, count);
    return true;
}

static bool move(struct mutator *mutator)
{
    uint8_t copy[RUN_MAX * TRACE_BYTES_RECORD];
    size_t at;
    size_t count;

    if (mutator_records(mutator) < 2)
        return false;
    count = take_run(mutator, copy, RUN_MAX, &at);
    close_gap(mutator, at, count);
    put_run(mutator, place(mutator, mutator_records(mutator)), copy, count);
    return true;
}

static uint8_t *any_record(struct mutator *mutator)
{
    size_t records = mutator_records(mutator);

    return records ? mutator_record(mutator, mutator_below(mutator, (uint32_t)records)) : NULL;
}

static bool swap(struct mutator *mutator)
{
    uint8_t *a = any_record(mutator);
    uint8_t *b = any_record(mutator);
    uint8_t copy[TRACE_BYTES_RECORD];

    if (mutator_records(mutator) < 2)
        return false;
    memcpy(copy, a, sizeof copy);
    memmove(a, b, sizeof copy);
    memcpy(b, copy, sizeof copy);
    return true;
}

static bool retarget(struct mutator *mutator)
{
    uint8_t *record = any_record(mutator);
    const uint8_t *other = any_record(mutator);

    if (!record)
        return false;
    record[1] = (uint8_t)(other[1] + mutator_below(mutator, 3) - 1u);
    return true;
}

static bool change_how(struct mutator *mutator)
{
    uint8_t *record = any_record(mutator);

    if (!record)
        return false;
    record[0] = (uint8_t)(record[0] + ((1u + mutator_below(mutator, 7)) << 5));
    return true;
}

static bool change_what(struct mutator *mutator)
{
    uint8_t *record = any_record(mutator);

    if (!record)
        return false;
    record[0] = (uint8_t)((record[0] & 0xe0u) | mutator_what(mutator));
    if (mutator_below(mutator, 2) == 0)
        mutator_fill(mutator, record);
    return true;
}

static bool nudge(struct mutator *mutator)
{
    uint8_t *record = any_record(mutator);

    if (!record)
        return false;
    mutator_nudge(mutator, record);
    return true;
}

/* The same operation on slot after slot, the number staying or going up too. */
static bool ramp(struct mutator *mutator)
{
    size_t records = mutator_records(mutator);
    size_t count = 2u + mutator_below(mutator, 2u * RUN_MAX);
    uint8_t slot_step = (uint8_t)(mutator_below(mutator, 4) == 0 ? 0 : 1);
    uint8_t number_step = (uint8_t)(mutator_below(mutator, 4) == 0);
    size_t at;
    uint8_t *gap;

    if (records == 0 || room(mutator) == 0)
        return false;
    if (count > room(mutator))
        count = room(mutator);
    at = mutator_below(mutator, (uint32_t)records);
    gap = open_gap(mutator, at + 1u, count);
    for (size_t i = 0; i < count; i++, gap += TRACE_BYTES_RECORD) {
        memcpy(gap, gap - TRACE_BYTES_RECORD, TRACE_BYTES_RECORD);
        gap[1] = (uint8_t)(gap[1] + slot_step);
        gap[2] = (uint8_t)(gap[2] + number_step);
    }
    return true;
}

/* What ends an object of the kind that a record is about, or uses it after it has ended. */
static uint8_t end_of(struct mutator *mutator, uint8_t what)
{
    static const uint8_t ends[4][4] = {
        { RECORD_FREE, RECORD_FREE, RECORD_FREE_AT, RECORD_REALLOC },
        { RECORD_RELEASE, RECORD_RELEASE, RECORD_AT, RECORD_RESIZE },
        { RECORD_STACK_END, RECORD_STACK_END, RECORD_STACK_TOUCH, RECORD_STACK_CREATE },
        { RECORD_HEAP, RECORD_HEAP, RECORD_CHURN, RECORD_BULK_FREE },
    };
    uint32_t kind = what == RECORD_HEAP || what == RECORD_HEAP + 1u           ? 3
                    : what >= RECORD_STACK_CREATE && what <= RECORD_STACK_END ? 2
                    : what >= RECORD_RESERVE && what <= RECORD_AT             ? 1
                                                                              : 0;

    return ends[kind][mutator_below(mutator, 4)];
}

static bool end(struct mutator *mutator)
{
    size_t records = mutator_records(mutator);
    uint8_t record[TRACE_BYTES_RECORD] = { 0 };
    size_t at;

    if (records == 0 || room(mutator) == 0)
        return false;
    at = mutator_below(mutator, (uint32_t)records);
    record[0] = end_of(mutator, mutator_record(mutator, at)[0] % 32u);
    record[1] = mutator_record(mutator, at)[1];
    if (mutator_below(mutator, 2) == 0) /* else a plain one: how and numbers 0 */
        mutator_fill(mutator, record);
    put_run(mutator, at + 1u + mutator_below(mutator, (uint32_t)(records - at)), record, 1);
    return true;
}

static bool fault(struct mutator *mutator)
{
    uint8_t record[TRACE_BYTES_RECORD] = { RECORD_FAULT };

    if (room(mutator) == 0)
        return false;
    mutator_fill(mutator, record);
    put_run(mutator, place(mutator, mutator_records(mutator)), record, 1);
    return true;
}

/* A region that takes nearly all there is: 16 * ab pages, or the segments from the window's first.
 */
static bool crowd(struct mutator *mutator)
{
    uint8_t record[TRACE_BYTES_RECORD] = { RECORD_RESERVE };
    uint32_t segments;

    if (room(mutator) == 0 || (mutator->whats >> RECORD_RESERVE & 1u) == 0)
        return false;
    segments = UINT32_C(1) << (4u + mutator_below(mutator, 13));
    segments -= mutator_below(mutator, 40);
    record[0] |= (uint8_t)((4u | mutator_below(mutator, 3)) << 5);
    record[1] = (uint8_t)mutator_below(mutator, 16);
    record[2] = (uint8_t)(segments >> 8);
    record[3] = (uint8_t)segments;
    put_run(mutator, place(mutator, mutator_records(mutator)), record, 1);
    return true;
}

static bool splice(struct mutator *mutator)
{
    size_t records = mutator->other_size > TRACE_BYTES_HEADER
                         ? (mutator->other_size - TRACE_BYTES_HEADER) / TRACE_BYTES_RECORD
                         : 0;
    size_t from;
    size_t count;

    if (!mutator->other || records == 0 || room(mutator) == 0)
        return false;
    from = mutator_below(mutator, (uint32_t)records);
    count = 1u + mutator_below(mutator, (uint32_t)(records - from));
    if (mutator_below(mutator, 2) == 0 && count > RUN_MAX)
        count = RUN_MAX;
    if (count > room(mutator))
        count = room(mutator);
    put_run(mutator, place(mutator, mutator_records(mutator)),
            mutator->other + TRACE_BYTES_HEADER + from * TRACE_BYTES_RECORD, count);
    return true;
}

/* A few records that belong together, between the others. */
static bool burst(struct mutator *mutator)
{
    size_t count = run_length(mutator, room(mutator));
    size_t at = place(mutator, mutator_records(mutator));

    if (count == 0)
        return false;
    mutator_make_run(mutator, open_gap(mutator, at, count), count);
    return true;
}

/* Another trace altogether, short more often than long; of the header only the geometry stays. */
static bool fresh(struct mutator *mutator)
{
    size_t count = UINT32_C(4) << mutator_below(mutator, 6);

    mutator->size = TRACE_BYTES_HEADER;
    count = 1u + mutator_below(mutator, (uint32_t)count);
    if (count > room(mutator))
        count = room(mutator);
    mutator->bytes[0] = (uint8_t)(mutator->bytes[0] % 4u | mutator_below(mutator, 8) << 2);
    mutator->bytes[1] &= 0xf0u;
    if (mutator_below(mutator, 8) == 0)
        mutator->bytes[1] |= (uint8_t)mutator_below(mutator, 16);
    mutator->bytes[2] = 0;
    mutator_make_run(mutator, open_gap(mutator, 0, count), count);
    return true;
}

/* The geometry stays: it says which build the trace is for. */
static bool change_header(struct mutator *mutator)
{
    uint8_t *bytes = mutator->bytes;
    uint32_t at = 4u + mutator_below(mutator, 4); /* of the content seed */

    switch (mutator_below(mutator, 8)) {
    case 0:
    case 1: bytes[0] = (uint8_t)(bytes[0] % 4u | mutator_below(mutator, 5) << 2); break;
    case 2: bytes[1] = (uint8_t)((bytes[1] & 0xf0u) | mutator_below(mutator, 16)); break;
    case 3: bytes[1] = (uint8_t)((bytes[1] & 0x0fu) | mutator_below(mutator, 4) << 4); break;
    case 4:
        bytes[1] &= 0xf0u;
        bytes[2] = 0;
        break; /* all the memory there is */
    case 5: bytes[2] = (uint8_t)mutator_below(mutator, 4); break;
    case 6: bytes[3] = (uint8_t)(1u + mutator_below(mutator, 16)); break;
    default: bytes[at] = (uint8_t)mutator_below(mutator, 256); break;
    }
    return true;
}

static bool flip(struct mutator *mutator)
{
    uint8_t *record = any_record(mutator);
    uint32_t at = mutator_below(mutator, TRACE_BYTES_RECORD);

    if (!record)
        return false;
    record[at] ^= (uint8_t)(1u << mutator_below(mutator, 8));
    return true;
}

/* -- The whole --------------------------------------------------------------------------------- */

/* Have a whole header and no cut record. False: there is no room for that. */
static bool complete(struct mutator *mutator)
{
    if (mutator->size_max < TRACE_BYTES_HEADER)
        return false;
    if (mutator->size > mutator->size_max)
        mutator->size = mutator->size_max;
    while (mutator->size < TRACE_BYTES_HEADER)
        mutator->bytes[mutator->size++] = 0;
    mutator->size = TRACE_BYTES_HEADER + mutator_records(mutator) * TRACE_BYTES_RECORD;
    return true;
}

bool mutator_apply(struct mutator *mutator, enum mutation mutation)
{
    static bool (*const changes[MUTATIONS])(struct mutator *) = {
        [MUTATION_INSERT] = insert,
        [MUTATION_DELETE] = delete,
        [MUTATION_DUPLICATE] = duplicate,
        [MUTATION_MOVE] = move,
        [MUTATION_SWAP] = swap,
        [MUTATION_RETARGET] = retarget,
        [MUTATION_HOW] = change_how,
        [MUTATION_WHAT] = change_what,
        [MUTATION_NUDGE] = nudge,
        [MUTATION_RAMP] = ramp,
        [MUTATION_END] = end,
        [MUTATION_FAULT] = fault,
        [MUTATION_CROWD] = crowd,
        [MUTATION_SPLICE] = splice,
        [MUTATION_HEADER] = change_header,
        [MUTATION_FLIP] = flip,
        [MUTATION_BURST] = burst,
        [MUTATION_FRESH] = fresh,
    };

    return complete(mutator) && changes[mutation](mutator);
}

size_t mutator_run(struct mutator *mutator)
{
    /* Running sums of 64: inserting and moving numbers finds most. */
    static const uint8_t weights[MUTATION_FRESH] = {
        [MUTATION_INSERT] = 10, [MUTATION_DELETE] = 16, [MUTATION_DUPLICATE] = 20,
        [MUTATION_MOVE] = 22,   [MUTATION_SWAP] = 24,   [MUTATION_RETARGET] = 29,
        [MUTATION_HOW] = 32,    [MUTATION_WHAT] = 35,   [MUTATION_NUDGE] = 44,
        [MUTATION_RAMP] = 47,   [MUTATION_END] = 51,    [MUTATION_FAULT] = 53,
        [MUTATION_CROWD] = 54,  [MUTATION_SPLICE] = 57, [MUTATION_HEADER] = 59,
        [MUTATION_FLIP] = 61,   [MUTATION_BURST] = 64,
    };
    uint32_t changes = 1u << mutator_below(mutator, 4);
    uint32_t tries = 16u * changes; /* of nothing, little can be changed */

    if (mutator_below(mutator, FRESH_ONE_IN) == 0) {
        (void)mutator_apply(mutator, MUTATION_FRESH);
        return mutator->size;
    }

    while (changes > 0 && tries-- > 0) {
        uint32_t at = mutator_below(mutator, 64);
        uint32_t mutation = 0;

        while (weights[mutation] <= at)
            mutation++;
        changes -= mutator_apply(mutator, (enum mutation)mutation);
    }
    return mutator->size;
}
