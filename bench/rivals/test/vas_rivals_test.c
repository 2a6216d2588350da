/* SPDX-License-Identifier: 0BSD */
/* Every address space allocator of the table, one test after the other: random histories in
 * lock-step with the model, in windows with odd ends and at the top of the space, too few
 * descriptors, and the patterns that are known to be hard.
 */
#include "vas_rival_model.h"

#define RIVALS_MAX 16u
#define OPS        6000u

static const struct vas_rival *rival;
static uint64_t memory[(size_t)4 << 17]; /* 4 MiB */
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes' generator: same on every host */
    return (uint32_t)(((uint64_t)(seed >> 1) * limit) >> 31);
}

static void begin(const struct vas_window *window)
{
    CHECK(rival->bytes(window) <= sizeof memory);
    memset(memory, 0xa5, sizeof memory);
    CHECK(!rival->init(memory, rival->bytes(window) - 1u, window));
    CHECK(rival->init(memory, rival->bytes(window), window));
    model_init(rival, window);
}

static bool can(uint32_t abilities)
{
    return (rival->can & abilities) == abilities;
}

/* -- One call, judged by the model ------------------------------------------------------------- */

static enum rival_answer reserve(uint32_t pages, uint32_t align_log2)
{
    uint32_t page = UINT32_MAX;
    enum rival_answer answer = rival->reserve(memory, pages, align_log2, &page);
    uint32_t promise = align_log2 > 0 ? VAS_FINDS_ALIGNED : VAS_FINDS;

    if (answer == RIVAL_OK) {
        if (page % (1u << align_log2) != 0)
            CHECK_FAIL("page %u is not aligned to 2^%u", page, align_log2);
        if (!model_is_free(page, model_taken(pages)))
            CHECK_FAIL("[%u, %u) is not free in [%u, %u)", page, page + pages, model.first,
                       model.end);
        model_add(page, pages);
        return answer;
    }
    CHECK_EQ(page, UINT32_MAX); /* written only on success */
    if (align_log2 > 0 && !can(VAS_ALIGNS))
        CHECK_EQ(answer, RIVAL_CANNOT);
    else if (answer == RIVAL_NO_METADATA)
        CHECK(model.count >= model.window.regions);
    else
        CHECK_EQ(answer, RIVAL_NO_SPACE);
    if (answer == RIVAL_NO_SPACE && can(promise) && can(VAS_RELEASES) &&
        model_has_place(pages, align_log2))
        CHECK_FAIL("refused %u pages aligned to 2^%u, but there is a place", pages, align_log2);
    return answer;
}

static void release(uint32_t number)
{
    struct model_region region = model.region[number];
    enum rival_answer answer = rival->release(memory, region.page, region.pages);

    if (answer == RIVAL_NO_METADATA) {
        CHECK(model.count > model.window.regions);
        return;
    }
    CHECK_EQ(answer, can(VAS_RELEASES) ? RIVAL_OK : RIVAL_CANNOT);
    if (answer == RIVAL_OK)
        model_remove(number);
}

/* Give a part of a region back: what is left are one or two regions. */
static void release_part(uint32_t number)
{
    struct model_region region = model.region[number];
    uint32_t granules = model_taken(region.pages) / model.granule_pages;

    if (granules < 2u || model.count + 2u > MODEL_REGIONS_MAX)
        return;

    uint32_t first = random_below(granules);
    uint32_t count = 1u + random_below(granules - first);
    uint32_t page = region.page + first * model.granule_pages;
    uint32_t pages = count * model.granule_pages;
    uint32_t end = region.page + model_taken(region.pages);

    CHECK_EQ(rival->release(memory, page, pages), RIVAL_OK);
    model_remove(number);
    if (page > region.page)
        model_add(region.page, page - region.page);
    if (page + pages < end)
        model_add(page + pages, end - page - pages);
}

