/* SPDX-License-Identifier: 0BSD */
/* Damage to the VAS and to stacks: to copies of them, which nobody else sees. */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/vas_private.h"
#include "damage.h"
#include "oracle.h"

#define KIND_PICKS 2u /* fields of a kind that are changed at a time */

/* Change a field, ask, put it back. */
#define DAMAGE(check, field, value)                                                                \
    do {                                                                                           \
        __typeof__(field) kept = (field);                                                          \
                                                                                                   \
        (field) = (__typeof__(field))(value);                                                      \
        ORACLE(I15_SOUND, (check) != NULL, "%s does not see damage to %s", #check, #field);        \
        (field) = kept;                                                                            \
    } while (0)

/* The next of a row of numbers. Source: Knuth, TAOCP vol. 2, 3.3.4, table 1 line 26. */
static uint32_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1u;
    return (uint32_t)(*seed >> 32);
}

/* -- The VAS ----------------------------------------------------------------------------------- */

static struct vas copy;

/* The links of a chunk that is in a bin, and the bin. */
static void damage_bin(uint32_t chunk, uint32_t other)
{
    uint32_t bin = vas_bin_of(copy.longest[chunk]);

    DAMAGE(vas_check(&copy), copy.bin_first[bin], VAS_NO_CHUNK);
    DAMAGE(vas_check(&copy), copy.chunk[chunk].next, VAS_NO_CHUNK + 1u);
    DAMAGE(vas_check(&copy), copy.chunk[chunk].next, chunk);
    DAMAGE(vas_check(&copy), copy.chunk[chunk].prev, chunk);
    if (copy.longest[other] != 0) {
        if (copy.bin_first[bin] != other)
            DAMAGE(vas_check(&copy), copy.bin_first[bin], other);
    } else { /* a chunk without a free run, linked in as if it had one */
        uint16_t kept_prev = copy.chunk[other].prev;

        copy.chunk[other].prev = (uint16_t)chunk;
        DAMAGE(vas_check(&copy), copy.chunk[chunk].next, other);
        copy.chunk[other].prev = kept_prev;
    }
    if (copy.chunk[chunk].next != VAS_NO_CHUNK)
        DAMAGE(vas_check(&copy), copy.chunk[chunk].next, VAS_NO_CHUNK);
}

/* What lies outside of the managed range is reserved and begins no region. */
static void damage_outside(uint32_t segment)
{
    struct vas_chunk *chunk = &copy.chunk[segment / VAS_CHUNK_SEGMENTS];
    uint32_t bit = UINT32_C(1) << segment % VAS_CHUNK_SEGMENTS;

    DAMAGE(vas_check(&copy), chunk->low, chunk->low & ~bit);
    DAMAGE(vas_check(&copy), chunk->high, chunk->high | bit);
}

/* The first bit of each: of a free segment no region begins, a used one belongs to a region, and a
 * region is a stack as a whole or not at all.
 */
static void damage_states(uint32_t number)
{
    struct vas_chunk *chunk = &copy.chunk[number];
    uint32_t used = chunk->low | chunk->high;
    uint32_t behind = used & ~chunk->head & chunk->head << 1; /* the second of a region */

    if (used != BITS_ALL)
        DAMAGE(vas_check(&copy), chunk->head, chunk->head | (~used & (used + 1u)));
    if ((chunk->head & ~1u & ~(used << 1)) != 0) /* what begins behind a free segment */
        DAMAGE(vas_check(&copy), chunk->head, chunk->head & (1u | used << 1));
    if ((behind & chunk->low & ~chunk->high) != 0)
        DAMAGE(vas_check(&copy), chunk->high, chunk->high | behind);
}

void damage_vas(const struct vas *vas, uint64_t seed)
{
    copy = *vas;
    DAMAGE(vas_check(&copy), copy.free_segments, copy.free_segments ^ 1u << next(&seed) % 16u);
    for (uint32_t i = 0; i < KIND_PICKS; i++) {
        uint32_t chunk = next(&seed) % VAS_CHUNKS;
        uint32_t bin = next(&seed) % VAS_BINS;

        DAMAGE(vas_check(&copy), copy.longest[chunk],
               copy.longest[chunk] ^ 1u << next(&seed) % 16u);
        DAMAGE(vas_check(&copy), copy.used_mask[chunk / 32u],
               copy.used_mask[chunk / 32u] ^ 1u << chunk % 32u);
        DAMAGE(vas_check(&copy), copy.used_words[chunk / 1024u],
               copy.used_words[chunk / 1024u] ^ 1u << chunk / 32u % 32u);
        DAMAGE(vas_check(&copy), copy.bin_mask[bin / 32u],
               copy.bin_mask[bin / 32u] ^ 1u << bin % 32u);
        damage_states(chunk);
        while (chunk > 0 && copy.longest[chunk] == 0)
            chunk--;
        if (copy.longest[chunk] != 0)
            damage_bin(chunk, next(&seed) % VAS_CHUNKS);
    }
    DAMAGE(vas_check(&copy), copy.bin_words, copy.bin_words ^ 1u << next(&seed) % 32u);
    damage_outside(0);
    if (copy.end_segment < LA_SEGMENTS)
        damage_outside(copy.end_segment);
}

/* -- Stacks ------------------------------------------------------------------------------------ */

void damage_stack(const struct stack *of, va32_t other_region)
{
    struct stack stack = *of;

    DAMAGE(stack_check(&stack), stack.guard_pages, 0);
    DAMAGE(stack_check(&stack), stack.guard_pages, stack.low_page + 1u);
    DAMAGE(stack_check(&stack), stack.low_page, stack.pages + 1u);
    DAMAGE(stack_check(&stack), stack.low_page_min, stack.guard_pages - 1u);
    DAMAGE(stack_check(&stack), stack.low_page_min, stack.low_page + 1u);
    DAMAGE(stack_check(&stack), stack.base_va, 0);
    DAMAGE(stack_check(&stack), stack.base_va, stack.base_va + LA_PAGE_BYTES);
    DAMAGE(stack_check(&stack), stack.base_va, other_region);
    DAMAGE(stack_check(&stack), stack.pages, stack.pages + LA_PAGES_PER_SEGMENT);
}
