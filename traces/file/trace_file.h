/* SPDX-License-Identifier: 0BSD */
/* Trace files for host tools: binary, text or byte form, each also packed (zstd, gzip, xz), told
 * apart by content; "-" is stdin. Writing goes aside and is renamed at the end: a name never shows
 * half a trace.
 *
 * Messages are one line without '\n': "FILE: offset 12: what (expected what)", for text
 * "FILE:3: what". In a packed file the offset is that of the unpacked bytes, as the message says.
 */
#ifndef LOOKASIDE_TRACE_FILE_H
#define LOOKASIDE_TRACE_FILE_H

#include <lookaside/trace.h>

#define TRACE_MESSAGE_BYTES 512u /* long enough for every message below */

/* -- One op at a time -------------------------------------------------------------------------- */

struct trace_file;

enum trace_answer { TRACE_FILE_OP, TRACE_FILE_END, TRACE_FILE_WRONG };

/* Open a trace. NULL and a message if that fails. With `ret_damaged`, a trace whose header is
 * damaged is opened all the same: *ret_damaged says so, trace_file_message() says what, and
 * trace_file_resync() is the only way on.
 */
struct trace_file *trace_file_open(const char *path, bool *ret_damaged, char *error,
                                   size_t error_size);
void trace_file_close(struct trace_file *file);

/* The same of a file that is in byte form whatever its first bytes look like; see trace_bytes.h. */
struct trace_file *trace_file_open_bytes(const char *path, char *error, size_t error_size);

/* The same as trace_file_open() over an input (input.h) that nothing was read from. The caller
 * keeps it, and closes it after the trace.
 */
struct input;
struct trace_file *trace_file_over(struct input *input, bool *ret_damaged, char *error,
                                   size_t error_size);

/* The next op; after TRACE_FILE_WRONG the message is in trace_file_message(). */
enum trace_answer trace_file_next(struct trace_file *file, struct trace_op *ret_op);

/* After TRACE_FILE_WRONG in a binary trace: go on behind the damage. False if nothing intact
 * follows (in text: behind the wrong line, always).
 */
bool trace_file_resync(struct trace_file *file);

const char *trace_file_message(const struct trace_file *file);

/* The header as stored. Text has no counts, so there it is that of an open recording, with
 * ops = TRACE_OPS_OPEN. The text, "key: value\n" lines, is terminated.
 */
const struct trace_header *trace_file_header(const struct trace_file *file);
const char *trace_file_text(const struct trace_file *file);
bool trace_file_is_text(const struct trace_file *file);
const char *trace_file_form(const struct trace_file *file);    /* "binary", "text", "bytes" */
const char *trace_file_packing(const struct trace_file *file); /* as input_packing() */

/* The value of `key` in a header text, copied to `value`; "" and false if it is not there. */
bool trace_text_value(const char *text, const char *key, char *value, size_t value_size);

/* -- A whole trace in memory ------------------------------------------------------------------- */

struct trace_loaded {
    struct trace_header header; /* counts of what was read, never open */
    char *text;                 /* terminated */
    struct trace_op *ops;       /* header.ops of them */
};

/* Read all of `path`. False and a message on any damage; nothing to free then. 20 bytes an op. */
bool trace_load(const char *path, struct trace_loaded *ret_trace, char *error, size_t error_size);
void trace_unload(struct trace_loaded *trace);

/* Write all of `trace` (its counts are found again, only text and ops matter) to `path`, see
 * trace_output_open().
 */
bool trace_save(const char *path, const struct trace_loaded *trace, char *error, size_t error_size);

/* -- Writing ----------------------------------------------------------------------------------- */

struct trace_output;

/* Start a trace that will be `path`. The name decides the form: ".lat" is binary, ".lat.zst" binary
 * in zstd, ".lab" the byte form, anything else the text twin (also in zstd when it ends in ".zst");
 * "-" is the text twin on stdout. Until trace_output_commit() only an unnamed file exists. NULL and
 * a message on failure.
 */
struct trace_output *trace_output_open(const char *path, char *error, size_t error_size);

/* The same with every op given to `take` instead of a file: it says whether it has taken it. */
typedef bool (*trace_take_fn)(void *context, const struct trace_op *op);

struct trace_output *trace_output_to(trace_take_fn take, void *context, char *error,
                                     size_t error_size);

/* Append an op. False and errno when writing failed (ECANCELED: `take` said so); EINVAL: the op is
 * outside the format's domain.
 */
bool trace_output_write(struct trace_output *output, const struct trace_op *op);

/* How many ops were appended. */
uint64_t trace_output_ops(const struct trace_output *output);

/* What the byte form could not tell: ops told with a larger number, ops left out, and ops that were
 * cut off because there is no room. Zeroes in the other forms.
 */
struct trace_losses {
    uint64_t changed;
    uint64_t left_out;
    uint64_t cut;
};
struct trace_losses trace_output_losses(const struct trace_output *output);

/* Write header, text and ops aside, flush them to the disk, rename to the path. `text` as in
 * trace_text_valid(). Frees `output` in any case; on false there is a message and no new file.
 */
bool trace_output_commit(struct trace_output *output, const char *text, char *error,
                         size_t error_size);

/* Forget everything. NULL is fine. */
void trace_output_abandon(struct trace_output *output);

#endif
