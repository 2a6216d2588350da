/* SPDX-License-Identifier: 0BSD */
/* The summary over the VAS bitmap: bins of chunks by longest free run, and two levels of "has a
 * used segment". Only a run's two ends ever matter: a change inside [first, end) can alter the
 * longest run of at most three chunks (the run's head, the first changed and the first after the
 * change).
 */
#include "vas_private.h"

static void unlink_chunk(struct vas *vas, uint32_t chunk, uint32_t bin)
{
    uint32_t next = vas->chunk[chunk].next;
    uint32_t prev = vas->chunk[chunk].prev;

    if (next != VAS_NO_CHUNK)
        vas->chunk[next].prev = (uint16_t)prev;
    if (prev != VAS_NO_CHUNK) {
        vas->chunk[prev].next = (uint16_t)next;
        return;
    }
    vas->bin_first[bin] = (uint16_t)next;
    if (next != VAS_NO_CHUNK)
        return;
    vas->bin_mask[bin / 32u] &= ~(1u << (bin % 32u));
    if (vas->bin_mask[bin / 32u] == 0)
        vas->bin_words &= ~(1u << (bin / 32u));
}

static void link_chunk(struct vas *vas, uint32_t chunk, uint32_t bin)
{
    uint32_t next = vas->bin_first[bin];

    vas->chunk[chunk].next = (uint16_t)next;
    vas->chunk[chunk].prev = (uint16_t)VAS_NO_CHUNK;
    if (next != VAS_NO_CHUNK)
        vas->chunk[next].prev = (uint16_t)chunk;
    vas->bin_first[bin] = (uint16_t)chunk;
    vas->bin_mask[bin / 32u] |= 1u << (bin % 32u);
    vas->bin_words |= 1u << (bin / 32u);
}

/* Length of the longest run that begins in `chunk`. */
static uint32_t longest_run(const struct vas *vas, uint32_t chunk)
{
    uint32_t free = vas_chunk_own_free(vas, chunk);
    uint32_t longest;
    uint32_t past;
    uint32_t tail;

    longest = bits_longest_row(free);
    if (free >> (VAS_CHUNK_SEGMENTS - 1u) == 0)
        return longest;

    /* The last run goes on into the chunks that follow. */
    past = (chunk + 1u) * VAS_CHUNK_SEGMENTS;
    tail = free == BITS_ALL ? VAS_CHUNK_SEGMENTS : (uint32_t)__builtin_clz(~free);
    tail += vas_next_used(vas, past) - past;
    return tail > longest ? tail : longest;
}

/* File `chunk` under its longest run of now. */
static void refit(struct vas *vas, uint32_t chunk)
{
    uint32_t before = vas->longest[chunk];
    uint32_t now = longest_run(vas, chunk);
    uint32_t bin_before = vas_bin_of(before);
    uint32_t bin_now = vas_bin_of(now);

    if (before == now)
        return;
    vas->longest[chunk] = (uint16_t)now;
    if (bin_before == bin_now)
        return;
    if (before != 0)
        unlink_chunk(vas, chunk, bin_before);
    if (now != 0)
        link_chunk(vas, chunk, bin_now);
}

/* A chunk has used segments now and had none, or the other way round. */
static void flip_used_bit(struct vas *vas, uint32_t chunk)
{
    uint32_t word = chunk / 32u;

    vas->used_mask[word] ^= 1u << (chunk % 32u);
    if (vas->used_mask[word] != 0)
        vas->used_words[word / 32u] |= 1u << (word % 32u);
    else
        vas->used_words[word / 32u] &= ~(1u << (word % 32u));
}

/* First chunk at or after `chunk` with a used segment; VAS_NO_CHUNK if there is none. */
static uint32_t next_used_chunk(const struct vas *vas, uint32_t chunk)
{
    const uint32_t words = (VAS_CHUNKS + 31u) / 32u;
    uint32_t word = chunk / 32u;
    uint32_t found;

    if (word >= words)
        return VAS_NO_CHUNK;
    found = vas->used_mask[word] & bits_from(chunk % 32u);
    if (found != 0)
        return word * 32u + bits_lowest(found);

    word++;
    for (uint32_t group = word / 32u; group < (words + 31u) / 32u; group++) {
        found = vas->used_words[group] & (group == word / 32u ? bits_from(word % 32u) : BITS_ALL);
        if (found != 0) {
            word = group * 32u + bits_lowest(found);
            return word * 32u + bits_lowest(vas->used_mask[word]);
        }
    }
    return VAS_NO_CHUNK;
}

