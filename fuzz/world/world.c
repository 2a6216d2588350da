/* SPDX-License-Identifier: 0BSD */
/* A world's run from beginning to end. Setting up VAS, heap space and heap costs microseconds, so
 * it is done once for each shape; a run begins with a copy of what that left, and only of what the
 * run before has touched.
 */
#include "world.h"

#include "../model/damage.h"
#include "../model/heap_model.h"
#include "../model/oracle.h"
#include "../model/vas_model.h"
#include "memory.h"
#include "refusals.h"
#include "shapes.h"
#include "spy_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs of which one is compared as a whole in the end: that takes time with the space. */
#define EVERYTHING_ONE_IN      4u
#define EVERYTHING_ONE_IN_FULL 256u

/* Runs of which one is made again elsewhere: worlds have to be built anew for that. */
#define AGAIN_ONE_IN      64u
#define AGAIN_ONE_IN_FULL 1024u

struct world_totals world_totals;
struct replay world_replay;

static struct replay_block blocks[WORLD_SLOTS_MAX];
static struct replay_region regions[WORLD_REGION_SLOTS];
static struct stack stacks[WORLD_STACK_SLOTS];

/* What setting up a shape leaves behind. */
struct beginning {
    bool known;
    struct vas empty; /* before the heap space */
    struct vas vas;
    struct heap_space space;
    struct replay replay;
    struct heap heap;
    va32_t table_va;
};

/* A world of each shape, so that going from one to another costs nothing. */
static struct world {
    struct beginning beginning;
    struct bucket_table buckets;
    struct vas vas;
    struct heap_space space;
    struct replay_heap heaps[WORLD_HEAP_SLOTS];
    struct vas_bytes model;
} worlds[SHAPES];

static struct world *now;     /* the world at work */
static uint8_t fill = 0xff;   /* what is not initialised shows */
static uint32_t slots_end[4]; /* by enum trace_slot_kind: those from here on were not used */

void world_setup(void)
{
    const char *depth = getenv("LOOKASIDE_FUZZ_DEPTH");

    if (getenv("LOOKASIDE_FUZZ_NARROW"))
        shapes_narrow();
    oracle_setup();
    memory_setup();
    refusals_check();
    spies_depth = depth && strcmp(depth, "all") == 0 ? SPIES_ALL : SPIES_TOUCHED;
}

/* -- Beginning --------------------------------------------------------------------------------- */

static void build(const struct shape *shape)
{
    struct beginning *beginning = &now->beginning;
    const struct la_port port = { .host_base = memory_base,
                                  .commit = memory_commit,
                                  .decommit = memory_decommit };
    const struct replay_memory memory = {
        .vas = &now->vas,
        .space = &now->space,
        .blocks = blocks,
        .block_slots = WORLD_BLOCK_SLOTS,
        .regions = regions,
        .region_slots = WORLD_REGION_SLOTS,
        .stacks = stacks,
        .stack_slots = WORLD_STACK_SLOTS,
        .heaps = now->heaps,
        .heap_slots = WORLD_HEAP_SLOTS,
    };
    const struct replay_config config = { .first_segment = shape->first_segment,
                                          .end_segment = shape->end_segment,
                                          .buckets = &now->buckets,
                                          .policy = shape->policy,
                                          .canaries = true };

    if (bucket_table_init(&now->buckets, shape->bucket_bytes, shape->bucket_count) != LA_OK)
        abort();
    for (uint32_t i = 0; i < WORLD_HEAP_SLOTS; i++) {
        memset(&now->heaps[i].heap, fill, sizeof now->heaps[i].heap);
        now->heaps[i].exists = false;
    }
    memset(&now->space, fill, sizeof now->space);
    memset(&now->vas, fill, sizeof now->vas);
    spied_vas_init(&now->vas, shape->first_segment, shape->end_segment);
    beginning->empty = now->vas;
    enum la_status status = replay_init(&world_replay, &memory, &config, &port);

    ORACLE(I19_FALSE_FAILURE, status == LA_OK, "the world cannot begin: %d", status);
    beginning->vas = now->vas;
    beginning->space = now->space;
    beginning->replay = world_replay;
    beginning->heap = now->heaps[0].heap;
    beginning->table_va = now->space.table_va;
    beginning->known = true;
    vas_model.touched_first = 0;
    vas_model.touched_end = VAS_CHUNKS;
}

