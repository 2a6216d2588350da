/* SPDX-License-Identifier: 0BSD */
/* Records: made up so that most of them meet an object and many lie at a limit, and moved by the
 * least that makes a difference. No expression draws two random numbers: compilers differ in which
 * they draw first.
 */
#include "mutator.h"

#include "../../traces/format/bytes_private.h"

static uint8_t below(struct mutator *mutator, uint32_t limit)
{
    return (uint8_t)mutator_below(mutator, limit);
}

static bool one_in(struct mutator *mutator, uint32_t n)
{
    return mutator_below(mutator, n) == 0;
}

static void set_how(uint8_t *record, uint32_t how)
{
    record[0] = (uint8_t)(record[0] % 32u | how << 5);
}

/* Mostly 0, else a little more or less. */
static uint8_t slack(struct mutator *mutator)
{
    static const uint8_t slacks[16] = { 0,    0, 0,    0, 0,    1,  1,    0xff,
                                        0xff, 2, 0xfe, 8, 0xf8, 16, 0x7f, 0x80 };

    return slacks[below(mutator, 16)];
}

/* The byte for a difference of -2 to 2, mostly 0. */
static uint8_t delta(struct mutator *mutator)
{
    return one_in(mutator, 2) ? 2 : below(mutator, 5);
}

/* Few segments more often than many. */
static uint8_t few(struct mutator *mutator)
{
    switch (below(mutator, 8)) {
    case 0: return below(mutator, 2);
    case 1: return (uint8_t)(31u + below(mutator, 3)); /* a chunk of the VAS */
    case 2: return (uint8_t)(62u + below(mutator, 4));
    case 3: return below(mutator, 256);
    default: return (uint8_t)(1u + below(mutator, 6));
    }
}

/* A slot: few of them are used much, so that operations meet. */
static uint8_t slot(struct mutator *mutator)
{
    switch (below(mutator, 4)) {
    case 0: return below(mutator, 256);
    case 1: return below(mutator, 32);
    default: return below(mutator, 6);
    }
}

/* -- Which operation --------------------------------------------------------------------------- */

uint32_t mutator_whats(char part)
{
    switch (part) {
    case MUTATOR_VAS:
        return MUTATOR_WHATS(RECORD_RESERVE, RECORD_AT) |
               MUTATOR_WHATS(RECORD_ACCESS, RECORD_FAULT);
    case MUTATOR_HEAP:
        return MUTATOR_WHATS(0, RECORD_HEAP + 1) | MUTATOR_WHATS(RECORD_FAULT, RECORD_CHURN);
    case MUTATOR_STACK: return MUTATOR_WHATS(RECORD_STACK_CREATE, RECORD_FAULT);
    default: return UINT32_MAX;
    }
}

uint8_t mutator_what(struct mutator *mutator)
{
    uint32_t left = mutator->whats;
    uint32_t skip = mutator_below(mutator, (uint32_t)__builtin_popcount(left));

    while (skip-- > 0)
        left &= left - 1u;
    return (uint8_t)__builtin_ctz(left);
}

/* -- Numbers by operation ---------------------------------------------------------------------- */

static void fill_size(struct mutator *mutator, uint8_t *record)
{
    static const uint8_t hows[16] = { SIZE_NEAR,     SIZE_NEAR,  SIZE_NEAR,  SIZE_NEAR,
                                      SIZE_NEAR,     SIZE_SMALL, SIZE_SMALL, SIZE_SMALL,
                                      SIZE_SEGMENTS, SIZE_PAGES, SIZE_PAGES, SIZE_RAW,
                                      SIZE_RAW,      SIZE_POWER, SIZE_TOP,   SIZE_SHIFTED };
    uint8_t how = hows[below(mutator, 16)];

    set_how(record, how);
    record[2] = below(mutator, 256);
    record[3] = below(mutator, 256);
    switch (how) {
    case SIZE_NEAR:
    case SIZE_SMALL: record[3] = delta(mutator); break;
    case SIZE_SEGMENTS:
        record[2] = few(mutator);
        record[3] = slack(mutator);
        break;
    case SIZE_PAGES:
        record[2] = below(mutator, 34);
        record[3] = slack(mutator);
        break;
    case SIZE_POWER: record[3] = slack(mutator); break;
    case SIZE_TOP: record[2] = one_in(mutator, 2) ? 0 : record[2]; break;
    default: break;
    }
}

static void fill_bulk(struct mutator *mutator, uint8_t *record)
{
    set_how(record, 1u + mutator_below(mutator, 7));
    record[2] = below(mutator, 256);
    record[3] = delta(mutator);
    if (one_in(mutator, 4))
        record[3] |= (uint8_t)(below(mutator, 4) << 3);
    if (one_in(mutator, 2))
        record[3] |= (uint8_t)(below(mutator, 4) << 6);
    if (record[0] % 32u != RECORD_BULK_FREE)
        return;
    record[2] = one_in(mutator, 2) ? 0 : below(mutator, 8);
    if (one_in(mutator, 4))
        record[2] |= 128u;
}

