/* SPDX-License-Identifier: 0BSD */
/* The bitmap of owned grains. */
#include "facts.h"

#include "oracle.h"

#include <string.h>

#define GRAINS_PER_WORD  32u
#define GRAINS_A_SEGMENT (LA_SEGMENT_BYTES / BUCKET_GRAIN_BYTES)
#define WORDS            (LA_SEGMENTS * (GRAINS_A_SEGMENT / GRAINS_PER_WORD))

static uint32_t owned[WORDS];
static uint32_t owned_first = WORDS; /* words [first, end) may be set */
static uint32_t owned_end;

/* Set or clear whole words; answers whether any was not as it had to be. */
static bool change_words(uint32_t *word, uint32_t words, bool take)
{
    uint32_t expected = take ? 0u : UINT32_MAX;
    uint32_t differs = 0;

    for (uint32_t i = 0; i < words; i++)
        differs |= word[i] ^ expected;
    memset(word, take ? 0xff : 0, words * sizeof *word);
    return differs != 0;
}

/* The same for the bits [first, end). */
static bool change(uint32_t first, uint32_t end, bool take)
{
    bool wrong = false;

    while (first < end && first % GRAINS_PER_WORD == 0 && end - first >= GRAINS_PER_WORD) {
        uint32_t words = (end - first) / GRAINS_PER_WORD;

        wrong |= change_words(&owned[first / GRAINS_PER_WORD], words, take);
        first += words * GRAINS_PER_WORD;
    }
    while (first < end) {
        uint32_t word = first / GRAINS_PER_WORD;
        uint32_t bit = first % GRAINS_PER_WORD;
        uint32_t count = GRAINS_PER_WORD - bit < end - first ? GRAINS_PER_WORD - bit : end - first;
        uint32_t mask = UINT32_MAX >> (GRAINS_PER_WORD - count) << bit;

        wrong |= (owned[word] & mask) != (take ? 0u : mask);
        owned[word] = take ? owned[word] | mask : owned[word] & ~mask;
        first += count;
    }
    return wrong;
}

void facts_take(va32_t va, uint32_t bytes)
{
    uint32_t first = va / BUCKET_GRAIN_BYTES;
    uint32_t end = first + (bytes + BUCKET_GRAIN_BYTES - 1u) / BUCKET_GRAIN_BYTES;

    if (end > WORDS * GRAINS_PER_WORD)
        return; /* I01 has told of it */
    if (first / GRAINS_PER_WORD < owned_first)
        owned_first = first / GRAINS_PER_WORD;
    if ((end - 1u) / GRAINS_PER_WORD + 1u > owned_end)
        owned_end = (end - 1u) / GRAINS_PER_WORD + 1u;
    ORACLE(I08_OVERLAP, !change(first, end, true), "the block at 0x%x of %u bytes overlaps another",
           va, bytes);
}

void facts_give(va32_t va, uint32_t bytes)
{
    uint32_t first = va / BUCKET_GRAIN_BYTES;
    uint32_t end = first + (bytes + BUCKET_GRAIN_BYTES - 1u) / BUCKET_GRAIN_BYTES;

    if (end > WORDS * GRAINS_PER_WORD)
        return;
    ORACLE(I08_OVERLAP, !change(first, end, false), "the block at 0x%x of %u bytes was not whole",
           va, bytes);
}

bool facts_owned(va32_t va)
{
    uint32_t grain = va / BUCKET_GRAIN_BYTES;

    return grain / GRAINS_PER_WORD < WORDS &&
           (owned[grain / GRAINS_PER_WORD] >> grain % GRAINS_PER_WORD & 1u) != 0;
}

uint64_t facts_hash(va32_t va, uint32_t bytes)
{
    uint64_t hash = (((uint64_t)va << 32) | bytes) * UINT64_C(0x9e3779b97f4a7c15);

    return (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

void facts_reset(void)
{
    if (owned_first < owned_end)
        memset(&owned[owned_first], 0, (owned_end - owned_first) * sizeof owned[0]);
    owned_first = WORDS;
    owned_end = 0;
}
