/* SPDX-License-Identifier: 0BSD */
/* Every promise the interpreter watches, broken on purpose: the core's calls are wrapped by the
 * linker (--wrap), so that each can lie, and the memory below can be spoilt. An interpreter that
 * misses one would let a broken core pass.
 */
#include <lookaside/fault.h>

#include "replay_world.h"

enum sabotage {
    NOTHING,
    SPOIL_HEAD,          /* somebody writes to the first byte of slot 0's block */
    SPOIL_TAIL,          /* ... to the last one */
    DIRTY_PAGES,         /* the port hands out pages that do not read as zero */
    MISALIGN,            /* heap_alloc() answers a block that is 4 bytes off */
    LEAVE_RANGE,         /* ... beyond the managed range */
    LIE_ABOUT_SIZE,      /* heap_usable() */
    OTHER_HEAP,          /* heap_alloc() changes another heap's books */
    REALLOC_LOSES,       /* heap_realloc() does not copy the first byte */
    REALLOC_FAILS_DIRTY, /* ... fails, but has changed the block */
    REFUSE_FREE,
    REFUSE_RELEASE,
    REFUSE_COMMIT,
    REFUSE_DECOMMIT,
    MISJUDGE, /* fault_judge() maps a page into a stack */
    HEAP_UNSOUND,
    VAS_UNSOUND,
    STACK_UNSOUND,
    LOSE_PAGES, /* stack_create() says it failed, with pages backed */
    TRIM_NOT,   /* heap_trim() does nothing */
    KEEP_SPACE, /* heap_space_destroy() does nothing */
    KEEP_PAGES, /* ... does not decommit */
};

static enum sabotage sabotage;

/* Declares the linker's names, __real_f of the wrapped call and __wrap_f of its wrapper, as the
 * call itself is declared, calling convention included: a wrapper that differs does not compile.
 */
#define WRAPPED(type, name, ...)                                                                   \
    extern __typeof__(name) __real_##name;                                                         \
    extern __typeof__(name) __wrap_##name;                                                         \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(LA_REGISTER_CALL va32_t, heap_alloc, struct heap *heap, uint32_t bytes)
{
    va32_t va = __real_heap_alloc(heap, bytes);

    if (sabotage == MISALIGN)
        return va + 4u;
    if (sabotage == LEAVE_RANGE)
        return la_segment_va(WORLD_SEGMENTS) - 8u;
    if (sabotage == OTHER_HEAP)
        world.heaps[1].heap.pages++;
    return va;
}

WRAPPED(uint32_t, heap_usable, const struct heap *heap, va32_t va)
{
    return sabotage == LIE_ABOUT_SIZE ? 7u : __real_heap_usable(heap, va);
}

WRAPPED(LA_REGISTER_CALL va32_t, heap_realloc, struct heap *heap, va32_t va, uint32_t bytes)
{
    if (sabotage == REALLOC_FAILS_DIRTY) {
        world.memory[va] ^= 1u;
        heap->error = LA_NO_MEMORY;
        return 0;
    }
    va = __real_heap_realloc(heap, va, bytes);
    if (sabotage == REALLOC_LOSES)
        world.memory[va] ^= 1u;
    return va;
}

WRAPPED(LA_REGISTER_CALL enum la_status, heap_free, struct heap *heap, va32_t va)
{
    return sabotage == REFUSE_FREE ? LA_BAD_ADDRESS : __real_heap_free(heap, va);
}

WRAPPED(uint32_t, heap_trim, struct heap *heap)
{
    return sabotage == TRIM_NOT ? 0 : __real_heap_trim(heap);
}

WRAPPED(const char *, heap_check, const struct heap *heap)
{
    if (sabotage == OTHER_HEAP)
        return NULL; /* its own check would notice, too */
    return sabotage == HEAP_UNSOUND ? "made up about a heap" : __real_heap_check(heap);
}

