/* SPDX-License-Identifier: 0BSD */
/* The file a process records into, and how a record gets there. Private to the preloaded library.
 *
 * Nothing here allocates or is a cancellation point, and only one record in thousands may wait for
 * another thread. So it can run in any call of malloc(): in a signal handler, between fork() and
 * exec(), while other threads do the same.
 *
 * One atomic counter in the file's header gives each record its number. The file is mapped in
 * chunks of consecutive records, of which a ring remembers the latest:
 *
 *     number of a record --> chunk --> ring[chunk % SESSION_RING] --> where it is mapped
 */
#ifndef LOOKASIDE_RECORD_SESSION_H
#define LOOKASIDE_RECORD_SESSION_H

#include <stdbool.h>
#include <time.h>

#include "../raw_layout.h"

#define SESSION_CHUNK_RECORDS 8192u /* 128 KiB, with the time 192: whole pages of up to 64 KiB */
#define SESSION_RING          512u  /* chunks between the newest and that of a thread that waits */
#define SESSION_TAG_MASK      0xfffu

struct session {
    struct raw_header *header; /* NULL: this process is not recorded */
    uint32_t record_bytes;
    uint32_t chunk_bytes;
    uint32_t mapping;             /* 1: a thread maps a chunk */
    uintptr_t ring[SESSION_RING]; /* address | tag of the chunk's number; 0: none */
    char name[RAW_NAME_BYTES];
    char path[4096];
};

/* The session is forgotten by fork(): the kernel zeroes this page in the child. */
struct session_page {
    struct session *session; /* NULL: none begun yet */
    char rest[4096 - sizeof(struct session *)];
};

struct session_thread {
    uint32_t number;  /* in this session, from 1; 0: none yet */
    uintptr_t inside; /* the real allocator: frame of the call that it serves; 0: not */
    uint64_t next;    /* number of its last record + 1 */
    uint64_t at_fork; /* while it forks: number of records + 1 */
};

#define SESSION_HIDDEN __attribute__((visibility("hidden")))

extern struct session_page session_page SESSION_HIDDEN;
extern struct session session_off SESSION_HIDDEN; /* of a process that is not recorded */
extern __thread struct session_thread session_thread SESSION_HIDDEN;

/* Find the folder of the recording. Once, before any other call; needs dladdr(). */
void session_start(void) SESSION_HIDDEN;

/* Say that `library` answers operator new itself: such blocks go unseen. Before any record. */
void session_own_new(const char *library) SESSION_HIDDEN;

/* Whether the recorder has gone, while this process runs on. */
bool session_is_over(void) SESSION_HIDDEN;

/* The slow parts of session_put(). They keep errno. session_chunk() answers NULL when the record
 * cannot be kept.
 */
struct session *session_open(void) SESSION_HIDDEN;
char *session_chunk(struct session *session, uint64_t chunk) SESSION_HIDDEN;
void session_number_thread(struct session *session) SESSION_HIDDEN;

/* Zeroes for the records of a chunk that has none yet, all at once, if the file can be opened.
 * Writing to holes of a mapped file costs ten times as much on most file systems.
 */
void session_fill_chunk(const struct session *session, uint64_t chunk) SESSION_HIDDEN;

/* Memory and disk for mapped bytes, now: later a full disk would be SIGBUS. False: there is none.
 * Before Linux 5.14 the kernel does not know the request, and the answer is true.
 */
bool session_populate(void *mapped, size_t bytes) SESSION_HIDDEN;

/* open() and close() are cancellation points in the C library; these are not. */
int session_open_file(const char *path, int flags) SESSION_HIDDEN;
void session_close_file(int fd) SESSION_HIDDEN;

/* What an entry of the ring for this chunk ends in; never 0, so that an empty entry fits none. */
static inline uintptr_t session_tag(uint64_t chunk)
{
    return 0x800u | (uintptr_t)(chunk / SESSION_RING % 0x800u);
}

/* Where a chunk is mapped, or NULL. */
static inline char *session_mapped(const struct session *session, uint64_t chunk)
{
    uintptr_t entry = __atomic_load_n(&session->ring[chunk % SESSION_RING], __ATOMIC_ACQUIRE);

    if ((entry & SESSION_TAG_MASK) != session_tag(chunk))
        return NULL;
    return (char *)(entry & ~(uintptr_t)SESSION_TAG_MASK); /* NOLINT: an address, see the ring */
}

/* Record one call. The number is taken here: after an allocation, before a free. */
static inline void session_put(enum raw_kind kind, unsigned align_log2, const void *block,
                               size_t bytes)
{
    struct session *session = __atomic_load_n(&session_page.session, __ATOMIC_ACQUIRE);
    struct raw_record *record;
    uint64_t number;
    char *chunk;

    if (__builtin_expect(!session, 0))
        session = session_open();
    if (!session->header)
        return;
    if (__builtin_expect(session_thread.number == 0, 0))
        session_number_thread(session);
    /* Relaxed: two calls on one block are ordered by the program, and coherence does the rest. */
    number = __atomic_fetch_add(&session->header->next, 1, __ATOMIC_RELAXED);
    session_thread.next = number + 1;
    chunk = session_mapped(session, number / SESSION_CHUNK_RECORDS);
    if (__builtin_expect(!chunk, 0))
        chunk = session_chunk(session, number / SESSION_CHUNK_RECORDS);
    if (!chunk)
        return;
    record = (struct raw_record *)(chunk + (size_t)(number % SESSION_CHUNK_RECORDS) *
                                               session->record_bytes);
    record->address = (uintptr_t)block;
    record->bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
    if (session->record_bytes == sizeof(struct raw_timed_record)) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        ((struct raw_timed_record *)record)->time_ns =
            (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    }
    __atomic_store_n(&record->what,
                     (uint32_t)kind | align_log2 << RAW_ALIGN_SHIFT |
                         session_thread.number << RAW_THREAD_SHIFT,
                     __ATOMIC_RELEASE);
}

#endif
