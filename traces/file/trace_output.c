/* SPDX-License-Identifier: 0BSD */
/* Writing trace files. Chunks go to a file without a name first, because the header (its counts,
 * and text that is only known at the end) comes before them and a zstd stream cannot be patched.
 */
#include "trace_file.h"

#include "../text/trace_text.h"
#include "aside.h"
#include "output_bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

/* 19 saves 6 % more and takes nine times as long: 10 s for 4.4 million ops (user32/redis32). */
#define ZSTD_LEVEL 12
#define COPY_BYTES 65536u

struct trace_output {
    char *path;
    int spool;
    struct trace_writer writer;
    struct output_bytes *bytes; /* instead of the writer, for the byte form */
    trace_take_fn take;         /* instead of a file; NULL: there is one */
    void *context;
};

/* Where the final bytes go. */
struct sink {
    int fd;
    ZSTD_CCtx *zstd; /* NULL: as they are */
};

static bool ends_with(const char *path, const char *suffix)
{
    size_t path_bytes = strlen(path);
    size_t suffix_bytes = strlen(suffix);

    return path_bytes >= suffix_bytes && strcmp(path + path_bytes - suffix_bytes, suffix) == 0;
}

static bool write_all(int fd, const void *buffer, size_t bytes)
{
    const char *at = buffer;

    while (bytes > 0) {
        ssize_t wrote = write(fd, at, bytes);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        at += wrote;
        bytes -= (size_t)wrote;
    }
    return true;
}

static bool spool_write(void *context, const void *buffer, size_t bytes)
{
    return write_all(((struct trace_output *)context)->spool, buffer, bytes);
}

/* -- Sink -------------------------------------------------------------------------------------- */

static bool sink_open(struct sink *sink, int fd, bool packed)
{
    sink->fd = fd;
    sink->zstd = packed ? ZSTD_createCCtx() : NULL;
    if (!packed)
        return true;
    if (!sink->zstd) {
        errno = ENOMEM;
        return false;
    }
    ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_checksumFlag, 1);
    return true;
}

static bool sink_write(struct sink *sink, const void *buffer, size_t bytes, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = { buffer, bytes, 0 };
    size_t left;

    if (!sink->zstd)
        return write_all(sink->fd, buffer, bytes);
    do {
        uint8_t packed[COPY_BYTES];
        ZSTD_outBuffer out = { packed, sizeof packed, 0 };
        left = ZSTD_compressStream2(sink->zstd, &out, &in, how);
        if (ZSTD_isError(left)) {
            errno = ENOMEM; /* the only thing that can go wrong with these parameters */
            return false;
        }
        if (!write_all(sink->fd, packed, out.pos))
            return false;
    } while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
    return true;
}

static bool sink_close(struct sink *sink, bool good)
{
    if (good && sink->zstd)
        good = sink_write(sink, "", 0, ZSTD_e_end);
    ZSTD_freeCCtx(sink->zstd);
    return good;
}

/* -- The two forms ----------------------------------------------------------------------------- */

static bool put_binary(struct sink *sink, int spool, const struct trace_header *header,
                       const char *text)
{
    uint8_t fixed[TRACE_HEADER_BYTES];
    char bytes[COPY_BYTES];
    ssize_t got;

    trace_encode_header(header, text, fixed);
    if (!sink_write(sink, fixed, sizeof fixed, ZSTD_e_continue) ||
        !sink_write(sink, text, header->text_bytes, ZSTD_e_continue))
        return false;
    while ((got = read(spool, bytes, sizeof bytes)) > 0)
        if (!sink_write(sink, bytes, (size_t)got, ZSTD_e_continue))
            return false;
    return got == 0;
}

/* A binary trace made of a header in memory and the chunks in the spool. */
struct spooled {
    uint8_t fixed[TRACE_HEADER_BYTES];
    size_t at;
    int spool;
};

static size_t read_spooled(void *context, void *buffer, size_t bytes)
{
    struct spooled *spooled = context;
    size_t there = sizeof spooled->fixed - spooled->at;
    ssize_t got;

    if (there == 0) {
        got = read(spooled->spool, buffer, bytes);
        return got < 0 ? SIZE_MAX : (size_t)got;
    }
    if (there > bytes)
        there = bytes;
    memcpy(buffer, spooled->fixed + spooled->at, there);
    spooled->at += there;
    return there;
}

static bool put_text_header(struct sink *sink, const char *text)
{
    static const char first_line[] = TRACE_TEXT_FIRST_LINE "\n";

    if (!sink_write(sink, first_line, sizeof first_line - 1u, ZSTD_e_continue))
        return false;
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n") + 1u;
        if (!sink_write(sink, "# ", 2, ZSTD_e_continue) ||
            !sink_write(sink, text, bytes, ZSTD_e_continue))
            return false;
        text += bytes;
    }
    return true;
}

