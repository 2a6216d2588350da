/* SPDX-License-Identifier: 0BSD */
/* Which library to preload, for programs of both ABIs. Private to traces/record. */
#ifndef LOOKASIDE_RECORD_HEAP_LIBRARY_H
#define LOOKASIDE_RECORD_HEAP_LIBRARY_H

#include "record.h"

/* Find the libraries (in LOOKASIDE_RECORD_LIBRARIES, in the build directory, where they are
 * installed), link them into `folder` and answer what LD_PRELOAD must begin with, yours to free.
 * False and a message if there is none.
 */
bool heap_library_link(const struct record_job *job, const char *folder, char **ret_preload);

/* Whether there is one for programs of 32 bits beside ours of 64. */
bool heap_library_has_32(void);

#endif
