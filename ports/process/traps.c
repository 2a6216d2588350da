/* SPDX-License-Identifier: 0BSD */
/* SIGSEGV as the page fault: first a look into the software page tables (a TLB miss), then the
 * kernel, then whoever expected the fault. And the accesses that may fault.
 */
#define _GNU_SOURCE /* REG_ERR, REG_RIP, REG_RSP */
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define SIGNAL_STACK_BYTES 262144u /* the fault path of a kernel under sanitizers runs on it */
#define NEAR_STACK_BYTES   65536u  /* a fault this near to the stack pointer is the stack's own */

/* Layout of the registers the kernel asks for. */
struct port_frame {
    ucontext_t *context;
};

static struct port_jump *volatile expecting; /* where an access goes on when it has faulted */
static struct port_fault expected;
static struct port_fault served;
static volatile sig_atomic_t serving;

static va32_t managed(uintptr_t address)
{
    return address < MANAGED_END ? (va32_t)address : UINT32_MAX;
}

static struct port_fault describe(const ucontext_t *context, va32_t va)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    unsigned long error = (unsigned long)registers[REG_ERR];

    return (struct port_fault){ .va = va,
                                .ip = (va32_t)(uintptr_t)registers[REG_RIP],
                                .sp = (va32_t)(uintptr_t)registers[REG_RSP],
                                .write = (error & 2u) != 0,
                                .execute = (error & 16u) != 0 };
}

/* A kernel stack that ran into what is not there. A real processor notices because it cannot push
 * the fault's frame; here the signal has a stack of its own, so it is told by nearness.
 */
static bool is_own_stack(const ucontext_t *context, va32_t va)
{
    uintptr_t sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];

    return sp >= RANGES_FIRST && sp < RANGES_END &&
           va - (uint32_t)sp + NEAR_STACK_BYTES < 2u * NEAR_STACK_BYTES;
}

static void *signal_stack;

/* Leave the handler for good. */
static _Noreturn void leave(struct port_jump *jump)
{
    forget_frames(signal_stack, SIGNAL_STACK_BYTES);
    port_jump_to(jump, 1);
}

static void unserved(struct port_fault *fault, ucontext_t *context)
{
    struct port_frame frame = { context };

    if (expecting != NULL) {
        struct port_jump *jump = expecting;

        expecting = NULL;
        expected = *fault;
        leave(jump);
    }
    if (is_own_stack(context, fault->va)) {
        fault->double_fault = true;
        struct port_jump *jump = kernel_double_fault(fault);
        if (jump == NULL)
            port_exit(PORT_DOUBLE_FAULTED);
        leave(jump);
    }
    kernel_fault_unserved(fault, &frame);
}

static void on_fault(int number, siginfo_t *info, void *raw)
{
    ucontext_t *context = raw;
    va32_t va = managed((uintptr_t)info->si_addr);
    struct port_fault fault = describe(context, va);
    struct port_frame frame = { context };
    bool filled = false;

    (void)number;
    if (info->si_code <= 0 || va == UINT32_MAX) {
        (void)fprintf(stderr, "kernel-process: a fault at %p, outside of the managed addresses\n",
                      info->si_addr);
        abort();
    }
    bool were_on = irq_enter();
    if (fault.execute) /* never allowed, so the process maps no page for it */
        fault.present = port_query(port_space_active(), va, NULL);
    else
        fault.present = tables_touch(va, fault.write, &filled) != 0;
    if (!filled) {
        if (serving)
            kernel_nested_fault(&served, &fault);
        serving = 1;
        served = fault;
        bool good = kernel_page_fault(&fault, &frame);
        serving = 0;
        if (!good) {
            irq_leave(were_on);
            unserved(&fault, context);
        }
    }
    irq_leave(were_on);
}

#if defined(__SANITIZE_ADDRESS__)
/* The faults are ours. */
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:use_sigaltstack=0:detect_stack_use_after_return=0";
}
#endif

