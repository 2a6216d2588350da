/* SPDX-License-Identifier: 0BSD */
/* What every import must keep to. A broken rule is told, and aborts. */
#include "oracle.h"

#include "../../traces/format/kinds.h"
#include "../../traces/text/trace_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What lives in a slot: regions and stacks have pages. */
struct slot {
    bool full;
    uint32_t pages;
};

struct slots {
    struct slot *at;
    size_t room;
};

/* Bytes of a trace, written once and read again. */
struct bytes {
    uint8_t *at;
    size_t count;
    size_t room;
    size_t read;
};

struct oracle {
    enum oracle_trust trust;
    struct slots slots[TRACE_NO_SLOT];
    struct trace_op *ops;
    size_t ops_count;
    size_t ops_room;
    struct bytes bytes;
    struct trace_writer writer;
    struct trace_reader reader;
};

/* -- Failing ----------------------------------------------------------------------------------- */

__attribute__((noreturn)) static void broken(const char *rule, const struct trace_op *op)
{
    char line[TRACE_TEXT_OP_BYTES] = "\n";

    if (op && kind_op_valid(op))
        trace_text_format(op, line);
    fprintf(stderr, "oracle: %s: %s", rule, line);
    abort();
}

static void rule(bool kept, const char *words, const struct trace_op *op)
{
    if (!kept)
        broken(words, op);
}

/* Room for one more item at least; the target itself must not run out of memory. */
static void *room_for(void *at, size_t *room, size_t index, size_t item_bytes)
{
    size_t wanted = *room ? *room : 64u;

    if (index < *room)
        return at;
    while (wanted <= index)
        wanted *= 2u;
    at = realloc(at, wanted * item_bytes);
    if (!at)
        abort();
    memset((char *)at + *room * item_bytes, 0, (wanted - *room) * item_bytes);
    *room = wanted;
    return at;
}

/* -- Bytes ------------------------------------------------------------------------------------- */

static bool append(void *context, const void *buffer, size_t count)
{
    struct bytes *bytes = context;

    bytes->at = room_for(bytes->at, &bytes->room, bytes->count + count, 1);
    memcpy(bytes->at + bytes->count, buffer, count);
    bytes->count += count;
    return true;
}

static size_t read_back(void *context, void *buffer, size_t count)
{
    struct bytes *bytes = context;

    if (count > bytes->count - bytes->read)
        count = bytes->count - bytes->read;
    memcpy(buffer, bytes->at + bytes->read, count);
    bytes->read += count;
    return count;
}

/* -- Ops --------------------------------------------------------------------------------------- */

static void check_region(const struct slot *slot, const struct trace_op *op)
{
    if (op->kind == TRACE_COMMIT || op->kind == TRACE_DECOMMIT) {
        rule(op->pages > 0, "nothing is committed", op);
        rule(op->offset_pages <= slot->pages && op->pages <= slot->pages - op->offset_pages,
             "behind the region's end", op);
    }
    if (op->kind == TRACE_RESERVE || op->kind == TRACE_RESIZE)
        rule(op->pages > 0, "a region without pages", op);
}

/* A guard, a committed page, and room for both: what any port needs. */
static void check_stack(const struct slot *slot, const struct trace_op *op)
{
    if (op->kind == TRACE_STACK_CREATE) {
        rule(op->guard_pages > 0, "a stack without guard", op);
        rule(op->committed_pages > 0, "a stack without a page", op);
        rule(op->guard_pages < op->pages && op->committed_pages <= op->pages - op->guard_pages,
             "a stack without room", op);
    }
    if (op->kind == TRACE_STACK_TOUCH)
        rule(op->depth_page < slot->pages, "below the stack", op);
}

static bool creates(uint8_t kind)
{
    return kind == TRACE_ALLOC || kind == TRACE_ALLOC_ZEROED || kind == TRACE_ALLOC_ALIGNED ||
           kind == TRACE_HEAP_CREATE || kind == TRACE_RESERVE || kind == TRACE_STACK_CREATE;
}

static bool ends(uint8_t kind)
{
    return kind == TRACE_FREE || kind == TRACE_HEAP_DESTROY || kind == TRACE_RELEASE ||
           kind == TRACE_STACK_DESTROY;
}

