/* SPDX-License-Identifier: 0BSD */
/* The lean judge against the replay interpreter: the same ops, the same table, the same figures. */
#include "../classes.h"
#include "../corpus.h"
#include "../judge.h"

#include "../../tests/check.h"
#include "trace_file.h"

#include <lookaside/replay.h>
#include <sys/mman.h>

#define WINDOW_BYTES ((size_t)REPLAY_END_SEGMENT * LA_SEGMENT_BYTES)

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static enum la_status zeroed_commit(void *context, va32_t va, uint32_t pages)
{
    memset((char *)context + va, 0, (size_t)pages * LA_PAGE_BYTES);
    return LA_OK;
}

static void no_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

/* Replay `ops` truly; only ops that heaps see are stepped, as the judge does. */
static struct replay_result replay_truly(const struct trace_op *ops, uint64_t count, uint32_t slots,
                                         const struct class_set *set)
{
    static struct vas vas;
    static struct heap_space space;
    static struct bucket_table table;
    static struct replay_heap heaps[4];
    static struct replay replay;
    void *window = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct replay_memory memory = {
        .vas = &vas, .space = &space, .block_slots = slots, .heaps = heaps, .heap_slots = 4
    };
    struct replay_config config = { .buckets = &table };
    struct la_port port = { .context = window,
                            .host_base = (uintptr_t)window,
                            .commit = zeroed_commit,
                            .decommit = no_decommit };
    struct replay_result result;

    CHECK(window != MAP_FAILED);
    memory.blocks = calloc(slots, sizeof *memory.blocks);
    memset(heaps, 0, sizeof heaps);
    CHECK_EQ(bucket_table_init(&table, set->bytes, set->count), LA_OK);
    CHECK_EQ(replay_init(&replay, &memory, &config, &port), LA_OK);
    for (uint64_t i = 0; i < count; i++) {
        enum trace_slot_kind kind = trace_slot_kind(ops[i].kind);
        if (kind == TRACE_BLOCK || kind == TRACE_HEAP || ops[i].kind == TRACE_HEAP_TRIM)
            CHECK(replay_step(&replay, &ops[i]));
    }
    result = replay.result;
    CHECK(replay_finish(&replay));
    free(memory.blocks);
    munmap(window, WINDOW_BYTES);
    return result;
}

static void check_same(const struct trace_op *ops, uint64_t count, uint32_t slots,
                       const struct class_set *set)
{
    struct replay_result truth = replay_truly(ops, count, slots, set);
    struct tune_trace trace = { .block_slots = slots, .heap_slots = 4 };
    struct judge_table table = { .count = set->count };
    struct judge_result judged;
    struct judge *judge = judge_new();

    CHECK(judge != NULL);
    memcpy(table.bytes, set->bytes, sizeof table.bytes);
    for (uint64_t i = 0; i < count; i++)
        CHECK(tune_trace_append(&trace, &ops[i]));
    for (uint32_t again = 0; again < 2; again++) { /* a window must be clean for the next run */
        CHECK(judge_run(judge, &trace, UINT32_MAX, &table, &judged, NULL, 0));
        CHECK(judged.done);
        CHECK_EQ(judged.refused, 0);
        CHECK_EQ(judged.footprint_pages_peak, truth.footprint_pages_peak);
        CHECK_EQ(judged.footprint_pages_sum, truth.footprint_pages_sum);
        CHECK_EQ(judged.live_bytes_peak, truth.live_bytes_peak);
        CHECK_EQ(judged.live_bytes_sum, truth.live_bytes_sum);
        CHECK_EQ(judged.va_segments_peak, truth.va_segments_peak);
    }
    judge_free(judge);
    tune_trace_free(&trace);
}

