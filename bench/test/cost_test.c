/* SPDX-License-Identifier: 0BSD */
/* The timed loops ask for what a replay asks for: after every op each block is where the replay
 * interpreter has it, and the footprint's peak is the same. Proofs find out who serves somebody
 * else's blocks. Works on an address space are what their names say.
 */
#include <string.h>
#include <sys/mman.h>

#include <lookaside/replay.h>

#include "check.h"
#include "decode.h"
#include "heap_serve.h"
#include "serve.h"
#include "vas_work.h"

#define SLOTS    300u
#define OPS      40000u
#define SEGMENTS 4096u

/* -- Ops --------------------------------------------------------------------------------------- */

static struct trace_op ops[OPS];

static void make_ops(void)
{
    static const uint8_t kinds[] = { TRACE_ALLOC, TRACE_ALLOC, TRACE_FREE,         TRACE_FREE,
                                     TRACE_FREE,  TRACE_ALLOC, TRACE_ALLOC_ZEROED, TRACE_REALLOC };
    uint32_t seed = 1;

    memset(ops, 0, sizeof ops);
    for (uint32_t i = 0; i < OPS; i++) {
        uint32_t number = seed = seed * 1664525u + 1013904223u;
        struct trace_op *op = &ops[i];

        op->kind = kinds[number >> 29];
        op->slot = (number >> 8) % SLOTS;
        if (op->kind != TRACE_FREE) /* up to 1 MiB */
            op->bytes = (number & 0xffu) == 0 ? number >> 12 : (number >> 3) % 700u;
        if (op->kind == TRACE_ALLOC && (number & 0xf0u) == 0) {
            op->kind = TRACE_ALLOC_ALIGNED;
            op->align_log2 = (uint8_t)(number >> 5 & 15u);
        }
    }
}

static struct decoder decoder;

/* All of `ops`, decoded. */
static void decode_ops(struct ops *ret_ops)
{
    const struct trace_header header = { .block_slots = SLOTS, .heap_slots = 1 };

    make_ops();
    CHECK(decode_begin(&decoder, &header));
    for (uint32_t i = 0; i < OPS; i++)
        CHECK(decode_op(&decoder, &ops[i]));
    *ret_ops = (struct ops){ .facts = decoder.lists[OPS_HEAP].facts,
                             .heap = (const void *)decoder.lists[OPS_HEAP].ops };
}

/* -- The replay interpreter, as the oracle ----------------------------------------------------- */

static struct host_window oracle_window;
static struct replay oracle;
static struct replay_block oracle_blocks[SLOTS];
static uint32_t oracle_at;

static void oracle_begin(void)
{
    static struct vas vas;
    static struct heap_space space;
    static struct replay_heap heaps[1];
    static struct bucket_table buckets;
    const struct host_window_options options = { .cheap = true,
                                                 .first_segment = 1,
                                                 .end_segment = SEGMENTS };
    const struct replay_config config = { .first_segment = 1,
                                          .end_segment = SEGMENTS,
                                          .buckets = &buckets };
    const struct replay_memory memory = { .vas = &vas,
                                          .space = &space,
                                          .blocks = oracle_blocks,
                                          .block_slots = SLOTS,
                                          .heaps = heaps,
                                          .heap_slots = 1 };

    memset(oracle_blocks, 0, sizeof oracle_blocks);
    memset(heaps, 0, sizeof heaps);
    oracle_at = 0;
    CHECK_EQ(bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count), LA_OK);
    CHECK_EQ(host_window_open(&oracle_window, &options), LA_OK);
    CHECK_EQ(replay_init(&oracle, &memory, &config, host_window_port(&oracle_window)), LA_OK);
}

/* The next op that is not skipped, as the loop's ops are those. False after the last. */
static bool oracle_step(void)
{
    while (oracle_at < OPS) {
        uint64_t skipped = oracle.result.skipped;

        CHECK(replay_step(&oracle, &ops[oracle_at++]));
        if (oracle.result.skipped == skipped)
            return true;
    }
    return false;
}

/* -- Heaps ------------------------------------------------------------------------------------- */

static struct heap_subject subject;

static void open_target(const char *name, const char *library)
{
    const struct heap_options options = { .target = name,
                                          .library = library,
                                          .window_segments = SEGMENTS };
    const char *problem;

    memset(&subject, 0, sizeof subject);
    decode_ops(&subject.ops);
    problem = heap_target_open(&subject.target, &options, &subject.ops);
    CHECK_STR(problem != NULL ? problem : "open", "open");
}

