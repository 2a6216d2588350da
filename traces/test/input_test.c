/* SPDX-License-Identifier: 0BSD */
/* Inputs: what is packed in zstd, gzip or xz reads like the plain bytes, in pieces of any size;
 * what is cut, damaged, followed by something else or too hungry has a message with its place.
 */
#include "folder.h"
#include "packing.h"

#include "input.h"
#include "trace_file.h"
#include "unpack.h"

#include <sys/wait.h>

static const char *const packers[] = { "zstd", "gzip", "xz" };

#define PACKERS (sizeof packers / sizeof packers[0])

/* Bytes that do not pack well: several of the reader's buffers, also when packed. */
static const uint8_t *large_bytes(size_t *ret_count)
{
    static uint8_t bytes[200000];
    uint32_t random = 5;

    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(i % 3u ? random >> 24 : 'a');
    }
    *ret_count = sizeof bytes;
    return bytes;
}

/* All of an open input, with its problem, "" if there is none. Closes it. */
static size_t read_all(struct input *input, uint8_t *to, size_t size, char problem[256])
{
    size_t have = 0;
    size_t got;

    while ((got = input_read(input, to + have, size - have)) != SIZE_MAX && got > 0)
        have += got;
    snprintf(problem, 256, "%s", input_problem(input));
    CHECK_EQ(got == SIZE_MAX, problem[0] != '\0');
    input_close(input);
    return have;
}

static size_t read_path(const char *path, uint8_t *to, size_t size, char problem[256])
{
    char error[TRACE_MESSAGE_BYTES];
    struct input *input = input_open(path, error, sizeof error);

    if (!input)
        CHECK_FAIL("%s", error);
    return read_all(input, to, size, problem);
}

static void packed_files_read_like_plain_ones(void)
{
    static uint8_t packed[600000];
    static uint8_t again[600000];
    size_t count;
    const uint8_t *bytes = large_bytes(&count);
    char problem[256];

    for (size_t i = 0; i < PACKERS; i++) {
        size_t size = pack(packers[i], bytes, count, packed, 0, sizeof packed);
        CHECK_EQ(read_path(put_file("p", packed, size), again, sizeof again, problem), count);
        CHECK_STR(problem, "");
        CHECK(memcmp(again, bytes, count) == 0);
        /* two streams, and one of nothing between them */
        size = pack(packers[i], "", 0, packed, size, sizeof packed);
        size = pack(packers[i], "tail", 4, packed, size, sizeof packed);
        CHECK_EQ(read_path(put_file("p", packed, size), again, sizeof again, problem), count + 4);
        CHECK_STR(problem, "");
        CHECK(memcmp(again + count, "tail", 4) == 0);
    }
}

/* A child writes the file into a pipe a few bytes at a time. */
static pid_t feed(const char *path, const uint8_t *bytes, size_t count)
{
    pid_t child = fork();

    if (child == 0) {
        FILE *pipe = fopen(path, "wb");
        for (size_t at = 0, piece; pipe && at < count; at += piece) {
            piece = 1 + at % 7u < count - at ? 1 + at % 7u : count - at;
            if (fwrite(bytes + at, 1, piece, pipe) != piece || fflush(pipe) != 0)
                break;
        }
        _exit(0);
    }
    return child;
}

static void pieces_may_be_small(void)
{
    static uint8_t packed[600000];
    static uint8_t again[20000];
    size_t count;
    const uint8_t *bytes = large_bytes(&count);
    const char *path = in_folder("pipe");
    char problem[256];

    count = 9000;
    CHECK_EQ(mkfifo(path, 0600), 0);
    for (size_t i = 0; i <= PACKERS; i++) {
        size_t size = count;
        pid_t child;
        if (i < PACKERS)
            size = pack(packers[i], bytes, count, packed, 0, sizeof packed);
        child = feed(path, i < PACKERS ? packed : bytes, size);
        CHECK_EQ(read_path(path, again, sizeof again, problem), count);
        CHECK_STR(problem, "");
        CHECK(memcmp(again, bytes, count) == 0);
        CHECK_EQ(waitpid(child, NULL, 0), child);
    }
}

/* `tail` behind two packed streams of one line each: the problem, and both lines are read. */
static const char *problem_behind(const char *packer, const char *tail, size_t tail_bytes)
{
    static char problem[256];
    uint8_t packed[512];
    uint8_t again[64];
    size_t size = pack(packer, "line\n", 5, packed, 0, sizeof packed);

    size = pack(packer, "line\n", 5, packed, size, sizeof packed);
    memcpy(packed + size, tail, tail_bytes);
    CHECK_EQ(read_path(put_file("p", packed, size + tail_bytes), again, sizeof again, problem), 10);
    CHECK(memcmp(again, "line\nline\n", 10) == 0);
    return problem;
}

/* Without "packed offset N: ": where the first packed stream ends is the packer's affair. */
static const char *without_offset(const char *problem)
{
    const char *end = strstr(problem, ": ");

    return end ? end + 2 : problem;
}

