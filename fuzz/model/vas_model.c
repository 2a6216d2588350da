/* SPDX-License-Identifier: 0BSD */
/* The model of the address space: what each call does to the bytes. Placement is in vas_place.c. */
#include "vas_model.h"

#include <string.h>

struct vas_bytes *vas_model_now;

/* Whether a segment is used. */
static bool is_used(uint32_t segment)
{
    return vas_model.state[segment] != VAS_FREE;
}

uint32_t vas_model_next_used(uint32_t segment)
{
    uint32_t chunk = segment / VAS_CHUNK_SEGMENTS;
    uint32_t word;

    if (segment >= LA_SEGMENTS)
        return LA_SEGMENTS;
    if (is_used(segment))
        return segment;
    word = vas_model.used[chunk] & UINT32_MAX << segment % VAS_CHUNK_SEGMENTS;
    while (word == 0 && ++chunk < VAS_CHUNKS) {
        if (chunk % 32u == 0 && vas_model.any_used[chunk / 32u] == 0)
            chunk += 31u;
        else
            word = vas_model.used[chunk];
    }
    return word == 0 ? LA_SEGMENTS : chunk * VAS_CHUNK_SEGMENTS + (uint32_t)__builtin_ctz(word);
}

uint32_t vas_model_run_start(uint32_t segment)
{
    uint32_t chunk = segment / VAS_CHUNK_SEGMENTS;
    uint32_t word = 0;

    if (segment == 0 || is_used(segment - 1u))
        return segment;
    if (chunk < VAS_CHUNKS)
        word = vas_model.used[chunk] & ~(UINT32_MAX << segment % VAS_CHUNK_SEGMENTS);
    while (word == 0 && chunk > 0) {
        if (chunk % 32u == 0 && vas_model.any_used[chunk / 32u - 1u] == 0)
            chunk -= 32u;
        else
            word = vas_model.used[--chunk];
    }
    return word == 0 ? 0 : chunk * VAS_CHUNK_SEGMENTS + 32u - (uint32_t)__builtin_clz(word);
}

static void note_touch(uint32_t chunk_first, uint32_t chunk_end)
{
    if (chunk_first < vas_model.touched_first)
        vas_model.touched_first = chunk_first;
    if (chunk_end > vas_model.touched_end)
        vas_model.touched_end = chunk_end;
}

static void note_change(uint32_t chunk_first, uint32_t chunk_end)
{
    if (chunk_first < vas_model.changed_first)
        vas_model.changed_first = chunk_first;
    if (chunk_end > vas_model.changed_end)
        vas_model.changed_end = chunk_end;
    note_touch(chunk_first, chunk_end);
}

static uint32_t longest_run(uint32_t chunk)
{
    uint32_t longest = 0;
    uint32_t segment = chunk * VAS_CHUNK_SEGMENTS;
    uint32_t end = segment + VAS_CHUNK_SEGMENTS;

    if (segment != 0 && !is_used(segment) && !is_used(segment - 1u))
        segment = vas_model_next_used(segment); /* begins in an earlier chunk */
    while (segment < end) {
        uint32_t run_end = vas_model_next_used(segment);

        if (run_end - segment > longest)
            longest = run_end - segment;
        segment = run_end + 1u;
    }
    return longest;
}

static uint32_t bin_of(uint32_t run)
{
    return run < VAS_BINS - 1u ? run : VAS_BINS - 1u;
}

static void list_chunk(uint32_t chunk, bool listed)
{
    uint32_t *place = &vas_model.place_in_filed[chunk];

    if (listed == (*place != 0))
        return;
    if (listed) {
        vas_model.filed[vas_model.filed_count++] = chunk;
        *place = vas_model.filed_count;
        return;
    }
    uint32_t last = vas_model.filed[--vas_model.filed_count];

    vas_model.filed[*place - 1u] = last;
    vas_model.place_in_filed[last] = *place;
    *place = 0;
}

static void file_chunk(uint32_t chunk)
{
    uint32_t before = vas_model.longest[chunk];
    uint32_t now = longest_run(chunk);

    note_touch(chunk, chunk + 1u);
    vas_model.longest[chunk] = now;
    list_chunk(chunk, now != 0);
    if (bin_of(before) != bin_of(now))
        vas_model.filed_at[chunk] = ++vas_model.clock;
}

