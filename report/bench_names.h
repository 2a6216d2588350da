/* SPDX-License-Identifier: 0BSD */
/* The names of `lookaside bench`'s cases: the only place that knows them.
 *
 *   KIND/SUBJECT.../ABI/TARGET[/VARIANT...][/what Google Benchmark adds]
 *   heap/user32/cc132/i386/lookaside
 *   heap/user32/cc132/i386/glibc/cold/iterations:1/repeats:5/manual_time
 *
 * What a case measured is told by its figures, not by its name: see bench_file.h.
 */
#ifndef LOOKASIDE_REPORT_BENCH_NAMES_H
#define LOOKASIDE_REPORT_BENCH_NAMES_H

#include <stdbool.h>

#define BENCH_NAME_BYTES 256u

struct bench_name {
    char kind[BENCH_NAME_BYTES];    /* "heap" */
    char subject[BENCH_NAME_BYTES]; /* "user32/cc132"; "" */
    char abi[BENCH_NAME_BYTES];     /* "i386" */
    char target[BENCH_NAME_BYTES];  /* "lookaside" */
    char variant[BENCH_NAME_BYTES]; /* "" */
};

/* False: it is no such name. */
bool bench_name_parse(const char *text, struct bench_name *ret_name);

/* The loop alone, which is subtracted. */
bool bench_target_is_floor(const char *target);

/* The floors of a target, best first; NULL after the last. */
const char *bench_target_floor(const char *target, unsigned number);

/* What all our targets begin with. */
#define BENCH_OURS "lookaside"

/* The targets of a kind that all others are set beside, best first; NULL after the last. Where the
 * others make system calls, ours is the one that does, too.
 */
const char *bench_target_ours(const char *kind, unsigned number);

/* What a variant adds to the heading; "" where the figures themselves say it. */
const char *bench_variant_words(const char *variant);

/* "heap operations" */
const char *bench_kind_words(const char *kind);

#endif
