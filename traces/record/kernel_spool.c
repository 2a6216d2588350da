/* SPDX-License-Identifier: 0BSD */
/* Moving the kernel's pages, and reading them back. */
#define _GNU_SOURCE /* asprintf */
#include "kernel_spool.h"

#include "../file/aside.h"

#include <errno.h>
#include <inttypes.h>
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tracefs.h>
#include <unistd.h>

struct kernel_stream {
    int cpu;
    struct tracefs_cpu *source;
    int file;
    struct kbuffer *events;
    void *page; /* the one that is being read */
    uint64_t next_page;
    void *event; /* the first one not given yet; NULL: at the end */
    unsigned long long time_ns;
};

/* Two files a CPU can be more than the usual limit allows. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* -- Opening ----------------------------------------------------------------------------------- */

static bool open_stream(struct kernel_spool *spool, struct kernel_instance *instance, int cpu,
                        const char *output, char *error, size_t error_size)
{
    struct kernel_stream *stream = &spool->streams[spool->count];
    char file[64];
    int source;

    snprintf(file, sizeof file, "per_cpu/cpu%d/trace_pipe_raw", cpu);
    if (!tracefs_file_exists(instance->tracefs, file))
        return true; /* a CPU that could be there and is not */
    *stream = (struct kernel_stream){ .cpu = cpu, .file = aside_unnamed(output) };
    if (stream->file < 0) {
        snprintf(error, error_size, "%s: %s (expected to keep the recording beside it)", output,
                 strerror(errno));
        return false;
    }
    spool->polls[spool->count++] = (struct pollfd){ .events = POLLIN };
    source = tracefs_instance_file_open(instance->tracefs, file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (source >= 0)
        stream->source = tracefs_cpu_alloc_fd(source, spool->page_bytes, true);
    stream->events = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);
    stream->page = malloc((size_t)spool->page_bytes);
    if (stream->source && stream->events && stream->page) {
        spool->polls[spool->count - 1].fd = source;
        return true;
    }
    snprintf(error, error_size, "%s: %s (expected to read it)", file, strerror(errno));
    if (source >= 0 && !stream->source)
        close(source);
    return false;
}

/* The bytes of one page of a stream: a page of memory, unless the kernel was told otherwise. */
static int stream_page_bytes(struct kernel_instance *instance)
{
    long long kib = 0;

    if (tracefs_instance_file_read_number(instance->tracefs, "buffer_subbuf_size_kb", &kib) == 0 &&
        kib > 0 && kib < 1 << 16)
        return (int)kib * 1024;
    return (int)sysconf(_SC_PAGESIZE);
}

bool kernel_spool_open(struct kernel_spool *ret_spool, struct kernel_instance *instance,
                       const char *output, char *error, size_t error_size)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
    struct kernel_spool spool = { .page_bytes = stream_page_bytes(instance) };
    bool good;

    spool.streams = calloc((size_t)cpus, sizeof *spool.streams);
    spool.polls = calloc((size_t)cpus + 1u, sizeof *spool.polls);
    good = spool.streams && spool.polls;
    if (!good)
        snprintf(error, error_size, "out of memory");
    allow_many_files();
    for (int cpu = 0; good && cpu < cpus; cpu++)
        good = open_stream(&spool, instance, cpu, output, error, error_size);
    if (good)
        *ret_spool = spool;
    else
        kernel_spool_close(&spool);
    return good;
}

/* -- Moving ------------------------------------------------------------------------------------ */

/* `moved` is the answer of tracefs_cpu_write() or tracefs_cpu_flush_write(). */
static bool count_moved(struct kernel_spool *spool, int moved, char *error, size_t error_size)
{
    if (moved > 0)
        spool->bytes += (uint64_t)moved;
    if (moved >= 0 || errno == EAGAIN || errno == EINTR)
        return true;
    snprintf(error, error_size, "the recording, %" PRIu64 " bytes so far, cannot be kept: %s",
             spool->bytes, strerror(errno));
    return false;
}

bool kernel_spool_drain(struct kernel_spool *spool, int watch, int timeout_ms, char *error,
                        size_t error_size)
{
    int moved;

    spool->polls[spool->count] = (struct pollfd){ .fd = watch, .events = POLLIN };
    if (poll(spool->polls, (nfds_t)spool->count + 1u, timeout_ms) < 0 && errno != EINTR)
        return count_moved(spool, -1, error, error_size);
    for (int i = 0; i < spool->count; i++) {
        do {
            errno = 0;
            moved = tracefs_cpu_write(spool->streams[i].source, spool->streams[i].file, true);
            if (!count_moved(spool, moved, error, error_size))
                return false;
        } while (moved > 0);
    }
    return true;
}