static void close_target(void)
{
    if (subject.target.window.mapping != NULL)
        host_window_close(&subject.target.window);
    (void)munmap(subject.target.world.slots, subject.target.slots_bytes);
    decode_end(&decoder);
}

static void every_block_is_where_the_interpreter_has_it(void)
{
    struct heap_target *target = &subject.target;

    open_target("lookaside", NULL);
    oracle_begin();
    CHECK(subject.ops.facts.count > OPS / 3u);
    for (uint32_t i = 0; i < subject.ops.facts.count; i++) {
        const struct heap_op *op = &subject.ops.heap[i];

        CHECK(oracle_step());
        target->pass(&target->world, op, op + 1);
        CHECK_EQ(target->world.slots[op->slot], oracle_blocks[op->slot].va);
    }
    CHECK(!oracle_step());
    CHECK_EQ(subject.ops.facts.dropped, oracle.result.skipped);
    CHECK_EQ(target->counts.pages_peak, oracle.result.footprint_pages_peak);
    CHECK(oracle.result.live_bytes_peak <= subject.ops.facts.live_peak); /* 0 bytes count as 1 */
    heap_target_release(target);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        CHECK_EQ(target->world.slots[slot], 0);
    CHECK_STR(heap_check(&target->heap) ? heap_check(&target->heap) : "sound", "sound");
    host_window_close(&oracle_window);
    close_target();
}

static void prove(const char *name)
{
    const char *problem;

    open_target(name, NULL);
    problem = heap_prove(&subject);
    if (problem != NULL)
        CHECK_FAIL("%s: %s", name, problem);
    CHECK_EQ(subject.target.world.failed, 0);
    if (subject.target.is_ours)
        CHECK(subject.target.counts.pages_peak > 0);
    close_target();
}

