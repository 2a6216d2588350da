/* SPDX-License-Identifier: 0BSD */
/* Files, stdin and zstd as one stream of bytes. A frame that ends early is an error here: it would
 * look like a clean end otherwise.
 */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define RAW_BYTES 65536u

struct input {
    char *path;
    int fd;
    ZSTD_DCtx *zstd; /* NULL: not packed */
    bool frame_open; /* inside a frame: the end of the file would be too early */
    uint64_t raw_offset;
    size_t raw_at;
    size_t raw_end;
    size_t peek_at;
    size_t peek_end;
    uint8_t peek[INPUT_PEEK_BYTES];
    uint8_t raw[RAW_BYTES];
    char problem[256];
};

static bool fill_raw(struct input *input)
{
    ssize_t got;

    do
        got = read(input->fd, input->raw, RAW_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        snprintf(input->problem, sizeof input->problem, "offset %" PRIu64 ": %s (expected bytes)",
                 input->raw_offset, strerror(errno));
        return false;
    }
    input->raw_at = 0;
    input->raw_end = (size_t)got;
    input->raw_offset += (uint64_t)got;
    return true;
}

static size_t read_plain(struct input *input, void *buffer, size_t bytes)
{
    size_t there;

    if (input->raw_at == input->raw_end && !fill_raw(input))
        return SIZE_MAX;
    there = input->raw_end - input->raw_at;
    if (there > bytes)
        there = bytes;
    memcpy(buffer, input->raw + input->raw_at, there);
    input->raw_at += there;
    return there;
}

static size_t zstd_failed(struct input *input, const char *what, const char *expected)
{
    snprintf(input->problem, sizeof input->problem,
             "packed offset %" PRIu64 ": zstd: %s (expected %s)",
             input->raw_offset - (input->raw_end - input->raw_at), what, expected);
    return SIZE_MAX;
}

/* Each turn produces bytes, or uses up input, or ends. */
static size_t read_packed(struct input *input, void *buffer, size_t bytes)
{
    ZSTD_outBuffer out = { buffer, bytes, 0 };

    for (;;) {
        ZSTD_inBuffer in = { input->raw, input->raw_end, input->raw_at };
        size_t hint = ZSTD_decompressStream(input->zstd, &out, &in);
        bool moved = in.pos != input->raw_at || out.pos != 0;
        input->raw_at = in.pos;
        if (ZSTD_isError(hint))
            return zstd_failed(input, ZSTD_getErrorName(hint), "an intact frame");
        if (moved)
            input->frame_open = hint != 0;
        if (out.pos != 0)
            return out.pos;
        if (input->raw_at < input->raw_end)
            continue;
        if (!fill_raw(input))
            return SIZE_MAX;
        if (input->raw_end == 0)
            return input->frame_open ? zstd_failed(input, "the frame is cut short", "its end") : 0;
    }
}

static size_t read_unpacked(struct input *input, void *buffer, size_t bytes)
{
    return input->zstd ? read_packed(input, buffer, bytes) : read_plain(input, buffer, bytes);
}

size_t input_read(void *context, void *buffer, size_t bytes)
{
    struct input *input = context;
    size_t peeked = input->peek_end - input->peek_at;

    if (bytes == 0)
        return 0;
    if (input->problem[0] != '\0')
        return SIZE_MAX;
    if (peeked == 0)
        return read_unpacked(input, buffer, bytes);
    if (peeked > bytes)
        peeked = bytes;
    memcpy(buffer, input->peek + input->peek_at, peeked);
    input->peek_at += peeked;
    return peeked;
}

size_t input_peek(struct input *input, const uint8_t **ret_bytes)
{
    while (input->peek_end < INPUT_PEEK_BYTES) {
        size_t got =
            read_unpacked(input, input->peek + input->peek_end, INPUT_PEEK_BYTES - input->peek_end);
        if (got == SIZE_MAX && input->peek_end == 0)
            return SIZE_MAX;
        if (got == SIZE_MAX || got == 0)
            break; /* a failure comes up again, or is still there, when the peeked bytes are gone */
        input->peek_end += got;
    }
    *ret_bytes = input->peek;
    return input->peek_end;
}

