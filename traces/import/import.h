/* SPDX-License-Identifier: 0BSD */
/* What the importers share: lines cut into fields, slots given out last freed first, ops with
 * thread and time in front of them, and counts of what could not be kept. Private to traces/import.
 *
 * Every function that answers bool says false once, with the message in import->error, and the
 * whole conversion ends.
 */
#ifndef LOOKASIDE_IMPORT_IMPORT_H
#define LOOKASIDE_IMPORT_IMPORT_H

#include "../file/input.h"
#include "../file/trace_file.h"

#include "labels.h"

/* What to keep of a kernel; import_kernels[] has the words for it. */
enum import_kernel {
    IMPORT_KMALLOC,
    IMPORT_SLAB,
    IMPORT_VMAP,
    IMPORT_PAGES,
    IMPORT_STACK,
    IMPORT_KERNELS /* number of them */
};

extern const char *const import_kernels[IMPORT_KERNELS];

/* What a conversion left out, or kept with a change. The text of each is in import.c. */
enum import_note {
    NOTE_UNKNOWN_FREE,    /* of an object made before the recording */
    NOTE_IMPLIED_FREE,    /* kept: the address was given out again */
    NOTE_TOO_LARGE,       /* request above 4 GiB - 1 */
    NOTE_FAILED,          /* the recorded allocator had no memory */
    NOTE_UNKNOWN_REALLOC, /* kept as an allocation */
    NOTE_UNKNOWN_MAPPING,
    NOTE_FOREIGN_MAPPING, /* of another address space: forks copy nothing */
    NOTE_ADVICE,
    NOTE_STACK_PROTECTION,
    NOTE_STACK_PARTIAL_UNMAP,
    NOTE_PARTIAL_REMAP,
    NOTE_NOT_SELECTED, /* a kind of object that was not asked for */
    NOTE_UNKNOWN_STACK,
    NOTE_LONG_GAP,    /* kept, shorter: more than a day without an op */
    NOTE_ABOVE_TOP,   /* kept: a touch above what the recorder took for the top */
    NOTE_PAGES_APART, /* kept: pages freed apart from the block they came with */
    NOTE_TOP_GUESSED, /* kept: the first page of a main stack */
    NOTE_OWN,         /* the recorder's own */
    NOTE_OTHER_EVENT, /* of kinds that no trace has */
    NOTE_NO_EVENT,    /* a line that is none */
    NOTE_LOST,        /* never seen: the recorder's buffers were full */
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

struct import {
    const char *name;    /* of what is converted, for messages */
    struct input *input; /* NULL: it is not a file */
    struct lines *lines;
    struct trace_output *output;
    enum import_kernel kernel;
    bool with_time;
    struct slot_pool pools[TRACE_HEAP]; /* blocks, regions, stacks */
    const char *field[FIELDS_MAX];
    int fields;
    uint32_t thread;         /* who did the op at hand, from 0 */
    uint32_t thread_written; /* as the trace has it */
    uint32_t cpu;            /* the same for CPUs; only with labels */
    uint32_t cpu_written;
    bool with_labels;
    bool has_label; /* `label` is for the next creation */
    uint32_t label;
    struct labels labels;
    uint64_t time_ns; /* since the op before */
    uint64_t notes[NOTE_KINDS];
    char *text; /* "key: value\n" lines so far; TRACE_TEXT_BYTES_MAX + 1 bytes */
    size_t text_bytes;
    char error[TRACE_MESSAGE_BYTES];
};

/* -- Input ------------------------------------------------------------------------------------- */

/* The next line as it is; NULL at the end, where import->error is "", and on failure. Yours until
 * the next one.
 */
char *import_next_line(struct import *import);

/* The next line that is not a comment, cut into import->field[]. False at the end too: then
 * import->error is "". Comments with a meaning are added to the text.
 */
bool import_line(struct import *import);

/* Whether the line has at least `count` fields; `what` describes them. */
bool import_fields(struct import *import, int count, const char *what);

/* Field `index` as a number up to `max`. */
bool import_number(struct import *import, int index, const char *what, uint64_t max,
                   uint64_t *ret_value);

/* "FILE:LINE: message"; always false. */
bool import_fail(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "FILE: out of memory"; always false. */
bool import_out_of_memory(struct import *import);

/* Make sure that array `at` of `item_bytes` each has item `index`; new items are zeroed. */
bool import_room(struct import *import, void **at, size_t *room, size_t item_bytes, uint64_t index);

/* -- Output ------------------------------------------------------------------------------------ */

/* Append an op, with what is known and wanted of thread, time, CPU and label before it. */
bool import_emit(struct import *import, struct trace_op op);

bool slot_take(struct import *import, enum trace_slot_kind kind, uint32_t *ret_slot);
bool slot_give(struct import *import, enum trace_slot_kind kind, uint32_t slot);

/* Add "key: value" to the header text; what may not be in it is replaced by '?'. */
bool import_text(struct import *import, const char *key, const char *value);

/* Bytes to whole pages, rounding up; UINT32_MAX at most. */
uint32_t import_pages(uint64_t bytes);

/* -- The whole --------------------------------------------------------------------------------- */

/* What can be said of a conversion that went well. */
struct import_report {
    const char *format; /* its name; NULL: not from a file */
    uint64_t ops;
    char *text; /* the trace's header text; free() it */
};

/* The conversion as a whole. `from` is a format's name or NULL: by content. `set` are "key=value"
 * lines for the header text, first in it. False and a message: no output file.
 *
 * A recorder has its ops in no file: then `read` gives them, and `input` only names it.
 */
struct import_job {
    const char *input;
    const char *output;
    const char *from;
    enum import_kernel kernel;
    bool with_time;
    bool with_labels; /* and CPUs, where a recording has them */
    bool (*read)(struct import *import, void *context);
    void *context;
    char **set;
    int set_count;
    input_watch_fn watch; /* NULL: nobody wants to know how far it is */
    void *watch_context;
    struct import_report *report; /* NULL, or to be filled */
    struct input *over;           /* NULL, or instead of the file `input`; it is closed */
    struct trace_output *into;    /* NULL, or instead of the file `output`; it is ended */
};

bool import_run(const struct import_job *job, char *error, size_t error_size);

/* Rows for the table in traces/README.md; false and a message on the first damaged file. */
bool import_describe(char **paths, int count, char *error, size_t error_size);

#endif
