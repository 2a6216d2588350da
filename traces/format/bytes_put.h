/* SPDX-License-Identifier: 0BSD */
/* Parts of a record, for the two files that write them. Private to traces/. */
#ifndef LOOKASIDE_FORMAT_BYTES_PUT_H
#define LOOKASIDE_FORMAT_BYTES_PUT_H

#include "bytes_private.h"

/* For ops on regions, stacks and memory; see trace_bytes_put(). */
enum trace_bytes_answer bytes_put_space(const struct trace_op *op, uint8_t *buffer);

static inline void put(uint8_t *buffer, uint32_t what, uint32_t how, uint32_t slot)
{
    buffer[0] = (uint8_t)(what | how << 5);
    buffer[1] = (uint8_t)slot;
    buffer[2] = 0;
    buffer[3] = 0;
}

static inline void put_argument(uint8_t *buffer, uint32_t argument)
{
    buffer[2] = (uint8_t)(argument >> 8);
    buffer[3] = (uint8_t)argument;
}

static inline void set_how(uint8_t *buffer, uint32_t how)
{
    buffer[0] = (uint8_t)(buffer[0] % 32u | how << 5);
}

/* Whether `value` is `bytes` bytes around 0. */
static inline bool is_signed(uint32_t value, uint32_t bits)
{
    return value + (UINT32_C(1) << (bits - 1u)) < UINT32_C(1) << bits;
}

/* A multiple of 2^shift, as a signed number of `bits` bits; *ret_count of them. */
static inline bool is_signed_multiple(uint32_t value, uint32_t shift, uint32_t bits,
                                      uint32_t *ret_count)
{
    uint32_t count = value >> shift;

    if (value & UINT32_C(1) << 31)
        count |= ~(UINT32_MAX >> shift);
    *ret_count = count;
    return (value & ((UINT32_C(1) << shift) - 1u)) == 0 && is_signed(count, bits);
}

/* `value` = byte 2 << shift + byte 3, signed. */
static inline bool put_sum(uint8_t *buffer, uint32_t value, uint32_t shift)
{
    uint32_t count = (value + 128u) >> shift;
    uint32_t rest = value - (count << shift);

    if (count > 255u || !is_signed(rest, 8))
        return false;
    buffer[2] = (uint8_t)count;
    buffer[3] = (uint8_t)rest;
    return true;
}

static inline uint32_t round_up(uint32_t value, uint32_t shift)
{
    uint32_t mask = (UINT32_C(1) << shift) - 1u;

    return value > UINT32_MAX - mask ? value & ~mask : (value + mask) & ~mask;
}

static inline enum trace_bytes_answer exact_if(bool exact)
{
    return exact ? TRACE_BYTES_EXACT : TRACE_BYTES_CANNOT;
}

#endif
