/* SPDX-License-Identifier: 0BSD */
/* The raw recording of a process: what it inherited, then one file for each program it ran. */
#include "raw.h"

#include "formats.h"
#include "objects.h"
#include "threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS_NAMED 16u /* with up to 1.5 KiB each; a header text has room for 64 KiB */

enum { SPACE, SPACE_LARGE }; /* blocks of 4 GiB and more are in no trace, only remembered */

/* The realloc that a thread is in. */
struct move {
    struct object_resizing resizing;
    bool begun;
};

struct reading {
    struct import *import;
    struct objects objects;
    uint32_t large; /* blocks in SPACE_LARGE */
    struct threads threads;
    struct move *moves; /* by number of the thread */
    size_t moves_room;
    uint64_t last_ns;
    uint64_t exec_frees;
    struct raw_totals totals;
};

/* -- Calls ------------------------------------------------------------------------------------- */

static uint64_t bytes_of(const struct raw_record *record)
{
    return record->bytes < UINT32_MAX ? record->bytes : (uint64_t)UINT32_MAX + 1u;
}

/* A block that no trace can hold lives at the address from now on. */
static bool remember_large(struct reading *reading, const struct raw_record *record)
{
    struct object object = { record->address, SPACE_LARGE, 0 };

    if (record->address == 0 || bytes_of(record) <= UINT32_MAX ||
        objects_find(&reading->objects, SPACE_LARGE, record->address))
        return true;
    reading->large++;
    return objects_put(reading->import, &reading->objects, object);
}

static bool forget_large(struct reading *reading, uint64_t address)
{
    struct object object;

    if (reading->large == 0 || !objects_take(&reading->objects, SPACE_LARGE, address, &object))
        return false;
    reading->large--;
    return true;
}

static bool create(struct reading *reading, const struct raw_record *record)
{
    static const uint8_t kinds[] = { [RAW_ALLOC] = TRACE_ALLOC,
                                     [RAW_ALLOC_ZEROED] = TRACE_ALLOC_ZEROED,
                                     [RAW_ALLOC_ALIGNED] = TRACE_ALLOC_ALIGNED };
    struct trace_op op = { .kind = kinds[raw_kind(record)] };

    if (op.kind == TRACE_ALLOC_ALIGNED)
        op.align_log2 = raw_align_log2(record);
    forget_large(reading, record->address);
    return objects_create(reading->import, &reading->objects, SPACE, record->address,
                          bytes_of(record), op) &&
           remember_large(reading, record);
}

static bool end(struct reading *reading, const struct raw_record *record)
{
    return forget_large(reading, record->address) ||
           objects_end(reading->import, &reading->objects, SPACE, record->address);
}

/* A thread whose realloc has no end any more: a hole took it, or the program ended. */
static bool give_up(struct reading *reading, struct move *move)
{
    bool begun = move->begun;

    move->begun = false;
    return !begun || objects_resize_end(reading->import, &reading->objects, move->resizing, 0, 0);
}

static bool begin_move(struct reading *reading, struct move *move, const struct raw_record *record)
{
    if (!give_up(reading, move))
        return false;
    move->begun = true;
    if (forget_large(reading, record->address))
        move->resizing = objects_resize_begin(&reading->objects, SPACE, 0);
    else
        move->resizing = objects_resize_begin(&reading->objects, SPACE, record->address);
    return true;
}

static bool end_move(struct reading *reading, struct move *move, const struct raw_record *record)
{
    if (!move->begun)
        move->resizing = (struct object_resizing){ { 0, SPACE, 0 }, true };
    move->begun = false;
    forget_large(reading, record->address);
    return objects_resize_end(reading->import, &reading->objects, move->resizing, record->address,
                              bytes_of(record)) &&
           remember_large(reading, record);
}

