/* SPDX-License-Identifier: 0BSD */
/* Running other programs, one at a time, so that a signal ends the one that runs and not what was
 * found so far.
 */
#ifndef LOOKASIDE_BENCH_CHILD_H
#define LOOKASIDE_BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* From now on SIGINT, SIGTERM and SIGHUP end the running program and are remembered. */
void child_catch_signals(void);

/* The same in so many seconds. */
void child_stop_after(unsigned seconds);

/* Whether one of them came; whether it was the end of that time. */
bool child_stopped(void);
bool child_ran_out(void);

/* Which of them, for a message. */
const char *child_stopped_words(void);

/* Run argv (argv[0] is a path or a name of PATH). Each line of its standard output goes to `take`
 * without its end; NULL: they are dropped. child_run_into() puts the output into a file. Answers
 * its exit status; 128 and more if a signal ended it, 127 if it cannot be run.
 */
typedef void (*child_line_fn)(void *context, const char *line);
int child_run(const char *const *argv, child_line_fn take, void *context);
int child_run_into(const char *const *argv, const char *path);

/* Whether `name` is a program of PATH. */
bool child_possible(const char *name);

#endif
