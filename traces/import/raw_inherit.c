/* SPDX-License-Identifier: 0BSD */
/* What a forked process finds in its heap: all that was alive in its parent at the fork, which may
 * have inherited in turn. The files of the ancestors are read up to the fork, the oldest first.
 */
#define _GNU_SOURCE /* asprintf */
#include "raw.h"

#include "objects.h"
#include "threads.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANCESTORS_MAX 4096u

struct ancestor {
    char *path;
    uint64_t records;
};

/* A heap without ops: blocks by address, their slots are entries of `at`. */
struct estate {
    struct import *import;
    struct objects objects;
    struct raw_block *at;
    size_t room;
    uint32_t used;
    uint32_t free_entry; /* a list through `born`; an entry + 1, 0: empty */
    uint64_t births;
    struct threads threads; /* of the ancestor at hand */
    uint32_t *moving;       /* for each of its threads, the entry + 1 that it reallocates */
    size_t moving_room;
};

/* -- One heap ---------------------------------------------------------------------------------- */

static void bury(struct estate *estate, uint32_t entry)
{
    estate->at[entry] = (struct raw_block){ .born = estate->free_entry };
    estate->free_entry = entry + 1u;
}

/* Put an entry under its address; what is there already was freed unseen. */
static bool settle(struct estate *estate, uint32_t entry)
{
    struct object there;

    if (objects_take(&estate->objects, 0, estate->at[entry].address, &there))
        bury(estate, there.slot);
    return objects_put(estate->import, &estate->objects,
                       (struct object){ estate->at[entry].address, 0, entry });
}

static bool give_birth(struct estate *estate, const struct raw_record *record)
{
    uint32_t entry = estate->used;
    void *at = estate->at;

    if (record->address == 0)
        return true;
    if (estate->free_entry != 0) {
        entry = estate->free_entry - 1u;
        estate->free_entry = (uint32_t)estate->at[entry].born;
    } else {
        if (!import_room(estate->import, &at, &estate->room, sizeof *estate->at, entry))
            return false;
        estate->at = at;
        estate->used++;
    }
    estate->at[entry] =
        (struct raw_block){ record->address, estate->births++, record->bytes, record->what };
    return settle(estate, entry);
}

/* The entry that a thread reallocates; room for it. */
static bool moving_of(struct estate *estate, const struct raw_record *record, uint32_t **ret_moving)
{
    void *moving = estate->moving;
    uint32_t thread;

    if (!threads_number(estate->import, &estate->threads, raw_thread(record), &thread) ||
        !import_room(estate->import, &moving, &estate->moving_room, sizeof *estate->moving, thread))
        return false;
    estate->moving = moving;
    *ret_moving = &estate->moving[thread];
    return true;
}

static bool begin_move(struct estate *estate, const struct raw_record *record)
{
    struct object object;
    uint32_t *moving;

    if (!moving_of(estate, record, &moving))
        return false;
    if (*moving != 0)
        bury(estate, *moving - 1u); /* its end is a hole */
    *moving = objects_take(&estate->objects, 0, record->address, &object) ? object.slot + 1u : 0;
    return true;
}

static bool end_move(struct estate *estate, const struct raw_record *record)
{
    struct raw_record birth = *record;
    uint32_t *moving;
    uint32_t entry;

    if (!moving_of(estate, record, &moving))
        return false;
    if (*moving == 0) {
        birth.what = RAW_ALLOC;
        return give_birth(estate, &birth);
    }
    entry = *moving - 1u;
    *moving = 0;
    if (record->address == 0 && record->bytes == 0) {
        bury(estate, entry);
        return true;
    }
    if (record->address != 0) { /* else it failed, and all stays as it was */
        estate->at[entry].address = record->address;
        estate->at[entry].bytes = record->bytes;
    }
    return settle(estate, entry);
}

static bool apply(struct estate *estate, const struct raw_record *record)
{
    struct object object;

    switch (raw_kind(record)) {
    case RAW_ALLOC:
    case RAW_ALLOC_ZEROED:
    case RAW_ALLOC_ALIGNED: return give_birth(estate, record);
    case RAW_REALLOC_BEGIN: return begin_move(estate, record);
    case RAW_REALLOC_END: return end_move(estate, record);
    case RAW_FREE:
        if (objects_take(&estate->objects, 0, record->address, &object))
            bury(estate, object.slot);
    }
    return true;
}

