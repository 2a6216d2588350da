/* SPDX-License-Identifier: 0BSD */
/* Raw recordings, record by record; also while they are still being written. */
#define _GNU_SOURCE /* fallocate */
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAKE_OUT_PART 16u /* of the backlog, in one go */

/* -- Opening ----------------------------------------------------------------------------------- */

static bool fail(const struct raw_file *file, uint64_t offset, const char *what)
{
    snprintf(file->import->error, sizeof file->import->error, "%.200s: offset %" PRIu64 ": %s",
             file->path, offset, what);
    return false;
}

static bool has_end(const char *text, size_t bytes)
{
    return memchr(text, '\0', bytes) != NULL;
}

static bool check_header(const struct raw_file *file)
{
    const struct raw_header *header = file->header;

    if (memcmp(header->magic, RAW_MAGIC, sizeof header->magic) != 0)
        return fail(file, 0, "this is no raw recording of `lookaside record`");
    if (header->version != RAW_VERSION)
        return fail(file, offsetof(struct raw_header, version),
                    "a raw recording of another version, or of a machine of another byte order");
    if (header->record_bytes != sizeof(struct raw_record) &&
        header->record_bytes != sizeof(struct raw_timed_record))
        return fail(file, offsetof(struct raw_header, record_bytes),
                    "the header is damaged (expected records of 16 or 24 bytes)");
    if (!has_end(header->parent, sizeof header->parent) || strchr(header->parent, '/') ||
        !has_end(header->system, sizeof header->system) ||
        !has_end(header->own_new, sizeof header->own_new) ||
        header->command_bytes > sizeof header->command)
        return fail(file, offsetof(struct raw_header, parent), "the header's texts are damaged");
    return true;
}

static bool map_header(struct raw_file *file, bool live)
{
    struct stat status;
    void *mapped;

    file->fd = open(file->path, (live ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &status) != 0)
        return fail(file, 0, strerror(errno));
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size < RAW_HEADER_BYTES)
        return fail(file, 0, "no whole header (expected a raw recording, not packed, in a file)");
    mapped = mmap(NULL, sizeof *file->header, live ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                  file->fd, 0);
    if (mapped == MAP_FAILED)
        return fail(file, 0, strerror(errno));
    file->header = mapped;
    return true;
}

bool raw_file_open(struct import *import, struct raw_watch *watch, const char *path,
                   struct raw_file **ret_file)
{
    struct raw_file *file = calloc(1, sizeof *file);

    if (!file || !(file->path = strdup(path))) {
        free(file);
        return import_out_of_memory(import);
    }
    file->import = import;
    file->watch = watch && watch->alive ? watch : NULL;
    file->fd = -1;
    if (!map_header(file, file->watch != NULL) || !check_header(file)) {
        raw_file_close(file);
        return false;
    }
    file->first = file->header->first;
    file->next = file->first;
    file->taken_out = file->first;
    *ret_file = file;
    return true;
}

bool raw_file_begun(const char *path)
{
    char magic[sizeof((struct raw_header *)0)->magic];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool begun = fd >= 0 && pread(fd, magic, sizeof magic, 0) == sizeof magic &&
                 memcmp(magic, RAW_MAGIC, sizeof magic) == 0;

    if (fd >= 0)
        close(fd);
    return begun;
}

void raw_file_close(struct raw_file *file)
{
    if (!file)
        return;
    if (file->header)
        munmap(file->header, sizeof *file->header);
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file);
}

char *raw_next_program(const char *path)
{
    static const char suffix[] = ".raw";
    size_t bytes = strlen(path);
    const char *dash = strrchr(path, '-');
    char *end;
    char *next;
    unsigned long number;

    if (!dash || dash[1] < '1' || dash[1] > '9' || bytes < sizeof suffix ||
        strcmp(path + bytes - (sizeof suffix - 1u), suffix) != 0)
        return NULL;
    number = strtoul(dash + 1, &end, 10);
    if (strcmp(end, suffix) != 0 || number >= UINT32_MAX)
        return NULL;
    if (asprintf(&next, "%.*s-%lu%s", (int)(dash - path), path, number + 1u, suffix) < 0)
        return NULL;
    return next;
}

/* -- Reading ----------------------------------------------------------------------------------- */

