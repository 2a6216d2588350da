/* SPDX-License-Identifier: 0BSD */
/* Somebody's stacks, behind three functions. */
#ifndef LOOKASIDE_BENCH_STACK_WORLD_H
#define LOOKASIDE_BENCH_STACK_WORLD_H

#include <lookaside/host.h>

#include "ops.h"

#define STACK_WORLD_SEGMENTS 32768u /* 2 GiB: a 32-bit process can have it */

struct stack_world;

struct stack_calls {
    const char *name;
    bool (*create)(struct stack_world *world, uint32_t slot, uint32_t pages);
    void (*touch)(struct stack_world *world, uint32_t slot, uint32_t page); /* 0: the topmost */
    void (*destroy)(struct stack_world *world, uint32_t slot);
};

/* A stack of the system's. */
struct stack_mapping {
    uint8_t *base; /* NULL: none */
    uint32_t pages;
};

struct stack_world {
    const struct stack_calls *calls;
    struct stack_layout layout; /* how much is committed, and the guard */
    uint32_t slots;
    uint32_t failed;  /* stacks that could not be made */
    uint32_t grown;   /* touches that took memory */
    uint32_t stopped; /* touches of a guard or below */

    struct host_window window;
    struct la_port port;
    struct vas vas;
    struct stack *stacks; /* pages 0: none */
    bool real;            /* pages are there, and written to */

    struct stack_mapping *mappings;
};

/* NULL, or what is missing. */
const char *stack_world_open(struct stack_world *world, const char *target, uint32_t slots,
                             const struct stack_layout *layout);

/* Run ops [op, end). */
void stack_pass(struct stack_world *world, const struct stack_op *op, const struct stack_op *end);

/* Destroy what is left. */
void stack_world_clear(struct stack_world *world);

#endif
