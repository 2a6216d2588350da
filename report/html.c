/* SPDX-License-Identifier: 0BSD */
/* Escaping and numbers. Nothing depends on a locale. */
#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

/* Length of the UTF-8 character at `text`, 0 if there is none. Overlong forms and surrogates are
 * none either. Source: Unicode 15, table 3-7.
 */
static size_t character_bytes(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_min, second_max, bytes;
    } rows[] = {
        { 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (*text < rows[i].first || *text > rows[i].last)
            continue;
        for (size_t at = 1; at < rows[i].bytes; at++) {
            unsigned char min = at == 1 ? rows[i].second_min : 0x80;
            unsigned char max = at == 1 ? rows[i].second_max : 0xbf;

            if (text[at] < min || text[at] > max)
                return 0;
        }
        return rows[i].bytes;
    }
    return 0;
}

void html_text(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        size_t bytes = character_bytes(at);
        bool control = *at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0);

        switch (*at) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if (bytes == 0 || control)
                fputc('?', out);
            else
                fwrite(at, 1, bytes, out);
        }
        at += bytes > 0 ? bytes : 1;
    }
}

char *html_format(const char *format, ...)
{
    struct must_text text;
    va_list arguments;

    must_text_begin(&text);
    va_start(arguments, format);
    (void)vfprintf(text.out, format, arguments);
    va_end(arguments);
    return must_text_end(&text);
}

const char *html_count(char word[HTML_WORD_BYTES], double number)
{
    char digits[HTML_WORD_BYTES];
    size_t length;
    size_t to = 0;

    if (!(fabs(number) < 1e15)) {
        snprintf(word, HTML_WORD_BYTES, "%.3g", number);
        return word;
    }
    snprintf(digits, sizeof digits, "%.0f", fabs(number));
    length = strlen(digits);
    if (number < 0 && strcmp(digits, "0") != 0)
        word[to++] = '-';
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3u == 0)
            word[to++] = ',';
        word[to++] = digits[i];
    }
    word[to] = '\0';
    return word;
}

const char *html_number(char word[HTML_WORD_BYTES], double number)
{
    double size = fabs(number);

    if (size >= 99.95)
        return html_count(word, number);
    if (size == 0)
        snprintf(word, HTML_WORD_BYTES, "0");
    else if (size < 0.000995)
        snprintf(word, HTML_WORD_BYTES, "%.2g", number);
    else
        snprintf(word, HTML_WORD_BYTES, "%.*f",
                 size >= 9.995     ? 1
                 : size >= 0.0995  ? 2
                 : size >= 0.00995 ? 3
                                   : 4,
                 number);
    return word;
}
