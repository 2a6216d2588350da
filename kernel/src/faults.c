/* SPDX-License-Identifier: 0BSD */
/* Page faults and other traps. */
#include <kernel/port.h>
#include <kernel/print.h>

bool kernel_page_fault(const struct port_fault *fault, struct port_frame *frame)
{
    (void)fault;
    (void)frame;
    return false;
}

_Noreturn void kernel_fault_unserved(const struct port_fault *fault, struct port_frame *frame)
{
    (void)frame;
    print("# fault at %08x, ip %08x\n", fault->va, fault->ip);
    la_panic("a page fault in the kernel", __FILE__, __LINE__);
}

_Noreturn void kernel_nested_fault(const struct port_fault *outer, const struct port_fault *inner)
{
    print("# fault at %08x, ip %08x while serving one at %08x, ip %08x\n", inner->va, inner->ip,
          outer->va, outer->ip);
    la_panic("a page fault while one was being served", __FILE__, __LINE__);
}

_Noreturn void kernel_trap(uint32_t vector, const char *name, uint32_t error,
                           struct port_frame *frame)
{
    print("# trap %u (%s), error %x, ip %08x\n", vector, name, error, port_frame_ip(frame));
    la_panic("a trap in the kernel", __FILE__, __LINE__);
}

struct port_jump *kernel_double_fault(const struct port_fault *fault)
{
    print("# double fault at %08x, ip %08x\n", fault->va, fault->ip);
    return NULL;
}

void kernel_tick(struct port_frame *frame)
{
    (void)frame;
}

void kernel_system_call(struct port_frame *frame)
{
    (void)frame;
}

uint32_t kernel_table_frame_take(void)
{
    return PORT_NO_FRAME;
}

void kernel_table_frame_give(uint32_t frame)
{
    (void)frame;
}
