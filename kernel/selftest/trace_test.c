/* SPDX-License-Identifier: 0BSD */
/* Traces handed over as modules: one test each, made when the modules are known. The digest is
 * printed; whoever started the machine compares it with the host's.
 */
#include "groups.h"

#include <kernel/modules.h>
#include <kernel/text.h>
#include <kernel/trace_run.h>

#define TRACES_MAX 256u

struct selftest trace_tests[TRACES_MAX + 1u];

static const struct boot_module *modules[TRACES_MAX]; /* of the tests */

static void replay_module(void)
{
    static struct trace_run run;
    const struct selftest *self = selftest_current();
    const struct boot_module *module = modules[self - trace_tests];
    const uint8_t *bytes = module_open(module);
    uint32_t upto = text_option_number(selftest_boot()->command_line, "upto", 0);

    CHECK(bytes != NULL);
    bool good = trace_run(&run, bytes, module->bytes, upto);
    module_close(module, bytes);
    if (!good) {
        selftest_fail(__FILE__, __LINE__, "%s: %s", self->name, run.message);
        return;
    }
    print("# trace %s digest %016llx ops %llu no-memory %llu zero-faults %u pages-peak %u\n",
          self->name, (unsigned long long)run.result.digest, (unsigned long long)run.result.ops,
          (unsigned long long)run.result.no_memory, run.zero_faults, run.pages_peak);
}

void trace_tests_make(const struct boot_info *boot)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < boot->module_count && count < TRACES_MAX; i++) {
        const char *name = module_name(&boot->modules[i], "trace");

        if (name == NULL)
            continue;
        modules[count] = &boot->modules[i];
        trace_tests[count++] = (struct selftest){ .name = name, .run = replay_module };
    }
}
