/* SPDX-License-Identifier: 0BSD */
/* Everything at once under the timer, for a second, or soak=SECONDS; every frame is back then. */
#include "groups.h"
#include "user.h"

#include <kernel/text.h>

static void a_random_mix_leaves_nothing(void)
{
    const char *line = selftest_boot()->command_line;
    char argument[64];

    (void)print_to(argument, sizeof argument, "seconds=%u seed=%u",
                   text_option_number(line, "soak", 1), text_option_number(line, "seed", 1));
    process_set_reports(false);
    user_check("soak", argument);
    process_set_reports(true);
}

const struct selftest user_soak_tests[] = {
    { "a_random_mix_leaves_nothing", a_random_mix_leaves_nothing },
    { NULL, NULL },
};
