/* SPDX-License-Identifier: 0BSD */
/* Files, stdin and what is packed in them as one stream of bytes. */
#include "input.h"

#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_BYTES 65536u

struct input {
    char *path;
    int fd;
    const uint8_t *memory;             /* instead of a file; NULL: there is one */
    size_t memory_bytes;               /* that are left */
    const struct unpack_kind *packing; /* NULL: not packed */
    void *unpack;
    bool is_bytes;
    bool raw_ended;
    uint64_t raw_offset;
    size_t raw_at;
    size_t raw_end;
    size_t peek_at;
    size_t peek_end;
    uint8_t peek[INPUT_PEEK_BYTES];
    uint8_t raw[RAW_BYTES];
    input_watch_fn watch; /* NULL: nobody */
    void *watch_context;
    uint64_t watch_total;
    char problem[256];
};

/* As read(), into `raw` from `at` on. */
static ssize_t read_raw(struct input *input, size_t at)
{
    size_t bytes = RAW_BYTES - at;

    if (!input->memory)
        return read(input->fd, input->raw + at, bytes);
    if (bytes > input->memory_bytes)
        bytes = input->memory_bytes;
    memcpy(input->raw + at, input->memory, bytes);
    input->memory += bytes;
    input->memory_bytes -= bytes;
    return (ssize_t)bytes;
}

static bool fill_raw(struct input *input)
{
    ssize_t got;

    do
        got = read_raw(input, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        snprintf(input->problem, sizeof input->problem, "offset %" PRIu64 ": %s (expected bytes)",
                 input->raw_offset, strerror(errno));
        return false;
    }
    input->raw_at = 0;
    input->raw_end = (size_t)got;
    input->raw_offset += (uint64_t)got;
    input->raw_ended = got == 0;
    if (input->watch)
        input->watch(input->watch_context, input->raw_offset, input->watch_total);
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

/* Each turn produces bytes, or uses up input, or ends. */
static size_t read_packed(struct input *input, void *buffer, size_t bytes)
{
    struct unpack_io io = { .out = buffer, .out_bytes = bytes };

    for (;;) {
        enum unpack_answer answer;
        io.in = input->raw + input->raw_at;
        io.in_bytes = input->raw_end - input->raw_at;
        io.in_ends = input->raw_ended;
        answer = input->packing->step(input->unpack, &io);
        input->raw_at = input->raw_end - io.in_bytes;
        if (answer == UNPACK_FAILED)
            snprintf(input->problem, sizeof input->problem, "packed offset %" PRIu64 ": %s: %s",
                     input->raw_offset - io.in_bytes, input->packing->name, io.problem);
        if (io.out_bytes != bytes)
            return bytes - io.out_bytes; /* before the problem, if there is one */
        if (answer != UNPACK_GOING)
            return answer == UNPACK_END ? 0 : SIZE_MAX;
        if (io.in_bytes == 0 && !input->raw_ended && !fill_raw(input))
            return SIZE_MAX;
    }
}

static size_t read_unpacked(struct input *input, void *buffer, size_t bytes)
{
    return input->packing ? read_packed(input, buffer, bytes) : read_plain(input, buffer, bytes);
}

size_t input_read(void *context, void *buffer, size_t bytes)
{
    struct input *input = context;
    size_t peeked = input->peek_end - input->peek_at;

    if (bytes == 0)
        return 0;
    if (peeked == 0)
        return input->problem[0] == '\0' ? read_unpacked(input, buffer, bytes) : SIZE_MAX;
    if (peeked > bytes)
        peeked = bytes;
    memcpy(buffer, input->peek + input->peek_at, peeked);
    input->peek_at += peeked;
    return peeked;
}

size_t input_peek(struct input *input, const uint8_t **ret_bytes)
{
    while (input->peek_end < INPUT_PEEK_BYTES && input->problem[0] == '\0') {
        size_t got =
            read_unpacked(input, input->peek + input->peek_end, INPUT_PEEK_BYTES - input->peek_end);
        if (got == SIZE_MAX || got == 0)
            break;
        input->peek_end += got;
    }
    if (input->peek_end == 0 && input->problem[0] != '\0')
        return SIZE_MAX; /* else input_read() says so behind the peeked bytes */
    *ret_bytes = input->peek;
    return input->peek_end;
}

/* Have the first bytes in `raw`, however small the pieces are that a pipe gives. */
static bool begin(struct input *input)
{
    size_t have = 0;

    while (have < UNPACK_MAGIC_BYTES) {
        ssize_t got = read_raw(input, have);
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

/* Find out what is packed in it. It is closed if that fails. */
static struct input *peel(struct input *input, char *error, size_t error_size)
{
    if (!begin(input)) {
        snprintf(error, error_size, "%s: %s", input->path, strerror(errno));
        input_close(input);
        return NULL;
    }
    input->packing = input->is_bytes ? NULL : unpack_kind_of(input->raw, input->raw_end);
    if (input->packing && !(input->unpack = input->packing->open())) {
        snprintf(error, error_size, "%s: out of memory", input->path);
        input_close(input);
        return NULL;
    }
    return input;
}

static struct input *open_file(const char *path, bool is_bytes, char *error, size_t error_size)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct input *input = calloc(1, sizeof *input);

    if (!input || !(input->path = strdup(is_stdin ? "stdin" : path))) {
        snprintf(error, error_size, "%s: out of memory", path);
        free(input);
        return NULL;
    }
    input->is_bytes = is_bytes;
    input->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0) {
        snprintf(error, error_size, "%s: %s", input->path, strerror(errno));
        input_close(input);
        return NULL;
    }
    return peel(input, error, error_size);
}

struct input *input_open(const char *path, char *error, size_t error_size)
{
    return open_file(path, false, error, error_size);
}

struct input *input_open_bytes(const char *path, char *error, size_t error_size)
{
    return open_file(path, true, error, error_size);
}

bool input_is_bytes(const struct input *input)
{
    return input->is_bytes;
}

struct input *input_over_memory(const void *bytes, size_t count, char *error, size_t error_size)
{
    struct input *input = calloc(1, sizeof *input);

    if (!input || !(input->path = strdup("memory"))) {
        snprintf(error, error_size, "memory: out of memory");
        free(input);
        return NULL;
    }
    input->fd = -1;
    input->memory = count > 0 ? bytes : input->raw;
    input->memory_bytes = count;
    return peel(input, error, error_size);
}

void input_close(struct input *input)
{
    if (!input)
        return;
    if (input->unpack)
        input->packing->close(input->unpack);
    if (input->fd >= 0)
        close(input->fd);
    free(input->path);
    free(input);
}

void input_watch(struct input *input, input_watch_fn watch, void *context)
{
    struct stat status;
    bool sized = fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode);

    input->watch = watch;
    input->watch_context = context;
    input->watch_total = sized ? (uint64_t)status.st_size : 0;
}

bool input_is_packed(const struct input *input)
{
    return input->packing != NULL;
}

const char *input_packing(const struct input *input)
{
    return input->packing ? input->packing->name : NULL;
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
