/* SPDX-License-Identifier: 0BSD */
/* The VAS beside its model: each call's status and address, then the planes. */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_vas.h"

#include "events.h"
#include "oracle.h"
#include "spies.h"
#include "vas_model.h"

#include <string.h>

const struct vas *spies_vas;
enum spies_depth spies_depth;

/* -- Comparing --------------------------------------------------------------------------------- */

/* Damage that was told of, by an oracle that is off, is not told again by another one. */
static bool is_known(uint32_t chunk, const uint32_t *wrong)
{
    uint32_t *damage = vas_model.damage[chunk];
    bool known = true;

    for (uint32_t plane = 0; plane < 3; plane++) {
        known &= (wrong[plane] & ~damage[plane]) == 0;
        damage[plane] = wrong[plane];
    }
    return known;
}

static void compare_chunk(uint32_t chunk, enum oracle id)
{
    const struct vas_chunk *real = &spies_vas->chunk[chunk];
    const uint32_t *planes = vas_model.planes[chunk];
    const uint32_t wrong[3] = { real->low ^ planes[0], real->high ^ planes[1],
                                real->head ^ planes[2] };

    if ((wrong[0] | wrong[1] | wrong[2]) == 0 || is_known(chunk, wrong))
        return;
    oracle_broken(id, "segments %u to %u are low %08x high %08x head %08x, expected %08x %08x %08x",
                  chunk * VAS_CHUNK_SEGMENTS, chunk * VAS_CHUNK_SEGMENTS + VAS_CHUNK_SEGMENTS - 1u,
                  real->low, real->high, real->head, planes[0], planes[1], planes[2]);
}

void spies_compare_vas(bool everything)
{
    for (uint32_t chunk = vas_model.changed_first; chunk < vas_model.changed_end; chunk++)
        compare_chunk(chunk, I03_STATES);
    for (uint32_t chunk = 0; everything && chunk < VAS_CHUNKS; chunk++)
        if (chunk < vas_model.changed_first || chunk >= vas_model.changed_end)
            compare_chunk(chunk, I04_FRAME);
    vas_model.changed_first = VAS_CHUNKS;
    vas_model.changed_end = 0;
    ORACLE(I05_FREE_SEGMENTS, spies_vas->free_segments == vas_model.free_segments,
           "%u segments are counted as free, expected %u", spies_vas->free_segments,
           vas_model.free_segments);
}

static void compare_stats(void)
{
    struct vas_stats real;
    struct vas_stats model;

    vas_stats(spies_vas, &real);
    vas_model_stats(&model);
    ORACLE(I05_FREE_SEGMENTS,
           real.free_segments == model.free_segments &&
               real.reserved_segments == model.reserved_segments &&
               real.committed_segments == model.committed_segments &&
               real.stack_segments == model.stack_segments && real.regions == model.regions &&
               real.free_runs == model.free_runs &&
               real.largest_free_run_segments == model.largest_free_run_segments,
           "vas_stats() answers %u %u %u %u segments, %u regions, %u runs up to %u; expected "
           "%u %u %u %u, %u, %u up to %u",
           real.free_segments, real.reserved_segments, real.committed_segments, real.stack_segments,
           real.regions, real.free_runs, real.largest_free_run_segments, model.free_segments,
           model.reserved_segments, model.committed_segments, model.stack_segments, model.regions,
           model.free_runs, model.largest_free_run_segments);
}

static void compare_query(uint32_t segment)
{
    struct vas_region real = { 0 };
    struct vas_region model = { 0 };
    bool found = vas_query(spies_vas, segment * LA_SEGMENT_BYTES, &real);

    ORACLE(I05_FREE_SEGMENTS,
           found == vas_model_query(segment * LA_SEGMENT_BYTES, &model) &&
               real.first_segment == model.first_segment && real.segments == model.segments &&
               real.state == model.state,
           "vas_query() of segment %u answers %u + %u in state %u, expected %u + %u in state %u",
           segment, real.first_segment, real.segments, real.state, model.first_segment,
           model.segments, model.state);
}

void spies_compare_vas_figures(void)
{
    struct vas_region region;
    uint32_t cursor = 0;
    uint32_t segment = 0;
    uint32_t walked = 0;

    compare_stats();
    while (vas_next_region(spies_vas, &cursor, &region)) {
        while (segment < LA_SEGMENTS &&
               (segment < vas_model.first_segment || !vas_model.starts[segment]))
            segment++;
        ORACLE(I05_FREE_SEGMENTS, region.first_segment == segment,
               "vas_next_region() answers segment %u, expected %u", region.first_segment, segment);
        compare_query(region.first_segment);
        compare_query(region.first_segment + region.segments - 1u);
        segment = region.first_segment + region.segments;
        walked++;
        if (walked > LA_SEGMENTS)
            break;
    }
    ORACLE(I05_FREE_SEGMENTS, walked == vas_model.regions, "%u regions are walked, expected %u",
           walked, vas_model.regions);
    compare_query(0);
    compare_query(LA_SEGMENTS - 1u);
    const char *broken = vas_check(spies_vas);

    ORACLE(I15_SOUND, !broken, "vas_check(): %s", broken);
}

