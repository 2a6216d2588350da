/* SPDX-License-Identifier: 0BSD */
/* What `lookaside-rank --json FILE` wrote: the other systems on the same traces. */
#ifndef LOOKASIDE_REPORT_RANK_FILE_H
#define LOOKASIDE_REPORT_RANK_FILE_H

#include "fields.h"
#include "matrix.h"

#define RANK_OURS "lookaside"

/* A row a trace, a column a system. A system that gave up has no figure and says why. */
struct rank_file {
    struct matrix heap;    /* peak of committed pages over peak of live ones */
    struct matrix window;  /* smallest window that refuses nothing over peak of live pages */
    struct matrix scatter; /* %: free pages outside of the largest free run, at the live peak */
    struct matrix refused; /* reservations without an answer */
};

bool rank_file_read(struct rank_file *ret_file, const char *path, struct fields *fields);
void rank_file_free(struct rank_file *file);

#endif
