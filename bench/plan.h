/* SPDX-License-Identifier: 0BSD */
/* Which cases there are about one thing on one ABI. A case's name is KIND/THING/ABI/TARGET and, if
 * it is not about the time of warm operations, /VARIANT:
 *
 *   cold      the first pass of a process, page faults included
 *   shipped   everybody as shipped; ours with a system call a commit
 *   latency   single ops
 *   memory    resident memory over time, everybody as shipped
 *   space     exact figures
 */
#ifndef LOOKASIDE_BENCH_PLAN_H
#define LOOKASIDE_BENCH_PLAN_H

#include "inventory.h"
#include "options.h"

#define PLAN_CASES_MAX     256u
#define PLAN_ARGUMENTS_MAX 20u
#define PLAN_NAME_BYTES    320u

struct plan_case {
    char name[PLAN_NAME_BYTES];
    uint32_t thing_at; /* offsets in the name */
    uint32_t thing_bytes;
    uint32_t abi;
    char target[BENCH_NAME_BYTES];
    const char *variant; /* "": warm time */
    uint32_t repetitions;
    bool fresh;          /* a process of its own for each repetition */
    const char *command; /* of cost/serve.h */
    const char *argv[PLAN_ARGUMENTS_MAX];
    const char *floor; /* the target that is subtracted, or ""; of a floor: its own name */
};

struct plan {
    struct plan_case cases[PLAN_CASES_MAX];
    uint32_t count;
};

/* Something to measure. */
struct plan_thing {
    const char *name; /* "user32/perl32", "mix/98" */
    const char *work; /* a work's name, or a file of ops */
    uint32_t abi;
};

/* Empty `plan`, then fill it with the cases that the options want. Strings of the inventory, the
 * options and the thing are kept as pointers.
 */
void plan_heap(struct plan *plan, const struct bench_options *options,
               const struct inventory *inventory, const struct plan_thing *thing);
void plan_vas(struct plan *plan, const struct bench_options *options,
              const struct inventory *inventory, const struct plan_thing *thing, bool recorded);
void plan_stack(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, const struct plan_thing *thing, bool recorded);
void plan_heaps(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, const struct plan_thing *thing);
void plan_frames(struct plan *plan, const struct bench_options *options,
                 const struct inventory *inventory, const struct plan_thing *thing);
void plan_fault(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, uint32_t abi);

/* Whether the options' quick choice has that trace ("user32/perl32") or work. */
bool plan_is_quick(const char *name);

#endif