static void other_bytes_behind_a_stream_are_an_error(void)
{
    static const struct {
        const char *packer;
        const char *tail;
        size_t bytes;
        const char *message;
    } cases[] = {
        { "zstd", "tail", 4,
          "zstd: other bytes behind the frame (expected the end, or another frame)" },
        { "zstd", "\x28\xb5\x2f", 3, "zstd: the frame is cut short (expected its end)" },
        { "gzip", "tail", 4,
          "gzip: other bytes behind the stream (expected the end, or another stream)" },
        { "gzip", "\0", 1,
          "gzip: other bytes behind the stream (expected the end, or another stream)" },
        { "gzip", "\x1f\x8b", 2, "gzip: the stream is cut short (expected its end)" },
        { "gzip", "\x1f\x8b\x09__", 5,
          "gzip: unknown compression method (expected an intact stream)" },
        { "xz", "\0\0\0\0", 4, "" }, /* padding in fours is part of the format */
        { "xz", "\0\0\0", 3,
          "xz: zero bytes behind the stream (expected a multiple of 4 of them)" },
        { "xz", "\0\0\0\0\n", 5,
          "xz: other bytes behind the stream (expected the end, or another stream)" },
        { "xz", "tail", 4,
          "xz: other bytes behind the stream (expected the end, or another stream)" },
        { "xz", "\xfd\x37\x7a", 3, "xz: the stream is cut short (expected its end)" },
        { "xz", "\xfd\x37\x7a\x58\x5a____________", 17,
          "xz: the stream is damaged (expected an intact stream)" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problem = problem_behind(cases[i].packer, cases[i].tail, cases[i].bytes);
        CHECK_STR(without_offset(problem), cases[i].message);
    }
}

static void offset_is_where_the_packed_bytes_go_wrong(void)
{
    static const uint8_t tail[] = { 't', 'a', 'i', 'l' };
    uint8_t packed[512];
    uint8_t again[64];
    char problem[256];
    char expected[256];
    size_t size = pack("gzip", "line\n", 5, packed, 0, sizeof packed);

    memcpy(packed + size, tail, sizeof tail);
    read_path(put_file("p", packed, size + 4), again, sizeof again, problem);
    snprintf(expected, sizeof expected,
             "packed offset %zu: gzip: other bytes behind the stream (expected the end, or another "
             "stream)",
             size);
    CHECK_STR(problem, expected);
    read_path(put_file("p", packed, size - 1), again, sizeof again, problem);
    snprintf(expected, sizeof expected,
             "packed offset %zu: gzip: the stream is cut short (expected its end)", size - 1);
    CHECK_STR(problem, expected);
}

/* Every cut, and every bit turned: a problem, or (a header has bits without meaning) the same. */
static void damage_anywhere_is_an_error(void)
{
    static const char sample[] = "a few bytes, a few bytes, a few bytes to pack, to pack\n";
    uint8_t packed[512];
    uint8_t again[4096];
    char problem[256];

    for (size_t i = 0; i < PACKERS; i++) {
        size_t size = pack(packers[i], sample, sizeof sample, packed, 0, sizeof packed);
        for (size_t cut = UNPACK_MAGIC_BYTES; cut < size; cut++) {
            read_path(put_file("cut", packed, cut), again, sizeof again, problem);
            CHECK(strstr(problem, " is cut short (expected its end)") != NULL);
        }
        for (size_t bit = 0; bit < size * 8u; bit++) {
            size_t count;
            packed[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
            count = read_path(put_file("bit", packed, size), again, sizeof again, problem);
            if (problem[0] == '\0' && bit / 8u >= UNPACK_MAGIC_BYTES) {
                CHECK_EQ(count, sizeof sample);
                CHECK(memcmp(again, sample, count) == 0);
            }
            packed[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        }
    }
}

/* A dictionary of 4 GiB, as a stream may ask for: the block's header says so, with its checksum. */
static size_t hungry_xz(uint8_t *packed, size_t size)
{
    size_t end = pack("xz", "x", 1, packed, 0, size);
    size_t bytes = ((size_t)packed[12] + 1u) * 4u; /* of the block's header, behind the stream's */
    size_t at = 14;
    uint32_t check;

    while (packed[at] != 0x21 || packed[at + 1] != 1) /* the filter LZMA2, one byte of properties */
        at++;
    CHECK(at + 2 < 12 + bytes - 4);
    packed[at + 2] = 40;
    check = lzma_crc32(packed + 12, bytes - 4u, 0);
    for (size_t i = 0; i < 4; i++)
        packed[12 + bytes - 4 + i] = (uint8_t)(check >> 8 * i);
    return end;
}

static void streams_that_want_much_memory_are_refused(void)
{
    static const uint8_t hungry_zstd[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 1, 0, 0 };
    uint8_t packed[512];
    uint8_t again[64];
    char problem[256];
    size_t size = hungry_xz(packed, sizeof packed);

    read_path(put_file("p", packed, size), again, sizeof again, problem);
    CHECK_STR(without_offset(problem),
              "xz: unpacking takes 4097 MiB of memory (expected at most 256 MiB: pack with a "
              "smaller --lzma2=dict=)");
    read_path(put_file("p", hungry_zstd, sizeof hungry_zstd), again, sizeof again, problem);
    CHECK_STR(without_offset(problem),
              "zstd: Frame requires too much memory for decoding (expected at most 128 MiB: zstd "
              "without --long)");
}

static void nothing_is_nothing_however_packed(void)
{
    uint8_t packed[256];
    uint8_t again[64];
    char problem[256];
    char error[TRACE_MESSAGE_BYTES];

    CHECK_EQ(read_path(put_file("p", "", 0), again, sizeof again, problem), 0);
    CHECK_STR(problem, "");
    for (size_t i = 0; i < PACKERS; i++) {
        size_t size = pack(packers[i], "", 0, packed, 0, sizeof packed);
        CHECK_EQ(read_path(put_file("p", packed, size), again, sizeof again, problem), 0);
        CHECK_STR(problem, "");
        CHECK(!trace_file_open(in_folder("p"), NULL, error, sizeof error));
        CHECK_STR(without_folder(error),
                  "p: unpacked offset 0: the file is empty (expected a header of 64 bytes)");
    }
}

/* What comes before the damage is read, by peek and by read, and the problem comes behind it. */
static void damage_does_not_hide_what_is_before_it(void)
{
    uint8_t packed[512];
    char error[TRACE_MESSAGE_BYTES];
    const uint8_t *first;
    struct lines *lines = malloc(sizeof *lines);
    size_t size = pack("gzip", "one\ntwo\n", 8, packed, 0, sizeof packed);
    struct input *input;

    input = input_open(put_file("p", packed, size - 1), error, sizeof error);
    CHECK(input != NULL);
    CHECK_EQ(input_peek(input, &first), 8);
    lines_init(lines, input);
    CHECK_STR(lines_next(lines), "one");
    CHECK_STR(lines_next(lines), "two");
    CHECK(lines_next(lines) == NULL);
    CHECK(strstr(lines->problem, "gzip: the stream is cut short") != NULL);
    input_close(input);
    free(lines);
    input = input_open(put_file("p", packed, 10), error, sizeof error); /* gzip's header */
    CHECK_EQ(input_peek(input, &first), SIZE_MAX);
    CHECK_EQ(input_peek(input, &first), SIZE_MAX);
    input_close(input);
}

/* Each text trace in each packing: told apart by content, whatever its name is. */
static void traces_are_read_in_every_packing(void)
{
    static const char text[] = "# lookaside trace 1\n# title: packed\nalloc 0 24\nfree 0\n";
    uint8_t packed[512];
    char error[TRACE_MESSAGE_BYTES];

    for (size_t i = 0; i < PACKERS; i++) {
        size_t size = pack(packers[i], text, sizeof text - 1u, packed, 0, sizeof packed);
        const char *path = put_file("any-name", packed, size);
        struct trace_file *file = trace_file_open(path, NULL, error, sizeof error);
        struct trace_op op;
        if (!file)
            CHECK_FAIL("%s", error);
        CHECK_STR(trace_file_packing(file), packers[i]);
        CHECK_STR(trace_file_text(file), "title: packed\n");
        CHECK_EQ(trace_file_next(file, &op), TRACE_FILE_OP);
        CHECK_EQ(op.bytes, 24);
        CHECK_EQ(trace_file_next(file, &op), TRACE_FILE_OP);
        CHECK_EQ(trace_file_next(file, &op), TRACE_FILE_END);
        trace_file_close(file);
    }
}

struct watched {
    uint64_t bytes;
    uint64_t total;
};

static void remember(void *context, uint64_t bytes, uint64_t total)
{
    struct watched *watched = context;

    CHECK(bytes >= watched->bytes);
    *watched = (struct watched){ bytes, total };
}

static void a_watcher_hears_of_packed_bytes(void)
{
    static uint8_t packed[600000];
    static uint8_t again[600000];
    struct watched watched = { 0, 0 };
    size_t count;
    const uint8_t *bytes = large_bytes(&count);
    size_t size = pack("xz", bytes, count, packed, 0, sizeof packed);
    char problem[256];
    char error[TRACE_MESSAGE_BYTES];
    struct input *input = input_open(put_file("p", packed, size), error, sizeof error);

    input_watch(input, remember, &watched);
    read_all(input, again, sizeof again, problem);
    CHECK_EQ(watched.bytes, size);
    CHECK_EQ(watched.total, size);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(packed_files_read_like_plain_ones),
        CASE(pieces_may_be_small),
        CASE(other_bytes_behind_a_stream_are_an_error),
        CASE(offset_is_where_the_packed_bytes_go_wrong),
        CASE(damage_anywhere_is_an_error),
        CASE(streams_that_want_much_memory_are_refused),
        CASE(nothing_is_nothing_however_packed),
        CASE(damage_does_not_hide_what_is_before_it),
        CASE(traces_are_read_in_every_packing),
        CASE(a_watcher_hears_of_packed_bytes),
    };

    return folder_run(cases, sizeof cases / sizeof cases[0]);
}
