/* SPDX-License-Identifier: 0BSD */
/* Every format that can be imported has a fuzz target, and none is for a format that is gone.
 * Arguments: the formats that have one.
 */
#include "check.h"

#include "../../../traces/import/formats.h"

static char **fuzzed;

static void every_format_has_a_target(void)
{
    for (size_t i = 0; format_at(i); i++) {
        char **name = fuzzed;
        while (*name && strcmp(*name, format_at(i)->name) != 0)
            name++;
        if (!*name)
            CHECK_FAIL("%s is not in the list of fuzz/meson.build", format_at(i)->name);
    }
}

static void every_target_has_a_format(void)
{
    CHECK(*fuzzed != NULL);
    for (char **name = fuzzed; *name; name++)
        if (!format_named(*name))
            CHECK_FAIL("%s is no format any more", *name);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_format_has_a_target),
        CASE(every_target_has_a_format),
    };

    fuzzed = argv + (argc > 0);
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
