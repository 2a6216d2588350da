/* SPDX-License-Identifier: 0BSD */
/* What only this port can be asked: the process has mapped no more than the tables allow. */
#include "process.h"

#include "groups.h"

/* Beyond the managed addresses is the process itself. */
static void addresses_outside_are_nobodys(void)
{
    CHECK(port_geometry->ranges_end <= MANAGED_END);
    CHECK(!port_query(&port_kernel_space, MANAGED_END, NULL));
    CHECK(!port_query(&port_kernel_space, UINT32_MAX & ~(LA_PAGE_BYTES - 1u), NULL));
}

const struct selftest machine_tests[] = {
    { "addresses_outside_are_nobodys", addresses_outside_are_nobodys },
    { NULL, NULL },
};