static void note_used(uint32_t chunk)
{
    uint32_t bit = UINT32_C(1) << chunk % 32u;
    uint32_t *any = &vas_model.any_used[chunk / 32u];

    vas_model.used[chunk] = vas_model.planes[chunk][0] | vas_model.planes[chunk][1];
    *any = vas_model.used[chunk] != 0 ? *any | bit : *any & ~bit;
}

static void paint(uint32_t first, uint32_t end, enum vas_state state)
{
    memset(&vas_model.state[first], (int)state, end - first);
    for (uint32_t segment = first; segment < end; segment++) {
        uint32_t *planes = vas_model.planes[segment / VAS_CHUNK_SEGMENTS];
        uint32_t bit = UINT32_C(1) << segment % VAS_CHUNK_SEGMENTS;

        planes[0] = ((uint32_t)state & 1u) != 0 ? planes[0] | bit : planes[0] & ~bit;
        planes[1] = ((uint32_t)state & 2u) != 0 ? planes[1] | bit : planes[1] & ~bit;
    }
    for (uint32_t chunk = first / VAS_CHUNK_SEGMENTS; chunk <= (end - 1u) / VAS_CHUNK_SEGMENTS;
         chunk++)
        note_used(chunk);
    note_change(first / VAS_CHUNK_SEGMENTS, (end - 1u) / VAS_CHUNK_SEGMENTS + 1u);
}

static void set_start(uint32_t segment, bool starts)
{
    uint32_t bit = UINT32_C(1) << segment % VAS_CHUNK_SEGMENTS;
    uint32_t *head = &vas_model.planes[segment / VAS_CHUNK_SEGMENTS][2];

    vas_model.starts[segment] = starts;
    *head = starts ? *head | bit : *head & ~bit;
}

/* File again every chunk whose longest run may be another one after a change of [first, end): that
 * of a run which reaches it from below, those inside, and the one after it. Upwards.
 */
static void file_around(uint32_t first, uint32_t end)
{
    uint32_t run = vas_model_run_start(first) / VAS_CHUNK_SEGMENTS;

    if (run != first / VAS_CHUNK_SEGMENTS)
        file_chunk(run);
    for (uint32_t chunk = first / VAS_CHUNK_SEGMENTS;
         chunk <= end / VAS_CHUNK_SEGMENTS && chunk < VAS_CHUNKS; chunk++)
        file_chunk(chunk);
}

void vas_model_init(uint32_t first_segment, uint32_t end_segment)
{
    memset(&vas_model, 0, sizeof vas_model);
    if (first_segment == 0)
        first_segment = 1;
    vas_model.first_segment = first_segment;
    vas_model.end_segment = end_segment;
    vas_model.free_segments = end_segment - first_segment;
    vas_model.starts[LA_SEGMENTS] = 1;
    paint(0, LA_SEGMENTS, VAS_RESERVED);
    set_start(0, true);
    if (end_segment < LA_SEGMENTS)
        set_start(end_segment, true);
    if (first_segment < end_segment) {
        paint(first_segment, end_segment, VAS_FREE);
        file_around(first_segment, end_segment);
    }
    vas_model.changed_first = vas_model.touched_first = VAS_CHUNKS;
    vas_model.changed_end = vas_model.touched_end = 0;
}

void vas_model_take(uint32_t first, uint32_t segments, enum vas_state state)
{
    paint(first, first + segments, state);
    set_start(first, true);
    vas_model.free_segments -= segments;
    vas_model.regions++;
    file_around(first, first + segments);
}

uint32_t vas_model_length(uint32_t first)
{
    uint32_t end = first + 1u;

    while (end < LA_SEGMENTS && is_used(end) && !vas_model.starts[end])
        end++;
    return end - first;
}

static void give_back(uint32_t first, uint32_t segments)
{
    paint(first, first + segments, VAS_FREE);
    vas_model.free_segments += segments;
    file_around(first, first + segments);
}

void vas_model_end(uint32_t first)
{
    uint32_t segments = vas_model_length(first);

    set_start(first, false);
    vas_model.regions--;
    give_back(first, segments);
}

bool vas_model_is_base(va32_t base)
{
    uint32_t segment = base / LA_SEGMENT_BYTES;

    return base % LA_SEGMENT_BYTES == 0 && segment >= vas_model.first_segment &&
           segment < vas_model.end_segment && vas_model.starts[segment];
}