void traps_start(void)
{
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    stack_t stack = { .ss_size = SIGNAL_STACK_BYTES };

    stack.ss_sp =
        mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal_stack = stack.ss_sp;
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0 ||
        sigaction(SIGSEGV, &action, NULL) != 0 || sigaction(SIGBUS, &action, NULL) != 0) {
        perror("kernel-process: no signal stack");
        exit(3);
    }
}

/* -- Accesses that may fault ------------------------------------------------------------------- */

/* Byte by byte, so that the first bad one is known. */
__attribute__((no_sanitize("undefined"))) /* a bad address is what it is for */
static uint32_t
copy(volatile uint8_t *to, const volatile uint8_t *from, uint32_t bytes, bool until_nul,
     bool *ret_faulted)
{
    struct port_jump jump;
    volatile uint32_t done = 0;

    *ret_faulted = false;
    if (port_jump_set(&jump) != 0) {
        *ret_faulted = true;
        return done;
    }
    expecting = &jump;
    while (done < bytes) {
        uint8_t byte = from[done];

        to[done] = byte;
        done = done + 1u;
        if (until_nul && byte == 0)
            break;
    }
    expecting = NULL;
    return done;
}

uint32_t port_copy_in(void *to, va32_t from_user, uint32_t bytes)
{
    bool faulted;

    return bytes - copy(to, pointer(from_user), bytes, false, &faulted);
}

uint32_t port_copy_out(va32_t to_user, const void *from, uint32_t bytes)
{
    bool faulted;

    return bytes - copy(pointer(to_user), from, bytes, false, &faulted);
}

uint32_t port_copy_in_string(char *to, va32_t from_user, uint32_t bytes)
{
    bool faulted;
    uint32_t copied = copy((volatile uint8_t *)to, pointer(from_user), bytes, true, &faulted);

    if (faulted)
        return UINT32_MAX;
    return copied > 0 && to[copied - 1u] == '\0' ? copied : 0;
}

__attribute__((no_sanitize("undefined"))) static bool probe(va32_t va, uint32_t *value, char kind,
                                                            struct port_fault *ret_fault)
{
    struct port_jump jump;
    struct unaligned {
        uint32_t word;
    } __attribute__((packed));

    if (port_jump_set(&jump) != 0) {
        if (ret_fault != NULL)
            *ret_fault = expected;
        return false;
    }
    expecting = &jump;
    if (kind == 'r')
        *value = ((const volatile struct unaligned *)pointer(va))->word;
    else if (kind == 'w')
        ((volatile struct unaligned *)pointer(va))->word = *value;
    else
        ((void (*)(void))(uintptr_t)va)();
    expecting = NULL;
    return true;
}

bool port_probe_read(va32_t va, uint32_t *ret_value, struct port_fault *ret_fault)
{
    uint32_t value;

    if (!probe(va, &value, 'r', ret_fault))
        return false;
    if (ret_value != NULL)
        *ret_value = value;
    return true;
}

bool port_probe_write(va32_t va, uint32_t value, struct port_fault *ret_fault)
{
    return probe(va, &value, 'w', ret_fault);
}

bool port_probe_execute(va32_t va, struct port_fault *ret_fault)
{
    uint32_t value = 0;

    return probe(va, &value, 'x', ret_fault);
}

void port_break_instruction(void)
{
    __builtin_trap();
}

/* -- Frames ------------------------------------------------------------------------------------ */

va32_t port_frame_ip(const struct port_frame *frame)
{
    return (va32_t)(uintptr_t)frame->context->uc_mcontext.gregs[REG_RIP];
}

va32_t port_frame_sp(const struct port_frame *frame)
{
    return (va32_t)(uintptr_t)frame->context->uc_mcontext.gregs[REG_RSP];
}

bool port_frame_is_user(const struct port_frame *frame)
{
    (void)frame;
    return false;
}

uint32_t port_backtrace(const struct port_frame *frame, va32_t *ret_ips, uint32_t max)
{
    (void)frame;
    (void)ret_ips;
    (void)max;
    return 0; /* a debugger knows them better */
}
