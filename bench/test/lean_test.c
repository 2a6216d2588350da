/* SPDX-License-Identifier: 0BSD */
/* The timed loop asks for what a replay asks for: after every op each block is where the replay
 * interpreter has it, and the footprint's peak is the same. And the empty harness calls nothing.
 */
#include <string.h>

#include <lookaside/host.h>
#include <lookaside/replay.h>

#include "check.h"
#include "targets.h"
#include "vas_work.h"

#define FILE_BYTES (UINT32_C(1) << 20)
#define SLOTS      300u
#define OPS        40000u

/* -- A trace in memory ------------------------------------------------------------------------- */

static uint8_t file[FILE_BYTES];
static size_t file_bytes;
static size_t file_at;

static bool append(void *context, const void *buffer, size_t bytes)
{
    (void)context;
    if (bytes > FILE_BYTES - file_bytes)
        return false;
    memcpy(file + file_bytes, buffer, bytes);
    file_bytes += bytes;
    return true;
}

static size_t take(void *context, void *buffer, size_t bytes)
{
    size_t left = file_bytes - file_at;
    size_t taken = bytes < left ? bytes : left;

    (void)context;
    memcpy(buffer, file + file_at, taken);
    file_at += taken;
    return taken;
}

static struct trace_op random_op(uint32_t *seed)
{
    static const uint8_t kinds[] = { TRACE_ALLOC, TRACE_ALLOC, TRACE_FREE,         TRACE_FREE,
                                     TRACE_FREE,  TRACE_ALLOC, TRACE_ALLOC_ZEROED, TRACE_REALLOC };
    struct trace_op op = { .kind = 0 };
    uint32_t number = *seed = *seed * 1664525u + 1013904223u;

    op.kind = kinds[number >> 29];
    op.slot = (number >> 8) % SLOTS;
    if (op.kind != TRACE_FREE)
        op.bytes = (number & 0xffu) == 0 ? number >> 12 : (number >> 3) % 700u; /* up to 1 MiB */
    if (op.kind == TRACE_ALLOC && (number & 0xf0u) == 0) {
        op.kind = TRACE_ALLOC_ALIGNED;
        op.align_log2 = (uint8_t)(number >> 5 & 15u);
    }
    return op;
}

static void write_trace(void)
{
    static struct trace_writer writer;
    struct trace_header header = { .ops = TRACE_OPS_OPEN };
    uint8_t head[TRACE_HEADER_BYTES] = { 0 };
    uint32_t seed = 1;

    file_bytes = 0;
    CHECK(append(NULL, head, sizeof head));
    trace_writer_init(&writer, append, NULL);
    for (uint32_t i = 0; i < OPS; i++) {
        struct trace_op op = random_op(&seed);

        CHECK(trace_write(&writer, &op));
    }
    CHECK(trace_finish(&writer, &header));
    trace_encode_header(&header, "", file);
}

static void load(struct lean_trace *trace, uint32_t ops_max)
{
    char message[256] = "";

    file_at = 0;
    if (!lean_load(trace, take, NULL, ops_max, message, sizeof message))
        CHECK_FAIL("the trace cannot be loaded: %s", message);
}

/* -- The replay interpreter, as the oracle ----------------------------------------------------- */

static struct host_window oracle_window;
static struct replay oracle;
static struct replay_block oracle_blocks[SLOTS];
static struct trace_reader oracle_reader;

static void oracle_begin(void)
{
    static struct vas vas;
    static struct heap_space space;
    static struct replay_heap heaps[1];
    static struct bucket_table buckets;
    const struct host_window_options options = { .cheap = true,
                                                 .first_segment = 1,
                                                 .end_segment = 4096 };
    const struct replay_config config = { .first_segment = 1,
                                          .end_segment = 4096,
                                          .buckets = &buckets };
    const struct replay_memory memory = { .vas = &vas,
                                          .space = &space,
                                          .blocks = oracle_blocks,
                                          .block_slots = SLOTS,
                                          .heaps = heaps,
                                          .heap_slots = 1 };

    memset(oracle_blocks, 0, sizeof oracle_blocks);
    memset(heaps, 0, sizeof heaps);
    CHECK_EQ(bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count), LA_OK);
    CHECK_EQ(host_window_open(&oracle_window, &options), LA_OK);
    CHECK_EQ(replay_init(&oracle, &memory, &config, host_window_port(&oracle_window)), LA_OK);
    file_at = 0;
    CHECK_EQ(trace_open(&oracle_reader, take, NULL, NULL, 0, NULL), TRACE_OK);
}

