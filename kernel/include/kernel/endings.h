/* SPDX-License-Identifier: 0BSD */
/* Deaths on request, die=KIND on the command line: what the kernel says and the number it leaves
 * with can only be tested by dying.
 */
#ifndef KERNEL_ENDINGS_H
#define KERNEL_ENDINGS_H

/* Die if the command line asks for it at this moment: before anything has started (die=early), or
 * when everything has (the others). An unknown kind is a failed test.
 */
void endings_early(const char *command_line);
void endings_started(const char *command_line);

#endif
