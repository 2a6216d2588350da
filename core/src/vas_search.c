/* SPDX-License-Identifier: 0BSD */
/* Finding addresses: pure functions over the planes and the bins. Nothing here changes anything, so
 * that "if a run exists it is found" can be proved and tested apart from marking.
 */
#include "vas_private.h"

/* Chunks an aligned best fit looks at in bins that may disappoint, before it takes the smallest run
 * that fits for certain. A full look follows only when no such run exists.
 */
#define ALIGNED_VISITS_MAX 64u

/* What is wanted, and the best answer so far. */
struct search {
    uint32_t segments;
    uint32_t align_mask; /* alignment in segments, minus 1 */
    uint32_t window_first;
    uint32_t window_end;
    uint32_t best;     /* base of the best candidate; LA_SEGMENTS: none */
    uint32_t best_run; /* length of the run it lies in */
};

static uint32_t align_up(uint32_t segment, uint32_t align_mask)
{
    return (segment + align_mask) & ~align_mask;
}

/* First bin from `bin` on that holds a chunk; VAS_BINS if there is none. */
static uint32_t next_bin(const struct vas *vas, uint32_t bin)
{
    uint32_t word = bin / 32u;
    uint32_t found;

    if (bin >= VAS_BINS)
        return VAS_BINS;
    found = vas->bin_mask[word] & bits_from(bin % 32u);
    if (found == 0) {
        uint32_t words = vas->bin_words & bits_from(word + 1u);

        if (words == 0)
            return VAS_BINS;
        word = bits_lowest(words);
        found = vas->bin_mask[word];
    }
    return word * 32u + bits_lowest(found);
}

/* The end of the run that begins with the lowest set bit of `free` (not 0) in the chunk at
 * `base`.
 */
static inline uint32_t run_end(const struct vas *vas, uint32_t base, uint32_t free)
{
    uint32_t bit = bits_lowest(free);
    uint32_t rest = ~(free >> bit);
    uint32_t end = rest == 0 ? VAS_CHUNK_SEGMENTS : bit + bits_lowest(rest);

    return end < VAS_CHUNK_SEGMENTS ? base + end : vas_next_used(vas, base + VAS_CHUNK_SEGMENTS);
}

/* The set bits of `free` above the run that ends at segment `end`. */
static inline uint32_t after_run(uint32_t free, uint32_t base, uint32_t end)
{
    return end - base < VAS_CHUNK_SEGMENTS ? free & BITS_ALL << (end - base) : 0u;
}

/* The chunk of `bin` to take a best fit from, or VAS_NO_CHUNK. In the last bin are runs of many
 * lengths: compare them all, there are at most 64.
 */
static inline uint32_t best_chunk(const struct vas *vas, uint32_t bin, uint32_t segments)
{
    uint32_t chunk = vas->bin_first[bin];
    uint32_t best = VAS_NO_CHUNK;

    if (bin != VAS_BINS - 1u)
        return chunk;
    for (; chunk != VAS_NO_CHUNK; chunk = vas->chunk[chunk].next)
        if (vas->longest[chunk] >= segments &&
            (best == VAS_NO_CHUNK || vas->longest[chunk] < vas->longest[best]))
            best = chunk;
    return best;
}

LA_REGISTER_CALL bool vas_search_best(const struct vas *vas, uint32_t segments,
                                      struct vas_fit *ret_fit)
{
    uint32_t bin = next_bin(vas, vas_bin_of(segments));
    uint32_t chunk = bin != VAS_BINS ? best_chunk(vas, bin, segments) : VAS_NO_CHUNK;
    uint32_t best_length = BITS_ALL;
    uint32_t rest = 0;
    uint32_t longest;
    uint32_t base;

    if (chunk == VAS_NO_CHUNK)
        return false;
    longest = vas->longest[chunk];
    base = chunk * VAS_CHUNK_SEGMENTS;
    for (uint32_t free = vas_chunk_own_free(vas, chunk); free != 0;) {
        uint32_t first = base + bits_lowest(free);
        uint32_t end = run_end(vas, base, free);
        uint32_t other = end - first;

        if (other >= segments && other < best_length) {
            ret_fit->first = first;
            ret_fit->end = end;
            other = best_length;
            best_length = end - first;
        }
        if (other != BITS_ALL && other > rest)
            rest = other;
        if (best_length == segments && (best_length < longest || rest == longest))
            break; /* no better one to come, and no longer one */
        free = after_run(free, base, end);
    }
    ret_fit->rest = best_length < longest ? longest : rest;
    return true;
}

