/* SPDX-License-Identifier: 0BSD */
/* A world for the interpreter's tests: 16 MiB of plain memory as a port that keeps exact books (no
 * page twice, none left), can run dry or fail on purpose, hands out dirty pages if told to, and
 * spoils every page it takes back.
 */
#ifndef LOOKASIDE_REPLAY_WORLD_H
#define LOOKASIDE_REPLAY_WORLD_H

#include <lookaside/replay.h>

#include "check.h"

#define WORLD_SEGMENTS     256u /* [0, 256): 32 of them are the heaps' segment table */
#define WORLD_PAGES        (WORLD_SEGMENTS * LA_PAGES_PER_SEGMENT)
#define WORLD_BLOCK_SLOTS  64u
#define WORLD_REGION_SLOTS 8u
#define WORLD_STACK_SLOTS  4u
#define WORLD_HEAP_SLOTS   3u
#define WORLD_SPOIL        0xdd

struct world {
    struct replay replay;
    struct vas vas;
    struct heap_space space;
    struct replay_block blocks[WORLD_BLOCK_SLOTS];
    struct replay_region regions[WORLD_REGION_SLOTS];
    struct stack stacks[WORLD_STACK_SLOTS];
    struct replay_heap heaps[WORLD_HEAP_SLOTS];
    struct bucket_table buckets;
    struct la_port port;
    bool backed[WORLD_PAGES];
    uint32_t backed_pages;
    uint32_t limit_pages; /* 0: none */
    uint32_t fail_every;  /* the n-th, 2n-th ... commit fails; 0: none */
    uint32_t commits;
    bool dirty; /* hand out pages that do not read as zero */
    bool twice; /* a page was backed or given back twice */
    _Alignas(65536) uint8_t memory[WORLD_SEGMENTS * LA_SEGMENT_BYTES];
};

static struct world world;

_Noreturn void la_panic(const char *what, const char *file, int line)
{
    printf("Bail out! %s:%d: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

static enum la_status world_commit(void *context, va32_t va, uint32_t pages)
{
    struct world *w = context;
    uint32_t first = va >> LA_PAGE_SHIFT;

    w->commits++;
    if (w->fail_every && w->commits % w->fail_every == 0)
        return LA_NO_MEMORY;
    if (w->limit_pages && w->backed_pages + pages > w->limit_pages)
        return LA_NO_MEMORY;
    for (uint32_t page = first; page < first + pages; page++) {
        w->twice = w->twice || w->backed[page];
        w->backed[page] = true;
    }
    w->backed_pages += pages;
    memset(w->memory + va, w->dirty ? WORLD_SPOIL : 0, (size_t)pages * LA_PAGE_BYTES);
    return LA_OK;
}

static inline void world_decommit(void *context, va32_t va, uint32_t pages)
{
    struct world *w = context;
    uint32_t first = va >> LA_PAGE_SHIFT;

    for (uint32_t page = first; page < first + pages; page++) {
        w->twice = w->twice || !w->backed[page];
        w->backed[page] = false;
    }
    w->backed_pages -= pages;
    memset(w->memory + va, WORLD_SPOIL, (size_t)pages * LA_PAGE_BYTES);
}

/* Two buckets, so that figures can be worked out by hand. */
static const uint16_t world_bucket_bytes[] = { 64, 1024 };

static inline struct replay_memory world_memory(void)
{
    return (struct replay_memory){
        .vas = &world.vas,
        .space = &world.space,
        .blocks = world.blocks,
        .block_slots = WORLD_BLOCK_SLOTS,
        .regions = world.regions,
        .region_slots = WORLD_REGION_SLOTS,
        .stacks = world.stacks,
        .stack_slots = WORLD_STACK_SLOTS,
        .heaps = world.heaps,
        .heap_slots = WORLD_HEAP_SLOTS,
    };
}

static inline struct replay_config world_config(void)
{
    return (struct replay_config){ .first_segment = 1,
                                   .end_segment = WORLD_SEGMENTS,
                                   .buckets = &world.buckets,
                                   .canaries = true,
                                   .check_every = 1 };
}

/* A new world; the port's ways of failing may be set before the first op. */
static inline void world_start(const struct replay_config *config)
{
    struct replay_memory memory = world_memory();

    memset(&world, 0, sizeof world);
    CHECK_EQ(bucket_table_init(&world.buckets, world_bucket_bytes, 2), LA_OK);
    world.port = (struct la_port){ .context = &world,
                                   .host_base = (uintptr_t)world.memory,
                                   .commit = world_commit,
                                   .decommit = world_decommit };
    CHECK_EQ(replay_init(&world.replay, &memory, config, &world.port), LA_OK);
}

static inline void world_start_default(void)
{
    struct replay_config config = world_config();

    world_start(&config);
}

static inline void world_run(const struct trace_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!replay_step(&world.replay, &ops[i]))
            CHECK_FAIL("op %zu broke a promise: %s", i, world.replay.broken);
    }
}

#define WORLD_RUN(...)                                                                             \
    do {                                                                                           \
        const struct trace_op run_ops[] = { __VA_ARGS__ };                                         \
        world_run(run_ops, sizeof run_ops / sizeof run_ops[0]);                                    \
    } while (0)

/* Finish and see that nothing is left, by the interpreter's books and by the port's. */
static inline void world_finish(void)
{
    if (!replay_finish(&world.replay))
        CHECK_FAIL("finish: %s", world.replay.broken);
    CHECK_EQ(world.backed_pages, 0);
    CHECK(!world.twice);
}

#endif
