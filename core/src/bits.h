/* SPDX-License-Identifier: 0BSD */
/* Bit tricks on 32-bit words. All are total except where said; none calls into libgcc. */
#ifndef LOOKASIDE_CORE_BITS_H
#define LOOKASIDE_CORE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#define BITS_ALL UINT32_C(0xffffffff)

/* Number of the lowest (highest) set bit; the word must not be 0. */
static inline uint32_t bits_lowest(uint32_t word)
{
    return (uint32_t)__builtin_ctz(word);
}

static inline uint32_t bits_highest(uint32_t word)
{
    return 31u - (uint32_t)__builtin_clz(word);
}

/* Bits [first, 31]; none from 32 on. A shift by 32 is undefined in C and a no-op on i386. */
static inline uint32_t bits_from(uint32_t first)
{
    return first < 32u ? BITS_ALL << first : 0u;
}

/* Bits [first, end), end up to 32. */
static inline uint32_t bits_range(uint32_t first, uint32_t end)
{
    return bits_from(first) & ~bits_from(end);
}

/* Set bit `bit` (modulo 32) of *word; answers whether it was set before. One instruction where the
 * compiler makes three of it: it is on heap_free()'s fast path.
 */
static inline bool bits_test_and_set(uint32_t *word, uint32_t bit)
{
#if defined(__i386__) || defined(__x86_64__)
    bool was_set;

    __asm__("btsl %2, %0" : "+r"(*word), "=@ccc"(was_set) : "r"(bit));
    return was_set;
#else
    uint32_t before = *word;

    *word |= UINT32_C(1) << (bit & 31u);
    return before == *word;
#endif
}

/* Source: Warren, Hacker's Delight, 5-1. */
static inline uint32_t bits_count(uint32_t word)
{
    word -= (word >> 1) & 0x55555555u;
    word = (word & 0x33333333u) + ((word >> 2) & 0x33333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0fu;
    return (word * 0x01010101u) >> 24;
}

/* Length of the longest row of set bits. The expected length is short, so one step a bit wins over
 * halving. Source: Warren, Hacker's Delight, 6-3.
 */
static inline uint32_t bits_longest_row(uint32_t word)
{
    uint32_t length = 0;

    for (; word != 0; word &= word << 1)
        length++;
    return length;
}

#endif