static uint64_t offset_of(const struct raw_file *file, uint64_t record)
{
    return RAW_HEADER_BYTES + record * file->header->record_bytes;
}

static const struct raw_record *record_at(const struct raw_file *file, size_t index)
{
    return (const struct raw_record *)(file->buffer + index * file->header->record_bytes);
}

/* `count` whole records into the buffer. */
static bool read_records(const struct raw_file *file, size_t count)
{
    size_t bytes = count * file->header->record_bytes;
    uint64_t offset = offset_of(file, file->next);

    for (size_t have = 0; have < bytes;) {
        ssize_t got = pread(file->fd, (char *)(uintptr_t)file->buffer + have, bytes - have,
                            (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(file, offset + have, strerror(errno));
        if (got == 0)
            return fail(file, offset + have,
                        "the file is cut short (expected as many records as its header says)");
        have += (size_t)got;
    }
    return true;
}

/* Whether the program may still add records: its process runs, and has not turned to the next one.
 */
static bool is_growing(const struct raw_file *file)
{
    char *next;
    bool there;

    if (!file->watch || !file->watch->alive(file->watch->context))
        return false;
    next = raw_next_program(file->path);
    there = next && access(next, F_OK) == 0;
    free(next);
    return !there;
}

static uint64_t records_now(const struct raw_file *file)
{
    uint64_t next = __atomic_load_n(&file->header->next, __ATOMIC_ACQUIRE);
    uint64_t stop = __atomic_load_n(&file->header->stop, __ATOMIC_ACQUIRE);

    return next < stop ? next : stop;
}

/* What is converted is no longer needed in the file. Without holes in files it just stays. */
static void take_out(struct raw_file *file)
{
    uint64_t from = offset_of(file, file->taken_out);
    uint64_t bytes = offset_of(file, file->next) - from;

    if (bytes < file->watch->backlog_bytes / TAKE_OUT_PART)
        return;
    if (fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
                  (off_t)bytes) == 0)
        __atomic_store_n(&file->header->first, file->next, __ATOMIC_RELEASE);
    file->taken_out = file->next;
}

/* Of a file that grows, only records up to the first unfinished one. They are read twice, because a
 * record's address is sure only after its last word was seen.
 */
static bool read_finished(struct raw_file *file, size_t count)
{
    if (!read_records(file, count))
        return false;
    for (file->there = 0; file->there < count; file->there++)
        if (record_at(file, file->there)->what == 0)
            break;
    return read_records(file, file->there);
}

/* Fill the buffer; nothing in it is the end. */
static bool fill(struct raw_file *file)
{
    file->at = 0;
    file->there = 0;
    for (;;) {
        bool growing = is_growing(file); /* asked first: what is there afterwards is all */
        uint64_t end = records_now(file);
        uint64_t count = end > file->next ? end - file->next : 0;
        bool enough = !growing || count * file->header->record_bytes >= file->watch->backlog_bytes;
        if (enough && count > 0) {
            size_t some = count < RAW_BUFFER_RECORDS ? (size_t)count : RAW_BUFFER_RECORDS;
            if (growing)
                take_out(file);
            if (!(growing ? read_finished(file, some) : read_records(file, some)))
                return false;
            file->there = growing ? file->there : some;
        }
        file->next += file->there;
        if (file->there > 0 || !growing)
            return true;
        file->watch->wait(file->watch->context);
    }
}

enum raw_answer raw_file_next(struct raw_file *file, struct raw_timed_record *ret_record)
{
    const struct raw_record *record;

    if (file->at == file->there && !fill(file))
        return RAW_WRONG;
    if (file->at == file->there)
        return RAW_END;
    record = record_at(file, file->at++);
    if (record->what == 0)
        return RAW_HOLE;
    if (raw_kind(record) < RAW_ALLOC || raw_kind(record) > RAW_REALLOC_END) {
        fail(file, offset_of(file, file->next - file->there + file->at - 1u),
             "an unknown kind of record (expected 1 to 6)");
        return RAW_WRONG;
    }
    *ret_record = (struct raw_timed_record){ *record, 0 };
    if (file->header->record_bytes == sizeof *ret_record)
        memcpy(&ret_record->time_ns, (const char *)record + sizeof *record,
               sizeof ret_record->time_ns);
    return RAW_RECORD;
}
