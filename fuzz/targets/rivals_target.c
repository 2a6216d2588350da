/* SPDX-License-Identifier: 0BSD */
/* The other address space allocators of bench/rivals, and ours behind their interface, one an
 * input: reservations and releases beside a byte for each page. What each of them promises (enum
 * vas_ability) is held against the bytes, so that a comparison of figures compares allocators that
 * do the same.
 */
#include "../../bench/rivals/vas_rival.h"
#include "../model/oracle.h"
#include "target.h"

#include <lookaside/trace_bytes.h>

#include <stdlib.h>
#include <string.h>

#define WINDOW_FIRST 1u
#define WINDOW_END   2049u
#define REGIONS      TRACE_BYTES_REGIONS

uint64_t fuzz_digest;
uint64_t fuzz_ops;

static struct {
    const struct vas_rival *rival;
    void *state;
    size_t room;
    uint8_t used[WINDOW_END];
    struct {
        uint32_t page;
        uint32_t pages; /* 0: empty */
    } regions[REGIONS];
} world;

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    oracle_setup();
    return 0;
}

static void begin(uint32_t number)
{
    const struct vas_window window = {
        .first_page = WINDOW_FIRST, .end_page = WINDOW_END, .page_shift = 16, .regions = REGIONS
    };
    uint32_t count = 0;

    while (vas_rivals[count])
        count++;
    world.rival = vas_rivals[number % count];
    size_t bytes = world.rival->bytes(&window);

    if (bytes > world.room) {
        free(world.state);
        world.state = malloc(bytes);
        world.room = bytes;
    }
    if (!world.state || !world.rival->init(world.state, bytes, &window))
        abort();
    memset(world.used, 0, sizeof world.used);
    memset(world.regions, 0, sizeof world.regions);
}

/* Pages that a region takes beside those that were asked for. */
static uint32_t pages_taken(uint32_t pages)
{
    uint32_t granule = 1u;

    if (world.rival->granule_shift > 16u)
        granule = UINT32_C(1) << (world.rival->granule_shift - 16u);
    if ((world.rival->can & VAS_POWERS) != 0)
        for (uint32_t power = 1; power < WINDOW_END * 2u; power *= 2u)
            if (power >= pages)
                return power;
    return (pages + granule - 1u) / granule * granule;
}

static bool is_free(uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        if (page + i >= WINDOW_END || world.used[page + i])
            return false;
    return true;
}

static bool has_room(uint32_t pages)
{
    for (uint32_t page = WINDOW_FIRST; page + pages <= WINDOW_END; page++)
        if (is_free(page, pages))
            return true;
    return false;
}

static void reserve(uint32_t slot, uint32_t pages, uint32_t align_log2)
{
    uint32_t page = 0;
    enum rival_answer answer;

    if (world.regions[slot].pages != 0)
        return;
    answer = world.rival->reserve(world.state, pages, align_log2, &page);
    fuzz_digest = fuzz_digest * 31u + page + (uint32_t)answer;
    if (pages == 0 || pages > WINDOW_END - WINDOW_FIRST || align_log2 > VAS_RIVAL_ALIGN_LOG2_MAX) {
        ORACLE(I25_REFUSAL, answer == RIVAL_BAD, "%s answers %d to %u pages", world.rival->name,
               answer, pages);
        return;
    }
    /* Who takes nothing back has lost what an alignment skipped. */
    if (answer == RIVAL_NO_SPACE && align_log2 == 0 && (world.rival->can & VAS_FINDS) != 0 &&
        (world.rival->can & VAS_RELEASES) != 0)
        ORACLE(I19_FALSE_FAILURE, world.rival->granule_shift > 16u || !has_room(pages_taken(pages)),
               "%s has no room for %u pages, which is there", world.rival->name, pages);
    if (answer != RIVAL_OK)
        return;
    ORACLE(I01_PLACE,
           page >= WINDOW_FIRST && page < WINDOW_END && pages <= WINDOW_END - page &&
               (page & ((UINT32_C(1) << align_log2) - 1u)) == 0,
           "%s gives out page %u for %u pages aligned to 2^%u", world.rival->name, page, pages,
           align_log2);
    ORACLE(I02_WAS_FREE, is_free(page, pages), "%s gives out %u pages at %u, where some are in use",
           world.rival->name, pages, page);
    memset(&world.used[page], 1, pages);
    world.regions[slot].page = page;
    world.regions[slot].pages = pages;
}

static void release(uint32_t slot)
{
    uint32_t page = world.regions[slot].page;
    uint32_t pages = world.regions[slot].pages;
    enum rival_answer answer;

    if (pages == 0)
        return;
    answer = world.rival->release(world.state, page, pages);
    if ((world.rival->can & VAS_RELEASES) == 0) {
        ORACLE(I25_REFUSAL, answer != RIVAL_OK, "%s takes back what it cannot", world.rival->name);
        return;
    }
    ORACLE(I25_REFUSAL, answer == RIVAL_OK, "%s refuses %u pages at %u, its own: %d",
           world.rival->name, pages, page, answer);
    memset(&world.used[page], 0, pages);
    world.regions[slot].pages = 0;
}

static void resize(uint32_t slot, uint32_t new_pages)
{
    uint32_t page = world.regions[slot].page;
    uint32_t pages = world.regions[slot].pages;
    enum rival_answer answer;

    if (pages == 0 || !world.rival->resize || new_pages == 0 ||
        new_pages > WINDOW_END - WINDOW_FIRST)
        return;
    answer = world.rival->resize(world.state, page, pages, new_pages);
    if (answer != RIVAL_OK)
        return;
    ORACLE(I02_WAS_FREE, new_pages <= pages || is_free(page + pages, new_pages - pages),
           "%s resizes into a neighbour", world.rival->name);
    memset(&world.used[page], 0, pages);
    memset(&world.used[page], 1, new_pages);
    world.regions[slot].pages = new_pages;
}

/* What is no region of anybody's must be refused by those who say so. */
static void release_wrongly(uint32_t slot, uint32_t distance)
{
    uint32_t page = world.regions[slot].page + distance;

    if ((world.rival->can & VAS_REFUSES) == 0)
        return;
    for (uint32_t i = 0; i < REGIONS; i++)
        if (world.regions[i].pages != 0 && world.regions[i].page == page)
            return;
    ORACLE(I25_REFUSAL, world.rival->release(world.state, page, 1) != RIVAL_OK,
           "%s takes back page %u, where no region begins", world.rival->name, page);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct trace_bytes input;
    struct trace_op op;

    fuzz_digest = 0;
    trace_bytes_open(&input, bytes, count);
    begin(count > 4u ? bytes[4] : 0u);
    while (trace_bytes_next(&input, &op)) {
        fuzz_ops++;
        switch (op.kind) {
        case TRACE_RESERVE: reserve(op.slot, op.pages % 4096u, op.align_log2 % 8u); break;
        case TRACE_RESERVE_AT: reserve(op.slot, op.segments, op.align_log2); break;
        case TRACE_RELEASE: release(op.slot); break;
        case TRACE_RESIZE: resize(op.slot, op.pages); break;
        case TRACE_RELEASE_AT: release_wrongly(op.slot, op.distance_pages); break;
        default: break;
        }
    }
    for (uint32_t slot = 0; slot < REGIONS; slot++)
        release(slot);
    const char *broken = world.rival->check ? world.rival->check(world.state) : NULL;

    ORACLE(I15_SOUND, !broken, "%s: %s", world.rival->name, broken);
    return 0;
}