static bool call(struct reading *reading, const struct raw_timed_record *timed)
{
    const struct raw_record *record = &timed->record;
    struct import *import = reading->import;
    void *moves = reading->moves;

    if (!threads_number(import, &reading->threads, raw_thread(record), &import->thread) ||
        !import_room(import, &moves, &reading->moves_room, sizeof *reading->moves, import->thread))
        return false;
    reading->moves = moves;
    if (timed->time_ns > reading->last_ns) { /* two threads may have looked in the other order */
        import->time_ns += reading->last_ns ? timed->time_ns - reading->last_ns : 0;
        reading->last_ns = timed->time_ns;
    }
    reading->totals.calls += raw_kind(record) != RAW_REALLOC_BEGIN;
    switch (raw_kind(record)) {
    case RAW_ALLOC:
    case RAW_ALLOC_ZEROED:
    case RAW_ALLOC_ALIGNED: return create(reading, record);
    case RAW_FREE: return end(reading, record);
    case RAW_REALLOC_BEGIN: return begin_move(reading, &reading->moves[import->thread], record);
    case RAW_REALLOC_END: return end_move(reading, &reading->moves[import->thread], record);
    }
    return true;
}

/* -- Header text ------------------------------------------------------------------------------- */

/* "name: 12 words"; nothing for 0. */
static bool note(struct import *import, const char *key, uint64_t count, const char *words)
{
    char value[320];

    snprintf(value, sizeof value, "%" PRIu64 " %s", count, words);
    return count == 0 || import_text(import, key, value);
}

/* The command line, its words with blanks between. */
static void command_line(const struct raw_header *header, char *line, size_t line_size)
{
    size_t bytes = header->command_bytes < line_size ? header->command_bytes : line_size - 1u;

    memcpy(line, header->command, bytes);
    while (bytes > 0 && line[bytes - 1u] == '\0')
        bytes--;
    line[bytes] = '\0';
    for (size_t i = 0; i < bytes; i++)
        if (line[i] == '\0')
            line[i] = ' ';
}

/* Of the first program. A title that somebody gave stays. */
static bool describe_process(struct reading *reading, const struct raw_header *header)
{
    struct import *import = reading->import;
    char value[512];
    const char *slash;

    if (!trace_text_value(import->text, "title", value, sizeof value)) {
        snprintf(value, sizeof value, "%.*s", (int)strnlen(header->command, 400), header->command);
        slash = strrchr(value, '/');
        if (!import_text(import, "title", slash ? slash + 1 : value))
            return false;
    }
    snprintf(value, sizeof value, "%s%s", header->system,
             header->word_bytes == 4 ? ", a 32-bit program" : "");
    return import_text(import, "system", value) &&
           import_text(import, "recorder", "lookaside record --heap");
}

static bool describe_program(struct reading *reading, const struct raw_header *header)
{
    struct import *import = reading->import;
    char line[sizeof header->command + 1u];
    char value[512];

    command_line(header, line, sizeof line);
    if (reading->totals.programs < PROGRAMS_NAMED && !import_text(import, "workload", line))
        return false;
    if (header->own_new[0] == '\0' || reading->totals.own_new)
        return true;
    reading->totals.own_new = true;
    snprintf(value, sizeof value,
             "blocks of operator new, if any: that of %s does not call malloc(); recorded with "
             "LD_PRELOAD=libstdc++.so.6 they are there",
             header->own_new);
    return import_text(import, "dropped", value);
}

static bool describe_losses(struct reading *reading, const struct raw_file *file)
{
    const struct raw_header *header = file->header;
    char value[160];

    if (!note(reading->import, "dropped", file->first,
              "records at the beginning, which were converted before"))
        return false;
    if (header->stop == UINT64_MAX)
        return true;
    reading->totals.stopped = true;
    snprintf(value, sizeof value, "after %" PRIu64 " records there was no room: %.80s",
             header->stop, strerror((int)header->stop_errno));
    return import_text(reading->import, "truncated", value);
}

static bool describe_all(struct reading *reading)
{
    struct import *import = reading->import;
    struct raw_totals *totals = &reading->totals;
    char value[200];

    totals->threads = reading->threads.count;
    totals->unknown_frees = import->notes[NOTE_UNKNOWN_FREE] + import->notes[NOTE_UNKNOWN_REALLOC];
    totals->implied_frees = import->notes[NOTE_IMPLIED_FREE];
    snprintf(value, sizeof value,
             "%" PRIu64 " calls, %" PRIu32 " thread%s, %" PRIu64 " holes, %" PRIu64
             " unknown frees, %s time",
             totals->calls, totals->threads, totals->threads == 1 ? "" : "s", totals->holes,
             totals->unknown_frees, import->with_time ? "with" : "without");
    return import_text(import, "recording", value) &&
           note(import, "implied", reading->exec_frees, "frees of what was alive at an exec");
}

/* -- Programs ---------------------------------------------------------------------------------- */

