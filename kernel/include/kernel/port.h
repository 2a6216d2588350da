/* SPDX-License-Identifier: 0BSD */
/* What the kernel asks of the machine below it, and what it gives the machine back. kernel/ knows
 * no CPU: everything that differs between processors is behind the functions of this header.
 * `port_` functions are the port's, `kernel_` functions are the kernel's own, called by the port.
 * Bound at link time: one port a kernel. docs/porting.md says how to write one; the conformance
 * suite in kernel/selftest/ says whether it is right.
 *
 * Rules for both sides:
 *   - Physical memory is frame numbers. The kernel never dereferences a physical address; it opens
 *     a window on a frame instead.
 *   - One processor. "irq off" below means that the caller has interrupts disabled, or that nothing
 *     an interrupt does can touch the same object; functions without a note may run either way.
 *   - Statuses are the core's: LA_NO_MEMORY and nothing has changed. A broken promise is a panic.
 */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include <lookaside/port.h>
#include <lookaside/types.h>

/* -- Boot -------------------------------------------------------------------------------------- */

/* A row of frames and what the firmware says about it. */
enum boot_memory_kind { BOOT_USABLE, BOOT_RESERVED };

struct boot_memory {
    uint32_t first; /* frame */
    uint32_t count;
    enum boot_memory_kind kind;
};

/* A file the loader put into memory: a trace, a pack of fuzz inputs, a program. */
struct boot_module {
    uint32_t frame; /* its first byte is the first of this frame */
    uint32_t bytes;
    const char *words; /* name and arguments as given to the loader; never NULL */
};

#define BOOT_FREE_MAX 64u /* rows of free frames a port reports; what exceeds them is not used */

struct boot_info {
    const char *loader;               /* its name, or "" */
    const char *command_line;         /* without the kernel's own name where the loader adds it */
    const struct boot_memory *memory; /* as the firmware says: ascending, no overlap */
    uint32_t memory_count;
    const struct boot_memory *free; /* usable and not taken by kernel, modules or the loader's
                                     * tables: what the frame allocator starts with */
    uint32_t free_count;
    const struct boot_module *modules;
    uint32_t module_count;
};

/* The first C function of the kernel: the port calls it once its own tables, traps and console
 * work, with interrupts disabled, on the boot stack. Everything in *boot stays readable for ever.
 */
_Noreturn void kernel_main(const struct boot_info *boot);

/* -- Console and exit ----------------------------------------------------------------------------
 * Usable from the first instruction of C on, in any context.
 */
void port_console_write(char byte);

/* The next byte a person typed, or -1. Does not wait. */
int port_console_read(void);

/* What is told to whoever started the machine. isa-debug-exit of QEMU answers 2 n + 1: 33, 35, 37,
 * 39; its 0 is a triple fault and means that nothing was told at all.
 */
enum port_verdict {
    PORT_PASSED = 0x10,
    PORT_FAILED = 0x11,
    PORT_PANICKED = 0x12,
    PORT_DOUBLE_FAULTED = 0x13,
    PORT_FELL_OFF = 0x14, /* kernel_main() returned: cannot happen, so it has a number */
};

_Noreturn void port_exit(enum port_verdict verdict);

/* -- Time and interrupts ----------------------------------------------------------------------- */

/* A counter that goes up: cycles, or instructions where the machine counts those. 0 for ever on a
 * processor without one.
 */
uint64_t port_cycles(void);

/* Disable interrupts and answer what to hand to port_irq_restore(). Nests. */
uint32_t port_irq_save(void);
void port_irq_restore(uint32_t saved);

/* Enable interrupts, wait for one, disable them again. */
void port_idle(void);

/* A trap frame: the registers of what was interrupted, on the kernel stack that was in use. Its
 * layout is the port's.
 */
struct port_frame;

/* Call kernel_tick() `hz` times a second from now on (18 to 1,000); 0 stops it. */
void port_tick_start(uint32_t hz);

/* Every tick, irq off, on the interrupted thread's kernel stack, after the interrupt has been
 * acknowledged: the handler may switch to another context and come back later.
 */
void kernel_tick(struct port_frame *frame);

/* -- Page tables ------------------------------------------------------------------------------- */

enum port_protection {
    PORT_READ = 0,    /* always granted */
    PORT_WRITE = 1,   /* kernel mode obeys it too */
    PORT_USER = 2,    /* user mode may */
    PORT_EXECUTE = 4, /* always granted where the geometry says has_execute = false */
    PORT_UNCACHED = 8,
};

struct port_geometry {
    va32_t user_first; /* user half: [user_first, user_end); page 0 is in nobody's */
    va32_t user_end;
    va32_t direct_first; /* the first RAM, [direct_first, direct_end): frame 0 is at its start */
    va32_t direct_end;
    va32_t ranges_first; /* what the kernel's own vas gives out, [ranges_first, ranges_end): whole
                          * segments whose page tables exist and are shared by all spaces */
    va32_t ranges_end;
    bool has_execute;  /* PORT_EXECUTE can be refused */
    bool has_accessed; /* struct port_page's accessed and dirty are kept by the processor */
};

