/* SPDX-License-Identifier: 0BSD */
/* `lookaside replay`: run recorded traces through the core and print digests and space figures. */
#ifndef LOOKASIDE_REPLAY_VERB_H
#define LOOKASIDE_REPLAY_VERB_H

/* The verb; argv[0] is its name. Answers the exit status: 0 every trace was replayed and kept every
 * promise, 1 one could not be read or a promise was broken, 2 usage, 3 no window on this machine.
 */
int verb_replay(int argc, char **argv);

#endif
