/* SPDX-License-Identifier: 0BSD */
/* Profiles that only have sums: how many bytes lived at some moments, by place in the program. No
 * trace can be made of them, so all there is to do is to say so, and what to record instead.
 */
#include "formats.h"

#include "scan.h"

#include <string.h>

struct profile {
    const char *begins; /* a line of it */
    const char *what;
    const char *instead;
};

static const struct profile profiles[] = {
    { "desc: ", "massif's output", "valgrind --trace-malloc=yes" },
    { "{\"dhatFileVersion\":", "DHAT's output", "valgrind --trace-malloc=yes" },
    { "heap_v2/", "jemalloc's heap profile", "heaptrack --raw" },
    { "heap profile: ", "tcmalloc's heap profile", "heaptrack --raw" },
    { "Attaching to pid ", "memleak's output", "bpftrace traces/import/bpftrace.bt" },
    { "Attaching to kernel allocators", "memleak's output", "trace-cmd record -e kmem" },
};

#define PROFILES (sizeof profiles / sizeof profiles[0])

/* A line of its own that goes with the first one, where that alone could be anything. */
static enum scan_verdict judge(const char *line)
{
    if (strncmp(line, "time_unit: ", 11) == 0 || strstr(line, "outstanding allocations:"))
        return SCAN_PROOF;
    return SCAN_NEUTRAL;
}

static const struct profile *find(const char *first, size_t bytes)
{
    for (size_t i = 0; i < PROFILES; i++) {
        size_t length = strlen(profiles[i].begins);
        bool weak = profiles[i].begins[0] == 'd' || profiles[i].begins[0] == 'A';
        if (bytes >= length && memcmp(first, profiles[i].begins, length) == 0)
            return !weak || scan_looks(first, bytes, judge) ? &profiles[i] : NULL;
    }
    return NULL;
}

bool looks_aggregate(const char *first, size_t bytes)
{
    return find(first, bytes) != NULL;
}

bool import_aggregate(struct import *import)
{
    const uint8_t *first;
    size_t bytes = input_peek(import->input, &first);
    const struct profile *profile;

    if (bytes == SIZE_MAX)
        return import_fail(import, "%s", input_problem(import->input));
    profile = find((const char *)first, bytes);
    if (!profile)
        return import_fail(import, "no profile that is known (expected massif's, DHAT's, "
                                   "jemalloc's, tcmalloc's or memleak's)");
    return import_fail(import,
                       "%s has sums and no order of events, so it cannot be replayed (expected a "
                       "recording of each call; %s makes one)",
                       profile->what, profile->instead);
}
