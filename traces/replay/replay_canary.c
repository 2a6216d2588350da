/* SPDX-License-Identifier: 0BSD */
/* Canaries: four bytes at either end of every live block's requested range, so that a block handed
 * out twice, moved wrongly or written by somebody else is noticed at the latest when it is freed.
 *
 *   | 0 1 2 3 | ............. | 4 5 6 7 |      bytes of the pattern; below 8 bytes: as many as fit
 */
#include "replay_private.h"

#define CANARY_END_BYTES 4u
#define CANARY_BYTES     (2u * CANARY_END_BYTES)
#define ZERO_CHECK_STEP_BYTES                                                                      \
    512u /* 8 looks a page: nobody dirties a page and spares all of them */

/* Differs between any two births in its low half already, so that two blocks that share an end are
 * told apart. Source of the multiplier: 2^64 / golden ratio, Knuth, TAOCP vol. 3, 6.4.
 */
static uint64_t canary_pattern(uint32_t slot, uint32_t birth)
{
    return ((((uint64_t)slot) << 32) + birth) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint8_t canary_byte(uint64_t pattern, uint32_t index)
{
    return (uint8_t)(pattern >> (8u * index));
}

/* Bytes of the pattern at the front of a block of `bytes` bytes; a block with a full front has a
 * tail too.
 */
static uint32_t canary_front_bytes(uint32_t bytes)
{
    return bytes < CANARY_BYTES ? bytes : CANARY_END_BYTES;
}

void replay_write_canary(struct replay *replay, uint32_t slot)
{
    struct replay_block *block = &replay->memory.blocks[slot];

    if (!replay->config.canaries)
        return;
    block->birth = ++replay->births;

    uint64_t pattern = canary_pattern(slot, block->birth);
    uint8_t *host = la_host(replay->port.host_base, block->va);
    uint32_t front_bytes = canary_front_bytes(block->bytes);

    for (uint32_t i = 0; i < front_bytes; i++)
        host[i] = canary_byte(pattern, i);
    if (block->bytes < CANARY_BYTES)
        return;
    for (uint32_t i = 0; i < CANARY_END_BYTES; i++)
        host[block->bytes - CANARY_END_BYTES + i] = canary_byte(pattern, CANARY_END_BYTES + i);
}

bool replay_canary_intact(const struct replay *replay, uint32_t slot,
                          const struct replay_block *block, va32_t va, uint32_t visible_bytes)
{
    if (!replay->config.canaries)
        return true;

    uint64_t pattern = canary_pattern(slot, block->birth);
    const uint8_t *host = la_host(replay->port.host_base, va);
    uint32_t front_bytes = canary_front_bytes(block->bytes);

    for (uint32_t i = 0; i < front_bytes && i < visible_bytes; i++) {
        if (host[i] != canary_byte(pattern, i))
            return false;
    }
    if (block->bytes < CANARY_BYTES)
        return true;

    uint32_t tail = block->bytes - CANARY_END_BYTES;

    for (uint32_t i = 0; i < CANARY_END_BYTES && tail + i < visible_bytes; i++) {
        if (host[tail + i] != canary_byte(pattern, CANARY_END_BYTES + i))
            return false;
    }
    return true;
}

/* Every byte of [host, host + bytes), in words while they last; `host` is aligned to a word. */
static bool bytes_are_zero(const uint8_t *host, uint32_t bytes)
{
    const uint32_t *words = (const uint32_t *)(const void *)host;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < bytes / 4u; i++)
        seen |= words[i];
    for (uint32_t i = bytes & ~UINT32_C(3); i < bytes; i++)
        seen |= host[i];
    return seen == 0;
}

bool replay_reads_zero(const struct replay *replay, va32_t va, uint32_t bytes)
{
    if (!replay->config.canaries)
        return true;

    const uint8_t *host = la_host(replay->port.host_base, va);
    if (bytes <= LA_PAGE_BYTES)
        return bytes_are_zero(host, bytes);

    uint32_t last = (bytes - LA_PAGE_BYTES) & ~UINT32_C(3); /* words of the last page are aligned */
    uint8_t seen = 0;

    for (uint32_t i = LA_PAGE_BYTES; i < last; i += ZERO_CHECK_STEP_BYTES)
        seen |= host[i];
    return seen == 0 && bytes_are_zero(host, LA_PAGE_BYTES) &&
           bytes_are_zero(host + last, bytes - last);
}
