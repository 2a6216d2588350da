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

/* The next four are on the heap's fast paths, where compilers make more instructions of them than
 * there need be. Bit `bit` (modulo 32) alone:
 */
static inline uint32_t bits_one(uint32_t bit)
{
#if defined(__i386__) || defined(__x86_64__)
    uint32_t word = 0;

    __asm__("btsl %1, %0" : "+r"(word) : "r"(bit) : "cc");
    return word;
#else
    return UINT32_C(1) << (bit & 31u);
#endif
}

/* Whether *word has none of the bits `mask`. */
static inline bool bits_none(const uint32_t *word, uint32_t mask)
{
#if defined(__i386__) || defined(__x86_64__)
    bool is_zero;

    __asm__("testl %2, %1" : "=@ccz"(is_zero) : "m"(*word), "r"(mask));
    return is_zero;
#else
    return (*word & mask) == 0;
#endif
}

/* Have `later` used only after `earlier` is known. No instruction: an order in which three
 * registers are enough, where a compiler would take five and save two.
 */
#define BITS_AFTER(later, earlier) __asm__("" : "+r"(later) : "r"(earlier))

/* Flip the bits `mask` of *word; answers whether it is 0 now. */
static inline bool bits_flip(uint32_t *word, uint32_t mask)
{
#if defined(__i386__) || defined(__x86_64__)
    bool is_zero;

    __asm__("xorl %2, %0" : "+m"(*word), "=@ccz"(is_zero) : "r"(mask));
    return is_zero;
#else
    *word ^= mask;
    return *word == 0;
#endif
}

/* The same with the roles swapped: flip the bits *mask of *word. */
static inline bool bits_flip_value(uint32_t *word, const uint32_t *mask)
{
#if defined(__i386__) || defined(__x86_64__)
    bool is_zero;

    __asm__("xorl %2, %0" : "+r"(*word), "=@ccz"(is_zero) : "m"(*mask));
    return is_zero;
#else
    *word ^= *mask;
    return *word == 0;
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
