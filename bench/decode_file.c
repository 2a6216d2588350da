/* SPDX-License-Identifier: 0BSD */
/* Decoding whole files. */
#include "decode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace_file.h"

static bool decode_file(struct decoder *decoder, struct trace_file *file, char *message,
                        size_t message_size)
{
    enum trace_answer answer;
    struct trace_op op;
    bool good = decode_begin(decoder, trace_file_header(file));

    while (good && (answer = trace_file_next(file, &op)) != TRACE_FILE_END) {
        if (answer == TRACE_FILE_WRONG) {
            snprintf(message, message_size, "%s", trace_file_message(file));
            return false;
        }
        good = decode_op(decoder, &op);
    }
    if (!good)
        snprintf(message, message_size, "no memory for the trace");
    return good;
}

bool decode_trace(const char *path, const char *const paths[OPS_KINDS],
                  struct ops_facts facts[OPS_KINDS], char *message, size_t message_size)
{
    struct trace_file *file = trace_file_open(path, NULL, message, message_size);
    struct decoder decoder;
    bool good;

    if (file == NULL)
        return false;
    good = decode_file(&decoder, file, message, message_size);
    trace_file_close(file);
    for (uint32_t kind = 0; kind < OPS_KINDS && good; kind++) {
        facts[kind] = decoder.lists[kind].facts;
        good = facts[kind].count == 0 ||
               ops_write(&decoder.lists[kind], (enum ops_kind)kind, paths[kind]);
        if (!good)
            snprintf(message, message_size, "%s: %s", paths[kind], strerror(errno));
    }
    decode_end(&decoder);
    return good;
}