static void resize(uint32_t number)
{
    struct model_region region = model.region[number];
    uint32_t room = model.window.end_page - model.window.first_page;
    uint32_t new_pages = 1u + random_below(2u * region.pages < room ? 2u * region.pages : room);
    uint32_t old_end = region.page + model_taken(region.pages);
    uint32_t new_end = region.page + model_taken(new_pages);
    bool fits = new_end <= old_end || model_is_free(old_end, new_end - old_end);
    enum rival_answer answer = rival->resize(memory, region.page, region.pages, new_pages);

    if (answer == RIVAL_NO_METADATA) /* a shorter region needs a descriptor for what it leaves */
        CHECK(new_pages < region.pages && model.count >= model.window.regions);
    else
        CHECK_EQ(answer, fits ? RIVAL_OK : RIVAL_NO_SPACE);
    if (answer != RIVAL_OK)
        return;
    model_mark(region.page, region.pages, 0);
    model.region[number].pages = new_pages;
    model_mark(region.page, new_pages, number + 1u);
}

/* Wrong releases, which those that promise to must refuse. */
static void misuse(void)
{
    uint32_t page = random_below(model.window.end_page + 8u);
    uint32_t pages = random_below(40);

    if (model.count > 0 && random_below(2) == 0) { /* close to a region */
        page = model.region[random_below(model.count)].page + random_below(3) - 1u;
        pages = model.region[random_below(model.count)].pages;
    }
    for (uint32_t i = 0; i < model.count; i++)
        if (model.region[i].page == page &&
            model_taken(model.region[i].pages) == model_taken(pages))
            return;
    CHECK_EQ(rival->release(memory, page, pages), can(VAS_RELEASES) ? RIVAL_BAD : RIVAL_CANNOT);
}

/* Everything the rival says about itself. */
static void audit(void)
{
    struct vas_figures figures;
    const char *broken = rival->check(memory);
    uint32_t page;

    CHECK_STR(broken ? broken : "sound", "sound");
    rival->figures(memory, &figures);
    CHECK(figures.metadata_bytes <= figures.metadata_bytes_peak);
    CHECK(figures.metadata_bytes_peak <= rival->bytes(&model.window));
    CHECK(figures.metadata_bytes > 0);
    CHECK(figures.largest_pages <= figures.free_pages);
    if (!can(VAS_RELEASES))
        return;
    CHECK_EQ(figures.free_pages, model.end - model.first - model.taken_pages);
    if (can(VAS_FINDS))
        CHECK_EQ(figures.largest_pages, model_longest());
    if (model.count >= model.window.regions)
        return; /* a trial could want for a descriptor */
    if (figures.largest_pages < model.end - model.first) {
        CHECK_EQ(rival->reserve(memory, figures.largest_pages + 1u, 0, &page), RIVAL_NO_SPACE);
    }
    if (figures.largest_pages > 0) {
        CHECK_EQ(rival->reserve(memory, figures.largest_pages, 0, &page), RIVAL_OK);
        CHECK(model_is_free(page, figures.largest_pages));
        CHECK_EQ(rival->release(memory, page, figures.largest_pages), RIVAL_OK);
    }
}

static void release_all(void)
{
    struct vas_figures figures;

    while (model.count > 0)
        release(random_below(model.count));
    audit();
    rival->figures(memory, &figures);
    CHECK_EQ(figures.free_pages, model.end - model.first);
}

/* -- Random histories -------------------------------------------------------------------------- */

static uint32_t random_pages(void)
{
    uint32_t span = model.end - model.first;

    switch (random_below(16)) {
    case 0: return 1u + random_below(span); /* most are refused */
    case 1: return 1u + random_below(span / 8u + 1u);
    case 2:
    case 3: return 16;
    case 4: return 17u + random_below(240);
    default: return 1u + random_below(16);
    }
}