static void decommit_nothing(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

WRAPPED(void, heap_space_destroy, struct heap_space *space)
{
    if (sabotage == KEEP_SPACE)
        return;
    if (sabotage == KEEP_PAGES)
        space->port.decommit = decommit_nothing;
    __real_heap_space_destroy(space);
}

WRAPPED(LA_REGISTER_CALL enum la_status, vas_release, struct vas *vas, va32_t base)
{
    return sabotage == REFUSE_RELEASE ? LA_BAD_ADDRESS : __real_vas_release(vas, base);
}

WRAPPED(enum la_status, vas_commit, struct vas *vas, va32_t va, uint32_t segments)
{
    return sabotage == REFUSE_COMMIT ? LA_BAD_STATE : __real_vas_commit(vas, va, segments);
}

WRAPPED(enum la_status, vas_decommit, struct vas *vas, va32_t va, uint32_t segments)
{
    return sabotage == REFUSE_DECOMMIT ? LA_BAD_STATE : __real_vas_decommit(vas, va, segments);
}

WRAPPED(const char *, vas_check, const struct vas *vas)
{
    return sabotage == VAS_UNSOUND ? "made up about the VAS" : __real_vas_check(vas);
}

WRAPPED(enum la_status, stack_create, struct stack *ret_stack, struct vas *vas,
        const struct la_port *port, const struct stack_layout *layout)
{
    if (sabotage != LOSE_PAGES)
        return __real_stack_create(ret_stack, vas, port, layout);

    CHECK_EQ(port->commit(port->context, la_segment_va(WORLD_SEGMENTS / 2u), 1), LA_OK);
    return LA_NO_SPACE;
}

WRAPPED(const char *, stack_check, const struct stack *stack)
{
    return sabotage == STACK_UNSOUND ? "made up about a stack" : __real_stack_check(stack);
}

WRAPPED(struct fault_answer, fault_judge, const struct vas *vas, const struct stack *stack,
        const struct fault_access *access, uint32_t free_pages)
{
    if (sabotage == MISJUDGE)
        return (
            struct fault_answer){ .verdict = FAULT_MAP_ZERO, .page_va = access->va, .pages = 1 };
    return __real_fault_judge(vas, stack, access, free_pages);
}

/* `setup` runs on a sound core, then the sabotage begins, then `trigger` runs, or, without one, the
 * end of the replay.
 */
struct broken_row {
    const char *expected;
    enum sabotage sabotage;
    struct trace_op setup[3];
    struct trace_op trigger;
    bool check; /* after every op, from the sabotage on */
};

#define BLOCK                                                                                      \
    {                                                                                              \
        .kind = TRACE_ALLOC, .bytes = 40                                                           \
    }
#define BLOCK_7                                                                                    \
    {                                                                                              \
        .kind = TRACE_ALLOC, .bytes = 7                                                            \
    }
#define OTHER                                                                                      \
    {                                                                                              \
        .kind = TRACE_ALLOC, .slot = 1, .bytes = 8                                                 \
    }
#define ZEROED                                                                                     \
    {                                                                                              \
        .kind = TRACE_ALLOC_ZEROED, .slot = 1, .bytes = 300000                                     \
    }
#define GROWN                                                                                      \
    {                                                                                              \
        .kind = TRACE_REALLOC, .bytes = 5000                                                       \
    }
#define FREED                                                                                      \
    {                                                                                              \
        .kind = TRACE_FREE                                                                         \
    }
#define HEAP_1                                                                                     \
    {                                                                                              \
        .kind = TRACE_HEAP_CREATE, .slot = 1                                                       \
    }
#define USE_HEAP_1                                                                                 \
    {                                                                                              \
        .kind = TRACE_HEAP_USE, .slot = 1                                                          \
    }
#define END_HEAP_1                                                                                 \
    {                                                                                              \
        .kind = TRACE_HEAP_DESTROY, .slot = 1                                                      \
    }
#define REGION                                                                                     \
    {                                                                                              \
        .kind = TRACE_RESERVE, .pages = 32                                                         \
    }
#define COMMIT                                                                                     \
    {                                                                                              \
        .kind = TRACE_COMMIT, .pages = 32                                                          \
    }
#define DECOMMIT                                                                                   \
    {                                                                                              \
        .kind = TRACE_DECOMMIT, .pages = 32                                                        \
    }
#define RELEASE                                                                                    \
    {                                                                                              \
        .kind = TRACE_RELEASE                                                                      \
    }
#define STACK                                                                                      \
    {                                                                                              \
        .kind = TRACE_STACK_CREATE, .pages = 32, .committed_pages = 1, .guard_pages = 16           \
    }
#define TOUCH                                                                                      \
    {                                                                                              \
        .kind = TRACE_STACK_TOUCH, .depth_page = 3                                                 \
    }

static const struct broken_row rows[] = {
    { "a live block's content changed", SPOIL_HEAD, { BLOCK }, FREED, false },
    { "a live block's content changed", SPOIL_TAIL, { BLOCK }, FREED, false },
    { "a live block's content changed", SPOIL_TAIL, { BLOCK_7 }, FREED, false },
    { "a live block's content changed", SPOIL_TAIL, { BLOCK }, GROWN, false },
    { "a live block's content changed",
      SPOIL_HEAD,
      { HEAP_1, USE_HEAP_1, BLOCK },
      END_HEAP_1,
      false },
    { "a live block's content changed", SPOIL_TAIL, { BLOCK }, { 0 }, false },
    { "a zeroed block does not read as zero", DIRTY_PAGES, { BLOCK }, ZEROED, false },
    { "a fresh stack page does not read as zero", DIRTY_PAGES, { BLOCK }, STACK, false },
    { "a fresh stack page does not read as zero", DIRTY_PAGES, { STACK }, TOUCH, false },
    { "a block is not aligned as asked", MISALIGN, { BLOCK }, OTHER, false },
    { "a block lies outside of the managed range",
      LEAVE_RANGE,
      { { .kind = TRACE_ALLOC, .bytes = 8 } },
      { .kind = TRACE_ALLOC, .slot = 1, .bytes = 9 },
      false },
    { "a block's usable size is smaller than asked", LIE_ABOUT_SIZE, { BLOCK }, OTHER, false },
    { "a block's usable size is smaller than asked", LIE_ABOUT_SIZE, { BLOCK }, GROWN, false },
    { "a call changed a heap that it was not made on", OTHER_HEAP, { HEAP_1 }, OTHER, true },
    { "realloc did not keep its block's content", REALLOC_LOSES, { BLOCK }, GROWN, false },
    { "a failed realloc changed its block", REALLOC_FAILS_DIRTY, { BLOCK }, GROWN, false },
    { "heap_free() refused a live block", REFUSE_FREE, { BLOCK }, FREED, false },
    { "heap_free() refused a live block", REFUSE_FREE, { BLOCK }, { 0 }, false },
    { "vas_release() refused a live region", REFUSE_RELEASE, { REGION }, RELEASE, false },
    { "the VAS refused a commit or decommit inside a live region",
      REFUSE_COMMIT,
      { REGION },
      COMMIT,
      false },
    { "the VAS refused a commit or decommit inside a live region",
      REFUSE_DECOMMIT,
      { REGION, COMMIT },
      DECOMMIT,
      false },
    { "a touch inside a stack was not judged by the stack", MISJUDGE, { STACK }, TOUCH, false },
    { "made up about a heap", HEAP_UNSOUND, { BLOCK }, OTHER, true },
    { "made up about the VAS", VAS_UNSOUND, { BLOCK }, OTHER, true },
    { "made up about the VAS", VAS_UNSOUND, { BLOCK }, { 0 }, false },
    { "made up about a stack", STACK_UNSOUND, { STACK }, OTHER, true },
    { "the backed pages are not those of heaps, metadata and stacks",
      LOSE_PAGES,
      { BLOCK },
      STACK,
      true },
    { "a heap without a block keeps pages after trimming", TRIM_NOT, { BLOCK }, { 0 }, false },
    { "the address space is not empty after everything was given back",
      KEEP_SPACE,
      { BLOCK },
      { 0 },
      false },
    { "pages are still backed after everything was given back",
      KEEP_PAGES,
      { BLOCK },
      { 0 },
      false },
};

static void begin_sabotage(const struct broken_row *row)
{
    const struct replay_block *block = &world.blocks[0];

    sabotage = row->sabotage;
    world.dirty = sabotage == DIRTY_PAGES;
    world.replay.config.check_every = row->check;
    world.replay.check_in = row->check;
    if (sabotage == SPOIL_HEAD)
        world.memory[block->va] ^= 0x80u;
    if (sabotage == SPOIL_TAIL)
        world.memory[block->va + block->bytes - 1u] ^= 1u;
}

static void run_row(const struct broken_row *row)
{
    sabotage = NOTHING;
    world_start_default();
    for (size_t i = 0; i < 3 && row->setup[i].kind; i++)
        world_run(&row->setup[i], 1);
    begin_sabotage(row);

    bool sound = row->trigger.kind ? replay_step(&world.replay, &row->trigger)
                                   : replay_finish(&world.replay);
    sabotage = NOTHING;
    if (sound)
        CHECK_FAIL("nothing was reported, expected: %s", row->expected);
    CHECK_STR(world.replay.broken, row->expected);
}

static void each_broken_promise_is_reported(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_row(&rows[i]);
}

/* The counterpart: with nothing sabotaged, the same rows pass. */
static void the_same_ops_pass_on_a_sound_core(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct broken_row row = rows[i];

        world_start_default();
        for (size_t at = 0; at < 3 && row.setup[at].kind; at++)
            world_run(&row.setup[at], 1);
        if (row.trigger.kind)
            world_run(&row.trigger, 1);
        world_finish();
    }
}

static void the_broken_op_is_named_and_the_replay_stops(void)
{
    const struct trace_op block = BLOCK;
    const struct trace_op freed = FREED;
    const struct trace_op time = { .kind = TRACE_TIME, .delta_ns = 5 };

    world_start_default();
    world_run(&block, 1);
    world_run(&time, 1);
    world.memory[world.blocks[0].va] ^= 1u;
    CHECK(!replay_step(&world.replay, &freed));
    CHECK_EQ(world.replay.broken_op, 2);
    CHECK(!replay_step(&world.replay, &block));
    CHECK(!replay_finish(&world.replay));
    CHECK_EQ(world.replay.broken_op, 2);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(each_broken_promise_is_reported),
        CASE(the_same_ops_pass_on_a_sound_core),
        CASE(the_broken_op_is_named_and_the_replay_stops),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
