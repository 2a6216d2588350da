/* SPDX-License-Identifier: 0BSD */
/* What the importers share: lines cut into fields, slots given out last freed first, ops with
 * thread and time in front of them, and counts of what could not be kept. Private to traces/import.
 *
 * Every function that answers bool says false once, with the message in convert->error, and the
 * whole conversion ends.
 */
#ifndef LOOKASIDE_IMPORT_CONVERT_H
#define LOOKASIDE_IMPORT_CONVERT_H

#include "../file/input.h"
#include "../file/trace_file.h"

enum convert_kernel { CONVERT_KMALLOC, CONVERT_SLAB, CONVERT_VMAP };

/* What a conversion left out, or kept with a change. The text of each is in convert.c. */
enum convert_note {
    NOTE_UNKNOWN_FREE, /* of an object made before the recording */
    NOTE_IMPLIED_FREE, /* kept: the address was given out again */
    NOTE_TOO_LARGE,    /* request above 4 GiB - 1 */
    NOTE_UNKNOWN_MAPPING,
    NOTE_FOREIGN_MAPPING, /* of another address space: forks copy nothing */
    NOTE_ADVICE,
    NOTE_STACK_PROTECTION,
    NOTE_STACK_PARTIAL_UNMAP,
    NOTE_PARTIAL_REMAP,
    NOTE_NOT_SELECTED, /* a kind of object that was not asked for */
    NOTE_UNKNOWN_STACK,
    NOTE_ABOVE_TOP, /* kept: a touch above what the recorder took for the top */
    NOTE_KINDS
};

/* Free slots as a stack: the last one freed is the next one used, so their number is the peak. */
struct slot_pool {
    uint32_t *freed;
    size_t freed_count;
    size_t freed_room;
    uint32_t next;
};

#define FIELDS_MAX 12

struct convert {
    struct input *input;
    struct lines *lines;
    struct trace_output *output;
    enum convert_kernel kernel;
    bool with_time;
    struct slot_pool pools[TRACE_HEAP]; /* blocks, regions, stacks */
    const char *field[FIELDS_MAX];
    int fields;
    uint32_t thread;         /* who did the op at hand, from 0 */
    uint32_t thread_written; /* as the trace has it */
    uint64_t time_ns;        /* since the op before */
    uint64_t notes[NOTE_KINDS];
    char *text; /* "key: value\n" lines so far; TRACE_TEXT_BYTES_MAX + 1 bytes */
    size_t text_bytes;
    char error[TRACE_MESSAGE_BYTES];
};

/* -- Input ------------------------------------------------------------------------------------- */

/* The next line that is not a comment, cut into convert->field[]. False at the end too: then
 * convert->error is "". Comments with a meaning are added to the text.
 */
bool convert_line(struct convert *convert);

/* Whether the line has at least `count` fields; `what` describes them. */
bool convert_fields(struct convert *convert, int count, const char *what);

/* Field `index` as a number up to `max`. */
bool convert_number(struct convert *convert, int index, const char *what, uint64_t max,
                    uint64_t *ret_value);

/* "FILE:LINE: message"; always false. */
bool convert_fail(struct convert *convert, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "FILE: out of memory"; always false. */
bool convert_out_of_memory(struct convert *convert);

/* Make sure that array `at` of `item_bytes` each has item `index`; new items are zeroed. */
bool convert_room(struct convert *convert, void **at, size_t *room, size_t item_bytes,
                  uint64_t index);

/* -- Output ------------------------------------------------------------------------------------ */

/* Append an op, with the thread and the time (if wanted) before it. */
bool convert_emit(struct convert *convert, struct trace_op op);

bool slot_take(struct convert *convert, enum trace_slot_kind kind, uint32_t *ret_slot);
bool slot_give(struct convert *convert, enum trace_slot_kind kind, uint32_t slot);

/* Add "key: value" to the header text; what may not be in it is replaced by '?'. */
bool convert_text(struct convert *convert, const char *key, const char *value);

/* Bytes to whole pages, rounding up; UINT32_MAX at most. */
uint32_t convert_pages(uint64_t bytes);

/* -- The readers, one a format ----------------------------------------------------------------- */

bool convert_ntr_user(struct convert *convert);
bool convert_ntr_kernel(struct convert *convert);
bool convert_ntr_vas(struct convert *convert);
bool convert_ntr_stack(struct convert *convert);
bool convert_vas_trace(struct convert *convert);
bool convert_mtrace1(struct convert *convert);

/* A trace as it is, text and all. */
bool convert_trace(struct convert *convert);

/* The conversion as a whole. `from` is a format's name or NULL: by content. `set` are "key=value"
 * lines for the header text, first in it. False and a message: no output file.
 */
struct convert_job {
    const char *input;
    const char *output;
    const char *from;
    enum convert_kernel kernel;
    bool with_time;
    char **set;
    int set_count;
};

bool convert_run(const struct convert_job *job, char *error, size_t error_size);

/* Rows for the table in traces/README.md; false and a message on the first damaged file. */
bool convert_describe(char **paths, int count, char *error, size_t error_size);

/* Whether there is a format of that name to convert from. */
bool convert_knows(const char *format);

#endif
