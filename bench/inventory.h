/* SPDX-License-Identifier: 0BSD */
/* What there is to measure with and on this machine: the measuring programs of each ABI, and what
 * they say they know (lookaside-cost --list).
 */
#ifndef LOOKASIDE_BENCH_INVENTORY_H
#define LOOKASIDE_BENCH_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ABIS          2u
#define BENCH_NAME_BYTES    64u
#define BENCH_NAMES_MAX     64u
#define BENCH_PEERS_MAX     32u
#define BENCH_MESSAGE_BYTES 768u

/* "x86-64" (or what this machine's is called) and "i386". */
extern const char *const bench_abi_names[BENCH_ABIS];

struct bench_names {
    char names[BENCH_NAMES_MAX][BENCH_NAME_BYTES];
    uint32_t count;
};

struct bench_peer {
    char name[BENCH_NAME_BYTES];
    char version[BENCH_NAME_BYTES];
    uint32_t abi;
    const char *program;
    const char *library; /* given by the user; NULL: known by name */
};

struct bench_missing {
    char name[BENCH_NAME_BYTES];
    char package[BENCH_NAME_BYTES];
    uint32_t abi;
};

struct inventory {
    char *programs[BENCH_ABIS]; /* NULL: not built */
    char *musl[BENCH_ABIS];     /* the same against musl; NULL: not built */
    char *driver;               /* NULL: not built */
    struct bench_peer peers[BENCH_PEERS_MAX];
    uint32_t peer_count;
    struct bench_missing missing[BENCH_PEERS_MAX];
    uint32_t missing_count;
    struct bench_names heap_rivals;
    struct bench_names vas_targets; /* ours is the last */
    struct bench_names vas_works;
    struct bench_names stack_works;
    struct bench_names heaps_works;
    struct bench_names frames_targets;
    struct bench_names frames_works;
    char message[BENCH_MESSAGE_BYTES]; /* of the last failure */
};

/* Look around. False and a message if nothing can be measured; inventory_free() in any case. */
bool inventory_take(struct inventory *inventory);
void inventory_free(struct inventory *inventory);

/* Add a peer that the user names, "NAME=PATH", on the ABI its library is for. False and a message
 * if it cannot be opened. `text` must outlive the inventory.
 */
bool inventory_add_peer(struct inventory *inventory, const char *text);

/* Whether NAME=PATH is one, and NAME a word of a case's name. */
bool inventory_is_peer(const char *text);

#endif
