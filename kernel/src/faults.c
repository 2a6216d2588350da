/* SPDX-License-Identifier: 0BSD */
/* Page faults and other traps: ask the core, carry the verdict out, or end whoever it was. */
#include <kernel/faults.h>
#include <kernel/kstack.h>
#include <kernel/memory.h>
#include <kernel/print.h>
#include <kernel/space.h>
#include <kernel/symbols.h>

#define CALLERS_MAX 16u

static struct fault_report last;
static struct trial *trials; /* the innermost one */
static struct stack *user_stack;
static const struct kernel_hooks *hooks;
static uint32_t ticks;
static uint32_t page_faults;
static uint32_t double_faults;

/* -- Judging ----------------------------------------------------------------------------------- */

/* The space whose vas knows about an access, or NULL: nobody may. */
static struct space *space_of(const struct port_fault *fault)
{
    if (fault->va >= port_geometry->user_first && fault->va < port_geometry->user_end)
        return space_active();
    if (!fault->user && fault->va >= port_geometry->ranges_first &&
        fault->va < port_geometry->ranges_end)
        return &kernel_space;
    return NULL;
}

static const char *explain(const struct port_fault *fault, enum fault_verdict verdict)
{
    if (verdict == FAULT_OVERFLOW || verdict == FAULT_OUT_OF_MEMORY)
        return fault_verdict_name(verdict);
    if (fault->va < LA_PAGE_BYTES)
        return "null pointer";
    if (kstack_guard_owner(fault->va) != NULL)
        return "guard of a kernel stack";
    if (fault->user && fault->va >= port_geometry->user_end)
        return "kernel address";
    if (fault->present)
        return fault->write ? "write to read-only memory" : "access to protected memory";
    return "nothing is there";
}

/* Remember why a fault could not be served. */
static bool refuse(const struct port_fault *fault, struct space *space, enum fault_verdict verdict)
{
    const char *owner = kstack_guard_owner(fault->va);

    if (space != NULL)
        space->bad_faults++;
    last = (struct fault_report){ .fault = *fault,
                                  .verdict = verdict,
                                  .what = explain(fault, verdict),
                                  .owner = owner == NULL ? "" : owner };
    return false;
}

/* The verdict asks for memory; false if there is none. */
static bool supply(struct space *space, const struct fault_answer *answer)
{
    if (answer->verdict == FAULT_MAP_ZERO) {
        if (space_map_zeroed(space, answer->page_va, 1) != LA_OK)
            return false;
        space->zero_faults++;
        return true;
    }
    if (stack_grow(user_stack, &space->port, answer->page_va) != LA_OK)
        return false;
    space->grow_faults++;
    return true;
}

bool kernel_page_fault(const struct port_fault *fault, struct port_frame *frame)
{
    struct space *space = space_of(fault);

    (void)frame;
    page_faults++;
    if (space == NULL && hooks != NULL && hooks->page_fault != NULL && hooks->page_fault(fault))
        return true;
    if (space == NULL)
        return refuse(fault, NULL, FAULT_VIOLATION);

    const struct fault_access access = {
        .va = fault->va,
        .present = fault->present,
        .write = fault->write,
        .user = fault->user,
        .execute = fault->execute,
        /* Tables do not tell whether a fetch is allowed; one that faulted was not. */
        .allowed_now =
            !fault->execute && port_allows(space->tables, fault->va, fault->write, fault->user),
    };
    struct fault_answer answer =
        fault_judge(&space->vas, user_stack, &access, memory_free_frames());

    switch (answer.verdict) {
    case FAULT_RETRY:
        /* The core says so for a stack's committed part too; but those pages are always mapped. */
        return access.allowed_now || refuse(fault, space, FAULT_VIOLATION);
    case FAULT_MAP_ZERO:
    case FAULT_GROW: return supply(space, &answer) || refuse(fault, space, FAULT_OUT_OF_MEMORY);
    default: return refuse(fault, space, answer.verdict);
    }
}

/* -- Reporting --------------------------------------------------------------------------------- */

const struct fault_report *fault_last(void)
{
    return &last;
}

uint32_t fault_pages(void)
{
    return page_faults;
}

uint32_t fault_doubles(void)
{
    return double_faults;
}

void fault_set_stack(struct stack *stack)
{
    user_stack = stack;
}

