/* SPDX-License-Identifier: 0BSD */
/* Where the policy of docs/design.md puts a new region, found by looking at every chunk. */
#include "vas_model.h"

/* Chunks that may disappoint an aligned request before the certain ones are asked. */
#define VISITS_MAX 64u

static uint32_t bin_of(uint32_t run)
{
    return run < VAS_BINS - 1u ? run : VAS_BINS - 1u;
}

static uint32_t align_up(uint32_t segment, uint32_t align)
{
    return (segment + align - 1u) / align * align;
}

/* The shortest run of one chunk in which an aligned place is, the lowest of equals. Answers the
 * length of the run, UINT32_MAX if there is none.
 */
static uint32_t fit_in_chunk(uint32_t chunk, uint32_t segments, uint32_t align, uint32_t *ret_place)
{
    uint32_t shortest = UINT32_MAX;
    uint32_t segment = chunk * VAS_CHUNK_SEGMENTS;
    uint32_t end = segment + VAS_CHUNK_SEGMENTS;

    if (vas_model_run_start(segment) != segment)
        segment = vas_model_next_used(segment);
    while (segment < end) {
        uint32_t run_end = vas_model_next_used(segment);
        uint32_t place = align_up(segment, align);

        if (run_end - segment < shortest && place + segments <= run_end) {
            shortest = run_end - segment;
            *ret_place = place;
        }
        segment = run_end + 1u;
    }
    return shortest;
}

/* Whether chunk `a` is asked before `b`: shorter runs first, then the one filed last. */
static bool is_before(uint32_t a, uint32_t b)
{
    uint32_t bin_a = bin_of(vas_model.longest[a]);
    uint32_t bin_b = bin_of(vas_model.longest[b]);

    return bin_a != bin_b ? bin_a < bin_b : vas_model.filed_at[a] > vas_model.filed_at[b];
}

/* The chunk that is asked next after `after` (VAS_CHUNKS: the first), of those in bins
 * [bin, bin_end) with a run of `segments`; VAS_CHUNKS if there is none.
 */
static uint32_t next_chunk(uint32_t after, uint32_t segments, uint32_t bin, uint32_t bin_end)
{
    uint32_t next = VAS_CHUNKS;

    for (uint32_t i = 0; i < vas_model.filed_count; i++) {
        uint32_t chunk = vas_model.filed[i];
        uint32_t chunk_bin = bin_of(vas_model.longest[chunk]);

        if (vas_model.longest[chunk] < segments || chunk_bin < bin || chunk_bin >= bin_end ||
            (after != VAS_CHUNKS && !is_before(after, chunk)))
            continue;
        if (next == VAS_CHUNKS || is_before(chunk, next))
            next = chunk;
    }
    return next;
}

/* Ask chunks in turn. False if more than `visits` would have to be asked. */
static bool ask_chunks(uint32_t segments, uint32_t align, uint32_t bin, uint32_t bin_end,
                       uint32_t visits, uint32_t *ret_place)
{
    uint32_t shortest = UINT32_MAX;
    uint32_t chunk = VAS_CHUNKS;
    uint32_t place = VAS_MODEL_NONE;

    while ((chunk = next_chunk(chunk, segments, bin, bin_end)) != VAS_CHUNKS) {
        if (visits-- == 0)
            return false;
        uint32_t length = fit_in_chunk(chunk, segments, align, &place);

        if (length < shortest) {
            shortest = length;
            *ret_place = place;
        }
        /* The last bin takes runs of many lengths: there all are compared. */
        if (shortest != UINT32_MAX && bin_of(vas_model.longest[chunk]) != VAS_BINS - 1u)
            return true;
    }
    return true;
}

/* The request without any wish: the chunk decides whose longest run is the shortest that fits. */
static uint32_t place_plain(uint32_t segments)
{
    uint32_t best = VAS_CHUNKS;
    uint32_t place = VAS_MODEL_NONE;

    for (uint32_t i = 0; i < vas_model.filed_count; i++) {
        uint32_t chunk = vas_model.filed[i];

        if (vas_model.longest[chunk] < segments)
            continue;
        if (best == VAS_CHUNKS || vas_model.longest[chunk] < vas_model.longest[best] ||
            (vas_model.longest[chunk] == vas_model.longest[best] && is_before(chunk, best)))
            best = chunk;
    }
    if (best != VAS_CHUNKS)
        (void)fit_in_chunk(best, segments, 1, &place);
    return place;
}

