/* SPDX-License-Identifier: 0BSD */
/* A bitmap under a radix tree of {start, max, end}: how many pages are free at the start of a
 * piece, in its longest run, and at its end.
 *
 *   level 3  |     4 entries of 262,144 pages, scanned one after the other
 *   level 2  |    32           32,768
 *   level 1  |   256            4,096
 *   level 0  | 2,048 chunks of    512 pages, each with 512 bits below it       (window of 4 GiB)
 *
 * Source: Go, runtime/mpagealloc.go and mpallocbits.go (Knyszek, proposal 35112).
 * Algorithm: lowest address first. In a row of entries, a run that reaches from one into the next
 * is seen by end + start; a run inside an entry by its max, and then the search goes one level
 * down, once. Nothing is free below low_page, so it begins there.
 * Cost: O(levels x 8) and 16 words to reserve; marking is O(pages / 32). 8 bytes a chunk and 1/7 of
 * that above it: 146 KiB for 2^20 pages, always.
 * Known weakness, kept: what is in use is one row of bits, so neighbours cannot be told apart and a
 * release is believed as long as all of it is in use. Go has no alignment; a caller asks for
 * pages + align - 1, and so does this, so that an aligned hole that fits exactly is refused.
 * Not copied: the scavenger's second bitmap, the cache of 64 pages a processor.
 */
#include "vas_rival.h"

#define CHUNK_PAGES  512u
#define CHUNK_WORDS  (CHUNK_PAGES / 32u)
#define FAN_OUT_LOG2 3u
#define FAN_OUT      (1u << FAN_OUT_LOG2)
#define LEVELS       4u  /* 4 entries at the top of 2^20 pages */
#define FIELD_BITS   21u /* a run of all 2^20 pages must fit */
#define FIELD_MASK   ((UINT64_C(1) << FIELD_BITS) - 1u)

/* Unpacked; packed it is 63 bits of one word, as in Go. */
struct summary {
    uint32_t start;
    uint32_t max;
    uint32_t end;
};

struct radix {
    struct vas_window window;
    uint32_t entries[LEVELS];
    uint64_t *level[LEVELS]; /* in the caller's memory, as the bits */
    uint32_t *used;          /* bit: the page is in use, or not of the window */
    uint32_t low_page;       /* no page below is free */
    uint32_t free_pages;
    uint64_t probes;
};

static uint32_t entries_of(const struct vas_window *window, uint32_t level)
{
    uint32_t entries = (window->end_page + CHUNK_PAGES - 1u) / CHUNK_PAGES;

    for (uint32_t i = 0; i < level; i++)
        entries = (entries + FAN_OUT - 1u) / FAN_OUT;
    return entries;
}

static size_t bytes(const struct vas_window *window)
{
    size_t total = vas_rival_round8(sizeof(struct radix));

    for (uint32_t level = 0; level < LEVELS; level++)
        total += entries_of(window, level) * sizeof(uint64_t);
    return total + entries_of(window, 0) * (size_t)(CHUNK_PAGES / 8u);
}

/* Pages of an entry. */
static uint32_t span_of(uint32_t level)
{
    return CHUNK_PAGES << (level * FAN_OUT_LOG2);
}

static uint64_t pack(struct summary summary)
{
    return summary.start | (uint64_t)summary.max << FIELD_BITS |
           (uint64_t)summary.end << (2u * FIELD_BITS);
}

static struct summary unpack(uint64_t packed)
{
    return (struct summary){ .start = (uint32_t)(packed & FIELD_MASK),
                             .max = (uint32_t)(packed >> FIELD_BITS & FIELD_MASK),
                             .end = (uint32_t)(packed >> (2u * FIELD_BITS) & FIELD_MASK) };
}

/* -- Bits of a chunk --------------------------------------------------------------------------- */

/* The first page from `from` on, counted in the chunk, that is free (or in use); CHUNK_PAGES: none.
 */
static uint32_t next_page(const uint32_t *used, uint32_t from, bool wants_used)
{
    for (uint32_t word = from / 32u; word < CHUNK_WORDS; word++) {
        uint32_t bits = wants_used ? used[word] : ~used[word];

        if (word == from / 32u)
            bits &= UINT32_MAX << (from % 32u);
        if (bits != 0)
            return word * 32u + (uint32_t)__builtin_ctz(bits);
    }
    return CHUNK_PAGES;
}

static struct summary summarise_chunk(const uint32_t *used)
{
    struct summary summary = { .start = next_page(used, 0, true) };

