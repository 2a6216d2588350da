/* SPDX-License-Identifier: 0BSD */
/* Windows without faults: where they are, what their pages hold, and what they count. */
#define _GNU_SOURCE /* mincore() */
#include "window_kinds.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* -- Where windows are ------------------------------------------------------------------------- */

static void the_default_window_covers_what_the_process_can_hold(void)
{
    static const bool cheap[] = { false, true };

    for (size_t i = 0; i < 2; i++) {
        struct host_window_options options = { .cheap = cheap[i] };
        enum la_status status = host_window_open(&window, &options);

        if (UINTPTR_MAX > UINT32_MAX) {
            CHECK_EQ(status, LA_OK);
            CHECK_EQ(window.port.host_base & (uintptr_t)UINT32_MAX, 0);
            CHECK_EQ(window.end_segment, LA_SEGMENTS);
        } else if (status == LA_NO_SPACE) { /* a 32-bit process under a sanitizer */
            printf("# no 2 GiB in this process\n");
            continue;
        } else {
            CHECK_EQ(status, LA_OK);
            CHECK_EQ(window.end_segment, LA_SEGMENTS / 2u);
        }
        host_window_close(&window);
    }
}

static void a_window_is_aligned_and_knows_its_addresses(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        va32_t va = 7;

        open_kind(kind);
        CHECK_EQ(window.port.host_base % LA_SEGMENT_BYTES, 0);
#if UINTPTR_MAX > UINT32_MAX
        CHECK_EQ(window.port.host_base & (uintptr_t)UINT32_MAX, 0);
        CHECK(!host_window_va(&window, host(FIRST_VA) + ((size_t)1 << 32), &va));
#endif
        CHECK(host_window_va(&window, host(FIRST_VA), &va));
        CHECK_EQ(va, FIRST_VA);
        CHECK(host_window_va(&window, host(page_va(PAGES) - 1u), &va));
        CHECK_EQ(va, page_va(PAGES) - 1u);
        CHECK(!host_window_va(&window, host(FIRST_VA) - 1, &va));
        CHECK(!host_window_va(&window, host(page_va(PAGES) - 1u) + 1, &va));
        CHECK(!host_window_va(&window, NULL, &va));
        CHECK(!host_window_va(&window, &va, &va));
        CHECK_EQ(va, page_va(PAGES) - 1u);
        host_window_close(&window);
    }
}

/* The last page before 4 GiB, where the host_base of a 32-bit window wraps. */
static void a_window_may_end_at_4_gib(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct host_window_options options = kinds[kind].options;
        struct la_port *port = host_window_port(&window);

        options.first_segment = LA_SEGMENTS - 64u;
        options.end_segment = LA_SEGMENTS;
        CHECK_EQ(host_window_open(&window, &options), LA_OK);
        CHECK_EQ(port->commit(port->context, 0xfffff000u, 1), LA_OK);
        *host(0xffffffffu) = 1;
        port->decommit(port->context, 0xfffff000u, 1);
        CHECK_EQ(port->commit(port->context, 0xffff0000u, 16), LA_OK);
        CHECK_EQ(*host(0xffffffffu), 0);
        host_window_reset(&window);
        CHECK_EQ(port->commit(port->context, 0xffff0000u, 16), LA_OK);
        host_window_close(&window);
    }
}

static void bad_ranges_are_refused(void)
{
    static const struct host_window_options bad[] = {
        { .first_segment = 5, .end_segment = 5 },
        { .first_segment = 6, .end_segment = 5 },
        { .first_segment = 1 },
        { .end_segment = LA_SEGMENTS + 1u },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ(host_window_open(&window, &bad[i]), LA_BAD_ARGUMENT);
}

static void a_process_without_addresses_gets_no_window(void)
{
    struct rlimit before, small;

    CHECK_EQ(getrlimit(RLIMIT_AS, &before), 0);
    small = before;
    small.rlim_cur = 16u << 20;
    if (setrlimit(RLIMIT_AS, &small) != 0)
        CHECK_FAIL("expected to be able to lower RLIMIT_AS");

    enum la_status status = host_window_open(&window, NULL);

    CHECK_EQ(setrlimit(RLIMIT_AS, &before), 0);
    CHECK_EQ(status, LA_NO_SPACE);
}

/* -- Memory ------------------------------------------------------------------------------------ */

/* Runs below, at and above the length from which the cheap window asks the system. */
static void committed_pages_read_as_zero_again_and_again(void)
{
    static const struct {
        uint32_t page, pages;
    } runs[] = { { 0, 1 },    { 5, 3 },    { 31, 2 },     { 100, 15 },
                 { 200, 16 }, { 300, 17 }, { 1000, 2100 } };

    for (size_t kind = 0; kind < KINDS; kind++) {
        open_kind(kind);
        for (int again = 0; again < 3; again++)
            for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
                CHECK_EQ(commit(runs[i].page, runs[i].pages), LA_OK);
                check_zero(runs[i].page, runs[i].pages);
                dirty(runs[i].page, runs[i].pages);
                if (again == 1) { /* in two parts */
                    decommit(runs[i].page, 1);
                    if (runs[i].pages > 1)
                        decommit(runs[i].page + 1u, runs[i].pages - 1u);
                } else {
                    decommit(runs[i].page, runs[i].pages);
                }
            }
        CHECK_EQ(window.stats.committed_pages, 0);
        host_window_close(&window);
    }
}

