/* SPDX-License-Identifier: 0BSD */
/* The command line of `lookaside bench`. */
#ifndef LOOKASIDE_BENCH_OPTIONS_H
#define LOOKASIDE_BENCH_OPTIONS_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "cost/buckets.h"

#define BENCH_PEERS_GIVEN_MAX 16u
#define BENCH_COMMAND_BYTES   1024u

struct bench_options {
    regex_t filter;
    bool filtered;
    bool quick;
    bool count; /* instructions instead of time */
    bool space; /* only what is exact */
    bool progress;
    bool brief;       /* JSON: a row a case */
    uint32_t repeat;  /* 0: as each group has it */
    uint32_t minutes; /* stop then; 0: when all is done */
    const char *ops;  /* as given, or NULL */
    const char *json;
    const char *corpus;
    const char *buckets;                      /* as given, or NULL */
    struct target_buckets sizes;              /* only to know that they make a table */
    const char *peers[BENCH_PEERS_GIVEN_MAX]; /* NAME=PATH */
    uint32_t peer_count;
    char **paths;
    int path_count;
    char command[BENCH_COMMAND_BYTES]; /* as it was typed, or its beginning */
};

/* Read argv. 0, or an exit code; options_free() in any case. */
int options_parse(struct bench_options *options, int argc, char **argv);
void options_free(struct bench_options *options);

/* Whether a case of that name is wanted. */
bool options_want(const struct bench_options *options, const char *name);

#endif