/* After a call that began with so many free segments. */
static void compare_after(enum la_status status, const char *call, uint32_t free_segments)
{
    bool everything = VAS_CHUNKS <= 8u || spies_depth == SPIES_ALL;

    if (status != LA_OK)
        ORACLE(I20_STRONG, spies_vas->free_segments == free_segments,
               "%s failed and changed the count of free segments", call);
    spies_compare_vas(everything);
    if (spies_depth == SPIES_ALL)
        spies_compare_vas_figures();
}

/* Statuses differ: a failure where a run exists, or another answer than the contract's. */
static void compare_status(const char *call, enum la_status real, enum la_status model)
{
    if (real == model)
        return;
    if (model == LA_OK)
        oracle_broken(I19_FALSE_FAILURE, "%s answers %d although it can be done", call, real);
    else
        oracle_broken(I25_REFUSAL, "%s answers %d, expected %d", call, real, model);
    if (real == LA_OK || model == LA_OK)
        vas_model_follow(spies_vas);
}

/* -- The calls --------------------------------------------------------------------------------- */

void spied_vas_init(struct vas *vas, uint32_t first_segment, uint32_t end_segment)
{
    vas_init(vas, first_segment, end_segment);
    if (vas != spies_vas)
        return;
    vas_model_init(first_segment, end_segment);
    spies_compare_vas(true);
}

/* The place by what holds for every policy. */
static bool check_place(const struct vas_request *request, uint32_t first)
{
    bool inside = first >= vas_model.first_segment && first != 0 && first < vas_model.end_segment &&
                  request->segments <= vas_model.end_segment - first;

    ORACLE(I01_PLACE, inside, "%u segments at %u are outside of [%u, %u)", request->segments, first,
           vas_model.first_segment, vas_model.end_segment);
    ORACLE(I01_PLACE, first % (1u << request->align_log2) == 0,
           "segment %u is not a multiple of 2^%u", first, request->align_log2);
    if (!inside)
        return false;

    bool is_free = vas_model_next_used(first) >= first + request->segments;

    ORACLE(I02_WAS_FREE, is_free, "%u segments at %u were handed out, %u is in use",
           request->segments, first, vas_model_next_used(first));
    return is_free;
}

#define UNTOUCHED 0x5a5a5a5au

/* The same request with a state or a placement that is none. */
static void check_nonsense(struct vas *vas, const struct vas_request *request)
{
    struct vas_request wrong_state = *request;
    struct vas_request wrong_place = *request;
    va32_t base = UNTOUCHED;

    wrong_state.state = (enum vas_state)(VAS_STACK + 1);
    wrong_place.placement = (enum vas_placement)(VAS_FIXED + 1);
    ORACLE(I25_REFUSAL, vas_reserve(vas, &wrong_state, &base) == LA_BAD_ARGUMENT,
           "vas_reserve() takes a state that is none");
    ORACLE(I25_REFUSAL, vas_reserve(vas, &wrong_place, &base) == LA_BAD_ARGUMENT,
           "vas_reserve() takes a placement that is none");
    ORACLE(I20_STRONG, base == UNTOUCHED, "vas_reserve() failed and wrote its answer");
}

enum la_status spied_vas_reserve(struct vas *vas, const struct vas_request *request,
                                 va32_t *ret_base)
{
    enum vas_state state = request->state == VAS_FREE ? VAS_RESERVED : request->state;
    uint32_t free_segments = vas->free_segments;
    va32_t base = UNTOUCHED; /* what is behind ret_base need not be set, so a mark of ours is */
    enum la_status expected;
    uint32_t first = 0;

    if (spies_depth == SPIES_ALL)
        check_nonsense(vas, request);
    enum la_status status = vas_reserve(vas, request, &base);

    if (status == LA_OK)
        *ret_base = base;
    if (vas != spies_vas)
        return status;
    events_note(EVENT_RESERVE, status, state, status == LA_OK ? *ret_base : 0, request->segments);
    expected = vas_model_place(request, &first);
    if (status != LA_OK) {
        compare_status("vas_reserve()", status, expected);
        ORACLE(I20_STRONG, base == UNTOUCHED, "vas_reserve() failed and wrote its answer");
        compare_after(status, "vas_reserve()", free_segments);
        return status;
    }
    bool is_good = check_place(request, *ret_base / LA_SEGMENT_BYTES);

    ORACLE(I24_EXACT,
           *ret_base == first * LA_SEGMENT_BYTES || expected != LA_OK || vas_model.followed,
           "vas_reserve() of %u segments answers segment %u, expected %u", request->segments,
           *ret_base / LA_SEGMENT_BYTES, first);
    if (!is_good)
        vas_model_follow(spies_vas);
    else if (status == expected)
        vas_model_take(*ret_base / LA_SEGMENT_BYTES, request->segments, state);
    compare_status("vas_reserve()", status, expected);
    compare_after(status, "vas_reserve()", free_segments);
    return status;
}

