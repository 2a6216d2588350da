/* SPDX-License-Identifier: 0BSD */
/* Numbers, shares and bars as words for the terminal. */
#include "info_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct word digits(uint64_t value)
{
    struct word plain;
    struct word word;
    size_t at = 0;
    size_t length;

    snprintf(plain.text, sizeof plain.text, "%" PRIu64, value);
    length = strlen(plain.text);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3u == 0)
            word.text[at++] = ',';
        word.text[at++] = plain.text[i];
    }
    word.text[at] = '\0';
    return word;
}

struct word percent(uint64_t part, uint64_t whole)
{
    uint64_t tenths = (stats_ppm(part, whole) + 500u) / 1000u;
    struct word word = { "-" };

    if (whole > 0 && part > 0 && tenths == 0)
        snprintf(word.text, sizeof word.text, "<0.1 %%");
    else if (whole > 0)
        snprintf(word.text, sizeof word.text, "%" PRIu64 ".%" PRIu64 " %%", tenths / 10u,
                 tenths % 10u);
    return word;
}

struct word ratio(uint64_t value, uint64_t of)
{
    uint64_t thousandths = (stats_ppm(value, of) + 500u) / 1000u;
    struct word word = { "-" };

    if (of > 0)
        snprintf(word.text, sizeof word.text, "%" PRIu64 ".%03" PRIu64, thousandths / 1000u,
                 thousandths % 1000u);
    return word;
}

struct word mean_of(uint64_t sum, uint64_t count)
{
    uint64_t tenths = (stats_ppm(sum, count) + 50000u) / 100000u;
    struct word word = digits(tenths / 10u);
    size_t length = strlen(word.text);

    if (count == 0)
        return (struct word){ "-" };
    snprintf(word.text + length, sizeof word.text - length, ".%" PRIu64, tenths % 10u);
    return word;
}

struct word size_of(uint64_t bytes)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
    struct word word;
    uint32_t unit = 0;
    uint64_t tenths = bytes * 10u; /* bytes is 2^60 at most */

    if (bytes <= 65536u)
        return digits(bytes);
    for (; tenths >= 10240u && unit + 1u < sizeof units / sizeof units[0]; unit++)
        tenths = (tenths + 512u) / 1024u;
    if (tenths % 10u)
        snprintf(word.text, sizeof word.text, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10u,
                 tenths % 10u, units[unit]);
    else
        snprintf(word.text, sizeof word.text, "%" PRIu64 " %s", tenths / 10u, units[unit]);
    return word;
}

struct bar bar_of(const struct page *page, uint32_t cells, uint64_t value, uint64_t full)
{
    uint32_t parts = page->blocks ? 8u : 1u; /* of a cell */
    uint64_t filled;
    struct bar bar;
    size_t at = 0;

    if (cells > BAR_CELLS_MAX)
        cells = BAR_CELLS_MAX;
    filled = (stats_ppm(value, full) * cells * parts + 500000u) / 1000000u;
    for (uint32_t cell = 0; cell < cells; cell++) {
        uint64_t here = filled > cell * parts ? filled - cell * parts : 0;
        if (here == 0) {
            bar.text[at++] = ' ';
        } else if (!page->blocks) {
            bar.text[at++] = '#';
        } else { /* U+2588 is a full block, U+2589 seven eighths, ... U+258F one */
            bar.text[at++] = '\xe2';
            bar.text[at++] = '\x96';
            bar.text[at++] = (char)(0x90u - (here < 8u ? here : 8u));
        }
    }
    bar.text[at] = '\0';
    return bar;
}

void print_line(const char *format, ...)
{
    char line[512];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (length = strlen(line); length > 0 && line[length - 1u] == ' '; length--)
        line[length - 1u] = '\0';
    puts(line);
}

void print_name(const char *name)
{
    for (; *name != '\0'; name++)
        putchar((unsigned char)*name < 0x20u || *name == 0x7f ? '?' : *name);
}
