/* SPDX-License-Identifier: 0BSD */
/* Reading /proc/self. By hand: stdio would allocate while an allocator is measured. */
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 65536u

/* All of a file, terminated; "" if it cannot be read or is longer. */
static const char *read_text(const char *path)
{
    static char text[TEXT_BYTES];
    size_t bytes = 0;
    ssize_t got = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file >= 0) {
        while (bytes < TEXT_BYTES - 1u &&
               (got = read(file, text + bytes, TEXT_BYTES - 1u - bytes)) > 0)
            bytes += (size_t)got;
        close(file);
    }
    text[bytes < TEXT_BYTES - 1u ? bytes : 0] = '\0';
    return text;
}

/* The number after `key` at the start of a line, in units of 1,024. */
static uint64_t read_kib(const char *path, const char *key)
{
    const char *at = strstr(read_text(path), key);

    return at != NULL ? strtoull(at + strlen(key), NULL, 10) * 1024u : 0;
}

uint64_t memory_anonymous_bytes(void)
{
    return read_kib("/proc/self/smaps_rollup", "\nAnonymous:");
}

/* "FIRST-END rw-p OFFSET 00:00 INODE ..."; the inode of what stands for no file is 0. */
uint64_t memory_addresses_bytes(void)
{
    uint64_t bytes = 0;

    for (const char *line = read_text("/proc/self/maps"); line != NULL && *line != '\0';) {
        char *at;
        uint64_t first = strtoull(line, &at, 16);
        uint64_t end = strtoull(at + 1, &at, 16);
        const char *device = strchr(at, ':');

        line = strchr(line, '\n');
        if (line != NULL)
            line++;
        if (device != NULL && strtoull(device + 3, NULL, 10) == 0)
            bytes += end - first;
    }
    return bytes;
}

bool memory_map_take(struct memory_map *ret_map)
{
    const char *line = read_text("/proc/self/maps");

    ret_map->count = 0;
    while (*line != '\0') {
        char *dash;

        if (ret_map->count == MEMORY_RANGES_MAX)
            return false;
        ret_map->first[ret_map->count] = (uintptr_t)strtoull(line, &dash, 16);
        ret_map->end[ret_map->count++] = (uintptr_t)strtoull(dash + 1, NULL, 16);
        line = strchr(line, '\n');
        if (line == NULL)
            return false;
        line++;
    }
    return ret_map->count > 0;
}

bool memory_map_has(const struct memory_map *map, uintptr_t address)
{
    uint32_t low = 0;
    uint32_t high = map->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2u;

        if (address >= map->end[middle])
            low = middle + 1u;
        else
            high = middle;
    }
    return low < map->count && address >= map->first[low];
}
