/* SPDX-License-Identifier: 0BSD */
/* Pages of regions that accesses have mapped, as a port would on the verdict FAULT_MAP_ZERO. The
 * VAS knows states, not pages, so whoever maps a page takes it back when the state goes.
 */
#include "replay_private.h"

struct replay_answer replay_map(struct replay *replay, va32_t va)
{
    uint32_t page = va >> LA_PAGE_SHIFT;

    for (uint32_t i = 0; i < replay->mapped_count; i++)
        if (replay->mapped[i] == page)
            return replay_answer(REPLAY_MAP, va);
    if (replay->mapped_count == REPLAY_MAPPED_MAX || !replay_region_at(replay, va))
        return replay_answer(REPLAY_MAP, va);

    enum la_status status = replay->port.commit(replay->port.context, va, 1);
    if (status != LA_OK)
        return replay_answer(status, va);
    replay->mapped[replay->mapped_count++] = page;
    replay_mark_fresh_pages(replay, va, 1, "a fresh page of a region does not read as zero");
    return replay_answer(LA_OK, va);
}

void replay_unmap(struct replay *replay, va32_t va, uint32_t segments)
{
    uint32_t first_page = va >> LA_PAGE_SHIFT;
    uint32_t pages = segments << (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT);
    uint32_t i = 0;

    while (i < replay->mapped_count) {
        uint32_t page = replay->mapped[i];

        if (page - first_page < pages) {
            replay->port.decommit(replay->port.context, page << LA_PAGE_SHIFT, 1);
            replay->mapped[i] = replay->mapped[--replay->mapped_count];
        } else {
            i++;
        }
    }
}
