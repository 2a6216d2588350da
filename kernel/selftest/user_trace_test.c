/* SPDX-License-Identifier: 0BSD */
/* Traces handed over as modules, replayed by a ring-3 process: it prints the digest, and whoever
 * started the machine compares it with the host's.
 */
#include "groups.h"
#include "user.h"

#include <kernel/modules.h>
#include <kernel/text.h>

static void programs_replay_traces(void)
{
    const struct boot_info *boot = selftest_boot();
    uint32_t upto = text_option_number(boot->command_line, "upto", 0);
    uint32_t count = 0;

    for (uint32_t i = 0; i < boot->module_count; i++) {
        const char *name = module_name(&boot->modules[i], "trace");
        char argument[UABI_ARGUMENT_MAX];

        if (name == NULL)
            continue;
        (void)print_to(argument, sizeof argument, "%s upto=%u", name, upto);
        user_check("replay", argument);
        count++;
    }
    if (count == 0)
        selftest_skip("no module is a trace");
}

const struct selftest user_trace_tests[] = {
    { "programs_replay_traces", programs_replay_traces },
    { NULL, NULL },
};
