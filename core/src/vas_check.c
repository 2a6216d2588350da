/* SPDX-License-Identifier: 0BSD */
/* The VAS seen by its auditor: figures counted from the planes, and every redundancy of the index
 * compared with them, segment by segment and without the index's own short cuts.
 */
#include "vas_private.h"

static uint32_t state_of(const struct vas *vas, uint32_t segment)
{
    return (uint32_t)vas_state(vas, la_segment_va(segment));
}

/* Length of the free run from `segment` to its end, counted one by one. */
static uint32_t count_free(const struct vas *vas, uint32_t segment)
{
    uint32_t length = 0;

    while (segment + length < LA_SEGMENTS && state_of(vas, segment + length) == VAS_FREE)
        length++;
    return length;
}

void vas_stats(const struct vas *vas, struct vas_stats *ret_stats)
{
    struct vas_stats stats = { 0 };
    uint32_t unmanaged = LA_SEGMENTS - vas->end_segment + vas->first_segment;

    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        const struct vas_chunk *c = &vas->chunk[chunk];
        uint32_t free = vas_chunk_own_free(vas, chunk);

        stats.free_segments += bits_count(~(c->low | c->high));
        stats.reserved_segments += bits_count(c->low & ~c->high);
        stats.committed_segments += bits_count(c->high & ~c->low);
        stats.stack_segments += bits_count(c->high & c->low);
        stats.regions += bits_count(c->head);
        stats.free_runs += bits_count(free & ~(free << 1));
        if (vas->longest[chunk] > stats.largest_free_run_segments)
            stats.largest_free_run_segments = vas->longest[chunk];
    }
    stats.reserved_segments -= unmanaged;
    stats.regions -= vas->end_segment < LA_SEGMENTS ? 2u : 1u;
    *ret_stats = stats;
}

static const char *check_regions(const struct vas *vas)
{
    uint32_t free = 0;

    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        bool managed = segment >= vas->first_segment && segment < vas->end_segment;
        uint32_t state = state_of(vas, segment);
        bool head = ((vas->chunk[segment / 32u].head >> (segment % 32u)) & 1u) != 0;

        if (!managed && state != VAS_RESERVED)
            return "a segment outside the managed range is not reserved";
        if (head && state == VAS_FREE)
            return "a free segment is marked as the first of a region";
        if (!head && state != VAS_FREE && state_of(vas, segment - 1u) == VAS_FREE)
            return "a used segment belongs to no region";
        if (!head && state == VAS_STACK && state_of(vas, segment - 1u) != VAS_STACK)
            return "a region is a stack only in part";
        free += state == VAS_FREE;
    }
    return free == vas->free_segments ? NULL : "the count of free segments is wrong";
}

static const char *check_runs(const struct vas *vas)
{
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        uint32_t longest = 0;

        for (uint32_t i = 0; i < VAS_CHUNK_SEGMENTS; i++) {
            uint32_t segment = chunk * VAS_CHUNK_SEGMENTS + i;
            uint32_t length;

            if (segment == 0 || state_of(vas, segment) != VAS_FREE ||
                state_of(vas, segment - 1u) == VAS_FREE)
                continue;
            length = count_free(vas, segment);
            longest = length > longest ? length : longest;
        }
        if (vas->longest[chunk] != longest)
            return "a chunk's longest run is wrong";
    }
    return NULL;
}

static const char *check_used_bits(const struct vas *vas)
{
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        uint32_t bit = (vas->used_mask[chunk / 32u] >> (chunk % 32u)) & 1u;

        if (bit != (vas_chunk_used(vas, chunk) != 0))
            return "the 'chunk has a used segment' bitmap is wrong";
    }
    for (uint32_t word = 0; word < sizeof vas->used_mask / sizeof vas->used_mask[0]; word++) {
        uint32_t bit = (vas->used_words[word / 32u] >> (word % 32u)) & 1u;

        if (bit != (vas->used_mask[word] != 0))
            return "the summary of used chunks is wrong";
    }
    return NULL;
}

static const char *check_bins(const struct vas *vas)
{
    uint32_t listed = 0;
    uint32_t filed = 0;

    for (uint32_t bin = 0; bin < VAS_BINS; bin++) {
        uint32_t bit = (vas->bin_mask[bin / 32u] >> (bin % 32u)) & 1u;
        uint32_t prev = VAS_NO_CHUNK;
        uint32_t chunk = vas->bin_first[bin];

        if (bit != (chunk != VAS_NO_CHUNK))
            return "the bitmap of bins is wrong";
        for (; chunk != VAS_NO_CHUNK; chunk = vas->chunk[chunk].next) {
            if (chunk > VAS_NO_CHUNK || ++listed > VAS_CHUNKS)
                return "a bin's list is not a list";
            if (vas->chunk[chunk].prev != prev)
                return "a bin's list has a wrong back link";
            if (vas->longest[chunk] == 0 || vas_bin_of(vas->longest[chunk]) != bin)
                return "a chunk is in the wrong bin";
            prev = chunk;
        }
    }
    for (uint32_t word = 0; word < VAS_BINS / 32u; word++) {
        if (((vas->bin_words >> word) & 1u) != (vas->bin_mask[word] != 0))
            return "the summary of bins is wrong";
    }
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++)
        filed += vas->longest[chunk] != 0;
    return filed == listed ? NULL : "a chunk with a free run is in no bin";
}

const char *vas_check(const struct vas *vas)
{
    const char *broken = check_regions(vas);

    if (broken == NULL)
        broken = check_runs(vas);
    if (broken == NULL)
        broken = check_used_bits(vas);
    if (broken == NULL)
        broken = check_bins(vas);
    return broken;
}
