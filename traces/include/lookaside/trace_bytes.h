/* SPDX-License-Identifier: 0BSD */
/* The byte form of a trace: any bytes are one. Made for fuzzers, which change bytes: every limit
 * that matters is one changed byte away, nothing is malformed, and the work is bounded.
 * Freestanding.
 *
 *   header 8 | record 4 | record 4 | ...      missing bytes of the header are 0, a cut record is
 *   none
 *
 *   header   geometry and shape | memory and budget | fault mode | k | content seed 4
 *   record   what 5 bits, how 3 bits | slot | argument 2
 *
 * A record becomes one op or several; docs/trace-format.md has the tables. What the ops are depends
 * on the bytes alone, not on a build, its geometry or its buckets.
 */
#ifndef LOOKASIDE_TRACE_BYTES_H
#define LOOKASIDE_TRACE_BYTES_H

#include <lookaside/trace.h>

#define TRACE_BYTES_HEADER  8u
#define TRACE_BYTES_RECORD  4u
#define TRACE_BYTES_OPS_MAX 4096u /* of an input, and its records: what is behind is ignored */
#define TRACE_BYTES_SIZE_MAX                                                                       \
    (TRACE_BYTES_HEADER + TRACE_BYTES_RECORD * TRACE_BYTES_OPS_MAX) /* the same in bytes */

/* Slots, so that a replay's memory is static. */
#define TRACE_BYTES_BLOCKS  1024u
#define TRACE_BYTES_REGIONS 16u
#define TRACE_BYTES_STACKS  8u
#define TRACE_BYTES_HEAPS   4u

/* Block sizes next to which a size is told: the buckets of every table in use, and more. */
#define TRACE_BYTES_SIZES 128u
extern const uint16_t trace_bytes_sizes[TRACE_BYTES_SIZES];

/* Which build of the core a finding belongs to. Nothing that the ops depend on. */
enum trace_bytes_geometry {
    TRACE_BYTES_ANY,
    TRACE_BYTES_FULL,  /* 65,536 segments of 64 KiB */
    TRACE_BYTES_SMALL, /* 256 segments of 64 KiB */
    TRACE_BYTES_TINY,  /* 96 segments of 4 KiB */
};

enum trace_bytes_fault {
    TRACE_BYTES_NO_FAULT,
    TRACE_BYTES_ONCE,   /* the kth commit fails */
    TRACE_BYTES_ALWAYS, /* from the kth on all */
    TRACE_BYTES_EVERY,  /* the kth, counted again after every 16 records */
};

/* The seed that tools write: what is told from other files by content has it. */
#define TRACE_BYTES_SEED UINT32_C(0x4254414c) /* "LATB" */

struct trace_bytes_header {
    uint8_t geometry; /* enum trace_bytes_geometry */
    uint8_t shape;    /* 0 to 63: of the world that a finding belongs to, by whoever has worlds */
    uint8_t fault;    /* enum trace_bytes_fault */
    uint8_t k;        /* 0: no fault */
    uint8_t memory_class; /* 0: no limit, 1 to 15: trace_bytes_limit_pages() */
    uint16_t ops_max;     /* 256, 1024, 2048 or 4096 */
    uint32_t seed;        /* for whoever fills blocks */
};

/* Private: where a freed slot may be found: creations in order, and who is still there. */
struct trace_bytes_order {
    uint32_t oldest;
    uint32_t newest; /* one past */
    uint16_t slots[TRACE_BYTES_OPS_MAX];
    uint32_t live[TRACE_BYTES_BLOCKS / 32u];
};

/* A reader over bytes in memory, about 8.5 KiB; everything but `header` is private. */
struct trace_bytes {
    struct trace_bytes_header header;
    const uint8_t *at;
    const uint8_t *end;
    uint32_t ops_left;
    uint32_t records;
    uint32_t run_left;  /* ops that the record at hand still is */
    uint8_t run;        /* how they follow from `op` */
    uint8_t run_delta;  /* of their sizes */
    uint32_t run_step;  /* of their slots */
    uint32_t run_size;  /* index of their size */
    uint8_t prologue;   /* ops that the header is */
    struct trace_op op; /* the next op of the run */
    struct trace_bytes_order order;
};

/* Start to read `count` bytes; they must stay. O(1): what of `reader` is not needed is not touched.
 */
void trace_bytes_open(struct trace_bytes *reader, const uint8_t *bytes, size_t count);

/* The next op; false at the end. Every op is in the format's domain and its slots are below the
 * numbers above. O(1) on average.
 */
bool trace_bytes_next(struct trace_bytes *reader, struct trace_op *ret_op);

/* The backed pages that a memory class allows; UINT32_MAX for 0. */
uint32_t trace_bytes_limit_pages(uint8_t memory_class);

/* Whether bytes say of themselves that they are in byte form. */
bool trace_bytes_marked(const uint8_t *bytes, size_t count);

/* -- Encoding ---------------------------------------------------------------------------------- */

/* The header into TRACE_BYTES_HEADER bytes. Values outside their domain are cut. */
void trace_bytes_put_header(const struct trace_bytes_header *header, uint8_t *buffer);

enum trace_bytes_answer {
    TRACE_BYTES_EXACT,  /* the record is the op */
    TRACE_BYTES_CLOSE,  /* the op with the next larger number that can be told */
    TRACE_BYTES_CANNOT, /* no record: a slot or a number out of reach, or a note */
};

/* One op into TRACE_BYTES_RECORD bytes. Every op that trace_bytes_next() gives is told exactly. */
enum trace_bytes_answer trace_bytes_put(const struct trace_op *op, uint8_t *buffer);

#endif
