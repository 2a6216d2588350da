/* SPDX-License-Identifier: 0BSD */
/* A target for the host port's window: commits, decommits, writes and refusals, beside a model of
 * four bytes a page. The first byte of an input chooses the kind of window, each four that follow
 * are one operation.
 */
#include "../model/oracle.h"
#include "target.h"

#include <lookaside/host.h>

#include <stdlib.h>
#include <string.h>

#define FIRST_SEGMENT 3u
#define END_SEGMENT   7u
#define PAGES         ((END_SEGMENT - FIRST_SEGMENT) * LA_PAGES_PER_SEGMENT)
#define PROBES        4u /* bytes of a page that are written and looked at */
#define OPS_MAX       512u

uint64_t fuzz_digest;
uint64_t fuzz_ops;

/* What the window must hold and say. */
static struct {
    bool committed[PAGES];
    uint8_t bytes[PAGES][PROBES];
    uint32_t limit_pages;
    uint32_t calls_since_at, fail_at; /* 0: off */
    uint32_t calls_since_from, fail_from;
    struct host_window_stats stats;
} model;

static struct host_window real_window;
static struct host_window cheap_window;

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    struct host_window_options options = { .first_segment = FIRST_SEGMENT,
                                           .end_segment = END_SEGMENT };

    (void)argument_count;
    (void)arguments;
    oracle_setup();
    if (host_window_open(&real_window, &options) != LA_OK)
        abort();
    options.cheap = true;
    if (host_window_open(&cheap_window, &options) != LA_OK)
        abort();
    return 0;
}

static va32_t page_va(uint32_t page)
{
    return la_segment_va(FIRST_SEGMENT) + (page << LA_PAGE_SHIFT);
}

/* First byte, last byte, and two between. */
static volatile uint8_t *probe(const struct host_window *window, uint32_t page, uint32_t number)
{
    static const uint32_t offsets[PROBES] = { 0, 1000, LA_PAGE_BYTES / 2u, LA_PAGE_BYTES - 1u };

    return (volatile uint8_t *)la_host(window->port.host_base, page_va(page)) + offsets[number];
}

static void check_page(const struct host_window *window, uint32_t page)
{
    for (uint32_t number = 0; number < PROBES; number++) {
        uint8_t seen = *probe(window, page, number);

        ORACLE(I10_ZERO, seen == model.bytes[page][number] || model.bytes[page][number] != 0,
               "page %u reads %u, expected 0", page, seen);
        ORACLE(I09_CONTENT, seen == model.bytes[page][number], "page %u reads %u, expected %u",
               page, seen, model.bytes[page][number]);
    }
}

/* A page that is not committed reads as zero in a cheap window, and must not be read in a real one.
 */
static void check_pages(const struct host_window *window)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        ORACLE(I13_PAGES, host_window_is_committed(window, page_va(page)) == model.committed[page],
               "page %u is %scommitted", page, model.committed[page] ? "not " : "");
        if (model.committed[page] || window->cheap)
            check_page(window, page);
    }
}

static void check_stats(const struct host_window *window)
{
    const struct host_window_stats *stats = &window->stats;

    ORACLE(I13_PAGES, stats->committed_pages == model.stats.committed_pages,
           "%u pages are committed, expected %u", stats->committed_pages,
           model.stats.committed_pages);
    ORACLE(I05_FREE_SEGMENTS,
           stats->committed_pages_peak == model.stats.committed_pages_peak &&
               stats->commits == model.stats.commits && stats->decommits == model.stats.decommits &&
               stats->refusals == model.stats.refusals,
           "the figures of the window are wrong");
}

static bool is_all(uint32_t page, uint32_t pages, bool committed)
{
    for (uint32_t i = page; i < page + pages; i++)
        if (model.committed[i] != committed)
            return false;
    return true;
}

/* Whether the world says no to the next commit. */
static bool must_refuse(uint32_t pages)
{
    bool refuse = false;

    if (model.fail_at != 0 && ++model.calls_since_at == model.fail_at)
        refuse = true;
    if (model.fail_from != 0 && ++model.calls_since_from >= model.fail_from)
        refuse = true;
    if (model.limit_pages != 0 && model.stats.committed_pages + pages > model.limit_pages)
        refuse = true;
    return refuse;
}

static void commit(struct host_window *window, uint32_t page, uint32_t pages)
{
    if (!is_all(page, pages, false))
        return;

    bool refuse = must_refuse(pages);
    enum la_status status = window->port.commit(window->port.context, page_va(page), pages);

    ORACLE(refuse ? I25_REFUSAL : I19_FALSE_FAILURE, status == (refuse ? LA_NO_MEMORY : LA_OK),
           "a commit of %u pages answers %d", pages, (int)status);
    if (refuse) {
        model.stats.refusals++;
        return;
    }
    model.stats.commits++;
    model.stats.committed_pages += pages;
    if (model.stats.committed_pages_peak < model.stats.committed_pages)
        model.stats.committed_pages_peak = model.stats.committed_pages;
    for (uint32_t i = page; i < page + pages; i++) {
        model.committed[i] = true;
        check_page(window, i);
    }
}

static void decommit(struct host_window *window, uint32_t page, uint32_t pages)
{
    if (!is_all(page, pages, true))
        return;
    window->port.decommit(window->port.context, page_va(page), pages);
    model.stats.decommits++;
    model.stats.committed_pages -= pages;
    for (uint32_t i = page; i < page + pages; i++)
        model.committed[i] = false;
    memset(model.bytes[page], 0, pages * sizeof model.bytes[0]);
}

static void write_byte(struct host_window *window, uint32_t page, uint8_t number, uint8_t value)
{
    if (!model.committed[page])
        return;
    *probe(window, page, number % PROBES) = value;
    model.bytes[page][number % PROBES] = value;
}

static void reset(struct host_window *window)
{
    uint32_t limit_pages = model.limit_pages;

    host_window_reset(window);
    memset(&model, 0, sizeof model);
    model.limit_pages = limit_pages;
    check_pages(window);
}

static void step(struct host_window *window, const uint8_t *op)
{
    uint32_t page = op[1] % PAGES;
    uint32_t pages = 1u + op[2] % (PAGES - page);

    switch (op[0] % 8u) {
    case 0:
    case 1: commit(window, page, pages); break;
    case 2: decommit(window, page, pages); break;
    case 3:
    case 4: write_byte(window, page, op[2], op[3]); break;
    case 5: window->limit_pages = model.limit_pages = op[1] % (PAGES + 1u); break;
    case 6:
        if (op[2] % 2u) {
            window->fail_commit_at = model.fail_at = op[1] % 8u;
            model.calls_since_at = 0;
        } else {
            window->fail_commit_from = model.fail_from = op[1] % 8u;
            model.calls_since_from = 0;
        }
        break;
    default:
        if (op[1] % 4u == 0)
            reset(window);
        else
            check_pages(window);
    }
    check_stats(window);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return 0;

    struct host_window *window = bytes[0] % 4u == 0 ? &real_window : &cheap_window;
    size_t ops = (count - 1u) / 4u;

    host_window_reset(window);
    window->limit_pages = 0;
    memset(&model, 0, sizeof model);
    for (size_t i = 0; i < ops && i < OPS_MAX; i++, fuzz_ops++)
        step(window, bytes + 1u + 4u * i);
    check_pages(window);
    fuzz_digest = model.stats.commits * 31u + model.stats.committed_pages;
    return 0;
}
