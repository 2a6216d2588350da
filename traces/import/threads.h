/* SPDX-License-Identifier: 0BSD */
/* Recorded thread or process ids as numbers from 0 in the order in which they first come up: that
 * is what a trace calls a thread. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_THREADS_H
#define LOOKASIDE_IMPORT_THREADS_H

#include "import.h"

/* Zeroed is empty. */
struct threads {
    void *tree; /* of struct thread_number, by id */
    uint32_t count;
    uint64_t last_id; /* of the last answer, which mostly is the next one too */
    uint32_t last;
};

void threads_free(struct threads *threads);

/* The number of `id`, a new one if it was not seen before. False without memory. O(log n). */
bool threads_number(struct import *import, struct threads *threads, uint64_t id,
                    uint32_t *ret_number);

#endif
