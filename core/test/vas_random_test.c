/* SPDX-License-Identifier: 0BSD */
/* The VAS in lock-step with the model over long random histories: every status, every placement
 * rule and every segment's state must agree, and a refusal is only right if the model finds
 * nothing.
 */
#include <lookaside/vas.h>

#include "check.h"
#include "vas_model.h"

#define OPS 30000

static struct vas vas;
static struct vas_model model;
static va32_t bases[4096];
static uint32_t base_count;
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u; /* Numerical Recipes' generator: same on every host */
    return (uint32_t)(((uint64_t)(seed >> 1) * limit) >> 31);
}

static uint32_t random_segments(uint32_t span)
{
    switch (random_below(8)) {
    case 0: return 1;
    case 1: return 16;
    case 2: return 1 + random_below(span / 4 + 1);
    case 3: return 28 + random_below(9); /* around a whole chunk */
    default: return 1 + random_below(24);
    }
}

static void random_request(struct vas_request *request)
{
    uint32_t span = model.end_segment - model.first_segment;

    *request = (struct vas_request){ .segments = random_segments(span) };
    request->state = (enum vas_state)random_below(4);
    if (random_below(3) == 0)
        request->align_log2 = random_below(9);
    request->placement = (enum vas_placement)random_below(4);
    if (random_below(3) == 0 || request->placement == VAS_FIXED) {
        request->window_first = random_below(model.end_segment);
        request->window_end = request->window_first + 1 + random_below(span);
        if (request->window_end > LA_SEGMENTS)
            request->window_end = LA_SEGMENTS;
    }
}

static void check_place(const struct vas_request *request, uint32_t first)
{
    uint32_t lowest = 0, highest = 0;
    bool found = model_places(&model, request, &lowest, &highest);

    CHECK(found);
    CHECK(model_is_free(&model, first, request->segments));
    CHECK_EQ(first % (1u << request->align_log2), 0);
    if (request->window_end != 0)
        CHECK(first >= request->window_first && first + request->segments <= request->window_end);
    if (request->placement == VAS_LOWEST)
        CHECK_EQ(first, lowest);
    if (request->placement == VAS_HIGHEST)
        CHECK_EQ(first, highest);
}

/* Without alignment and window, best fit takes the chunk whose longest run is the shortest that
 * fits, and in it the shortest run that fits. A run counts in the chunk it begins in.
 */
static void check_best_fit(const struct vas_request *request, uint32_t first)
{
    static uint32_t longest[VAS_CHUNKS];
    uint32_t shortest = LA_SEGMENTS;
    uint32_t taken = model_run_length(&model, first);
    uint32_t chunk = 0;

    memset(longest, 0, sizeof longest);
    for (uint32_t i = model.first_segment, length; i < model.end_segment; i += length) {
        length = model.state[i] == VAS_FREE ? model_run_length(&model, i) : 1;
        if (model.state[i] == VAS_FREE && length > longest[i / VAS_CHUNK_SEGMENTS])
            longest[i / VAS_CHUNK_SEGMENTS] = length;
        if (model.state[i] == VAS_FREE && i <= first && first < i + length)
            chunk = i / VAS_CHUNK_SEGMENTS;
    }
    for (uint32_t i = 0; i < VAS_CHUNKS; i++)
        if (longest[i] >= request->segments && longest[i] < shortest)
            shortest = longest[i];
    CHECK_EQ(longest[chunk], shortest);
    for (uint32_t i = chunk * VAS_CHUNK_SEGMENTS; i < (chunk + 1) * VAS_CHUNK_SEGMENTS; i++)
        if (i >= model.first_segment && i < model.end_segment && model.state[i] == VAS_FREE &&
            model.state[i - 1] != VAS_FREE && model_run_length(&model, i) >= request->segments)
            CHECK(taken <= model_run_length(&model, i));
}

static void step_reserve(void)
{
    struct vas_request request;
    enum vas_state state;
    enum la_status status;
    va32_t base = 0xdeadbeef;
    uint32_t unused;

    random_request(&request);
    if (base_count == sizeof bases / sizeof bases[0])
        return;
    status = vas_reserve(&vas, &request, &base);
    if (request.placement == VAS_FIXED) {
        bool aligned = request.window_first % (1u << request.align_log2) == 0;
        bool free = model_is_free(&model, request.window_first, request.segments);

        CHECK_EQ(status, !aligned ? LA_BAD_ARGUMENT : free ? LA_OK : LA_IN_USE);
        if (status == LA_OK)
            CHECK_EQ(base, la_segment_va(request.window_first));
    } else if (status == LA_OK) {
        check_place(&request, la_segment_of(base));
        if (request.placement == VAS_BEST_FIT && request.align_log2 == 0 &&
            request.window_end == 0 && random_below(16) == 0)
            check_best_fit(&request, la_segment_of(base));
    } else {
        CHECK_EQ(status, LA_NO_SPACE);
        CHECK(!model_places(&model, &request, &unused, &unused));
    }
    if (status != LA_OK) {
        CHECK_EQ(base, 0xdeadbeef);
        return;
    }
    state = request.state == VAS_FREE ? VAS_RESERVED : request.state;
    model_take(&model, la_segment_of(base), request.segments, state);
    bases[base_count++] = base;
}

