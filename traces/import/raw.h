/* SPDX-License-Identifier: 0BSD */
/* The raw recordings of `lookaside record --heap`: ../record/raw_layout.h says what they look like.
 * raw_file.c reads records, raw_inherit.c finds what a fork inherited, raw.c makes ops of it all.
 */
#ifndef LOOKASIDE_IMPORT_RAW_H
#define LOOKASIDE_IMPORT_RAW_H

#include "../record/raw_layout.h"
#include "import.h"

/* -- Converting -------------------------------------------------------------------------------- */

struct raw_totals {
    uint64_t calls;
    uint32_t threads;
    uint64_t holes;         /* calls whose thread had no time to write them down */
    uint64_t unknown_frees; /* and reallocs: of blocks nobody saw allocated */
    uint64_t implied_frees; /* seen because the address was given out again */
    uint32_t programs;      /* more than 1: exec */
    bool stopped;           /* before the program did: there was no room */
    bool own_new;           /* a library has an operator new that does not call malloc() */
};

/* The recorder that looks on, and gets the totals. `alive` and `wait` are NULL unless the recording
 * may still grow: then it is converted while it does, as soon as there is more than `backlog_bytes`
 * to convert, and what is converted is taken out of the file.
 */
struct raw_watch {
    bool (*alive)(void *context); /* whether the process runs */
    void (*wait)(void *context);  /* a moment */
    void *context;
    uint64_t backlog_bytes;
    struct raw_totals totals;
};

/* Convert the process whose first file is import->name: with what it inherited, and with the files
 * of the programs it ran later. `watch` is a struct raw_watch. (import_job.read)
 */
bool raw_read(struct import *import, void *watch);

/* -- Files ------------------------------------------------------------------------------------- */

#define RAW_BUFFER_RECORDS 4096u

/* A large thing: allocate it. */
struct raw_file {
    struct import *import;
    struct raw_watch *watch; /* NULL: nobody writes to the file any more */
    char *path;
    int fd;
    struct raw_header *header; /* mapped: it may change while we read */
    uint64_t first;            /* record it began with */
    uint64_t next;             /* record to read into the buffer next */
    uint64_t taken_out;        /* records before this one are holes in the file now */
    size_t at;                 /* next record of the buffer */
    size_t there;              /* records in the buffer */
    char buffer[RAW_BUFFER_RECORDS * sizeof(struct raw_timed_record)];
};

enum raw_answer { RAW_RECORD, RAW_HOLE, RAW_END, RAW_WRONG };

/* Open and check a file. On false the message is in import->error. */
bool raw_file_open(struct import *import, struct raw_watch *watch, const char *path,
                   struct raw_file **ret_file);
void raw_file_close(struct raw_file *file);

/* Whether there is such a file, with a whole header. */
bool raw_file_begun(const char *path);

/* The next record; its time is 0 where there is none. */
enum raw_answer raw_file_next(struct raw_file *file, struct raw_timed_record *ret_record);

/* PID-1.raw to PID-2.raw and so on; NULL without memory or for any other name. */
char *raw_next_program(const char *path);

static inline enum raw_kind raw_kind(const struct raw_record *record)
{
    return (enum raw_kind)(record->what & RAW_KIND_MASK);
}

static inline uint8_t raw_align_log2(const struct raw_record *record)
{
    return (uint8_t)(record->what >> RAW_ALIGN_SHIFT & RAW_ALIGN_MASK);
}

static inline uint32_t raw_thread(const struct raw_record *record)
{
    return record->what >> RAW_THREAD_SHIFT;
}

/* -- Forks ------------------------------------------------------------------------------------- */

/* A block that was alive in the parent; `what` as in struct raw_record. */
struct raw_block {
    uint64_t address; /* 0: free entry */
    uint64_t born;    /* order of births; in a free entry the next one */
    uint32_t bytes;
    uint32_t what;
};

/* The blocks that were alive when `file`'s process was forked, in the order of their births; yours
 * to free. *ret_missing is a parent's file that should be there and is not, yours too, or NULL.
 */
bool raw_inherit(const struct raw_file *file, struct raw_block **ret_blocks, size_t *ret_count,
                 char **ret_missing);

#endif
