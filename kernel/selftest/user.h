/* SPDX-License-Identifier: 0BSD */
/* Running a program from a test: what it was, how it ended, and that nothing of it is left. */
#ifndef SELFTEST_USER_H
#define SELFTEST_USER_H

#include <kernel/process.h>
#include <kernel/selftest.h>

/* Start it and wait, at most two minutes. False, and the test has failed: it could not be started,
 * or did not end. One that does not end is ended.
 */
bool user_run(const char *program, const char *argument, struct uabi_exit *ret_end);

#define USER_TOO_SMALL 77u /* the status of a program whose trial does not fit this machine */

/* A test in one line: the program exits with status 0, and every frame is back. */
void user_check(const char *program, const char *argument);

#endif
