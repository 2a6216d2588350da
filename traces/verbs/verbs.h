/* SPDX-License-Identifier: 0BSD */
/* The verbs of the `lookaside` program that only look at traces. Each is a main() of its own:
 * argv[0] is the name for messages, the answer the exit code (0 done, 1 bad input, 2 usage, 3 out
 * of memory).
 */
#ifndef LOOKASIDE_TRACE_VERBS_H
#define LOOKASIDE_TRACE_VERBS_H

/* What a trace holds, and where it comes from. */
int verb_info(int argc, char **argv);

/* A trace as text, or converted between its forms. */
int verb_dump(int argc, char **argv);

/* A trace in another tool's format. */
int verb_export(int argc, char **argv);

/* Other tools' recordings to traces; the only one that reads what is no trace. */
int verb_import(int argc, char **argv);

#endif
