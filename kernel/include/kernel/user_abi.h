/* SPDX-License-Identifier: 0BSD */
/* What a ring-3 program may ask of the kernel: one header for both sides. How numbers and arguments
 * travel is the port's (i386: int 0x80, eax = call, ebx ecx edx esi edi = arguments, eax = answer).
 *
 *   00010000                                                    bfffffff
 *   | user addresses: programs, heaps, stacks, whatever is reserved    | kernel
 *
 * Addresses are bytes. Lengths are bytes and round up to whole pages (memory calls) or segments of
 * 64 KiB (reserving). Times are milliseconds since the machine started, in 32 bits: they wrap after
 * 49 days, so compare differences.
 *
 * An answer from UABI_ERROR_FIRST on (as an unsigned number) is an error of enum uabi_error; no
 * valid answer lies there, because those addresses are the kernel's. After an error nothing has
 * changed. A pointer or range that is not wholly the caller's answers UABI_BAD_ADDRESS; whatever
 * a program passes, the kernel and other processes go on.
 */
#ifndef KERNEL_USER_ABI_H
#define KERNEL_USER_ABI_H

#include <stdint.h>

#define UABI_USER_FIRST    UINT32_C(0x00010000) /* below: never mapped, so null traps */
#define UABI_USER_END      UINT32_C(0xc0000000)
#define UABI_SEGMENT_BYTES UINT32_C(0x10000)
#define UABI_PAGE_BYTES    UINT32_C(0x1000)
#define UABI_FOREVER       UINT32_MAX /* a time that never comes */
#define UABI_ANY           UINT32_MAX /* any child */
#define UABI_WRITE_MAX     4096u      /* bytes of one UABI_WRITE or UABI_MODULE_READ */
#define UABI_NAME_BYTES    32u        /* of programs and modules, the final 0 included */
#define UABI_ARGUMENT_MAX  256u       /* bytes of a program's argument, the final 0 included */

#define UABI_ERROR_FIRST UINT32_C(0xffffff00)

/* The first seven are the core's enum la_status. */
enum uabi_error {
    UABI_OK = 0,
    UABI_NO_SPACE = -1,     /* no free addresses of that length */
    UABI_NO_MEMORY = -2,    /* not enough page frames */
    UABI_BAD_ARGUMENT = -3, /* outside the domain: unaligned, zero, unknown flag */
    UABI_BAD_ADDRESS = -4,  /* not (wholly) an object of the caller of the kind the call serves */
    UABI_IN_USE = -6,       /* the wanted addresses are not all free */
    UABI_BAD_STATE = -7,    /* a stack's region, which serves its thread alone */
    UABI_NO_CALL = -8,      /* no call has this number */
    UABI_NOT_FOUND = -9,    /* no such process, thread, program or module; no child to wait for */
    UABI_TIMED_OUT = -10,   /* the time is over */
    UABI_CHANGED = -11,     /* the word does not hold what was expected */
    UABI_DEADLOCK = -12,    /* a thread cannot join itself; another thread joins this one already */
    UABI_LIMIT = -13,       /* numbers have run out: 4,095 threads a process, 65,535 processes */
};

/* Number; arguments -> answer (where it is not UABI_OK); errors beside those of the essay above. */
enum uabi_call {
    /* -- Addresses ----------------------------------------------------------------------------- */

    /* va, bytes, flags, align_log2 -> address. Own `bytes` bytes of addresses, rounded up to
     * segments. `va`: where exactly, with UABI_PLACE_FIXED, else 0. align_log2: the base is a
     * multiple of 2^align_log2 bytes; up to 16 nothing is asked. NO_SPACE, IN_USE (fixed).
     */
    UABI_RESERVE,

    /* va, bytes, access. Promise memory to pages, all or none; each gets a zeroed frame when it is
     * first touched, and that touch does not fail for want of memory the promise covered. Pages
     * that are committed keep what they hold; their access changes. With | UABI_COMMIT_NOW the
     * frames are there when the call answers. `va` is a multiple of a page, the range lies in one
     * region. NO_MEMORY, BAD_STATE.
     */
    UABI_COMMIT,