static void step(bool filling)
{
    uint32_t what = random_below(16);
    uint32_t align_log2 = random_below(4) == 0 ? random_below(8) : 0;
    uint32_t pages = random_pages();

    if (pages > model.window.end_page - model.window.first_page)
        pages = 1;
    if (what < (filling ? 10u : 5u) && model.count < MODEL_REGIONS_MAX)
        (void)reserve(pages, align_log2);
    else if (model.count == 0)
        return;
    else if (what == 15u && can(VAS_REFUSES))
        misuse();
    else if (what == 14u && can(VAS_PARTS) && model.count < model.window.regions / 2u)
        release_part(random_below(model.count));
    else if (what >= 12u && can(VAS_RESIZES))
        resize(random_below(model.count));
    else
        release(random_below(model.count));
}

static void run_history(const struct vas_window *window, uint32_t random_seed)
{
    seed = random_seed;
    begin(window);
    for (uint32_t op = 0; op < OPS; op++) {
        step(op / (OPS / 6u) % 2u == 0); /* the tide turns five times */
        if (op % 200u == 0)
            audit();
    }
    audit();
    if (can(VAS_RELEASES))
        release_all();
}

static void agrees_with_the_model(void)
{
    static const struct vas_window windows[] = {
        { .first_page = 1, .end_page = 4096, .page_shift = 12, .regions = 2048 },
        { .first_page = 16, .end_page = 1040, .page_shift = 12, .regions = 512 },
        { .first_page = 3, .end_page = 999, .page_shift = 12, .regions = 512 },
        { .first_page = 1, .end_page = 3000, .page_shift = 16, .regions = 2048 },
    };

    for (uint32_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
        run_history(&windows[i], i + 1u);
}

static void agrees_with_the_model_at_the_top_of_the_space(void)
{
    static const struct vas_window pages = { .first_page = VAS_RIVAL_PAGES_MAX - 2000u,
                                             .end_page = VAS_RIVAL_PAGES_MAX,
                                             .page_shift = 12,
                                             .regions = 2048 };
    static const struct vas_window segments = {
        .first_page = 65536 - 2000, .end_page = 65536, .page_shift = 16, .regions = 2048
    };

    run_history(&pages, 11);
    run_history(&segments, 12);
}

static void answers_when_descriptors_run_out(void)
{
    static const struct vas_window window = {
        .first_page = 1, .end_page = 2048, .page_shift = 16, .regions = 20
    };

    run_history(&window, 21);
}

/* -- The edges of the interface ---------------------------------------------------------------- */

static void refuses_what_is_no_request(void)
{
    static const struct vas_window window = {
        .first_page = 7, .end_page = 4096, .page_shift = 12, .regions = 64
    };
    static const uint32_t wrong[][2] = {
        { 0, 0 }, { 0, 3 }, { 4090, 0 }, { 0xffffffff, 0 }, { 0xfffff001, 4 }, { 1, 21 }, { 1, 32 },
    };

    begin(&window);
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t page = 77;

        CHECK_EQ(rival->reserve(memory, wrong[i][0], wrong[i][1], &page), RIVAL_BAD);
        CHECK_EQ(page, 77);
    }
    for (uint32_t i = 0; can(VAS_REFUSES) && i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_EQ(rival->release(memory, wrong[i][0], 1), RIVAL_BAD);
        CHECK_EQ(rival->release(memory, 16, wrong[i][0]), RIVAL_BAD);
    }
    audit();
}

static void gives_out_its_whole_window(void)
{
    static const struct vas_window windows[] = {
        { .first_page = 1, .end_page = VAS_RIVAL_PAGES_MAX, .page_shift = 12, .regions = 64 },
        { .first_page = 1, .end_page = 65536, .page_shift = 16, .regions = 64 },
        { .first_page = 16, .end_page = 32, .page_shift = 12, .regions = 64 },
    };

    for (uint32_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        begin(&windows[i]);

        uint32_t all = model.end - model.first;

        if (can(VAS_FINDS)) {
            CHECK_EQ(reserve(all, 0), RIVAL_OK);
            CHECK_EQ(reserve(1, 0), RIVAL_NO_SPACE);
        } else {
            while (reserve(1, 0) == RIVAL_OK && model.count < 60u)
                continue;
        }
        audit();
        if (can(VAS_RELEASES))
            release_all();
    }
}