static void fill_free_at(struct mutator *mutator, uint8_t *record)
{
    set_how(record, one_in(mutator, 3) ? 0 : mutator_below(mutator, 8));
    record[2] = one_in(mutator, 2) ? slack(mutator) : below(mutator, 256);
    record[3] = one_in(mutator, 2) ? delta(mutator) : below(mutator, 256);
}

/* A place or a window told in segments; or all of it, and an alignment, by extreme numbers, of
 * which most are far out of range.
 */
static void fill_reserve_at(struct mutator *mutator, uint8_t *record)
{
    uint32_t placement = mutator_below(mutator, 4);
    uint8_t slack_3 = one_in(mutator, 4) ? below(mutator, 16) : (uint8_t)(1u + below(mutator, 5));
    uint32_t segments = one_in(mutator, 2) ? 1u : mutator_below(mutator, 8);
    uint32_t first = one_in(mutator, 2) ? mutator_below(mutator, 2) : mutator_below(mutator, 8);

    record[1] = (uint8_t)(record[1] % 16u | slack_3 << 4);
    if (one_in(mutator, 4)) {
        set_how(record, placement | 4u);
        record[2] = (uint8_t)(segments | first << 3);
        record[3] = one_in(mutator, 2) ? 0 : below(mutator, 8); /* the window's end */
        record[3] |= (uint8_t)(below(mutator, one_in(mutator, 2) ? 5 : 32) << 3);
    } else {
        set_how(record, placement);
        record[3] = one_in(mutator, 2) ? below(mutator, 128) : few(mutator);
    }
}

static void fill_region(struct mutator *mutator, uint8_t *record)
{
    record[2] = one_in(mutator, 12) ? below(mutator, 256) : few(mutator);
    record[3] = one_in(mutator, 6) ? below(mutator, 256) : delta(mutator);
    switch (record[0] % 32u) {
    case RECORD_RESERVE:
    case RECORD_RESERVE + 1:
        set_how(record, one_in(mutator, 8) ? mutator_below(mutator, 8) : mutator_below(mutator, 4));
        record[1] =
            (uint8_t)(record[1] % 16u | (one_in(mutator, 3) ? below(mutator, 16) : 0u) << 4);
        break;
    case RECORD_RESERVE_AT: fill_reserve_at(mutator, record); break;
    case RECORD_STATE:
    case RECORD_AT:
        set_how(record, mutator_below(mutator, 8));
        record[2] = one_in(mutator, 2) ? slack(mutator) : below(mutator, 8);
        record[3] = one_in(mutator, 4) ? (uint8_t)(0u - below(mutator, 9)) : few(mutator);
        break;
    case RECORD_RESIZE: set_how(record, one_in(mutator, 6) ? mutator_below(mutator, 4) : 0); break;
    default: break;
    }
}

static void fill_stack(struct mutator *mutator, uint8_t *record)
{
    static const uint8_t lengths[8] = { 1, 2, 3, 15, 16, 17, 32, 64 };

    switch (record[0] % 32u) {
    case RECORD_STACK_CREATE:
        set_how(record, one_in(mutator, 3) ? mutator_below(mutator, 8) : 0);
        record[2] = one_in(mutator, 6) ? below(mutator, 256) : lengths[below(mutator, 8)];
        record[3] = one_in(mutator, 8) ? below(mutator, 16) : (uint8_t)(1u + below(mutator, 3));
        record[3] |=
            (uint8_t)((one_in(mutator, 8) ? below(mutator, 16) : 1u + below(mutator, 2)) << 4);
        break;
    case RECORD_STACK_END:
        set_how(record, mutator_below(mutator, 8));
        record[1] = (uint8_t)(record[1] % 8u | (one_in(mutator, 2) ? below(mutator, 4) : 0u) << 3);
        record[2] = below(mutator, 20);
        record[3] = slack(mutator);
        break;
    default:
        set_how(record, one_in(mutator, 8) ? mutator_below(mutator, 8) : 0);
        record[2] = one_in(mutator, 4) ? below(mutator, 256) : below(mutator, 20);
        record[3] = delta(mutator);
        break;
    }
}

