/* SPDX-License-Identifier: 0BSD */
/* Every file of tests, by the list it defines. */
#ifndef SELFTEST_GROUPS_H
#define SELFTEST_GROUPS_H

#include <kernel/selftest.h>

extern const struct selftest boot_tests[];

#endif
