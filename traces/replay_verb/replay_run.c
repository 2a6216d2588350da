/* SPDX-License-Identifier: 0BSD */
/* One trace through the interpreter. A binary trace is replayed while it is read, since its header
 * says how many slots it uses; text, open recordings and salvage are read whole first.
 */
#include "replay_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Ops from a file, or from memory. */
struct op_source {
    struct trace_file *file;
    struct trace_op *ops; /* NULL: from the file */
    uint64_t count;
    uint64_t at;
    uint32_t slots[4]; /* by enum trace_slot_kind */
};

/* The interpreter and the memory it works in; too large for a stack. */
struct machine {
    struct replay replay;
    struct vas vas;
    struct heap_space space;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct replay_run *run, const char *format,
                                                       ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(run->message, sizeof run->message, format, arguments);
    va_end(arguments);
    return false;
}

/* -- Source ------------------------------------------------------------------------------------ */

static void count_slot(struct op_source *source, const struct trace_op *op)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);

    if (kind != TRACE_NO_SLOT && op->slot < TRACE_SLOTS_MAX && op->slot >= source->slots[kind])
        source->slots[kind] = op->slot + 1u;
}

static bool keep_op(struct op_source *source, const struct trace_op *op)
{
    if ((source->count & (source->count - 1u)) == 0) { /* 0 or a power of two: full */
        uint64_t room = source->count ? 2u * source->count : 1u;
        struct trace_op *ops =
            room > SIZE_MAX / sizeof *ops ? NULL : realloc(source->ops, (size_t)room * sizeof *ops);

        if (!ops)
            return false;
        source->ops = ops;
    }
    source->ops[source->count++] = *op;
    count_slot(source, op);
    return true;
}

/* Read everything the file still has, over damage if `salvage`. */
static bool load(struct replay_run *run, struct op_source *source, bool damaged, bool salvage)
{
    struct trace_op op;

    for (;;) {
        enum trace_answer answer = damaged ? TRACE_FILE_WRONG : trace_file_next(source->file, &op);

        if (answer == TRACE_FILE_END)
            return true;
        if (answer == TRACE_FILE_OP) {
            if (!keep_op(source, &op))
                return fail(run, "no memory for %" PRIu64 " ops", source->count);
            continue;
        }
        if (!salvage)
            return fail(run, "%s", trace_file_message(source->file));
        run->damages++;
        damaged = false;
        if (!trace_file_resync(source->file))
            return true;
    }
}

static bool open_source(struct replay_run *run, struct op_source *source, const char *path,
                        const struct replay_run_options *options)
{
    bool salvage = options->salvage;
    bool damaged = false;

    source->file = options->bytes ? trace_file_open_bytes(path, run->message, sizeof run->message)
                                  : trace_file_open(path, salvage ? &damaged : NULL, run->message,
                                                    sizeof run->message);
    if (!source->file)
        return false;

    const struct trace_header *header = trace_file_header(source->file);
    if (salvage || trace_file_is_text(source->file) || header->ops == TRACE_OPS_OPEN)
        return load(run, source, damaged, salvage);
    source->slots[TRACE_BLOCK] = header->block_slots;
    source->slots[TRACE_REGION] = header->region_slots;
    source->slots[TRACE_STACK] = header->stack_slots;
    source->slots[TRACE_HEAP] = header->heap_slots;
    return true;
}

static void close_source(struct op_source *source)
{
    if (source->file)
        trace_file_close(source->file);
    free(source->ops);
}

