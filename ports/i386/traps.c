/* SPDX-License-Identifier: 0BSD */
/* What a trap means: page faults to the kernel, or to whoever expected them; interrupts; system
 * calls; everything else is reported.
 */
#include "i386.h"

#define VECTOR_PAGE_FAULT 14u
#define ERROR_RESERVED    8u /* a reserved bit is set in a page table */

static struct port_fault expected; /* the last fault that ended an access of access.S */
static uint32_t serving;           /* page faults being served: 0 or 1 */
static struct port_fault served;   /* that one, for the report of a second */

static const char *const names[20] = {
    "division error",
    "debug",
    "NMI",
    "breakpoint",
    "overflow",
    "bound exceeded",
    "invalid instruction",
    "no coprocessor",
    "double fault",
    "coprocessor overrun",
    "invalid TSS",
    "segment not present",
    "stack segment fault",
    "protection",
    "page fault",
    "reserved",
    "x87 error",
    "alignment",
    "machine check",
    "SIMD error",
};

static struct port_fault describe(const struct port_frame *frame)
{
    uint32_t va = read_cr2();
    bool present = (frame->error & 1u) != 0;

    /* Source: Intel SDM vol. 3A, 4.7. Without NX the processor does not tell a fetch; but what it
     * cannot fetch it cannot execute, so a missing page at EIP is one.
     */
    return (struct port_fault){
        .va = va,
        .ip = frame->eip,
        .sp = port_frame_sp(frame),
        .present = present,
        .write = (frame->error & 2u) != 0,
        .user = (frame->error & 4u) != 0,
        .execute = (frame->error & 16u) != 0 || (!present && va == frame->eip),
    };
}

/* Where an access that may fault goes on, or 0. */
static va32_t continuation(const struct port_frame *frame)
{
    if (port_frame_is_user(frame))
        return 0;
    if (frame->eip == access_target)
        return ADDRESS_OF(access_not_executed);
    for (const struct fixup *fixup = image_fixups; fixup < image_fixups_end; fixup++)
        if (fixup->from == frame->eip)
            return fixup->to;
    return 0;
}

static void page_fault(struct port_frame *frame)
{
    struct port_fault fault = describe(frame);

    if ((frame->error & ERROR_RESERVED) != 0)
        la_panic("a reserved bit is set in a page table", __FILE__, __LINE__);
    if (serving != 0)
        kernel_nested_fault(&served, &fault);
    serving++;
    served = fault;
    bool good = kernel_page_fault(&fault, frame);
    serving--;
    if (good)
        return;

    va32_t next = continuation(frame);
    if (next == 0)
        kernel_fault_unserved(&fault, frame);
    expected = fault;
    frame->eip = next;
}

void trap_handle(struct port_frame *frame)
{
    uint32_t vector = frame->vector;

    if (vector == VECTOR_PAGE_FAULT)
        page_fault(frame);
    else if (vector == VECTOR_SYSTEM)
        kernel_system_call(frame);
    else if (vector >= VECTOR_IRQ && vector < VECTOR_IRQ + 16u)
        interrupts_handle(vector - VECTOR_IRQ, frame);
    else
        kernel_trap(vector, vector < 20u ? names[vector] : "unexpected vector", frame->error,
                    frame);
}

void double_fault_handle(void)
{
    struct port_fault fault = { .va = read_cr2(), .write = true, .double_fault = true };

    segments_describe(&fault);
    serving = 0; /* the fault may have hit while one was being served */
    const struct port_jump *jump = kernel_double_fault(&fault);
    if (jump == NULL)
        port_exit(PORT_DOUBLE_FAULTED);
    segments_resume(jump);
}

/* -- Accesses that may fault ------------------------------------------------------------------- */

static bool probed(uint32_t good, struct port_fault *ret_fault)
{
    if (good == 0 && ret_fault != NULL)
        *ret_fault = expected;
    return good != 0;
}

bool port_probe_read(va32_t va, uint32_t *ret_value, struct port_fault *ret_fault)
{
    uint32_t value;

    if (!probed(access_read(va, &value), ret_fault))
        return false;
    if (ret_value != NULL)
        *ret_value = value;
    return true;
}

bool port_probe_write(va32_t va, uint32_t value, struct port_fault *ret_fault)
{
    return probed(access_write(va, value), ret_fault);
}

bool port_probe_execute(va32_t va, struct port_fault *ret_fault)
{
    return probed(access_execute(va), ret_fault);
}
