/* SPDX-License-Identifier: 0BSD */
/* A trace as a recording: it only changes its form, and gets what --set adds. */
#include "convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The trace's own header text behind what --set said. */
static bool copy_text(struct convert *convert, const char *text)
{
    size_t bytes = strlen(text);

    if (convert->text_bytes + bytes > TRACE_TEXT_BYTES_MAX)
        return convert_fail(convert, "more than %u bytes of header text", TRACE_TEXT_BYTES_MAX);
    memcpy(convert->text + convert->text_bytes, text, bytes + 1u);
    convert->text_bytes += bytes;
    return true;
}

bool convert_trace(struct convert *convert)
{
    struct trace_file *file =
        trace_file_over(convert->input, NULL, convert->error, sizeof convert->error);
    enum trace_answer answer = TRACE_FILE_WRONG;
    struct trace_op op;
    bool good;

    if (!file)
        return false;
    good = copy_text(convert, trace_file_text(file));
    while (good && (answer = trace_file_next(file, &op)) == TRACE_FILE_OP)
        if (!trace_output_write(convert->output, &op))
            good = convert_fail(convert, "the output cannot be written");
    if (good && answer == TRACE_FILE_WRONG) {
        snprintf(convert->error, sizeof convert->error, "%s", trace_file_message(file));
        good = false;
    }
    trace_file_close(file);
    return good;
}