/* With an alignment every run of a chunk is looked at. */
static uint32_t place_aligned(uint32_t segments, uint32_t align)
{
    uint32_t place = VAS_MODEL_NONE;
    uint32_t certain = bin_of(segments + align - 1u);
    bool seen = ask_chunks(segments, align, bin_of(segments), certain, VISITS_MAX, &place);

    if (place == VAS_MODEL_NONE)
        ask_chunks(segments, align, certain, VAS_BINS, VAS_CHUNKS, &place);
    if (place != VAS_MODEL_NONE || seen)
        return place;
    for (place = 0; place + segments <= LA_SEGMENTS; place += align)
        if (vas_model_next_used(place) >= place + segments)
            return place;
    return VAS_MODEL_NONE;
}

static uint32_t place_lowest(uint32_t segments, uint32_t align, uint32_t first, uint32_t end)
{
    uint32_t place = align_up(first, align);

    while (place + segments <= end) {
        uint32_t used = vas_model_next_used(place);

        if (used >= place + segments)
            return place;
        place = align_up(used + 1u, align);
    }
    return VAS_MODEL_NONE;
}

static uint32_t place_highest(uint32_t segments, uint32_t align, uint32_t first, uint32_t end)
{
    while (end >= segments && end - segments >= first) {
        uint32_t place = (end - segments) / align * align;
        uint32_t free_from = vas_model_run_start(place + segments);

        if (place < first)
            return VAS_MODEL_NONE;
        if (free_from <= place)
            return place;
        end = free_from - 1u; /* the segment before is used */
    }
    return VAS_MODEL_NONE;
}

/* The shortest run that reaches into the window and has a place there, the lowest of equals. */
static uint32_t place_best_in_window(uint32_t segments, uint32_t align, uint32_t first,
                                     uint32_t end)
{
    uint32_t shortest = UINT32_MAX;
    uint32_t best = VAS_MODEL_NONE;

    for (uint32_t run = vas_model_run_start(first); run < end;) {
        uint32_t run_end = vas_model_next_used(run);
        uint32_t place = align_up(run > first ? run : first, align);

        if (run_end - run < shortest && place + segments <= (run_end < end ? run_end : end)) {
            shortest = run_end - run;
            best = place;
        }
        run = run_end + 1u;
    }
    return best;
}

static bool is_valid(const struct vas_request *request)
{
    if (request->segments == 0 || request->segments > LA_SEGMENTS || request->align_log2 > 16u)
        return false;
    if ((uint32_t)request->state > VAS_STACK || (uint32_t)request->placement > VAS_FIXED)
        return false;
    if (request->window_first > LA_SEGMENTS || request->window_end > LA_SEGMENTS)
        return false;
    return request->window_end == 0 || request->window_first < request->window_end;
}

static enum la_status place_fixed(const struct vas_request *request, uint32_t *ret_first)
{
    uint32_t first = request->window_first;

    if (first % (1u << request->align_log2) != 0)
        return LA_BAD_ARGUMENT;
    if (first < vas_model.first_segment || first >= vas_model.end_segment ||
        request->segments > vas_model.end_segment - first ||
        vas_model_next_used(first) < first + request->segments)
        return LA_IN_USE;
    *ret_first = first;
    return LA_OK;
}

enum la_status vas_model_place(const struct vas_request *request, uint32_t *ret_first)
{
    uint32_t first = request->window_first;
    uint32_t end = request->window_end;
    uint32_t segments = request->segments;
    uint32_t align;
    uint32_t place;

    if (!is_valid(request))
        return LA_BAD_ARGUMENT;
    if (request->placement == VAS_FIXED)
        return place_fixed(request, ret_first);

    align = 1u << request->align_log2;
    if (first < vas_model.first_segment)
        first = vas_model.first_segment;
    if (end == 0 || end > vas_model.end_segment)
        end = vas_model.end_segment;
    if (request->placement == VAS_LOWEST)
        place = place_lowest(segments, align, first, end);
    else if (request->placement == VAS_HIGHEST)
        place = place_highest(segments, align, first, end);
    else if (request->align_log2 == 0 && request->window_first == 0 && request->window_end == 0)
        place = place_plain(segments);
    else if (first > vas_model.first_segment || end < vas_model.end_segment)
        place = place_best_in_window(segments, align, first, end);
    else
        place = place_aligned(segments, align);
    if (place == VAS_MODEL_NONE)
        return LA_NO_SPACE;
    *ret_first = place;
    return LA_OK;
}