/* Take the smallest run of `chunk` that fits at its lowest place, if it beats the best so far. */
static void fit_in_chunk(const struct vas *vas, struct search *search, uint32_t chunk)
{
    uint32_t free = vas_chunk_own_free(vas, chunk);
    uint32_t base = chunk * VAS_CHUNK_SEGMENTS;

    while (free != 0) {
        uint32_t first = base + bits_lowest(free);
        uint32_t end = run_end(vas, base, free);
        uint32_t place = align_up(first, search->align_mask);

        if (end - first < search->best_run && place + search->segments <= end) {
            search->best = place;
            search->best_run = end - first;
        }
        free = after_run(free, base, end);
    }
}

/* The first bin in [bin, bin_end) with a chunk that fits decides. False if `visits` chunks did not
 * fit and there may be more. The last bin holds runs of many lengths, so there every chunk is
 * compared.
 */
static bool fit_in_bins(const struct vas *vas, struct search *search, uint32_t bin,
                        uint32_t bin_end, uint32_t visits)
{
    for (bin = next_bin(vas, bin); bin < bin_end; bin = next_bin(vas, bin + 1u)) {
        uint32_t chunk = vas->bin_first[bin];

        for (; chunk != VAS_NO_CHUNK; chunk = vas->chunk[chunk].next) {
            if (vas->longest[chunk] < search->segments)
                continue;
            if (visits-- == 0)
                return false;
            fit_in_chunk(vas, search, chunk);
            if (search->best != LA_SEGMENTS && bin != VAS_BINS - 1u)
                return true;
        }
        if (search->best != LA_SEGMENTS)
            return true;
    }
    return true;
}

/* The lowest aligned place that fits, by the words of all chunks: the last resort of an aligned
 * request. A place needs a row of at least 2^k free segments in its chunk, 2^k the largest power of
 * two in the length and at most 16; few other places survive to be looked at closely.
 */
static void look_everywhere(const struct vas *vas, struct search *search)
{
    /* An aligned place in a chunk, if any chunk has one there: every segment, every second, ... */
    static const uint32_t places[] = { BITS_ALL,    0x55555555u, 0x11111111u,
                                       0x01010101u, 0x00010001u, 0x00000001u };
    uint32_t align_log2 = bits_count(search->align_mask);
    uint32_t aligned = places[align_log2 < 5u ? align_log2 : 5u];
    uint32_t shift_1 = search->segments >= 2u ? 1u : 0u;
    uint32_t shift_2 = search->segments >= 4u ? 2u : 0u;
    uint32_t shift_4 = search->segments >= 8u ? 4u : 0u;
    uint32_t shift_8 = search->segments >= 16u ? 8u : 0u;

    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        uint32_t free = ~vas_chunk_used(vas, chunk);
        uint32_t rows = free & (free >> shift_1 | BITS_ALL << (31u - shift_1) << 1);

        rows &= rows >> shift_2 | BITS_ALL << (31u - shift_2) << 1;
        rows &= rows >> shift_4 | BITS_ALL << (31u - shift_4) << 1;
        rows &= rows >> shift_8 | BITS_ALL << (31u - shift_8) << 1;
        for (rows &= aligned; rows != 0; rows &= rows - 1u) {
            uint32_t place = chunk * VAS_CHUNK_SEGMENTS + bits_lowest(rows);

            if ((place & search->align_mask) == 0 &&
                vas_next_used(vas, place) >= place + search->segments) {
                search->best = place;
                return;
            }
        }
    }
}

static void search_aligned_anywhere(const struct vas *vas, struct search *search)
{
    uint32_t bin = vas_bin_of(search->segments);
    uint32_t sure = vas_bin_of(search->segments + search->align_mask);
    bool seen = fit_in_bins(vas, search, bin, sure, ALIGNED_VISITS_MAX);

    if (search->best == LA_SEGMENTS)
        (void)fit_in_bins(vas, search, sure, VAS_BINS, VAS_CHUNKS);
    if (search->best == LA_SEGMENTS && !seen)
        look_everywhere(vas, search);
}

