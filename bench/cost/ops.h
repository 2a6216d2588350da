/* SPDX-License-Identifier: 0BSD */
/* Recorded work as the timed loops run it: 8 bytes an op, decoded and checked beforehand, in a file
 * that every measuring process maps. Written and read on one machine; both ABIs see the same bytes.
 *
 *   struct ops_facts | op | op | ...
 *
 * The loops check nothing, so what is written here is total: slots are in range, a free names a
 * live slot, an allocation an empty one, and 0 bytes count as 1.
 */
#ifndef LOOKASIDE_BENCH_OPS_H
#define LOOKASIDE_BENCH_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ops_kind { OPS_HEAP, OPS_VAS, OPS_STACK, OPS_KINDS };

struct ops_facts {
    char magic[8];
    uint32_t kind; /* enum ops_kind */
    uint32_t count;
    uint32_t slots;
    uint32_t longest;   /* bytes of the largest block, segments of the longest region */
    uint64_t live_peak; /* bytes, segments or stacks */
    uint64_t dropped;   /* ops on slots that did not fit them, or of no concern here */
};

_Static_assert(sizeof(struct ops_facts) == 40, "the same on every ABI");

/* -- Ops --------------------------------------------------------------------------------------- */

enum heap_code {
    OP_FREE,
    OP_ALLOC,
    OP_ALLOC_ZEROED,
    OP_REALLOC, /* of a live block */
    OP_ALIGNED, /* OP_ALIGNED + n: aligned to 2^n bytes, n = 0 to 31 */
};

struct heap_op {
    uint32_t slot : 24;
    uint32_t code : 8; /* enum heap_code */
    uint32_t bytes;    /* at least 1, except of OP_FREE */
};

enum vas_code {
    OP_RELEASE,
    OP_RESIZE,
    OP_RESERVE, /* OP_RESERVE + n: aligned to 2^n segments, n = 0 to 15 */
};

struct vas_op {
    uint32_t slot : 24;
    uint32_t code : 8; /* enum vas_code */
    uint32_t segments; /* at least 1, except of OP_RELEASE */
};

enum stack_code { OP_STACK_DESTROY, OP_STACK_TOUCH, OP_STACK_CREATE };

struct stack_op {
    uint32_t slot : 24;
    uint32_t code : 8; /* enum stack_code */
    uint32_t page;     /* touched, from the top; of OP_STACK_CREATE: pages to reserve */
};

_Static_assert(sizeof(struct heap_op) == 8, "ten million ops are 80 MB");
_Static_assert(sizeof(struct vas_op) == 8 && sizeof(struct stack_op) == 8, "one file for all");

/* -- Reading ----------------------------------------------------------------------------------- */

struct ops {
    struct ops_facts facts; /* a copy: a part of a file has a smaller count */
    union {
        const struct heap_op *heap;
        const struct vas_op *vas;
        const struct stack_op *stack;
    };
    void *mapping;
    size_t mapping_bytes;
};

/* Map a file of that kind, all of it present. NULL, or what is wrong: nothing is mapped then. */
const char *ops_map(struct ops *ret_ops, const char *path, enum ops_kind kind);
void ops_unmap(struct ops *ops);

/* -- Writing ----------------------------------------------------------------------------------- */

/* Ops in the making. Zeroed: none yet. */
struct ops_list {
    struct ops_facts facts;
    uint64_t *ops;
    uint32_t room;
};

/* Append one of the structs above. False when memory is out or there are 2^32 - 1 ops. */
bool ops_append(struct ops_list *list, const void *op);
void ops_free(struct ops_list *list);

/* Write `path`. False and errno if that fails. */
bool ops_write(const struct ops_list *list, enum ops_kind kind, const char *path);

#endif