/* "dropped events: 12" and the like. */
static uint64_t stat_value(const char *stats, const char *key)
{
    const char *at = strstr(stats, key);

    return at && (at == stats || at[-1] == '\n') ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static uint64_t lost_events(struct kernel_instance *instance, int cpu)
{
    char file[64];
    uint64_t lost = 0;
    char *stats;

    snprintf(file, sizeof file, "per_cpu/cpu%d/stats", cpu);
    stats = tracefs_instance_file_read(instance->tracefs, file, NULL);
    if (stats)
        lost = stat_value(stats, "overrun: ") + stat_value(stats, "commit overrun: ") +
               stat_value(stats, "dropped events: ");
    free(stats);
    return lost;
}

bool kernel_spool_end(struct kernel_spool *spool, struct kernel_instance *instance, char *error,
                      size_t error_size)
{
    bool good = true;
    int moved;

    for (int i = 0; good && i < spool->count; i++) {
        struct kernel_stream *stream = &spool->streams[i];
        do {
            errno = 0;
            moved = tracefs_cpu_flush_write(stream->source, stream->file);
            good = count_moved(spool, moved, error, error_size);
        } while (good && moved > 0);
        spool->lost += lost_events(instance, stream->cpu);
        tracefs_cpu_close(stream->source);
        stream->source = NULL;
    }
    return good;
}

/* -- Reading back ------------------------------------------------------------------------------ */

/* Have the stream's next event at hand, from the next page with one where this page has no more. */
static bool advance(struct kernel_spool *spool, struct kernel_stream *stream, char *error,
                    size_t error_size)
{
    stream->event =
        stream->next_page > 0 ? kbuffer_next_event(stream->events, &stream->time_ns) : NULL;
    while (!stream->event) {
        off_t offset = (off_t)(stream->next_page * (uint64_t)spool->page_bytes);
        ssize_t got = pread(stream->file, stream->page, (size_t)spool->page_bytes, offset);
        if (got == 0)
            return true;
        if (got != spool->page_bytes || kbuffer_load_subbuffer(stream->events, stream->page) < 0) {
            snprintf(error, error_size, "CPU %d, page %" PRIu64 ": %s", stream->cpu,
                     stream->next_page,
                     got < 0 ? strerror(errno) : "not as the kernel writes them");
            return false;
        }
        stream->next_page++;
        stream->event = kbuffer_read_event(stream->events, &stream->time_ns);
    }
    return true;
}

/* The stream with the earliest event; NULL if there is none any more. CPUs are few. */
static struct kernel_stream *earliest(struct kernel_spool *spool)
{
    struct kernel_stream *first = NULL;

    for (int i = 0; i < spool->count; i++)
        if (spool->streams[i].event && (!first || spool->streams[i].time_ns < first->time_ns))
            first = &spool->streams[i];
    return first;
}

bool kernel_spool_next(struct kernel_spool *spool, struct kernel_raw *ret_raw, char *error,
                       size_t error_size)
{
    struct kernel_stream *stream;

    error[0] = '\0';
    if (!spool->reading) {
        for (int i = 0; i < spool->count; i++)
            if (!advance(spool, &spool->streams[i], error, error_size))
                return false;
    } else if (!advance(spool, spool->reading, error, error_size)) {
        return false;
    }
    stream = earliest(spool);
    if (!stream)
        return false;
    spool->reading = stream;
    *ret_raw = (struct kernel_raw){ stream->event, kbuffer_event_size(stream->events), stream->cpu,
                                    stream->time_ns };
    return true;
}

void kernel_spool_close(struct kernel_spool *spool)
{
    for (int i = 0; i < spool->count; i++) {
        struct kernel_stream *stream = &spool->streams[i];
        if (stream->source)
            tracefs_cpu_close(stream->source);
        if (stream->events)
            kbuffer_free(stream->events);
        free(stream->page);
        close(stream->file);
    }
    free(spool->streams);
    free(spool->polls);
    *spool = (struct kernel_spool){ .count = 0 };
}
