/* SPDX-License-Identifier: 0BSD */
/* Packs of fuzz inputs handed over as modules, one test each: every input is a trace in byte form
 * and is replayed in a space of its own, with real page faults. The digest of all digests is
 * printed; whoever started the machine compares it with the host's.
 */
#include "groups.h"

#include <lookaside/trace_bytes.h>

#include <kernel/modules.h>
#include <kernel/text.h>
#include <kernel/trace_run.h>

#define PACKS_MAX    16u
#define LENGTH_BYTES 4u

/* FNV-1a, 64 bits. */
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct selftest pack_tests[PACKS_MAX + 1u];

static const struct boot_module *modules[PACKS_MAX]; /* of the tests */

static uint64_t mix(uint64_t hash, uint64_t digest)
{
    for (uint32_t shift = 0; shift < 64u; shift += 8u)
        hash = (hash ^ (digest >> shift & 0xFFu)) * FNV_PRIME;
    return hash;
}

static bool next_op(void *context, struct trace_run *run, struct trace_op *ret_op)
{
    (void)run;
    return trace_bytes_next(context, ret_op);
}

static bool run_input(struct trace_run *run, const uint8_t *bytes, uint32_t length)
{
    static struct trace_bytes reader;
    uint32_t slots[4] = { 0 };

    slots[TRACE_BLOCK] = TRACE_BYTES_BLOCKS;
    slots[TRACE_REGION] = TRACE_BYTES_REGIONS;
    slots[TRACE_STACK] = TRACE_BYTES_STACKS;
    slots[TRACE_HEAP] = TRACE_BYTES_HEAPS;
    trace_bytes_open(&reader, bytes, length);
    return trace_run_ops(run, slots, next_op, &reader, 0);
}

/* All inputs of a pack: a little-endian length and so many bytes each. False after a failure. */
static bool run_pack(const uint8_t *bytes, uint32_t left, uint64_t *ret_digest,
                     uint32_t *ret_inputs)
{
    static struct trace_run run;
    bool tell = text_option_number(selftest_boot()->command_line, "inputs", 0) != 0;
    uint64_t digest = FNV_START;
    uint32_t inputs = 0;

    while (left > 0) {
        uint32_t length;

        EXPECT(left >= LENGTH_BYTES);
        memcpy(&length, bytes, LENGTH_BYTES);
        bytes += LENGTH_BYTES;
        left -= LENGTH_BYTES;
        EXPECT(length <= left);
        if (!run_input(&run, bytes, length)) {
            selftest_fail(__FILE__, __LINE__, "input %u: %s", inputs, run.message);
            return false;
        }
        if (tell)
            print("# input %u digest %016llx\n", inputs, (unsigned long long)run.result.digest);
        digest = mix(digest, run.result.digest);
        bytes += length;
        left -= length;
        inputs++;
    }
    *ret_digest = digest;
    *ret_inputs = inputs;
    return true;
}

static void replay_module(void)
{
    const struct selftest *self = selftest_current();
    const struct boot_module *module = modules[self - pack_tests];
    const uint8_t *bytes = module_open(module);
    uint64_t digest = 0;
    uint32_t inputs = 0;

    CHECK(bytes != NULL);
    bool good = run_pack(bytes, module->bytes, &digest, &inputs);
    module_close(module, bytes);
    if (good)
        print("# pack %s digest %016llx inputs %u\n", self->name, (unsigned long long)digest,
              inputs);
}

void pack_tests_make(const struct boot_info *boot)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < boot->module_count && count < PACKS_MAX; i++) {
        const char *name = module_name(&boot->modules[i], "pack");

        if (name == NULL)
            continue;
        modules[count] = &boot->modules[i];
        pack_tests[count++] = (struct selftest){ .name = name, .run = replay_module };
    }
}
