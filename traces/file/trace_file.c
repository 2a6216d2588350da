/* SPDX-License-Identifier: 0BSD */
/* Reading trace files of any form as a stream of ops. */
#include "trace_file.h"

#include "../text/trace_text.h"
#include "input.h"

#include <lookaside/trace_bytes.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace_file {
    struct input *input;
    bool owns_input;
    bool is_text;
    bool is_bytes;
    bool header_lines_over; /* text: what looks like a header line now is a comment */
    bool has_op;            /* text: `op` was met while looking for header lines */
    bool failed;
    struct trace_op op;
    struct trace_reader reader;
    struct trace_bytes decoder;
    uint8_t bytes[TRACE_BYTES_SIZE_MAX];
    struct lines lines;
    size_t text_bytes;
    char text[TRACE_TEXT_BYTES_MAX + 1u];
    char message[TRACE_MESSAGE_BYTES];
};

/* What the format wants where an error was met. */
static const char *expectation(enum trace_error error)
{
    switch (error) {
    case TRACE_E_EMPTY: return "a header of 64 bytes";
    case TRACE_E_MAGIC: return "a trace, its text twin, or either in zstd, gzip or xz";
    case TRACE_E_VERSION: return "version 1";
    case TRACE_E_HEADER: return "a header whose checksum, counts and text hold";
    case TRACE_E_CHUNK: return "the next chunk, or the end of the file behind the end chunk";
    case TRACE_E_CHECKSUM: return "a chunk whose CRC-32C holds";
    case TRACE_E_OP: return "a known op with fields in their domain";
    case TRACE_E_TRUNCATED: return "more chunks up to the end chunk";
    case TRACE_E_COUNT: return "the counts of the ops before the end chunk";
    default: return "a trace";
    }
}

static enum trace_answer wrong_bytes(struct trace_file *file)
{
    const struct trace_reader *reader = &file->reader;

    file->failed = true;
    if (reader->error == TRACE_E_READ)
        snprintf(file->message, sizeof file->message, "%s: %s", input_path(file->input),
                 input_problem(file->input));
    else
        snprintf(file->message, sizeof file->message, "%s: %soffset %" PRIu64 ": %s (expected %s)",
                 input_path(file->input), input_is_packed(file->input) ? "unpacked " : "",
                 reader->offset, trace_error_text(reader->error), expectation(reader->error));
    return TRACE_FILE_WRONG;
}

/* -- Text -------------------------------------------------------------------------------------- */

static enum trace_answer wrong_line(struct trace_file *file, const char *problem)
{
    file->failed = true;
    snprintf(file->message, sizeof file->message, "%s:%" PRIu64 ": %s", input_path(file->input),
             file->lines.number, problem);
    return TRACE_FILE_WRONG;
}

static bool add_header_line(struct trace_file *file, const char *line)
{
    size_t bytes = strlen(line);

    if (file->text_bytes + bytes + 1u > TRACE_TEXT_BYTES_MAX)
        return false;
    memcpy(file->text + file->text_bytes, line, bytes);
    file->text_bytes += bytes;
    file->text[file->text_bytes++] = '\n';
    file->text[file->text_bytes] = '\0';
    return true;
}

/* The next op line; header lines on the way are added to the text. */
static enum trace_answer next_line(struct trace_file *file, struct trace_op *ret_op)
{
    for (char *line = lines_next(&file->lines); line; line = lines_next(&file->lines)) {
        char problem[256];
        const char *header_line;
        enum trace_text_answer answer;
        if (!file->header_lines_over && trace_text_is_header(line, &header_line)) {
            if (!add_header_line(file, header_line))
                return wrong_line(file, "too much header text (expected at most 65536 bytes)");
            continue;
        }
        answer = trace_text_parse(line, ret_op, problem, sizeof problem);
        if (answer == TRACE_TEXT_WRONG)
            return wrong_line(file, problem);
        if (answer == TRACE_TEXT_OP) {
            file->header_lines_over = true;
            return TRACE_FILE_OP;
        }
    }
    return file->lines.problem[0] == '\0' ? TRACE_FILE_END : wrong_line(file, file->lines.problem);
}

