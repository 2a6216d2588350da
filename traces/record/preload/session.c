/* SPDX-License-Identifier: 0BSD */
/* A session's life: the folder is found by the library's own path, the file opened by the first
 * call of a process, and of each fork.
 */
#define _GNU_SOURCE
#include "session.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_BYTES_MAX (UINT64_C(1) << 40) /* 68 billion records */

struct session_page session_page __attribute__((aligned(4096)));
struct session session_off;
__thread struct session_thread session_thread;

static struct raw_control *control;
static struct session *last_session; /* survives a fork: the parent's, then */
static char folder[4096];            /* with its '/' */
static char own_new[256];

static size_t read_file(const char *path, char *buffer, size_t bytes)
{
    int fd = session_open_file(path, O_RDONLY);
    long got = fd < 0 ? -1 : syscall(SYS_read, fd, buffer, bytes);

    if (fd >= 0)
        session_close_file(fd);
    return got < 0 ? 0 : (size_t)got;
}

/* -- The file ---------------------------------------------------------------------------------- */

static bool set_size(int fd, uint64_t bytes_min)
{
    struct rlimit limit;
    uint64_t bytes = FILE_BYTES_MAX;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes)
        bytes = limit.rlim_cur;
    while (bytes >= bytes_min) {
        if (ftruncate(fd, (off_t)bytes) == 0)
            return true;
        bytes /= 2;
    }
    errno = EFBIG;
    return false;
}

