/* SPDX-License-Identifier: 0BSD */
/* Events of a running Linux kernel in text, as three programs print them:
 *
 *     perf script        ls  1537 [000]  2926.293462: kmem:kmalloc: call_site=... ptr=0x...
 *     trace-cmd report   ls-1537  [000]  2926.293462: kmalloc:      (site) call_site=... ptr=0x...
 *     trace, trace_pipe  ls-1537  [000] d..1.  2926.293462: kmalloc: call_site=... ptr=0000...
 *
 * kmalloc, kfree, kmem_cache_alloc, kmem_cache_free, mm_page_alloc, mm_page_free, alloc_vmap_area
 * and free_vmap_area_noflush are read, see kmem.h; other events and lines are counted. Pointers may
 * be hashed: all that matters is which ones are the same.
 */
#include "formats.h"

#include "ftrace_fields.h"
#include "scan.h"

#include <string.h>

#define PAGE_BYTES 4096u /* a text does not say; it is what nearly all kernels have */

/* A line cut into its parts. */
struct ftrace_line {
    uint32_t pid;
    uint32_t cpu;
    uint64_t time_ns;
    const char *name; /* of the event, not terminated */
    size_t name_bytes;
    const char *fields; /* behind the name */
};

/* -- One line ---------------------------------------------------------------------------------- */

/* "2926.293462:", "2926.293462123:", or "2926:" of a clock that does not count seconds. */
static bool scan_time(const char **at, uint64_t *ret_ns)
{
    const char *here = *at;
    const char *digits;
    uint64_t seconds;
    uint64_t fraction;

    if (!scan_decimal(&here, &seconds))
        return false;
    *ret_ns = seconds;
    if (*here == '.') {
        digits = ++here;
        if (!scan_decimal(&here, &fraction) || here - digits > 9 ||
            seconds >= UINT64_MAX / 1000000000u)
            return false;
        for (long i = here - digits; i < 9; i++)
            fraction *= 10u;
        *ret_ns = seconds * 1000000000u + fraction;
    }
    if (!scan_text(&here, ":"))
        return false;
    *at = here;
    return true;
}

/* "ls-1537", "ls 1537", "ls 1537/1538" or "ls-1537 (1536)" before `end`: a name can have blanks,
 * brackets and dashes, so the number is what the part ends with. (In brackets is the process.)
 */
