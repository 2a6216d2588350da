/* SPDX-License-Identifier: 0BSD */
/* The one peer in a process of musl: its malloc(). It has no settings. */
#include "peers.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the library this program is linked with. */
extern const char __libc_version[];

const struct peer_known peers_known[] = {
    { "musl", NULL, "musl-tools" },
    { NULL, NULL, NULL },
};

const struct peer_known *peer_find(const char *name)
{
    return strcmp(name, "musl") == 0 ? peers_known : NULL;
}

const char *peer_open(struct peer_library *ret_library, const char *name, const char *file,
                      bool keeps, char *message, size_t message_size)
{
    (void)keeps;
    if (peer_find(name) == NULL || file != NULL) {
        snprintf(message, message_size, "%s: this program is for musl alone", name);
        return message;
    }
    *ret_library = (struct peer_library){
        .name = name,
        .calls = { malloc, calloc, aligned_alloc, realloc, free },
        .usable = malloc_usable_size,
        .is_libc = true,
    };
    snprintf(ret_library->version, sizeof ret_library->version, "%s", __libc_version);
    return NULL;
}

bool peer_heaps(const struct peer_library *library, struct peer_heap_calls *ret_calls)
{
    (void)library;
    (void)ret_calls;
    return false;
}

size_t peer_libc_bytes(void)
{
    return 0;
}