/* False at the end, or with *ret_wrong set. */
static bool next_op(struct op_source *source, struct trace_op *ret_op, bool *ret_wrong)
{
    if (!source->ops) {
        enum trace_answer answer = trace_file_next(source->file, ret_op);

        *ret_wrong = answer == TRACE_FILE_WRONG;
        return answer == TRACE_FILE_OP;
    }
    if (source->at == source->count)
        return false;
    *ret_op = source->ops[source->at++];
    return true;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void add_heap(struct heap_stats *sum, const struct heap_stats *heap)
{
    sum->live_blocks += heap->live_blocks;
    sum->block_bytes += heap->block_bytes;
    sum->committed_pages += heap->committed_pages;
    sum->metadata_pages = heap->metadata_pages; /* the space's: the same for all */
    sum->segments += heap->segments;
    sum->retained_segments += heap->retained_segments;
    sum->large_blocks += heap->large_blocks;
    sum->large_pages += heap->large_pages;
    for (uint32_t i = 0; i < BUCKETS_MAX; i++) {
        sum->bucket[i].block_bytes = heap->bucket[i].block_bytes;
        sum->bucket[i].segments += heap->bucket[i].segments;
        sum->bucket[i].live_blocks += heap->bucket[i].live_blocks;
        sum->bucket[i].committed_pages += heap->bucket[i].committed_pages;
        sum->bucket[i].tail_bytes += heap->bucket[i].tail_bytes;
    }
}

static void sum_heaps(struct heap_stats *sum, const struct replay_memory *memory)
{
    struct heap_stats stats;

    *sum = (struct heap_stats){ 0 };
    for (uint32_t i = 0; i < memory->heap_slots; i++) {
        if (!memory->heaps[i].exists)
            continue;
        heap_stats(&memory->heaps[i].heap, &stats);
        add_heap(sum, &stats);
    }
}

/* -- Run --------------------------------------------------------------------------------------- */

/* The ops of `source`, or the first `steps` of them (0: all), and the heaps' state then. */
static bool replay_ops(struct replay_run *run, const char *path, struct op_source *source,
                       struct replay *replay, uint64_t steps, struct heap_stats *ret_heaps)
{
    struct trace_op op;
    bool wrong = false;

    while (next_op(source, &op, &wrong)) {
        if (!replay_step(replay, &op) || --steps == 0)
            break;
    }
    if (wrong)
        return fail(run, "%s", trace_file_message(source->file));
    if (!replay->broken)
        sum_heaps(ret_heaps, &replay->memory);
    if (!replay_finish(replay))
        return fail(run, "%s: op %" PRIu64 ": %s", path, replay->broken_op, replay->broken);
    return true;
}

/* Arrays as long as the source says, all or none. */
static bool take_memory(struct replay_memory *memory, const struct op_source *source)
{
    memory->block_slots = source->slots[TRACE_BLOCK];
    memory->region_slots = source->slots[TRACE_REGION];
    memory->stack_slots = source->slots[TRACE_STACK];
    memory->heap_slots = source->slots[TRACE_HEAP] ? source->slots[TRACE_HEAP] : 1u;
    memory->blocks = calloc((size_t)memory->block_slots + 1u, sizeof *memory->blocks);
    memory->regions = calloc((size_t)memory->region_slots + 1u, sizeof *memory->regions);
    memory->stacks = calloc((size_t)memory->stack_slots + 1u, sizeof *memory->stacks);
    memory->heaps = calloc(memory->heap_slots, sizeof *memory->heaps);
    return memory->blocks && memory->regions && memory->stacks && memory->heaps;
}

static void free_memory(struct replay_memory *memory)
{
    free(memory->blocks);
    free(memory->regions);
    free(memory->stacks);
    free(memory->heaps);
}

/* What is asked for, into run->result and run->heaps; or again up to the peak, which is known then,
 * into run->heaps_at_peak.
 */
static bool replay_source(struct replay_run *run, const char *path, struct op_source *source,
                          const struct replay_run_options *options, struct host_window *window,
                          bool to_peak)
{
    struct machine *machine = calloc(1, sizeof *machine);
    struct replay_memory memory = { 0 };
    bool good = false;

    if (!machine || !take_memory(&memory, source)) {
        fail(run, "%s: no memory for its slots", path);
    } else {
        memory.vas = &machine->vas;
        memory.space = &machine->space;
        window->limit_pages = options->limit_pages;
        window->fail_commit_at = options->fail_commit;
        enum la_status status =
            replay_init(&machine->replay, &memory, &options->config, host_window_port(window));
        if (status == LA_OK)
            good = replay_ops(run, path, source, &machine->replay,
                              to_peak ? run->peak_steps : options->upto,
                              to_peak ? &run->heaps_at_peak : &run->heaps);
        else
            fail(run, "%s: the range is too small for the heaps' segment table", path);
        if (!to_peak) {
            run->result = machine->replay.result;
            run->peak_steps = machine->replay.peak_steps;
        }
    }
    free_memory(&memory);
    free(machine);
    host_window_reset(window);
    return good;
}

/* Whether a second look finds the same bytes: not on standard input, nor in a pipe with a name. */
static bool can_be_read_again(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

bool replay_run(struct replay_run *run, const char *path, const struct replay_run_options *options,
                struct host_window *window)
{
    struct op_source source = { 0 };

    *run = (struct replay_run){ 0 };
    bool good = open_source(run, &source, path, options) &&
                replay_source(run, path, &source, options, window, false);
    close_source(&source);
    /* The peak is known only at the end, and its heaps only by going there again. */
    if (!good || !options->at_peak || run->peak_steps == 0 || !can_be_read_again(path))
        return good;
    uint32_t damages = run->damages;

    source = (struct op_source){ 0 };
    run->has_peak = open_source(run, &source, path, options) &&
                    replay_source(run, path, &source, options, window, true);
    close_source(&source);
    run->damages = damages;
    return run->has_peak;
}