/* The VAS of the beginning, where the run before has touched it. */
static void restore_vas(const struct vas *from)
{
    uint32_t first = vas_model.touched_first;
    uint32_t count = vas_model.touched_end - first;
    struct vas *vas = &now->vas;

    if (vas_model.touched_end > first) {
        memcpy(&vas->chunk[first], &from->chunk[first], count * sizeof vas->chunk[0]);
        memcpy(&vas->longest[first], &from->longest[first], count * sizeof vas->longest[0]);
    }
    memcpy(vas->bin_first, from->bin_first, sizeof *vas - offsetof(struct vas, bin_first));
}

/* Of the model only the table's region is missing: the run before has given everything back. */
static void restore(void)
{
    const struct beginning *beginning = &now->beginning;

    restore_vas(&beginning->vas);
    vas_model.touched_first = VAS_CHUNKS;
    vas_model.touched_end = 0;
    vas_model.clock = 0;
    for (uint32_t i = 0; i < vas_model.filed_count; i++)
        vas_model.filed_at[vas_model.filed[i]] = 0;
    vas_model_take(beginning->table_va / LA_SEGMENT_BYTES, la_segments_up(LA_SEGMENTS * 8u),
                   VAS_COMMITTED);
    now->space = beginning->space;
    world_replay = beginning->replay;
    now->heaps[0].heap = beginning->heap;
    now->heaps[0].exists = true;
    space_model.table_va = beginning->table_va;
    heap_model_open(&now->heaps[0].heap, beginning->replay.config.buckets,
                    &beginning->replay.config.policy);
    spies_open_heap(&now->heaps[0].heap);
    (void)spies_port(&world_replay.port);
}

void world_begin(uint32_t number, uint32_t block_slots)
{
    const struct shape *shape = shape_at(number);

    now = &worlds[shape_index(number)];
    spies_vas = &now->vas;
    vas_model_now = &now->model;
    memory_begin(shape->first_segment, shape->end_segment, shape->frames);
    oracle_ignored = 0;
    spies_reset_stacks();
    spies_reset_heaps();
    memset(slots_end, 0, sizeof slots_end);
    if (now->beginning.known)
        restore();
    else
        build(shape);
    world_replay.memory.block_slots = block_slots;
}

static const uint32_t slots_of[4] = { [TRACE_BLOCK] = WORLD_SLOTS_MAX,
                                      [TRACE_REGION] = WORLD_REGION_SLOTS,
                                      [TRACE_STACK] = WORLD_STACK_SLOTS,
                                      [TRACE_HEAP] = WORLD_HEAP_SLOTS };

/* -- One operation ----------------------------------------------------------------------------- */

/* The interpreter has promises of its own to check: which oracle each of them is. */
static enum oracle oracle_of(const char *broken)
{
    static const struct {
        const char *word;
        enum oracle id;
    } words[] = {
        { "content", I09_CONTENT }, { "changed its block", I09_CONTENT },
        { "zero", I10_ZERO },       { "not aligned", I01_PLACE },
        { "outside", I01_PLACE },   { "usable size", I06_ENOUGH },
        { "judged", I22_FAULT },    { "backed", I13_PAGES },
        { "refused", I25_REFUSAL }, { "took", I25_REFUSAL },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(broken, words[i].word))
            return words[i].id;
    return I15_SOUND;
}

/* Whether the run can go on where the interpreter broke off with this: it knows its objects still,
 * but for a block that it did not take, which goes back.
 */
static bool is_survived(enum oracle id, uint32_t heap)
{
    if (id == I01_PLACE || id == I06_ENOUGH)
        (void)spied_heap_free(&now->heaps[heap].heap, world_replay.last.value);
    else if (id != I09_CONTENT && id != I10_ZERO && id != I22_FAULT)
        return false;
    world_replay.broken = NULL;
    return true;
}

/* The heap that a block of this slot is or will be from. */
static uint32_t heap_of_slot(const struct trace_op *op)
{
    if (trace_slot_kind(op->kind) == TRACE_BLOCK && op->slot < WORLD_SLOTS_MAX &&
        blocks[op->slot].va != 0)
        return blocks[op->slot].heap;
    return world_replay.heap_in_use;
}

bool world_step(const struct trace_op *op)
{
    enum trace_slot_kind kind = trace_slot_kind(op->kind);

    if (kind < TRACE_NO_SLOT && op->slot >= slots_end[kind] && op->slot < slots_of[kind])
        slots_end[kind] = op->slot + 1u;

    uint32_t heap = heap_of_slot(op);

    if (replay_step(&world_replay, op))
        return true;

    enum oracle id = oracle_of(world_replay.broken);

    oracle_broken((uint32_t)id, "op %u: %s", (unsigned)world_replay.broken_op, world_replay.broken);
    return is_survived(id, heap);
}

