/* SPDX-License-Identifier: 0BSD */
/* What the system says about this process's memory. Nothing here allocates. */
#ifndef LOOKASIDE_BENCH_MEMORY_H
#define LOOKASIDE_BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Resident memory that stands for no file: what allocators take. Counted from the page tables, so
 * exact. 0 where the system does not tell.
 */
uint64_t memory_anonymous_bytes(void);

/* Addresses that are mapped and stand for no file, whether anything is there or not. */
uint64_t memory_addresses_bytes(void);

/* The mappings of this process at some time. */
#define MEMORY_RANGES_MAX 512u

struct memory_map {
    uintptr_t first[MEMORY_RANGES_MAX];
    uintptr_t end[MEMORY_RANGES_MAX];
    uint32_t count;
};

/* False if there are more than fit, or they cannot be read. */
bool memory_map_take(struct memory_map *ret_map);
bool memory_map_has(const struct memory_map *map, uintptr_t address);

#endif
