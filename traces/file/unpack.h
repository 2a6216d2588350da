/* SPDX-License-Identifier: 0BSD */
/* Wrappers around whole files (zstd, gzip, xz), peeled while they are read. Several packed streams
 * one behind the other are one file; anything else behind one is an error, and so is a stream that
 * ends early: it would look like a clean end otherwise. Private to traces/file.
 */
#ifndef LOOKASIDE_FILE_UNPACK_H
#define LOOKASIDE_FILE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNPACK_MAGIC_BYTES   6u   /* of the longest magic, xz's */
#define UNPACK_PROBLEM_BYTES 192u /* any problem below */

/* What a step reads and fills; it moves both pointers on. */
struct unpack_io {
    const uint8_t *in;
    size_t in_bytes;
    bool in_ends; /* no byte comes behind these */
    uint8_t *out;
    size_t out_bytes; /* 1 or more */
    char problem[UNPACK_PROBLEM_BYTES];
};

enum unpack_answer {
    UNPACK_GOING,  /* call again, with more input if all of it was taken */
    UNPACK_END,    /* the whole file was unpacked and given out */
    UNPACK_FAILED, /* `problem` says "what (expected what)"; what was given out before is good */
};

/* One packer's format. `open` answers the state for the other two, NULL without memory. At the end
 * of the input, `step` takes or gives a byte or does not answer UNPACK_GOING for ever.
 */
struct unpack_kind {
    const char *name;
    bool (*looks)(const uint8_t *first, size_t count);
    void *(*open)(void);
    enum unpack_answer (*step)(void *state, struct unpack_io *io);
    void (*close)(void *state);
};

/* The format a file is packed in that begins with these bytes; NULL: none. */
const struct unpack_kind *unpack_kind_of(const uint8_t *first, size_t count);

/* Sets the problem; always UNPACK_FAILED. */
enum unpack_answer unpack_fail(struct unpack_io *io, const char *what, const char *expected);

extern const struct unpack_kind unpack_zstd;
extern const struct unpack_kind unpack_gzip;
extern const struct unpack_kind unpack_xz;

#endif
