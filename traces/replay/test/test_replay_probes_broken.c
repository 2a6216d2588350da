/* SPDX-License-Identifier: 0BSD */
/* A core that takes what it must refuse: each probe's promise, broken on purpose. The core's calls
 * are wrapped by the linker (--wrap), so that each can lie.
 */
#include "replay_world.h"

enum sabotage {
    NOTHING,
    TAKE_FREE,
    TAKE_REALLOC,
    TAKE_RELEASE,
    TAKE_RESIZE,
    TAKE_COMMIT,
    TAKE_DECOMMIT,
    REFUSE_COMMIT,
    REFUSE_DECOMMIT,
    GROW_OTHERS, /* fault_judge() wants to grow a stack where none is */
    DIRTY_PAGES, /* the port hands out pages that do not read as zero */
};

static enum sabotage sabotage;

#define WRAPPED(type, name, ...)                                                                   \
    extern __typeof__(name) __real_##name;                                                         \
    extern __typeof__(name) __wrap_##name;                                                         \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(LA_REGISTER_CALL enum la_status, heap_free, struct heap *heap, va32_t va)
{
    return sabotage == TAKE_FREE ? LA_OK : __real_heap_free(heap, va);
}

WRAPPED(LA_REGISTER_CALL va32_t, heap_realloc, struct heap *heap, va32_t va, uint32_t bytes)
{
    return sabotage == TAKE_REALLOC ? va : __real_heap_realloc(heap, va, bytes);
}

WRAPPED(LA_REGISTER_CALL enum la_status, vas_release, struct vas *vas, va32_t base)
{
    return sabotage == TAKE_RELEASE ? LA_OK : __real_vas_release(vas, base);
}

WRAPPED(enum la_status, vas_resize, struct vas *vas, va32_t base, uint32_t segments)
{
    return sabotage == TAKE_RESIZE ? LA_OK : __real_vas_resize(vas, base, segments);
}

WRAPPED(enum la_status, vas_commit, struct vas *vas, va32_t va, uint32_t segments)
{
    return sabotage == TAKE_COMMIT     ? LA_OK
           : sabotage == REFUSE_COMMIT ? LA_BAD_STATE
                                       : __real_vas_commit(vas, va, segments);
}

WRAPPED(enum la_status, vas_decommit, struct vas *vas, va32_t va, uint32_t segments)
{
    return sabotage == TAKE_DECOMMIT     ? LA_OK
           : sabotage == REFUSE_DECOMMIT ? LA_BAD_STATE
                                         : __real_vas_decommit(vas, va, segments);
}

WRAPPED(struct fault_answer, fault_judge, const struct vas *vas, const struct stack *stack,
        const struct fault_access *access, uint32_t free_pages)
{
    if (sabotage == GROW_OTHERS)
        return (struct fault_answer){ .verdict = FAULT_GROW, .page_va = access->va, .pages = 1 };
    return __real_fault_judge(vas, stack, access, free_pages);
}

/* After a block in slot 0 and a region of 4 committed segments in slot 0. */
static const struct {
    const char *expected;
    enum sabotage sabotage;
    struct trace_op trigger;
} rows[] = {
    { "the heap took an address that is no live block of it",
      TAKE_FREE,
      { .kind = TRACE_FREE_AT, .offset_bytes = 4 } },
    { "the heap took an address that is no live block of it",
      TAKE_FREE,
      { .kind = TRACE_FREE_AT, .slot = 1, .offset_bytes = 64 } },
    { "the heap took an address that is no live block of it",
      TAKE_REALLOC,
      { .kind = TRACE_FREE_AT, .offset_bytes = 64, .placement = 1, .realloc_bytes = 9 } },
    { "the VAS took an address that is no region's base",
      TAKE_RELEASE,
      { .kind = TRACE_RELEASE_AT, .distance_pages = 16 } },
    { "the VAS took an address that is no region's base",
      TAKE_RESIZE,
      { .kind = TRACE_RELEASE_AT, .distance_pages = 16, .placement = 1, .resize_segments = 9 } },
    { "the VAS took a range that is not inside a region",
      TAKE_COMMIT,
      { .kind = TRACE_COMMIT_AT, .range_segments = 5 } },
    { "the VAS took a range that is not inside a region",
      TAKE_COMMIT,
      { .kind = TRACE_COMMIT_AT, .distance_pages = 1, .range_segments = 1 } },
    { "the VAS took a range that is not inside a region",
      TAKE_DECOMMIT,
      { .kind = TRACE_DECOMMIT_AT, .range_segments = 0 } },
    { "the VAS refused a commit or decommit inside a live region",
      REFUSE_COMMIT,
      { .kind = TRACE_COMMIT_AT, .range_segments = 4 } },
    { "the VAS refused a commit or decommit inside a live region",
      REFUSE_DECOMMIT,
      { .kind = TRACE_DECOMMIT_AT, .range_segments = 4 } },
    { "an access outside of the stack is to grow it", GROW_OTHERS, { .kind = TRACE_ACCESS } },
    { "a fresh page of a region does not read as zero", DIRTY_PAGES, { .kind = TRACE_ACCESS } },
};

static void prepare(void)
{
    sabotage = NOTHING;
    world_start_default();
    WORLD_RUN({ .kind = TRACE_ALLOC, .bytes = 64 }, { .kind = TRACE_RESERVE, .pages = 64 },
              { .kind = TRACE_COMMIT, .pages = 64 });
}

static void each_broken_promise_is_reported(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prepare();
        sabotage = rows[i].sabotage;
        world.dirty = sabotage == DIRTY_PAGES;
        replay_step(&world.replay, &rows[i].trigger);
        sabotage = NOTHING;
        if (!world.replay.broken || strcmp(world.replay.broken, rows[i].expected) != 0)
            CHECK_FAIL("row %zu: '%s', expected '%s'", i,
                       world.replay.broken ? world.replay.broken : "nothing", rows[i].expected);
    }
}

static void the_same_ops_pass_on_a_sound_core(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prepare();
        if (!replay_step(&world.replay, &rows[i].trigger))
            CHECK_FAIL("row %zu: %s", i, world.replay.broken);
        world_finish();
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(each_broken_promise_is_reported),
        CASE(the_same_ops_pass_on_a_sound_core),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