/* The next op that is not skipped, as the loop's ops are those. False after the last. */
static bool oracle_step(void)
{
    uint64_t skipped = oracle.result.skipped;
    struct trace_op op;

    while (trace_next(&oracle_reader, &op) == TRACE_OK) {
        CHECK(replay_step(&oracle, &op));
        if (oracle.result.skipped == skipped)
            return true;
        skipped = oracle.result.skipped;
    }
    return false;
}

/* -- Cases ------------------------------------------------------------------------------------- */

static struct target_world opened;
static const struct target_buckets default_buckets;

static void open_target(const char *name, const struct lean_trace *trace)
{
    const char *problem = target_open(&opened, target_find(name), trace, &default_buckets, 4096);

    CHECK_STR(problem != NULL ? problem : "open", "open");
}

static void every_block_is_where_the_interpreter_has_it(void)
{
    struct lean_trace trace;

    write_trace();
    load(&trace, 0);
    oracle_begin();
    open_target("lookaside", &trace);
    CHECK(trace.count > OPS / 3u);
    for (uint32_t i = 0; i < trace.count; i++) {
        const struct lean_op *op = &trace.ops[i];

        CHECK(oracle_step());
        opened.target->pass(&opened.world, op, op + 1);
        CHECK_EQ(opened.world.slots[op->slot], oracle_blocks[op->slot].va);
    }
    CHECK(!oracle_step());
    CHECK_EQ(trace.dropped, oracle.result.skipped);
    CHECK_EQ(opened.committed_pages_peak, oracle.result.footprint_pages_peak);
    CHECK(oracle.result.live_bytes_peak <= trace.live_bytes_peak); /* 0 bytes count as 1 there */
    target_release(&opened, &trace);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        CHECK_EQ(opened.world.slots[slot], 0);
    CHECK_STR(heap_check(&opened.heap) ? heap_check(&opened.heap) : "sound", "sound");
    target_close(&opened);
    host_window_close(&oracle_window);
    lean_unload(&trace);
}

static void every_target_serves_its_own_blocks(void)
{
    struct lean_trace trace;

    write_trace();
    load(&trace, 0);
    for (uint32_t i = 0; i < TARGETS; i++) {
        const char *problem;

        open_target(targets[i].name, &trace);
        problem = target_prove(&opened, &trace);
        if (problem != NULL)
            CHECK_FAIL("%s: %s", targets[i].name, problem);
        CHECK_EQ(opened.world.failed, 0);
        CHECK_EQ(opened.committed_pages_peak > 0, strncmp(targets[i].name, "lookaside", 9) == 0);
        target_release(&opened, &trace);
        target_close(&opened);
    }
    lean_unload(&trace);
}

/* The proof must be able to fail: a target that runs another's loop is found out. */
static void a_block_of_another_allocator_is_found_out(void)
{
    struct target wrong = *target_find("lookaside");
    struct lean_trace trace;

    write_trace();
    load(&trace, 0);
    wrong.pass = lean_pass_empty_lookaside;
    CHECK(target_open(&opened, &wrong, &trace, &default_buckets, 4096) == NULL);
    opened.world.base = (uintptr_t)file - LEAN_EMPTY_BLOCK;
    trace.count = 1;
    CHECK(target_prove(&opened, &trace) != NULL);
    target_close(&opened);

    wrong = *target_find("glibc");
    wrong.pass = lean_pass_empty_glibc;
    CHECK(target_open(&opened, &wrong, &trace, &default_buckets, 4096) == NULL);
    opened.world.base = opened.window.port.host_base + LA_SEGMENT_BYTES;
    CHECK(target_prove(&opened, &trace) != NULL);
    target_close(&opened);
    lean_unload(&trace);
}

static void the_empty_harness_changes_nothing(void)
{
    struct lean_trace trace;

    write_trace();
    load(&trace, 0);
    open_target("empty-lookaside", &trace);
    target_find("empty-lookaside")->pass(&opened.world, trace.ops, trace.ops + trace.count);
    CHECK_EQ(opened.world.failed, 0);
    CHECK_EQ(opened.committed_pages_peak, 0);
    CHECK_EQ(opened.window.stats.commits, 0);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        CHECK(opened.world.slots[slot] == 0 || opened.world.slots[slot] == LEAN_EMPTY_BLOCK);
    target_close(&opened);
    lean_unload(&trace);
}

