/* SPDX-License-Identifier: 0BSD */
/* The table of shapes. The first is the plain one; the others bring a limit near each. */
#include "shapes.h"

#include "memory.h"

#define LAST_SEGMENT LA_SEGMENTS

#if LA_SEGMENT_SHIFT >= 16u
/* Few buckets with small numbers of blocks: a bucket borrows, a segment fills. */
static const uint16_t few_bytes[] = { 8, 64, 96, 1024, 1536, 9000, 16384, 21840, 32768 };
#define PLAIN_BYTES  bucket_default_bytes
#define PLAIN_COUNT  bucket_default_count
#define PLAIN_FRAMES 256u
#else
/* 512, 170, 85, 32, 8, 3 and 2 blocks in a segment of 4 KiB: entries of three sizes. */
static const uint16_t plain_bytes[] = { 8, 24, 48, 128, 512, 1360, 2048 };
static const uint16_t few_bytes[] = { 64, 96, 1000, 1360 };
#define PLAIN_BYTES  plain_bytes
#define PLAIN_COUNT  (sizeof plain_bytes / sizeof plain_bytes[0])
/* Enough for a block in every segment: the entries of that many do not fit in one segment. */
#define PLAIN_FRAMES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)
#endif
#define FEW_COUNT (sizeof few_bytes / sizeof few_bytes[0])

/* All but the smallest blocks are regions, of a page where others take half a segment: many holes
 * for little memory. And a segment is full of blocks whose maps are as long as they get.
 */
static const uint16_t least_bytes[] = { 8, 16, 24 };
#define LEAST_COUNT (sizeof least_bytes / sizeof least_bytes[0])

/* The table of segments is 8 of them in the full geometry. */
#define SHORT_SEGMENTS (LA_SEGMENTS > 4096u ? 40u : 24u)

static uint32_t segments_max = MEMORY_SEGMENTS_MAX;

void shapes_narrow(void)
{
    segments_max = MEMORY_SEGMENTS_NARROW;
}

const struct shape *shape_at(uint32_t number)
{
    static struct shape shapes[SHAPES] = {
        { .first_segment = 1, .frames = PLAIN_FRAMES, .bucket_bytes = NULL },
        { .first_segment = LAST_SEGMENT - SHORT_SEGMENTS,
          .end_segment = LAST_SEGMENT,
          .frames = 128,
          .bucket_bytes = few_bytes,
          .bucket_count = FEW_COUNT },
        { .first_segment = 1,
          .frames = 64,
          .bucket_bytes = few_bytes,
          .bucket_count = FEW_COUNT,
          .policy = { .retain_pages_min = 2, .retain_shift = 2, .trim_shift = 2 } },
        { .first_segment = 0,
          .end_segment = 2u * SHORT_SEGMENTS - 7u, /* ends in the middle of a chunk */
          .frames = 128,
          .policy = { .retain_pages_min = 6, .retain_shift = 31, .trim_shift = 31 } },
        { .first_segment = 1,
          .frames = 256,
          .bucket_bytes = least_bytes,
          .bucket_count = LEAST_COUNT },
    };
    struct shape *shape = &shapes[shape_index(number)];

    if (shape->end_segment == 0)
        shape->end_segment = segments_max < LA_SEGMENTS ? segments_max + 1u : LA_SEGMENTS;
    if (!shape->bucket_bytes) {
        shape->bucket_bytes = PLAIN_BYTES;
        shape->bucket_count = (uint32_t)PLAIN_COUNT;
    }
    return shape;
}

const char *shape_geometry(void)
{
    return LA_SEGMENTS == 65536u ? "full" : LA_SEGMENT_SHIFT == 16u ? "small" : "tiny";
}