    /* va, bytes. Take the memory of pages back; what they held is lost. Pages without memory are
     * fine. BAD_STATE.
     */
    UABI_DECOMMIT,

    /* va. Give a region back, memory and addresses; `va` is its first address. BAD_STATE. */
    UABI_RELEASE,

    /* va, bytes. Make a region longer or shorter at its end. Committed pages cut off are lost; new
     * ones are not committed. NO_SPACE: what follows is not free. BAD_STATE.
     */
    UABI_RESIZE,

    /* va, bytes, access. Every page must be committed (else BAD_ADDRESS). BAD_STATE. */
    UABI_PROTECT,

    /* va, struct uabi_region *ret. What lies at `va`, free or not. */
    UABI_QUERY,

    /* -- Threads ------------------------------------------------------------------------------- */

    /* entry, argument, flags -> number. A thread that begins in `void entry(uint32_t argument)` on
     * a stack of its own; entry must end with UABI_THREAD_EXIT. NO_SPACE, NO_MEMORY, LIMIT.
     */
    UABI_THREAD_CREATE,

    /* status. Ends the calling thread, and with the last thread the process (status as given). */
    UABI_THREAD_EXIT,

    /* number, struct uabi_exit *ret (may be 0). Wait until a thread has ended and forget it. A
     * thread nobody joins is forgotten with the process. NOT_FOUND, DEADLOCK.
     */
    UABI_THREAD_JOIN,

    /* -> the calling thread's number, 1 for the first. */
    UABI_THREAD_SELF,

    /* milliseconds. 0 is UABI_YIELD. */
    UABI_SLEEP,
    UABI_YIELD,

    /* va, expected, milliseconds. Sleep until a wake at the word `va` of this process, unless it
     * holds something else already. CHANGED, TIMED_OUT. `va` is a multiple of 4.
     */
    UABI_WAIT,

    /* va, count -> threads woken. The longest waiting first. */
    UABI_WAKE,

    /* -- Processes ----------------------------------------------------------------------------- */

    /* name, argument (0: none) -> number. Start a program, as a child of the caller. NOT_FOUND,
     * NO_MEMORY, NO_SPACE, LIMIT; BAD_STATE: not a program this machine runs.
     */
    UABI_SPAWN,

    /* status. Ends the process with all its threads. */
    UABI_EXIT,

    /* number. End a child or the caller itself. A child that has ended already: nothing happens. */
    UABI_KILL,

    /* number or UABI_ANY, milliseconds, struct uabi_exit *ret (may be 0) -> number. Wait until a
     * child has ended and forget it. NOT_FOUND, TIMED_OUT.
     */
    UABI_WAIT_CHILD,

    /* -> the calling process's number, 1 for the first. */
    UABI_PROCESS_SELF,

    /* name, struct uabi_image *ret. Place a position-independent image ("shared library") wherever
     * it fits. Errors as UABI_SPAWN. Its region is released like any other.
     */
    UABI_IMAGE_MAP,

    /* -- The world ----------------------------------------------------------------------------- */

    /* text, bytes -> bytes. To the console; at most UABI_WRITE_MAX (else BAD_ARGUMENT). */
    UABI_WRITE,

    /* name, offset, buffer, bytes -> bytes read, 0 at the end. Of a boot module; NOT_FOUND. */
    UABI_MODULE_READ,

    /* -> milliseconds since the machine started. */
    UABI_TIME,

    /* struct uabi_stats *ret */
    UABI_STATS,

    UABI_CALLS
};

/* -- Addresses --------------------------------------------------------------------------------- */

/* Flags of UABI_RESERVE: one placement, and a label for those who look at the space. */
enum uabi_reserve {
    UABI_PLACE_BEST = 0, /* spares the large free runs */
    UABI_PLACE_LOW = 1,
    UABI_PLACE_HIGH = 2,
    UABI_PLACE_FIXED = 3,
    UABI_PLACE_MASK = 3,
    UABI_LABEL_SHIFT = 16, /* bits 16 to 31: kind in the upper four, number in the lower twelve */
};

