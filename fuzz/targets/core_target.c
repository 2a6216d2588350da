/* SPDX-License-Identifier: 0BSD */
/* A fuzz target for the core: the input, a trace in byte form, in a world, everything compared with
 * the model after each. FUZZ_PART says which operations take part: 'v' those on regions, 'h' on
 * heaps and blocks, 's' on stacks (and faults), 'w' all of them.
 */
#include "../world/world.h"
#include "target.h"

#include <lookaside/trace_bytes.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char mutator_part = FUZZ_PART;

static bool takes_part(uint8_t kind)
{
    switch (trace_slot_kind(kind)) {
    case TRACE_BLOCK:
    case TRACE_HEAP: return FUZZ_PART == 'h' || FUZZ_PART == 'w';
    case TRACE_REGION:
        return FUZZ_PART == 'v' || FUZZ_PART == 'w' || (FUZZ_PART == 's' && kind == TRACE_ACCESS);
    case TRACE_STACK: return FUZZ_PART == 's' || FUZZ_PART == 'w';
    default: return true;
    }
}

/* In the manner of libFuzzer's own figures: an execution may be one operation or a thousand. */
static void tell_totals(void)
{
    fprintf(stderr, "stat::checked_operations: %" PRIu64 "\n", world_totals.ops);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    world_setup();
    if (getenv("LOOKASIDE_FUZZ_TOTALS"))
        (void)atexit(tell_totals);
    return 0;
}

uint64_t fuzz_digest;
uint64_t fuzz_ops;

uint64_t fuzz_run_failing(const uint8_t *bytes, size_t count, uint32_t nth, bool always)
{
    static struct trace_bytes input;
    const struct trace_op fail = { .kind = TRACE_FAIL, .nth = nth, .placement = always };
    struct trace_op op;

    trace_bytes_open(&input, bytes, count);
    world_begin(input.header.shape, WORLD_BLOCK_SLOTS);
    bool good = nth == 0 || world_step(&fail);

    while (good && trace_bytes_next(&input, &op))
        good = !takes_part(op.kind) || world_step(&op);
    uint64_t commits = world_replay.commits;

    fuzz_digest = world_end();
    fuzz_ops = world_totals.ops;
    return commits;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    (void)fuzz_run_failing(bytes, count, 0, false);
    if (world_is_made_again(fuzz_digest)) {
        uint64_t first = fuzz_digest;

        world_move(true);
        (void)fuzz_run_failing(bytes, count, 0, false);
        world_move(false);
        world_compare_digests(first, fuzz_digest, "in other memory");
    }
    return 0;
}