/* Last chunk before `chunk` with a used segment. There is one: segment 0 is always used. */
static uint32_t previous_used_chunk(const struct vas *vas, uint32_t chunk)
{
    uint32_t word = chunk / 32u;
    uint32_t found = chunk % 32u != 0 ? vas->used_mask[word] & ~bits_from(chunk % 32u) : 0u;
    uint32_t group;

    if (found != 0)
        return word * 32u + bits_highest(found);

    group = word / 32u;
    found = word % 32u != 0 ? vas->used_words[group] & ~bits_from(word % 32u) : 0u;
    while (found == 0) {
        LA_ASSERT(group != 0);
        found = vas->used_words[--group];
    }
    word = group * 32u + bits_highest(found);
    return word * 32u + bits_highest(vas->used_mask[word]);
}

uint32_t vas_next_used(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t used;

    if (segment >= LA_SEGMENTS)
        return LA_SEGMENTS;
    used = vas_chunk_used(vas, chunk) & bits_from(segment % VAS_CHUNK_SEGMENTS);
    if (used == 0) {
        chunk = next_used_chunk(vas, chunk + 1u);
        if (chunk == VAS_NO_CHUNK)
            return LA_SEGMENTS;
        used = vas_chunk_used(vas, chunk);
    }
    return chunk * VAS_CHUNK_SEGMENTS + bits_lowest(used);
}

uint32_t vas_run_start(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t bit = segment % VAS_CHUNK_SEGMENTS;
    uint32_t used = bit != 0 ? vas_chunk_used(vas, chunk) & ~bits_from(bit) : 0u;

    if (used == 0) {
        chunk = previous_used_chunk(vas, chunk);
        used = vas_chunk_used(vas, chunk);
    }
    return chunk * VAS_CHUNK_SEGMENTS + bits_highest(used) + 1u;
}

/* Give the segments of `mask` in one chunk a state. */
static inline void mark_in_chunk(struct vas *vas, uint32_t chunk, uint32_t mask,
                                 enum vas_state state)
{
    struct vas_chunk *c = &vas->chunk[chunk];
    bool was_used = (c->low | c->high) != 0;

    c->low = ((uint32_t)state & 1u) != 0 ? c->low | mask : c->low & ~mask;
    c->high = ((uint32_t)state & 2u) != 0 ? c->high | mask : c->high & ~mask;
    if (was_used != ((c->low | c->high) != 0))
        flip_used_bit(vas, chunk);
}

void vas_mark(struct vas *vas, uint32_t first, uint32_t end, enum vas_state state)
{
    uint32_t chunk = vas_chunk_of(first);
    uint32_t bit = first % VAS_CHUNK_SEGMENTS;
    uint32_t count = end - first;

    if (bit + count <= VAS_CHUNK_SEGMENTS) { /* the frequent case */
        mark_in_chunk(vas, chunk, BITS_ALL >> (VAS_CHUNK_SEGMENTS - count) << bit, state);
        return;
    }
    mark_in_chunk(vas, chunk, BITS_ALL << bit, state);
    while (++chunk < vas_chunk_of(end))
        mark_in_chunk(vas, chunk, BITS_ALL, state);
    if (end % VAS_CHUNK_SEGMENTS != 0)
        mark_in_chunk(vas, chunk, ~bits_from(end % VAS_CHUNK_SEGMENTS), state);
}

void vas_index_init(struct vas *vas)
{
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        vas->chunk[chunk] = (struct vas_chunk){ 0 };
        vas->longest[chunk] = 0;
    }
    for (uint32_t bin = 0; bin < VAS_BINS; bin++) {
        vas->bin_first[bin] = (uint16_t)VAS_NO_CHUNK;
        vas->bin_mask[bin / 32u] = 0;
    }
    vas->bin_words = 0;
    for (uint32_t word = 0; word < sizeof vas->used_mask / sizeof vas->used_mask[0]; word++) {
        vas->used_mask[word] = 0;
        vas->used_words[word / 32u] = 0;
    }
}

void vas_index_update(struct vas *vas, uint32_t first, uint32_t end)
{
    uint32_t chunk_first = vas_chunk_of(first);
    uint32_t chunk_after = vas_chunk_of(end);

    if (!vas_is_used(vas, first - 1u)) {
        uint32_t chunk_head = vas_chunk_of(vas_run_start(vas, first));

        if (chunk_head != chunk_first)
            refit(vas, chunk_head);
    }
    refit(vas, chunk_first);
    if (chunk_after != chunk_first && chunk_after < VAS_CHUNKS)
        refit(vas, chunk_after);
}
