/* SPDX-License-Identifier: 0BSD */
/* The size classes people use today, each at its own number of classes: what a tuned table has to
 * beat. All of them are run with this project's segments, so only the class sizes are compared, not
 * the allocators they come from.
 */
#ifndef LOOKASIDE_TUNE_CLASSES_H
#define LOOKASIDE_TUNE_CLASSES_H

#include <lookaside/bucket.h>

struct class_set {
    const char *name;
    const char *column; /* the name where there is room for 6 letters */
    const char *source; /* where the sizes come from, for reports */
    uint16_t bytes[BUCKETS_MAX];
    uint32_t count;
    bool large_power_of_two; /* larger requests take a power of two of pages, up to 4 MiB */
};

/* Requests above the largest bucket that such a set rounds to powers of two of pages; still larger
 * ones are whole pages (Linux: KMALLOC_MAX_SIZE is order 10, beyond it callers use vmalloc).
 */
#define CLASS_POWER_OF_TWO_BYTES_MAX (UINT32_C(4) << 20)

extern const struct class_set class_sets[];
extern const uint32_t class_set_count;

/* The set that the recommended table must never be worse than on a kernel's trace. */
#define CLASS_SET_KMALLOC 1u

#endif
