/* SPDX-License-Identifier: 0BSD */
/* Two bits a segment of 64 KiB, and a scan from the first one.
 *
 * Source: the segment answer ("a simple bitmap of 4GB/64KB = 64K x 2 bits to keep track of segment
 * state gets the job done"), taken by its word. Reserved is written 01; who commits would write 10.
 * Cost: O(segments) for a reservation, O(region) for a release; 16 KiB for 4 GiB, and never more,
 * so reserving never needs memory.
 * Whatever is asked for is rounded up to segments.
 * Known weakness, kept: two adjacent reservations look like one, so a release has to be told the
 * length, and one of the wrong length is believed. (The core's third bit is the cure.)
 */
#include "vas_rival.h"

#define SEGMENT_SHIFT  16u
#define STATE_FREE     0u
#define STATE_RESERVED 1u

struct two_bit {
    struct vas_window window;
    uint32_t pages_log2; /* pages in a segment */
    uint32_t first;      /* segments wholly in the window: [first, end) */
    uint32_t end;
    uint32_t free;
    uint64_t probes;
    uint8_t map[]; /* 4 segments a byte, lowest in the lowest bits */
};

static uint32_t map_bytes(const struct vas_window *window)
{
    uint32_t segments = window->end_page >> (SEGMENT_SHIFT - window->page_shift);

    return (segments + 3u) / 4u;
}

static size_t bytes(const struct vas_window *window)
{
    return vas_rival_round8(sizeof(struct two_bit) + map_bytes(window));
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct two_bit *two_bit = state;
    uint32_t log2 = SEGMENT_SHIFT - window->page_shift;

    if (state_bytes < bytes(window) ||
        vas_rival_align_up(window->first_page, log2) >> log2 >= window->end_page >> log2)
        return false;
    *two_bit = (struct two_bit){ .window = *window,
                                 .pages_log2 = log2,
                                 .first = vas_rival_align_up(window->first_page, log2) >> log2,
                                 .end = window->end_page >> log2 };
    two_bit->free = two_bit->end - two_bit->first;
    for (uint32_t i = 0; i < map_bytes(window); i++)
        two_bit->map[i] = 0;
    return true;
}

static uint32_t state_of(const struct two_bit *two_bit, uint32_t segment)
{
    return (uint32_t)(two_bit->map[segment / 4u] >> (segment % 4u * 2u)) & 3u;
}

static void set_states(struct two_bit *two_bit, uint32_t first, uint32_t segments, uint32_t value)
{
    for (uint32_t i = first; i < first + segments; i++) {
        uint32_t shift = i % 4u * 2u;
        uint32_t others = two_bit->map[i / 4u] & ~(3u << shift);

        two_bit->map[i / 4u] = (uint8_t)(others | value << shift);
    }
}

static uint32_t segments_up(const struct two_bit *two_bit, uint32_t pages)
{
    return vas_rival_align_up(pages, two_bit->pages_log2) >> two_bit->pages_log2;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct two_bit *two_bit = state;
    uint32_t log2 = two_bit->pages_log2;
    uint32_t mask = align_log2 > log2 ? (UINT32_C(1) << (align_log2 - log2)) - 1u : 0u;
    uint32_t run = 0;

    if (!vas_rival_asks(&two_bit->window, pages, align_log2))
        return RIVAL_BAD;

    uint32_t wanted = segments_up(two_bit, pages);

    for (uint32_t i = two_bit->first; i < two_bit->end; i++) {
        two_bit->probes++;
        if (state_of(two_bit, i) != STATE_FREE || (run == 0 && (i & mask) != 0)) {
            run = 0;
            continue;
        }
        if (++run < wanted)
            continue;
        set_states(two_bit, i + 1u - run, wanted, STATE_RESERVED);
        two_bit->free -= wanted;
        *ret_page = (i + 1u - run) << log2;
        return RIVAL_OK;
    }
    return RIVAL_NO_SPACE;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct two_bit *two_bit = state;
    uint32_t first = page >> two_bit->pages_log2;

    if (!vas_rival_inside(&two_bit->window, page, pages) || first << two_bit->pages_log2 != page)
        return RIVAL_BAD;

    uint32_t count = segments_up(two_bit, pages);

    if (first < two_bit->first || first >= two_bit->end || count > two_bit->end - first)
        return RIVAL_BAD;
    for (uint32_t i = first; i < first + count; i++)
        if (state_of(two_bit, i) == STATE_FREE)
            return RIVAL_BAD;
    set_states(two_bit, first, count, STATE_FREE);
    two_bit->free += count;
    return RIVAL_OK;
}

/* Whether segments [first, end) lie in the map and are all free. */
static bool are_free(const struct two_bit *two_bit, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if (i >= two_bit->end || state_of(two_bit, i) != STATE_FREE)
            return false;
    return true;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct two_bit *two_bit = state;
    uint32_t log2 = two_bit->pages_log2;

    if (!vas_rival_inside(&two_bit->window, page, pages) ||
        !vas_rival_asks(&two_bit->window, new_pages, 0))
        return RIVAL_BAD;

    uint32_t end = (page >> log2) + segments_up(two_bit, pages);
    uint32_t new_end = (page >> log2) + segments_up(two_bit, new_pages);

    if (new_end < end)
        return release(state, new_end << log2, (end - new_end) << log2);
    if (!are_free(two_bit, end, new_end))
        return RIVAL_NO_SPACE;
    set_states(two_bit, end, new_end - end, STATE_RESERVED);
    two_bit->free -= new_end - end;
    return RIVAL_OK;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct two_bit *two_bit = state;
    uint32_t run = 0;
    uint32_t longest = 0;

    for (uint32_t i = two_bit->first; i < two_bit->end; i++) {
        run = state_of(two_bit, i) == STATE_FREE ? run + 1u : 0u;
        longest = run > longest ? run : longest;
    }
    *ret_figures = (struct vas_figures){
        .free_pages = two_bit->free << two_bit->pages_log2,
        .largest_pages = longest << two_bit->pages_log2,
        .metadata_bytes = bytes(&two_bit->window),
        .metadata_bytes_peak = bytes(&two_bit->window),
        .probes = two_bit->probes,
    };
}

static const char *check(const void *state)
{
    const struct two_bit *two_bit = state;
    uint32_t free = 0;

    for (uint32_t i = two_bit->first; i < two_bit->end; i++)
        free += state_of(two_bit, i) == STATE_FREE;
    return free == two_bit->free ? NULL : "the number of free segments is wrong";
}

const struct vas_rival vas_two_bit = {
    .name = "two-bit",
    .what = "2 bits a 64 KiB segment, scanned from the first one",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_PARTS | VAS_RESIZES,
    .granule_shift = SEGMENT_SHIFT,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
