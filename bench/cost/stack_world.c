/* SPDX-License-Identifier: 0BSD */
/* Ours, the system's, and nobody's stacks. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "stack_world.h"

#include <lookaside/fault.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* -- Ours -------------------------------------------------------------------------------------- */

static bool ours_create(struct stack_world *world, uint32_t slot, uint32_t pages)
{
    struct stack_layout layout = world->layout;

    layout.pages = pages;
    return stack_create(&world->stacks[slot], &world->vas, &world->port, &layout) == LA_OK;
}

/* What a page fault handler does; a page with memory does not fault. */
static void ours_touch(struct stack_world *world, uint32_t slot, uint32_t page)
{
    struct stack *stack = &world->stacks[slot];
    va32_t va = stack_end_va(stack) - ((page + 1u) << LA_PAGE_SHIFT);

    if (page >= stack_committed_pages(stack)) {
        const struct fault_access access = { .va = va, .write = true, .user = true };
        struct fault_answer answer = fault_judge(&world->vas, stack, &access, UINT32_MAX);

        if (answer.verdict != FAULT_GROW || stack_grow(stack, &world->port, va) != LA_OK) {
            world->stopped++;
            return;
        }
        world->grown++;
    }
    if (world->real)
        *(volatile uint8_t *)la_host(world->port.host_base, va) = 1;
}

static void ours_destroy(struct stack_world *world, uint32_t slot)
{
    stack_destroy(&world->stacks[slot], &world->port);
    world->stacks[slot].pages = 0;
}

static enum la_status no_commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
    return LA_OK;
}

static void no_decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)va;
    (void)pages;
}

static const char *open_ours(struct stack_world *world)
{
    const struct host_window_options wish = { .cheap = !world->real,
                                              .unchecked = true,
                                              .first_segment = 1,
                                              .end_segment = STACK_WORLD_SEGMENTS };

    if (host_window_open(&world->window, &wish) != LA_OK)
        return "no addresses for the window (ulimit -v?)";
    world->port = *host_window_port(&world->window);
    if (!world->real) {
        world->port.commit = no_commit;
        world->port.decommit = no_decommit;
    }
    vas_init(&world->vas, 1, STACK_WORLD_SEGMENTS);
    return NULL;
}

/* -- The system's ------------------------------------------------------------------------------ */

static size_t pages_bytes(uint32_t pages)
{
    return (size_t)pages << LA_PAGE_SHIFT;
}

static bool linux_create(struct stack_world *world, uint32_t slot, uint32_t pages)
{
    struct stack_mapping *mapping = &world->mappings[slot];
    size_t guard_bytes = pages_bytes(world->layout.guard_pages);
    void *base = mmap(NULL, pages_bytes(pages), PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return false;
    *mapping = (struct stack_mapping){ base, pages };
    return mprotect(mapping->base + guard_bytes, pages_bytes(pages) - guard_bytes,
                    PROT_READ | PROT_WRITE) == 0;
}

static void linux_touch(struct stack_world *world, uint32_t slot, uint32_t page)
{
    struct stack_mapping *mapping = &world->mappings[slot];

    if (page >= mapping->pages - world->layout.guard_pages) {
        world->stopped++;
        return;
    }
    *(volatile uint8_t *)(mapping->base + pages_bytes(mapping->pages - page - 1u)) = 1;
}

static void linux_destroy(struct stack_world *world, uint32_t slot)
{
    (void)munmap(world->mappings[slot].base, pages_bytes(world->mappings[slot].pages));
    world->mappings[slot].base = NULL;
}

/* -- Nobody's ---------------------------------------------------------------------------------- */

static bool floor_create(struct stack_world *world, uint32_t slot, uint32_t pages)
{
    (void)world;
    (void)slot;
    (void)pages;
    return true;
}

static void floor_touch(struct stack_world *world, uint32_t slot, uint32_t page)
{
    (void)world;
    (void)slot;
    (void)page;
}

static void floor_destroy(struct stack_world *world, uint32_t slot)
{
    (void)world;
    (void)slot;
}

/* -- All --------------------------------------------------------------------------------------- */

const char *stack_world_open(struct stack_world *world, const char *target, uint32_t slots,
                             const struct stack_layout *layout)
{
    static const struct stack_calls calls[] = {
        { "lookaside", ours_create, ours_touch, ours_destroy },
        { "lookaside+mmap", ours_create, ours_touch, ours_destroy },
        { "linux", linux_create, linux_touch, linux_destroy },
        { "floor", floor_create, floor_touch, floor_destroy },
    };

    memset(world, 0, sizeof *world);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].name, target) == 0)
            world->calls = &calls[i];
    if (world->calls == NULL)
        return "there is no such target";
    world->layout = *layout;
    world->slots = slots;
    world->real = strcmp(target, "lookaside+mmap") == 0;
    world->stacks = calloc(slots, sizeof *world->stacks);
    world->mappings = calloc(slots, sizeof *world->mappings);
    if (world->stacks == NULL || world->mappings == NULL)
        return "no memory for the stacks";
    return world->calls->create == ours_create ? open_ours(world) : NULL;
}

void stack_pass(struct stack_world *world, const struct stack_op *op, const struct stack_op *end)
{
    const struct stack_calls calls = *world->calls;

    for (; op < end; op++) {
        switch (op->code) {
        case OP_STACK_CREATE: world->failed += !calls.create(world, op->slot, op->page); break;
        case OP_STACK_TOUCH: calls.touch(world, op->slot, op->page); break;
        default: calls.destroy(world, op->slot); break;
        }
    }
}

void stack_world_clear(struct stack_world *world)
{
    for (uint32_t slot = 0; slot < world->slots; slot++)
        if (world->stacks[slot].pages != 0 || world->mappings[slot].base != NULL)
            world->calls->destroy(world, slot);
}
