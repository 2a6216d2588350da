/* SPDX-License-Identifier: 0BSD */
/* The heap beside its model: each call first by what holds for any heap (place, size, overlap,
 * honest failures), then by the exact model (address, calls below, counts).
 */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/heap_private.h"
#include "events.h"
#include "facts.h"
#include "heap_model.h"
#include "heap_spy.h"
#include "oracle.h"
#include "spies.h"
#include "vas_model.h"

#include <string.h>

#define WALK_BLOCKS_MAX 8u
#define WALK_CHUNKS_MAX 8u

static struct heap_facts facts[HEAP_MODELS];
static uint32_t facts_end; /* those from here on are not in use */
static bool drifted;       /* the core went its own way in this run, and who would say so is off */

struct heap_facts *heap_facts_of(const struct heap *heap)
{
    for (uint32_t i = 0; i < facts_end; i++)
        if (facts[i].heap == heap)
            return &facts[i];
    return NULL;
}

const struct heap *heap_at(uint32_t place)
{
    return place < facts_end ? facts[place].heap : NULL;
}

/* -- What holds for any heap ------------------------------------------------------------------- */

static void live(struct heap *heap, va32_t va, uint32_t usable)
{
    struct heap_facts *of = heap_facts_of(heap);

    facts_take(va, usable);
    of->hash += facts_hash(va, usable);
    of->live_blocks++;
    of->live_bytes += usable;
}

static void dead(struct heap *heap, va32_t va, uint32_t usable)
{
    struct heap_facts *of = heap_facts_of(heap);

    facts_give(va, usable);
    of->hash -= facts_hash(va, usable);
    of->live_blocks--;
    of->live_bytes -= usable;
}

/* Whether to walk the heap after a refusal. Where it is long, the end of the run does so, and what
 * a refused call would have touched is compared at once anyway.
 */
static bool is_walk_due(const struct heap *heap)
{
    return spies_depth == SPIES_ALL ||
           (VAS_CHUNKS <= WALK_CHUNKS_MAX && heap_facts_of(heap)->live_blocks <= WALK_BLOCKS_MAX);
}

/* A walk that was wrong before is no matter of the refusal. */
static void compare_after_refusal(const struct heap *heap)
{
    if (is_walk_due(heap))
        heap_compare_live(heap, heap_facts_of(heap)->walk_is_wrong ? I18_LIVE : I20_STRONG);
}

/* A call on `heap` begins. Where oracles are off the run may go on with a wrong walk. */
static void begin(const struct heap *heap)
{
    if (oracle_off != 0 && is_walk_due(heap))
        heap_compare_live(heap, I18_LIVE);
    events_begin();
}

/* Whether a refusal has a reason. */
static void check_refusal(const struct heap *heap, uint32_t bytes, enum la_status status)
{
    bool huge = bytes / LA_SEGMENT_BYTES >= LA_SEGMENTS - 1u;

    if (status == LA_NO_MEMORY)
        ORACLE(I19_FALSE_FAILURE, events_refused_memory(),
               "%u bytes are refused for want of memory that was never refused", bytes);
    else if (status == LA_NO_SPACE)
        ORACLE(I19_FALSE_FAILURE, events_refused_space() || huge,
               "%u bytes are refused for want of addresses that were never refused", bytes);
    else
        ORACLE(I19_FALSE_FAILURE, false, "%u bytes are refused with status %d", bytes, status);
    compare_after_refusal(heap);
}

/* -- Comparing with the exact model ------------------------------------------------------------ */

bool heap_is_exact(void)
{
    return !drifted && !events_lost();
}

/* The call is over, and its model if there still is one. */
static void end(const char *call)
{
    if (drifted) {
        events_drop();
        return;
    }
    events_end(call);
    drifted = events_lost();
}

/* The core's other heaps are none of this call's business. */
static void compare_frames(const struct heap *heap)
{
    for (uint32_t i = 0; i < facts_end; i++) {
        if (!facts[i].heap)
            continue;
        uint32_t frame = heap_frame(facts[i].heap);

        ORACLE(I04_FRAME, facts[i].heap == heap || frame == facts[i].frame,
               "a call on another heap changed a heap");
        facts[i].frame = frame;
    }
}

