/* SPDX-License-Identifier: 0BSD */
/* Kernel stacks, and whose guard an address is in. */
#include <kernel/kstack.h>
#include <kernel/space.h>

static struct kstack *kstacks;

enum la_status kstack_create(struct kstack *ret_kstack, const char *owner)
{
    const struct stack_layout layout = { .pages = KSTACK_PAGES,
                                         .committed_pages = KSTACK_COMMITTED_PAGES,
                                         .guard_pages = KSTACK_PAGES - KSTACK_COMMITTED_PAGES };
    enum la_status status =
        stack_create(&ret_kstack->stack, &kernel_space.vas, &kernel_space.port, &layout);

    if (status != LA_OK)
        return status;

    uint32_t saved = port_irq_save();
    ret_kstack->owner = owner;
    ret_kstack->next = kstacks;
    kstacks = ret_kstack;
    port_irq_restore(saved);
    return LA_OK;
}

void kstack_destroy(struct kstack *kstack)
{
    uint32_t saved = port_irq_save();
    struct kstack **link = &kstacks;

    while (*link != kstack) {
        LA_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = kstack->next;
    port_irq_restore(saved);
    stack_destroy(&kstack->stack, &kernel_space.port);
}

const struct kstack *kstack_next(const struct kstack *kstack)
{
    return kstack == NULL ? kstacks : kstack->next;
}

const char *kstack_guard_owner(va32_t va)
{
    if (port_is_boot_guard(va))
        return "boot";
    for (const struct kstack *kstack = kstacks; kstack != NULL; kstack = kstack->next)
        if (stack_contains(&kstack->stack, va) &&
            va < kstack->stack.base_va + (kstack->stack.guard_pages << LA_PAGE_SHIFT))
            return kstack->owner;
    return NULL;
}
