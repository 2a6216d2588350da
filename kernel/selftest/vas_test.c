/* SPDX-License-Identifier: 0BSD */
/* The core's vas as the kernel uses it: states and heads, misuse, a full space, a random mix beside
 * a naive model.
 */
#include "groups.h"

#include <lookaside/vas.h>

#include <kernel/space.h>
#include <kernel/text.h>

#define MODEL_SEGMENTS 2048u
#define RANDOM_STEPS   20000u

static struct vas vas;                /* too large for a stack */
static uint8_t owner[MODEL_SEGMENTS]; /* the model: 0 free, else a number of the region's own */
static va32_t regions[256];           /* by that number; 0: none */
static uint32_t sizes[256];

static enum la_status reserve(uint32_t segments, va32_t *ret_va)
{
    const struct vas_request request = { .segments = segments, .state = VAS_COMMITTED };

    return vas_reserve(&vas, &request, ret_va);
}

static void regions_have_heads_and_states(void)
{
    struct vas_region region;
    va32_t a;
    va32_t b;

    vas_init(&vas, 1, 65);
    CHECK(reserve(3, &a) == LA_OK && reserve(2, &b) == LA_OK);
    CHECK(vas_query(&vas, a + 2u * LA_SEGMENT_BYTES, &region));
    CHECK(la_segment_va(region.first_segment) == a && region.segments == 3u);
    CHECK(vas_state(&vas, a) == VAS_COMMITTED);
    CHECK(vas_release(&vas, a + LA_SEGMENT_BYTES) == LA_BAD_ADDRESS);
    CHECK(vas_release(&vas, a + 1u) == LA_BAD_ADDRESS);
    CHECK(vas_release(&vas, a) == LA_OK);
    CHECK(vas_release(&vas, a) == LA_BAD_ADDRESS);
    CHECK(vas_state(&vas, b) == VAS_COMMITTED);
    CHECK(vas_check(&vas) == NULL);
}

static void a_space_fills_fragments_and_refills(void)
{
    va32_t va;
    uint32_t count = 0;

    vas_init(&vas, 1, MODEL_SEGMENTS);
    while (reserve(1, &va) == LA_OK)
        count++;
    CHECK_EQUAL(count, MODEL_SEGMENTS - 1u);
    /* Every second one free: no room for two in a row, room for every single one. */
    for (uint32_t segment = 1; segment < MODEL_SEGMENTS; segment += 2u)
        CHECK(vas_release(&vas, la_segment_va(segment)) == LA_OK);
    CHECK(reserve(2, &va) == LA_NO_SPACE);
    for (count = 0; reserve(1, &va) == LA_OK; count++)
        ;
    CHECK_EQUAL(count, MODEL_SEGMENTS / 2u);
    CHECK(vas_check(&vas) == NULL);
}

/* -- Beside a model ---------------------------------------------------------------------------- */

static uint32_t longest_free_run(void)
{
    uint32_t longest = 0;
    uint32_t run = 0;

    for (uint32_t segment = 1; segment < MODEL_SEGMENTS; segment++) {
        run = owner[segment] == 0 ? run + 1u : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static bool model_reserve(uint32_t number, uint32_t segments)
{
    va32_t va = 0;
    enum la_status status = reserve(segments, &va);

    if (status == LA_NO_SPACE) {
        EXPECT(longest_free_run() < segments);
        return true;
    }
    EXPECT(status == LA_OK);
    for (uint32_t i = 0; i < segments; i++) {
        uint32_t segment = la_segment_of(va) + i;

        EXPECT(segment > 0 && segment < MODEL_SEGMENTS && owner[segment] == 0);
        owner[segment] = (uint8_t)number;
    }
    regions[number] = va;
    sizes[number] = segments;
    return true;
}

static bool model_release(uint32_t number)
{
    EXPECT(vas_release(&vas, regions[number]) == LA_OK);
    for (uint32_t i = 0; i < sizes[number]; i++)
        owner[la_segment_of(regions[number]) + i] = 0;
    regions[number] = 0;
    return true;
}

static void a_random_mix_agrees_with_a_naive_model(void)
{
    uint32_t seed = 42;

    vas_init(&vas, 1, MODEL_SEGMENTS);
    memset(owner, 0, sizeof owner);
    memset(regions, 0, sizeof regions);
    for (uint32_t step = 0; step < RANDOM_STEPS; step++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t number = 1u + (seed >> 8) % 255u;

        if (regions[number] != 0)
            CHECK(model_release(number));
        else
            CHECK(model_reserve(number, 1u + (seed >> 20) % 24u));
        if (step % 1000u == 0)
            CHECK(vas_check(&vas) == NULL);
    }
}

const struct selftest vas_tests[] = {
    { "regions_have_heads_and_states", regions_have_heads_and_states },
    { "a_space_fills_fragments_and_refills", a_space_fills_fragments_and_refills },
    { "a_random_mix_agrees_with_a_naive_model", a_random_mix_agrees_with_a_naive_model },
    { NULL, NULL },
};