static void neighbours_of_a_decommitted_page_keep_their_contents(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        open_kind(kind);
        CHECK_EQ(commit(10, 30), LA_OK);
        dirty(10, 30);
        decommit(12, 1);
        decommit(20, 17);
        for (uint32_t page = 10; page < 40; page++)
            if (page != 12 && (page < 20 || page >= 37)) {
                CHECK_EQ(host(page_va(page))[0], 0xa5);
                CHECK_EQ(host(page_va(page))[LA_PAGE_BYTES - 1u], 0xa5);
            }
        CHECK_EQ(commit(12, 1), LA_OK);
        CHECK_EQ(commit(20, 17), LA_OK);
        check_zero(12, 1);
        check_zero(20, 17);
        host_window_close(&window);
    }
}

static uint32_t resident_pages(uint32_t page, uint32_t pages)
{
    static unsigned char resident[PAGES];
    uint32_t count = 0;

    CHECK_EQ(mincore(host(page_va(page)), (size_t)pages * LA_PAGE_BYTES, resident), 0);
    for (uint32_t i = 0; i < pages; i++)
        count += resident[i] & 1u;
    return count;
}

static void decommitted_memory_is_really_returned(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        open_kind(kind);
        CHECK_EQ(commit(0, 2048), LA_OK);
        CHECK_EQ(resident_pages(0, 2048), 0);
        dirty(0, 2048);
        CHECK_EQ(resident_pages(0, 2048), 2048);
        decommit(512, 1024);
        CHECK_EQ(resident_pages(0, 2048), 1024);
        decommit(0, 1);
        /* The cheap window keeps single pages, zeroed. */
        CHECK_EQ(resident_pages(0, 2048), window.cheap ? 1024 : 1023);
        host_window_close(&window);
    }
}

/* 4,096 pages a round are kept until they could be more than 16,384. */
static void reset_bounds_what_a_cheap_window_keeps(void)
{
    uint32_t flushes = 0;

    open_kind(1);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t page = 0; page < 8192; page += 16) {
            CHECK_EQ(commit(page, 8), LA_OK);
            *host(page_va(page)) = 1;
        }
        host_window_reset(&window);
        flushes += resident_pages(0, 8192) == 0;
    }
    CHECK_EQ(flushes, 4);
    host_window_close(&window);
}

/* Ranges that neither begin nor end with a chunk of 4 MiB. In a 32-bit process windows lie close
 * together, so whoever resets too much hits a neighbour.
 */
static void reset_leaves_the_neighbours_alone(void)
{
    static struct host_window windows[3];

    for (size_t kind = 0; kind < KINDS; kind++) {
        struct host_window_options options = kinds[kind].options;
        const va32_t va = 257u << LA_SEGMENT_SHIFT;

        options.first_segment = 257;
        options.end_segment = 259;
        for (size_t i = 0; i < 3; i++) {
            CHECK_EQ(host_window_open(&windows[i], &options), LA_OK);
            CHECK_EQ(windows[i].port.commit(&windows[i], va, 32), LA_OK);
            memset(la_host(windows[i].port.host_base, va), 0xa5, 32u * LA_PAGE_BYTES);
        }
        host_window_reset(&windows[1]);
        for (size_t i = 0; i < 3; i += 2)
            for (uint32_t byte = 0; byte < 32u * LA_PAGE_BYTES; byte += 64)
                CHECK_EQ(((uint8_t *)la_host(windows[i].port.host_base, va))[byte], 0xa5);
        for (size_t i = 0; i < 3; i++)
            host_window_close(&windows[i]);
    }
}

