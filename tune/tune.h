/* SPDX-License-Identifier: 0BSD */
/* The tuner: from recorded traces to the bucket table that wastes least on programs it has not
 * seen. Everything else in this folder serves this one verb; docs/tuner.md tells how.
 */
#ifndef LOOKASIDE_TUNE_H
#define LOOKASIDE_TUNE_H

/* `lookaside tune [TRACE...] [options]`; argv[0] is the verb. Answers the exit code: 0 done, 1 bad
 * input or a table that breaks its own promise, 2 usage, 3 set-up missing, 130 interrupted (what
 * was finished by then is written).
 */
int verb_tune(int argc, char **argv);

#endif
