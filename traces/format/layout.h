/* SPDX-License-Identifier: 0BSD */
/* Where the bytes of the binary form lie, for its reader and its writer. All numbers little-endian.
 *
 *   header   magic 8 | major 2 | minor 2 | flags 4 | ops 8 | slots 4 x 4 | text bytes 4 | 0 x 16 |
 *            crc 4 (of the 60 bytes before it and the text) | text
 *   chunk    "LATC" 4 | payload bytes 4 | ops 4 | sequence 4 | first op 8 | head crc 4 (of the 24
 *            bytes before it) | payload crc 4 | payload
 *   end      "LATE" 4 | 16 | 0 | sequence 4 | all ops 8 | head crc 4 | payload crc 4 | slots 4 x 4
 */
#ifndef LOOKASIDE_FORMAT_LAYOUT_H
#define LOOKASIDE_FORMAT_LAYOUT_H

#include <lookaside/trace.h>

/* High bit: seven-bit links; CR LF and LF: text-mode copies; ^Z: stops TYPE. Source: RFC 2083,
 * 12.11.
 */
#define TRACE_MAGIC       "\x89LAT\r\n\x1a\n"
#define TRACE_MAGIC_BYTES 8u
#define TRACE_MAJOR       1u
#define TRACE_MINOR       1u /* 1: the probes, kinds 23 to 31 */

enum header_at {
    HEADER_MAJOR = 8,
    HEADER_MINOR = 10,
    HEADER_FLAGS = 12,
    HEADER_OPS = 16,
    HEADER_SLOTS = 24,
    HEADER_TEXT_BYTES = 40,
    HEADER_CRC = 60,
};

#define CHUNK_MAGIC UINT32_C(0x4354414c) /* "LATC" */
#define END_MAGIC   UINT32_C(0x4554414c) /* "LATE" */
#define END_BYTES   16u                  /* four slot counts */

enum chunk_at {
    CHUNK_PAYLOAD_BYTES = 4,
    CHUNK_OPS = 8,
    CHUNK_SEQUENCE = 12,
    CHUNK_FIRST_OP = 16,
    CHUNK_HEAD_CRC = 24,
    CHUNK_PAYLOAD_CRC = 28,
};

static inline uint32_t load_u16(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t load_u32(const uint8_t *at)
{
    return load_u16(at) | load_u16(at + 2) << 16;
}

static inline uint64_t load_u64(const uint8_t *at)
{
    return load_u32(at) | (uint64_t)load_u32(at + 4) << 32;
}

static inline void store_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void store_u32(uint8_t *at, uint32_t value)
{
    store_u16(at, value);
    store_u16(at + 2, value >> 16);
}

static inline void store_u64(uint8_t *at, uint64_t value)
{
    store_u32(at, (uint32_t)value);
    store_u32(at + 4, (uint32_t)(value >> 32));
}

/* The slot counts of a header, in the order of enum trace_slot_kind. */
static inline uint32_t header_slots(const struct trace_header *header, uint32_t kind)
{
    switch (kind) {
    case TRACE_BLOCK: return header->block_slots;
    case TRACE_REGION: return header->region_slots;
    case TRACE_STACK: return header->stack_slots;
    case TRACE_HEAP: return header->heap_slots;
    default: return 0;
    }
}

/* A header text, checked byte by byte, so that it never has to be in memory as a whole. */
enum text_state { TEXT_LINE, TEXT_KEY, TEXT_COLON, TEXT_SPACE, TEXT_VALUE, TEXT_BAD };

/* The state after `byte`. A text is good when it starts and ends in TEXT_LINE. */
enum text_state text_step(enum text_state state, uint8_t byte);

#endif
