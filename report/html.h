/* SPDX-License-Identifier: 0BSD */
/* Words and figures as HTML. All that comes from a file goes through html_text(). */
#ifndef LOOKASIDE_REPORT_HTML_H
#define LOOKASIDE_REPORT_HTML_H

#include <stdio.h>

#define HTML_WORD_BYTES 48u

/* The text, escaped for content and for attributes in quotes. What HTML cannot hold (control
 * characters, bytes that are no UTF-8) becomes '?'.
 */
void html_text(FILE *out, const char *text);

/* As printf() to a new string, which the caller frees; ends the program when memory is out. */
char *html_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A figure with three digits or all of its integer part: "0.0123", "7.25", "1,234". Answers `word`.
 */
const char *html_number(char word[HTML_WORD_BYTES], double number);

/* A number of things: "1,234". Answers `word`. */
const char *html_count(char word[HTML_WORD_BYTES], double number);

#endif
