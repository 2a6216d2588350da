/* SPDX-License-Identifier: 0BSD */
/* The parts of the page: each looks at one input and writes its sections, whose headings say what
 * was found. Each of them writes something, if only what is missing.
 */
#ifndef LOOKASIDE_REPORT_PARTS_H
#define LOOKASIDE_REPORT_PARTS_H

#include "bench_file.h"
#include "page.h"
#include "rank_file.h"
#include "tune_file.h"

#define PART_BENCH_COMMAND "./lookaside bench --json results/bench.json"
#define PART_TUNE_COMMAND  "./lookaside tune"
#define PART_RANK_COMMAND                                                                          \
    "build/bench/rivals/lookaside-rank --json results/rank.json traces/data/*/*.zst"

/* An input that is not there is NULL. */
struct part_inputs {
    const struct bench_file *bench;
    const struct tune_file *tune;
    const struct rank_file *rank;
    const char *bench_path;
    const char *tune_path;
    const char *rank_path;
};

void part_time(struct page *page, const struct part_inputs *inputs);      /* ratio to each peer */
void part_latency(struct page *page, const struct part_inputs *inputs);   /* single operations */
void part_memory(struct page *page, const struct part_inputs *inputs);    /* resident, committed */
void part_moments(struct page *page, const struct part_inputs *inputs);   /* resident over time */
void part_waste(struct page *page, const struct part_inputs *inputs);     /* the tuner's front */
void part_footprint(struct page *page, const struct part_inputs *inputs); /* over time */
void part_rivals(struct page *page, const struct part_inputs *inputs);    /* heaps of others */
void part_spaces(struct page *page, const struct part_inputs *inputs);    /* failure, fragments */
void part_machine(struct page *page,
                  const struct part_inputs *inputs); /* if there is a bench file */

/* -- Words of several parts (part_words.c) ----------------------------------------------------- */

/* The column that is hardest on ours, other than our own variants and bump pointers; peers go
 * before rivals. The number of columns if there is none.
 */
uint32_t part_strongest(const struct matrix *matrix, uint32_t ours);

/* The column of RANK_OURS, or the number of columns. */
uint32_t part_rank_ours(const struct matrix *matrix);

/* In how many rows no column is below ours. */
uint32_t part_smallest_rows(const struct matrix *matrix, uint32_t ours);

/* "Less than A (0.50), B (0.71); more than C (1.2)": the means of all others. Freed by the
 * caller.
 */
char *part_all_words(const struct matrix *matrix, uint32_t ours);

/* "i386, heap operations"; freed by the caller. */
char *part_group_words(const struct bench_case *group);

/* The command of a bench file: what it says itself, or how such a file is made. */
const char *part_bench_command(const struct bench_file *bench);

/* Figures of a group's cases, a row a subject, a column a target other than floors. NaN leaves a
 * cell empty. *ret_ours: the column of bench_target_ours(), or the number of columns.
 */
typedef double (*part_value_fn)(const struct bench_file *bench, const struct bench_case *one,
                                void *context);
void part_collect(const struct bench_file *bench, const struct bench_case *group,
                  part_value_fn value, void *context, struct matrix *ret_matrix,
                  uint32_t *ret_ours);

#endif