/* -- The end ----------------------------------------------------------------------------------- */

static void give_back(uint8_t kind, uint32_t slots)
{
    struct trace_op op = { .kind = kind };

    for (op.slot = 0; op.slot < slots && !world_replay.broken; op.slot++)
        (void)world_step(&op);
}

/* Heap 0 goes last: with its blocks, or without them and then without a page after trimming. */
static void give_back_heap_0(bool emptied)
{
    struct heap *heap = &now->heaps[0].heap;

    if (emptied) {
        spied_heap_trim(heap);
        ORACLE(I26_ALL_RETURNED, heap->pages == 0 && heap->segments == 0,
               "a heap without a block keeps %u pages and %u segments after trimming", heap->pages,
               heap->segments);
    }
    spied_heap_destroy(heap);
    now->heaps[0].exists = false;
    spied_heap_space_destroy(&now->space);
}

/* A slot remembers where its last object was. */
static void forget_slots(void)
{
    memset(blocks, 0, slots_end[TRACE_BLOCK] * sizeof blocks[0]);
    memset(regions, 0, sizeof regions);
    memset(stacks, 0, sizeof stacks);
}

/* What the run leaves behind is sound: the core's checks must tell it from what is not. */
static void damage_everything(uint64_t seed)
{
    damage_vas(&now->vas, seed);
    for (uint32_t i = 0; i < WORLD_HEAP_SLOTS; i++)
        if (now->heaps[i].exists)
            damage_heap(&now->heaps[i].heap, seed);
    for (uint32_t i = 0; i < WORLD_STACK_SLOTS; i++)
        if (stacks[i].pages != 0)
            damage_stack(&stacks[i], now->beginning.table_va);
}

/* All that only costs too much after each call: in some runs, which the digest chooses. */
static void compare_everything(uint64_t digest)
{
    uint32_t one_in = VAS_CHUNKS <= 8u ? EVERYTHING_ONE_IN : EVERYTHING_ONE_IN_FULL;

    spies_compare_vas(true);
    if (spies_depth == SPIES_ALL && oracle_ignored == 0)
        damage_everything(digest);
    if ((digest >> 1) % one_in != 0)
        return;
    spies_compare_vas_figures();
    spies_compare_stacks();
    spies_compare_entries();
    for (uint32_t i = 0; i < WORLD_HEAP_SLOTS; i++)
        if (now->heaps[i].exists)
            spies_compare_heap_blocks(&now->heaps[i].heap);
}

static void give_everything_back(bool by_slots)
{
    if (!by_slots)
        give_back(TRACE_HEAP_DESTROY, WORLD_HEAP_SLOTS);
    else
        give_back(TRACE_FREE, slots_end[TRACE_BLOCK]);
    give_back(TRACE_RELEASE, slots_end[TRACE_REGION]);
    give_back(TRACE_STACK_DESTROY, slots_end[TRACE_STACK]);
    give_back(TRACE_HEAP_DESTROY, WORLD_HEAP_SLOTS);
    give_back_heap_0(by_slots);
    spies_compare_empty(&now->beginning.empty);
    memory_verify_gone();
}

uint64_t world_end(void)
{
    uint64_t digest = world_replay.result.digest;

    world_totals.runs++;
    world_totals.ops += world_replay.result.ops;
    if (!world_replay.broken) {
        compare_everything(digest);
        give_everything_back((digest & 1u) == 0);
    }
    forget_slots();
    if (world_replay.broken || oracle_ignored != 0) {
        now->beginning.known = false; /* an oracle is off: begin afresh */
        memory_forget();
        spies_forget_pages();
    }
    return digest;
}

bool world_is_made_again(uint64_t digest)
{
    return (digest >> 3) % (VAS_CHUNKS <= 8u ? AGAIN_ONE_IN : AGAIN_ONE_IN_FULL) == 0;
}

void world_move(bool elsewhere)
{
    fill = elsewhere ? 0x5a : 0xff;
    memory_move(elsewhere);
    for (uint32_t i = 0; i < SHAPES; i++)
        worlds[i].beginning.known = false;
}

void world_compare_digests(uint64_t first, uint64_t again, const char *what)
{
    ORACLE(I27_SAME, first == again, "%s: the digest is %016llx, the first time it was %016llx",
           what, (unsigned long long)again, (unsigned long long)first);
}
