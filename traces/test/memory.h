/* SPDX-License-Identifier: 0BSD */
/* A trace file in memory, for tests of the codec: a sink and a source that gives small pieces. */
#ifndef LOOKASIDE_TRACES_TEST_MEMORY_H
#define LOOKASIDE_TRACES_TEST_MEMORY_H

#include "check.h"

#include <lookaside/trace.h>

struct memory {
    uint8_t *bytes;
    size_t count;
    size_t room;
    size_t at;    /* of the source */
    size_t piece; /* a read gives at most this many bytes; 0: as many as wanted */
};

static inline bool memory_write(void *context, const void *buffer, size_t bytes)
{
    struct memory *memory = context;

    if (bytes == 0)
        return true;
    if (memory->count + bytes > memory->room) {
        memory->room = (memory->count + bytes) * 2u;
        memory->bytes = realloc(memory->bytes, memory->room);
    }
    memcpy(memory->bytes + memory->count, buffer, bytes);
    memory->count += bytes;
    return true;
}

static inline size_t memory_read(void *context, void *buffer, size_t bytes)
{
    struct memory *memory = context;
    size_t there = memory->count - memory->at;

    if (there == 0)
        return 0;
    if (there > bytes)
        there = bytes;
    if (memory->piece > 0 && there > memory->piece)
        there = memory->piece;
    memcpy(buffer, memory->bytes + memory->at, there);
    memory->at += there;
    return there;
}

/* A finished trace of `count` ops. */
static inline struct memory memory_trace(const struct trace_op *ops, size_t count, const char *text)
{
    struct memory memory = { .bytes = NULL };
    struct trace_writer *writer = malloc(sizeof *writer);
    struct trace_header header;
    uint8_t fixed[TRACE_HEADER_BYTES] = { 0 };

    memory_write(&memory, fixed, sizeof fixed);
    memory_write(&memory, text, strlen(text));
    trace_writer_init(writer, memory_write, &memory);
    for (size_t i = 0; i < count; i++)
        if (!trace_write(writer, &ops[i]))
            CHECK_FAIL("the writer refused op %zu (kind %d)", i, ops[i].kind);
    CHECK(trace_finish(writer, &header));
    header.text_bytes = (uint32_t)strlen(text);
    trace_encode_header(&header, text, memory.bytes);
    free(writer);
    return memory;
}

static inline bool same_op(const struct trace_op *a, const struct trace_op *b)
{
    return a->kind == b->kind && a->align_log2 == b->align_log2 && a->placement == b->placement &&
           a->slot == b->slot && a->bytes == b->bytes && a->recorded_bytes == b->recorded_bytes &&
           a->guard_pages == b->guard_pages;
}

/* -- Ops to test with: what the format's specification allows, written down a second time ------ */

static inline uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* A number of any magnitude. */
static inline uint32_t random_number(uint64_t *state)
{
    return (next_random(state) << 1 | (next_random(state) & 1u)) >> (next_random(state) % 32u);
}

/* The same of a probe, into a zeroed op with kind and slot. */
static inline void make_probe(struct trace_op *op, uint32_t a, uint32_t b, uint32_t c,
                              uint8_t align, uint8_t placement)
{
    switch (op->kind) {
    case TRACE_FREE_AT:
    case TRACE_RELEASE_AT:
        op->offset_bytes = a;
        op->placement = placement % 2u;
        op->realloc_bytes = op->placement ? b : 0;
        break;
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT:
        op->distance_pages = a;
        op->range_segments = b;
        break;
    case TRACE_RESERVE_AT:
        op->segments = a;
        op->window_first = b;
        op->window_end = c;
        op->align_log2 = align;
        op->placement = placement;
        break;
    case TRACE_FAIL:
        op->slot = 0;
        op->nth = a;
        op->placement = placement % 2u;
        break;
    case TRACE_MEMORY:
        op->slot = 0;
        op->limit_pages = a;
        break;
    case TRACE_ACCESS:
        op->stack_plus_1 = c % 2u ? op->slot + 1u : 0;
        op->distance_pages = a;
        op->access = b % 16u;
        break;
    case TRACE_STACK_TRIM:
        op->depth_bytes = a;
        op->keep_pages = b;
        break;
    default: break;
    }
}

/* Set the fields of `kind` to `a`, `b`, `c`; `align` 0 to 31; `placement` 0 to 3. */
static inline struct trace_op make_op(uint8_t kind, uint32_t slot, uint32_t a, uint32_t b,
                                      uint32_t c, uint8_t align, uint8_t placement)
{
    struct trace_op op = { .kind = kind, .slot = slot };

    switch (kind) {
    case TRACE_ALLOC_ALIGNED: op.align_log2 = align; /* fall through */
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
        op.bytes = a;
        op.recorded_bytes = b;
        break;
    case TRACE_REALLOC: op.bytes = a; break;
    case TRACE_RESERVE:
        op.pages = a;
        op.align_log2 = align;
        op.placement = placement;
        op.window_page = placement == 3 ? b : 0;
        break;
    case TRACE_COMMIT:
    case TRACE_DECOMMIT:
        op.pages = a;
        op.offset_pages = b;
        break;
    case TRACE_RESIZE:
    case TRACE_STACK_TOUCH: op.pages = a; break;
    case TRACE_STACK_CREATE:
        op.pages = a;
        op.committed_pages = b;
        op.guard_pages = c;
        break;
    case TRACE_THREAD:
    case TRACE_TIME:
    case TRACE_MARK:
    case TRACE_CPU:
    case TRACE_LABEL:
        op.bytes = a;
        op.slot = 0;
        break;
    case TRACE_HEAP_TRIM: op.slot = 0; break;
    default: make_probe(&op, a, b, c, align, placement); break;
    }
    return op;
}

static inline struct trace_op random_op(uint64_t *state, uint32_t slots)
{
    uint8_t kind = (uint8_t)(1u + next_random(state) % (TRACE_KINDS - 1u));

    return make_op(kind, next_random(state) % slots, random_number(state), random_number(state),
                   random_number(state), (uint8_t)(next_random(state) % 32u),
                   (uint8_t)(next_random(state) % 4u));
}

#endif
