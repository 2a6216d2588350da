/* SPDX-License-Identifier: 0BSD */
/* `lookaside plot`: pictures of a trace. */
#ifndef LOOKASIDE_PLOT_VERB_H
#define LOOKASIDE_PLOT_VERB_H

/* The verb; argv[0] is its name. Answers the exit status: 0 everything asked for is drawn, 1 the
 * trace cannot be read or a file not be written, 2 usage, 3 gnuplot or a window is missing.
 */
int verb_plot(int argc, char **argv);

#endif