/* Read up to the first op, so that the header text is known once the file is open. */
static enum trace_answer open_text(struct trace_file *file)
{
    struct trace_header *header = &file->reader.header;
    enum trace_answer answer;

    *header = (struct trace_header){ TRACE_OPS_OPEN,  TRACE_SLOTS_MAX, TRACE_SLOTS_MAX,
                                     TRACE_SLOTS_MAX, TRACE_SLOTS_MAX, 0 };
    lines_init(&file->lines, file->input);
    lines_next(&file->lines); /* TRACE_TEXT_FIRST_LINE */
    answer = next_line(file, &file->op);
    file->has_op = answer == TRACE_FILE_OP;
    file->header_lines_over = true;
    header->text_bytes = (uint32_t)file->text_bytes;
    return answer;
}

/* -- Bytes ------------------------------------------------------------------------------------- */

/* What the header says and ops cannot, as lines of the text. */
static void describe_bytes(struct trace_file *file)
{
    static const char *const geometries[] = { "", "geometry: full\n", "geometry: small\n",
                                              "geometry: tiny\n" };
    const struct trace_bytes_header *header = &file->decoder.header;
    int bytes = snprintf(file->text, sizeof file->text, "%s", geometries[header->geometry]);

    if (header->shape != 0)
        bytes += snprintf(file->text + bytes, sizeof file->text - (size_t)bytes, "shape: %u\n",
                          header->shape);
    if (header->seed != TRACE_BYTES_SEED)
        bytes += snprintf(file->text + bytes, sizeof file->text - (size_t)bytes,
                          "content-seed: %" PRIu32 "\n", header->seed);
    file->text_bytes = (size_t)bytes;
}

/* Read it all; the ops are decoded once to count them, and again one by one. */
static enum trace_answer open_bytes(struct trace_file *file)
{
    struct trace_header *header = &file->reader.header;
    size_t count = 0;
    size_t got;
    struct trace_op op;

    do {
        got = input_read(file->input, file->bytes + count, sizeof file->bytes - count);
        if (got == SIZE_MAX) {
            file->reader.error = TRACE_E_READ;
            return wrong_bytes(file);
        }
        count += got;
    } while (got > 0);
    trace_bytes_open(&file->decoder, file->bytes, count);
    *header = (struct trace_header){ .block_slots = TRACE_BYTES_BLOCKS,
                                     .region_slots = TRACE_BYTES_REGIONS,
                                     .stack_slots = TRACE_BYTES_STACKS,
                                     .heap_slots = TRACE_BYTES_HEAPS };
    while (trace_bytes_next(&file->decoder, &op))
        header->ops++;
    trace_bytes_open(&file->decoder, file->bytes, count);
    describe_bytes(file);
    header->text_bytes = (uint32_t)file->text_bytes;
    return TRACE_FILE_OP;
}

/* -- Any form ---------------------------------------------------------------------------------- */

static enum trace_answer open_binary(struct trace_file *file)
{
    uint32_t text_bytes = 0;
    enum trace_error error = trace_open(&file->reader, input_read, file->input, file->text,
                                        TRACE_TEXT_BYTES_MAX, &text_bytes);

    file->text_bytes = error == TRACE_OK ? text_bytes : 0;
    file->text[file->text_bytes] = '\0';
    return error == TRACE_OK ? TRACE_FILE_OP : wrong_bytes(file);
}

/* Whether a header went wrong in a way that leaves the chunks behind it of use. */
static bool can_salvage(const struct trace_file *file)
{
    return !file->is_text && !file->is_bytes && file->reader.error == TRACE_E_HEADER;
}

