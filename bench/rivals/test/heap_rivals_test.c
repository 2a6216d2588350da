/* SPDX-License-Identifier: 0BSD */
/* Every heap of the table, one test after the other, over real memory that is accessible exactly
 * while it is committed: random histories in which each block is filled with a pattern of its own
 * and a map says whose every 8 bytes are, with and without failing commits, in little space and at
 * odd places.
 */
#include <lookaside/host.h>

#include "check.h"
#include "heap_rival.h"

#define RIVALS_MAX  16u
#define OPS         16000u
#define SLOTS       1500u
#define FIRST_PAGE  16u
#define PAGES       (512u * 16u) /* 32 MiB */
#define GRAIN_BYTES 8u

struct block {
    va32_t va; /* 0: none */
    uint32_t bytes;
};

static const struct heap_rival *rival;
static struct host_window window;
static struct heap_window heap_window;
static uint64_t memory[1u << 15]; /* 256 KiB of state */
static struct block slots[SLOTS];
static uint16_t owners[(size_t)(FIRST_PAGE + PAGES) * LA_PAGE_BYTES / GRAIN_BYTES]; /* slot + 1 */
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes' generator: same on every host */
    return (uint32_t)(((uint64_t)(seed >> 1) * limit) >> 31);
}

static bool can(uint32_t abilities)
{
    return (rival->can & abilities) == abilities;
}

/* A fresh heap over pages [first_page, first_page + pages). */
static void begin(uint32_t first_page, uint32_t pages)
{
    host_window_reset(&window);
    memset(slots, 0, sizeof slots);
    memset(owners, 0, sizeof owners);
    heap_window = (struct heap_window){ .port = host_window_port(&window),
                                        .first_page = first_page,
                                        .end_page = first_page + pages };
    CHECK(rival->bytes(&heap_window) <= sizeof memory);
    memset(memory, 0xa5, sizeof memory);
    CHECK(!rival->init(memory, rival->bytes(&heap_window) - 1u, &heap_window));
    CHECK_EQ(window.stats.committed_pages, 0);
    CHECK(rival->init(memory, rival->bytes(&heap_window), &heap_window));
}

static uint8_t *bytes_at(va32_t va)
{
    return la_host(window.port.host_base, va);
}

/* -- Blocks ------------------------------------------------------------------------------------ */

static uint8_t pattern(uint32_t slot, uint32_t at)
{
    return (uint8_t)(slot * 37u + at * 11u + at / 256u);
}

static void fill(uint32_t slot)
{
    for (uint32_t at = 0; at < slots[slot].bytes; at++)
        bytes_at(slots[slot].va)[at] = pattern(slot, at);
}

static void verify(uint32_t slot, va32_t va, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at++)
        if (bytes_at(va)[at] != pattern(slot, at))
            CHECK_FAIL("block %u at 0x%x lost its byte %u of %u", slot, va, at, bytes);
}

/* Say whose the block's grains are; they must have been nobody's, or the slot's to be given up. */
static void set_owner(uint32_t slot, uint16_t owner)
{
    va32_t first = slots[slot].va / GRAIN_BYTES;
    va32_t end = (slots[slot].va + slots[slot].bytes - 1u) / GRAIN_BYTES + 1u;

    for (va32_t grain = first; grain < end; grain++) {
        if (owners[grain] != (owner ? 0u : slot + 1u))
            CHECK_FAIL("0x%x belongs to block %u too", grain * GRAIN_BYTES, owners[grain] - 1u);
        owners[grain] = owner;
    }
}

