/* SPDX-License-Identifier: 0BSD */
/* The verb `record`: runs a command and writes what it asked for as a trace. A main() of its own:
 * argv[0] is the name for messages, the answer the exit code (0 a whole trace, 1 not, 2 usage, 3
 * something is missing).
 */
#ifndef LOOKASIDE_RECORD_VERB_H
#define LOOKASIDE_RECORD_VERB_H

int verb_record(int argc, char **argv);

#endif
