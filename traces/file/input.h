/* SPDX-License-Identifier: 0BSD */
/* Bytes from a file or stdin, with a wrapper (zstd, gzip, xz) peeled when there is one: whoever
 * reads does not see the difference, except that offsets are then those of the unpacked bytes.
 */
#ifndef LOOKASIDE_FILE_INPUT_H
#define LOOKASIDE_FILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input;

/* Open `path` ("-": stdin). NULL and a message in `error` if that fails; input_close() otherwise.
 */
struct input *input_open(const char *path, char *error, size_t error_size);
void input_close(struct input *input);

/* The same, as it is: no wrapper is looked for, and a trace in it is in byte form. */
struct input *input_open_bytes(const char *path, char *error, size_t error_size);
bool input_is_bytes(const struct input *input);

/* The same as input_open() over bytes in memory, which must stay there. Messages call it "memory".
 */
struct input *input_over_memory(const void *bytes, size_t count, char *error, size_t error_size);

/* Fill with up to `bytes` bytes of the input `context`. 0: the end. SIZE_MAX: input_problem() says
 * why. (trace_read_fn.)
 */
size_t input_read(void *context, void *buffer, size_t bytes);

#define INPUT_PEEK_BYTES 4096u

/* The first bytes that input_read() will give, INPUT_PEEK_BYTES or all, without taking them.
 * SIZE_MAX as above. Only before the first input_read().
 */
size_t input_peek(struct input *input, const uint8_t **ret_bytes);

bool input_is_packed(const struct input *input);
const char *input_packing(const struct input *input); /* "zstd", "gzip", "xz"; NULL: not packed */
const char *input_path(const struct input *input);

/* "packed offset 12: zstd: the frame is cut short (expected its end)"; "" without a failure. */
const char *input_problem(const struct input *input);

/* Tell somebody how far reading is, in bytes as they are in the file, every 64 KiB at most. `total`
 * is 0 if nobody knows it. Before the first input_peek() or input_read().
 */
typedef void (*input_watch_fn)(void *context, uint64_t bytes, uint64_t total);

void input_watch(struct input *input, input_watch_fn watch, void *context);

/* -- Lines ------------------------------------------------------------------------------------- */

#define LINE_BYTES_MAX 65600u /* a header line may be as long as the header's text */

/* Text lines from an input. Large: allocate it. */
struct lines {
    struct input *input;
    uint64_t number; /* of the line last given, from 1 */
    size_t at;
    size_t end;
    char bytes[LINE_BYTES_MAX + 1u];
    char problem[256];
};

void lines_init(struct lines *lines, struct input *input);

/* The next line without its '\n' or "\r\n", terminated; yours until the next call. NULL at the end
 * or on failure: then lines->problem is not empty.
 */
char *lines_next(struct lines *lines);

#endif