/* A block that was just given out. */
static void accept(uint32_t slot, va32_t va, uint32_t bytes, uint32_t align_log2)
{
    uint32_t align = 1u << (align_log2 > 3u ? align_log2 : 3u);

    if (va < heap_window.first_page * LA_PAGE_BYTES ||
        va + bytes > heap_window.end_page * LA_PAGE_BYTES)
        CHECK_FAIL("[0x%x, 0x%x) leaves the window", va, va + bytes);
    CHECK_EQ(va % align, 0);
    CHECK(rival->usable(memory, va) >= bytes);
    for (va32_t page = va / LA_PAGE_BYTES; page <= (va + bytes - 1u) / LA_PAGE_BYTES; page++)
        CHECK(host_window_is_committed(&window, page * LA_PAGE_BYTES));
    slots[slot] = (struct block){ va, bytes };
    set_owner(slot, (uint16_t)(slot + 1u));
    fill(slot);
}

static void expect_honest(enum rival_answer answer, uint64_t refusals)
{
    if (answer == RIVAL_NO_MEMORY)
        CHECK(window.stats.refusals > refusals);
    else
        CHECK_EQ(answer, RIVAL_NO_SPACE);
}

/* -- Steps ------------------------------------------------------------------------------------- */

static uint32_t random_bytes(void)
{
    switch (random_below(32)) {
    case 0: return 1u + random_below(200000);
    case 1: return 4096u * (1u + random_below(4));
    case 2: return 1u + random_below(20000);
    case 3: return 1u << random_below(16);
    default: return 1u + random_below(600);
    }
}

static void step_alloc(uint32_t slot)
{
    uint32_t bytes = random_bytes();
    uint32_t align_log2 = random_below(8) == 0 ? random_below(LA_PAGE_SHIFT + 1u) : 0;
    uint64_t refusals = window.stats.refusals;
    va32_t va = UINT32_MAX;
    enum rival_answer answer = rival->alloc(memory, bytes, align_log2, &va);

    if (answer == RIVAL_OK) {
        accept(slot, va, bytes, align_log2);
        return;
    }
    CHECK_EQ(va, UINT32_MAX);
    if (align_log2 > HEAP_RIVAL_ALIGN_LOG2 && !can(HEAP_ALIGNS))
        CHECK_EQ(answer, RIVAL_CANNOT);
    else
        expect_honest(answer, refusals);
}

static void step_free(uint32_t slot)
{
    va32_t va = slots[slot].va;

    verify(slot, va, slots[slot].bytes);
    if (!can(HEAP_FREES)) {
        CHECK_EQ(rival->free(memory, va), RIVAL_CANNOT);
        return;
    }
    if (can(HEAP_REFUSES))
        CHECK_EQ(rival->free(memory, va + 1u + random_below(7)), RIVAL_BAD);
    set_owner(slot, 0);
    CHECK_EQ(rival->free(memory, va), RIVAL_OK);
    slots[slot].va = 0;
    if (can(HEAP_REFUSES))
        CHECK_EQ(rival->free(memory, va), RIVAL_BAD);
}

static void step_realloc(uint32_t slot)
{
    struct block old = slots[slot];
    uint32_t bytes = random_below(2) ? random_bytes() : 1u + random_below(2u * old.bytes);
    uint64_t refusals = window.stats.refusals;
    va32_t va = UINT32_MAX;
    enum rival_answer answer = rival->realloc(memory, old.va, bytes, &va);

    if (answer != RIVAL_OK) {
        CHECK_EQ(va, UINT32_MAX);
        expect_honest(answer, refusals);
        verify(slot, old.va, old.bytes);
        return;
    }
    verify(slot, va, bytes < old.bytes ? bytes : old.bytes);
    set_owner(slot, 0);
    accept(slot, va, bytes, 0);
}

/* Addresses that are no block's. */
static void step_misuse(void)
{
    va32_t va = random_below((FIRST_PAGE + PAGES) * LA_PAGE_BYTES);

    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (slots[slot].va == va)
            return;
    CHECK_EQ(rival->free(memory, va), RIVAL_BAD);
}

static void audit(void)
{
    struct heap_figures figures;
    const char *broken = rival->check(memory);

    CHECK_STR(broken ? broken : "sound", "sound");
    rival->figures(memory, &figures);
    CHECK(figures.static_bytes > 0 && figures.static_bytes <= rival->bytes(&heap_window));
}