enum uabi_kind { UABI_PLAIN, UABI_PROGRAM, UABI_LIBRARY, UABI_HEAP, UABI_STACK, UABI_KINDS };

#define UABI_LABEL(kind, number) ((uint32_t)(kind) << 12 | ((uint32_t)(number)&0xfffu))

/* A page's access. i386 has no execute bit: what can be read can be executed. */
enum uabi_access { UABI_NO_ACCESS = 1, UABI_READ_ONLY = 2, UABI_READ_WRITE = 3 };

#define UABI_COMMIT_NOW 0x100u

enum uabi_state { UABI_FREE, UABI_RESERVED, UABI_COMMITTED, UABI_STACK_STATE };

struct uabi_region {
    uint32_t base;            /* of the region or free run */
    uint32_t bytes;           /* of it */
    uint32_t state;           /* enum uabi_state of the segment asked about */
    uint32_t label;           /* UABI_LABEL() of the region; 0 if it is free */
    uint32_t committed_pages; /* of the region; of a stack: those it has grown to */
    uint32_t access;          /* enum uabi_access of the page asked about; 0: not committed */
};

struct uabi_image {
    uint32_t base;
    uint32_t bytes;
    uint32_t entry; /* the address its header names */
};

/* -- Threads ----------------------------------------------------------------------------------- */

/* Flags of UABI_THREAD_CREATE. */
enum uabi_thread {
    UABI_STACK_LARGE = 0,      /* 1 MiB, the last two pages mapped, the first 64 KiB guard */
    UABI_STACK_SMALL = 1,      /* 16 pages, the last one mapped, the first one guard */
    UABI_THREAD_CONTAINED = 2, /* a fault ends this thread, not its process */
};

/* -- Ends -------------------------------------------------------------------------------------- */

enum uabi_end {
    UABI_EXITED,         /* status is what it said */
    UABI_KILLED,         /* by UABI_KILL or with its process */
    UABI_STACK_OVERFLOW, /* an access to its own stack's guard; this and the next with address */
    UABI_NULL_POINTER,   /* below UABI_USER_FIRST */
    UABI_GUARD,          /* another stack's guard */
    UABI_OTHER_STACK,    /* another stack's part that has no memory */
    UABI_UNMAPPED,       /* addresses nobody has reserved */
    UABI_NOT_COMMITTED,  /* reserved ones without memory */
    UABI_PROTECTED,      /* a page that does not allow this access */
    UABI_KERNEL_ADDRESS, /* UABI_USER_END and above */
    UABI_OUT_OF_MEMORY,  /* a rightful access, but no frame was left */
    UABI_BAD_OPCODE, /* an instruction the processor does not know; address: the instruction's */
    UABI_PRIVILEGED, /* an instruction or segment that is the kernel's */
    UABI_DIVISION,   /* by zero, or the result does not fit */
    UABI_OTHER_TRAP, /* any other exception; status is its number */
    UABI_ENDS
};

struct uabi_exit {
    uint32_t number; /* of the thread or process */
    uint32_t end;    /* enum uabi_end */
    uint32_t status;
    uint32_t address;     /* of the access that faulted */
    uint32_t instruction; /* that made it */
    uint32_t thread;      /* that made it */
};

/* -- Figures ----------------------------------------------------------------------------------- */

struct uabi_stats {
    uint32_t frames;          /* of the machine */
    uint32_t frames_free;     /* promised ones included */
    uint32_t pages_promised;  /* committed, not touched yet, of all processes */
    uint32_t committed_pages; /* of the caller; the pages of stacks not included */
    uint32_t zero_faults;     /* of the caller: touches that got a zeroed frame */
    uint32_t grow_faults;     /* of the caller: touches that grew a stack */
    uint32_t switches;        /* from one thread to another, of the machine */
    uint32_t preemptions;     /* of these, those the timer asked for */
    uint32_t calls;           /* of the machine */
    uint32_t processes;
    uint32_t threads;
};

#endif