static bool mark(struct import *import, uint32_t number)
{
    return import_emit(import, (struct trace_op){ .kind = TRACE_MARK, .mark = number });
}

/* Blocks that came by the fork, as if the process had allocated them before its first call. */
static bool inherit(struct reading *reading, const struct raw_file *file)
{
    struct import *import = reading->import;
    struct raw_block *blocks = NULL;
    size_t count = 0;
    char *missing = NULL;
    char words[160];
    bool good;

    if (file->header->parent[0] == '\0')
        return true;
    good = raw_inherit(file, &blocks, &count, &missing);
    for (size_t i = 0; good && i < count; i++) {
        struct raw_record record = { blocks[i].address, blocks[i].bytes, blocks[i].what };
        good = create(reading, &record);
    }
    free(blocks);
    snprintf(words, sizeof words, "allocations at the start: alive in %s when it forked",
             file->header->parent);
    good = good && note(import, "implied", count, words);
    snprintf(words, sizeof words, "blocks inherited by a fork: %.80s is not there",
             missing ? missing : "");
    good = good && (!missing || import_text(import, "dropped", words));
    free(missing);
    return good && mark(import, 1);
}

/* exec: the address space goes, and all that lives in it. */
static bool start_over(struct reading *reading)
{
    struct import *import = reading->import;
    size_t count = reading->objects.count - reading->large;

    for (size_t i = 0; i < reading->moves_room; i++) {
        count += reading->moves[i].begun && reading->moves[i].resizing.object.address != 0;
        if (!give_up(reading, &reading->moves[i]))
            return false;
    }
    reading->exec_frees += count;
    if (!objects_end_space(import, &reading->objects, SPACE))
        return false;
    objects_free_all(&reading->objects); /* the large ones */
    reading->large = 0;
    return mark(import, reading->totals.programs + 1u);
}

static bool read_calls(struct reading *reading, struct raw_file *file)
{
    struct raw_timed_record record;

    for (;;) {
        switch (raw_file_next(file, &record)) {
        case RAW_RECORD:
            if (!call(reading, &record))
                return false;
            break;
        case RAW_HOLE: reading->totals.holes++; break;
        case RAW_END: return true;
        case RAW_WRONG: return false;
        }
    }
}

static bool read_program(struct reading *reading, struct raw_file *file)
{
    bool first = reading->totals.programs == 0;
    bool good = (!first || describe_process(reading, file->header)) &&
                describe_program(reading, file->header) &&
                (first ? inherit(reading, file) : start_over(reading)) &&
                read_calls(reading, file) && describe_losses(reading, file);

    reading->totals.programs++;
    return good;
}

/* The program that the process ran next. NULL: none, or the process number was used again. */
static bool open_next(struct reading *reading, struct raw_watch *watch, const struct raw_file *file,
                      struct raw_file **ret_next)
{
    char *path = raw_next_program(file->path);
    bool good = true;

    *ret_next = NULL;
    while (path && access(path, F_OK) == 0 && !raw_file_begun(path) && watch && watch->alive &&
           watch->alive(watch->context))
        watch->wait(watch->context);
    if (path && raw_file_begun(path))
        good = raw_file_open(reading->import, watch, path, ret_next);
    free(path);
    if (*ret_next && ((*ret_next)->header->process_start != file->header->process_start ||
                      (*ret_next)->header->parent[0] != '\0')) {
        raw_file_close(*ret_next);
        *ret_next = NULL;
    }
    return good;
}

static bool read_all(struct reading *reading, struct raw_watch *watch)
{
    struct raw_file *file;
    struct raw_file *next = NULL;
    bool good;

    if (!raw_file_open(reading->import, watch, reading->import->name, &file))
        return false;
    do {
        good = read_program(reading, file) && open_next(reading, watch, file, &next);
        raw_file_close(file);
        file = next;
    } while (good && file);
    raw_file_close(good ? NULL : file);
    return good;
}

bool raw_read(struct import *import, void *watch)
{
    struct reading reading = { .import = import };
    bool good = read_all(&reading, watch) && describe_all(&reading);

    if (watch)
        ((struct raw_watch *)watch)->totals = reading.totals;
    threads_free(&reading.threads);
    objects_free_all(&reading.objects);
    free(reading.moves);
    return good;
}

bool import_raw(struct import *import)
{
    return raw_read(import, NULL);
}
