/* SPDX-License-Identifier: 0BSD */
/* Reading JSON that somebody else wrote. The first thing that is wrong is kept as one line, "FILE:
 * WHERE: found WHAT, expected WHAT", and everything after it answers something harmless, so that a
 * reader asks once, at its end, whether all was well.
 */
#ifndef LOOKASIDE_REPORT_FIELDS_H
#define LOOKASIDE_REPORT_FIELDS_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

#define FIELDS_MESSAGE_BYTES 512u
#define FIELDS_WHERE_BYTES   160u

struct fields {
    const char *path;
    char where[FIELDS_WHERE_BYTES]; /* "traces[3]", for messages */
    bool bad;
    char message[FIELDS_MESSAGE_BYTES];
};

/* Read a whole file as an object. NULL, with a message, if that is not what it is. */
json_t *fields_load(struct fields *fields, const char *path);

/* Say where the next fields are. */
void fields_at(struct fields *fields, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Note that field `key` of where we are is not what was expected; only the first is kept. */
void fields_complain(struct fields *fields, const char *key, const json_t *found,
                     const char *expected);

/* The field of an object: its value, or a complaint and "", NaN or an empty value. Numbers that are
 * negative are complained about. `_or_null`: null is NaN.
 */
const char *fields_string(struct fields *fields, const json_t *object, const char *key);
double fields_number(struct fields *fields, const json_t *object, const char *key);
double fields_number_or_null(struct fields *fields, const json_t *object, const char *key);
bool fields_boolean(struct fields *fields, const json_t *object, const char *key);
const json_t *fields_array(struct fields *fields, const json_t *object, const char *key);
const json_t *fields_object(struct fields *fields, const json_t *object, const char *key);

/* An element of an array, which must be an object. */
const json_t *fields_element(struct fields *fields, const json_t *array, size_t index);

#endif