static void compare_address(const char *call, const struct heap *heap, va32_t va, va32_t expected,
                            enum la_status error)
{
    end(call);
    if (!heap_is_exact())
        return;
    if (va == 0 && expected != 0)
        oracle_broken(I19_FALSE_FAILURE, "%s is refused (%d) where 0x%x is free", call, heap->error,
                      expected);
    else
        ORACLE(I24_EXACT, va == expected, "%s answers 0x%x, expected 0x%x", call, va, expected);
    if (va != expected)
        drifted = true;
    else if (va == 0)
        ORACLE(I25_REFUSAL, heap->error == error, "%s sets error %d, expected %d", call,
               heap->error, error);
}

/* The map's word and the pages of the segment that `va` lies in. */
static void compare_segment(const struct heap *heap, va32_t va)
{
    uint32_t number = va / LA_SEGMENT_BYTES;
    const struct segment_model *segment;
    const struct heap_segment *entry;

    if (!heap_is_exact() || number == 0 || number >= LA_SEGMENTS)
        return;
    segment = &segment_model[number];
    if (!segment->owner || segment->owner->heap != heap)
        return;
    entry = heap_entry(heap, number);
    ORACLE(I15_SOUND, entry->heap == heap && entry->bias == segment_base(segment) + heap->key,
           "segment %u is not entered as this heap's", number);
    if (entry->heap != heap || segment->kind == SEGMENT_LARGE)
        return;
    if (segment->kind == SEGMENT_RETAINED)
        heap_compare_no_map(segment, entry);
    ORACLE(I13_PAGES, entry->pages == segment->pages, "segment %u has pages %04x, expected %04x",
           number, entry->pages, segment->pages);
    if (segment->kind != SEGMENT_BUCKET)
        return;
    ORACLE(I07_BUCKET, entry->bucket == segment->bucket, "segment %u is of bucket %u, expected %u",
           number, entry->bucket, segment->bucket);

    uint32_t word = va % LA_SEGMENT_BYTES / block_bytes(segment->owner, segment->bucket) / 32u;

    if (word < map_words(block_bytes(segment->owner, segment->bucket)))
        ORACLE(I17_MAP, heap_map_const(entry)[word] == segment->live[word],
               "blocks %u to %u of segment %u are live as %08x, expected %08x", word * 32u,
               word * 32u + 31u, number, heap_map_const(entry)[word], segment->live[word]);
}

void spies_compare_heap(const struct heap *heap)
{
    const struct heap_model *model = heap_model_of(heap);

    spies_compare_pages();
    if (!heap_is_exact())
        return;
    ORACLE(I13_PAGES,
           heap->pages == model->pages && heap->large_pages == model->large_pages &&
               heap->empty_pages == model->empty_pages && heap->pages_peak == model->pages_peak &&
               heap->segments == model->segments,
           "the heap counts %u pages, %u large, %u empty, %u at its peak and %u segments; expected "
           "%u, %u, %u, %u and %u",
           heap->pages, heap->large_pages, heap->empty_pages, heap->pages_peak, heap->segments,
           model->pages, model->large_pages, model->empty_pages, model->pages_peak,
           model->segments);
    ORACLE(I13_PAGES, heap->space->pages == space_model.pages,
           "%u pages of metadata are counted, expected %u", heap->space->pages, space_model.pages);
    ORACLE(I24_EXACT, heap->trim_at_pages == model->trim_at_pages,
           "the heap's budget is %u pages, expected %u", heap->trim_at_pages, model->trim_at_pages);
}

void spies_compare_pages(void)
{
    uint32_t pages = spies_stack_pages();
    const struct heap_space *space = NULL;

    for (uint32_t i = 0; i < facts_end; i++)
        if (facts[i].heap) {
            space = facts[i].heap->space;
            pages += facts[i].heap->pages;
        }
    if (!space)
        return;
    pages += space->pages;
    ORACLE(I13_PAGES, pages == spies_committed_pages,
           "heaps, metadata and stacks count %u pages, %u are committed", pages,
           spies_committed_pages);
}

static void compare_after(const struct heap *heap, va32_t va)
{
    spies_compare_heap(heap);
    compare_frames(heap);
    if (va != 0)
        compare_segment(heap, va);
    if (spies_depth != SPIES_ALL)
        return;
    spies_compare_entries();
    spies_compare_heap_blocks(heap);
}

