/* SPDX-License-Identifier: 0BSD */
/* The kernel from its first function to its verdict. */
#include <kernel/port.h>
#include <kernel/print.h>
#include <kernel/selftest.h>

_Noreturn void kernel_main(const struct boot_info *boot)
{
    bool good = selftest_run_all(boot);

    port_exit(good ? PORT_PASSED : PORT_FAILED);
}
