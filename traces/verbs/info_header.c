/* SPDX-License-Identifier: 0BSD */
/* The lines of a header text that `info` has a place of its own for. */
#include "info_header.h"

#include "../stats/figures.h"

#include <string.h>

bool header_next(const char **text, struct header_line *ret_line)
{
    const char *line = *text;
    size_t bytes = strcspn(line, "\n");
    size_t key_bytes = strcspn(line, ":");

    if (*line == '\0')
        return false;
    *ret_line = (struct header_line){ line, line + key_bytes + 2u, key_bytes,
                                      bytes - key_bytes - 2u }; /* trace_text_valid() holds */
    *text = line + bytes + (line[bytes] == '\n');
    return true;
}

bool header_is(const struct header_line *line, const char *key)
{
    return strlen(key) == line->key_bytes && memcmp(line->key, key, line->key_bytes) == 0;
}

bool header_is_loss(const struct header_line *line)
{
    static const char *const keys[] = { "dropped",   "implied",     "changed",        "lost",
                                        "truncated", "labels-lost", "histogram-only", "salvaged" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (header_is(line, keys[i]))
            return true;
    return false;
}

/* Whether the words after a count begin so. */
static bool says(const struct header_line *line, size_t at, const char *words)
{
    return line->value_bytes - at >= strlen(words) &&
           memcmp(line->value + at, words, strlen(words)) == 0;
}

/* The digits a value begins with; 0 bytes of them if there is no count. */
static size_t count_bytes(const struct header_line *line, uint64_t *ret_count)
{
    uint64_t count = 0;
    size_t at = 0;

    *ret_count = 0;
    for (; at < line->value_bytes && line->value[at] >= '0' && line->value[at] <= '9'; at++) {
        if (count > UINT64_MAX / 100u)
            return 0; /* no count of anything in a trace */
        count = count * 10u + (uint64_t)(line->value[at] - '0');
    }
    if (at < line->value_bytes && line->value[at] != ' ')
        return 0;
    *ret_count = at > 0 ? count : 0;
    return at;
}

bool header_count(const struct header_line *line, uint64_t *ret_count, bool *ret_frees)
{
    size_t at = count_bytes(line, ret_count);

    *ret_frees = at > 0 && says(line, at, " frees");
    return at > 0;
}

void header_free_losses(const char *text, uint64_t *ret_dropped, uint64_t *ret_implied)
{
    struct header_line line;

    *ret_dropped = 0;
    *ret_implied = 0;
    while (header_next(&text, &line)) {
        uint64_t count;
        size_t at = count_bytes(&line, &count);
        if (header_is(&line, "dropped") && says(&line, at, " frees"))
            *ret_dropped = stats_sum(*ret_dropped, count);
        else if (header_is(&line, "implied") && says(&line, at, " frees seen"))
            *ret_implied = stats_sum(*ret_implied, count);
    }
}

const char *header_label(const char *text, uint32_t number, size_t *ret_bytes)
{
    struct header_line line;

    while (header_next(&text, &line)) {
        uint64_t count;
        size_t blank = count_bytes(&line, &count);
        if (!header_is(&line, "label") || blank == 0 || count != number ||
            blank + 1u >= line.value_bytes)
            continue;
        *ret_bytes = line.value_bytes - blank - 1u;
        return line.value + blank + 1u;
    }
    *ret_bytes = 0;
    return "";
}