static void every_target_serves_its_own_blocks(void)
{
    static const char *const names[] = { "floor-lookaside", "floor-libc",      "floor-rival",
                                         "lookaside",       "lookaside-keeps", "glibc" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        prove(names[i]);
}

/* What a rival cannot do it refuses; nobody serves a wrong block. */
static void every_rival_serves_its_own_blocks(void)
{
    for (uint32_t i = 0; heap_rivals[i] != NULL; i++) {
        char name[64];
        const char *problem;

        snprintf(name, sizeof name, "rival-%s", heap_rivals[i]->name);
        open_target(name, NULL);
        problem = heap_prove(&subject);
        if (problem != NULL)
            CHECK_FAIL("%s: %s", name, problem);
        CHECK_EQ(subject.target.world.failed > 0, !(heap_rivals[i]->can & HEAP_ALIGNS));
        close_target();
    }
}

/* The proof must be able to fail. */
static void *wrong_block(size_t bytes)
{
    static uint8_t memory[1 << 21];

    (void)bytes;
    return memory;
}

static LA_REGISTER_CALL va32_t wrong_va(struct heap *heap, uint32_t bytes)
{
    (void)heap;
    (void)bytes;
    return (SEGMENTS + 1u) << LA_SEGMENT_SHIFT;
}

static void expect_problem(const char *words)
{
    const char *problem = heap_prove(&subject);

    if (problem == NULL || strstr(problem, words) == NULL)
        CHECK_FAIL("the proof says \"%s\", expected \"%s\"", problem ? problem : "nothing", words);
    close_target();
}

static void a_block_of_another_allocator_is_found_out(void)
{
    open_target("lookaside", NULL);
    subject.target.world.ours.alloc = wrong_va;
    subject.target.pass = heap_pass_of(HEAP_OURS);
    subject.ops.facts.count = 1;
    if (UINTPTR_MAX > UINT32_MAX) { /* else the address is nobody's, and touching it a crash */
        host_window_close(&subject.target.window);
        const struct host_window_options all = { .cheap = true,
                                                 .first_segment = 1,
                                                 .end_segment = 2u * SEGMENTS };
        CHECK_EQ(host_window_open(&subject.target.window, &all), LA_OK);
        subject.target.world.base = subject.target.window.port.host_base;
        subject.target.window.end_segment = SEGMENTS;
        expect_problem("outside of the window");
    } else {
        close_target();
    }

    open_target("glibc", NULL);
    subject.target.world.libc.malloc = wrong_block;
    subject.target.peer.usable = NULL;
    subject.target.peer.is_libc = false;
    expect_problem("memory that was there before");

    open_target("glibc", NULL);
    subject.target.peer.is_libc = false; /* as if it were somebody else, who only hands on */
    subject.target.before.count = 0;
    expect_problem("glibc served");
}

/* -- Address spaces ---------------------------------------------------------------------------- */

static struct vas_work work;

static void works_on_an_address_space_hold_their_occupancy(void)
{
    const struct vas_rival *ours = vas_target_find("lookaside");
    uint32_t steady = 0;

    for (uint32_t number = 0; vas_work_name(number) != NULL; number++) {
        const char *name = vas_work_name(number);
        uint32_t percent = (uint32_t)atoi(strrchr(name, '/') + 1);
        uint32_t wanted = VAS_SEGMENTS * percent / 100u;
        /* The longest region; few long holes come less close. */
        uint32_t slack = strncmp(name, "adversarial", 11) == 0 ? VAS_SEGMENTS / 25u : 256u;
        bool slow = false;
        const char *problem = vas_work_make(&work, name, ours, &slow);
        struct vas_figures figures;

        CHECK_STR(problem != NULL ? problem : "made", "made");
        vas_world_put_back(&work.world, work.start);
        for (uint32_t i = 0; i <= work.count; i += work.lead) {
            uint32_t used;

            ours->figures(work.world.state, &figures);
            used = VAS_SEGMENTS - figures.free_pages;
            if (used > wanted + slack || used + wanted / 10u < wanted)
                CHECK_FAIL("%s uses %u segments, expected %u", name, used, wanted);
            CHECK(ours->check(work.world.state) == NULL);
            if (i < work.count)
                vas_pass(&work.world, work.ops + i, work.ops + i + work.lead);
        }
        steady += slack == 256u;
        if (strncmp(name, "adversarial", 11) == 0 && strstr(name, "comb") == NULL)
            CHECK_EQ(work.failed, work.reserves);
        if (strstr(name, "comb") != NULL)
            CHECK_EQ(work.failed, 0);
        vas_work_free(&work);
    }
    CHECK_EQ(steady, 19);
}

/* The same state, the same refusals, again and again. */
static void a_pass_can_be_repeated(void)
{
    for (uint32_t i = 0; vas_target_name(i) != NULL; i++) {
        bool slow = false;
        uint32_t failed = 0;

        if (vas_work_make(&work, "stack/90", vas_target_find(vas_target_name(i)), &slow) != NULL) {
            CHECK(slow);
            continue;
        }
        uint8_t *start = malloc(work.world.state_bytes);

        CHECK(start != NULL);
        for (uint32_t pass = 0; pass < 4; pass++) {
            vas_world_rewind(&work.world, work.start);
            if (pass == 0)
                memcpy(start, work.world.state, work.world.state_bytes);
            CHECK(memcmp(start, work.world.state, work.world.state_bytes) == 0);
            work.world.failed = 0;
            vas_pass(&work.world, work.ops, work.ops + 1000);
            CHECK(pass == 0 || failed == work.world.failed);
            failed = work.world.failed;
        }
        free(start);
        CHECK(work.world.rival->check(work.world.state) == NULL);
        vas_work_free(&work);
    }
}

static void the_floor_gives_nothing_out(void)
{
    bool slow = false;

    CHECK(vas_work_make(&work, "kernel/50", vas_target_find("floor"), &slow) == NULL);
    vas_pass(&work.world, work.ops, work.ops + work.count);
    CHECK_EQ(work.world.failed, 0);
    vas_work_free(&work);
}

/* -- Answers ----------------------------------------------------------------------------------- */

static void latency_is_what_the_sorted_ticks_say(void)
{
    static uint32_t ticks[1001];
    static struct answer answer;
    double p50;
    double max;

    for (uint32_t i = 0; i < 1001u; i++)
        ticks[i] = 5u + (i * 5u) % 1001u; /* 5 to 1005 in some order */
    CHECK_EQ(latency_median(ticks, 1001), 505);
    answer_add_latency(&answer, ticks, 1001, 5);
    CHECK(sscanf(strstr(answer.text, "p50_ns="), "p50_ns=%lf", &p50) == 1);
    CHECK(sscanf(strstr(answer.text, "max_ns="), "max_ns=%lf", &max) == 1);
    CHECK(p50 > 0 && max / p50 > 1.999 && max / p50 < 2.001);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_block_is_where_the_interpreter_has_it),
        CASE(every_target_serves_its_own_blocks),
        CASE(every_rival_serves_its_own_blocks),
        CASE(a_block_of_another_allocator_is_found_out),
        CASE(works_on_an_address_space_hold_their_occupancy),
        CASE(a_pass_can_be_repeated),
        CASE(the_floor_gives_nothing_out),
        CASE(latency_is_what_the_sorted_ticks_say),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
