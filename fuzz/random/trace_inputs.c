/* SPDX-License-Identifier: 0BSD */
/* Traces of the swarm's operations in each of the three forms; some of them damaged. */
#include "../../traces/format/layout.h"
#include "../../traces/text/trace_text.h"
#include "inputs.h"
#include "swarm.h"

#include <lookaside/trace_bytes.h>

#include <string.h>

#define OPS_MAX 512u

struct buffer {
    uint8_t *bytes;
    size_t count;
};

static bool append(void *context, const void *bytes, size_t count)
{
    struct buffer *buffer = context;

    if (count > INPUTS_BYTES_MAX - buffer->count)
        return false;
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return true;
}

static size_t as_binary(struct swarm *swarm, uint8_t *bytes)
{
    static struct trace_writer writer;
    struct buffer buffer = { bytes, 0 };
    uint8_t head[TRACE_HEADER_BYTES] = { 0 };
    struct trace_header header;
    struct trace_op op;

    (void)append(&buffer, head, sizeof head);
    trace_writer_init(&writer, append, &buffer);
    for (uint32_t i = 0; i < swarm->ops; i++) {
        swarm_next(swarm, &op);
        (void)trace_write(&writer, &op);
    }
    if (trace_finish(&writer, &header))
        trace_encode_header(&header, "", bytes);
    return buffer.count;
}

static size_t as_records(struct swarm *swarm, uint8_t *bytes)
{
    const struct trace_bytes_header header = { .ops_max = 4096, .seed = TRACE_BYTES_SEED };
    size_t count = TRACE_BYTES_HEADER;
    struct trace_op op;

    trace_bytes_put_header(&header, bytes);
    for (uint32_t i = 0; i < swarm->ops; i++) {
        swarm_next(swarm, &op);
        if (trace_bytes_put(&op, bytes + count) != TRACE_BYTES_CANNOT)
            count += TRACE_BYTES_RECORD;
    }
    return count;
}

static size_t as_text(struct swarm *swarm, uint8_t *bytes)
{
    struct buffer buffer = { bytes, 0 };
    char line[TRACE_TEXT_OP_BYTES];
    struct trace_op op;

    for (uint32_t i = 0; i < swarm->ops; i++) {
        swarm_next(swarm, &op);
        (void)append(&buffer, line, trace_text_format(&op, line));
    }
    return buffer.count;
}

/* A few bytes changed, a piece gone from the end. */
static size_t damage(uint64_t *state, uint8_t *bytes, size_t count)
{
    for (uint32_t i = inputs_below(state, 4) + 1u; i > 0 && count > 0; i--)
        bytes[inputs_below(state, (uint32_t)count)] ^= (uint8_t)(1u << inputs_below(state, 8));
    return inputs_below(state, 4) == 0 ? inputs_below(state, (uint32_t)count + 1u) : count;
}

size_t inputs_make(uint64_t seed, uint64_t run, uint8_t *bytes)
{
    static size_t (*const forms[])(struct swarm *, uint8_t *) = { as_binary, as_records, as_text };
    uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + run;
    struct swarm swarm;
    size_t count;

    swarm_begin(&swarm, seed, run, OPS_MAX, 'w');
    count = forms[inputs_below(&state, 3)](&swarm, bytes);
    return inputs_below(&state, 4) == 0 ? damage(&state, bytes, count) : count;
}
