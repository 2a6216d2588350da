/* SPDX-License-Identifier: 0BSD */
/* The beginning of each trace, once for every commit of memory that it makes: that commit fails,
 * once or with all that follow (of fuzz inputs: the first commits and some of the others). Every op
 * may be refused, nothing may break: canaries, the core's own checks, the books of pages, and
 * everything can be given back. A refused op that is asked again is served. Source: SQLite's
 * out-of-memory tests (sqlite.org/testing.html, 3.1). usage: fail_sweep TRACE... [--bytes TRACE...]
 */
#include "check.h"

#include "trace_file.h"

#include <lookaside/host.h>
#include <lookaside/replay.h>

#include <inttypes.h>
#include <stdlib.h>

#define OPS_MAX  4000u
#define WORK_MAX 100000u /* ops of all runs over a trace, about */

struct machine {
    struct replay replay;
    struct vas vas;
    struct heap_space space;
    struct bucket_table buckets;
    struct host_window window;
    struct replay_memory memory;
};

static struct machine machine; /* 100 KiB */
static const char *path;       /* of the trace at hand */
static bool own_trouble;       /* it has ops that take memory away itself */
static uint64_t runs;
static uint64_t refused;

/* What one run of the first `ops` ops of a trace is to suffer. */
struct trouble {
    uint32_t nth; /* 0: none */
    bool always;
    uint32_t ops;
};

static void clear_slots(const struct trace_header *header)
{
    struct replay_memory *memory = &machine.memory;

    memset(memory->blocks, 0, header->block_slots * sizeof *memory->blocks);
    memset(memory->regions, 0, header->region_slots * sizeof *memory->regions);
    memset(memory->stacks, 0, header->stack_slots * sizeof *memory->stacks);
    for (uint32_t i = 0; i < header->heap_slots; i++)
        memory->heaps[i].exists = false;
}

static void take_slots(const struct trace_header *header)
{
    struct replay_memory *memory = &machine.memory;

    *memory = (struct replay_memory){
        .vas = &machine.vas,
        .space = &machine.space,
        .block_slots = header->block_slots,
        .blocks = calloc((size_t)header->block_slots + 1u, sizeof *memory->blocks),
        .region_slots = header->region_slots,
        .regions = calloc((size_t)header->region_slots + 1u, sizeof *memory->regions),
        .stack_slots = header->stack_slots,
        .stacks = calloc((size_t)header->stack_slots + 1u, sizeof *memory->stacks),
        .heap_slots = header->heap_slots,
        .heaps = calloc(header->heap_slots, sizeof *memory->heaps),
    };
    CHECK(memory->blocks && memory->regions && memory->stacks && memory->heaps);
}

static void free_slots(void)
{
    free(machine.memory.blocks);
    free(machine.memory.regions);
    free(machine.memory.stacks);
    free(machine.memory.heaps);
}

static void step(const struct trace_op *op, const struct trouble *trouble)
{
    if (!replay_step(&machine.replay, op))
        CHECK_FAIL("%s: op %" PRIu64 ", commit %u%s fails: %s", path, machine.replay.broken_op,
                   trouble->nth, trouble->always ? " and all after it" : "", machine.replay.broken);
}

/* Answers how many commits were asked for. */
static uint32_t run(const struct trace_loaded *trace, struct trouble trouble)
{
    struct replay *replay = &machine.replay;
    const struct replay_config config = { .buckets = &machine.buckets, .canaries = true };
    uint32_t commits;

    clear_slots(&trace->header);
    CHECK_EQ(replay_init(replay, &machine.memory, &config, host_window_port(&machine.window)),
             LA_OK);
    step(&(struct trace_op){ .kind = TRACE_FAIL, .nth = trouble.nth, .placement = trouble.always },
         &trouble);
    for (uint32_t i = 0; i < trouble.ops; i++) {
        uint32_t failed = replay->commits_failed;

        step(&trace->ops[i], &trouble);
        if (replay->commits_failed == failed)
            continue;
        refused += replay->last.status == LA_NO_MEMORY;
        if (trouble.always || own_trouble || replay->last.status != LA_NO_MEMORY)
            continue; /* it went another way, or there is no use in asking again */
        step(&trace->ops[i], &trouble);
        if (replay->last.status < 0)
            CHECK_FAIL("%s: op %u, commit %u: asked again it answers %d", path, i, trouble.nth,
                       replay->last.status);
    }
    commits = replay->commits;
    if (!replay_finish(replay))
        CHECK_FAIL("%s: commit %u%s fails: %s", path, trouble.nth,
                   trouble.always ? " and all after it" : "", replay->broken);
    CHECK_EQ(machine.window.stats.committed_pages, 0);
    host_window_reset(&machine.window);
    runs++;
    return commits;
}