enum la_status vas_model_resize(va32_t base, uint32_t segments)
{
    uint32_t first = base / LA_SEGMENT_BYTES;

    if (!vas_model_is_base(base))
        return LA_BAD_ADDRESS;
    if (segments == 0)
        return LA_BAD_ARGUMENT;

    uint32_t length = vas_model_length(first);

    if (segments < length)
        give_back(first + segments, length - segments);
    if (segments <= length)
        return LA_OK;
    if (segments > vas_model.end_segment - first ||
        vas_model_next_used(first + length) < first + segments)
        return LA_NO_SPACE;
    paint(first + length, first + segments, (enum vas_state)vas_model.state[first + length - 1u]);
    vas_model.free_segments -= segments - length;
    file_around(first + length, first + segments);
    return LA_OK;
}

enum la_status vas_model_mark(va32_t va, uint32_t segments, enum vas_state state)
{
    uint32_t first = va / LA_SEGMENT_BYTES;

    if (segments == 0 || va % LA_SEGMENT_BYTES != 0 || first >= LA_SEGMENTS ||
        segments > LA_SEGMENTS - first)
        return LA_BAD_ARGUMENT;
    if (first < vas_model.first_segment || first >= vas_model.end_segment)
        return LA_BAD_ADDRESS;
    for (uint32_t segment = first; segment < first + segments; segment++)
        if (!is_used(segment) || (segment > first && vas_model.starts[segment]))
            return LA_BAD_ADDRESS;
    if (vas_model.state[first] == VAS_STACK)
        return LA_BAD_STATE;
    paint(first, first + segments, state);
    return LA_OK;
}

void vas_model_follow(const struct vas *vas)
{
    vas_model.regions = 0;
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        const struct vas_chunk *chunk = &vas->chunk[segment / VAS_CHUNK_SEGMENTS];
        bool managed = segment >= vas_model.first_segment && segment < vas_model.end_segment;

        vas_model.state[segment] = (uint8_t)vas_state(vas, segment * LA_SEGMENT_BYTES);
        vas_model.starts[segment] = chunk->head >> segment % VAS_CHUNK_SEGMENTS & 1u;
        vas_model.regions += managed && vas_model.starts[segment];
    }
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        vas_model.planes[chunk][0] = vas->chunk[chunk].low;
        vas_model.planes[chunk][1] = vas->chunk[chunk].high;
        vas_model.planes[chunk][2] = vas->chunk[chunk].head;
        note_used(chunk);
    }
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++)
        file_chunk(chunk);
    vas_model.free_segments = vas->free_segments;
    vas_model.followed = true;
}

bool vas_model_query(va32_t va, struct vas_region *ret_region)
{
    uint32_t segment = va / LA_SEGMENT_BYTES;
    uint32_t first = segment;

    if (segment < vas_model.first_segment || segment >= vas_model.end_segment)
        return false;
    if (is_used(segment)) {
        while (!vas_model.starts[first] && first != 0)
            first--;
        *ret_region = (struct vas_region){ first, vas_model_length(first),
                                           (enum vas_state)vas_model.state[segment] };
        return true;
    }
    first = vas_model_run_start(segment);
    *ret_region = (struct vas_region){ first, vas_model_next_used(segment) - first, VAS_FREE };
    return true;
}

void vas_model_stats(struct vas_stats *ret_stats)
{
    struct vas_stats stats = { 0 };
    uint32_t counts[4] = { 0 };

    for (uint32_t segment = vas_model.first_segment; segment < vas_model.end_segment; segment++) {
        counts[vas_model.state[segment]]++;
        stats.regions += vas_model.starts[segment];
        if (!is_used(segment) && is_used(segment - 1u))
            stats.free_runs++;
    }
    for (uint32_t i = 0; i < vas_model.filed_count; i++)
        if (vas_model.longest[vas_model.filed[i]] > stats.largest_free_run_segments)
            stats.largest_free_run_segments = vas_model.longest[vas_model.filed[i]];
    stats.free_segments = counts[VAS_FREE];
    stats.reserved_segments = counts[VAS_RESERVED];
    stats.committed_segments = counts[VAS_COMMITTED];
    stats.stack_segments = counts[VAS_STACK];
    *ret_stats = stats;
}
