/* SPDX-License-Identifier: 0BSD */
/* The text twin of a trace, one op a line: for eyes, diffs and hand-written cases. Loss-free both
 * ways; docs/trace-format.md is the specification.
 *
 *     # lookaside trace 1
 *     # title: two blocks
 *     alloc 0 24
 *     alloc-aligned 1 100 64     # a comment
 *     free 0
 */
#ifndef LOOKASIDE_TRACE_TEXT_H
#define LOOKASIDE_TRACE_TEXT_H

#include <lookaside/trace.h>

/* The first line of every text twin, without its end. */
#define TRACE_TEXT_FIRST_LINE "# lookaside trace 1"

/* A formatted op with its '\n' and '\0' always fits. */
#define TRACE_TEXT_OP_BYTES 96u

/* Longer ops are refused; comments and header lines may be longer. */
#define TRACE_TEXT_LINE_BYTES_MAX 4096u

/* The word for a kind: "alloc", "stack-touch"; "unknown" outside the domain. */
const char *trace_kind_name(uint8_t kind);

/* Format a valid op as "word slot ...\n" into `line` of TRACE_TEXT_OP_BYTES bytes. Answers the
 * length.
 */
size_t trace_text_format(const struct trace_op *op, char *line);

enum trace_text_answer {
    TRACE_TEXT_OP,    /* *ret_op is filled */
    TRACE_TEXT_EMPTY, /* blank or a comment */
    TRACE_TEXT_WRONG, /* `problem` says what was found and what was expected */
};

/* Parse one line (without '\n', terminated). `problem` has `problem_size` bytes. O(line). */
enum trace_text_answer trace_text_parse(const char *line, struct trace_op *ret_op, char *problem,
                                        size_t problem_size);

/* Whether `line` (without '\n') is "# key: value", a line of the header's text; *ret_text is then
 * the part that belongs to it.
 */
bool trace_text_is_header(const char *line, const char **ret_text);

#endif
