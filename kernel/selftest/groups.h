/* SPDX-License-Identifier: 0BSD */
/* Every file of tests, by the list it defines. */
#ifndef SELFTEST_GROUPS_H
#define SELFTEST_GROUPS_H

#include <kernel/selftest.h>

extern const struct selftest boot_tests[];
extern const struct selftest port_tests[];
extern const struct selftest port_trap_tests[];
extern const struct selftest machine_tests[]; /* the port's own */
extern const struct selftest paging_tests[];
extern const struct selftest memory_tests[];
extern const struct selftest vas_tests[];
extern const struct selftest heap_tests[];
extern const struct selftest fault_tests[];
extern const struct selftest kstack_tests[];
extern const struct selftest books_tests[];
extern const struct selftest oom_tests[];
extern const struct selftest cost_tests[];
extern struct selftest trace_tests[];
extern struct selftest pack_tests[];
extern const struct selftest user_tests[];
extern const struct selftest user_cost_tests[];
extern const struct selftest user_oom_tests[];
extern const struct selftest user_soak_tests[];
extern const struct selftest user_trace_tests[];
extern const struct selftest end_tests[];

/* Those that depend on the modules. */
void trace_tests_make(const struct boot_info *boot);
void pack_tests_make(const struct boot_info *boot);

#endif