static bool put_text_ops(struct sink *sink, struct trace_reader *reader)
{
    char lines[COPY_BYTES];
    size_t at = 0;
    struct trace_op op;

    while (trace_next(reader, &op) == TRACE_OK) {
        at += trace_text_format(&op, lines + at);
        if (at + TRACE_TEXT_OP_BYTES > sizeof lines) {
            if (!sink_write(sink, lines, at, ZSTD_e_continue))
                return false;
            at = 0;
        }
    }
    return reader->error == TRACE_DONE && sink_write(sink, lines, at, ZSTD_e_continue);
}

static bool put_text(struct sink *sink, int spool, const struct trace_header *header,
                     const char *text)
{
    struct spooled spooled = { .at = 0, .spool = spool };
    struct trace_header textless = *header;
    struct trace_reader *reader = malloc(sizeof *reader);
    bool good;

    textless.text_bytes = 0;
    trace_encode_header(&textless, "", spooled.fixed);
    good = reader && put_text_header(sink, text) &&
           trace_open(reader, read_spooled, &spooled, NULL, 0, NULL) == TRACE_OK &&
           put_text_ops(sink, reader);
    free(reader);
    return good;
}

/* -- Outputs ----------------------------------------------------------------------------------- */

struct trace_output *trace_output_open(const char *path, char *error, size_t error_size)
{
    struct trace_output *output = calloc(1, sizeof *output);

    if (!output || !(output->path = strdup(path))) {
        snprintf(error, error_size, "%s: out of memory", path);
        free(output);
        return NULL;
    }
    output->spool = -1;
    if (ends_with(path, ".lab") && !(output->bytes = calloc(1, sizeof *output->bytes))) {
        snprintf(error, error_size, "%s: out of memory", path);
        trace_output_abandon(output);
        return NULL;
    }
    if (output->bytes)
        return output;
    output->spool = aside_unnamed(path);
    if (output->spool < 0) {
        snprintf(error, error_size, "%s: cannot write: %s", path, strerror(errno));
        trace_output_abandon(output);
        return NULL;
    }
    trace_writer_init(&output->writer, spool_write, output);
    return output;
}

struct trace_output *trace_output_to(trace_take_fn take, void *context, char *error,
                                     size_t error_size)
{
    struct trace_output *output = calloc(1, sizeof *output);

    if (!output || !(output->path = strdup("memory"))) {
        snprintf(error, error_size, "memory: out of memory");
        free(output);
        return NULL;
    }
    output->spool = -1;
    output->take = take;
    output->context = context;
    return output;
}

bool trace_output_write(struct trace_output *output, const struct trace_op *op)
{
    if (output->take) {
        output->writer.ops++;
        if (output->take(output->context, op))
            return true;
        errno = ECANCELED;
        return false;
    }
    if (output->bytes) {
        output->writer.ops++;
        return output_bytes_put(output->bytes, op);
    }
    if (trace_write(&output->writer, op))
        return true;
    if (!output->writer.failed)
        errno = EINVAL;
    return false;
}

uint64_t trace_output_ops(const struct trace_output *output)
{
    return output->writer.ops;
}

struct trace_losses trace_output_losses(const struct trace_output *output)
{
    return output->bytes ? output->bytes->losses : (struct trace_losses){ 0 };
}

void trace_output_abandon(struct trace_output *output)
{
    if (!output)
        return;
    if (output->spool >= 0)
        close(output->spool);
    free(output->bytes);
    free(output->path);
    free(output);
}

static bool put_file(struct trace_output *output, const struct trace_header *header,
                     const char *text)
{
    const char *path = output->path;
    bool binary = ends_with(path, ".lat") || ends_with(path, ".lat.zst");
    struct aside aside;
    struct sink sink;
    bool good;

    if (!aside_open(&aside, path))
        return false;
    good = sink_open(&sink, aside.fd, ends_with(path, ".zst"));
    if (good && output->bytes) {
        size_t bytes = output_bytes_finish(output->bytes, text);
        good = sink_close(&sink, sink_write(&sink, output->bytes->bytes, bytes, ZSTD_e_continue));
    } else if (good) {
        good = binary ? put_binary(&sink, output->spool, header, text)
                      : put_text(&sink, output->spool, header, text);
        good = sink_close(&sink, good);
    }
    if (good)
        return aside_commit(&aside);
    aside_abandon(&aside);
    return false;
}

bool trace_output_commit(struct trace_output *output, const char *text, char *error,
                         size_t error_size)
{
    struct trace_header header;
    size_t text_bytes = strlen(text);
    bool good = text_bytes <= TRACE_TEXT_BYTES_MAX && trace_text_valid(text, (uint32_t)text_bytes);

    if (!good) {
        snprintf(error, error_size, "%s: the header text is not in \"key: value\" lines",
                 output->path);
    } else if (!output->take) {
        errno = 0;
        good = output->bytes ||
               (trace_finish(&output->writer, &header) && lseek(output->spool, 0, SEEK_SET) == 0);
        header.text_bytes = (uint32_t)text_bytes;
        good = good && put_file(output, &header, text);
        if (!good)
            snprintf(error, error_size, "%s: cannot write: %s", output->path,
                     strerror(errno ? errno : EIO));
    }
    trace_output_abandon(output);
    return good;
}
