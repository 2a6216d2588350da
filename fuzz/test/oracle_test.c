/* SPDX-License-Identifier: 0BSD */
/* Each oracle is seen to work: in a child process the core's state, or what the port answers, is
 * damaged on purpose, a few operations follow, and exactly that oracle must speak first.
 */
#define _GNU_SOURCE
#include "check.h"

#include "oracle_world.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- Damage, one an oracle --------------------------------------------------------------------- */

static void outside_of_the_range(void)
{
    vas_model.first_segment = 100; /* the core goes on to give out segment 2 */
    reserve_at(0, 20, 1);
}

static void segments_in_use(void)
{
    reserve_at(0, 40, 3);
    vas()->chunk[1].low &= ~(7u << 8);
    vas()->chunk[1].head &= ~(1u << 8);
    reserve_at(1, 40, 2);
}

static void wrong_state(void)
{
    reserve_at(0, 40, 3);
    vas()->chunk[1].high |= 1u << 9;
    step((struct trace_op){ .kind = TRACE_COMMIT, .slot = 0, .pages = 16 });
}

static void another_segment_changed(void)
{
    reserve_at(0, 40, 3);
    vas()->chunk[5].low |= 1u << 9;
    reserve_at(1, 50, 3);
}

static void another_heap_changed(void)
{
    step((struct trace_op){ .kind = TRACE_HEAP_CREATE, .slot = 1 });
    world_replay.memory.heaps[1].heap.error = LA_IN_USE;
    alloc(0, 64);
}

static void miscounted_segments(void)
{
    vas()->free_segments++;
    reserve_at(1, 50, 3);
}

static void too_small(void)
{
    bucket_of(64)->block_bytes = 8;
    alloc(0, 64);
}

static void wrong_bucket(void)
{
    heap()->direct[2] = bucket_of(512);
    alloc(0, 16);
}

static void handed_out_twice(void)
{
    alloc(0, 64);
    alloc(1, 64);
    heap_map(entry_of(block(1)))[0] ^= 1u;
    alloc(2, 64);
}

static void an_entry_over_another(void)
{
    spies_depth = SPIES_ALL;
    alloc(0, 64);
    alloc(1, 32768);
    entry_of(block(0))->room++;
    alloc(2, 64);
}

static void overwritten(void)
{
    alloc(0, 64);
    host(block(0))[1] ^= 1u;
    free_slot(0);
}

static enum la_status commit_dirty_pages(void *context, va32_t va, uint32_t pages)
{
    enum la_status status = memory_commit(context, va, pages);

    if (status == LA_OK)
        host(va)[20] = 1u;
    return status;
}

static void not_zero(void)
{
    world_replay.port_below.commit = commit_dirty_pages;
    step((struct trace_op){ .kind = TRACE_ALLOC_ZEROED, .slot = 0, .bytes = 100000 });
}

static void touched_without_memory(void)
{
    alloc(0, 64);
    spies_committed[heap()->space->entry_region / LA_PAGE_BYTES] = 0;
    alloc(1, 2000);
}

static void written_after_decommit(void)
{
    alloc(0, 100000);
    va32_t va = block(0);

    free_slot(0);
    host(va)[0] ^= 1u;
    (void)world_end();
}

static void committed_twice(void)
{
    alloc(0, 64);
    entry_of(block(0))->pages = 0;
    bucket_of(64)->mask = 1u; /* the live block alone: none is left to take */
    bucket_of(64)->row_end = NULL;
    alloc(1, 64);
}

static void miscounted_pages(void)
{
    alloc(0, 64);
    heap()->pages++;
    alloc(1, 64);
}

static void addresses_before_pages(void)
{
    alloc(0, 64);
    (void)spied_vas_release(vas(), block(0) & ~(LA_SEGMENT_BYTES - 1u));
}

static void unsound(void)
{
    spies_depth = SPIES_ALL;
    alloc(0, 64);
    entry_of(block(0))->busy_words++;
    alloc(1, 64);
}

/* A segment of two blocks is ready again, and in no list. */
static void out_of_sight(void)
{
    spies_depth = SPIES_ALL;
    for (uint32_t slot = 0; slot < 3; slot++)
        alloc(slot, 32768);
    free_slot(0);

    struct heap_segment *entry = entry_of(block(1));

    entry->blocks = 0;
    entry->next = 0;
    entry->freed_while_full = 1;
    bucket_of(32768)->ready = 0;
    step((struct trace_op){ .kind = TRACE_REALLOC, .slot = 1, .bytes = 32768 });
}

