/* SPDX-License-Identifier: 0BSD */
/* What the byte form's reader and writer share: the meaning of a record's parts. Private to
 * traces/.
 *
 *   byte 0   bits 0 to 4: what (record_of[]), bits 5 to 7: how
 *   byte 1   slot
 *   byte 2, 3   argument; as one number byte 2 is the high one
 */
#ifndef LOOKASIDE_FORMAT_BYTES_PRIVATE_H
#define LOOKASIDE_FORMAT_BYTES_PRIVATE_H

#include <lookaside/trace_bytes.h>

/* Values of byte 0's low bits: the more of them, the more likely. The first of each is what a
 * writer writes.
 */
enum record {
    RECORD_ALLOC = 0, /* to 4 */
    RECORD_ALLOC_ZEROED = 5,
    RECORD_REALLOC = 6, /* 7 */
    RECORD_ALIGNED = 8,
    RECORD_FREE = 9, /* to 11 */
    RECORD_FREE_AT = 12,
    RECORD_BULK_ALLOC = 13, /* 14 */
    RECORD_BULK_FREE = 15,
    RECORD_HEAP = 16,    /* 17 */
    RECORD_RESERVE = 18, /* 19 */
    RECORD_RESERVE_AT = 20,
    RECORD_STATE = 21,
    RECORD_RESIZE = 22,
    RECORD_RELEASE = 23,
    RECORD_AT = 24,
    RECORD_STACK_CREATE = 25,
    RECORD_STACK_TOUCH = 26, /* 27 */
    RECORD_STACK_END = 28,
    RECORD_ACCESS = 29,
    RECORD_FAULT = 30,
    RECORD_CHURN = 31,
};

/* How a size is told. */
enum size_mode {
    SIZE_NEAR,     /* sizes[byte 2 % 128] - 2 to + 2 */
    SIZE_RAW,      /* the argument */
    SIZE_SHIFTED,  /* the argument * 16 */
    SIZE_SEGMENTS, /* byte 2 * 64 KiB + byte 3, signed */
    SIZE_PAGES,    /* byte 2 * 4 KiB + byte 3, signed */
    SIZE_POWER,    /* 2^(byte 2 % 32) + byte 3, signed */
    SIZE_SMALL,    /* as near, one of the 32 smallest */
    SIZE_TOP,      /* 2^32 - 1 - the argument */
};

/* Numbers of segments where checks have their limits. */
#define BYTES_EXTREMES 8u
static const uint32_t bytes_extremes[BYTES_EXTREMES] = { 0,     1,     32768,      65535,
                                                         65536, 65537, 0x7fffffff, UINT32_MAX };

/* Ops of a bulk record, by how. */
static const uint16_t bytes_counts[8] = { 1, 2, 4, 8, 16, 32, 64, 128 };

/* The bits of an access, by how. */
static const uint8_t bytes_accesses[8] = {
    0,
    TRACE_ACCESS_WRITE,
    TRACE_ACCESS_FETCH,
    TRACE_ACCESS_PRESENT,
    TRACE_ACCESS_WRITE | TRACE_ACCESS_PRESENT,
    TRACE_ACCESS_ALLOWED,
    TRACE_ACCESS_WRITE | TRACE_ACCESS_ALLOWED,
    TRACE_ACCESS_FETCH | TRACE_ACCESS_PRESENT,
};

/* Segments in AT from which on bytes are extremes. */
#define BYTES_AT_EXTREMES 248u

#define BYTES_SEGMENT_PAGES 16u /* of the format, whatever the geometry */

static inline uint32_t bytes_argument(const uint8_t *record)
{
    return (uint32_t)record[2] << 8 | record[3];
}

/* A byte, or the argument, around 0. */
static inline uint32_t bytes_signed(uint8_t byte)
{
    return (uint32_t)(int32_t)(int8_t)byte;
}

static inline uint32_t bytes_signed_argument(const uint8_t *record)
{
    return (uint32_t)(int32_t)(int16_t)(uint16_t)bytes_argument(record);
}

/* -2 to 2. */
static inline uint32_t bytes_delta(uint8_t byte)
{
    return byte % 5u - 2u;
}

static inline uint32_t bytes_size_near(uint8_t index, uint8_t delta)
{
    return trace_bytes_sizes[index % TRACE_BYTES_SIZES] + bytes_delta(delta);
}

/* How the ops of a record with several follow from the first one. */
enum run {
    RUN_SAME,    /* on slots run_step apart */
    RUN_CLASSES, /* the same, each with the next size */
    RUN_CHURN,   /* a free and an alloc in each slot */
    RUN_NEWEST,  /* frees of what was created last */
    RUN_OLDEST,  /* or first */
};

/* The op of a record with one op; false: it has set up a run, which may be empty. */
bool bytes_decode(struct trace_bytes *reader, const uint8_t *record, struct trace_op *op);

#endif
