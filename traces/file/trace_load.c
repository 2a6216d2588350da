/* SPDX-License-Identifier: 0BSD */
/* Whole traces in memory. */
#include "trace_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Count an op's slot into the header's high-water marks. */
static void count_slot(struct trace_header *header, const struct trace_op *op)
{
    uint32_t *slots;

    switch (trace_slot_kind(op->kind)) {
    case TRACE_BLOCK: slots = &header->block_slots; break;
    case TRACE_REGION: slots = &header->region_slots; break;
    case TRACE_STACK: slots = &header->stack_slots; break;
    case TRACE_HEAP: slots = &header->heap_slots; break;
    default: return;
    }
    if (op->slot >= *slots)
        *slots = op->slot + 1u;
}

static bool load_ops(struct trace_file *file, struct trace_loaded *trace)
{
    size_t room = 0;
    struct trace_op op;
    enum trace_answer answer = trace_file_next(file, &op);

    for (; answer == TRACE_FILE_OP; answer = trace_file_next(file, &op)) {
        if (trace->header.ops == room) {
            struct trace_op *ops;
            room = room ? room * 2u : 1024u;
            ops = realloc(trace->ops, room * sizeof *ops);
            if (!ops)
                return false;
            trace->ops = ops;
        }
        trace->ops[trace->header.ops++] = op;
        count_slot(&trace->header, &op);
    }
    return answer == TRACE_FILE_END;
}

bool trace_load(const char *path, struct trace_loaded *ret_trace, char *error, size_t error_size)
{
    struct trace_loaded trace = { .header = { .heap_slots = 1 } };
    struct trace_file *file = trace_file_open(path, NULL, error, error_size);
    bool good;

    if (!file)
        return false;
    trace.text = strdup(trace_file_text(file));
    good = trace.text && load_ops(file, &trace);
    if (good) {
        trace.header.text_bytes = (uint32_t)strlen(trace.text);
        *ret_trace = trace;
    } else {
        const char *message = trace_file_message(file);
        snprintf(error, error_size, "%s%s", message[0] ? message : path,
                 message[0] ? "" : ": out of memory");
        trace_unload(&trace);
    }
    trace_file_close(file);
    return good;
}

void trace_unload(struct trace_loaded *trace)
{
    free(trace->text);
    free(trace->ops);
    *trace = (struct trace_loaded){ .text = NULL };
}

bool trace_save(const char *path, const struct trace_loaded *trace, char *error, size_t error_size)
{
    struct trace_output *output = trace_output_open(path, error, error_size);

    if (!output)
        return false;
    for (uint64_t i = 0; i < trace->header.ops; i++)
        if (!trace_output_write(output, &trace->ops[i])) {
            snprintf(error, error_size, "%s: op %llu could not be written", path,
                     (unsigned long long)i);
            trace_output_abandon(output);
            return false;
        }
    return trace_output_commit(output, trace->text ? trace->text : "", error, error_size);
}
