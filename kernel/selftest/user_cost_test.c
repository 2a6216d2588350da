/* SPDX-License-Identifier: 0BSD */
/* What ring 3 pays for the kernel, in instructions where the port counts those. */
#include "groups.h"
#include "user.h"

#include <kernel/text.h>

/* Turns end by the timer: under -icount it strikes at the same instruction in every run. */
static void ring_3_pays(void)
{
    static const char *const costs[] = { "system-call", "user-fault", "thread-switch",
                                         "commit-decommit" };

    if (port_cycles() == 0) { /* no counter is still at 0 by now */
        selftest_skip("this processor has no counter");
        return;
    }
    for (uint32_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        struct uabi_exit end;

        if (!user_run("cost", costs[i], &end))
            return;
        CHECK_EQUAL(end.end, UABI_EXITED);
        CHECK(end.status > 0);
        if (text_option_number(selftest_boot()->command_line, "costs", 0) != 0)
            print("# figure cost.%s %u\n", costs[i], end.status);
    }
}

const struct selftest user_cost_tests[] = {
    { "ring_3_pays", ring_3_pays },
    { NULL, NULL },
};
