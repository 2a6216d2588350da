/* SPDX-License-Identifier: 0BSD */
/* la_panic() for programs on the host: one line on stderr, then abort(), so that a debugger, a
 * fuzzer and the shell all notice.
 */
#include <lookaside/host.h>

#include <stdio.h>
#include <stdlib.h>

void (*host_on_panic)(const char *what, const char *file, int line);

void la_panic(const char *what, const char *file, int line)
{
    if (host_on_panic != NULL)
        host_on_panic(what, file, line);
    fflush(stdout);
    fprintf(stderr, "lookaside: panic: %s (%s:%d)\n", what, file, line);
    abort();
}
