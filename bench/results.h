/* SPDX-License-Identifier: 0BSD */
/* What one `lookaside bench` found: for each thing measured and each ABI, a row a target, as the
 * lines of lookaside-cost say it (heap_cost.h, vas_cost.h). Rows of one thing and ABI follow each
 * other.
 */
#ifndef LOOKASIDE_BENCH_RESULTS_H
#define LOOKASIDE_BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "statistics.h"

#define RESULT_NAME_BYTES   256u
#define RESULT_TARGET_BYTES 24u
#define BENCH_ABIS          2u

/* "x86-64" (or what this machine's is called) and "i386". */
extern const char *const bench_abi_names[BENCH_ABIS];

struct result {
    char name[RESULT_NAME_BYTES]; /* "heap/user32/perl32", "vas/mix/90" */
    uint32_t abi;
    char target[RESULT_TARGET_BYTES];
    uint32_t ops;
    uint32_t refused;
    bool counted;       /* instructions were counted, no time taken */
    struct spread cost; /* ns, or in `median` alone instructions, per op, harness included */
    uint32_t committed_pages_peak; /* of a heap; 0: not known */
    uint64_t live_bytes_peak;
    uint32_t releases; /* of an address space, as the next two */
    double p999_ns;    /* without the harness */
    double longest_ns;
};

struct results {
    struct result *rows;
    uint32_t count;
    uint32_t room;
};

/* Append a copy. False when memory is out. */
bool results_add(struct results *results, const struct result *row);
void results_free(struct results *results);

/* Read up to `count` numbers with blanks between them; answers how many there are. */
uint32_t numbers_parse(const char *text, double *ret_numbers, uint32_t count);

/* Read one line of lookaside-cost about `name` and `abi`. False if it is no such line. */
bool result_parse(struct result *ret_row, const char *name, uint32_t abi, const char *line);

/* The row of the same thing, ABI and kind with that target, or NULL. */
const struct result *results_find(const struct results *results, const struct result *like,
                                  const char *target);

bool result_is_vas(const struct result *row);
bool result_is_empty(const struct result *row);

/* Cost per op without the harness: minus the row of the empty target that fits. */
double result_net(const struct results *results, const struct result *row);

/* Peak of committed memory over peak of live bytes; 0: not known. */
double result_footprint_ratio(const struct result *row);

/* -- Reports ----------------------------------------------------------------------------------- */

struct bench_facts {
    uint32_t rounds;
    uint32_t ops_max;    /* per trace; 0: all */
    const char *buckets; /* as given; NULL: the default table */
};

void bench_print_text(FILE *to, const struct results *results, const struct bench_facts *facts);

/* Write `path` ("-": stdout) aside and rename. False and a message if that fails. */
bool bench_print_json(const char *path, const struct results *results,
                      const struct bench_facts *facts, char *message, size_t message_size);

#endif
