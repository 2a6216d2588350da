/* SPDX-License-Identifier: 0BSD */
/* A port for the core's own tests: no memory at all, only a byte a page that says whether it is
 * committed. A broken promise of port.h fails the running test case.
 */
#ifndef LOOKASIDE_CORE_TEST_FAKE_PORT_H
#define LOOKASIDE_CORE_TEST_FAKE_PORT_H

#include "check.h"

#include <lookaside/port.h>

#define FAKE_PAGES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)

struct fake_port {
    struct la_port port;
    uint32_t fail_at; /* n: the n-th commit from now answers LA_NO_MEMORY; 0: off */
    uint32_t commits;
    uint32_t decommits;
    uint32_t committed_pages;
    uint8_t committed[FAKE_PAGES];
};

static inline enum la_status fake_commit(void *context, va32_t va, uint32_t pages)
{
    struct fake_port *fake = context;
    uint32_t page = va >> LA_PAGE_SHIFT;

    CHECK_EQ(va % LA_PAGE_BYTES, 0);
    CHECK(pages > 0 && pages <= FAKE_PAGES - page);
    for (uint32_t i = 0; i < pages; i++)
        CHECK_EQ(fake->committed[page + i], 0);
    if (fake->fail_at > 0 && --fake->fail_at == 0)
        return LA_NO_MEMORY;
    memset(&fake->committed[page], 1, pages);
    fake->commits++;
    fake->committed_pages += pages;
    return LA_OK;
}

static inline void fake_decommit(void *context, va32_t va, uint32_t pages)
{
    struct fake_port *fake = context;
    uint32_t page = va >> LA_PAGE_SHIFT;

    CHECK_EQ(va % LA_PAGE_BYTES, 0);
    CHECK(pages > 0 && pages <= FAKE_PAGES - page);
    for (uint32_t i = 0; i < pages; i++)
        CHECK_EQ(fake->committed[page + i], 1);
    memset(&fake->committed[page], 0, pages);
    fake->decommits++;
    fake->committed_pages -= pages;
}

static inline void fake_port_init(struct fake_port *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->port =
        (struct la_port){ .context = fake, .commit = fake_commit, .decommit = fake_decommit };
}

#endif