struct trace_file *trace_file_over(struct input *input, bool *ret_damaged, char *error,
                                   size_t error_size)
{
    static const char first_line[] = TRACE_TEXT_FIRST_LINE;
    struct trace_file *file = calloc(1, sizeof *file);
    const uint8_t *first;
    size_t peeked;
    enum trace_answer answer;

    if (!file) {
        snprintf(error, error_size, "%s: out of memory", input_path(input));
        return NULL;
    }
    file->input = input;
    peeked = input_peek(file->input, &first);
    file->is_bytes =
        input_is_bytes(input) || (peeked != SIZE_MAX && trace_bytes_marked(first, peeked));
    file->is_text = !file->is_bytes && peeked != SIZE_MAX && peeked >= sizeof first_line - 1u &&
                    memcmp(first, first_line, sizeof first_line - 1u) == 0;
    answer = file->is_bytes  ? open_bytes(file)
             : file->is_text ? open_text(file)
                             : open_binary(file);
    if (ret_damaged)
        *ret_damaged = answer == TRACE_FILE_WRONG;
    if (answer != TRACE_FILE_WRONG || (ret_damaged && can_salvage(file)))
        return file;
    snprintf(error, error_size, "%s", file->message);
    trace_file_close(file);
    return NULL;
}

static struct trace_file *open_input(struct input *input, bool *ret_damaged, char *error,
                                     size_t error_size)
{
    struct trace_file *file = NULL;

    if (input)
        file = trace_file_over(input, ret_damaged, error, error_size);
    if (file)
        file->owns_input = true;
    else
        input_close(input);
    return file;
}

struct trace_file *trace_file_open(const char *path, bool *ret_damaged, char *error,
                                   size_t error_size)
{
    return open_input(input_open(path, error, error_size), ret_damaged, error, error_size);
}

struct trace_file *trace_file_open_bytes(const char *path, char *error, size_t error_size)
{
    return open_input(input_open_bytes(path, error, error_size), NULL, error, error_size);
}

void trace_file_close(struct trace_file *file)
{
    if (!file)
        return;
    if (file->owns_input)
        input_close(file->input);
    free(file);
}

enum trace_answer trace_file_next(struct trace_file *file, struct trace_op *ret_op)
{
    if (file->failed)
        return TRACE_FILE_WRONG;
    if (file->is_text) {
        if (!file->has_op)
            return next_line(file, ret_op);
        file->has_op = false;
        *ret_op = file->op;
        return TRACE_FILE_OP;
    }
    if (file->is_bytes)
        return trace_bytes_next(&file->decoder, ret_op) ? TRACE_FILE_OP : TRACE_FILE_END;
    switch (trace_next(&file->reader, ret_op)) {
    case TRACE_OK: return TRACE_FILE_OP;
    case TRACE_DONE: return TRACE_FILE_END;
    default: return wrong_bytes(file);
    }
}

bool trace_file_resync(struct trace_file *file)
{
    if (file->is_bytes)
        return false; /* only reading can have failed */
    if (file->is_text)
        file->failed = file->lines.problem[0] != '\0';
    else
        file->failed = trace_resync(&file->reader) != TRACE_OK;
    return !file->failed;
}

const char *trace_file_message(const struct trace_file *file)
{
    return file->message;
}

const struct trace_header *trace_file_header(const struct trace_file *file)
{
    return &file->reader.header;
}

const char *trace_file_text(const struct trace_file *file)
{
    return file->text;
}

bool trace_file_is_text(const struct trace_file *file)
{
    return file->is_text;
}

const char *trace_file_form(const struct trace_file *file)
{
    return file->is_bytes ? "bytes" : file->is_text ? "text" : "binary";
}

const char *trace_file_packing(const struct trace_file *file)
{
    return input_packing(file->input);
}

bool trace_text_value(const char *text, const char *key, char *value, size_t value_size)
{
    size_t key_bytes = strlen(key);

    for (const char *line = text; *line != '\0';
         line += strcspn(line, "\n"), line += *line != '\0') {
        if (strncmp(line, key, key_bytes) != 0 || strncmp(line + key_bytes, ": ", 2) != 0)
            continue;
        line += key_bytes + 2u;
        snprintf(value, value_size, "%.*s", (int)strcspn(line, "\n"), line);
        return true;
    }
    if (value_size > 0)
        value[0] = '\0';
    return false;
}