static bool read_pid(const char *line, const char *end, uint32_t *ret_pid)
{
    const char *digits;
    uint64_t pid;

    while (end > line && end[-1] == ' ')
        end--;
    if (end > line && end[-1] == ')') {
        while (end > line && end[-1] != '(')
            end--;
        end -= end > line;
        while (end > line && end[-1] == ' ')
            end--;
    }
    digits = end;
    while (digits > line && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    if (digits == end || digits == line || !strchr("- /", digits[-1]))
        return false;
    if (!scan_decimal(&digits, &pid) || pid > UINT32_MAX)
        return false;
    *ret_pid = (uint32_t)pid;
    return true;
}

/* From the '[' on: "[000] 2926.293462: kmalloc: ..." or "[000] d..1. 2926.293462: kmalloc: ..." */
static bool read_rest(const char *at, struct ftrace_line *line)
{
    const char *flags;
    size_t bytes;
    uint64_t cpu;

    if (!scan_text(&at, "[") || !scan_decimal(&at, &cpu) || cpu > UINT32_MAX ||
        !scan_text(&at, "]") || !scan_blanks(&at))
        return false;
    line->cpu = (uint32_t)cpu;
    if (!scan_time(&at, &line->time_ns) &&
        (!scan_word(&at, &flags, &bytes) || !scan_blanks(&at) || !scan_time(&at, &line->time_ns)))
        return false;
    if (!scan_blanks(&at) || !scan_word(&at, &line->name, &line->name_bytes))
        return false;
    line->name_bytes -= line->name[line->name_bytes - 1u] == ':';
    line->fields = at + strspn(at, " \t");
    return true;
}

static bool read_line(const char *text, struct ftrace_line *ret_line)
{
    for (const char *at = strchr(text, '['); at; at = strchr(at + 1, '['))
        if (read_rest(at, ret_line) && read_pid(text, at, &ret_line->pid))
            return true;
    return false;
}

/* -- Losses ------------------------------------------------------------------------------------ */

/* "CPU:1 [LOST 12 EVENTS]" of the kernel; trace-cmd's "CPU:1 [12 EVENTS DROPPED]", without a number
 * if it does not know; "# entries-in-buffer/entries-written: 7/19". False: `line` says nothing.
 */
static bool read_loss(const char *line, uint64_t *ret_lost)
{
    uint64_t cpu;
    uint64_t kept;
    const char *at = line;

    *ret_lost = 1;
    if (scan_text(&at, "# entries-in-buffer/entries-written: ")) {
        if (!scan_decimal(&at, &kept) || !scan_text(&at, "/") || !scan_decimal(&at, ret_lost))
            return false;
        *ret_lost -= kept < *ret_lost ? kept : *ret_lost;
        return true;
    }
    if (!scan_text(&at, "CPU:") || !scan_decimal(&at, &cpu) || !scan_text(&at, " ["))
        return false;
    if (scan_text(&at, "LOST "))
        return scan_decimal(&at, ret_lost) && scan_text(&at, " EVENTS]");
    if (scan_decimal(&at, ret_lost))
        return scan_text(&at, " EVENTS DROPPED]");
    return scan_text(&at, "EVENTS DROPPED]");
}

/* perf script --show-lost-events. */
static bool read_lost_record(const struct ftrace_line *line, uint64_t *ret_lost)
{
    const char *at = line->fields;

    return line->name_bytes == 16 && memcmp(line->name, "PERF_RECORD_LOST", 16) == 0 &&
           scan_text(&at, "lost ") && scan_decimal(&at, ret_lost);
}

/* -- The file ---------------------------------------------------------------------------------- */

/* Lines around the events: call chains are indented, everything else of perf and the kernel is a
 * comment, trace-cmd says how many CPUs there are.
 */
static bool is_expected(const char *line)
{
    return strchr(" \t#", line[0]) || strncmp(line, "cpus=", 5) == 0 ||
           strncmp(line, "CPU:", 4) == 0;
}

static enum scan_verdict judge(const char *text)
{
    struct ftrace_line line;

    if (read_line(text, &line))
        return SCAN_PROOF;
    return is_expected(text) ? SCAN_NEUTRAL : SCAN_FOREIGN;
}

bool looks_ftrace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}

static bool take_line(struct import *import, struct kmem *kmem, const char *text)
{
    struct kmem_event event = { .kind = KMEM_KMALLOC };
    struct ftrace_line line;
    struct ftrace_words words;
    uint64_t lost;

    if (read_loss(text, &lost)) {
        import->notes[NOTE_LOST] += lost;
        return true;
    }
    if (!read_line(text, &line)) {
        import->notes[NOTE_NO_EVENT] += !is_expected(text);
        return true;
    }
    if (!ftrace_kind(line.name, line.name_bytes, &event.kind)) {
        bool is_loss = read_lost_record(&line, &lost);
        import->notes[is_loss ? NOTE_LOST : NOTE_OTHER_EVENT] += is_loss ? lost : 1u;
        return true;
    }
    event.pid = line.pid;
    event.cpu = line.cpu;
    event.time_ns = line.time_ns;
    return ftrace_fields(import, line.fields, &event, &words) && kmem_event(kmem, &event);
}

bool import_ftrace(struct import *import)
{
    struct kmem kmem = { .import = import, .page_bytes = PAGE_BYTES };
    bool good = true;
    char *text;

    while (good && (text = import_next_line(import)))
        good = take_line(import, &kmem, text);
    good = good && import->error[0] == '\0';
    if (good && !kmem.started)
        good = import_fail(import, "no event of %s in it (expected some)",
                           import_kernels[import->kernel]);
    kmem_free(&kmem);
    return good;
}
