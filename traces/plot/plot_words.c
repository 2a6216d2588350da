/* SPDX-License-Identifier: 0BSD */
/* Words and figures of the pictures. */
#include "plot_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "trace_file.h"

#define TITLE_COLUMNS    52u /* in bold, of the 640 pixels a picture is wide */
#define SUBTITLE_COLUMNS 84u

/* -- Figures ----------------------------------------------------------------------------------- */

const char *plot_grouped(char word[PLOT_WORD_BYTES], uint64_t number)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t at = 0;

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            word[at++] = ',';
        word[at++] = digits[i];
    }
    word[at] = '\0';
    return word;
}

/* Three digits, and none after the point that says nothing. */
static void three_digits(char word[PLOT_WORD_BYTES], double value, const char *unit)
{
    int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    char number[24];
    size_t end = (size_t)snprintf(number, sizeof number, "%.*f", places, value);

    while (places > 0 && number[end - 1u] == '0')
        number[--end] = '\0';
    if (places > 0 && number[end - 1u] == '.')
        number[--end] = '\0';
    snprintf(word, PLOT_WORD_BYTES, "%s %s", number, unit);
}

const char *plot_amount(char word[PLOT_WORD_BYTES], uint64_t bytes)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    double value = (double)bytes;
    size_t unit = 0;

    for (; value >= 1024.0 && unit + 1u < sizeof units / sizeof units[0]; unit++)
        value /= 1024.0;
    three_digits(word, value, units[unit]);
    return word;
}

const char *plot_duration(char word[PLOT_WORD_BYTES], uint64_t ns)
{
    static const char *const units[] = { "ns", "us", "ms", "s" };
    double value = (double)ns;
    size_t unit = 0;

    for (; value >= 1000.0 && unit + 1u < sizeof units / sizeof units[0]; unit++)
        value /= 1000.0;
    three_digits(word, value, units[unit]);
    return word;
}

/* -- Titles ------------------------------------------------------------------------------------ */

/* Bytes of the UTF-8 character at `text`, and its code point; 0 if there is none that XML allows.
 * Source: RFC 3629, section 4; XML 1.0, section 2.2.
 */
static size_t character(const char *text, uint32_t *ret_code)
{
    static const uint32_t lowest[] = { 0, 0x20, 0x80, 0x800, 0x10000 };
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = bytes[0] < 0x80   ? 1
                    : bytes[0] < 0xc0 ? 0
                    : bytes[0] < 0xe0 ? 2
                    : bytes[0] < 0xf0 ? 3
                    : bytes[0] < 0xf8 ? 4
                                      : 0;
    uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);

    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0u) != 0x80u)
            return 0;
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    *ret_code = code;
    if (length == 0 || code < lowest[length] || code > 0x10ffff || (code >= 0x7f && code < 0xa0) ||
        (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
        return 0;
    return length;
}

void plot_clean(char title[PLOT_TITLE_BYTES], const char *text, uint32_t columns)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t at = 0;
    size_t fits = 0; /* bytes of `title` that leave a column for the ellipsis */
    uint32_t used = 0;

    while (*text != '\0' && at + 8u < PLOT_TITLE_BYTES) {
        uint32_t code = '?';
        size_t bytes = character(text, &code);
        uint32_t wide = bytes > 0 && code >= 0x1100 ? 2u : 1u; /* from Hangul on, roughly */

        if (used + wide > columns)
            break;
        if (bytes > 0)
            memcpy(title + at, text, bytes);
        else
            title[at] = '?';
        at += bytes > 0 ? bytes : 1u;
        text += bytes > 0 ? bytes : 1u;
        used += wide;
        if (used < columns)
            fits = at;
    }
    if (*text != '\0') {
        memcpy(title + fits, ellipsis, sizeof ellipsis);
        return;
    }
    title[at] = '\0';
}

void plot_heading(struct plot_heading *ret_heading, const char *header_text, const char *name)
{
    char value[PLOT_TITLE_BYTES];

    if (!trace_text_value(header_text, "title", value, sizeof value))
        snprintf(value, sizeof value, "%s", name);
    plot_clean(ret_heading->title, value, TITLE_COLUMNS);
    if (!trace_text_value(header_text, "why", value, sizeof value) &&
        !trace_text_value(header_text, "workload", value, sizeof value))
        value[0] = '\0';
    plot_clean(ret_heading->subtitle, value, SUBTITLE_COLUMNS);
}