static void a_part_of_a_trace_frees_what_it_leaves_live(void)
{
    struct lean_trace trace;
    uint32_t live = 0;

    write_trace();
    load(&trace, 100);
    CHECK_EQ(trace.count, 100);
    for (uint32_t i = 0; i < trace.count; i++) {
        live += trace.ops[i].code != LEAN_FREE && trace.ops[i].code != LEAN_REALLOC;
        live -= trace.ops[i].code == LEAN_FREE;
    }
    CHECK_EQ(trace.count_all - trace.count, live);
    lean_unload(&trace);
}

static void a_damaged_trace_is_refused(void)
{
    struct lean_trace trace;
    char message[256] = "";

    write_trace();
    file_at = 0;
    file[file_bytes / 2u] ^= 1u;
    CHECK(!lean_load(&trace, take, NULL, 0, message, sizeof message));
    CHECK(strstr(message, "checksum") != NULL);
}

static void works_on_an_address_space_hold_their_occupancy(void)
{
    static struct vas_work work;
    static const uint32_t percents[] = { 50, 90, 98 };

    for (uint32_t number = 0; number < VAS_ADVERSARIAL; number++) {
        uint32_t wanted = (LA_SEGMENTS - 1u) * percents[number % 3u] / 100u;
        struct vas_stats stats;

        CHECK(vas_work_record(&work, number, VAS_LOOKASIDE, 2000) == NULL);
        CHECK_EQ(work.count, 2000);
        for (uint32_t i = 0; i <= work.count; i++) {
            vas_stats(&work.start.vas, &stats);
            CHECK(stats.reserved_segments <= wanted + 256u);
            CHECK(stats.reserved_segments + wanted / 10u >= wanted);
            if (i % 100u == 0)
                CHECK(vas_check(&work.start.vas) == NULL);
            if (i < work.count)
                vas_pass_lookaside(&work.start, &work.ops[i], &work.ops[i] + 1);
        }
    }
}

static void adversarial_requests_all_fail(void)
{
    static struct vas_work work;

    for (uint32_t number = VAS_ADVERSARIAL; number < VAS_WORKS; number++) {
        for (uint32_t target = VAS_LOOKASIDE; target < VAS_TARGETS; target++) {
            const char *problem = vas_work_record(&work, number, (enum vas_target_id)target, 1000);

            CHECK_STR(problem != NULL ? problem : "", "");
            vas_pass_of((enum vas_target_id)target)(&work.start, work.ops, work.ops + work.count);
            CHECK_EQ(work.start.failed, work.count);
        }
    }
}

/* The baseline is a first fit: its regions never overlap, and refusals agree with the real thing's
 * lowest fit, because both always take the same place.
 */
static void naive_scan_is_the_lowest_fit(void)
{
    static struct vas_naive naive;
    static struct vas vas;
    static va32_t bases[64];
    static uint32_t lengths[64];
    uint32_t seed = 7;

    vas_naive_init(&naive);
    vas_init(&vas, 1, LA_SEGMENTS);
    for (uint32_t i = 0; i < 3000; i++) {
        struct vas_request request = { .placement = VAS_LOWEST };
        va32_t base = 0;
        uint32_t slot;

        seed = seed * 1664525u + 1013904223u;
        slot = seed >> 26;
        if (bases[slot] != 0) {
            CHECK_EQ(vas_naive_release(&naive, bases[slot], lengths[slot]), LA_OK);
            CHECK_EQ(vas_release(&vas, bases[slot]), LA_OK);
            bases[slot] = 0;
            continue;
        }
        request.segments = lengths[slot] = 1u + (seed >> 8) % 3000u;
        request.align_log2 = (seed >> 4) % 6u;
        CHECK_EQ(vas_naive_reserve(&naive, &request, &bases[slot]),
                 vas_reserve(&vas, &request, &base));
        CHECK_EQ(bases[slot], base);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_block_is_where_the_interpreter_has_it),
        CASE(every_target_serves_its_own_blocks),
        CASE(a_block_of_another_allocator_is_found_out),
        CASE(the_empty_harness_changes_nothing),
        CASE(a_part_of_a_trace_frees_what_it_leaves_live),
        CASE(a_damaged_trace_is_refused),
        CASE(works_on_an_address_space_hold_their_occupancy),
        CASE(adversarial_requests_all_fail),
        CASE(naive_scan_is_the_lowest_fit),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
