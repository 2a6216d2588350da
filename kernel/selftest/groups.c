/* SPDX-License-Identifier: 0BSD */
/* The order of all tests: an explicit table, because a linker section's order is the compiler's. */
#include "groups.h"

/* clang-format off: one a line, so that two who add one do not meet */
const struct selftest_group selftest_groups[] = {
    { "boot", boot_tests },
    { "port", port_tests },
    { "trap", port_trap_tests },
    { "machine", machine_tests },
    { "paging", paging_tests },
    { "memory", memory_tests },
    { "vas", vas_tests },
    { "heap", heap_tests },
    { "fault", fault_tests },
    { "kstack", kstack_tests },
    { "books", books_tests },
    { "oom", oom_tests },
    { "cost", cost_tests },
    { "trace", trace_tests },
    { "pack", pack_tests },
    { "user", user_tests },
    { "user-oom", user_oom_tests },
    { "user-cost", user_cost_tests },
    { "user-soak", user_soak_tests },
    { "user-trace", user_trace_tests },
    { "end", end_tests },
    { NULL, NULL },
};
/* clang-format on */
