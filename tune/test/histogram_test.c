/* SPDX-License-Identifier: 0BSD */
/* Histograms against the obvious way to count: after every op, look at every live block. */
#include "../histogram.h"

#include "../../tests/check.h"

#define SLOTS 16u

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static struct histogram counted;
static struct histogram expected;

/* Live sizes by slot, the slow way. */
static void count_slowly(const struct tune_trace *trace)
{
    struct {
        bool live;
        uint32_t bytes, heap;
    } blocks[SLOTS] = { { 0 } };
    bool heaps[4] = { true };
    uint32_t heap = 0;

    memset(&expected, 0, sizeof expected);
    for (uint32_t i = 0; i < trace->op_count; i++) {
        const struct tune_op *op = &trace->ops[i];
        uint64_t live = 0;
        if (op->code == TUNE_HEAP_CREATE && op->slot < 4)
            heaps[op->slot] = true;
        else if (op->code == TUNE_HEAP_USE && op->slot < 4 && heaps[op->slot])
            heap = op->slot;
        else if (op->code == TUNE_HEAP_DESTROY && op->slot < 4 && op->slot && heaps[op->slot]) {
            for (uint32_t s = 0; s < SLOTS; s++)
                blocks[s].live = blocks[s].live && blocks[s].heap != op->slot;
            heaps[op->slot] = false;
            heap = heap == op->slot ? 0 : heap;
        } else if (op->code == TUNE_FREE)
            blocks[op->slot].live = false;
        else if (op->code == TUNE_ALLOC && !blocks[op->slot].live) {
            blocks[op->slot].live = true;
            blocks[op->slot].bytes = op->bytes;
            blocks[op->slot].heap = heap;
        } else if (op->code == TUNE_REALLOC) {
            if (!blocks[op->slot].live)
                blocks[op->slot].heap = heap;
            blocks[op->slot].live = true;
            blocks[op->slot].bytes = op->bytes;
        }
        for (uint32_t s = 0; s < SLOTS; s++) {
            uint32_t bytes = blocks[s].bytes;
            if (!blocks[s].live)
                continue;
            live += bytes;
            if (bytes > 32768) {
                expected.large_bytes_time += bytes;
            } else {
                expected.small_bytes_time += bytes;
                expected.count_time[bytes ? (bytes + 7) / 8 : 1]++;
            }
        }
        if (live > expected.live_bytes_peak) {
            expected.live_bytes_peak = live;
            memset(expected.count_peak, 0, sizeof expected.count_peak);
            for (uint32_t s = 0; s < SLOTS; s++) {
                uint32_t bytes = blocks[s].bytes;
                if (blocks[s].live && bytes <= 32768)
                    expected.count_peak[bytes ? (bytes + 7) / 8 : 1]++;
            }
        }
    }
}

static struct trace_op random_op(void)
{
    static const uint8_t kinds[] = { TRACE_ALLOC,       TRACE_ALLOC,    TRACE_ALLOC_ZEROED,
                                     TRACE_REALLOC,     TRACE_FREE,     TRACE_FREE,
                                     TRACE_HEAP_CREATE, TRACE_HEAP_USE, TRACE_HEAP_DESTROY,
                                     TRACE_TIME,        TRACE_RESERVE };
    struct trace_op op = { .kind = kinds[random_below(sizeof kinds)] };

    op.slot = random_below(trace_slot_kind(op.kind) == TRACE_HEAP ? 5 : SLOTS);
    op.bytes = random_below(8) == 0 ? random_below(100000) : random_below(400);
    return op;
}

static void random_traces_are_counted_as_by_hand(void)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct tune_trace trace = { .block_slots = SLOTS, .heap_slots = 4 };
        random_state = seed;
        for (uint32_t i = 0; i < 300; i++) {
            struct trace_op op = random_op();
            CHECK(tune_trace_append(&trace, &op));
        }
        CHECK(histogram_fill(&counted, &trace));
        count_slowly(&trace);
        CHECK_EQ(counted.ticks, trace.op_count);
        CHECK_EQ(counted.small_bytes_time, expected.small_bytes_time);
        CHECK_EQ(counted.large_bytes_time, expected.large_bytes_time);
        CHECK_EQ(counted.live_bytes_peak, expected.live_bytes_peak);
        for (uint32_t g = 0; g <= HISTOGRAM_GRAINS; g++) {
            CHECK_EQ(counted.count_time[g], expected.count_time[g]);
            CHECK_EQ(counted.count_peak[g], expected.count_peak[g]);
        }
        tune_trace_free(&trace);
    }
}

static void alignment_asks_for_a_multiple(void)
{
    struct tune_op op = { .slot = 0, .code = TUNE_ALIGNED + 6, .bytes = 100 };

    CHECK_EQ(tune_op_bucket_bytes(&op), 128);
    op.bytes = 0;
    CHECK_EQ(tune_op_bucket_bytes(&op), 64);
    op.code = TUNE_ALIGNED + 31;
    op.bytes = UINT32_MAX;
    CHECK_EQ(tune_op_bucket_bytes(&op), UINT32_MAX);
    op.code = TUNE_ALLOC;
    CHECK_EQ(tune_op_bucket_bytes(&op), UINT32_MAX);
}

/* 1 block of 24 bytes and 3 of 100: 32 + 3 x 128 over 24 + 3 x 100. */
static void rounding_waste_is_block_bytes_over_requests(void)
{
    static const uint16_t powers[] = { 8, 16, 32, 64, 128 };
    struct tune_trace trace = { .block_slots = 4, .heap_slots = 1 };

    for (uint32_t slot = 0; slot < 4; slot++) {
        struct trace_op op = { .kind = TRACE_ALLOC, .slot = slot, .bytes = slot ? 100 : 24 };
        CHECK(tune_trace_append(&trace, &op));
    }
    CHECK(histogram_fill(&counted, &trace));
    /* Ticks: 24 bytes live for 4, the others for 3, 2 and 1. */
    CHECK_EQ(histogram_rounding_ppm(&counted, powers, 5, false),
             (uint64_t)((4 * 32 + 6 * 128) * 1e6 / (4 * 24 + 6 * 100) + 0.5));
    /* Above the largest bucket: a whole page each. */
    CHECK_EQ(histogram_rounding_ppm(&counted, powers, 3, false),
             (uint64_t)((4 * 32 + 6 * 4096) * 1e6 / (4 * 24 + 6 * 100) + 0.5));
    tune_trace_free(&trace);
}

/* 9,000 bytes: three pages, or four as a power of two. */
static void large_requests_may_round_to_powers_of_two(void)
{
    static const uint16_t classes[] = { 8192 };
    struct trace_op op = { .kind = TRACE_ALLOC, .slot = 0, .bytes = 9000 };
    struct tune_trace trace = { .block_slots = 1, .heap_slots = 1 };

    CHECK(tune_trace_append(&trace, &op));
    CHECK(histogram_fill(&counted, &trace));
    CHECK_EQ(histogram_rounding_ppm(&counted, classes, 1, false), 12288u * 1000u / 9);
    CHECK_EQ(histogram_rounding_ppm(&counted, classes, 1, true), (16384u * 1000u + 4) / 9);
    tune_trace_free(&trace);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(random_traces_are_counted_as_by_hand),
        CASE(alignment_asks_for_a_multiple),
        CASE(rounding_waste_is_block_bytes_over_requests),
        CASE(large_requests_may_round_to_powers_of_two),
    };
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
