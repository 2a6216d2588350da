/* SPDX-License-Identifier: 0BSD */
/* Small steps over one line of a recording. */
#include "scan.h"

#include <stdio.h>
#include <string.h>

/* -- Steps ------------------------------------------------------------------------------------- */

bool scan_text(const char **at, const char *text)
{
    size_t bytes = strlen(text);

    if (strncmp(*at, text, bytes) != 0)
        return false;
    *at += bytes;
    return true;
}

bool scan_blanks(const char **at)
{
    size_t bytes = strspn(*at, " \t");

    *at += bytes;
    return bytes > 0;
}

/* A digit's value, or 16. */
static uint32_t digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return (uint32_t)(letter - '0');
    if (letter >= 'a' && letter <= 'f')
        return (uint32_t)(letter - 'a') + 10u;
    if (letter >= 'A' && letter <= 'F')
        return (uint32_t)(letter - 'A') + 10u;
    return 16u;
}

static bool scan_number(const char **at, uint32_t base, uint64_t *ret_value)
{
    const char *digit = *at;
    uint64_t value = 0;

    for (; digit_of(*digit) < base; digit++) {
        uint32_t next = digit_of(*digit);
        if (value > (UINT64_MAX - next) / base)
            return false;
        value = value * base + next;
    }
    if (digit == *at)
        return false;
    *at = digit;
    *ret_value = value;
    return true;
}

bool scan_decimal(const char **at, uint64_t *ret_value)
{
    return scan_number(at, 10, ret_value);
}

bool scan_hex(const char **at, uint64_t *ret_value)
{
    const char *digits = *at;

    if (!scan_text(&digits, "0x"))
        scan_text(&digits, "0X");
    if (!scan_number(&digits, 16, ret_value))
        return false;
    *at = digits;
    return true;
}

bool scan_word(const char **at, const char **ret_word, size_t *ret_bytes)
{
    size_t bytes = strcspn(*at, " \t");

    if (bytes == 0)
        return false;
    *ret_word = *at;
    *ret_bytes = bytes;
    *at += bytes;
    return true;
}

bool scan_past(const char **at, const char *text)
{
    const char *found = strstr(*at, text);

    if (!found)
        return false;
    *at = found + strlen(text);
    return true;
}

bool scan_at_end(const char *at)
{
    return at[strspn(at, " \t")] == '\0';
}

/* -- Steps that must fit ----------------------------------------------------------------------- */

bool scan_fail(struct import *import, const char *at, const char *what)
{
    char found[41]; /* enough to see what it is */

    if (*at == '\0')
        return import_fail(import, "the line ends early, expected %s", what);
    snprintf(found, sizeof found, "%s", at);
    for (char *letter = found; *letter != '\0'; letter++)
        if ((unsigned char)*letter < 0x20u || *letter == 0x7f)
            *letter = '?';
    return import_fail(import, "found '%s', expected %s", found, what);
}

bool scan_need_text(struct import *import, const char **at, const char *text)
{
    char what[64];

    if (scan_text(at, text))
        return true;
    snprintf(what, sizeof what, "'%s'", text);
    return scan_fail(import, *at, what);
}

bool scan_need_blanks(struct import *import, const char **at)
{
    return scan_blanks(at) || scan_fail(import, *at, "a blank");
}

bool scan_need_end(struct import *import, const char *at)
{
    scan_blanks(&at);
    return *at == '\0' || scan_fail(import, at, "the end of the line");
}

bool scan_need_decimal(struct import *import, const char **at, const char *what,
                       uint64_t *ret_value)
{
    char expected[64];

    if (scan_decimal(at, ret_value))
        return true;
    snprintf(expected, sizeof expected, "%s (0 to 2^64 - 1)", what);
    return scan_fail(import, *at, expected);
}

bool scan_need_hex(struct import *import, const char **at, const char *what, uint64_t *ret_value)
{
    char expected[64];

    if (scan_hex(at, ret_value))
        return true;
    snprintf(expected, sizeof expected, "%s (hexadecimal, 64 bits at most)", what);
    return scan_fail(import, *at, expected);
}

/* -- Numbers ----------------------------------------------------------------------------------- */

uint64_t scan_product(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

bool scan_align_log2(uint64_t align, uint8_t *ret_log2)
{
    uint8_t log2 = 0;

    if (align == 0 || align > UINT64_C(1) << 31 || (align & (align - 1u)) != 0)
        return false;
    while (align >> log2 != 1)
        log2++;
    *ret_log2 = log2;
    return true;
}

/* -- First bytes ------------------------------------------------------------------------------- */

bool scan_looks(const char *first, size_t bytes, enum scan_verdict (*judge)(const char *line))
{
    char line[INPUT_PEEK_BYTES + 1u];
    bool proved = false;

    if (bytes > INPUT_PEEK_BYTES || memchr(first, '\0', bytes))
        return false;
    for (size_t at = 0; at < bytes;) {
        const char *end = memchr(first + at, '\n', bytes - at);
        size_t length = end ? (size_t)(end - (first + at)) : bytes - at;
        enum scan_verdict verdict;
        if (!end && bytes == INPUT_PEEK_BYTES)
            break;
        memcpy(line, first + at, length);
        line[length - (length > 0 && line[length - 1u] == '\r')] = '\0';
        at += length + 1u;
        verdict = scan_at_end(line) ? SCAN_NEUTRAL : judge(line);
        if (verdict == SCAN_FOREIGN)
            return false;
        proved = proved || verdict == SCAN_PROOF;
    }
    return proved;
}