static void a_block_too_many_in_the_map(void)
{
    alloc(0, 64);
    heap_map(entry_of(block(0)))[0] |= 1u << 20;
    alloc(1, 64);
}

/* Of two segments of two blocks the first is empty again. */
static void a_map_kept_without_blocks(void)
{
    spies_depth = SPIES_ALL;
    for (uint32_t slot = 0; slot < 3; slot++)
        alloc(slot, 32768);

    struct heap_segment *entry = entry_of(block(0));

    free_slot(0);
    free_slot(1);
    heap_map(entry)[0] = 1;
    step((struct trace_op){ .kind = TRACE_REALLOC, .slot = 2, .bytes = 32768 });
}

static void a_block_shown_larger(void)
{
    spies_depth = SPIES_ALL;
    alloc(0, 100000);
    heap_map(entry_of(block(0)))[0]++;
    alloc(1, 64);
}

static void refused_without_reason(void)
{
    vas()->bin_words = 0;
    step((struct trace_op){ .kind = TRACE_RESERVE, .slot = 0, .pages = 16 });
}

static enum la_status refuse_and_write(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
    world_replay.memory.stacks[0].guard_pages = 7;
    return LA_NO_MEMORY;
}

static void failed_and_changed(void)
{
    world_replay.port_below.commit = refuse_and_write;
    stack(0);
}

static void wrong_low_page(void)
{
    stack(0);
    world_replay.memory.stacks[0].low_page_min -= 10u;
    step((struct trace_op){ .kind = TRACE_STACK_TOUCH, .slot = 0, .depth_page = 5 });
}

static void wrong_verdict(void)
{
    stack(0);

    uint32_t segment = world_replay.memory.stacks[0].base_va / LA_SEGMENT_BYTES;

    vas()->chunk[segment / 32u].high &= ~(3u << segment % 32u);
    step((struct trace_op){ .kind = TRACE_STACK_TOUCH, .slot = 0, .depth_page = 5 });
}

static void forgets_its_segment(void)
{
    alloc(0, 64);
    alloc(1, 64);

    struct heap_bucket *bucket = bucket_of(64);

    bucket->current = NULL;
    bucket->word = &heap()->no_word;
    bucket->word_va = 0;
    bucket->mask = 0;
    bucket->row_end = NULL;
    alloc(2, 64);
}

static void skips_a_block(void)
{
    alloc(0, 64);
    heap_map(entry_of(block(0)))[0] |= 2u;
    alloc(1, 64);
}

static void takes_a_wrong_address(void)
{
    alloc(0, 64);
    heap_map(entry_of(block(0)))[0] |= 4u;
    step((struct trace_op){
        .kind = TRACE_FREE_AT, .slot = 0, .offset_bytes = 2u * bucket_of(64)->block_bytes });
}

static void something_left(void)
{
    vas()->bin_mask[20] |= 1u;
    (void)world_end();
}

static void another_digest(void)
{
    world_compare_digests(1, 2, "a test");
}

static void endless_work(void)
{
    events_begin();
    for (uint32_t i = 0; i < 8u * LA_SEGMENTS; i++)
        events_note(EVENT_DECOMMIT, LA_OK, VAS_FREE, 0, 1);
}

static void endless_looking(void)
{
    events_begin();
    for (uint32_t i = 0; i < 32u * LA_SEGMENTS; i++)
        (void)spied_host(1, 0);
}

/* -- The table --------------------------------------------------------------------------------- */

