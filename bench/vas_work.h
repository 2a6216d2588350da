/* SPDX-License-Identifier: 0BSD */
/* Work for an address space allocator: reservations and releases at a steady occupancy, recorded
 * once for each target while it answers them, so that the timed loop needs no random numbers and
 * no decisions. What is timed starts from a copy of the state after the warm-up.
 */
#ifndef LOOKASIDE_BENCH_VAS_WORK_H
#define LOOKASIDE_BENCH_VAS_WORK_H

#include "vas_naive.h"
#include "vas_names.h"

#define VAS_WORK_WARM_OPS  20000u
#define VAS_WORK_TIMED_OPS 40000u

struct vas_op {
    uint32_t slot;
    uint16_t segments; /* of the region, for the naive release too; at least 1 */
    uint8_t align_log2;
    bool release;
};

enum vas_target_id { VAS_EMPTY, VAS_LOOKASIDE, VAS_NAIVE, VAS_TARGETS };

extern const char *const vas_target_names[VAS_TARGETS];

/* A target in some state: every target's is here, one of them is used. */
struct vas_world {
    union {
        struct vas vas;
        struct vas_naive naive;
    };
    va32_t slots[LA_SEGMENTS]; /* 0: nothing */
    uint32_t failed;
};

/* A work as one target saw it. */
struct vas_work {
    struct vas_world start; /* after the warm-up */
    struct vas_op ops[VAS_WORK_TIMED_OPS];
    uint32_t count;
    uint32_t releases;
    bool adversarial; /* every op is the same request, and all fail */
};

/* Run ops [op, end). Not static: callgrind finds them by name. */
typedef void (*vas_pass_fn)(struct vas_world *world, const struct vas_op *op,
                            const struct vas_op *end);

void vas_pass_empty(struct vas_world *world, const struct vas_op *op, const struct vas_op *end);
void vas_pass_lookaside(struct vas_world *world, const struct vas_op *op, const struct vas_op *end);
void vas_pass_naive(struct vas_world *world, const struct vas_op *op, const struct vas_op *end);

vas_pass_fn vas_pass_of(enum vas_target_id target);

/* The harness alone. */
enum la_status empty_vas_reserve(struct vas *vas, const struct vas_request *request,
                                 va32_t *ret_base);
enum la_status empty_vas_release(struct vas *vas, va32_t base);

/* Record work number `number` for `target`, `ops` timed ops at most; the empty target gets what
 * lookaside saw. Deterministic. NULL, or what went wrong.
 */
const char *vas_work_record(struct vas_work *work, uint32_t number, enum vas_target_id target,
                            uint32_t ops);

#endif
