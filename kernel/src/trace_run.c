/* SPDX-License-Identifier: 0BSD */
/* Replaying traces. What the interpreter needs for itself comes from the kernel's heap; what the
 * trace asks for is in the user half of a space of its own, lazily backed: the canaries' first
 * touch of every page is a page fault. If memory runs out there, the replay ends, not the kernel.
 */
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/print.h>
#include <kernel/space.h>
#include <kernel/text.h>
#include <kernel/trace_run.h>

#define LOOK_EVERY 256u /* ops */

/* Large, and needed once at a time. */
static struct space space;
static struct heap_space heap_space;
static struct replay replay;
static struct trace_reader reader;
static struct bucket_table buckets;

static bool fail(struct trace_run *run, const char *what, uint64_t op)
{
    print_to(run->message, sizeof run->message, "op %llu: %s", (unsigned long long)op, what);
    return false;
}

/* -- Memory of the interpreter ----------------------------------------------------------------- */

static void *slots_of(uint32_t count, size_t bytes)
{
    if (count > UINT32_MAX / bytes - 1u)
        return NULL;
    return kernel_alloc_zeroed((count + 1u) * (uint32_t)bytes);
}

static void free_memory(struct replay_memory *memory)
{
    kernel_free(memory->blocks);
    kernel_free(memory->regions);
    kernel_free(memory->stacks);
    kernel_free(memory->heaps);
}

static bool take_memory(struct replay_memory *memory, const uint32_t slots[4])
{
    *memory = (struct replay_memory){
        .vas = &space.vas,
        .space = &heap_space,
        .blocks = slots_of(slots[TRACE_BLOCK], sizeof *memory->blocks),
        .block_slots = slots[TRACE_BLOCK],
        .regions = slots_of(slots[TRACE_REGION], sizeof *memory->regions),
        .region_slots = slots[TRACE_REGION],
        .stacks = slots_of(slots[TRACE_STACK], sizeof *memory->stacks),
        .stack_slots = slots[TRACE_STACK],
        .heap_slots = slots[TRACE_HEAP] != 0 ? slots[TRACE_HEAP] : 1u,
    };
    memory->heaps = slots_of(memory->heap_slots, sizeof *memory->heaps);
    if (memory->blocks != NULL && memory->regions != NULL && memory->stacks != NULL &&
        memory->heaps != NULL)
        return true;
    free_memory(memory);
    return false;
}

/* -- Running ----------------------------------------------------------------------------------- */

static void look(struct trace_run *run)
{
    if (space.pages > run->pages_peak)
        run->pages_peak = space.pages;
}

static bool step_all(struct trace_run *run, trace_op_fn next, void *context, uint64_t upto)
{
    struct trace_op op;

    while ((upto == 0 || replay.steps < upto) && next(context, run, &op)) {
        if (!replay_step(&replay, &op))
            return fail(run, replay.broken, replay.broken_op);
        if ((uint32_t)replay.steps % LOOK_EVERY == 0)
            look(run);
    }
    look(run);
    if (run->message[0] != '\0')
        return false;
    return replay_finish(&replay) || fail(run, replay.broken, replay.broken_op);
}

/* Everything that may fault. */
static bool try_all(struct trace_run *run, const struct replay_memory *memory, trace_op_fn next,
                    void *context, uint64_t upto)
{
    const struct replay_config config = { .buckets = &buckets, .canaries = true };
    struct trial trial;
    volatile bool good = false;

    if (TRIAL_BEGIN(&trial)) {
        trial.quiet = true;
        if (replay_init(&replay, memory, &config, &space.port) == LA_OK)
            good = step_all(run, next, context, upto);
        else
            fail(run, "the range is too small for the heap's segment table", 0);
        trial_end(&trial);
    } else {
        const struct fault_report *report = &trial.report;

        print_to(run->message, sizeof run->message, "op %llu: %s at %08x, page %u of the space",
                 (unsigned long long)replay.steps, report->what, report->fault.va, space.pages);
    }
    return good;
}

bool trace_run_ops(struct trace_run *run, const uint32_t slots[4], trace_op_fn next, void *context,
                   uint64_t upto)
{
    struct replay_memory memory;
    bool good = false;

    *run = (struct trace_run){ .message = "" };
    if (bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count) != LA_OK)
        return fail(run, "the default bucket table is none", 0);
    memset(&replay, 0, sizeof replay);
    if (!take_memory(&memory, slots))
        return fail(run, "no memory for the trace's slots", 0);
    if (space_create(&space, REPLAY_FIRST_SEGMENT, REPLAY_END_SEGMENT, true) == LA_OK) {
        space_activate(&space);
        good = try_all(run, &memory, next, context, upto);
        run->result = replay.result;
        run->zero_faults = space.zero_faults;
        space_activate(NULL);
        space_destroy(&space);
    } else {
        fail(run, "no memory for a page directory", 0);
    }
    free_memory(&memory);
    return good;
}

/* -- Binary traces ----------------------------------------------------------------------------- */

struct bytes {
    const uint8_t *at;
    uint32_t left;
};

static size_t read_bytes(void *context, void *buffer, size_t size)
{
    struct bytes *bytes = context;
    uint32_t take = bytes->left < size ? bytes->left : (uint32_t)size;

    memcpy(buffer, bytes->at, take);
    bytes->at += take;
    bytes->left -= take;
    return take;
}

static bool next_op(void *context, struct trace_run *run, struct trace_op *ret_op)
{
    enum trace_error error = trace_next(&reader, ret_op);

    (void)context;
    if (error != TRACE_OK && error != TRACE_DONE)
        fail(run, trace_error_text(error), reader.ops_read);
    return error == TRACE_OK;
}

bool trace_run(struct trace_run *run, const uint8_t *bytes, uint32_t length, uint64_t upto)
{
    struct bytes source = { bytes, length };
    enum trace_error error = trace_open(&reader, read_bytes, &source, NULL, 0, NULL);
    const struct trace_header *header = &reader.header;

    *run = (struct trace_run){ .message = "" };
    if (error != TRACE_OK)
        return fail(run, trace_error_text(error), 0);
    if (header->ops == TRACE_OPS_OPEN)
        return fail(run, "the recording was never finished, so nobody knows its slots", 0);

    uint32_t slots[4] = { 0 };
    slots[TRACE_BLOCK] = header->block_slots;
    slots[TRACE_REGION] = header->region_slots;
    slots[TRACE_STACK] = header->stack_slots;
    slots[TRACE_HEAP] = header->heap_slots;
    return trace_run_ops(run, slots, next_op, NULL, upto);
}
