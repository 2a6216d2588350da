/* SPDX-License-Identifier: 0BSD */
/* A 64-bit Linux process as a machine for the kernel: the same sources, the same tests, under a
 * debugger and sanitizers. Here is what its files share.
 *
 *   RAM            a sparse memory file; frame n is its page n
 *   page tables    two levels in frames of that RAM, walked in software
 *   TLB            the process's own mappings below 4 GiB: a page is mapped into the process when
 *                  it is first touched and the tables allow it, and unmapped when they change
 *   page fault     SIGSEGV, on a signal stack
 *   interrupts     SIGALRM, held back by a flag
 *   kernel stacks  in the kernel's ranges; a SIGSEGV near the stack pointer is the double fault
 *
 * There is no user mode.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <kernel/port.h>

/* 128 MiB from frame 0 and 8 MiB above 768 MiB, so that every zone has memory and windows are used.
 */
#define RAM_LOW_FRAMES  32768u
#define RAM_HIGH_FIRST  196608u
#define RAM_HIGH_FRAMES 2048u
#define RAM_FRAMES      (RAM_HIGH_FIRST + RAM_HIGH_FRAMES)

/* The map of the managed 4 GiB. The user half is as large as what traces are replayed in, except
 * under AddressSanitizer, whose shadow begins at 7fff8000: all of the map is below it then.
 */
#define USER_FIRST 0x00010000u
#if defined(__SANITIZE_ADDRESS__)
#define USER_END 0x40000000u
#else
#define USER_END 0x80000000u
#endif
#define DIRECT_FIRST  USER_END
#define RANGES_FIRST  (DIRECT_FIRST + 0x20000000u)
#define RANGES_END    (RANGES_FIRST + 0x0FC00000u)
#define WINDOWS_FIRST RANGES_END
#define MANAGED_END   (RANGES_FIRST + 0x10000000u)

#define ENTRY_PRESENT  0x001u
#define ENTRY_WRITE    0x002u
#define ENTRY_USER     0x004u
#define ENTRY_ACCESSED 0x020u
#define ENTRY_DIRTY    0x040u

/* An address of the managed space as a pointer of this process. */
static inline void *pointer(va32_t va)
{
    return (void *)(uintptr_t)va;
}

/* AddressSanitizer marks the frames of running functions. A jump off a stack leaves marks behind
 * that the next user of the memory would trip over.
 */
#if defined(__SANITIZE_ADDRESS__)
void __asan_unpoison_memory_region(void const volatile *address, size_t bytes);
const char *__asan_default_options(void);
#define forget_frames __asan_unpoison_memory_region
#else
static inline void forget_frames(const void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
}
#endif

/* -- boot.c: arguments as a loader's facts. Exits with 2 and a message if they are none. ----------
 */

const struct boot_info *boot_read(int argc, char **argv);

/* -- ram.c: RAM and the mappings that stand for the TLB ------------------------------------------
 */

/* Take the addresses and make the RAM. Exits with 3 and a message if the system refuses. */
void ram_start(void);

/* Page `va` shows `frame` from now on, for writing or only for reading. */
void ram_map(va32_t va, uint32_t frame, bool write);

/* Pages [va, va + pages) show nothing. */
void ram_unmap(va32_t va, uint32_t pages);

/* -- tables.c ------------------------------------------------------------------------------------
 */

void tables_start(void);

/* What the tables say about one access: 0 nothing is there, else the entry. With an entry that
 * allows the access, the page is mapped into the process (a TLB miss) and *ret_filled is true.
 */
uint32_t tables_touch(va32_t va, bool write, bool *ret_filled);

/* -- traps.c -------------------------------------------------------------------------------------
 */

void traps_start(void);

/* -- irq.c ---------------------------------------------------------------------------------------
 */

void irq_start(void);

/* A fault handler runs with interrupts off: answers what they were. */
bool irq_enter(void);
void irq_leave(bool were_on);

/* -- switch.S ------------------------------------------------------------------------------------
 */

void context_begin(void);

#endif
