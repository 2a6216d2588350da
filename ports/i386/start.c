/* SPDX-License-Identifier: 0BSD */
/* From the first stack to kernel_main(): console first, so that whatever goes wrong can be told. */
#include "i386.h"

_Noreturn void port_start(uint32_t magic, uint32_t facts)
{
    uint32_t first;
    uint32_t count;

    console_start();
    segments_start();
    interrupts_start();
    const struct boot_info *boot = multiboot_read(magic, facts);
    paging_start(multiboot_direct_frames(), &first, &count);
    multiboot_add_free(first, count);
    local_apic_start();
    kernel_main(boot);
}
