/* SPDX-License-Identifier: 0BSD */
/* `lookaside report`: one page of what was measured. */
#ifndef LOOKASIDE_REPORT_VERB_H
#define LOOKASIDE_REPORT_VERB_H

/* The verb: argv[0] is its name. Answers the exit code: 0 done, 1 bad input, 2 usage, 3 gnuplot is
 * missing (the page is there, without pictures).
 */
int verb_report(int argc, char **argv);

#endif