static void fill_access(struct mutator *mutator, uint8_t *record)
{
    uint32_t segment_pages = one_in(mutator, 2) ? 4 : BYTES_SEGMENT_PAGES;
    uint32_t page = mutator_below(mutator, 80) - 20u;

    switch (below(mutator, 8)) {
    case 0: page = mutator_below(mutator, 65536); break;
    case 1:
    case 2:
    case 3: /* at the edge of a segment, or beside it */
        page = (mutator_below(mutator, 24) - 4u) * segment_pages;
        page += mutator_below(mutator, 3) - 1u;
        break;
    default: break;
    }
    set_how(record, one_in(mutator, 2) ? 0 : mutator_below(mutator, 8));
    record[2] = (uint8_t)(page >> 8);
    record[3] = (uint8_t)page;
    if (one_in(mutator, 2))
        record[1] |= (uint8_t)(128u | mutator_below(mutator, 8) << 4);
}

static void fill_fault(struct mutator *mutator, uint8_t *record)
{
    set_how(record, mutator_below(mutator, 8));
    if (record[0] >> 5 < 4u) {
        record[2] = (uint8_t)(1u + below(mutator, one_in(mutator, 4) ? 64 : 4));
        record[3] = 0;
    } else {
        record[2] = one_in(mutator, 8) ? below(mutator, 4) : 0;
        record[3] = below(mutator, one_in(mutator, 2) ? 32 : 256);
    }
}

void mutator_fill(struct mutator *mutator, uint8_t *record)
{
    uint32_t what = record[0] % 32u;

    if (what <= RECORD_REALLOC + 1u) {
        fill_size(mutator, record);
    } else if (what == RECORD_ALIGNED) {
        set_how(record, one_in(mutator, 2) ? 2 : mutator_below(mutator, 8));
        record[2] = below(mutator, 256);
        record[3] = below(mutator, one_in(mutator, 4) ? 32 : 18);
    } else if (what <= RECORD_FREE + 2u) {
        set_how(record, one_in(mutator, 3) ? mutator_below(mutator, 8) : 0);
        record[2] = below(mutator, 4);
    } else if (what == RECORD_FREE_AT) {
        fill_free_at(mutator, record);
    } else if (what <= RECORD_BULK_FREE || what == RECORD_CHURN) {
        fill_bulk(mutator, record);
    } else if (what <= RECORD_HEAP + 1u) {
        set_how(record, mutator_below(mutator, 8));
    } else if (what <= RECORD_AT) {
        fill_region(mutator, record);
    } else if (what <= RECORD_STACK_END) {
        fill_stack(mutator, record);
    } else if (what == RECORD_ACCESS) {
        fill_access(mutator, record);
    } else {
        fill_fault(mutator, record);
    }
}

void mutator_make(struct mutator *mutator, uint8_t *record)
{
    record[0] = mutator_what(mutator);
    record[1] = slot(mutator);
    record[2] = 0;
    record[3] = 0;
    mutator_fill(mutator, record);
}

/* -- Near a limit ------------------------------------------------------------------------------ */

/* The record that made the stack that `record` is about, or NULL: the nearest before it. */
static const uint8_t *stack_of(const struct mutator *mutator, const uint8_t *record)
{
    const uint8_t *at = record;

    while (at > mutator_record(mutator, 0)) {
        at -= TRACE_BYTES_RECORD;
        if (at[0] % 32u == RECORD_STACK_CREATE && (at[1] ^ record[1]) % 8u == 0)
            return at;
    }
    return NULL;
}

/* A touch at the guard, at the committed part, or at the ends of the stack, or beside. */
static void touch_edge(struct mutator *mutator, uint8_t *record)
{
    const uint8_t *stack = stack_of(mutator, record);
    uint32_t pages = stack ? stack[2] : 16u;
    uint32_t committed = stack ? stack[3] % 16u : 1u;
    uint32_t guard = stack ? stack[3] / 16u : 1u;
    uint32_t rounded = (pages + 15u) & ~UINT32_C(15);
    const uint32_t edges[4] = { committed, rounded - guard, rounded, 0 };

    set_how(record, 0);
    record[2] = (uint8_t)edges[below(mutator, 4)];
    record[2] = (uint8_t)(record[2] + below(mutator, 3) - 1u);
}

void mutator_nudge(struct mutator *mutator, uint8_t *record)
{
    static const uint8_t steps[4] = { 1, 0xff, 2, 0xfe };
    uint32_t what = record[0] % 32u;

    if ((what == RECORD_STACK_TOUCH || what == RECORD_STACK_TOUCH + 1u) && one_in(mutator, 2)) {
        touch_edge(mutator, record);
        return;
    }
    switch (below(mutator, 6)) {
    case 0: record[2] = (uint8_t)(record[2] + steps[below(mutator, 4)]); break;
    case 1:
    case 2: record[3] = (uint8_t)(record[3] + steps[below(mutator, 4)]); break;
    case 3: record[2] = below(mutator, 256); break;
    default: mutator_fill(mutator, record); break;
    }
}
