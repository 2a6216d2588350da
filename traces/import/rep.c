/* SPDX-License-Identifier: 0BSD */
/* ".rep": the traces of malloc lab and its relatives. Some lone numbers, then an op a line:
 *
 *     a ID BYTES | r ID BYTES | f ID
 *
 * Three headers are about: heap size, ids, ops, weight (2002); weight, ids, ops, most bytes (2016);
 * ids, ops. The first two look the same, so only ids and ops are read, and neither is trusted: the
 * body may have other counts. An id is any number. Allocated while it is live, its old block is
 * gone; resized without having been allocated, it is a malloc; f -1 is free(NULL).
 */
#include "formats.h"

#include "objects.h"
#include "scan.h"

#include <inttypes.h>
#include <stdio.h>

#define HEADER_MAX 4u

struct rep {
    struct objects objects; /* an id's address is the id + 1: 0 is none */
    uint64_t header[HEADER_MAX];
    size_t header_lines;
    uint64_t ops;
    uint64_t ids; /* the highest id + 1 */
};

static bool read_id(struct import *import, struct rep *rep, const char **at, uint64_t *ret_address)
{
    const char *begin = *at;
    uint64_t id;

    if (!scan_decimal(at, &id) || id == UINT64_MAX)
        return scan_fail(import, begin, "an id (0 to 2^64 - 2)");
    *ret_address = id + 1u;
    if (rep->ids < id + 1u)
        rep->ids = id + 1u;
    return true;
}

static bool read_op(struct import *import, struct rep *rep, const char *at)
{
    struct trace_op alloc = { .kind = TRACE_ALLOC };
    char letter = *at++;
    uint64_t address = 0;
    uint64_t bytes = 0;

    if ((letter != 'a' && letter != 'r' && letter != 'f') || !scan_blanks(&at))
        return scan_fail(import, at - 1, "an op (a ID BYTES, r ID BYTES, f ID)");
    if (!(letter == 'f' && scan_text(&at, "-1")) && !read_id(import, rep, &at, &address))
        return false;
    scan_blanks(&at);
    if (letter != 'f' && !scan_need_decimal(import, &at, "bytes", &bytes))
        return false;
    if (!scan_need_end(import, at))
        return false;
    rep->ops++;
    switch (letter) {
    case 'a': return objects_create(import, &rep->objects, 0, address, bytes, alloc);
    case 'r': /* an answer of NULL for no bytes is not told: the block stays, with none */
        return objects_resize(import, &rep->objects, 0, address, address, bytes);
    default: return objects_end(import, &rep->objects, 0, address);
    }
}

/* A lone number ahead of the first op. */
static bool read_header_line(struct import *import, struct rep *rep, const char *at)
{
    uint64_t value;

    if (rep->header_lines == HEADER_MAX)
        return import_fail(import, "a header of more than %u lines (expected 2 or 4)", HEADER_MAX);
    if (!scan_need_decimal(import, &at, "a number", &value) || !scan_need_end(import, at))
        return false;
    rep->header[rep->header_lines++] = value;
    return true;
}

static bool check_header(struct import *import, const struct rep *rep)
{
    return rep->header_lines == 2 || rep->header_lines == HEADER_MAX ||
           import_fail(import, "a header of %zu lines (expected 2 or 4)", rep->header_lines);
}

/* A header that lies is worth a line: what the lab made of this file may differ. */
static bool note_header(struct import *import, const struct rep *rep)
{
    const uint64_t *counts = rep->header + (rep->header_lines == HEADER_MAX ? 1 : 0);
    char value[160];

    if (counts[0] == rep->ids && counts[1] == rep->ops)
        return true;
    snprintf(value, sizeof value,
             "the header says %" PRIu64 " ids and %" PRIu64 " ops, there are ids below %" PRIu64
             " and %" PRIu64 " ops",
             counts[0], counts[1], rep->ids, rep->ops);
    return import_text(import, "recording", value);
}

static bool read_lines(struct import *import, struct rep *rep)
{
    bool body = false;

    for (char *line = import_next_line(import); line; line = import_next_line(import)) {
        const char *at = line;
        for (char *letter = line; *letter != '\0'; letter++)
            if (*letter == '\r')
                *letter = ' '; /* seen in the wild, not only at the end */
        scan_blanks(&at);
        if (*at == '\0')
            continue;
        if (!body && (*at < '0' || *at > '9')) {
            if (!check_header(import, rep))
                return false;
            body = true;
        }
        if (!(body ? read_op(import, rep, at) : read_header_line(import, rep, at)))
            return false;
    }
    return import->error[0] == '\0' && check_header(import, rep) && note_header(import, rep);
}

bool import_rep(struct import *import)
{
    struct rep rep = { .header_lines = 0 };
    bool good = read_lines(import, &rep);

    objects_free_all(&rep.objects);
    return good;
}

/* -- Looks ------------------------------------------------------------------------------------- */

/* "a 0" without its size is taken too: the import then says what is wrong. */
static enum scan_verdict judge(const char *line)
{
    const char *at = line;
    uint64_t number;
    int numbers = 0;
    bool op;

    scan_blanks(&at);
    op = scan_text(&at, "a ") || scan_text(&at, "r ") || scan_text(&at, "f ");
    if (op && scan_text(&at, "-1"))
        numbers++;
    for (; scan_decimal(&at, &number); scan_blanks(&at))
        numbers++;
    at += *at == '\r';
    if (!scan_at_end(at) || numbers == 0 || numbers > (op ? 2 : 1))
        return SCAN_FOREIGN;
    return op ? SCAN_PROOF : SCAN_NEUTRAL;
}

/* The header comes first, so that lists of ops of other kinds are not taken. */
bool looks_rep(const char *first, size_t bytes)
{
    size_t at = 0;

    while (at < bytes && (first[at] == ' ' || first[at] == '\r' || first[at] == '\n'))
        at++;
    return at < bytes && first[at] >= '0' && first[at] <= '9' && scan_looks(first, bytes, judge);
}