static void random_ops_cost_the_same_as_in_a_true_replay(void)
{
    static const uint8_t kinds[] = { TRACE_ALLOC,        TRACE_ALLOC,         TRACE_ALLOC,
                                     TRACE_ALLOC_ZEROED, TRACE_ALLOC_ALIGNED, TRACE_REALLOC,
                                     TRACE_REALLOC,      TRACE_FREE,          TRACE_FREE,
                                     TRACE_FREE,         TRACE_HEAP_TRIM };
    static struct trace_op ops[20000];

    for (uint32_t seed = 1; seed <= 6; seed++) {
        random_state = seed;
        for (uint32_t i = 0; i < 20000; i++) {
            bool rare = random_below(500) == 0;
            ops[i] = (struct trace_op){ .kind = kinds[random_below(sizeof kinds)],
                                        .slot = random_below(2000),
                                        .bytes = random_below(16) ? random_below(600)
                                                                  : random_below(150000) };
            if (ops[i].kind == TRACE_HEAP_TRIM && !rare)
                ops[i].kind = TRACE_ALLOC;
            if (ops[i].kind == TRACE_ALLOC_ALIGNED)
                ops[i].align_log2 = (uint8_t)random_below(14);
            if (ops[i].kind == TRACE_HEAP_TRIM)
                ops[i].slot = ops[i].bytes = 0;
            if (rare) {
                ops[i] = (struct trace_op){ .kind = (uint8_t)(TRACE_HEAP_CREATE + random_below(3)),
                                            .slot = random_below(4) };
            }
        }
        check_same(ops, 20000, 2000, &class_sets[2 + seed % 4]);
    }
}

static void recorded_traces_cost_the_same_as_in_a_true_replay(void)
{
    static const char *const names[] = { "kernel-kmalloc/k4", "kernel-slab/k1a", "user/python" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[1024], message[TRACE_MESSAGE_BYTES];
        struct trace_loaded loaded;
        snprintf(path, sizeof path, "%s/%s.lat.zst", TRACES_DIR, names[i]);
        if (!trace_load(path, &loaded, message, sizeof message))
            CHECK_FAIL("%s", message);
        check_same(loaded.ops, loaded.header.ops, loaded.header.block_slots, &class_sets[2]);
        trace_unload(&loaded);
    }
}

/* 9,000 bytes are 3 pages of their own, and 4 with kmalloc's rule. */
static void kmalloc_takes_powers_of_two_above_its_classes(void)
{
    struct trace_op op = { .kind = TRACE_ALLOC, .slot = 0, .bytes = 9000 };
    struct tune_trace trace = { .block_slots = 1, .heap_slots = 1 };
    struct judge_table table = { .bytes = { 8192 }, .count = 1 };
    struct judge_result pages, powers;
    struct judge *judge = judge_new();

    CHECK(tune_trace_append(&trace, &op));
    CHECK(judge_run(judge, &trace, UINT32_MAX, &table, &pages, NULL, 0));
    table.large_power_of_two = true;
    CHECK(judge_run(judge, &trace, UINT32_MAX, &table, &powers, NULL, 0));
    CHECK_EQ(powers.footprint_pages_peak, pages.footprint_pages_peak + 1);
    judge_free(judge);
    tune_trace_free(&trace);
}

static void samples_end_with_the_last_op(void)
{
    struct tune_trace trace = { .block_slots = 10, .heap_slots = 1 };
    struct judge_table table = { .bytes = { 64 }, .count = 1 };
    struct judge_sample samples[4];
    struct judge_result result;
    struct judge *judge = judge_new();

    for (uint32_t i = 0; i < 10; i++) {
        struct trace_op op = { .kind = TRACE_ALLOC, .slot = i, .bytes = 50 };
        CHECK(tune_trace_append(&trace, &op));
    }
    CHECK(judge_run(judge, &trace, UINT32_MAX, &table, &result, samples, 4));
    CHECK_EQ(samples[3].tick, 10);
    CHECK_EQ(samples[3].live_bytes, 500);
    CHECK_EQ(samples[0].live_bytes, (uint64_t)samples[0].tick * 50);
    judge_free(judge);
    tune_trace_free(&trace);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(random_ops_cost_the_same_as_in_a_true_replay),
        CASE(recorded_traces_cost_the_same_as_in_a_true_replay),
        CASE(kmalloc_takes_powers_of_two_above_its_classes),
        CASE(samples_end_with_the_last_op),
    };
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