static void print_place(const char *what, va32_t ip)
{
    uint32_t offset;
    const char *name = symbol_of(ip, &offset);

    print("# %s %08x %s+0x%x\n", what, ip, name, offset);
}

static void print_callers(const struct port_frame *frame)
{
    va32_t callers[CALLERS_MAX];
    uint32_t count = port_backtrace(frame, callers, CALLERS_MAX);

    for (uint32_t i = 0; i < count; i++)
        print_place("  called from", callers[i]);
}

void fault_print(const struct fault_report *report, const struct port_frame *frame)
{
    const struct port_fault *fault = &report->fault;

    print("# fault: %s: %s of %08x in %s mode%s%s\n", report->what,
          fault->execute ? "execution" : (fault->write ? "write" : "read"), fault->va,
          fault->user ? "user" : "kernel", report->owner[0] != '\0' ? ", stack of " : "",
          report->owner);
    print_place("  at", fault->ip);
    print("#   stack pointer %08x\n", fault->sp);
    if (frame != NULL)
        print_callers(frame);
}

/* -- Ending ------------------------------------------------------------------------------------ */

bool trial_start(struct trial *trial)
{
    trial->irq = port_irq_save();
    trial->quiet = false;
    trial->outer = trials;
    trials = trial;
    port_irq_restore(trial->irq);
    return true;
}

bool trial_failed(struct trial *trial)
{
    port_irq_restore(trial->irq);
    return false;
}

void trial_end(struct trial *trial)
{
    LA_ASSERT(trials == trial);
    trials = trial->outer;
}

_Noreturn void kernel_fault_unserved(const struct port_fault *fault, struct port_frame *frame)
{
    if (fault->user && hooks != NULL && hooks->user_fault != NULL) {
        hooks->user_fault(&last, frame);
        la_panic("the hook for user faults returned", __FILE__, __LINE__);
    }

    struct trial *trial = trials;
    if (trial == NULL || fault->user) {
        fault_print(&last, frame);
        la_panic(last.what, __FILE__, __LINE__);
    }
    if (!trial->quiet)
        fault_print(&last, frame);
    trial->report = last;
    trials = trial->outer;
    port_jump_to(&trial->jump, 1);
}

struct port_jump *kernel_double_fault(const struct port_fault *fault)
{
    const char *owner = kstack_guard_owner(fault->va);

    double_faults++;
    last = (struct fault_report){
        .fault = *fault,
        .verdict = owner != NULL ? FAULT_OVERFLOW : FAULT_VIOLATION,
        .what = owner != NULL ? "kernel stack overflow" : "double fault",
        .owner = owner != NULL ? owner : "",
    };

    struct trial *trial = trials;
    if (trial == NULL || !trial->quiet)
        fault_print(&last, NULL);
    if (trial == NULL) {
        print("Bail out! %s\n", last.what);
        return NULL;
    }
    trial->report = last;
    trials = trial->outer;
    return &trial->jump;
}

_Noreturn void kernel_nested_fault(const struct port_fault *outer, const struct port_fault *inner)
{
    print("# fault at %08x while one at %08x was being served\n", inner->va, outer->va);
    print_place("  at", inner->ip);
    print_place("  while serving", outer->ip);
    la_panic("a page fault while one was being served", __FILE__, __LINE__);
}

/* -- Traps, ticks, system calls ---------------------------------------------------------------- */

void kernel_set_hooks(const struct kernel_hooks *new_hooks)
{
    hooks = new_hooks;
}

_Noreturn void kernel_trap(uint32_t vector, const char *name, uint32_t error,
                           struct port_frame *frame)
{
    if (port_frame_is_user(frame) && hooks != NULL && hooks->user_trap != NULL) {
        hooks->user_trap(vector, name, error, frame);
        la_panic("the hook for user traps returned", __FILE__, __LINE__);
    }
    print("# trap %u: %s, error %x\n", vector, name, error);
    print_place("  at", port_frame_ip(frame));
    print_callers(frame);
    la_panic(name, __FILE__, __LINE__);
}

uint32_t kernel_ticks(void)
{
    return ticks;
}

void kernel_tick(struct port_frame *frame)
{
    ticks++;
    if (hooks != NULL && hooks->tick != NULL)
        hooks->tick(frame);
}

void kernel_system_call(struct port_frame *frame)
{
    if (hooks != NULL && hooks->system_call != NULL)
        hooks->system_call(frame);
    else
        port_frame_call_answer(frame, UINT32_MAX);
}
