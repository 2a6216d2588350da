/* SPDX-License-Identifier: 0BSD */
/* Descriptor tables and the two task states. Segments are flat: protection is the page tables'. The
 * processor's task switching serves one thing, the double fault: when a kernel stack has overflowed
 * there is no stack to push a frame on, and only a task gate brings a stack of its own.
 *
 * Source: Intel SDM vol. 3A, 3.4 (descriptors), 6.10 (gates), 7.2 (task state).
 */
#include "i386.h"

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t base;
};

struct task_state {
    uint32_t link;
    uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs;
    uint32_t ldt;
    uint16_t trap, io_map;
};

_Static_assert(sizeof(struct task_state) == 104, "the processor's layout");

#define GATE_INTERRUPT 0x8E00 /* present, ring 0, 32 bits, interrupts off */
#define GATE_USER      0x6000 /* or: ring 3 may use it */
#define GATE_TASK      0x8500

static uint64_t gdt[GDT_ENTRIES];
static uint64_t idt[256];
static struct task_state main_task;
static struct task_state double_fault_task;

/* `access`: present, ring, type. `flags`: granularity and size, the upper four bits of a byte. */
static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags)
{
    uint32_t low = (limit & 0xFFFFu) | (base << 16);
    uint32_t high = ((base >> 16) & 0xFFu) | (access << 8) | (limit & 0xF0000u) | (flags << 20) |
                    (base & 0xFF000000u);

    return low | ((uint64_t)high << 32);
}

static uint64_t gate(uint32_t selector, va32_t target, uint32_t type)
{
    uint32_t low = (target & 0xFFFFu) | (selector << 16);
    uint32_t high = (target & 0xFFFF0000u) | type;

    return low | ((uint64_t)high << 32);
}

static void load_tables(void)
{
    const struct table_register gdtr = { sizeof gdt - 1u, ADDRESS_OF(gdt) };
    const struct table_register idtr = { sizeof idt - 1u, ADDRESS_OF(idt) };

    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %2, $1f\n"
                     "1:\tmovl %3, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "lidt %1\n\t"
                     "movw %4, %%ax\n\t"
                     "ltr %%ax"
                     :
                     : "m"(gdtr), "m"(idtr), "i"(SELECTOR_CODE), "i"(SELECTOR_DATA),
                       "i"(SELECTOR_TSS)
                     : "eax", "memory");
}

void segments_start(void)
{
    gdt[SELECTOR_CODE / 8] = descriptor(0, 0xFFFFF, 0x9A, 0xC);
    gdt[SELECTOR_DATA / 8] = descriptor(0, 0xFFFFF, 0x92, 0xC);
    gdt[SELECTOR_USER_CODE / 8] = descriptor(0, 0xFFFFF, 0xFA, 0xC);
    gdt[SELECTOR_USER_DATA / 8] = descriptor(0, 0xFFFFF, 0xF2, 0xC);
    gdt[SELECTOR_TSS / 8] = descriptor(ADDRESS_OF(&main_task), sizeof main_task - 1u, 0x89, 0);
    gdt[SELECTOR_DOUBLE_FAULT / 8] =
        descriptor(ADDRESS_OF(&double_fault_task), sizeof double_fault_task - 1u, 0x89, 0);

    main_task = (struct task_state){ .ss0 = SELECTOR_DATA, .io_map = sizeof main_task };
    main_task.esp0 = ADDRESS_OF(boot_stack) + BOOT_STACK_BYTES;
    main_task.cr3 = read_cr3();
    double_fault_task = (struct task_state){
        .cr3 = read_cr3(), /* the kernel's own directory, which never goes away */
        .eip = ADDRESS_OF(double_fault_entry),
        .eflags = EFLAGS_FIXED,
        .esp = ADDRESS_OF(double_fault_stack) + DOUBLE_FAULT_STACK_BYTES,
        .cs = SELECTOR_CODE,
        .ss = SELECTOR_DATA,
        .ds = SELECTOR_DATA,
        .es = SELECTOR_DATA,
        .io_map = sizeof double_fault_task,
    };

    for (uint32_t i = 0; i < 256u; i++)
        idt[i] = gate(SELECTOR_CODE, ADDRESS_OF(trap_stubs) + 16u * i, GATE_INTERRUPT);
    idt[8] = gate(SELECTOR_DOUBLE_FAULT, 0, GATE_TASK);
    idt[VECTOR_SYSTEM] = gate(SELECTOR_CODE, ADDRESS_OF(trap_stubs) + 16u * VECTOR_SYSTEM,
                              GATE_INTERRUPT | GATE_USER);
    load_tables();
}

void segments_set_cr3(uint32_t cr3)
{
    main_task.cr3 = cr3;
}

void port_kernel_stack_set(va32_t stack_end)
{
    main_task.esp0 = stack_end;
}

void segments_describe(struct port_fault *ret_fault)
{
    ret_fault->ip = main_task.eip;
    ret_fault->sp = main_task.esp;
    ret_fault->user = (main_task.cs & 3u) != 0;
}

void segments_resume(const struct port_jump *jump)
{
    main_task.ebx = jump->word[0];
    main_task.esi = jump->word[1];
    main_task.edi = jump->word[2];
    main_task.ebp = jump->word[3];
    main_task.esp = jump->word[4];
    main_task.eip = jump->word[5];
    main_task.eax = 1;
    main_task.cs = SELECTOR_CODE;
    main_task.ss = SELECTOR_DATA;
    main_task.ds = SELECTOR_DATA;
    main_task.es = SELECTOR_DATA;
    main_task.eflags = EFLAGS_FIXED; /* interrupts off; the processor would keep NT set */
}
