/* SPDX-License-Identifier: 0BSD */
/* The console: the first serial port, polled; and the way out through QEMU's isa-debug-exit. */
#include "i386.h"

#define COM1       0x3F8
#define COM_LCR    (COM1 + 3)
#define COM_FCR    (COM1 + 2)
#define COM_MCR    (COM1 + 4)
#define COM_LSR    (COM1 + 5)
#define LSR_READY  0x01 /* a byte was received */
#define LSR_EMPTY  0x20 /* a byte may be sent */
#define LSR_SENT   0x40 /* and the last byte has left */
#define EXIT_PORT  0xF4
#define BOCHS_PORT 0x8900 /* the word "Shutdown" there ends Bochs */
#define SPINS_MAX  1000000u

void console_start(void)
{
    out8(COM1 + 1, 0);   /* no interrupts */
    out8(COM_LCR, 0x80); /* the divisor is next */
    out8(COM1, 1);       /* 115,200 baud */
    out8(COM1 + 1, 0);   /* high byte */
    out8(COM_LCR, 0x03); /* 8 bits, no parity, one stop bit */
    out8(COM_FCR, 0xC7); /* FIFOs on and empty */
    out8(COM_MCR, 0x03); /* DTR, RTS */
}

void port_console_write(char byte)
{
    /* Bounded: without the device, LSR reads as all ones, but who knows what is there instead. */
    for (uint32_t i = 0; i < SPINS_MAX && (in8(COM_LSR) & LSR_EMPTY) == 0; i++)
        ;
    out8(COM1, (uint8_t)byte);
}

int port_console_read(void)
{
    uint8_t status = in8(COM_LSR);

    return (status & LSR_READY) != 0 && status != 0xFF ? in8(COM1) : -1;
}

_Noreturn void port_exit(enum port_verdict verdict)
{
    static const char shutdown[] = "Shutdown";

    __asm__ volatile("cli");
    /* Bochs ends at once, and what is still on its way would be lost. */
    for (uint32_t i = 0; i < SPINS_MAX && (in8(COM_LSR) & LSR_SENT) == 0; i++)
        ;
    out32(EXIT_PORT, (uint32_t)verdict);
    for (uint32_t i = 0; i < sizeof shutdown - 1u; i++)
        out8(BOCHS_PORT, (uint8_t)shutdown[i]);
    for (;;)
        __asm__ volatile("hlt");
}
