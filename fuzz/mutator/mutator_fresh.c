/* SPDX-License-Identifier: 0BSD */
/* Runs of records made anew: few of the operations, few slots, and numbers that come back. What all
 * operations at once hide, a few of them reach often. Source: Groce et al. 2012, swarm testing.
 */
#include "mutator.h"

#include "../../traces/format/bytes_private.h"

#include <string.h>

#define WHATS 32u

/* What belongs together. Failing memory goes with everything. */
static const uint32_t themes[4] = {
    MUTATOR_WHATS(RECORD_ALLOC, RECORD_HEAP + 1u) | MUTATOR_WHATS(RECORD_FAULT, RECORD_CHURN),
    MUTATOR_WHATS(RECORD_RESERVE, RECORD_AT) | MUTATOR_WHATS(RECORD_FAULT, RECORD_FAULT),
    MUTATOR_WHATS(RECORD_RESERVE, RECORD_RESERVE) |
        MUTATOR_WHATS(RECORD_STACK_CREATE, RECORD_FAULT),
    MUTATOR_WHATS(RECORD_ALLOC, RECORD_CHURN),
};

/* What the records of a run have in common. */
struct plan {
    uint32_t whats; /* a bit for each that takes part */
    uint32_t slots;
    uint32_t known; /* a bit for each that `last` has */
    uint8_t last[WHATS][TRACE_BYTES_RECORD];
};

/* Something that creates, and each other operation of the theme or not; of a theme that the target
 * does not take part in there is nothing, so it is another one then.
 */
static void make_plan(struct mutator *mutator, struct plan *plan)
{
    static const uint16_t slots[8] = { 1, 2, 4, 6, 8, 16, 32, 256 };
    static const uint8_t creators[4][2] = { { RECORD_ALLOC, RECORD_BULK_ALLOC },
                                            { RECORD_RESERVE, RECORD_RESERVE_AT },
                                            { RECORD_STACK_CREATE, RECORD_STACK_CREATE },
                                            { RECORD_ALLOC, RECORD_RESERVE } };

    do {
        uint32_t theme = mutator_below(mutator, 4);

        plan->whats = mutator_below(mutator, 65536) << 16;
        plan->whats |= mutator_below(mutator, 65536);
        plan->whats |= UINT32_C(1) << creators[theme][mutator_below(mutator, 2)];
        plan->whats &= themes[theme] & mutator->whats;
    } while (plan->whats == 0);
    plan->slots = slots[mutator_below(mutator, 8)];
    plan->known = 0;
}

static void make_record(struct mutator *mutator, struct plan *plan, uint8_t *record)
{
    uint32_t what;

    do
        what = mutator_below(mutator, WHATS);
    while ((plan->whats >> what & 1u) == 0);
    if ((plan->known >> what & 1u) != 0 && mutator_below(mutator, 4) == 0) {
        memcpy(record, plan->last[what], TRACE_BYTES_RECORD); /* the same on another slot */
        record[1] = (uint8_t)((record[1] & 0xf0u) | mutator_below(mutator, 16));
        return;
    }
    record[0] = (uint8_t)what;
    record[1] = (uint8_t)mutator_below(mutator, plan->slots);
    record[2] = 0;
    record[3] = 0;
    mutator_fill(mutator, record);
    memcpy(plan->last[what], record, TRACE_BYTES_RECORD);
    plan->known |= UINT32_C(1) << what;
}

void mutator_make_run(struct mutator *mutator, uint8_t *records, size_t count)
{
    struct plan plan;

    make_plan(mutator, &plan);
    for (size_t i = 0; i < count; i++)
        make_record(mutator, &plan, records + i * TRACE_BYTES_RECORD);
}
