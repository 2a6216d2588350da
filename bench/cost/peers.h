/* SPDX-License-Identifier: 0BSD */
/* Peers: other people's allocators, as shared libraries with the functions of malloc(). They are
 * opened at run time and called directly at the addresses of their own symbols. In a build against
 * musl there is one peer, musl's own malloc(), because two C libraries do not fit in one process.
 */
#ifndef LOOKASIDE_BENCH_PEERS_H
#define LOOKASIDE_BENCH_PEERS_H

#include "heap_world.h"

struct peer_library {
    const char *name;
    char version[64]; /* as the library tells it, else its file's name */
    struct heap_libc_calls calls;
    size_t (*usable)(void *block);                    /* NULL: it cannot say */
    bool (*trim)(const struct peer_library *library); /* gives memory back; NULL: it cannot */
    bool is_libc;                                     /* of this process */
    uintptr_t code;                                   /* where the library is loaded */
    void *handle;                                     /* of dlopen() */
};

/* The peers that are looked for without being asked; NULL ends the list. */
struct peer_known {
    const char *name;
    const char *file;    /* found by the dynamic linker */
    const char *package; /* that has it in Debian */
};

extern const struct peer_known peers_known[];

const struct peer_known *peer_find(const char *name);

/* Open peer `name` in `file` (NULL: where it is known to be). `keeps`: tell it never to give memory
 * back, as far as it can be told; to be called before it allocates. NULL, or why it cannot be
 * measured, in `message`.
 */
const char *peer_open(struct peer_library *ret_library, const char *name, const char *file,
                      bool keeps, char *message, size_t message_size);

/* Heaps of a library that has some of its own, created and destroyed at run time. */
struct peer_heap_calls {
    void *(*create)(void);
    void *(*alloc)(void *heap, size_t bytes);
    void (*free)(void *block);
    void (*destroy)(void *heap); /* with its blocks */
};

/* False: it has none, or none that are known here. */
bool peer_heaps(const struct peer_library *library, struct peer_heap_calls *ret_calls);

/* Bytes that glibc's malloc() has handed out in this process, or 0 where that is not known. */
size_t peer_libc_bytes(void);

#endif
