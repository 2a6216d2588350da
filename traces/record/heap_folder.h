/* SPDX-License-Identifier: 0BSD */
/* The folder of a heap recording while it is made: raw files, what the processes tell us, and the
 * libraries to preload. Private to traces/record.
 */
#ifndef LOOKASIDE_RECORD_HEAP_FOLDER_H
#define LOOKASIDE_RECORD_HEAP_FOLDER_H

#include "raw_layout.h"
#include "record.h"

struct heap_folder {
    char *path;
    char *preload;               /* what LD_PRELOAD must begin with */
    struct raw_control *control; /* mapped */
};

/* Make it beside the output, or where temporary files go if that file system or the name of the
 * path does not do. Answers an exit code; unless it is 0 a message was printed.
 */
int heap_folder_make(const struct record_job *job, struct heap_folder *ret_folder);

/* Remove what is in the way of a user who will find the raw files. `cut` these to their length, if
 * nobody writes to them any more.
 */
void heap_folder_leave(struct heap_folder *folder, bool cut);

/* Remove it whole. */
void heap_folder_remove(struct heap_folder *folder);

/* -- Raw files --------------------------------------------------------------------------------- */

/* "FOLDER/PROCESS-PROGRAM.raw", yours to free. NULL: out of memory. */
char *heap_folder_raw(const struct heap_folder *folder, unsigned long process,
                      unsigned long program);

/* What a raw file begins with. False: there is none with a whole header. */
bool heap_folder_header(const char *path, struct raw_header *ret_header);

#endif