/* Constant once kernel_main() runs. */
extern const struct port_geometry *const port_geometry;

/* A set of page tables. The kernel half is the same in all of them: what is mapped there in one
 * space is there in all. Owned by the caller; contents are the port's.
 */
struct port_space {
    uint32_t root_frame;   /* of the top-level table */
    uint32_t table_frames; /* taken for the user half, the top-level table included */
};

/* The kernel's own: its user half is empty for ever. Active when kernel_main() starts. */
extern struct port_space port_kernel_space;

/* A space with an empty user half. LA_NO_MEMORY. */
enum la_status port_space_create(struct port_space *ret_space);

/* Give its page tables back. It is not active, and its user half holds no page (else panic). */
void port_space_destroy(struct port_space *space);

/* Make it the one that user addresses mean. O(1). */
void port_space_activate(struct port_space *space);
struct port_space *port_space_active(void);

#define PORT_NO_FRAME UINT32_MAX

struct port_page {
    uint32_t frame;
    uint32_t protection; /* enum port_protection, as granted by all levels */
    bool accessed;
    bool dirty;
};

/* All of these work on any space, active or not, on page-aligned addresses of the user half
 * (PORT_USER and others) or the kernel ranges (never PORT_USER); irq off for the same page. They
 * take effect at once: no stale TLB entry survives.
 */

/* Map a page that is not mapped (else panic). LA_NO_MEMORY: no frame for a page table. */
enum la_status port_map(struct port_space *space, va32_t va, uint32_t frame, uint32_t protection);

/* Unmap a page and answer its frame; PORT_NO_FRAME if none was mapped. Its page table stays. */
uint32_t port_unmap(struct port_space *space, va32_t va);

/* Make the page tables that [va, va + pages) needs, so that port_map() there cannot fail.
 * LA_NO_MEMORY: some of them may be there; they stay.
 */
enum la_status port_tables_prepare(struct port_space *space, va32_t va, uint32_t pages);

/* Give back the page tables of the user half that hold no page; answers how many. O(tables). */
uint32_t port_tables_trim(struct port_space *space);

/* Change a mapped page's protection. False if none is mapped. */
bool port_protect(struct port_space *space, va32_t va, uint32_t protection);

/* Whether a page is mapped, any address of the 4 GiB; fills *ret_page (may be NULL) if so. */
bool port_query(const struct port_space *space, va32_t va, struct port_page *ret_page);

/* Whether the tables allow this very access by now: the allowed_now of fault_judge(). */
bool port_allows(const struct port_space *space, va32_t va, bool write, bool user);

/* Visit every mapped page of [first, last], both page-aligned and inclusive, in address order.
 * The visitor may unmap the page it is shown. False from it ends the walk.
 */
typedef bool (*port_visit_fn)(void *context, va32_t va, const struct port_page *page);
void port_walk(const struct port_space *space, va32_t first, va32_t last, port_visit_fn visit,
               void *context);

/* A frame's bytes, wherever it is: the direct map's, or a temporary mapping that must be closed
 * again. At most PORT_WINDOWS are open at once (else panic). Frames beyond the direct map cost a
 * TLB flush of one page each time.
 */
#define PORT_WINDOWS 64u
void *port_window_open(uint32_t frame);
void port_window_close(void *window);

/* What page tables are made of: the kernel's frame allocator, below. A frame a table can be in is
 * always inside the direct map. PORT_NO_FRAME: there is none. Contents undefined.
 */
uint32_t kernel_table_frame_take(void);
void kernel_table_frame_give(uint32_t frame);

/* -- Faults and traps -------------------------------------------------------------------------- */

/* A page fault as the processor tells it. */
struct port_fault {
    va32_t va; /* of the access; across two pages: the first byte that failed */
    va32_t ip; /* of the instruction */
    va32_t sp; /* before the trap */
    bool present;
    bool write;
    bool user;
    bool execute; /* an instruction fetch; true for certain, false where nobody can tell */
    bool double_fault;
};

/* Judge and serve a page fault; true: run the access again. Called irq off, on the kernel stack in
 * use, and nothing it does may fault itself: a second fault inside is a panic with both addresses.
 */
bool kernel_page_fault(const struct port_fault *fault, struct port_frame *frame);

/* The fault was not served, and it was not an access of port_copy() or port_probe_*(), which the
 * port ends itself. A user-mode fault ends its thread or process: then this does not return. A
 * kernel-mode fault is reported and panics, unless the running kernel thread is one that may die.
 */
_Noreturn void kernel_fault_unserved(const struct port_fault *fault, struct port_frame *frame);

/* A page fault while one was being served. Reports both and panics. */
_Noreturn void kernel_nested_fault(const struct port_fault *outer, const struct port_fault *inner);

/* Any other exception: `vector` is the processor's number, `name` its name in words. User mode:
 * ends the process. Kernel mode: panic.
 */
