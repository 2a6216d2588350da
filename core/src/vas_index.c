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

/* File `chunk` under a longest run of `now` segments. */
static void file(struct vas *vas, uint32_t chunk, uint32_t now)
{
    uint32_t before = vas->longest[chunk];
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

LA_REGISTER_CALL void vas_flip_used_bit(struct vas *vas, uint32_t chunk)
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

LA_REGISTER_CALL uint32_t vas_used_from_chunk(const struct vas *vas, uint32_t chunk)
{
    chunk = next_used_chunk(vas, chunk);
    if (chunk == VAS_NO_CHUNK)
        return LA_SEGMENTS;
    return chunk * VAS_CHUNK_SEGMENTS + bits_lowest(vas_chunk_used(vas, chunk));
}

LA_REGISTER_CALL uint32_t vas_run_start_before_chunk(const struct vas *vas, uint32_t chunk)
{
    chunk = previous_used_chunk(vas, chunk);
    return chunk * VAS_CHUNK_SEGMENTS + bits_highest(vas_chunk_used(vas, chunk)) + 1u;
}

void vas_mark_chunks(struct vas *vas, uint32_t first, uint32_t end, enum vas_state state)
{
    uint32_t chunk = vas_chunk_of(first);

    vas_mark_in_chunk(vas, chunk, BITS_ALL << (first % VAS_CHUNK_SEGMENTS), state);
    while (++chunk < vas_chunk_of(end))
        vas_mark_in_chunk(vas, chunk, BITS_ALL, state);
    if (end % VAS_CHUNK_SEGMENTS != 0)
        vas_mark_in_chunk(vas, chunk, ~bits_from(end % VAS_CHUNK_SEGMENTS), state);
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
            file(vas, chunk_head, longest_run(vas, chunk_head));
    }
    file(vas, chunk_first, longest_run(vas, chunk_first));
    if (chunk_after != chunk_first && chunk_after < VAS_CHUNKS)
        file(vas, chunk_after, longest_run(vas, chunk_after));
}

static inline uint32_t longer(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

LA_REGISTER_CALL void vas_index_cut(struct vas *vas, const struct vas_fit *fit, uint32_t end)
{
    uint32_t chunk = vas_chunk_of(fit->first);
    uint32_t chunk_after = vas_chunk_of(end);
    uint32_t left = fit->end - end;

    if (chunk == chunk_after) {
        file(vas, chunk, longer(fit->rest, left));
        return;
    }
    file(vas, chunk, fit->rest);
    if (left != 0)
        file(vas, chunk_after, longer(vas->longest[chunk_after], left));
}

LA_REGISTER_CALL void vas_index_join(struct vas *vas, uint32_t first, uint32_t end)
{
    uint32_t start = vas_run_start(vas, first);
    uint32_t run_end = vas_next_used(vas, end);
    uint32_t chunk = vas_chunk_of(start);
    uint32_t chunk_after = vas_chunk_of(end);

    file(vas, chunk, longer(vas->longest[chunk], run_end - start));
    /* The run that followed is part of this one now, and may have been its chunk's longest. */
    if (run_end != end && chunk_after != chunk && vas->longest[chunk_after] == run_end - end)
        file(vas, chunk_after, longest_run(vas, chunk_after));
}