/* As many ops that all runs together stay within WORK_MAX. */
static void choose_length(const struct trace_loaded *trace, uint32_t *ret_ops,
                          uint32_t *ret_commits)
{
    uint32_t all = trace->header.ops < OPS_MAX ? (uint32_t)trace->header.ops : OPS_MAX;
    uint32_t ops = all < 64u ? all : 64u;

    *ret_ops = ops;
    *ret_commits = run(trace, (struct trouble){ .ops = ops });
    while (ops < all) {
        uint32_t commits;

        ops = 2u * ops < all ? 2u * ops : all;
        commits = run(trace, (struct trouble){ .ops = ops });
        if ((uint64_t)2u * commits * ops > WORK_MAX)
            return;
        *ret_ops = ops;
        *ret_commits = commits;
    }
}

/* A slot above all that are used would only be skipped. */
static void count_slot(struct trace_header *header, const struct trace_op *op)
{
    uint32_t *const slots[] = { &header->block_slots, &header->region_slots, &header->stack_slots,
                                &header->heap_slots };
    enum trace_slot_kind kind = trace_slot_kind(op->kind);

    if (kind != TRACE_NO_SLOT && op->slot >= *slots[kind])
        *slots[kind] = op->slot + 1u;
}

/* The first OPS_MAX ops of `path`. */
static void load(struct trace_loaded *trace, bool bytes)
{
    char error[TRACE_MESSAGE_BYTES];
    struct trace_file *file = bytes ? trace_file_open_bytes(path, error, sizeof error)
                                    : trace_file_open(path, NULL, error, sizeof error);
    struct trace_op op;

    if (!file)
        CHECK_FAIL("%s", error);
    *trace = (struct trace_loaded){ .header = { .heap_slots = 1 },
                                    .ops = malloc(OPS_MAX * sizeof *trace->ops) };
    CHECK(trace->ops != NULL);
    while (trace->header.ops < OPS_MAX && trace_file_next(file, &op) == TRACE_FILE_OP) {
        count_slot(&trace->header, &op);
        trace->ops[trace->header.ops++] = op;
        own_trouble = own_trouble || op.kind == TRACE_FAIL || op.kind == TRACE_MEMORY;
    }
    trace_file_close(file);
}

static void sweep(bool bytes)
{
    struct trace_loaded trace;
    uint32_t ops;
    uint32_t commits;

    own_trouble = false;
    load(&trace, bytes);
    take_slots(&trace.header);
    choose_length(&trace, &ops, &commits);
    /* Fuzz inputs are many and alike: of their later commits only some. */
    for (uint32_t nth = 1; nth <= commits; nth += bytes ? 1u + nth / 2u : 1u) {
        run(&trace, (struct trouble){ .nth = nth, .ops = ops });
        run(&trace, (struct trouble){ .nth = nth, .always = true, .ops = ops });
    }
    free_slots();
    trace_unload(&trace);
}

static char **paths;

static void every_commit_may_fail_once_or_for_good(void)
{
    const struct host_window_options options = { .cheap = true,
                                                 .first_segment = REPLAY_FIRST_SEGMENT,
                                                 .end_segment = REPLAY_END_SEGMENT };
    bool bytes = false;

    CHECK_EQ(host_window_open(&machine.window, &options), LA_OK);
    CHECK_EQ(bucket_table_init(&machine.buckets, bucket_default_bytes, bucket_default_count),
             LA_OK);
    for (; *paths; paths++) {
        path = *paths;
        if (strcmp(path, "--bytes") == 0)
            bytes = true;
        else
            sweep(bytes);
    }
    host_window_close(&machine.window);
    CHECK(refused > 0);
    printf("# %" PRIu64 " runs, %" PRIu64 " ops refused\n", runs, refused);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = { CASE(every_commit_may_fail_once_or_for_good) };

    (void)argc;
    paths = argv + 1;
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