static void check_slot(struct oracle *oracle, const struct trace_op *op)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);
    struct slots *slots;
    struct slot *slot;

    if (kind == TRACE_NO_SLOT)
        return;
    rule(!trace_kind_is_probe(op->kind), "no recording has a probe", op);
    slots = &oracle->slots[kind];
    slots->at = room_for(slots->at, &slots->room, op->slot, sizeof *slots->at);
    slot = &slots->at[op->slot];
    rule(slot->full != creates(op->kind), slot->full ? "the slot is full" : "the slot is empty",
         op);
    if (oracle->trust == ORACLE_PAGES) {
        check_region(slot, op);
        check_stack(slot, op);
    }
    if (creates(op->kind) || op->kind == TRACE_RESIZE)
        slot->pages = op->pages;
    slot->full = !ends(op->kind);
}

bool oracle_take(void *context, const struct trace_op *op)
{
    struct oracle *oracle = context;

    rule(kind_op_valid(op), "an op outside the format's domain", NULL);
    if (oracle->trust != ORACLE_ANY)
        check_slot(oracle, op);
    oracle->ops = room_for(oracle->ops, &oracle->ops_room, oracle->ops_count, sizeof *oracle->ops);
    oracle->ops[oracle->ops_count++] = *op;
    rule(trace_write(&oracle->writer, op), "the op is not encoded", op);
    return true;
}

/* -- The whole --------------------------------------------------------------------------------- */

struct oracle *oracle_begin(enum oracle_trust trust)
{
    static const uint8_t no_header[TRACE_HEADER_BYTES];
    struct oracle *oracle = calloc(1, sizeof *oracle);

    if (!oracle)
        abort();
    oracle->trust = trust;
    append(&oracle->bytes, no_header, sizeof no_header);
    trace_writer_init(&oracle->writer, append, &oracle->bytes);
    oracle->slots[TRACE_HEAP].at =
        room_for(NULL, &oracle->slots[TRACE_HEAP].room, 0, sizeof(struct slot));
    oracle->slots[TRACE_HEAP].at[0].full = true;
    return oracle;
}

static bool same(const struct trace_op *a, const struct trace_op *b)
{
    return a->kind == b->kind && a->align_log2 == b->align_log2 && a->placement == b->placement &&
           a->slot == b->slot && a->bytes == b->bytes && a->recorded_bytes == b->recorded_bytes &&
           a->guard_pages == b->guard_pages;
}

static void check_trace(struct oracle *oracle, const char *text)
{
    size_t text_bytes = strlen(text);
    struct trace_header header;
    struct trace_op op;

    rule(text_bytes <= TRACE_TEXT_BYTES_MAX && trace_text_valid(text, (uint32_t)text_bytes),
         "the header text is not in its form", NULL);
    rule(trace_finish(&oracle->writer, &header), "the trace is not finished", NULL);
    rule(header.ops == oracle->ops_count, "the header's count is wrong", NULL);
    trace_encode_header(&header, "", oracle->bytes.at); /* the text would add nothing here */
    rule(trace_open(&oracle->reader, read_back, &oracle->bytes, NULL, 0, NULL) == TRACE_OK,
         "the header is not read back", NULL);
    for (size_t i = 0; i < oracle->ops_count; i++) {
        rule(trace_next(&oracle->reader, &op) == TRACE_OK, "the op is not read back",
             &oracle->ops[i]);
        rule(same(&op, &oracle->ops[i]), "the op is read back differently", &oracle->ops[i]);
    }
    rule(trace_next(&oracle->reader, &op) == TRACE_DONE, "more ops are read than written", NULL);
}

/* "FILE:3: found 'x', expected y": one line, in words. */
static void check_message(const char *message)
{
    rule(message[0] != '\0', "a failure without a message", NULL);
    for (; *message != '\0'; message++)
        rule((unsigned char)*message >= 0x20u && *message != 0x7f,
             "a message with control characters", NULL);
}

void oracle_end(struct oracle *oracle, bool good, const char *words)
{
    if (good)
        check_trace(oracle, words);
    else
        check_message(words);
    for (int kind = 0; kind < TRACE_NO_SLOT; kind++)
        free(oracle->slots[kind].at);
    free(oracle->ops);
    free(oracle->bytes.at);
    free(oracle);
}
