/* SPDX-License-Identifier: 0BSD */
/* A trace file of one run. */
#include "save.h"

#include <stdio.h>

static bool append(void *file, const void *buffer, size_t bytes)
{
    return fwrite(buffer, 1, bytes, file) == bytes;
}

void save_trace(const char *path, const struct trace_op *ops, uint32_t count)
{
    static struct trace_writer writer;
    uint8_t buffer[TRACE_HEADER_BYTES] = { 0 };
    struct trace_header header;
    FILE *file = fopen(path, "wb");
    bool good = file && append(file, buffer, sizeof buffer);

    if (good) {
        trace_writer_init(&writer, append, file);
        for (uint32_t i = 0; i < count; i++)
            (void)trace_write(&writer, &ops[i]);
        good = trace_finish(&writer, &header);
    }
    if (good) { /* the totals are known only now */
        trace_encode_header(&header, "", buffer);
        rewind(file);
        good = append(file, buffer, sizeof buffer);
    }
    if (file && fclose(file) != 0)
        good = false;
    if (good)
        fprintf(stderr, "saved: %s: %u operations\n", path, count);
    else
        perror(path);
}
