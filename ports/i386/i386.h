/* SPDX-License-Identifier: 0BSD */
/* What the files of this port know of each other, and the few instructions C cannot say. */
#ifndef I386_I386_H
#define I386_I386_H

#include <kernel/port.h>

#include "layout.h"

/* -- Instructions ------------------------------------------------------------------------------ */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t read_cr2(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr2, %0" : "=r"(value));
    return value;
}

static inline void write_cr3(uint32_t value)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint32_t read_cr3(void)
{
    uint32_t value;

    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    return value;
}

static inline void invalidate_page(va32_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* An address as C and the processor see it: the kernel runs in the managed space itself. */
static inline void *pointer(va32_t va)
{
    return (void *)(uintptr_t)va;
}

/* A symbol of assembly or the linker script as a number. */
#define ADDRESS_OF(symbol) ((va32_t)(uintptr_t)(symbol))

/* -- From assembly and the linker script ------------------------------------------------------- */

extern char image_text[], image_data[], image_end[];
extern char boot_guard[], boot_stack[], double_fault_guard[], double_fault_stack[];
extern uint32_t boot_directory[1024];
extern uint32_t boot_tables[BOOT_TABLES][1024];
extern char trap_stubs[];
extern va32_t access_target;

struct fixup {
    va32_t from, to;
};
extern const struct fixup image_fixups[], image_fixups_end[];

void access_not_executed(void);
void double_fault_entry(void);
void context_begin(void);
_Noreturn void trap_frame_go(struct port_frame *frame);
uint32_t access_read(va32_t va, uint32_t *ret_value);
uint32_t access_write(va32_t va, uint32_t value);
uint32_t access_execute(va32_t va);

/* -- The trap frame ---------------------------------------------------------------------------- */

/* As trap.S pushes it, lowest address first. esp and ss are there only when user mode was left. */
struct port_frame {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, esp_of_pusha, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    uint32_t esp, ss;
};

/* -- Called by assembly ------------------------------------------------------------------------ */

_Noreturn void port_start(uint32_t magic, uint32_t facts);
void trap_handle(struct port_frame *frame);
void double_fault_handle(void);
_Noreturn void context_returned(void);

/* -- Parts of the port ------------------------------------------------------------------------- */

void console_start(void);

/* Descriptor tables, task states. */
void segments_start(void);
void segments_set_cr3(uint32_t cr3); /* of the main task: an iret from the double fault loads it */
void segments_resume(const struct port_jump *jump);   /* where that iret goes */
void segments_describe(struct port_fault *ret_fault); /* what the main task was doing */

/* EDX of CPUID 1, or 0 where there is no CPUID. */
#define FEATURE_TSC  0x010u
#define FEATURE_APIC 0x200u
uint32_t features_1_edx(void);
uint32_t features_7_ebx(void); /* leaf 7, subleaf 0; 0 without it */

extern uint32_t user_guard_smap;

void interrupts_start(void);
void local_apic_start(void); /* needs windows */
void interrupts_handle(uint32_t irq, struct port_frame *frame);

/* Read-only text, guards, the end of the direct map, no identity map. `direct_frames` is the end of
 * RAM, at most DIRECT_FRAMES. Page tables of the image that map nothing then are free memory:
 * frames [*ret_first, *ret_first + *ret_count).
 */
void paging_start(uint32_t direct_frames, uint32_t *ret_first, uint32_t *ret_count);

/* Read the loader's facts; the answer stays for ever. */
const struct boot_info *multiboot_read(uint32_t magic, uint32_t physical);
uint32_t multiboot_direct_frames(void);
void multiboot_add_free(uint32_t first, uint32_t count);

#endif