/* A thread that was in realloc() at the fork is not in the child; its block is, where it was. */
static bool settle_moving(struct estate *estate)
{
    bool good = true;

    for (uint32_t i = 0; good && i < estate->threads.count && i < estate->moving_room; i++)
        good = estate->moving[i] == 0 || settle(estate, estate->moving[i] - 1u);
    threads_free(&estate->threads);
    free(estate->moving);
    estate->moving = NULL;
    estate->moving_room = 0;
    return good;
}

static bool live_through(struct estate *estate, const struct ancestor *ancestor)
{
    struct raw_timed_record record;
    struct raw_file *file;
    enum raw_answer answer = RAW_END;

    if (!raw_file_open(estate->import, NULL, ancestor->path, &file))
        return false;
    for (uint64_t i = file->next; i < ancestor->records; i++) {
        answer = raw_file_next(file, &record);
        if (answer == RAW_WRONG || answer == RAW_END)
            break;
        if (answer == RAW_RECORD && !apply(estate, &record.record)) {
            answer = RAW_WRONG;
            break;
        }
    }
    raw_file_close(file);
    return answer != RAW_WRONG && settle_moving(estate);
}

/* -- The line of ancestors --------------------------------------------------------------------- */

static char *beside(const char *path, const char *name)
{
    char *copy = strdup(path);
    char *found = NULL;

    if (copy && asprintf(&found, "%s/%s", dirname(copy), name) < 0)
        found = NULL;
    free(copy);
    return found;
}

/* Parent, grandparent and so on of `header`'s process, up to one that began with an exec. */
static bool find_ancestors(struct import *import, const char *path, const struct raw_header *header,
                           struct ancestor *ancestors, uint32_t *ret_count, char **ret_missing)
{
    struct raw_header parent = *header;
    struct raw_file *file;

    for (*ret_count = 0; parent.parent[0] != '\0'; ++*ret_count) {
        char *name = beside(path, parent.parent);
        if (!name)
            return import_out_of_memory(import);
        if (access(name, R_OK) != 0 && errno == ENOENT) {
            *ret_missing = name;
            return true;
        }
        if (*ret_count == ANCESTORS_MAX) {
            free(name);
            return import_fail(import, "more than %u forks one in another", ANCESTORS_MAX);
        }
        ancestors[*ret_count] = (struct ancestor){ name, parent.parent_records };
        if (!raw_file_open(import, NULL, name, &file)) {
            ++*ret_count;
            return false;
        }
        parent = *file->header;
        raw_file_close(file);
    }
    return true;
}

static int by_birth(const void *left, const void *right)
{
    uint64_t a = ((const struct raw_block *)left)->born;
    uint64_t b = ((const struct raw_block *)right)->born;

    return (a > b) - (a < b);
}

static size_t sort_living(struct estate *estate)
{
    size_t count = 0;

    for (uint32_t i = 0; i < estate->used; i++)
        if (estate->at[i].address != 0)
            estate->at[count++] = estate->at[i];
    if (count > 0)
        qsort(estate->at, count, sizeof *estate->at, by_birth);
    return count;
}

bool raw_inherit(const struct raw_file *file, struct raw_block **ret_blocks, size_t *ret_count,
                 char **ret_missing)
{
    struct estate estate = { .import = file->import };
    struct ancestor *ancestors = calloc(ANCESTORS_MAX, sizeof *ancestors);
    uint32_t count = 0;
    bool good;

    *ret_missing = NULL;
    if (!ancestors)
        return import_out_of_memory(file->import);
    good = find_ancestors(file->import, file->path, file->header, ancestors, &count, ret_missing);
    for (uint32_t i = count; good && i > 0; i--)
        good = live_through(&estate, &ancestors[i - 1u]);
    while (count > 0)
        free(ancestors[--count].path);
    free(ancestors);
    threads_free(&estate.threads);
    free(estate.moving);
    objects_free_all(&estate.objects);
    if (!good) {
        free(*ret_missing);
        *ret_missing = NULL;
        free(estate.at);
        return false;
    }
    *ret_count = sort_living(&estate);
    *ret_blocks = estate.at;
    return true;
}