/* -- Allocating -------------------------------------------------------------------------------- */

/* Take an allocation's answer; `align_log2` is -1 where none was asked for. */
static va32_t accept(struct heap *heap, const char *call, va32_t va, uint32_t bytes, int align_log2,
                     va32_t expected)
{
    struct heap_model *model = heap_model_of(heap);
    uint32_t least_log2 = align_log2 > 3 ? (uint32_t)align_log2 : 3u;

    if (va == 0) {
        if (least_log2 <= LA_SEGMENT_SHIFT || heap->error != LA_BAD_ARGUMENT)
            check_refusal(heap, bytes, heap->error);
    } else {
        uint32_t usable = heap_usable(heap, va);

        bool inside = heap_check_block(va, bytes, usable, least_log2);

        heap_check_bucket(heap, va, bytes, usable, align_log2 >= 0);
        if (inside)
            live(heap, va, usable);
    }
    compare_address(call, heap, va, expected, model->error);
    compare_after(heap, va);
    return va;
}

va32_t spied_heap_alloc(struct heap *heap, uint32_t bytes)
{
    begin(heap);
    va32_t va = heap_alloc(heap, bytes);

    return accept(heap, "heap_alloc()", va, bytes, -1,
                  heap_is_exact() ? heap_model_alloc(heap_model_of(heap), bytes) : 0);
}

/* A zeroed block reads as zero, every byte of it: as far as the pages go that anybody looks at. */
static void check_zero(va32_t va, uint32_t bytes)
{
    const uint8_t *host = (const uint8_t *)(spies_host_base() + va);

    if (va == 0 || bytes == 0 || !spies_committed[va / LA_PAGE_BYTES] ||
        !spies_committed[(va + bytes - 1u) / LA_PAGE_BYTES])
        return;
    ORACLE(I10_ZERO, host[0] == 0 && memcmp(host, host + 1, bytes - 1u) == 0,
           "the zeroed block at 0x%x of %u bytes is not", va, bytes);
}

va32_t spied_heap_alloc_zeroed(struct heap *heap, uint32_t bytes)
{
    begin(heap);
    va32_t va = heap_alloc_zeroed(heap, bytes);

    accept(heap, "heap_alloc_zeroed()", va, bytes, -1,
           heap_is_exact() ? heap_model_alloc(heap_model_of(heap), bytes) : 0);
    check_zero(va, bytes);
    return va;
}

va32_t spied_heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2)
{
    begin(heap);
    va32_t va = heap_alloc_aligned(heap, bytes, align_log2);

    return accept(heap, "heap_alloc_aligned()", va, bytes, (int)align_log2,
                  heap_is_exact() ? heap_model_alloc_aligned(heap_model_of(heap), bytes, align_log2)
                                  : 0);
}

/* -- Giving back ------------------------------------------------------------------------------- */

enum la_status spied_heap_free(struct heap *heap, va32_t va)
{
    uint32_t usable = heap_usable(heap, va);
    enum la_status expected = LA_OK;

    begin(heap);
    enum la_status status = heap_free(heap, va);

    if (heap_is_exact())
        expected = heap_model_free(heap_model_of(heap), va);
    end("heap_free()");
    if (heap_is_exact() && status != expected) {
        oracle_broken(I25_REFUSAL, "heap_free() of 0x%x answers %d, expected %d", va, status,
                      expected);
        if (status == LA_OK || expected == LA_OK)
            drifted = true;
    }
    ORACLE(I25_REFUSAL, (status == LA_OK) == (usable != 0 || va == 0),
           "heap_free() of 0x%x answers %d, where %u bytes are usable", va, status, usable);
    if (status == LA_OK && usable != 0)
        dead(heap, va, usable);
    else
        compare_after_refusal(heap);
    compare_after(heap, va);
    return status;
}