/* The addresses of a region go: its memory must have gone before. */
static void check_backed(uint32_t first, uint32_t segments)
{
    const uint8_t *pages = &spies_committed[first * LA_PAGES_PER_SEGMENT];
    bool backed =
        pages[0] != 0 || memcmp(pages, pages + 1, segments * LA_PAGES_PER_SEGMENT - 1u) != 0;

    ORACLE(I14_OWNER, !backed, "segments %u to %u are given back with committed pages", first,
           first + segments - 1u);
}

enum la_status spied_vas_release(struct vas *vas, va32_t base)
{
    enum la_status expected = vas_model_is_base(base) ? LA_OK : LA_BAD_ADDRESS;
    uint32_t free_segments = vas->free_segments;
    enum la_status status = vas_release(vas, base);

    if (vas != spies_vas)
        return status;
    events_note(EVENT_RELEASE, status, VAS_FREE, base, 0);
    if (status == LA_OK && expected == LA_OK) {
        check_backed(base / LA_SEGMENT_BYTES, vas_model_length(base / LA_SEGMENT_BYTES));
        vas_model_end(base / LA_SEGMENT_BYTES);
    }
    compare_status("vas_release()", status, expected);
    compare_after(status, "vas_release()", free_segments);
    return status;
}

enum la_status spied_vas_resize(struct vas *vas, va32_t base, uint32_t segments)
{
    uint32_t before =
        vas == spies_vas && vas_model_is_base(base) ? vas_model_length(base / LA_SEGMENT_BYTES) : 0;
    uint32_t free_segments = vas->free_segments;
    enum la_status status = vas_resize(vas, base, segments);

    if (vas != spies_vas)
        return status;
    events_note(EVENT_RESIZE, status, VAS_FREE, base, segments);
    compare_status("vas_resize()", status, vas_model_resize(base, segments));
    if (status == LA_OK && segments < before)
        check_backed(base / LA_SEGMENT_BYTES + segments, before - segments);
    compare_after(status, "vas_resize()", free_segments);
    return status;
}

static enum la_status mark(struct vas *vas, va32_t va, uint32_t segments, enum vas_state state)
{
    uint32_t free_segments = vas->free_segments;
    enum la_status status =
        state == VAS_COMMITTED ? vas_commit(vas, va, segments) : vas_decommit(vas, va, segments);

    if (vas != spies_vas)
        return status;
    enum la_status expected = vas_model_mark(va, segments, state);

    compare_status(state == VAS_COMMITTED ? "vas_commit()" : "vas_decommit()", status, expected);
    compare_after(status, "vas_commit()", free_segments);
    return status;
}

enum la_status spied_vas_commit(struct vas *vas, va32_t va, uint32_t segments)
{
    return mark(vas, va, segments, VAS_COMMITTED);
}

enum la_status spied_vas_decommit(struct vas *vas, va32_t va, uint32_t segments)
{
    return mark(vas, va, segments, VAS_RESERVED);
}

bool spied_vas_query(const struct vas *vas, va32_t va, struct vas_region *ret_region)
{
    struct vas_region region = { 0 };
    bool found = vas_query(vas, va, ret_region);

    if (vas != spies_vas)
        return found;
    ORACLE(I05_FREE_SEGMENTS,
           found == vas_model_query(va, &region) &&
               (!found ||
                (ret_region->first_segment == region.first_segment &&
                 ret_region->segments == region.segments && ret_region->state == region.state)),
           "vas_query() of 0x%x answers another region than segment %u + %u", va,
           region.first_segment, region.segments);
    return found;
}

/* -- The end ----------------------------------------------------------------------------------- */

void spies_compare_empty(const struct vas *initial)
{
    bool same = spies_vas->free_segments == initial->free_segments &&
                spies_vas->bin_words == initial->bin_words &&
                memcmp(spies_vas->longest, initial->longest, sizeof initial->longest) == 0 &&
                memcmp(spies_vas->bin_first, initial->bin_first, sizeof initial->bin_first) == 0 &&
                memcmp(spies_vas->bin_mask, initial->bin_mask, sizeof initial->bin_mask) == 0 &&
                memcmp(spies_vas->used_mask, initial->used_mask, sizeof initial->used_mask) == 0 &&
                memcmp(spies_vas->used_words, initial->used_words, sizeof initial->used_words) == 0;

    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++)
        same &= spies_vas->chunk[chunk].low == initial->chunk[chunk].low &&
                spies_vas->chunk[chunk].high == initial->chunk[chunk].high &&
                spies_vas->chunk[chunk].head == initial->chunk[chunk].head;
    ORACLE(I26_ALL_RETURNED, same,
           "the address space is not as in the beginning: %u free segments, "
           "expected %u",
           spies_vas->free_segments, initial->free_segments);
    ORACLE(I26_ALL_RETURNED, spies_committed_pages == 0, "%u pages are still committed",
           spies_committed_pages);
}