static void step_release(void)
{
    uint32_t pick = random_below(base_count);
    va32_t wild =
        random_below(4) == 0 ? random_below(UINT32_MAX) : la_segment_va(random_below(LA_SEGMENTS));
    uint32_t length = model_region_length(&model, la_segment_of(wild));

    if ((wild & (LA_SEGMENT_BYTES - 1)) != 0 || length == 0)
        CHECK_EQ(vas_release(&vas, wild), LA_BAD_ADDRESS);
    if (base_count == 0)
        return;
    length = model_region_length(&model, la_segment_of(bases[pick]));
    CHECK(length != 0);
    CHECK_EQ(vas_release(&vas, bases[pick]), LA_OK);
    model_release(&model, la_segment_of(bases[pick]), length);
    CHECK_EQ(vas_release(&vas, bases[pick]), LA_BAD_ADDRESS);
    bases[pick] = bases[--base_count];
}

static void step_resize(void)
{
    va32_t base = bases[random_below(base_count)];
    uint32_t first = la_segment_of(base);
    uint32_t before = model_region_length(&model, first);
    uint32_t after = random_below(before + 8);
    enum la_status status;
    bool fits;

    if (base_count == 0)
        return;
    status = vas_resize(&vas, base, after);
    fits = after <= before || model_is_free(&model, first + before, after - before);
    CHECK_EQ(status, after == 0 ? LA_BAD_ARGUMENT : fits ? LA_OK : LA_NO_SPACE);
    if (status != LA_OK)
        return;
    if (after < before)
        model_release(&model, first + after, before - after);
    for (uint32_t i = before; i < after; i++) {
        model.state[first + i] = model.state[first + before - 1];
        model.owner[first + i] = model.owner[first];
    }
}

static void step_change_state(void)
{
    uint32_t first = random_below(LA_SEGMENTS);
    uint32_t segments = random_below(12);
    bool commit = random_below(2) != 0;
    enum la_status expected = LA_OK;
    enum la_status status;

    if (base_count != 0 && random_below(2) != 0)
        first = la_segment_of(bases[random_below(base_count)]);
    status = commit ? vas_commit(&vas, la_segment_va(first), segments)
                    : vas_decommit(&vas, la_segment_va(first), segments);
    if (segments == 0 || first + segments > LA_SEGMENTS)
        expected = LA_BAD_ARGUMENT;
    for (uint32_t i = 0; expected == LA_OK && i < segments; i++)
        if (model.owner[first + i] == 0 || model.owner[first + i] != model.owner[first])
            expected = LA_BAD_ADDRESS;
    if (expected == LA_OK && model.state[first] == VAS_STACK)
        expected = LA_BAD_STATE;
    CHECK_EQ(status, expected);
    for (uint32_t i = 0; expected == LA_OK && i < segments; i++)
        model.state[first + i] = commit ? VAS_COMMITTED : VAS_RESERVED;
}

static void compare_all(void)
{
    struct vas_region region;
    struct vas_stats stats;
    uint32_t cursor = 0;
    uint32_t counts[4] = { 0 };

    CHECK_STR(vas_check(&vas) ? vas_check(&vas) : "sound", "sound");
    for (uint32_t i = model.first_segment; i < model.end_segment; i++) {
        CHECK_EQ(vas_state(&vas, la_segment_va(i)), model.state[i]);
        counts[model.state[i]]++;
    }
    vas_stats(&vas, &stats);
    CHECK_EQ(stats.free_segments, counts[VAS_FREE]);
    CHECK_EQ(stats.reserved_segments, counts[VAS_RESERVED]);
    CHECK_EQ(stats.committed_segments, counts[VAS_COMMITTED]);
    CHECK_EQ(stats.stack_segments, counts[VAS_STACK]);
    CHECK_EQ(stats.regions, base_count);
    while (vas_next_region(&vas, &cursor, &region)) {
        CHECK_EQ(region.segments, model_region_length(&model, region.first_segment));
        counts[0]++;
    }
    CHECK_EQ(counts[0] - stats.free_segments, base_count);
}

static void run_history(uint32_t first, uint32_t end, uint32_t random_seed)
{
    seed = random_seed;
    base_count = 0;
    vas_init(&vas, first, end);
    model_init(&model, first, end);
    for (uint32_t op = 0; op < OPS; op++) {
        /* The tide turns so that the space is seen nearly full and nearly empty. */
        bool filling = op / 3000 % 2 == 0;

        switch (random_below(8)) {
        case 0: step_resize(); break;
        case 1:
        case 2: step_change_state(); break;
        case 3:
        case 4: filling ? step_reserve() : step_release(); break;
        case 5: step_release(); break;
        default: step_reserve(); break;
        }
        if (op % 1500 == 0)
            compare_all();
    }
    compare_all();
    while (base_count != 0)
        CHECK_EQ(vas_release(&vas, bases[--base_count]), LA_OK);
    model_init(&model, first, end);
    compare_all();
}

static void small_space_agrees_with_the_model(void)
{
    run_history(0, 256, 1);
    run_history(3, 200, 2);
}

static void medium_space_agrees_with_the_model(void)
{
    run_history(1, 3000, 3);
}

static void end_of_the_space_agrees_with_the_model(void)
{
    run_history(LA_SEGMENTS - 300, LA_SEGMENTS, 4);
}

static void whole_space_agrees_with_the_model(void)
{
    run_history(1, LA_SEGMENTS, 5);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(small_space_agrees_with_the_model),
        CASE(medium_space_agrees_with_the_model),
        CASE(end_of_the_space_agrees_with_the_model),
        CASE(whole_space_agrees_with_the_model),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
