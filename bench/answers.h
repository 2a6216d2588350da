/* SPDX-License-Identifier: 0BSD */
/* Reading what measuring processes answer (cost/serve.h). */
#ifndef LOOKASIDE_BENCH_ANSWERS_H
#define LOOKASIDE_BENCH_ANSWERS_H

#include <stdbool.h>

/* What begins the message of something that would only take too long. */
#define ANSWER_SLOW "slow: "

/* The counter of a repetition that could not be measured; its label says why. */
#define ANSWER_MARK "not_measured"

/* The message of what was not measured because a signal came. */
#define ANSWER_STOPPED "stopped"

/* Room for the longest line of an answer, a terminator included. */
#define ANSWER_LINE_BYTES 8192u

/* NULL for "ok ...", else what it says: a problem, or ANSWER_SLOW and more. Points into `line` or a
 * static text.
 */
const char *answer_problem(char *line);

/* The number of KEY=NUMBER. False if there is none. */
bool answer_number(const char *line, const char *key, double *ret_number);

/* Each KEY=NUMBER of an "ok" line. */
typedef void (*answer_fn)(void *context, const char *key, double number);
void answer_each(const char *line, answer_fn take, void *context);

#endif
