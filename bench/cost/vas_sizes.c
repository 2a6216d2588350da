/* SPDX-License-Identifier: 0BSD */
/* Sizes to ask for, in integers only, so that both ABIs draw the same. */
#include "vas_work.h"

/* A Weyl sequence, mixed. Source: Steele et al. 2014, SplitMix; Wellons, lowbias32 */
static uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state += 0x9e3779b9u;

    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

uint32_t vas_random_below(uint32_t *state, uint32_t bound)
{
    return (uint32_t)(((uint64_t)next_random(state) * bound) >> 32);
}

/* Log-uniform over 17 to 256: a sixteenth of a doubling above 16 by a table, and what lies between
 * two entries uniform.
 */
static uint32_t draw_log_uniform(uint32_t *state)
{
    /* 65536 * 2^(i/16), i = 0 to 16 */
    static const uint32_t root[17] = { 65536,  68438,  71468,  74632,  77936,  81386,
                                       84990,  88752,  92682,  96785,  101070, 105545,
                                       110218, 115098, 120194, 125515, 131072 };
    uint32_t segments;

    do {
        uint32_t octave = vas_random_below(state, 4);
        uint32_t step = vas_random_below(state, 16);
        uint32_t between = root[step] + vas_random_below(state, root[step + 1u] - root[step]);

        segments = ((16u << octave) * between + 32768u) >> 16;
    } while (segments < 17u || segments > 256u);
    return segments;
}

/* 1 + an exponential of mean 8, rounded down: one more with a chance of e^(-1/8), repeatedly. */
static uint32_t draw_exponential(uint32_t *state)
{
    uint32_t segments = 1;

    while (segments < 256u && next_random(state) < UINT32_C(3790295335)) /* 2^32 e^(-1/8) */
        segments++;
    return segments;
}

struct vas_op vas_sizes_draw(enum vas_sizes sizes, uint32_t *state)
{
    uint32_t percent = vas_random_below(state, 100);
    struct vas_op op = { .code = OP_RESERVE, .segments = 16 };

    if (sizes == SIZES_MIX)
        op.segments = percent < 95 ? 1u + vas_random_below(state, 16) : draw_log_uniform(state);
    else if (sizes == SIZES_EXPO)
        op.segments = draw_exponential(state);
    else if (sizes != SIZES_STACK && percent < 70)
        op.segments = 1;
    else if (sizes != SIZES_STACK && percent >= 90)
        op.segments = 2u + vas_random_below(state, 63);
    if (sizes == SIZES_KERNEL_ALIGNED && op.segments >= 16u)
        op.code += 4u;
    return op;
}
