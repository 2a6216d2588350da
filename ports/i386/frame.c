/* SPDX-License-Identifier: 0BSD */
/* Trap frames and contexts as the kernel sees them: getters, first frames, backtraces. */
#include "i386.h"

va32_t port_frame_ip(const struct port_frame *frame)
{
    return frame->eip;
}

bool port_frame_is_user(const struct port_frame *frame)
{
    return (frame->cs & 3u) != 0;
}

/* From kernel mode the processor pushes no stack pointer: it was just above the frame then. */
va32_t port_frame_sp(const struct port_frame *frame)
{
    return port_frame_is_user(frame) ? frame->esp : ADDRESS_OF(&frame->esp);
}

uint32_t port_frame_call_number(const struct port_frame *frame)
{
    return frame->eax;
}

uint32_t port_frame_call_argument(const struct port_frame *frame, uint32_t index)
{
    switch (index) {
    case 0: return frame->ebx;
    case 1: return frame->ecx;
    case 2: return frame->edx;
    case 3: return frame->esi;
    default: return frame->edi;
    }
}

void port_frame_call_answer(struct port_frame *frame, uint32_t value)
{
    frame->eax = value;
}

/* -- Contexts ---------------------------------------------------------------------------------- */

void port_context_init(struct port_context *ret_context, va32_t stack_end,
                       void (*run)(void *argument), void *argument)
{
    uint32_t *top = pointer(stack_end & ~15u);

    /* What port_context_switch() pops: EBP, EDI, ESI, EBX, EFLAGS, return address. */
    *--top = ADDRESS_OF(context_begin);
    *--top = EFLAGS_FIXED;
    *--top = ADDRESS_OF(run);
    *--top = ADDRESS_OF(argument);
    *--top = 0;
    *--top = 0;
    ret_context->sp = ADDRESS_OF(top);
}

_Noreturn void context_returned(void)
{
    la_panic("a context's function returned", __FILE__, __LINE__);
}

_Noreturn void port_user_enter(va32_t ip, va32_t sp, uint32_t argument)
{
    struct port_frame frame = {
        .gs = SELECTOR_USER_DATA,
        .fs = SELECTOR_USER_DATA,
        .es = SELECTOR_USER_DATA,
        .ds = SELECTOR_USER_DATA,
        .eax = argument,
        .eip = ip,
        .cs = SELECTOR_USER_CODE,
        .eflags = EFLAGS_FIXED | EFLAGS_IF,
        .esp = sp,
        .ss = SELECTOR_USER_DATA,
    };

    (void)port_irq_save(); /* the registers on the way out must not be of two frames */
    trap_frame_go(&frame);
}

/* -- Backtraces -------------------------------------------------------------------------------- */

/* Every kernel function keeps EBP as the link to its caller's (-fno-omit-frame-pointer). */
uint32_t port_backtrace(const struct port_frame *frame, va32_t *ret_ips, uint32_t max)
{
    va32_t link = frame == NULL ? ADDRESS_OF(__builtin_frame_address(0)) : frame->ebp;
    uint32_t count = 0;

    if (frame != NULL && port_frame_is_user(frame))
        return 0;
    while (count < max && link >= KERNEL_BASE && (link & 3u) == 0) {
        uint32_t next;
        uint32_t ip;

        if (!port_query(&port_kernel_space, link, NULL) ||
            !port_query(&port_kernel_space, link + 4u, NULL))
            break;
        next = *(const uint32_t *)pointer(link);
        ip = *(const uint32_t *)pointer(link + 4u);
        if (ip < KERNEL_BASE)
            break;
        ret_ips[count++] = ip;
        if (next <= link) /* stacks grow down, so callers are above */
            break;
        link = next;
    }
    return count;
}
