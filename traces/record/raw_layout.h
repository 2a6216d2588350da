/* SPDX-License-Identifier: 0BSD */
/* The raw recording of one program's heap, as the preloaded recorder writes it and traces/import
 * reads it. A process has one such file for each program it runs: PID-1.raw, after an exec
 * PID-2.raw and so on.
 *
 *     header, 64 KiB | record 0 | record 1 | ...
 *
 * The file is sparse and as long as the file system likes; `next` says how much of it counts. A
 * record's number is its place in the one order of all threads. Everything is in the byte order of
 * the machine, and the same for 32-bit and 64-bit programs of it.
 */
#ifndef LOOKASIDE_RECORD_RAW_LAYOUT_H
#define LOOKASIDE_RECORD_RAW_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define RAW_MAGIC        "LARAW\x1a\r\n" /* the 8 bytes at the start, without the 0 */
#define RAW_VERSION      1u
#define RAW_HEADER_BYTES 65536u /* the largest page there is, so that records begin on one */
#define RAW_NAME_BYTES   32u    /* of a file in the folder, with its 0 */

/* -- Records ----------------------------------------------------------------------------------- */

enum raw_kind {
    RAW_ALLOC = 1,
    RAW_ALLOC_ZEROED,
    RAW_ALLOC_ALIGNED,
    RAW_FREE,          /* stamped before the block is freed */
    RAW_REALLOC_BEGIN, /* the same; `address` is the old one */
    RAW_REALLOC_END    /* stamped after, like an allocation; follows in the same thread */
};

/* `what` is written last: 0 is a record that its thread had no time to finish. */
struct raw_record {
    uint64_t address; /* 0: the call failed */
    uint32_t bytes;   /* requested; UINT32_MAX for that and anything above */
    uint32_t what;    /* kind | log2 of the alignment << 4 | thread << 9 */
};

/* A record of 24 bytes has the time behind it, CLOCK_MONOTONIC. */
struct raw_timed_record {
    struct raw_record record;
    uint64_t time_ns;
};

#define RAW_KIND_MASK    0xfu
#define RAW_ALIGN_SHIFT  4u
#define RAW_ALIGN_MASK   0x1fu
#define RAW_THREAD_SHIFT 9u
#define RAW_THREADS_MAX  ((UINT32_C(1) << 23) - 1u) /* a thread is 1 to this; above, begins again */

/* -- The header -------------------------------------------------------------------------------- */

struct raw_header {
    char magic[8]; /* written last */
    uint32_t version;
    uint32_t record_bytes;       /* of struct raw_record or struct raw_timed_record */
    uint32_t process;            /* its number */
    uint32_t word_bytes;         /* 4: a 32-bit program */
    uint64_t process_start;      /* field 22 of /proc/PID/stat: tells whose number it was */
    uint64_t parent_records;     /* at the fork, the parent's file had so many */
    char parent[RAW_NAME_BYTES]; /* name of that file; "" for a process that began with an exec */
    char system[192];            /* "Linux 6.1.0 x86_64" */
    char own_new[256];           /* a library that has operator new of its own beside malloc */
    uint32_t command_bytes;
    char command[1524]; /* the words of the command line, each with a 0 behind it; may be cut */

    uint64_t next __attribute__((aligned(8))); /* number of the next record */
    char apart[56];   /* everybody writes `next` all the time: a cache line of its own */
    uint64_t first;   /* records before this one were taken away already */
    uint64_t stop;    /* no record from this one on was kept: there was no room */
    uint32_t threads; /* that have made a call */
    uint32_t stop_errno;
};

_Static_assert(sizeof(struct raw_record) == 16, "as the importer reads it");
_Static_assert(sizeof(struct raw_timed_record) == 24, "as the importer reads it");
_Static_assert(offsetof(struct raw_header, process_start) == 24, "no gap in any ABI");
_Static_assert(offsetof(struct raw_header, next) == 2048, "begins a cache line");
_Static_assert(offsetof(struct raw_header, stop_errno) == 2132, "no gap in any ABI");
_Static_assert(sizeof(struct raw_header) <= RAW_HEADER_BYTES, "fits");

/* -- The folder -------------------------------------------------------------------------------- */

/* A recording is a folder: raw files, `control`, and in RAW_PRELOAD the library for each ABI, under
 * the name that the loader's $LIB has there. The library finds the folder by its own path.
 */
#define RAW_CONTROL "control"
#define RAW_PRELOAD "preload"
#define RAW_LIBRARY "liblookaside-record.so"

/* What the recorder and the processes tell each other: the content of `control`. */
struct raw_control {
    uint32_t version;   /* RAW_VERSION */
    uint32_t process;   /* of the command */
    uint32_t all;       /* 0: only that process is kept */
    uint32_t with_time; /* records of 24 bytes */
    uint32_t over;      /* nobody waits for records any more */
    uint32_t others;    /* programs and forks that made calls and were not kept */
    uint32_t failed;    /* those that should have been kept and could not be */
    uint32_t failed_errno;
};

#endif