va32_t spied_heap_realloc(struct heap *heap, va32_t va, uint32_t bytes)
{
    uint32_t usable = heap_usable(heap, va);
    va32_t expected = 0;

    begin(heap);
    va32_t moved = heap_realloc(heap, va, bytes);

    if (heap_is_exact())
        expected = heap_model_realloc(heap_model_of(heap), va, bytes);
    if (moved == 0 && va != 0 && usable == 0)
        ORACLE(I25_REFUSAL, heap->error == LA_BAD_ADDRESS || heap->error == LA_DOUBLE_FREE,
               "heap_realloc() of 0x%x sets error %d", va, heap->error);
    else if (moved == 0)
        check_refusal(heap, bytes, heap->error);
    if (moved != 0) {
        uint32_t now = heap_usable(heap, moved);

        if (va != 0)
            dead(heap, va, usable);
        if (heap_check_block(moved, bytes, now, 3))
            live(heap, moved, now);
    }
    compare_address("heap_realloc()", heap, moved, expected, heap_model_of(heap)->error);
    compare_after(heap, moved);
    return moved;
}

uint32_t spied_heap_usable(const struct heap *heap, va32_t va)
{
    enum la_status status;
    uint32_t usable = heap_usable(heap, va);

    if (heap_is_exact())
        ORACLE(I18_LIVE, usable == heap_model_usable(heap_model_of(heap), va, &status),
               "heap_usable() of 0x%x answers %u", va, usable);
    return usable;
}

uint32_t spied_heap_trim(struct heap *heap)
{
    uint32_t before = spies_committed_pages;
    uint32_t expected = 0;

    begin(heap);
    uint32_t pages = heap_trim(heap);

    if (heap_is_exact())
        expected = heap_model_trim(heap_model_of(heap));
    end("heap_trim()");
    ORACLE(I13_PAGES, pages == before - spies_committed_pages,
           "heap_trim() answers %u pages and gave back %u", pages, before - spies_committed_pages);
    if (heap_is_exact())
        ORACLE(I24_EXACT, pages == expected, "heap_trim() gives back %u pages, expected %u", pages,
               expected);
    compare_after(heap, 0);
    return pages;
}

/* -- Coming and going -------------------------------------------------------------------------- */

enum la_status spied_heap_space_init(struct heap_space *space, struct vas *vas,
                                     const struct la_port *port)
{
    events_begin();
    enum la_status status = heap_space_init(space, vas, spies_port(port));
    uint32_t segments = la_segments_up(LA_SEGMENTS * 8u);
    va32_t table_va = 0;

    (void)events_reserve(segments, VAS_COMMITTED, &table_va);
    events_end("heap_space_init()");
    if (status == LA_OK)
        heap_model_reset(table_va);
    facts_end = 0;
    return status;
}

void spied_heap_space_destroy(struct heap_space *space)
{
    events_begin();
    heap_space_destroy(space);
    events_drop();
    memset(&space_model, 0, sizeof space_model);
}

void spies_open_heap(const struct heap *heap)
{
    struct heap_facts *of = heap_facts_of(NULL);

    if (!of)
        of = &facts[facts_end++];
    *of = (struct heap_facts){ .heap = heap, .frame = heap_frame(heap) };
}

enum la_status spied_heap_init(struct heap *heap, struct heap_space *space,
                               const struct bucket_table *buckets, const struct heap_policy *policy)
{
    /* No policy is the same as one that leaves all to the defaults: heaps take turns. */
    bool is_default = policy->retain_pages_min + policy->retain_shift + policy->trim_shift == 0;
    enum la_status status =
        heap_init(heap, space, buckets, is_default && facts_end % 2u == 1u ? NULL : policy);

    if (status != LA_OK || (!heap_facts_of(NULL) && facts_end == HEAP_MODELS))
        return status;
    heap_model_open(heap, buckets, policy);
    spies_open_heap(heap);
    spies_compare_heap(heap);
    return status;
}

void spied_heap_destroy(struct heap *heap)
{
    struct heap_facts *of = heap_facts_of(heap);
    struct heap_model *model = heap_model_of(heap);
    struct heap_block block;
    va32_t cursor = 0;

    if (heap->segments != 0 || of->live_blocks != 0)
        heap_compare_live(heap, I18_LIVE);
    while (of->live_blocks != 0 && heap_next_block(heap, &cursor, &block))
        facts_give(block.va, block.bytes);
    events_begin();
    heap_destroy(heap);
    events_drop();
    heap_model_close(model);
    of->heap = NULL;
    spies_compare_pages();
    spies_compare_vas(false);
}

void spies_reset_heaps(void)
{
    drifted = false;
    facts_end = 0;
    facts_reset();
    heap_model_reset(space_model.table_va);
}