static void reset_makes_a_window_as_new(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        open_kind(kind);
        for (int again = 0; again < 3; again++) {
            CHECK_EQ(commit(0, 1), LA_OK);
            CHECK_EQ(commit(1000, 100), LA_OK); /* across a border of 1,024 pages */
            CHECK_EQ(commit(PAGES - 3u, 3), LA_OK);
            dirty(0, 1);
            dirty(1000, 100);
            dirty(PAGES - 3u, 3);
            decommit(1010, 5);
            window.fail_commit_at = 3;
            window.fail_commit_from = 3;
            host_window_reset(&window);
            CHECK_EQ(window.stats.committed_pages, 0);
            CHECK_EQ(window.stats.committed_pages_peak, 0);
            CHECK_EQ(window.stats.commits, 0);
            CHECK_EQ(window.stats.decommits, 0);
            for (uint32_t i = 0; i < 5; i++)
                CHECK_EQ(commit(990 + i * 25u, 25), LA_OK);
            check_zero(990, 125);
            CHECK_EQ(commit(0, 1), LA_OK);
            check_zero(0, 1);
            CHECK_EQ(commit(PAGES - 3u, 3), LA_OK);
            check_zero(PAGES - 3u, 3);
            host_window_reset(&window);
        }
        host_window_close(&window);
    }
}

/* -- Against a model --------------------------------------------------------------------------- */

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % limit;
}

static uint32_t run_of(const uint8_t *model, uint32_t page, uint8_t value, uint32_t pages_max)
{
    uint32_t pages = 0;

    while (pages < pages_max && page + pages < PAGES && model[page + pages] == value)
        pages++;
    return pages;
}

/* The model is a byte a page. Committed pages are filled and must stay so; a page that is committed
 * anew must be zero throughout.
 */
static void a_random_sequence_equals_the_model(void)
{
    static uint8_t model[PAGES];

    for (size_t kind = 0; kind < KINDS; kind++) {
        uint32_t seed = 7, committed = 0, peak = 0, commits = 0, decommits = 0, refusals = 0;

        memset(model, 0, sizeof model);
        open_kind(kind);
        window.limit_pages = 6000;
        for (uint32_t step = 0; step < 6000; step++) {
            uint32_t page = random_below(&seed, PAGES);
            uint32_t length = random_below(&seed, 8) == 0 ? 400 : 20;
            uint32_t pages = run_of(model, page, model[page], 1u + random_below(&seed, length));

            if (model[page] != 0) {
                CHECK_EQ(*host(page_va(page)), 0xa5);
                CHECK_EQ(*(host(page_va(page + pages)) - 1), 0xa5);
                decommit(page, pages);
                memset(&model[page], 0, pages);
                committed -= pages;
                decommits++;
            } else if (commit(page, pages) == LA_OK) {
                CHECK(committed + pages <= 6000);
                check_zero(page, pages);
                dirty(page, pages);
                memset(&model[page], 1, pages);
                committed += pages;
                commits++;
            } else {
                CHECK(committed + pages > 6000);
                refusals++;
            }
            peak = committed > peak ? committed : peak;
            CHECK_EQ(window.stats.committed_pages, committed);
        }
        CHECK_EQ(window.stats.committed_pages_peak, peak);
        CHECK_EQ(window.stats.commits, commits);
        CHECK_EQ(window.stats.decommits, decommits);
        CHECK_EQ(window.stats.refusals, refusals);
        for (uint32_t page = 0; page < PAGES; page++) {
            if (window.checked)
                CHECK_EQ(host_window_is_committed(&window, page_va(page)), model[page]);
            if (model[page] != 0)
                CHECK_EQ(host(page_va(page))[page % LA_PAGE_BYTES], 0xa5);
        }
        host_window_close(&window);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(the_default_window_covers_what_the_process_can_hold),
        CASE(a_window_is_aligned_and_knows_its_addresses),
        CASE(a_window_may_end_at_4_gib),
        CASE(bad_ranges_are_refused),
        CASE(a_process_without_addresses_gets_no_window),
        CASE(committed_pages_read_as_zero_again_and_again),
        CASE(neighbours_of_a_decommitted_page_keep_their_contents),
        CASE(decommitted_memory_is_really_returned),
        CASE(reset_bounds_what_a_cheap_window_keeps),
        CASE(reset_leaves_the_neighbours_alone),
        CASE(reset_makes_a_window_as_new),
        CASE(a_random_sequence_equals_the_model),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