/* -- The map ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void add(char fact[PLOT_FACT_BYTES],
                                                      const char *format, ...)
{
    size_t at = strlen(fact);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fact + at, PLOT_FACT_BYTES - at, format, arguments);
    va_end(arguments);
}

void plot_moment_words(char fact[PLOT_FACT_BYTES], const struct plot_run *run)
{
    char at[PLOT_WORD_BYTES];
    char end[PLOT_WORD_BYTES];

    fact[0] = '\0';
    add(fact, "after operation %s of %s", plot_grouped(at, run->at.ops),
        plot_grouped(end, run->end.ops));
    if (run->end.ns > 0)
        add(fact, ", at %s", plot_duration(at, run->at.ns));
    if (run->at_peak && run->at.ops > 0)
        add(fact, run->at_footprint ? ": the footprint's peak" : ": the most segments in use");
}

static void used_words(char fact[PLOT_FACT_BYTES], const struct plot_map *map)
{
    char word[PLOT_WORD_BYTES];
    char all[PLOT_WORD_BYTES];
    uint32_t managed = LA_SEGMENTS - map->states[PLOT_OUTSIDE];

    fact[0] = '\0';
    add(fact, "%s of %s segments used (%.1f %%)", plot_grouped(word, map->used_segments),
        plot_grouped(all, managed), 100.0 * map->used_segments / managed);
}

static void free_words(char fact[PLOT_FACT_BYTES], const struct plot_map *map)
{
    char word[PLOT_WORD_BYTES];
    char amount[PLOT_WORD_BYTES];

    fact[0] = '\0';
    add(fact, "largest free run %s segment%s (%s)",
        plot_grouped(word, map->vas.largest_free_run_segments),
        map->vas.largest_free_run_segments == 1 ? "" : "s",
        plot_amount(amount, (uint64_t)map->vas.largest_free_run_segments * LA_SEGMENT_BYTES));
    add(fact, ", %s free run%s", plot_grouped(word, map->vas.free_runs),
        map->vas.free_runs == 1 ? "" : "s");
}

static void heap_words(char fact[PLOT_FACT_BYTES], const struct plot_map *map)
{
    char live[PLOT_WORD_BYTES];
    char blocks[PLOT_WORD_BYTES];
    char footprint[PLOT_WORD_BYTES];

    fact[0] = '\0';
    add(fact, "live %s in %s block%s, footprint %s", plot_amount(live, map->result.live_bytes),
        plot_grouped(blocks, map->result.live_blocks), map->result.live_blocks == 1 ? "" : "s",
        plot_amount(footprint, (uint64_t)map->result.footprint_pages * LA_PAGE_BYTES));
    if (map->heaps > 1)
        add(fact, ", %s heaps", plot_grouped(live, map->heaps));
}

static void other_words(char fact[PLOT_FACT_BYTES], const struct plot_map *map)
{
    char word[PLOT_WORD_BYTES];
    char amount[PLOT_WORD_BYTES];

    fact[0] = '\0';
    if (map->regions > 0)
        add(fact, "%s region%s%s", plot_grouped(word, map->regions), map->regions == 1 ? "" : "s",
            map->stacks > 0 ? ", " : "");
    if (map->stacks > 0)
        add(fact, "%s stack%s with %s of memory", plot_grouped(word, map->stacks),
            map->stacks == 1 ? "" : "s",
            plot_amount(amount, (uint64_t)map->result.stack_pages * LA_PAGE_BYTES));
}

uint32_t plot_facts(char facts[PLOT_FACTS_MAX][PLOT_FACT_BYTES], const struct plot_run *run)
{
    const struct plot_map *map = &run->map;
    uint32_t permille = plot_map_fragmentation_permille(map);
    uint32_t count = 0;

    used_words(facts[count++], map);
    free_words(facts[count++], map);
    snprintf(facts[count++], PLOT_FACT_BYTES,
             "external fragmentation %" PRIu32 ".%" PRIu32
             " %% (free segments outside the largest free run)",
             permille / 10u, permille % 10u);
    if (map->states[PLOT_HEAP] > 0)
        heap_words(facts[count++], map);
    if (map->regions > 0 || map->stacks > 0)
        other_words(facts[count++], map);
    return count;
}
