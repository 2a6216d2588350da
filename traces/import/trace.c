/* SPDX-License-Identifier: 0BSD */
/* A trace as a recording: it only changes its form, and gets what --set adds. */
#include "formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The trace's own header text behind what --set said. */
static bool copy_text(struct import *import, const char *text)
{
    size_t bytes = strlen(text);

    if (import->text_bytes + bytes > TRACE_TEXT_BYTES_MAX)
        return import_fail(import, "more than %u bytes of header text", TRACE_TEXT_BYTES_MAX);
    memcpy(import->text + import->text_bytes, text, bytes + 1u);
    import->text_bytes += bytes;
    return true;
}

bool import_trace(struct import *import)
{
    struct trace_file *file =
        trace_file_over(import->input, NULL, import->error, sizeof import->error);
    enum trace_answer answer = TRACE_FILE_WRONG;
    struct trace_op op;
    bool good;

    if (!file)
        return false;
    good = copy_text(import, trace_file_text(file));
    while (good && (answer = trace_file_next(file, &op)) == TRACE_FILE_OP)
        if (!trace_output_write(import->output, &op))
            good = import_fail(import, "the trace cannot be written: %s", strerror(errno));
    if (good && answer == TRACE_FILE_WRONG) {
        snprintf(import->error, sizeof import->error, "%s", trace_file_message(file));
        good = false;
    }
    trace_file_close(file);
    return good;
}
