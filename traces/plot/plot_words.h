/* SPDX-License-Identifier: 0BSD */
/* Words and figures of the pictures: what more than one of them says. Nothing depends on a locale.
 */
#ifndef LOOKASIDE_PLOT_WORDS_H
#define LOOKASIDE_PLOT_WORDS_H

#include <stdint.h>
#include <stdio.h>

#include "plot_run.h"

#define PLOT_WORD_BYTES  48u
#define PLOT_TITLE_BYTES 512u
#define PLOT_FACT_BYTES  200u
#define PLOT_FACTS_MAX   8u

/* "1,234,567". Each answers `word`. */
const char *plot_grouped(char word[PLOT_WORD_BYTES], uint64_t number);

/* "24 bytes", "64 KiB", "5.04 MiB", "1.5 GiB": three digits. */
const char *plot_amount(char word[PLOT_WORD_BYTES], uint64_t bytes);

/* "12 ns", "3.51 s": three digits. */
const char *plot_duration(char word[PLOT_WORD_BYTES], uint64_t ns);

/* Copy `text` as valid UTF-8 that XML can hold, cut to `columns` columns with an ellipsis. What is
 * not valid becomes '?'.
 */
void plot_clean(char title[PLOT_TITLE_BYTES], const char *text, uint32_t columns);

/* What is above every picture: the trace's title (`name` without one), and why it is worth keeping
 * or what it ran, "" if it does not say.
 */
struct plot_heading {
    char title[PLOT_TITLE_BYTES];
    char subtitle[PLOT_TITLE_BYTES];
};
void plot_heading(struct plot_heading *ret_heading, const char *header_text, const char *name);

/* "after operation 12 of 34 (the footprint's peak)". */
void plot_moment_words(char fact[PLOT_FACT_BYTES], const struct plot_run *run);

/* The map's figures, a line each: segments used, the largest free run, external fragmentation, what
 * lives in the heaps and stacks. Answers how many lines.
 */
uint32_t plot_facts(char facts[PLOT_FACTS_MAX][PLOT_FACT_BYTES], const struct plot_run *run);

#endif