static const struct damage {
    enum oracle id;
    const char *name;
    void (*make)(void);
} damages[] = {
    { I01_PLACE, "a region outside of the range", outside_of_the_range },
    { I02_WAS_FREE, "segments in use handed out", segments_in_use },
    { I03_STATES, "a wrong state where something was done", wrong_state },
    { I04_FRAME, "another segment changed", another_segment_changed },
    { I04_FRAME, "another heap changed", another_heap_changed },
    { I05_FREE_SEGMENTS, "a wrong count of segments", miscounted_segments },
    { I06_ENOUGH, "a block smaller than asked", too_small },
    { I07_BUCKET, "a block of a bucket eight times as large", wrong_bucket },
    { I08_OVERLAP, "a block handed out twice", handed_out_twice },
    { I08_OVERLAP, "an entry that lies over another", an_entry_over_another },
    { I09_CONTENT, "a live block overwritten", overwritten },
    { I10_ZERO, "a zeroed block that is not", not_zero },
    { I11_MEMORY, "metadata without memory", touched_without_memory },
    { I11_MEMORY, "a page written after it was given back", written_after_decommit },
    { I12_COMMIT, "a page committed twice", committed_twice },
    { I13_PAGES, "a wrong count of pages", miscounted_pages },
    { I14_OWNER, "addresses given back before their pages", addresses_before_pages },
    { I15_SOUND, "a count that only heap_check() knows", unsound },
    { I16_COMPLETE, "a segment with room in no list", out_of_sight },
    { I17_MAP, "a block too many in a map", a_block_too_many_in_the_map },
    { I17_MAP, "a map kept without blocks", a_map_kept_without_blocks },
    { I18_LIVE, "a block shown larger than it is", a_block_shown_larger },
    { I19_FALSE_FAILURE, "no space where there is", refused_without_reason },
    { I20_STRONG, "a failure that writes its answer", failed_and_changed },
    { I21_STACK, "a stack that was never so deep", wrong_low_page },
    { I22_FAULT, "a fault judged by a wrong state", wrong_verdict },
    { I23_NEEDLESS, "a new segment while the old one has room", forgets_its_segment },
    { I24_EXACT, "a free block skipped", skips_a_block },
    { I25_REFUSAL, "a free of what was never handed out", takes_a_wrong_address },
    { I26_ALL_RETURNED, "an index that says something is left", something_left },
    { I27_SAME, "another digest", another_digest },
    { I28_BOUNDED, "endless work", endless_work },
    { I28_BOUNDED, "endless looking", endless_looking },
};

/* What a child says on stderr, as far as it fits. */
static void run_child(const struct damage *damage, const char *off, char *said, size_t size)
{
    int ends[2];
    ssize_t got = 0;
    int status;

    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();

    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        if (off)
            setenv("LOOKASIDE_ORACLES_OFF", off, 1);
        world_setup();
        world_begin(0, WORLD_BLOCK_SLOTS);
        damage->make();
        (void)world_end();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t more = 1; more > 0 && (size_t)got<size - 1u; got += more> 0 ? more : 0)
        more = read(ends[0], said + got, size - 1u - (size_t)got);
    said[got] = '\0';
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
}

static void each_oracle_sees_its_damage(void)
{
    bool seen[ORACLES] = { false };

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char line[1000];
        char expected[16];

        snprintf(expected, sizeof expected, "ORACLE I%02d: ", (int)damages[i].id);
        run_child(&damages[i], NULL, line, sizeof line);
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, expected, strlen(expected)) != 0)
            CHECK_FAIL("%s: found '%s', expected %s", damages[i].name, line, expected);
        printf("# %s: %s\n", damages[i].name, line);
        seen[damages[i].id] = true;
    }
    for (uint32_t id = 1; id < ORACLES; id++)
        if (!seen[id])
            CHECK_FAIL("oracle I%02u has no damage here", id);
}

static void a_switched_off_oracle_only_notes(void)
{
    for (size_t i = 0; i < 2u * (sizeof damages / sizeof damages[0]); i++) {
        const struct damage *damage = &damages[i / 2u];
        bool alone = i % 2u == 0;
        char said[16384];
        char off[8];
        char speaks[16];
        char notes[16];

        snprintf(off, sizeof off, "%d", (int)damage->id);
        snprintf(speaks, sizeof speaks, "ORACLE I%02d: ", (int)damage->id);
        snprintf(notes, sizeof notes, "noted I%02d: ", (int)damage->id);
        run_child(damage, alone ? off : "all", said, sizeof said);
        if (!alone && !strstr(said, notes))
            CHECK_FAIL("%s: found '%s', expected %s", damage->name, said, notes);
        if (strstr(said, alone ? speaks : "ORACLE"))
            CHECK_FAIL("%s: found '%s' although it is off", damage->name, said);
    }
}

static void an_undamaged_world_says_nothing(void)
{
    for (uint32_t i = 0; i < 4; i++) {
        world_begin(i, WORLD_BLOCK_SLOTS);
        alloc(0, 64);
        alloc(1, 100000);
        stack(0);
        reserve_at(0, 20, 2);
        (void)world_end();
    }
    CHECK_EQ(world_totals.runs, 4);
}

static void every_oracle_has_its_words(void)
{
    for (uint32_t id = 1; id < ORACLES; id++)
        CHECK(oracle_text(id) != NULL);
    CHECK(oracle_text(0) == NULL);
    CHECK(oracle_text(ORACLES) == NULL);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(each_oracle_sees_its_damage),
        CASE(a_switched_off_oracle_only_notes),
        CASE(every_oracle_has_its_words),
        CASE(an_undamaged_world_says_nothing),
    };

    world_setup();
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
