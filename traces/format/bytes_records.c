/* SPDX-License-Identifier: 0BSD */
/* What each record of the byte form means. */
#include "bytes_private.h"

/* -- Numbers ----------------------------------------------------------------------------------- */

static uint32_t size_of(const uint8_t *record)
{
    switch (record[0] >> 5) {
    case SIZE_NEAR: return bytes_size_near(record[2], record[3]);
    case SIZE_RAW: return bytes_argument(record);
    case SIZE_SHIFTED: return bytes_argument(record) << 4;
    case SIZE_SEGMENTS: return ((uint32_t)record[2] << 16) + bytes_signed(record[3]);
    case SIZE_PAGES: return ((uint32_t)record[2] << 12) + bytes_signed(record[3]);
    case SIZE_POWER: return (UINT32_C(1) << record[2] % 32u) + bytes_signed(record[3]);
    case SIZE_SMALL: return bytes_size_near(record[2] % 32u, record[3]);
    default: return UINT32_MAX - bytes_argument(record);
    }
}

static uint32_t near_segments(const uint8_t *record)
{
    return record[2] * BYTES_SEGMENT_PAGES + bytes_delta(record[3]);
}

/* -- Records: blocks and heaps ----------------------------------------------------------------- */

static bool bulk(struct trace_bytes *reader, const uint8_t *record, enum run run, uint8_t kind)
{
    reader->op = (struct trace_op){ .kind = kind, .slot = record[1] * 4u + (record[3] >> 6) };
    reader->run = (uint8_t)run;
    reader->run_left = bytes_counts[record[0] >> 5];
    reader->run_step = 1;
    reader->run_size = record[2] % TRACE_BYTES_SIZES;
    reader->run_delta = (uint8_t)(record[3] % 8u < 5u ? record[3] % 8u : 2u);
    reader->op.bytes = kind == TRACE_FREE ? 0 : bytes_size_near(record[2], reader->run_delta);
    return false;
}

static bool bulk_alloc(struct trace_bytes *reader, const uint8_t *record)
{
    return bulk(reader, record, record[3] & 16u ? RUN_CLASSES : RUN_SAME,
                record[3] & 8u ? TRACE_ALLOC_ZEROED : TRACE_ALLOC);
}

static bool bulk_free(struct trace_bytes *reader, const uint8_t *record)
{
    bulk(reader, record, RUN_SAME, TRACE_FREE);
    reader->run_step = 1u + record[2] % 8u;
    if (record[2] & 128u)
        reader->run_step = 0u - reader->run_step;
    return false;
}

/* A free first: of what is not there, it is skipped. */
static bool churn(struct trace_bytes *reader, const uint8_t *record)
{
    bulk(reader, record, RUN_CHURN, TRACE_ALLOC);
    reader->run_left *= 2u;
    return false;
}

static bool free_by_age(struct trace_bytes *reader, const uint8_t *record)
{
    reader->op = (struct trace_op){ .kind = TRACE_FREE };
    reader->run = (record[0] >> 5) % 2u == 0 ? RUN_NEWEST : RUN_OLDEST;
    reader->run_left = 1u + record[2] % 16u;
    return false;
}

static uint32_t free_slot(const uint8_t *record)
{
    return record[0] >> 5 < 4u ? record[1] : record[1] * 4u + record[2] % 4u;
}

static void aligned(const uint8_t *record, struct trace_op *op)
{
    uint32_t how = record[0] >> 5;

    op->align_log2 = record[3] % 32u;
    switch (how) {
    case 5: op->bytes = (uint32_t)record[2] << 12; break;
    case 6: op->bytes = record[2]; break;
    case 7: op->bytes = (uint32_t)record[2] << 16; break;
    default: op->bytes = bytes_size_near(record[2], (uint8_t)how); break;
    }
}

static void free_at(const uint8_t *record, struct trace_op *op)
{
    switch (record[0] >> 5) {
    case 0: break;
    case 1: op->offset_bytes = bytes_signed(record[2]); break;
    case 2: op->offset_bytes = bytes_signed(record[2]) * 8u; break;
    case 3: op->offset_bytes = bytes_signed_argument(record); break;
    case 4: op->offset_bytes = bytes_signed_argument(record) << 12; break;
    case 5: op->offset_bytes = bytes_signed_argument(record) << 16; break;
    case 6: op->offset_bytes = bytes_size_near(record[2], record[3]); break;
    default:
        op->offset_bytes = bytes_signed(record[2]) * 8u;
        op->placement = 1;
        op->realloc_bytes = trace_bytes_sizes[record[3] % TRACE_BYTES_SIZES];
        break;
    }
}

