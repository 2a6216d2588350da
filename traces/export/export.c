/* SPDX-License-Identifier: 0BSD */
/* Traces told in other people's formats. */
#include "export.h"

#include "../file/aside.h"
#include "../text/trace_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct export
{
    const struct export_format *format;
    const struct trace_loaded *trace;
    struct walk_totals totals;
    FILE *file;
};

/* -- Writing ----------------------------------------------------------------------------------- */

static bool take_event(void *context, const struct walk_event *event)
{
    const struct export *export = context;

    return export->format->event(export->file, &export->totals, event);
}

static bool write_file(struct export *export)
{
    struct walk_totals again;

    if (export->format->whole)
        return export->format->whole(export->file, export->trace);
    return export->format->begin(export->file, &export->totals) &&
           walk_trace(export->trace, take_event, export, &again);
}

/* Through stdio, aside. False and errno. */
static bool write_aside(struct export *export, const char *output)
{
    struct aside aside;
    bool good;
    int saved;
    int fd;

    if (!aside_open(&aside, output))
        return false;
    errno = 0;
    fd = dup(aside.fd);
    export->file = fd < 0 ? NULL : fdopen(fd, "w");
    good = export->file && write_file(export);
    if (export->file && fclose(export->file) != 0)
        good = false;
    else if (!export->file && fd >= 0)
        close(fd);
    if (good)
        return aside_commit(&aside);
    saved = errno;
    aside_abandon(&aside);
    errno = saved;
    return false;
}

/* -- What is lost ------------------------------------------------------------------------------ */

struct notes {
    FILE *file;
    const char *name;
    const char *input;
};

static void note(const struct notes *notes, uint64_t count, const char *words)
{
    if (count > 0)
        fprintf(notes->file, "%s: %s: %" PRIu64 " %s\n", notes->name, notes->input, count, words);
}

/* "left out: reserve 3, release 3". */
static void note_kinds(const struct notes *notes, const struct export *export, uint32_t kinds,
                       const char *words)
{
    const char *between = words;
    bool any = false;

    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++) {
        uint64_t count = export->totals.kinds[kind];
        if (count == 0 || (kinds >> kind & 1u) == 0)
            continue;
        if (!any)
            fprintf(notes->file, "%s: %s: ", notes->name, notes->input);
        fprintf(notes->file, "%s %s %" PRIu64, between, trace_kind_name(kind), count);
        between = ",";
        any = true;
    }
    if (any)
        fputc('\n', notes->file);
}

static void note_losses(const struct export *export, const struct notes *notes)
{
    const struct export_format *format = export->format;

    note_kinds(notes, export, ~(format->kinds | format->kinds_plain), "left out:");
    note_kinds(notes, export, format->kinds_plain, "told as plain allocations:");
    if (!format->tells_recorded)
        note(notes, export->totals.recorded, "recorded sizes left out");
    if (format->whole)
        return;
    note(notes, export->totals.skipped, "ops left out that do not fit their slots");
    note(notes, export->totals.reallocs_of_nothing, "reallocs of empty slots told as allocations");
    note(notes, export->totals.frees_of_heap_destroys, "frees added for what heap-destroy ends");
}

/* -- The whole --------------------------------------------------------------------------------- */

static bool export_trace(struct export *export, const char *output, const struct notes *notes,
                         char *error, size_t error_size)
{
    if (!walk_trace(export->trace, NULL, NULL, &export->totals)) {
        snprintf(error, error_size, "%s: out of memory", notes->input);
        return false;
    }
    if (!export->format->whole && export->totals.events == 0) {
        snprintf(error, error_size, "%s: nothing that %s can tell (expected heap ops)",
                 notes->input, export->format->name);
        return false;
    }
    if (!write_aside(export, output)) {
        snprintf(error, error_size, "%s: %s", strcmp(output, "-") == 0 ? "stdout" : output,
                 strerror(errno ? errno : ENOMEM));
        return false;
    }
    note_losses(export, notes);
    return true;
}

bool export_run(const struct export_format *format, const char *input, const char *output,
                const char *name, FILE *notes_file, char *error, size_t error_size)
{
    struct notes notes = { notes_file, name, strcmp(input, "-") == 0 ? "stdin" : input };
    struct trace_loaded trace;
    struct export export = { .format = format, .trace = &trace };
    bool good;

    if (!trace_load(input, &trace, error, error_size))
        return false;
    good = export_trace(&export, output, &notes, error, error_size);
    trace_unload(&trace);
    return good;
}