/* A zstd frame, or one to skip. Source: RFC 8878, 3.1. */
static bool looks_packed(const uint8_t *bytes, size_t count)
{
    if (count < 4 || (bytes[0] & 0xf0u) == 0)
        return false;
    return memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((bytes[0] & 0xf0u) == 0x50u && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0);
}

/* Have the first bytes in `raw`, however small the pieces are that a pipe gives. */
static bool begin(struct input *input)
{
    size_t have = 0;

    while (have < 4) {
        ssize_t got = read(input->fd, input->raw + have, RAW_BYTES - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    input->raw_end = have;
    input->raw_offset = have;
    return true;
}

struct input *input_open(const char *path, char *error, size_t error_size)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct input *input = calloc(1, sizeof *input);

    if (!input || !(input->path = strdup(is_stdin ? "stdin" : path))) {
        snprintf(error, error_size, "%s: out of memory", path);
        free(input);
        return NULL;
    }
    input->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0 || !begin(input)) {
        snprintf(error, error_size, "%s: %s", input->path, strerror(errno));
        input_close(input);
        return NULL;
    }
    if (looks_packed(input->raw, input->raw_end) && !(input->zstd = ZSTD_createDCtx())) {
        snprintf(error, error_size, "%s: out of memory", input->path);
        input_close(input);
        return NULL;
    }
    return input;
}

void input_close(struct input *input)
{
    if (!input)
        return;
    ZSTD_freeDCtx(input->zstd);
    if (input->fd >= 0)
        close(input->fd);
    free(input->path);
    free(input);
}

bool input_is_packed(const struct input *input)
{
    return input->zstd != NULL;
}

const char *input_path(const struct input *input)
{
    return input->path;
}

const char *input_problem(const struct input *input)
{
    return input->problem;
}

/* -- Lines ------------------------------------------------------------------------------------- */

void lines_init(struct lines *lines, struct input *input)
{
    lines->input = input;
    lines->number = 0;
    lines->at = 0;
    lines->end = 0;
    lines->problem[0] = '\0';
}

/* Give out [at, at + bytes) as a line and go on behind it and `skip` bytes more. */
static char *give_line(struct lines *lines, size_t bytes, size_t skip)
{
    char *line = lines->bytes + lines->at;

    lines->at += bytes + skip;
    lines->number++;
    if (memchr(line, '\0', bytes)) {
        snprintf(lines->problem, sizeof lines->problem, "a zero byte (expected text)");
        return NULL;
    }
    line[bytes] = '\0';
    if (bytes > 0 && line[bytes - 1u] == '\r')
        line[bytes - 1u] = '\0';
    return line;
}

char *lines_next(struct lines *lines)
{
    if (lines->problem[0] != '\0')
        return NULL;
    for (;;) {
        size_t there = lines->end - lines->at;
        char *end = memchr(lines->bytes + lines->at, '\n', there);
        size_t got;
        if (end)
            return give_line(lines, (size_t)(end - (lines->bytes + lines->at)), 1);
        memmove(lines->bytes, lines->bytes + lines->at, there);
        lines->at = 0;
        lines->end = there;
        if (there == LINE_BYTES_MAX) {
            lines->number++;
            snprintf(lines->problem, sizeof lines->problem,
                     "a line too long (expected at most %u bytes)", LINE_BYTES_MAX - 1u);
            return NULL;
        }
        got = input_read(lines->input, lines->bytes + there, LINE_BYTES_MAX - there);
        if (got == SIZE_MAX) {
            snprintf(lines->problem, sizeof lines->problem, "%s", input_problem(lines->input));
            return NULL;
        }
        if (got == 0)
            return there > 0 ? give_line(lines, there, 0) : NULL;
        lines->end += got;
    }
}