static void run_history(uint32_t random_seed, uint32_t first_page, uint32_t pages, bool failing)
{
    seed = random_seed;
    begin(first_page, pages);
    for (uint32_t op = 0; op < OPS; op++) {
        bool filling = op / (OPS / 6u) % 2u == 0; /* the tide turns five times */
        uint32_t slot = random_below(filling ? SLOTS : SLOTS / 4u);

        if (failing && random_below(8) == 0)
            window.fail_commit_at = 1u + random_below(3);
        if (slots[slot].va == 0)
            step_alloc(slot);
        else if (random_below(4) == 0)
            step_realloc(slot);
        else
            step_free(slot);
        window.fail_commit_at = 0;
        if (op % 16u == 0 && can(HEAP_REFUSES))
            step_misuse();
        if (op % 500u == 0)
            audit();
    }
    audit();
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (slots[slot].va != 0)
            step_free(slot);
    audit();
}

/* -- Tests ------------------------------------------------------------------------------------- */

static void agrees_with_the_model(void)
{
    run_history(1, FIRST_PAGE, PAGES, false);
}

static void agrees_with_the_model_when_space_is_short(void)
{
    run_history(2, 35, 1100, false); /* a third of what is asked for */
}

static void agrees_with_the_model_when_commits_fail(void)
{
    run_history(3, FIRST_PAGE, PAGES, true);
}

static void refuses_what_is_no_request(void)
{
    static const uint32_t wrong[][2] = { { 0, 0 },  { 0x80000001, 0 }, { 0xffffffff, 0 },
                                         { 8, 13 }, { 8, 31 },         { 8, 32 } };

    begin(FIRST_PAGE, PAGES);
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        va32_t va = 77;

        CHECK_EQ(rival->alloc(memory, wrong[i][0], wrong[i][1], &va), RIVAL_BAD);
        CHECK_EQ(va, 77);
    }
    for (uint32_t bytes = 0x80000000; bytes > PAGES * LA_PAGE_BYTES; bytes -= 0x1ffff001) {
        va32_t va = 77;

        CHECK_EQ(rival->alloc(memory, bytes, 0, &va), RIVAL_NO_SPACE);
        CHECK_EQ(va, 77);
    }
    audit();
}

/* What was all freed can be given out again as often as one likes, and the one large block of half
 * the window too: nothing is lost, and nothing that was free stays in pieces.
 */
static void space_comes_back(void)
{
    static va32_t blocks[4000];

    begin(FIRST_PAGE, PAGES);
    for (uint32_t round = 0; round < 6u; round++) {
        uint32_t bytes = 24u << round;
        va32_t large;

        for (uint32_t i = 0; i < 4000u; i++)
            CHECK_EQ(rival->alloc(memory, bytes, 0, &blocks[i]), RIVAL_OK);
        for (uint32_t i = 0; i < 4000u; i++)
            CHECK_EQ(rival->free(memory, blocks[i * 7u % 4000u]), RIVAL_OK);
        CHECK_EQ(rival->alloc(memory, PAGES / 2u * LA_PAGE_BYTES - 4096u, 0, &large), RIVAL_OK);
        CHECK_EQ(rival->free(memory, large), RIVAL_OK);
        audit();
    }
    if (can(HEAP_RETURNS))
        CHECK(window.stats.committed_pages < window.stats.committed_pages_peak / 8u);
}

static void a_shrunk_block_gives_its_pages_back(void)
{
    va32_t small;
    va32_t block;

    begin(FIRST_PAGE, PAGES);
    CHECK_EQ(rival->alloc(memory, 100, 0, &small), RIVAL_OK);

    uint32_t before = window.stats.committed_pages;

    CHECK_EQ(rival->alloc(memory, 1u << 22, 0, &block), RIVAL_OK);
    CHECK(window.stats.committed_pages >= 1024);
    CHECK_EQ(rival->realloc(memory, block, 5000, &block), RIVAL_OK);
    CHECK(window.stats.committed_pages < before + 64u);
    audit();
}