/* Creates PID-1.raw, or the first of PID-2.raw ... that is not there yet. */
static int create_file(struct session *session)
{
    int fd = -1;

    for (unsigned image = 1; fd < 0; image++) {
        snprintf(session->name, sizeof session->name, "%ld-%u.raw", (long)getpid(), image);
        snprintf(session->path, sizeof session->path, "%.4000s%s", folder, session->name);
        fd = session_open_file(session->path, O_RDWR | O_CREAT | O_EXCL);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

static bool map_file(struct session *session, int fd)
{
    size_t bytes = RAW_HEADER_BYTES + session->chunk_bytes;
    char *mapped;

    if (fchmod(fd, 0600) != 0 || !set_size(fd, bytes)) /* the mode whatever the umask */
        return false;
    session_fill_chunk(session, 0);
    mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return false;
    madvise(mapped, bytes, MADV_RANDOM); /* all later chunks get it from this one */
    if (!session_populate(mapped + RAW_HEADER_BYTES, session->chunk_bytes) ||
        !session_populate(mapped, sizeof(struct raw_header))) {
        munmap(mapped, bytes);
        errno = ENOSPC;
        return false;
    }
    session->header = (struct raw_header *)mapped;
    session->ring[0] = (uintptr_t)(mapped + RAW_HEADER_BYTES) | session_tag(0);
    return true;
}

/* -- The header -------------------------------------------------------------------------------- */

/* Field 22 of /proc/self/stat; the second is a name in parentheses that may hold anything. */
static uint64_t process_start(void)
{
    char text[512];
    size_t bytes = read_file("/proc/self/stat", text, sizeof text - 1u);
    uint64_t start = 0;
    int field = 2;
    char *at;

    text[bytes] = '\0';
    at = strrchr(text, ')');
    while (at && field < 22 && *at != '\0')
        field += *at++ == ' ';
    while (at && *at >= '0' && *at <= '9')
        start = start * 10u + (uint64_t)(*at++ - '0');
    return start;
}

static void fill_header(const struct session *session)
{
    struct raw_header *header = session->header;
    struct utsname system;

    header->version = RAW_VERSION;
    header->record_bytes = session->record_bytes;
    header->process = (uint32_t)getpid();
    header->word_bytes = sizeof(void *);
    header->process_start = process_start();
    if (last_session) {
        uint64_t by_thread = session_thread.next;
        uint64_t at_fork = session_thread.at_fork ? session_thread.at_fork - 1u : 0;
        header->parent_records = by_thread > at_fork ? by_thread : at_fork;
        memcpy(header->parent, last_session->name, sizeof header->parent);
    }
    if (uname(&system) == 0)
        snprintf(header->system, sizeof header->system, "%.60s %.60s %.60s", system.sysname,
                 system.release, system.machine);
    memcpy(header->own_new, own_new, sizeof header->own_new);
    header->command_bytes =
        (uint32_t)read_file("/proc/self/cmdline", header->command, sizeof header->command);
    header->stop = UINT64_MAX;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(header->magic, RAW_MAGIC, sizeof header->magic);
}

/* -- Opening ----------------------------------------------------------------------------------- */

bool session_is_over(void)
{
    return !control || __atomic_load_n(&control->over, __ATOMIC_RELAXED) != 0;
}

static void failed(int error)
{
    __atomic_store_n(&control->failed_errno, (uint32_t)error, __ATOMIC_RELAXED);
    __atomic_fetch_add(&control->failed, 1, __ATOMIC_RELAXED);
}

static struct session *begin(void)
{
    struct session *session =
        mmap(NULL, sizeof *session, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error;
    int fd;

    if (session == MAP_FAILED)
        return NULL;
    session->record_bytes =
        control->with_time ? sizeof(struct raw_timed_record) : sizeof(struct raw_record);
    session->chunk_bytes = session->record_bytes * SESSION_CHUNK_RECORDS;
    fd = create_file(session);
    if (fd >= 0 && map_file(session, fd)) {
        session_close_file(fd);
        fill_header(session);
        return session;
    }
    error = errno;
    if (fd >= 0) {
        session_close_file(fd);
        unlink(session->path);
    }
    munmap(session, sizeof *session);
    errno = error;
    return NULL;
}

/* A signal handler, or another thread of a process that was cloned without fork(), can come in
 * between: the first one to finish has its file, the other takes that and removes his.
 */
struct session *session_open(void)
{
    int saved = errno;
    struct session *session = NULL;
    struct session *there = NULL;

    if (session_is_over())
        session = &session_off;
    else if (!control->all && control->process != (uint32_t)getpid())
        __atomic_fetch_add(&control->others, 1, __ATOMIC_RELAXED);
    else if (!(session = begin()))
        failed(errno);
    if (!session)
        session = &session_off;
    if (__atomic_compare_exchange_n(&session_page.session, &there, session, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        last_session = session == &session_off ? NULL : session;
        session_thread = (struct session_thread){ .inside = session_thread.inside };
    } else {
        if (session != &session_off) {
            munmap(session->header, RAW_HEADER_BYTES + session->chunk_bytes);
            unlink(session->path);
            munmap(session, sizeof *session);
        }
        session = there;
    }
    errno = saved;
    return session;
}

void session_number_thread(struct session *session)
{
    uint32_t number = __atomic_fetch_add(&session->header->threads, 1, __ATOMIC_RELAXED);

    session_thread.number = number % RAW_THREADS_MAX + 1u;
}

/* -- Starting ---------------------------------------------------------------------------------- */

static void before_fork(void)
{
    struct session *session = __atomic_load_n(&session_page.session, __ATOMIC_ACQUIRE);

    if (session && session->header)
        session_thread.at_fork = __atomic_load_n(&session->header->next, __ATOMIC_RELAXED) + 1u;
}

/* A child without a session may fork too: what it knows of its parent is for its children. */
static void after_fork_in_parent(void)
{
    if (__atomic_load_n(&session_page.session, __ATOMIC_ACQUIRE))
        session_thread.at_fork = 0;
}

/* The page is zero already, but for Linux before 4.14. */
static void after_fork_in_child(void)
{
    __atomic_store_n(&session_page.session, NULL, __ATOMIC_RELEASE);
}

/* The path up to the last "/preload/". */
static bool find_folder(void)
{
    static const char part[] = "/" RAW_PRELOAD "/";
    const char *found = NULL;
    Dl_info info;

    if (!dladdr(&session_page, &info) || !info.dli_fname)
        return false;
    for (const char *at = strstr(info.dli_fname, part); at; at = strstr(at + 1, part))
        found = at + 1;
    if (!found || (size_t)(found - info.dli_fname) >= sizeof folder - RAW_NAME_BYTES)
        return false;
    memcpy(folder, info.dli_fname, (size_t)(found - info.dli_fname));
    return true;
}

void session_start(void)
{
    char path[sizeof folder];
    void *mapped = MAP_FAILED;
    int fd;

    if (!find_folder())
        return;
    snprintf(path, sizeof path, "%.4000s%s", folder, RAW_CONTROL);
    fd = session_open_file(path, O_RDWR);
    if (fd < 0)
        return; /* the recording is over: we were inherited by a program that outlived it */
    mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    session_close_file(fd);
    if (mapped == MAP_FAILED || ((struct raw_control *)mapped)->version != RAW_VERSION)
        return;
    madvise(&session_page, sizeof session_page, MADV_WIPEONFORK);
    control = mapped;
}

void session_own_new(const char *library)
{
    snprintf(own_new, sizeof own_new, "%s", library);
}

/* A process that is kept has its file from the start: a child of vfork() would name it wrongly. */
__attribute__((constructor)) static void start_process(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    if (control && !session_page.session &&
        (control->all || control->process == (uint32_t)getpid()))
        session_open();
}
