/* SPDX-License-Identifier: 0BSD */
/* The two 8259 interrupt controllers, the 8254 timer, and waiting for an interrupt. */
#include "i386.h"

#define PIC_MASTER   0x20
#define PIC_SLAVE    0xA0
#define PIC_EOI      0x20
#define PIC_READ_ISR 0x0B
#define PIT_CHANNEL  0x40
#define PIT_COMMAND  0x43
#define PIT_HZ       1193182u
#define IRQ_TIMER    0u
#define IRQ_CASCADE  2u

static void pic_start(uint16_t base, uint8_t vector, uint8_t wiring)
{
    out8(base, 0x11); /* initialise, edge-triggered, four words */
    out8(base + 1, vector);
    out8(base + 1, wiring);
    out8(base + 1, 0x01); /* 8086 */
    out8(base + 1, 0xFF); /* everything masked */
}

void interrupts_start(void)
{
    pic_start(PIC_MASTER, VECTOR_IRQ, 1u << IRQ_CASCADE);
    pic_start(PIC_SLAVE, VECTOR_IRQ + 8, IRQ_CASCADE);
}

/* IRQ 7 and 15 also mean "it was gone when the processor asked": then it is not in service, and
 * only the master hears of a spurious 15. Bochs shows one in about 6,000 ticks, QEMU none.
 */
static bool is_spurious(uint32_t irq)
{
    uint16_t base = irq < 8u ? PIC_MASTER : PIC_SLAVE;

    if (irq % 8u != 7u)
        return false;
    out8(base, PIC_READ_ISR);
    if ((in8(base) & 0x80u) != 0)
        return false;
    if (irq == 15u)
        out8(PIC_MASTER, PIC_EOI);
    return true;
}

void interrupts_handle(uint32_t irq, struct port_frame *frame)
{
    if (is_spurious(irq))
        return;
    if (irq >= 8u)
        out8(PIC_SLAVE, PIC_EOI);
    out8(PIC_MASTER, PIC_EOI);
    if (irq == IRQ_TIMER)
        kernel_tick(frame);
}

void port_tick_start(uint32_t hz)
{
    uint8_t mask = in8(PIC_MASTER + 1);

    if (hz == 0) {
        out8(PIC_MASTER + 1, mask | (1u << IRQ_TIMER));
        return;
    }
    LA_ASSERT(hz >= 18u && hz <= 1000u);

    uint32_t divisor = PIT_HZ / hz; /* at most 66,287: 0 stands for 65,536 */
    if (divisor > 65535u)
        divisor = 0;
    out8(PIT_COMMAND, 0x34); /* channel 0, both bytes, rate generator */
    out8(PIT_CHANNEL, (uint8_t)divisor);
    out8(PIT_CHANNEL, (uint8_t)(divisor >> 8));
    out8(PIC_MASTER + 1, (uint8_t)(mask & ~(1u << IRQ_TIMER)));
}

uint32_t port_irq_save(void)
{
    uint32_t flags;

    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    return flags & EFLAGS_IF;
}

void port_irq_restore(uint32_t saved)
{
    if (saved != 0)
        __asm__ volatile("sti" : : : "memory");
}

void port_idle(void)
{
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