    for (uint32_t page = 0; page < CHUNK_PAGES;) {
        uint32_t first = next_page(used, page, false);
        uint32_t end = next_page(used, first, true);

        if (end - first > summary.max)
            summary.max = end - first;
        if (end == CHUNK_PAGES)
            summary.end = end - first;
        page = end;
    }
    return summary;
}

static uint32_t find_in_chunk(struct radix *radix, uint32_t chunk, uint32_t pages)
{
    const uint32_t *used = &radix->used[(size_t)chunk * CHUNK_WORDS];
    uint32_t first = next_page(used, 0, false);
    uint32_t end = next_page(used, first, true);

    while (end - first < pages) { /* the summary says that there is one */
        radix->probes++;
        first = next_page(used, end, false);
        end = next_page(used, first, true);
    }
    return chunk * CHUNK_PAGES + first;
}

/* -- Summaries --------------------------------------------------------------------------------- */

/* Entries [first, end) of a level as one. */
static struct summary merge(const struct radix *radix, uint32_t level, uint32_t first, uint32_t end)
{
    uint32_t span = span_of(level);
    struct summary merged = { 0 };
    uint32_t run = 0;
    bool from_start = true;

    for (uint32_t i = first; i < end; i++) {
        struct summary part = unpack(radix->level[level][i]);

        if (from_start)
            merged.start += part.start;
        from_start = from_start && part.start == span;
        if (run + part.start > merged.max)
            merged.max = run + part.start;
        if (part.max > merged.max)
            merged.max = part.max;
        run = part.start == span ? run + span : part.end;
    }
    merged.end = run;
    return merged;
}

/* Bring all levels up to date over pages [page, end). */
static void update(struct radix *radix, uint32_t page, uint32_t end)
{
    uint32_t first = page / CHUNK_PAGES;
    uint32_t last = (end - 1u) / CHUNK_PAGES;

    for (uint32_t chunk = first; chunk <= last; chunk++)
        radix->level[0][chunk] = pack(summarise_chunk(&radix->used[(size_t)chunk * CHUNK_WORDS]));
    for (uint32_t level = 1; level < LEVELS; level++) {
        first /= FAN_OUT;
        last /= FAN_OUT;
        for (uint32_t i = first; i <= last; i++) {
            uint32_t below_end = (i + 1u) * FAN_OUT;

            if (below_end > radix->entries[level - 1u])
                below_end = radix->entries[level - 1u];
            radix->level[level][i] = pack(merge(radix, level - 1u, i * FAN_OUT, below_end));
        }
    }
}

static void mark(struct radix *radix, uint32_t page, uint32_t end, bool used)
{
    for (uint32_t word = page / 32u; word <= (end - 1u) / 32u; word++) {
        uint32_t bits = UINT32_MAX;

        if (word == page / 32u)
            bits &= UINT32_MAX << (page % 32u);
        if (word == end / 32u)
            bits &= ~(UINT32_MAX << (end % 32u));
        if (used)
            radix->used[word] |= bits;
        else
            radix->used[word] &= ~bits;
    }
    update(radix, page, end);
}

/* -- Reserve and release ----------------------------------------------------------------------- */

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct radix *radix = state;
    uint64_t *next = (uint64_t *)(void *)((uint8_t *)state + vas_rival_round8(sizeof *radix));

    if (state_bytes < bytes(window))
        return false;
    *radix = (struct radix){ .window = *window,
                             .low_page = window->first_page,
                             .free_pages = window->end_page - window->first_page };
    for (uint32_t level = 0; level < LEVELS; level++) {
        radix->entries[level] = entries_of(window, level);
        radix->level[level] = next;
        next += radix->entries[level];
    }
    radix->used = (uint32_t *)(void *)next;
    for (uint32_t i = 0; i < radix->entries[0] * CHUNK_WORDS; i++)
        radix->used[i] = UINT32_MAX;
    for (uint32_t level = 0; level < LEVELS; level++)
        for (uint32_t i = 0; i < radix->entries[level]; i++)
            radix->level[level][i] = 0;
    mark(radix, window->first_page, window->end_page, false);
    return true;
}

