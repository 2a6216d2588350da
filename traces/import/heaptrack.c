/* SPDX-License-Identifier: 0BSD */
/* heaptrack's files, one event a line, a letter and hexadecimal numbers:
 *
 *     --raw                          + bytes trace address     - address
 *     interpreted (its default)      a bytes trace  (kind 0, 1 ...)     + kind     - kind
 *     both       v version format    X command    c elapsed ms    others: modules, frames, memory
 *
 * A realloc is a free and an allocation. An interpreted file names no object but a kind, the blocks
 * of one size from one place in the program: then which block of a kind dies is a guess, and the
 * trace is good for its sizes, which are exact at every moment.
 */
#include "formats.h"

#include "objects.h"
#include "scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_MAX     3u                  /* of heaptrack 1.2 to 1.5 */
#define ELAPSED_MS_MAX (UINT64_C(1) << 36) /* two years; more is damage */
#define NO_SLOT        UINT32_MAX

/* Those not read are the program, modules, frames, strings, the system, memory in use and
 * suppressions.
 */
#define LETTERS "+-acvXAxmtsiIRS"

/* Blocks that an interpreted file does not tell apart, the live ones as a stack. */
struct kind {
    uint64_t bytes;
    uint32_t top; /* slot of the one made last; NO_SLOT: none */
};

struct heaptrack {
    struct objects objects; /* raw */
    struct kind *kinds;     /* interpreted */
    size_t kinds_room;
    uint64_t kinds_count;
    uint32_t *below; /* by slot: the slot under it in its kind's stack */
    size_t below_room;
    uint64_t elapsed_ms;
};

/* -- Objects without names --------------------------------------------------------------------- */

static bool add_kind(struct import *import, struct heaptrack *heaptrack, uint64_t bytes)
{
    void *at = heaptrack->kinds;

    if (!import_room(import, &at, &heaptrack->kinds_room, sizeof *heaptrack->kinds,
                     heaptrack->kinds_count))
        return false;
    heaptrack->kinds = at;
    heaptrack->kinds[heaptrack->kinds_count++] = (struct kind){ bytes, NO_SLOT };
    return true;
}

/* Kind `number`; NULL, and the import's error, if no line announced it. */
static struct kind *find_kind(struct import *import, struct heaptrack *heaptrack, uint64_t number)
{
    if (number < heaptrack->kinds_count)
        return &heaptrack->kinds[number];
    import_fail(import, "kind %" PRIx64 " (expected one of the %" PRIx64 " that 'a' lines made)",
                number, heaptrack->kinds_count);
    return NULL;
}

static bool create(struct import *import, struct heaptrack *heaptrack, uint64_t number)
{
    struct kind *kind = find_kind(import, heaptrack, number);
    struct trace_op op = { .kind = TRACE_ALLOC, .bytes = kind ? (uint32_t)kind->bytes : 0 };
    void *below = heaptrack->below;

    if (!kind)
        return false;
    if (kind->bytes > UINT32_MAX) {
        import->notes[NOTE_TOO_LARGE]++;
        return true;
    }
    if (!slot_take(import, TRACE_BLOCK, &op.slot) ||
        !import_room(import, &below, &heaptrack->below_room, sizeof *heaptrack->below, op.slot))
        return false;
    heaptrack->below = below;
    heaptrack->below[op.slot] = kind->top;
    kind->top = op.slot;
    return import_emit(import, op);
}

static bool end(struct import *import, struct heaptrack *heaptrack, uint64_t number)
{
    struct kind *kind = find_kind(import, heaptrack, number);
    struct trace_op op = { .kind = TRACE_FREE, .slot = kind ? kind->top : NO_SLOT };

    if (!kind || kind->bytes > UINT32_MAX)
        return kind != NULL; /* a large one was counted when it was made */
    if (op.slot == NO_SLOT) {
        import->notes[NOTE_UNKNOWN_FREE]++;
        return true;
    }
    kind->top = heaptrack->below[op.slot];
    return import_emit(import, op) && slot_give(import, TRACE_BLOCK, op.slot);
}

/* -- Lines ------------------------------------------------------------------------------------- */

/* "10400 3": a byte each for major, minor and patch; and the file's format, 0 if there is none. */
static bool read_version(struct import *import, const char *at)
{
    uint64_t version;
    uint64_t format = 0;
    char recorder[64];

    if (!scan_need_hex(import, &at, "heaptrack's version", &version))
        return false;
    if (scan_blanks(&at) && *at != '\0' && !scan_need_hex(import, &at, "a file format", &format))
        return false;
    if (format > FORMAT_MAX)
        return import_fail(import, "heaptrack file format %" PRIx64 " (expected 0 to %x)", format,
                           FORMAT_MAX);
    snprintf(recorder, sizeof recorder, "heaptrack %" PRIu64 ".%" PRIu64 ".%" PRIu64, version >> 16,
             version >> 8 & 0xffu, version & 0xffu);
    return import_text(import, "recorder", recorder);
}