static void heap(const uint8_t *record, struct trace_op *op)
{
    static const uint8_t kinds[8] = { TRACE_HEAP_USE,    TRACE_HEAP_USE,     TRACE_HEAP_CREATE,
                                      TRACE_HEAP_CREATE, TRACE_HEAP_DESTROY, TRACE_HEAP_TRIM,
                                      TRACE_HEAP_TRIM,   TRACE_HEAP_TRIM };

    op->kind = kinds[record[0] >> 5];
    op->slot = op->kind == TRACE_HEAP_TRIM ? 0 : record[1] % TRACE_BYTES_HEAPS;
}

/* -- Records: regions -------------------------------------------------------------------------- */

static void reserve(const uint8_t *record, struct trace_op *op)
{
    bool large = record[0] & 0x80u;

    op->placement = record[0] >> 5 & 3u;
    if (op->placement == TRACE_PLACEMENT_FIXED) {
        op->pages = record[2] * BYTES_SEGMENT_PAGES - large;
        op->window_page = ((uint32_t)record[3] << 4 | record[1] >> 4) * BYTES_SEGMENT_PAGES;
        return;
    }
    op->align_log2 = record[1] >> 4;
    op->pages = large ? bytes_argument(record) << 4 : near_segments(record);
}

static void reserve_at(const uint8_t *record, struct trace_op *op)
{
    uint32_t slack = record[1] >> 4;

    op->placement = record[0] >> 5 & 3u;
    if (record[0] & 0x80u) {
        op->segments = bytes_extremes[record[2] % 8u];
        op->window_first = bytes_extremes[record[2] / 8u % 8u];
        op->window_end = bytes_extremes[record[3] % 8u];
        op->align_log2 = record[3] / 8u;
        return;
    }
    op->segments = record[2];
    op->window_first = record[3];
    op->window_end = slack == 0 ? 0 : op->window_first + op->segments + slack - 3u;
}

static void state(const uint8_t *record, struct trace_op *op)
{
    uint32_t unit = record[0] & 0x40u ? 1u : BYTES_SEGMENT_PAGES;

    op->kind = record[0] & 0x20u ? TRACE_DECOMMIT : TRACE_COMMIT;
    op->offset_pages = record[2] * unit;
    op->pages = record[0] & 0x80u ? UINT32_MAX - record[3] : record[3] * unit;
}

static void resize(const uint8_t *record, struct trace_op *op)
{
    if (record[0] & 0x40u)
        op->pages = bytes_argument(record) << 4;
    else
        op->pages = record[0] & 0x20u ? bytes_argument(record) : near_segments(record);
}

static void at(const uint8_t *record, struct trace_op *op)
{
    static const uint8_t kinds[4] = { TRACE_RELEASE_AT, TRACE_COMMIT_AT, TRACE_DECOMMIT_AT,
                                      TRACE_RELEASE_AT };
    uint32_t call = record[0] >> 5 & 3u;

    op->kind = kinds[call];
    op->distance_pages = bytes_signed(record[2]) * (record[0] & 0x80u ? 1u : BYTES_SEGMENT_PAGES);
    op->placement = call == 3u;
    if (call != 0)
        op->range_segments =
            record[3] < BYTES_AT_EXTREMES ? record[3] : bytes_extremes[record[3] % 8u];
}

static void access(const uint8_t *record, struct trace_op *op)
{
    op->distance_pages = bytes_signed_argument(record);
    op->access = bytes_accesses[record[0] >> 5];
    op->stack_plus_1 = record[1] & 0x80u ? 1u + (record[1] >> 4) % TRACE_BYTES_STACKS : 0;
}

/* -- Records: stacks and memory ---------------------------------------------------------------- */

static void stack_create(const uint8_t *record, struct trace_op *op)
{
    op->pages = record[2];
    op->committed_pages = record[3] % 16u;
    op->guard_pages = record[3] / 16u;
    switch (record[0] >> 5) {
    case 4: /* the small layout of the core */
        op->pages = 16;
        op->committed_pages = 1;
        op->guard_pages = 1;
        break;
    case 5: /* and the default one */
        op->pages = 256;
        op->committed_pages = 2;
        op->guard_pages = 16;
        break;
    case 6: op->pages = (uint32_t)record[2] << 4; break;
    case 7: op->pages = (uint32_t)record[2] << 12; break;
    default: break;
    }
}

static void stack_touch(const uint8_t *record, struct trace_op *op)
{
    switch (record[0] >> 5) {
    case 4: op->depth_page = bytes_argument(record); break;
    case 5: op->depth_page = near_segments(record); break;
    case 6: op->depth_page = bytes_argument(record) << 4; break;
    case 7: op->depth_page = 0xfffffu - bytes_argument(record); break;
    default: op->depth_page = record[2]; break;
    }
}