/* Nothing of a window is free but `holes` holes of `hole` pages, the first at `first`, one every
 * `pitch`. Made by reserving everything in pieces, from below, and releasing every second piece.
 */
static void dig(uint32_t holes, uint32_t hole, uint32_t pitch, uint32_t first)
{
    struct vas_window window = { .first_page = 1,
                                 .end_page = first + holes * pitch,
                                 .page_shift = 16,
                                 .regions = 2u * holes + 2u };

    begin(&window);
    if (first > 1u)
        CHECK_EQ(reserve(first - 1u, 0), RIVAL_OK);
    for (uint32_t i = 0; i < holes; i++) {
        CHECK_EQ(reserve(hole, 0), RIVAL_OK);
        if (pitch > hole)
            CHECK_EQ(reserve(pitch - hole, 0), RIVAL_OK);
    }
    /* Some rivals do not begin at the bottom: look where the holes came to lie. */
    for (uint32_t i = model.count; i-- > 0;)
        if (model.region[i].pages == hole && model.region[i].page >= first &&
            (model.region[i].page - first) % pitch == 0)
            release(i);
}

static void refuses_honestly_among_hard_holes(void)
{
    static const struct {
        uint32_t holes, hole, pitch, first, pages, align_log2;
    } patterns[] = {
        { 1500, 1, 3, 2, 2, 0 },      /* single pages, two wanted */
        { 500, 130, 131, 2, 135, 0 }, /* the power of two below fits, the length does not */
        { 500, 30, 32, 33, 16, 4 },   /* long enough, and nowhere aligned */
    };

    for (uint32_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        dig(patterns[i].holes, patterns[i].hole, patterns[i].pitch, patterns[i].first);
        (void)reserve(patterns[i].pages, patterns[i].align_log2);
        CHECK_EQ(reserve(patterns[i].hole, 0), RIVAL_OK);
        audit();
        release_all();
    }
}

/* 1-page regions with every second one released; then the whole is free again, in one piece. */
static void merges_what_was_a_comb(void)
{
    static const struct vas_window window = {
        .first_page = 1, .end_page = 2049, .page_shift = 16, .regions = 2048
    };

    begin(&window);
    while (reserve(1, 0) == RIVAL_OK)
        continue;
    CHECK_EQ(model.count, 2048);
    for (uint32_t i = model.count; i-- > 0;)
        if (model.region[i].page % 2u == 0)
            release(i);
    CHECK_EQ(reserve(2, 0), RIVAL_NO_SPACE);
    audit();
    while (model.count > 0)
        release(model.count - 1u);
    audit();
    if (can(VAS_FINDS))
        CHECK_EQ(reserve(2048, 0), RIVAL_OK);
}

/* -- Cases: every test for every rival --------------------------------------------------------- */

static const struct {
    struct check_case test;
    uint32_t needs;               /* abilities without which it would say nothing */
    const struct vas_rival *only; /* NULL: all */
} tests[] = {
    { CASE(agrees_with_the_model), 0, NULL },
    { CASE(agrees_with_the_model_at_the_top_of_the_space), 0, NULL },
    { CASE(answers_when_descriptors_run_out), 0, NULL },
    { CASE(refuses_what_is_no_request), 0, NULL },
    { CASE(gives_out_its_whole_window), 0, NULL },
    { CASE(refuses_honestly_among_hard_holes), VAS_RELEASES | VAS_FINDS, NULL },
    { CASE(merges_what_was_a_comb), VAS_RELEASES, NULL },
};

#define TESTS (sizeof tests / sizeof tests[0])

/* A case knows no argument, but check_run() runs each once and in order. */
static struct {
    const struct vas_rival *rival;
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
    size_t count = 0;

    for (uint32_t i = 0; i < RIVALS_MAX && vas_rivals[i] != NULL; i++)
        for (uint32_t test = 0; test < TESTS; test++) {
            rival = vas_rivals[i];
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
