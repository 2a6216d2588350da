/* SPDX-License-Identifier: 0BSD */
/* A file that appears under its name whole or not at all: written aside in the same folder,
 * flushed, renamed. SIGINT, SIGTERM and SIGHUP remove it on their way out. One at a time, one
 * thread.
 */
#ifndef LOOKASIDE_FILE_ASIDE_H
#define LOOKASIDE_FILE_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

struct aside {
    int fd;
    char *target; /* the name it will have; NULL: written in place (stdout, a pipe, a device) */
    char *temp;
};

/* Start writing what will be `path` ("-": stdout). False and errno if that fails. */
bool aside_open(struct aside *ret_aside, const char *path);

/* Flush and rename. False and errno if that fails; the file is gone then. */
bool aside_commit(struct aside *aside);

/* Remove it. */
void aside_abandon(struct aside *aside);

/* A file without a name in the folder of `path` (for "-" in the one for temporary files), for what
 * is not in its final form yet. Answers -1 and errno on failure.
 */
int aside_unnamed(const char *path);

#endif
