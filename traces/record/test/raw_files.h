/* SPDX-License-Identifier: 0BSD */
/* Raw recordings made by hand, record by record, in the folder of a test. */
#ifndef LOOKASIDE_RECORD_TEST_RAW_FILES_H
#define LOOKASIDE_RECORD_TEST_RAW_FILES_H

#include "../../test/folder.h"
#include "../raw_layout.h"

#include <fcntl.h>

#define ALLOC(address, bytes)                                                                      \
    {                                                                                              \
        address, bytes, RAW_ALLOC | 1u << RAW_THREAD_SHIFT                                         \
    }
#define ZEROED(address, bytes)                                                                     \
    {                                                                                              \
        address, bytes, RAW_ALLOC_ZEROED | 1u << RAW_THREAD_SHIFT                                  \
    }
#define FREE(address)                                                                              \
    {                                                                                              \
        address, 0, RAW_FREE | 1u << RAW_THREAD_SHIFT                                              \
    }
#define BEGIN(thread, address)                                                                     \
    {                                                                                              \
        address, 0, RAW_REALLOC_BEGIN | (uint32_t)(thread) << RAW_THREAD_SHIFT                     \
    }
#define END(thread, to, bytes)                                                                     \
    {                                                                                              \
        to, bytes, RAW_REALLOC_END | (uint32_t)(thread) << RAW_THREAD_SHIFT                        \
    }
#define HOLE                                                                                       \
    {                                                                                              \
        0, 0, 0                                                                                    \
    }
#define BY(thread, kind, address, bytes)                                                           \
    {                                                                                              \
        address, bytes, (kind) | (uint32_t)(thread) << RAW_THREAD_SHIFT                            \
    }

static inline struct raw_header header_of(uint64_t records)
{
    struct raw_header header = { .version = RAW_VERSION,
                                 .record_bytes = sizeof(struct raw_record),
                                 .word_bytes = 8,
                                 .process_start = 5,
                                 .system = "Linux",
                                 .command_bytes = 6,
                                 .command = "a\0b\0c",
                                 .next = records,
                                 .stop = UINT64_MAX };

    memcpy(header.magic, RAW_MAGIC, sizeof header.magic);
    return header;
}

static inline void put_raw(const char *name, const struct raw_header *header, const void *records,
                           size_t bytes)
{
    int fd;

    fd = open(in_folder(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, RAW_HEADER_BYTES), 0);
    CHECK_EQ(pwrite(fd, header, sizeof *header, 0), sizeof *header);
    CHECK_EQ(pwrite(fd, records, bytes, RAW_HEADER_BYTES), bytes);
    close(fd);
}

static inline void put_records(const char *name, const struct raw_record *records, size_t count)
{
    struct raw_header header = header_of(count);

    put_raw(name, &header, records, count * sizeof *records);
}

static inline void put_child(const char *name, const char *parent, uint64_t parent_records,
                             const struct raw_record *records, size_t count)
{
    struct raw_header header = header_of(count);

    snprintf(header.parent, sizeof header.parent, "%s", parent);
    header.parent_records = parent_records;
    put_raw(name, &header, records, count * sizeof *records);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
