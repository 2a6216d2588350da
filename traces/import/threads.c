/* SPDX-License-Identifier: 0BSD */
/* Recorded thread ids as numbers from 0, in the C library's balanced tree. */
#define _GNU_SOURCE /* tdestroy */
#include "threads.h"

#include <search.h>
#include <stdlib.h>

struct thread_number {
    uint64_t id;
    uint32_t number;
};

static int by_id(const void *left, const void *right)
{
    uint64_t a = ((const struct thread_number *)left)->id;
    uint64_t b = ((const struct thread_number *)right)->id;

    return (a > b) - (a < b);
}

void threads_free(struct threads *threads)
{
    tdestroy(threads->tree, free);
    *threads = (struct threads){ NULL, 0, 0, 0 };
}

static bool add(struct import *import, struct threads *threads, uint64_t id)
{
    struct thread_number *thread = malloc(sizeof *thread);

    if (!thread)
        return import_out_of_memory(import);
    *thread = (struct thread_number){ id, threads->count };
    if (!tsearch(thread, &threads->tree, by_id)) {
        free(thread);
        return import_out_of_memory(import);
    }
    threads->last = threads->count++;
    return true;
}

bool threads_number(struct import *import, struct threads *threads, uint64_t id,
                    uint32_t *ret_number)
{
    struct thread_number wanted = { id, 0 };
    struct thread_number *const *found;

    if (threads->count == 0 || threads->last_id != id) {
        found = tfind(&wanted, &threads->tree, by_id);
        if (found)
            threads->last = (*found)->number;
        else if (!add(import, threads, id))
            return false;
        threads->last_id = id;
    }
    *ret_number = threads->last;
    return true;
}