static bool read_elapsed(struct import *import, struct heaptrack *heaptrack, const char *at)
{
    uint64_t now;

    if (!scan_need_hex(import, &at, "elapsed milliseconds", &now) || !scan_need_end(import, at))
        return false;
    if (now > ELAPSED_MS_MAX || now < heaptrack->elapsed_ms)
        return import_fail(import, "elapsed: %" PRIx64 " ms (expected %" PRIx64 " to %" PRIx64 ")",
                           now, heaptrack->elapsed_ms, ELAPSED_MS_MAX);
    import->time_ns += (now - heaptrack->elapsed_ms) * 1000000u;
    heaptrack->elapsed_ms = now;
    return true;
}

static bool read_kind(struct import *import, struct heaptrack *heaptrack, const char *at)
{
    uint64_t bytes;
    uint64_t trace;

    if (heaptrack->objects.room > 0)
        return import_fail(import, "a kind of allocations (expected none behind raw ones)");
    return scan_need_hex(import, &at, "bytes", &bytes) && scan_need_blanks(import, &at) &&
           scan_need_hex(import, &at, "a backtrace", &trace) && scan_need_end(import, at) &&
           add_kind(import, heaptrack, bytes);
}

static bool read_alloc(struct import *import, struct heaptrack *heaptrack, const char *at)
{
    uint64_t bytes;
    uint64_t trace;
    uint64_t address;

    if (heaptrack->kinds_count > 0)
        return scan_need_hex(import, &at, "a kind of allocations", &bytes) &&
               scan_need_end(import, at) && create(import, heaptrack, bytes);
    return scan_need_hex(import, &at, "bytes", &bytes) && scan_need_blanks(import, &at) &&
           scan_need_hex(import, &at, "a backtrace", &trace) && scan_need_blanks(import, &at) &&
           scan_need_hex(import, &at, "an address", &address) && scan_need_end(import, at) &&
           objects_create(import, &heaptrack->objects, 0, address, bytes,
                          (struct trace_op){ .kind = TRACE_ALLOC });
}

static bool read_free(struct import *import, struct heaptrack *heaptrack, const char *at)
{
    uint64_t what;

    if (heaptrack->kinds_count > 0)
        return scan_need_hex(import, &at, "a kind of allocations", &what) &&
               scan_need_end(import, at) && end(import, heaptrack, what);
    return scan_need_hex(import, &at, "an address", &what) && scan_need_end(import, at) &&
           objects_end(import, &heaptrack->objects, 0, what);
}

static bool read_line(struct import *import, struct heaptrack *heaptrack, const char *line)
{
    const char *at = line + 1;

    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (!strchr(LETTERS, line[0]))
        return scan_fail(import, line, "a line of heaptrack (" LETTERS " or #)");
    if (!strchr("AX", line[0]) && !scan_need_blanks(import, &at))
        return false;
    switch (line[0]) {
    case '+': return read_alloc(import, heaptrack, at);
    case '-': return read_free(import, heaptrack, at);
    case 'a': return read_kind(import, heaptrack, at);
    case 'c': return read_elapsed(import, heaptrack, at);
    case 'v': return read_version(import, at);
    case 'X': return import_text(import, "workload", at + strspn(at, " "));
    case 'A': return import_text(import, "recording", "attached to a running program");
    default: return true;
    }
}

bool import_heaptrack(struct import *import)
{
    struct heaptrack heaptrack = { .kinds = NULL };
    bool good = true;
    char *line;

    while (good && (line = import_next_line(import)) != NULL)
        good = read_line(import, &heaptrack, line);
    good = good && import->error[0] == '\0';
    if (good && heaptrack.kinds_count > 0)
        good = import_text(import, "histogram-only",
                           "sizes are exact at every moment, but which of several equal blocks is "
                           "freed is a guess (the last one made): heaptrack's interpreted files "
                           "do not say; record with heaptrack --raw");
    free(heaptrack.kinds);
    free(heaptrack.below);
    objects_free_all(&heaptrack.objects);
    return good;
}

static enum scan_verdict judge(const char *line)
{
    const char *at = line;
    uint64_t version;

    if (scan_text(&at, "v ") && scan_hex(&at, &version))
        return version >= 0x10000u ? SCAN_PROOF : SCAN_FOREIGN; /* 1.0.0 */
    if (line[0] == 'A' || line[0] == '#')
        return SCAN_NEUTRAL;
    return strchr(LETTERS, line[0]) && (line[1] == ' ' || line[1] == '\0') ? SCAN_NEUTRAL
                                                                           : SCAN_FOREIGN;
}

bool looks_heaptrack(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