_Noreturn void kernel_trap(uint32_t vector, const char *name, uint32_t error,
                           struct port_frame *frame);

/* A fault whose frame could not be stored: a kernel stack overflowed into its guard. Runs on a
 * stack of its own, irq off. Answers where to go on, or NULL: then the port exits with
 * PORT_DOUBLE_FAULTED. *fault has the interrupted ip and sp and the address that could not be
 * written.
 */
struct port_jump;
struct port_jump *kernel_double_fault(const struct port_fault *fault);

/* -- Access to memory that may fault -----------------------------------------------------------
 * The only instructions of the kernel whose faults are expected. A fault inside is first offered to
 * kernel_page_fault(), like every other; if it is not served, the access ends and says so.
 */

/* Copy and answer how many bytes were NOT copied, from the first that failed on: 0 is success.
 * `to`/`from` user are checked by nobody: the caller has compared them with the user half. Where
 * the processor guards user memory from the kernel (SMAP), these are what lifts it.
 */
uint32_t port_copy_in(void *to, va32_t from_user, uint32_t bytes);
uint32_t port_copy_out(va32_t to_user, const void *from, uint32_t bytes);

/* Close user memory to every access of kernel mode but the copies below, or open it; answers what
 * of that the processor can do at all. Open at first: a kernel that replays a trace itself is its
 * own user.
 */
enum port_guards { PORT_GUARDS_ACCESS = 1, PORT_GUARDS_EXECUTION = 2 };
uint32_t port_user_guard(bool on);

/* Copy a string's bytes up to and with its NUL, at most `bytes`. Answers the bytes copied with the
 * NUL, 0 if it is longer, or UINT32_MAX after a fault.
 */
uint32_t port_copy_in_string(char *to, va32_t from_user, uint32_t bytes);

/* One access anywhere. False: it faulted, *ret_fault (may be NULL) says how. */
bool port_probe_read(va32_t va, uint32_t *ret_value, struct port_fault *ret_fault);
bool port_probe_write(va32_t va, uint32_t value, struct port_fault *ret_fault);
/* Jump to `va`; if there is code it must be a single return instruction. */
bool port_probe_execute(va32_t va, struct port_fault *ret_fault);

/* -- Contexts ---------------------------------------------------------------------------------- */

/* A place in the kernel to come back to: setjmp and longjmp. port_jump_set() answers 0 the first
 * time, and `value` (not 0) when somebody jumps there. The function that set it must still run.
 */
struct port_jump {
    uintptr_t word[8];
};
int port_jump_set(struct port_jump *jump) __attribute__((returns_twice));
_Noreturn void port_jump_to(struct port_jump *jump, int value);

/* A kernel thread that does not run: its stack pointer, the rest is on its stack. */
struct port_context {
    uintptr_t sp;
};

/* Start `run(argument)` on a stack that ends at `stack_end` when first switched to, irq off. `run`
 * must not return (else panic).
 */
void port_context_init(struct port_context *ret_context, va32_t stack_end,
                       void (*run)(void *argument), void *argument);

/* Save the running context in *from and go on with *to; irq off. Callee-saved registers and the
 * interrupt state travel; the address space does not: port_space_activate() is the caller's.
 */
void port_context_switch(struct port_context *from, const struct port_context *to);

/* The kernel stack that traps from user mode start on. Set before a thread goes to user mode and at
 * every switch; irq off.
 */
void port_kernel_stack_set(va32_t stack_end);

/* -- User mode --------------------------------------------------------------------------------- */

/* Go to user mode in the active space, with cleared registers except `argument` in the first
 * argument register (i386: EAX), interrupts enabled.
 */
_Noreturn void port_user_enter(va32_t ip, va32_t sp, uint32_t argument);

/* A system call (i386: int 0x80, number in EAX, arguments in EBX, ECX, EDX, ESI, EDI). Called with
 * interrupts disabled, on the thread's kernel stack; the answer goes to EAX.
 */
void kernel_system_call(struct port_frame *frame);
uint32_t port_frame_call_number(const struct port_frame *frame);
uint32_t port_frame_call_argument(const struct port_frame *frame, uint32_t index); /* 0 to 4 */
void port_frame_call_answer(struct port_frame *frame, uint32_t value);

/* What a trap frame is about. */
va32_t port_frame_ip(const struct port_frame *frame);
va32_t port_frame_sp(const struct port_frame *frame);
bool port_frame_is_user(const struct port_frame *frame);

/* Callers of the code at (ip, base pointer) of a kernel-mode frame, or of the caller itself with
 * NULL: return addresses, innermost first. Answers how many, at most `max`. Never faults.
 */
uint32_t port_backtrace(const struct port_frame *frame, va32_t *ret_ips, uint32_t max);

/* Whether `va` is in the guard below the stack that kernel_main() was called on. */
bool port_is_boot_guard(va32_t va);

/* -- What the tests break on purpose ----------------------------------------------------------- */

/* Run an instruction that does not exist. */
void port_break_instruction(void);

#endif
