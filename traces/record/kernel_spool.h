/* SPDX-License-Identifier: 0BSD */
/* The pages that the kernel fills, one stream a CPU, moved to files without names while it fills
 * the next ones, and read back in the order of time when all is over. Moving a page is all that
 * happens during a recording, so the recorder takes little time from what it records. Private to
 * traces/record.
 */
#ifndef LOOKASIDE_RECORD_KERNEL_SPOOL_H
#define LOOKASIDE_RECORD_KERNEL_SPOOL_H

#include "kernel_instance.h"

#include <poll.h>
#include <stdint.h>

struct kernel_stream; /* of one CPU */

struct kernel_spool {
    struct kernel_stream *streams;
    struct pollfd *polls; /* one a stream, and a last one for the caller */
    int count;
    int page_bytes;
    struct kernel_stream *reading; /* gave the last event; NULL: none did yet */
    uint64_t bytes;
    uint64_t lost; /* events that found no room, once the spool is ended */
};

/* One event as the kernel wrote it. */
struct kernel_raw {
    void *data;
    int bytes;
    int cpu;
    uint64_t time_ns;
};

/* Open the streams of all CPUs, with files in the folder of `output`. False and a message. */
bool kernel_spool_open(struct kernel_spool *ret_spool, struct kernel_instance *instance,
                       const char *output, char *error, size_t error_size);

/* Wait until there are pages, the caller's `watch` can be read, or `timeout_ms` have passed; move
 * what there is. False and a message if the files cannot take it.
 */
bool kernel_spool_drain(struct kernel_spool *spool, int watch, int timeout_ms, char *error,
                        size_t error_size);

/* Tracing is off: move the rest, half-filled pages too, ask what was lost, and let go of the
 * instance. False and a message.
 */
bool kernel_spool_end(struct kernel_spool *spool, struct kernel_instance *instance, char *error,
                      size_t error_size);

/* The next event of all CPUs in the order of time; `data` is good until the next call. False at the
 * end, and when reading failed: then there is a message, otherwise "".
 */
bool kernel_spool_next(struct kernel_spool *spool, struct kernel_raw *ret_raw, char *error,
                       size_t error_size);

void kernel_spool_close(struct kernel_spool *spool);

#endif
