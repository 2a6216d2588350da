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

/* The folder where what will be `path` can wait until it is done, yours to free: its own, or that
 * for temporary files if there is no file to replace ("-", a device, a pipe). NULL and errno on
 * failure; EISDIR: `path` is a folder itself.
 */
char *aside_folder(const char *path);

/* A file without a name in aside_folder(), for what is not in its final form yet. Answers -1 and
 * errno on failure.
 */
int aside_unnamed(const char *path);

#endif
