/* SPDX-License-Identifier: 0BSD */
/* The file of a session, mapped chunk by chunk as records come.
 *
 * It is as long as it will ever be from the start, and further chunks are mapped with mremap() from
 * the chunk below, without opening anything: a program that has changed its root or its user by
 * then, has no descriptor left or may open nothing any more, is still recorded.
 *
 * One thread maps a chunk, the others that want it wait: a chunk is filled with zeroes first, which
 * must not hit a record. Signals are blocked meanwhile, or a handler could wait for its own thread.
 */
#define _GNU_SOURCE
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define ZERO_BYTES  4096u
#define ZERO_PIECES (sizeof(struct raw_timed_record) * SESSION_CHUNK_RECORDS / ZERO_BYTES)
#define WAITS_MAX   10u /* of a second: who maps may be dead, a child of vfork() */

int session_open_file(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW | O_LARGEFILE,
                        0600);
}

void session_close_file(int fd)
{
    syscall(SYS_close, fd);
}

void session_fill_chunk(const struct session *session, uint64_t chunk)
{
    static const char zeroes[ZERO_BYTES];
    uint64_t offset = RAW_HEADER_BYTES + chunk * session->chunk_bytes;
    struct iovec pieces[ZERO_PIECES];
    struct rlimit limit;
    int fd;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        offset + session->chunk_bytes > limit.rlim_cur)
        return; /* would be SIGXFSZ */
    fd = session_open_file(session->path, O_WRONLY);
    if (fd < 0)
        return;
    for (size_t i = 0; i < ZERO_PIECES; i++)
        pieces[i] = (struct iovec){ (void *)(uintptr_t)zeroes, ZERO_BYTES };
    /* The offset in two halves; the upper one is shifted out where a long has 64 bits. */
    syscall(SYS_pwritev, fd, pieces, session->chunk_bytes / ZERO_BYTES, (unsigned long)offset,
            (unsigned long)(offset >> 32));
    session_close_file(fd);
}

bool session_populate(void *mapped, size_t bytes)
{
    return madvise(mapped, bytes, MADV_POPULATE_WRITE) == 0 || errno != EFAULT;
}

/* -- The ring ---------------------------------------------------------------------------------- */

static void set_ring(struct session *session, uint64_t chunk, uintptr_t entry)
{
    __atomic_store_n(&session->ring[chunk % SESSION_RING], entry, __ATOMIC_RELEASE);
}

/* Map a chunk from the one before it, which is mapped at `before`. NULL and errno: no room. */
static char *map_chunk(struct session *session, uint64_t chunk, char *before)
{
    size_t bytes = session->chunk_bytes;
    char *mapped;

    session_fill_chunk(session, chunk);
    /* An old size of 0 makes a second mapping, which begins at the same offset of the file. */
    mapped = mremap(before, 0, bytes * 2u, MREMAP_MAYMOVE);
    if (mapped == MAP_FAILED)
        return NULL;
    munmap(mapped, bytes);
    mapped += bytes;
    if (!session_populate(mapped, bytes)) {
        munmap(mapped, bytes);
        errno = ENOSPC;
        return NULL;
    }
    set_ring(session, chunk, (uintptr_t)mapped | session_tag(chunk));
    return mapped;
}

static bool is_complete(const struct session *session, const char *mapped)
{
    for (size_t i = 0; i < SESSION_CHUNK_RECORDS; i++) {
        const struct raw_record *record =
            (const struct raw_record *)(mapped + i * session->record_bytes);
        if (__atomic_load_n(&record->what, __ATOMIC_ACQUIRE) == 0)
            return false;
    }
    return true;
}

/* Unmap the chunks whose records are all written: nobody can want them any more. The newest two
 * stay, the next ones are mapped from them.
 */
static void retire(struct session *session, uint64_t newest)
{
    for (uint64_t age = 2; age < SESSION_RING && age <= newest; age++) {
        char *mapped = session_mapped(session, newest - age);
        if (!mapped || !is_complete(session, mapped))
            continue;
        set_ring(session, newest - age, 0);
        munmap(mapped, session->chunk_bytes);
    }
}

/* Map all up to `chunk`. NULL and errno if there is no room for it. */
static char *map_up_to(struct session *session, uint64_t chunk)
{
    char *mapped = session_mapped(session, chunk);
    uint64_t at = chunk;

    if (mapped)
        return mapped;
    if (session_is_over()) {
        errno = ECANCELED;
        return NULL;
    }
    while (!mapped && at > 0 && chunk - at < SESSION_RING)
        mapped = session_mapped(session, --at);
    while (mapped && at < chunk)
        mapped = map_chunk(session, ++at, mapped);
    if (mapped)
        retire(session, chunk);
    return mapped;
}

/* -- Wanting a chunk --------------------------------------------------------------------------- */

/* What is recorded so far counts, and the program goes on unrecorded. */
static void stop(struct session *session, uint64_t chunk, int error)
{
    struct raw_header *header = session->header;
    struct session *there = session;
    uint64_t number = chunk * SESSION_CHUNK_RECORDS;
    uint64_t old = __atomic_load_n(&header->stop, __ATOMIC_ACQUIRE);

    header->stop_errno = (uint32_t)error;
    while (number < old && !__atomic_compare_exchange_n(&header->stop, &old, number, false,
                                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        continue;
    __atomic_compare_exchange_n(&session_page.session, &there, &session_off, false,
                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Until somebody has mapped a chunk. False: that took more than a second. */
static bool wait_for_mapping(struct session *session)
{
    const struct {
        long seconds;
        long ns;
    } second = { 1, 0 };

    return syscall(SYS_futex, &session->mapping, FUTEX_WAIT_PRIVATE, 1, &second, NULL, 0) == 0 ||
           errno != ETIMEDOUT;
}

static void end_mapping(struct session *session)
{
    __atomic_store_n(&session->mapping, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, &session->mapping, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static char *wanted_chunk(struct session *session, uint64_t chunk)
{
    for (unsigned waits = 0; waits < WAITS_MAX;) {
        char *mapped = session_mapped(session, chunk);
        if (mapped)
            return mapped;
        if (__atomic_exchange_n(&session->mapping, 1, __ATOMIC_ACQUIRE) == 0) {
            mapped = map_up_to(session, chunk);
            end_mapping(session);
            return mapped;
        }
        waits += !wait_for_mapping(session);
    }
    errno = ETIMEDOUT;
    return NULL;
}

char *session_chunk(struct session *session, uint64_t chunk)
{
    int saved = errno;
    uint64_t newest =
        __atomic_load_n(&session->header->next, __ATOMIC_RELAXED) / SESSION_CHUNK_RECORDS;
    char *mapped = NULL;
    sigset_t all;
    sigset_t old;

    if (chunk + SESSION_RING > newest) { /* else its thread slept so long that it is a hole */
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &old);
        mapped = wanted_chunk(session, chunk);
        if (!mapped)
            stop(session, chunk, errno);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    errno = saved;
    return mapped;
}
