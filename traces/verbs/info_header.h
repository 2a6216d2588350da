/* SPDX-License-Identifier: 0BSD */
/* The lines of a header text that `info` has a place of its own for: what is unknown or lost, and
 * the texts of labels. Private to traces/verbs.
 */
#ifndef LOOKASIDE_TRACE_INFO_HEADER_H
#define LOOKASIDE_TRACE_INFO_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "key: value", pointing into the text. */
struct header_line {
    const char *key;
    const char *value;
    size_t key_bytes;
    size_t value_bytes;
};

/* The next line; *text goes on. False at the end. */
bool header_next(const char **text, struct header_line *ret_line);

bool header_is(const struct header_line *line, const char *key);

/* Whether the line says what a recording or conversion does not have or had to guess. */
bool header_is_loss(const struct header_line *line);

/* The count that a value begins with, as in "12 frees ..."; false and 0 without one. *ret_frees
 * says whether it counts frees.
 */
bool header_count(const struct header_line *line, uint64_t *ret_count, bool *ret_frees);

/* Frees that a conversion dropped (their objects are older than the recording), and those only seen
 * when the address was given out again, which may be late; summed over all lines.
 */
void header_free_losses(const char *text, uint64_t *ret_dropped, uint64_t *ret_implied);

/* The text of label `number`; "" and 0 if the header text does not say. */
const char *header_label(const char *text, uint32_t number, size_t *ret_bytes);

#endif
