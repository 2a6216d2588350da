/* SPDX-License-Identifier: 0BSD */
/* The order of all tests: an explicit table, because a linker section's order is the compiler's. */
#include "groups.h"

const struct selftest_group selftest_groups[] = {
    { "boot", boot_tests },
    { NULL, NULL },
};
