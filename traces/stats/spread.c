/* SPDX-License-Identifier: 0BSD */
/* A histogram with 128 places between one power of two and the next. */
#include "spread.h"

#include "figures.h"

/* `value` has 8 leading digits, 128 to 255, and a shift; numbers below 128 have the shift 0. */
static uint32_t place_of(uint64_t value)
{
    uint32_t shift;
    uint64_t digits;

    if (value < 2u * SPREAD_STEPS)
        return (uint32_t)value;
    shift = 63u - (uint32_t)__builtin_clzll(value) - 7u;
    digits = (value + ((UINT64_C(1) << shift) - 1u)) >> shift; /* 256 is the next shift's 128 */
    return shift * SPREAD_STEPS + (uint32_t)digits;
}

static uint64_t value_of(uint32_t place)
{
    uint32_t shift = place < SPREAD_STEPS ? 0 : place / SPREAD_STEPS - 1u;

    return (uint64_t)(place - shift * SPREAD_STEPS) << shift;
}

void spread_add(struct spread *spread, uint64_t value)
{
    if (value > STATS_SUM_MAX)
        value = STATS_SUM_MAX;
    spread->count++;
    spread->sum = stats_sum(spread->sum, value);
    if (value > spread->max)
        spread->max = value;
    spread->places[place_of(value)]++;
}

uint64_t spread_at(const struct spread *spread, uint32_t permille)
{
    uint64_t wanted = stats_product(spread->count, permille) / 1000u +
                      (stats_product(spread->count, permille) % 1000u != 0);
    uint64_t seen = 0;

    for (uint32_t place = 0; place < SPREAD_PLACES && spread->count > 0; place++) {
        seen += spread->places[place];
        if (seen >= wanted && spread->places[place] > 0)
            return value_of(place) < spread->max ? value_of(place) : spread->max;
    }
    return spread->max;
}
