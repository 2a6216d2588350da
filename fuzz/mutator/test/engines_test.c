/* SPDX-License-Identifier: 0BSD */
/* The mutator as the engines call it: sizes fit, libFuzzer makes some changes of its own, AFL++
 * gets its input in memory that is not its own.
 */
#include "../mutator.h"

#include "check.h"

static const uint8_t other[TRACE_BYTES_HEADER + 8 * TRACE_BYTES_RECORD] = { 0xff, 0xfe, 0xfd };

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t out_size_max, unsigned int seed);
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *context, unsigned char *bytes, size_t size, unsigned char **ret_bytes,
                       unsigned char *other, size_t other_size, size_t size_max);
void afl_custom_deinit(void *context);

static uint32_t engine_calls;

/* The engine's own change, for these tests. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max)
{
    (void)bytes;
    engine_calls++;
    return size < size_max ? size : size_max;
}

static void one_change_in_sixteen_is_libfuzzers_own(void)
{
    uint8_t bytes[64] = { 0 };

    engine_calls = 0;
    for (uint32_t seed = 0; seed < 1600; seed++)
        CHECK(LLVMFuzzerCustomMutator(bytes, 32, sizeof bytes, seed) <= sizeof bytes);
    CHECK_EQ(engine_calls, 100);
    CHECK_EQ(LLVMFuzzerCustomMutator(bytes, 3, 7, 1), 3); /* no room for a header */
    CHECK_EQ(engine_calls, 101);
    for (uint32_t seed = 0; seed < 100; seed++)
        CHECK(LLVMFuzzerCustomCrossOver(other, 40, other, sizeof other, bytes, sizeof bytes,
                                        seed) <= sizeof bytes);
    CHECK_EQ(engine_calls, 101);
}

static void afl_gets_a_trace_of_ours(void)
{
    void *afl = afl_custom_init(NULL, 7);
    unsigned char bytes[8] = { 0 };
    unsigned char splice[sizeof other] = { 0 };
    unsigned char *out = NULL;
    uint32_t different = 0;

    CHECK(afl != NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        size_t size = afl_custom_fuzz(afl, bytes, sizeof bytes, &out, i % 2u ? splice : NULL,
                                      sizeof splice, 8u + i);

        CHECK(out != NULL && out != bytes);
        CHECK(size >= 8 && size <= 8u + i);
        different += size != sizeof bytes || memcmp(out, bytes, size) != 0;
    }
    CHECK(different > 900);
    afl_custom_deinit(afl);
    afl_custom_deinit(NULL);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(one_change_in_sixteen_is_libfuzzers_own),
        CASE(afl_gets_a_trace_of_ours),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