/* Whether free [first, end) clipped to the window has room, and where at its low or high end. */
static bool place_in_run(const struct search *search, uint32_t first, uint32_t end, bool highest,
                         uint32_t *ret_place)
{
    uint32_t place;

    if (first < search->window_first)
        first = search->window_first;
    if (end > search->window_end)
        end = search->window_end;
    if (first >= end || end - first < search->segments)
        return false;
    place = highest ? (end - search->segments) & ~search->align_mask
                    : align_up(first, search->align_mask);
    if (place < first || place + search->segments > end)
        return false;
    *ret_place = place;
    return true;
}

/* Walk the runs that reach into the window upwards. The first that fits ends the walk, unless the
 * smallest one is wanted.
 */
static void search_upwards(const struct vas *vas, struct search *search, bool best)
{
    uint32_t run = vas_run_start(vas, search->window_first);
    uint32_t place;

    for (;;) {
        uint32_t end = vas_next_used(vas, run);
        uint32_t length = end - run;

        if (length < search->best_run && place_in_run(search, run, end, false, &place)) {
            search->best = place;
            search->best_run = length;
            if (!best)
                return;
        }
        /* The next run begins in the rest of this chunk, or in a chunk with a run long enough. */
        run = end;
        while (run < search->window_end && vas_is_used(vas, run)) {
            uint32_t chunk = vas_chunk_of(run);
            uint32_t free = vas->longest[chunk] >= search->segments
                                ? ~vas_chunk_used(vas, chunk) & bits_from(run % VAS_CHUNK_SEGMENTS)
                                : 0u;

            run = chunk * VAS_CHUNK_SEGMENTS + (free != 0 ? bits_lowest(free) : VAS_CHUNK_SEGMENTS);
            if (free == 0 && run < search->window_end && !vas_is_used(vas, run) &&
                vas_run_start(vas, run) != run)
                run = vas_next_used(vas, run); /* the end of a run known to be too short */
        }
        if (run >= search->window_end)
            return;
    }
}

/* Walk the chunks downwards; the first run that fits, counted from the top, ends the walk. */
static void search_downwards(const struct vas *vas, struct search *search)
{
    uint32_t head = vas_run_start(vas, search->window_end);
    uint32_t chunk;

    /* The run that reaches up to the window's end may begin below every chunk walked. */
    if (place_in_run(search, head, search->window_end, true, &search->best))
        return;
    for (chunk = vas_chunk_of(search->window_end - 1u) + 1u; chunk-- > 0;) {
        uint32_t free = vas_chunk_own_free(vas, chunk);
        uint32_t base = chunk * VAS_CHUNK_SEGMENTS;

        if (vas->longest[chunk] < search->segments)
            continue;
        while (free != 0) {
            uint32_t top = bits_highest(free);
            uint32_t below = ~free & ~bits_from(top);
            uint32_t bit = below == 0 ? 0u : bits_highest(below) + 1u;
            uint32_t end =
                top + 1u < VAS_CHUNK_SEGMENTS ? base + top + 1u : vas_next_used(vas, base + top);

            if (place_in_run(search, base + bit, end, true, &search->best))
                return;
            free &= ~bits_from(bit);
        }
        if (base < search->window_first)
            break;
    }
    /* A run that begins below the window's own chunks and reaches into it. */
    head = vas_run_start(vas, search->window_first);
    (void)place_in_run(search, head, vas_next_used(vas, head), true, &search->best);
}

uint32_t vas_search(const struct vas *vas, const struct vas_request *request)
{
    struct search search = {
        .segments = request->segments,
        .align_mask = (1u << request->align_log2) - 1u,
        .window_first = request->window_first,
        .window_end = request->window_end,
        .best = LA_SEGMENTS,
        .best_run = BITS_ALL,
    };
    bool anywhere = request->window_first <= vas->first_segment &&
                    (request->window_end == 0 || request->window_end >= vas->end_segment);

    if (search.window_first < vas->first_segment)
        search.window_first = vas->first_segment;
    if (search.window_end == 0 || search.window_end > vas->end_segment)
        search.window_end = vas->end_segment;
    if (search.window_first >= search.window_end)
        return LA_SEGMENTS;

    if (request->placement == VAS_HIGHEST)
        search_downwards(vas, &search);
    else if (request->placement == VAS_LOWEST || !anywhere)
        search_upwards(vas, &search, request->placement == VAS_BEST_FIT);
    else
        search_aligned_anywhere(vas, &search);
    return search.best;
}
