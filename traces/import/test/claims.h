/* SPDX-License-Identifier: 0BSD */
/* Whether a format is told by content: its own fixtures are claimed, those of all others are not.
 */
#ifndef LOOKASIDE_IMPORT_TEST_CLAIMS_H
#define LOOKASIDE_IMPORT_TEST_CLAIMS_H

#include "converted.h"

/* Whether `looks` claims the file at `path`, packed or not. */
static inline bool claims_file(bool (*looks)(const char *first, size_t bytes), const char *path)
{
    char error[TRACE_MESSAGE_BYTES];
    struct input *input = input_open(path, error, sizeof error);
    const uint8_t *first;
    size_t bytes;
    bool claimed;

    if (!input)
        CHECK_FAIL("%s", error);
    bytes = input_peek(input, &first);
    claimed = bytes != SIZE_MAX && looks((const char *)first, bytes);
    input_close(input);
    return claimed;
}

/* `looks` must claim the fixtures with `part` or `other_part` (NULL: none) in their name, of which
 * there must be some, and no other.
 */
static inline void check_claims(bool (*looks)(const char *first, size_t bytes), const char *part,
                                const char *other_part)
{
    DIR *dir = opendir(fixtures);
    int own = 0;
    int others = 0;

    CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        const char *name = entry->d_name;
        struct stat status;
        bool is_own = strstr(name, part) || (other_part && strstr(name, other_part));
        if (stat(fixture(name), &status) != 0 || !S_ISREG(status.st_mode))
            continue;
        if (claims_file(looks, fixture(name)) != is_own)
            CHECK_FAIL("%s is %s", name, is_own ? "not claimed" : "claimed");
        own += is_own;
        others += !is_own;
    }
    closedir(dir);
    CHECK(own > 0);
    CHECK(others > 0);
}

/* The same for text that is no fixture. */
static inline void check_claim(bool (*looks)(const char *first, size_t bytes), const char *text,
                               bool expected)
{
    if (looks(text, strlen(text)) != expected)
        CHECK_FAIL("\"%s\" is %s", text, expected ? "not claimed" : "claimed");
}

#endif
