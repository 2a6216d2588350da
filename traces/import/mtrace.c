/* SPDX-License-Identifier: 0BSD */
/* glibc's mtrace(): a call a line, with who called it in front (or not):
 *
 *     = Start
 *     @ ./tiny:[0x12c0] + 0x5617ee0022a0 0x8      malloc, calloc, any aligned one; (nil): it failed
 *     @ ./tiny:[0x121e] - 0x5617ee0022a0          free
 *     @ ./tiny:[0x1369] < 0x5617ee02b1d0          realloc from here
 *     @ ./tiny:[0x1369] > 0x5617ee02d5d0 0x1388   to here: always the next line
 *     @ ./tiny:[0x1458] ! 0x7ff41aa48010 0x927c0  realloc that failed
 *     = End
 *
 * There are no threads, no times, no alignments, and zeroed blocks look like others.
 * Source: glibc, malloc/mtrace-impl.c.
 */
#include "formats.h"

#include "objects.h"
#include "scan.h"

#include <string.h>

struct mtrace {
    struct objects objects;
    bool resizing; /* '<' was there, '>' must follow */
    uint64_t from;
};

/* Moves behind the caller: "@ FILE:[ADDRESS] ". The file's name may have blanks. */
static void skip_caller(const char **at)
{
    const char *end = strrchr(*at, ']');

    if (**at != '@' && **at != '[')
        return;
    if (end)
        *at = end + 1;
    else if (**at == '@')
        ++*at;
    scan_blanks(at);
}

static bool read_pointer(struct import *import, const char **at, uint64_t *ret_pointer)
{
    if (!scan_need_blanks(import, at))
        return false;
    if (scan_text(at, "(nil)")) {
        *ret_pointer = 0;
        return true;
    }
    return scan_need_hex(import, at, "an address", ret_pointer);
}

static bool resize(struct import *import, struct mtrace *mtrace, uint64_t to, uint64_t bytes)
{
    mtrace->resizing = false;
    return objects_resize(import, &mtrace->objects, 0, mtrace->from, to, bytes);
}

static bool read_call(struct import *import, struct mtrace *mtrace, const char *at)
{
    struct trace_op alloc = { .kind = TRACE_ALLOC };
    const char *begin = at;
    uint64_t pointer;
    uint64_t bytes = 0;
    char letter;

    skip_caller(&at);
    letter = *at;
    if (letter == '\0' || !strchr("+-<>!", letter))
        return scan_fail(import, *at ? at : begin, "a call (+ - < > !)");
    at++;
    if (!read_pointer(import, &at, &pointer))
        return false;
    if (letter == '+' || letter == '>' || letter == '!')
        if (!scan_need_blanks(import, &at) || !scan_need_hex(import, &at, "bytes", &bytes))
            return false;
    if (!scan_need_end(import, at))
        return false;
    if (mtrace->resizing != (letter == '>'))
        return import_fail(import, "found '%c', expected '>' behind '<' and nowhere else", letter);
    switch (letter) {
    case '+': return objects_create(import, &mtrace->objects, 0, pointer, bytes, alloc);
    case '-': return objects_end(import, &mtrace->objects, 0, pointer);
    case '>': return resize(import, mtrace, pointer, bytes);
    case '!': import->notes[NOTE_FAILED]++; return true;
    default:
        mtrace->resizing = true;
        mtrace->from = pointer;
        return true;
    }
}

bool import_mtrace(struct import *import)
{
    struct mtrace mtrace = { .resizing = false };
    bool good = true;

    for (char *line = NULL; good && (line = import_next_line(import)) != NULL;)
        if (!scan_at_end(line) && line[0] != '=')
            good = read_call(import, &mtrace, line);
    good = good && import->error[0] == '\0';
    if (good && mtrace.resizing)
        good = import_fail(import, "the file ends behind '<', expected '>'");
    objects_free_all(&mtrace.objects);
    return good;
}

/* -- Looks ------------------------------------------------------------------------------------- */

static enum scan_verdict judge(const char *line)
{
    const char *at = line;
    uint64_t number;

    if (scan_text(&at, "= Start") || scan_text(&at, "= End"))
        return scan_at_end(at) ? SCAN_PROOF : SCAN_FOREIGN;
    skip_caller(&at);
    if (*at == '\0' || !strchr("+-<>!", *at))
        return SCAN_FOREIGN;
    at++;
    if (!scan_blanks(&at) || (*at != '0' && *at != '(')) /* others have no "0x" here */
        return SCAN_FOREIGN;
    if (!scan_text(&at, "(nil)") && (strncmp(at, "0x", 2) != 0 || !scan_hex(&at, &number)))
        return SCAN_FOREIGN;
    scan_blanks(&at);
    scan_hex(&at, &number);
    return scan_at_end(at) ? SCAN_PROOF : SCAN_FOREIGN;
}

bool looks_mtrace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
