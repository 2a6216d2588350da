/* SPDX-License-Identifier: 0BSD */
/* The VAS's public calls: check the arguments, search or look, then mark. Every call decides before
 * it changes anything, so an error leaves the VAS as it was.
 */
#include "vas_private.h"

_Static_assert(LA_SEGMENTS != 65536u || sizeof(struct vas) <= 40960u, "state and summary");
_Static_assert(VAS_CHUNKS < 65536u, "chunk numbers and 'none' are 16-bit numbers");

static bool is_head(const struct vas *vas, uint32_t segment)
{
    const struct vas_chunk *chunk = &vas->chunk[vas_chunk_of(segment)];

    return ((chunk->head >> (segment % VAS_CHUNK_SEGMENTS)) & 1u) != 0;
}

static void set_head(struct vas *vas, uint32_t segment)
{
    vas->chunk[vas_chunk_of(segment)].head |= 1u << (segment % VAS_CHUNK_SEGMENTS);
}

static void clear_head(struct vas *vas, uint32_t segment)
{
    vas->chunk[vas_chunk_of(segment)].head &= ~(1u << (segment % VAS_CHUNK_SEGMENTS));
}

uint32_t vas_region_first(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t heads = vas->chunk[chunk].head & ~bits_from(segment % VAS_CHUNK_SEGMENTS + 1u);

    while (heads == 0) {
        LA_ASSERT(chunk != 0); /* segment 0 is a head */
        heads = vas->chunk[--chunk].head;
    }
    return chunk * VAS_CHUNK_SEGMENTS + bits_highest(heads);
}

LA_REGISTER_CALL uint32_t vas_region_end_from_chunk(const struct vas *vas, uint32_t chunk)
{
    for (; chunk < VAS_CHUNKS; chunk++) {
        uint32_t ends = vas->chunk[chunk].head | ~vas_chunk_used(vas, chunk);

        if (ends != 0)
            return chunk * VAS_CHUNK_SEGMENTS + bits_lowest(ends);
    }
    return LA_SEGMENTS;
}

/* Whether a region of this VAS begins at exactly `base`; segments outside the range never do. */
static bool is_region_base(const struct vas *vas, va32_t base)
{
    uint32_t segment = la_segment_of(base);

    return (base & (LA_SEGMENT_BYTES - 1u)) == 0 && segment >= vas->first_segment &&
           segment < vas->end_segment && is_head(vas, segment);
}

void vas_init(struct vas *vas, uint32_t first_segment, uint32_t end_segment)
{
    LA_ASSERT(first_segment < end_segment);
    LA_ASSERT(end_segment <= LA_SEGMENTS);
    if (first_segment == 0)
        first_segment = 1; /* 0 means "no address", and no run is ever 65,536 segments long */

    vas->first_segment = first_segment;
    vas->end_segment = end_segment;
    vas->free_segments = end_segment - first_segment;
    vas_index_init(vas);

    /* What is not managed looks like somebody else's regions, so that no run and no region of ours
     * ever reaches into it.
     */
    vas_mark(vas, 0, LA_SEGMENTS, VAS_RESERVED);
    set_head(vas, 0);
    if (end_segment < LA_SEGMENTS)
        set_head(vas, end_segment);
    vas_index_update(vas, 1, LA_SEGMENTS);
    if (first_segment == end_segment)
        return;
    vas_mark(vas, first_segment, end_segment, VAS_FREE);
    vas_index_update(vas, first_segment, end_segment);
}

static void take(struct vas *vas, uint32_t first, uint32_t segments, enum vas_state state)
{
    vas_mark(vas, first, first + segments, state);
    vas_index_update(vas, first, first + segments);
    vas->free_segments -= segments;
}

/* The same for the first segments of a run. */
static inline void take_from(struct vas *vas, const struct vas_fit *fit, uint32_t segments,
                             enum vas_state state)
{
    vas_mark(vas, fit->first, fit->first + segments, state);
    vas_index_cut(vas, fit, fit->first + segments);
    vas->free_segments -= segments;
}

static void give_back(struct vas *vas, uint32_t first, uint32_t segments)
{
    vas_mark(vas, first, first + segments, VAS_FREE);
    vas_index_join(vas, first, first + segments);
    vas->free_segments += segments;
}

/* The most frequent wish: a place anywhere. */
static inline bool is_plain(const struct vas_request *request)
{
    return (request->align_log2 | request->window_first | request->window_end |
            (uint32_t)request->placement) == 0 &&
           request->segments - 1u < LA_SEGMENTS && (uint32_t)request->state <= VAS_STACK;
}

static bool is_valid_request(const struct vas_request *request)
{
    return request->segments != 0 && request->segments <= LA_SEGMENTS &&
           request->align_log2 <= 16u && (uint32_t)request->state <= VAS_STACK &&
           (uint32_t)request->placement <= VAS_FIXED && request->window_first <= LA_SEGMENTS &&
           request->window_end <= LA_SEGMENTS &&
           (request->window_end == 0 || request->window_first < request->window_end);
}

/* The wanted place if all of it is managed and free, else LA_SEGMENTS. */
static uint32_t fixed_place(const struct vas *vas, const struct vas_request *request)
{
    uint32_t first = request->window_first;

    if (first < vas->first_segment || first >= vas->end_segment ||
        request->segments > vas->end_segment - first ||
        vas_next_used(vas, first) < first + request->segments)
        return LA_SEGMENTS;
    return first;
}

