/* SPDX-License-Identifier: 0BSD */
/* Small steps over one line of a recording, for formats whose lines are not just fields between
 * blanks. Private to traces/import.
 *
 *     const char *at = line;
 *     if (scan_text(&at, "malloc(") && scan_decimal(&at, &bytes) && scan_text(&at, ") = ") ...
 *
 * A step that fits moves *at behind what it took and says true. One that does not leaves *at and
 * its other arguments as they were and says false. Lines are terminated; no step passes the end.
 */
#ifndef LOOKASIDE_IMPORT_SCAN_H
#define LOOKASIDE_IMPORT_SCAN_H

#include "import.h"

/* -- Steps ------------------------------------------------------------------------------------- */

/* Exactly these bytes. */
bool scan_text(const char **at, const char *text);

/* Blanks and tabs, one or more. */
bool scan_blanks(const char **at);

/* Digits. False above 2^64 - 1 too. */
bool scan_decimal(const char **at, uint64_t *ret_value);

/* Hexadecimal digits of either case, with or without "0x" in front. False above 2^64 - 1 too. */
bool scan_hex(const char **at, uint64_t *ret_value);

/* Everything up to a blank, a tab or the end, at least one byte. Not terminated. */
bool scan_word(const char **at, const char **ret_word, size_t *ret_bytes);

/* Everything up to the first `text` and that text itself; false if it is not in the line. */
bool scan_past(const char **at, const char *text);

/* Whether nothing but blanks is left. */
bool scan_at_end(const char *at);

/* -- Steps that must fit: else "FILE:LINE: found '...', expected ..." is the import's error ---- */

/* "found '...', expected WHAT", or that the line ends early; always false. */
bool scan_fail(struct import *import, const char *at, const char *what);

bool scan_need_text(struct import *import, const char **at, const char *text);
bool scan_need_blanks(struct import *import, const char **at);
bool scan_need_end(struct import *import, const char *at);

/* `what` names the number: "bytes", "an address". */
bool scan_need_decimal(struct import *import, const char **at, const char *what,
                       uint64_t *ret_value);
bool scan_need_hex(struct import *import, const char **at, const char *what, uint64_t *ret_value);

/* -- Numbers ----------------------------------------------------------------------------------- */

/* a * b, or 2^64 - 1 if that is less: what calloc(a, b) asks for. */
uint64_t scan_product(uint64_t a, uint64_t b);

/* An alignment in bytes as a logarithm; false unless it is a power of two up to 2^31. */
bool scan_align_log2(uint64_t align, uint8_t *ret_log2);

/* -- First bytes, for looks_*() ---------------------------------------------------------------- */

enum scan_verdict {
    SCAN_FOREIGN, /* no such line in this format: it is another one */
    SCAN_NEUTRAL, /* may be there, and proves nothing */
    SCAN_PROOF,   /* only this format has such a line */
};

/* Whether a recording's first bytes have at least one line that proves the format and no foreign
 * one. Lines are judged without their ends, blank ones not at all, and not the last one if the
 * peek cuts it (it has INPUT_PEEK_BYTES then). A zero byte is foreign to all text.
 */
bool scan_looks(const char *first, size_t bytes, enum scan_verdict (*judge)(const char *line));

#endif
