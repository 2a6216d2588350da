/* SPDX-License-Identifier: 0BSD */
/* Between the core and the port: each commit and decommit, and every place where the core makes a
 * pointer of an address or moves bytes.
 */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_vas.h"

#include "events.h"
#include "oracle.h"
#include "spies.h"
#include "vas_model.h"

#include <string.h>

uint8_t spies_committed[SPIES_PAGES];
uint32_t spies_committed_pages;

static struct la_port below;
static struct la_port spied;
static va32_t refused_va; /* of the last commit, if it was refused */

/* -- Commit and decommit ----------------------------------------------------------------------- */

/* Pages change, and the count by those that were not so before. */
static void change_pages(uint32_t page, uint32_t pages, uint8_t committed)
{
    for (uint32_t i = page; i < page + pages; i++) {
        spies_committed_pages += (uint32_t)committed - spies_committed[i];
        spies_committed[i] = committed;
    }
}

static bool all_are(uint32_t page, uint32_t pages, uint8_t committed)
{
    const uint8_t *at = &spies_committed[page];

    return at[0] == committed && memcmp(at, at + 1, pages - 1u) == 0;
}

/* Whole pages, at least one, inside the managed range. */
static bool check_range(const char *call, va32_t va, uint32_t pages)
{
    uint32_t page = va / LA_PAGE_BYTES;
    bool right = va % LA_PAGE_BYTES == 0 && pages != 0 &&
                 page >= vas_model.first_segment * LA_PAGES_PER_SEGMENT &&
                 page < vas_model.end_segment * LA_PAGES_PER_SEGMENT &&
                 pages <= vas_model.end_segment * LA_PAGES_PER_SEGMENT - page;

    ORACLE(I12_COMMIT, right, "%s of %u pages at 0x%x", call, pages, va);
    return right;
}

/* One region, whose kind may have memory. */
static void check_region(const char *call, va32_t va, uint32_t pages)
{
    uint32_t first = va / LA_SEGMENT_BYTES;
    uint32_t last = (va / LA_PAGE_BYTES + pages - 1u) / LA_PAGES_PER_SEGMENT;

    for (uint32_t segment = first; segment <= last; segment++) {
        bool right =
            vas_model.state[segment] == VAS_COMMITTED || vas_model.state[segment] == VAS_STACK;

        ORACLE(I14_OWNER, right && (segment == first || !vas_model.starts[segment]),
               "%s of %u pages at 0x%x leaves its region or is in none", call, pages, va);
    }
}

static enum la_status spied_commit(void *context, va32_t va, uint32_t pages)
{
    enum la_status status;
    bool right = check_range("commit", va, pages);

    (void)context;
    if (!right)
        return LA_NO_MEMORY;
    ORACLE(I12_COMMIT, all_are(va / LA_PAGE_BYTES, pages, 0),
           "commit of %u pages at 0x%x, of which some are committed", pages, va);
    check_region("commit", va, pages);
    status = below.commit(below.context, va, pages);
    refused_va = status == LA_OK ? 0 : va;
    if (status == LA_OK) {
        change_pages(va / LA_PAGE_BYTES, pages, 1);
    }
    events_note(EVENT_COMMIT, status, VAS_FREE, va, pages);
    return status;
}

static void spied_decommit(void *context, va32_t va, uint32_t pages)
{
    bool right = check_range("decommit", va, pages);

    (void)context;
    if (!right)
        return;
    ORACLE(I12_COMMIT, all_are(va / LA_PAGE_BYTES, pages, 1),
           "decommit of %u pages at 0x%x, of which some are not committed", pages, va);
    check_region("decommit", va, pages);
    below.decommit(below.context, va, pages);
    change_pages(va / LA_PAGE_BYTES, pages, 0);
    events_note(EVENT_DECOMMIT, LA_OK, VAS_FREE, va, pages);
}

const struct la_port *spies_port(const struct la_port *port)
{
    if (port == &spied)
        return port;
    below = *port;
    spied = (struct la_port){ .host_base = port->host_base,
                              .commit = spied_commit,
                              .decommit = spied_decommit };
    return &spied;
}

/* -- Pointers and bytes ------------------------------------------------------------------------ */

void *spied_host(uintptr_t base, va32_t va)
{
    if (__builtin_expect(++events_looks > EVENTS_LOOKS_MAX, 0))
        events_too_many_looks();
    if (base == below.host_base && base != 0) {
        uint32_t page = va / LA_PAGE_BYTES;

        /* A pointer that is made before the answer is looked at hurts nobody. */
        ORACLE(I11_MEMORY, (page < SPIES_PAGES && spies_committed[page]) || va == refused_va,
               "the core goes to 0x%x, where no memory is", va);
    }
    return (void *)(base + va);
}

/* Where a range lies in the window all its pages must be committed. */
static void check_bytes(const char *call, uintptr_t host, size_t bytes)
{
    uintptr_t va = host - below.host_base;
    uint32_t first = (uint32_t)(va / LA_PAGE_BYTES);

    if (va / LA_SEGMENT_BYTES < vas_model.first_segment ||
        va / LA_SEGMENT_BYTES >= vas_model.end_segment || bytes == 0)
        return; /* the core's own structures */

    uintptr_t last = (va + bytes - 1u) / LA_PAGE_BYTES;

    ORACLE(I11_MEMORY, last < SPIES_PAGES && all_are(first, (uint32_t)last - first + 1u, 1),
           "%s of %zu bytes at 0x%x, where no memory is", call, bytes, (va32_t)va);
}

void *spied_memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    check_bytes("memcpy to", (uintptr_t)to, bytes);
    check_bytes("memcpy from", (uintptr_t)from, bytes);
    return memcpy(to, from, bytes);
}

void *spied_memset(void *to, int value, size_t bytes)
{
    check_bytes("memset", (uintptr_t)to, bytes);
    return memset(to, value, bytes);
}

uintptr_t spies_host_base(void)
{
    return below.host_base;
}

void spies_forget_pages(void)
{
    memset(spies_committed, 0, sizeof spies_committed);
    spies_committed_pages = 0;
}