/* Where a request that is not plain has its place. */
static enum la_status find_place(const struct vas *vas, const struct vas_request *request,
                                 uint32_t *ret_first)
{
    if (!is_valid_request(request))
        return LA_BAD_ARGUMENT;
    if (request->placement == VAS_FIXED) {
        if ((request->window_first & ((1u << request->align_log2) - 1u)) != 0)
            return LA_BAD_ARGUMENT;
        *ret_first = fixed_place(vas, request);
        return *ret_first == LA_SEGMENTS ? LA_IN_USE : LA_OK;
    }
    *ret_first = vas_search(vas, request);
    return *ret_first == LA_SEGMENTS ? LA_NO_SPACE : LA_OK;
}

LA_REGISTER_CALL enum la_status vas_reserve(struct vas *vas, const struct vas_request *request,
                                            va32_t *ret_base)
{
    enum vas_state state = request->state == VAS_FREE ? VAS_RESERVED : request->state;
    struct vas_fit fit;

    if (is_plain(request)) {
        if (!vas_search_best(vas, request->segments, &fit))
            return LA_NO_SPACE;
        take_from(vas, &fit, request->segments, state);
    } else {
        enum la_status status = find_place(vas, request, &fit.first);

        if (status != LA_OK)
            return status;
        take(vas, fit.first, request->segments, state);
    }
    set_head(vas, fit.first);
    *ret_base = la_segment_va(fit.first);
    return LA_OK;
}

LA_REGISTER_CALL enum la_status vas_release(struct vas *vas, va32_t base)
{
    uint32_t first = la_segment_of(base);

    if (!is_region_base(vas, base))
        return LA_BAD_ADDRESS;
    clear_head(vas, first);
    give_back(vas, first, vas_region_end(vas, first) - first);
    return LA_OK;
}

enum la_status vas_resize(struct vas *vas, va32_t base, uint32_t segments)
{
    uint32_t first = la_segment_of(base);
    uint32_t end;
    uint32_t length;

    if (!is_region_base(vas, base))
        return LA_BAD_ADDRESS;
    if (segments == 0)
        return LA_BAD_ARGUMENT;

    end = vas_region_end(vas, first);
    length = end - first;
    if (segments < length)
        give_back(vas, first + segments, length - segments);
    if (segments <= length)
        return LA_OK;

    if (segments > vas->end_segment - first || vas_next_used(vas, end) < first + segments)
        return LA_NO_SPACE;
    take(vas, end, segments - length, vas_state(vas, la_segment_va(end - 1u)));
    return LA_OK;
}

/* Set the state of a range inside one region, if it is one of the two that may be changed. */
static enum la_status change_state(struct vas *vas, va32_t va, uint32_t segments,
                                   enum vas_state state)
{
    uint32_t first = la_segment_of(va);

    if (segments == 0 || (va & (LA_SEGMENT_BYTES - 1u)) != 0 ||
        first >= LA_SEGMENTS /* only in a small geometry */ || segments > LA_SEGMENTS - first)
        return LA_BAD_ARGUMENT;
    if (first < vas->first_segment || first >= vas->end_segment || !vas_is_used(vas, first) ||
        vas_region_end(vas, first) - first < segments)
        return LA_BAD_ADDRESS;
    if (vas_state(vas, va) == VAS_STACK)
        return LA_BAD_STATE; /* a region is a stack as a whole or not at all */
    vas_mark(vas, first, first + segments, state);
    return LA_OK;
}

enum la_status vas_commit(struct vas *vas, va32_t va, uint32_t segments)
{
    return change_state(vas, va, segments, VAS_COMMITTED);
}

enum la_status vas_decommit(struct vas *vas, va32_t va, uint32_t segments)
{
    return change_state(vas, va, segments, VAS_RESERVED);
}

bool vas_query(const struct vas *vas, va32_t va, struct vas_region *ret_region)
{
    uint32_t segment = la_segment_of(va);
    uint32_t first;
    uint32_t end;

    if (segment < vas->first_segment || segment >= vas->end_segment)
        return false;
    if (vas_is_used(vas, segment)) {
        first = vas_region_first(vas, segment);
        end = vas_region_end(vas, segment);
    } else {
        first = vas_run_start(vas, segment);
        end = vas_next_used(vas, segment);
    }
    *ret_region = (struct vas_region){ .first_segment = first,
                                       .segments = end - first,
                                       .state = vas_state(vas, va) };
    return true;
}

bool vas_next_region(const struct vas *vas, uint32_t *cursor, struct vas_region *ret_region)
{
    uint32_t first = *cursor > vas->first_segment ? *cursor : vas->first_segment;

    /* The cursor may point into what was a region and is free by now. */
    while (first < vas->end_segment && !is_head(vas, first)) {
        uint32_t chunk = vas_chunk_of(first);
        uint32_t heads = vas->chunk[chunk].head & bits_from(first % VAS_CHUNK_SEGMENTS);

        first = chunk * VAS_CHUNK_SEGMENTS + (heads != 0 ? bits_lowest(heads) : VAS_CHUNK_SEGMENTS);
    }
    if (first >= vas->end_segment)
        return false;

    *ret_region = (struct vas_region){ .first_segment = first,
                                       .segments = vas_region_end(vas, first) - first,
                                       .state = vas_state(vas, la_segment_va(first)) };
    *cursor = first + ret_region->segments;
    return true;
}