/* Pages as aligned blocks: what the kernel heap thread's first method costs. */
static void pages_as_aligned_blocks(void)
{
    va32_t page;

    begin(FIRST_PAGE, PAGES);
    if (!can(HEAP_ALIGNS)) {
        CHECK_EQ(rival->alloc(memory, LA_PAGE_BYTES, LA_PAGE_SHIFT, &page), RIVAL_CANNOT);
        return;
    }
    for (uint32_t i = 0; i < 1000u; i++) {
        CHECK_EQ(rival->alloc(memory, LA_PAGE_BYTES, LA_PAGE_SHIFT, &page), RIVAL_OK);
        CHECK_EQ(page % LA_PAGE_BYTES, 0);
    }
    /* A tag before each page keeps the page before it from being one: two pages for one. */
    if (rival == &heap_primary || rival == &heap_brk || rival == &heap_fixed)
        CHECK_EQ(window.stats.committed_pages, 2001);
    else if (rival != &heap_bump)
        CHECK(window.stats.committed_pages < 1100);
}

/* Wherever its window ends. */
static void ends_at_64_mib(void)
{
    uint32_t served = 0;
    va32_t va;

    begin(FIRST_PAGE, PAGES);
    heap_window.end_page = 0x40000; /* 1 GiB */
    CHECK(rival->init(memory, sizeof memory, &heap_window));
    while (rival->alloc(memory, 1u << 20, 0, &va) == RIVAL_OK)
        CHECK(++served < 100u);
    CHECK_EQ(served, 63); /* and a tag each */
}

/* -- Cases: every test for every rival --------------------------------------------------------- */

static const struct {
    struct check_case test;
    uint32_t needs;                /* abilities without which it would say nothing */
    const struct heap_rival *only; /* NULL: all */
} tests[] = {
    { CASE(agrees_with_the_model), 0, NULL },
    { CASE(agrees_with_the_model_when_space_is_short), 0, NULL },
    { CASE(agrees_with_the_model_when_commits_fail), 0, NULL },
    { CASE(refuses_what_is_no_request), 0, NULL },
    { CASE(space_comes_back), HEAP_FREES, NULL },
    { CASE(a_shrunk_block_gives_its_pages_back), HEAP_RETURNS, NULL },
    { CASE(pages_as_aligned_blocks), 0, NULL },
    { CASE(ends_at_64_mib), 0, &heap_fixed },
};

#define TESTS (sizeof tests / sizeof tests[0])

/* A case knows no argument, but check_run() runs each once and in order. */
static struct {
    const struct heap_rival *rival;
    void (*run)(void);
} queue[RIVALS_MAX * TESTS];

static void run_next(void)
{
    static size_t number;

    rival = queue[number].rival;
    queue[number++].run();
}

int main(void)
{
    static struct check_case cases[RIVALS_MAX * TESTS];
    static char names[RIVALS_MAX * TESTS][80];
    static const struct host_window_options options = { .first_segment = 1, .end_segment = 2048 };
    size_t count = 0;

    if (host_window_open(&window, &options) != LA_OK) {
        printf("1..0 # SKIP no addresses for a window\n");
        return 0;
    }
    for (uint32_t i = 0; i < RIVALS_MAX && heap_rivals[i] != NULL; i++)
        for (uint32_t test = 0; test < TESTS; test++) {
            rival = heap_rivals[i];
            if (!can(tests[test].needs) || (tests[test].only && tests[test].only != rival))
                continue;
            queue[count].rival = rival;
            queue[count].run = tests[test].test.run;
            snprintf(names[count], sizeof names[count], "%s %s", rival->name,
                     tests[test].test.name);
            cases[count] = (struct check_case){ names[count], run_next };
            count++;
        }
    return check_run(cases, count);
}