static void stack_end(const uint8_t *record, struct trace_op *op)
{
    uint32_t how = record[0] >> 5;

    if (how < 2u)
        return;
    op->kind = TRACE_STACK_TRIM;
    op->keep_pages = record[1] >> 3;
    switch (how) {
    case 5: op->depth_bytes = bytes_argument(record); break;
    case 6: op->depth_bytes = UINT32_MAX - bytes_argument(record); break;
    case 7: op->depth_bytes = ((uint32_t)record[2] << 16) + bytes_signed(record[3]); break;
    default: op->depth_bytes = ((uint32_t)record[2] << 12) + bytes_signed(record[3]); break;
    }
}

static void fault(const uint8_t *record, struct trace_op *op)
{
    uint32_t how = record[0] >> 5;

    op->kind = how >= 4u && how <= 6u ? TRACE_MEMORY : TRACE_FAIL;
    switch (how) {
    case 0:
    case 1: op->nth = record[2]; break;
    case 2:
        op->nth = record[2];
        op->placement = 1;
        break;
    case 3: break;
    case 6: op->limit_pages = UINT32_MAX; break;
    default: op->limit_pages = bytes_argument(record); break;
    }
}

/* -- One record -------------------------------------------------------------------------------- */

static void region_or_stack(const uint8_t *record, struct trace_op *op)
{
    switch (record[0] % 32u) {
    case RECORD_RESERVE:
    case RECORD_RESERVE + 1: op->kind = TRACE_RESERVE; break;
    case RECORD_RESERVE_AT: op->kind = TRACE_RESERVE_AT; break;
    case RECORD_RESIZE: op->kind = TRACE_RESIZE; break;
    case RECORD_RELEASE: op->kind = TRACE_RELEASE; break;
    case RECORD_ACCESS: op->kind = TRACE_ACCESS; break;
    case RECORD_STACK_CREATE: op->kind = TRACE_STACK_CREATE; break;
    case RECORD_STACK_TOUCH:
    case RECORD_STACK_TOUCH + 1: op->kind = TRACE_STACK_TOUCH; break;
    case RECORD_STACK_END: op->kind = TRACE_STACK_DESTROY; break;
    default: break; /* the kind depends on more */
    }
}

bool bytes_decode(struct trace_bytes *reader, const uint8_t *record, struct trace_op *op)
{
    static const uint8_t block_kinds[RECORD_FREE_AT + 1] = {
        TRACE_ALLOC,        TRACE_ALLOC,   TRACE_ALLOC,   TRACE_ALLOC,         TRACE_ALLOC,
        TRACE_ALLOC_ZEROED, TRACE_REALLOC, TRACE_REALLOC, TRACE_ALLOC_ALIGNED, TRACE_FREE,
        TRACE_FREE,         TRACE_FREE,    TRACE_FREE_AT,
    };
    uint32_t what = record[0] % 32u;

    *op = (struct trace_op){ .kind = 0 };
    if (what <= RECORD_FREE_AT) {
        op->kind = block_kinds[what];
        op->slot = record[1];
    } else if (what >= RECORD_STACK_CREATE && what <= RECORD_STACK_END) {
        region_or_stack(record, op);
        op->slot = record[1] % TRACE_BYTES_STACKS;
    } else if (what >= RECORD_RESERVE && what <= RECORD_ACCESS) {
        region_or_stack(record, op);
        op->slot = record[1] % TRACE_BYTES_REGIONS;
    }
    switch (what) {
    case RECORD_ALIGNED: aligned(record, op); return true;
    case RECORD_FREE:
    case RECORD_FREE + 1:
    case RECORD_FREE + 2:
        op->slot = free_slot(record);
        return record[0] >> 5 < 6u || free_by_age(reader, record);
    case RECORD_FREE_AT: free_at(record, op); return true;
    case RECORD_BULK_ALLOC:
    case RECORD_BULK_ALLOC + 1: return bulk_alloc(reader, record);
    case RECORD_BULK_FREE: return bulk_free(reader, record);
    case RECORD_CHURN: return churn(reader, record);
    case RECORD_HEAP:
    case RECORD_HEAP + 1: heap(record, op); return true;
    case RECORD_RESERVE:
    case RECORD_RESERVE + 1: reserve(record, op); return true;
    case RECORD_RESERVE_AT: reserve_at(record, op); return true;
    case RECORD_STATE: state(record, op); return true;
    case RECORD_RESIZE: resize(record, op); return true;
    case RECORD_RELEASE: return true;
    case RECORD_AT: at(record, op); return true;
    case RECORD_STACK_CREATE: stack_create(record, op); return true;
    case RECORD_STACK_TOUCH:
    case RECORD_STACK_TOUCH + 1: stack_touch(record, op); return true;
    case RECORD_STACK_END: stack_end(record, op); return true;
    case RECORD_ACCESS: access(record, op); return true;
    case RECORD_FAULT: fault(record, op); return true;
    default: op->bytes = size_of(record); return true;
    }
}