/* The lowest run of `pages` free pages; 0: none. */
static uint32_t find(struct radix *radix, uint32_t pages)
{
    uint32_t level = LEVELS - 1u;
    uint32_t i = radix->low_page / span_of(level);
    uint32_t end = radix->entries[level];
    uint32_t run = 0; /* free pages up to the end of the entry before */

    while (i < end) {
        struct summary summary = unpack(radix->level[level][i]);
        uint32_t span = span_of(level);

        radix->probes++;
        if (run + summary.start >= pages)
            return i * span - run;
        if (summary.max < pages) {
            run = summary.start == span ? run + span : summary.end;
            i++;
            continue;
        }
        if (level == 0)
            return find_in_chunk(radix, i, pages);

        /* Wholly inside this entry, so no run from outside matters. */
        level--;
        i *= FAN_OUT;
        end = i + FAN_OUT < radix->entries[level] ? i + FAN_OUT : radix->entries[level];
        run = 0;
    }
    return 0;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct radix *radix = state;

    if (!vas_rival_asks(&radix->window, pages, align_log2))
        return RIVAL_BAD;

    uint32_t found = find(radix, pages + (UINT32_C(1) << align_log2) - 1u);
    uint32_t page = vas_rival_align_up(found, align_log2);

    if (found == 0)
        return RIVAL_NO_SPACE;
    mark(radix, page, page + pages, true);
    radix->free_pages -= pages;
    if (found == radix->low_page && page == found)
        radix->low_page = page + pages;
    *ret_page = page;
    return RIVAL_OK;
}

/* Whether pages [page, end) are all in use, or all free. */
static bool are_all(const struct radix *radix, uint32_t page, uint32_t end, bool used)
{
    while (page < end) {
        uint32_t chunk = page / CHUNK_PAGES;
        uint32_t other =
            next_page(&radix->used[(size_t)chunk * CHUNK_WORDS], page % CHUNK_PAGES, !used);

        if (other < CHUNK_PAGES && chunk * CHUNK_PAGES + other < end)
            return false;
        page = (chunk + 1u) * CHUNK_PAGES;
    }
    return true;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct radix *radix = state;

    if (!vas_rival_inside(&radix->window, page, pages))
        return RIVAL_BAD;
    if (!are_all(radix, page, page + pages, true))
        return RIVAL_BAD;
    mark(radix, page, page + pages, false);
    radix->free_pages += pages;
    if (page < radix->low_page)
        radix->low_page = page;
    return RIVAL_OK;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct radix *radix = state;

    if (!vas_rival_inside(&radix->window, page, pages) ||
        !vas_rival_asks(&radix->window, new_pages, 0))
        return RIVAL_BAD;
    if (new_pages <= pages)
        return new_pages == pages ? RIVAL_OK : release(state, page + new_pages, pages - new_pages);
    if (!vas_rival_inside(&radix->window, page, new_pages) ||
        !are_all(radix, page + pages, page + new_pages, false))
        return RIVAL_NO_SPACE;
    mark(radix, page + pages, page + new_pages, true);
    radix->free_pages -= new_pages - pages;
    return RIVAL_OK;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct radix *radix = state;

    *ret_figures = (struct vas_figures){
        .free_pages = radix->free_pages,
        .largest_pages = merge(radix, LEVELS - 1u, 0, radix->entries[LEVELS - 1u]).max,
        .metadata_bytes = bytes(&radix->window),
        .metadata_bytes_peak = bytes(&radix->window),
        .probes = radix->probes,
    };
}

static const char *check(const void *state)
{
    const struct radix *radix = state;
    uint32_t free = 0;

    for (uint32_t chunk = 0; chunk < radix->entries[0]; chunk++) {
        const uint32_t *used = &radix->used[(size_t)chunk * CHUNK_WORDS];

        if (radix->level[0][chunk] != pack(summarise_chunk(used)))
            return "a chunk's summary is wrong";
        for (uint32_t page = next_page(used, 0, false); page < CHUNK_PAGES;
             page = next_page(used, page + 1u, false)) {
            if (chunk * CHUNK_PAGES + page < radix->low_page)
                return "a page below the lowest free one is free";
            free++;
        }
    }
    for (uint32_t level = 1; level < LEVELS; level++)
        for (uint32_t i = 0; i < radix->entries[level]; i++) {
            uint32_t end = (i + 1u) * FAN_OUT;

            if (end > radix->entries[level - 1u])
                end = radix->entries[level - 1u];
            if (radix->level[level][i] != pack(merge(radix, level - 1u, i * FAN_OUT, end)))
                return "a summary is not its children's";
        }
    return free == radix->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_radix = {
    .name = "radix",
    .what = "bitmap under a radix tree of {start, max, end} as Go's, lowest address first",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_PARTS | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
