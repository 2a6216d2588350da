/* SPDX-License-Identifier: 0BSD */
/* Address spaces: page tables and a vas, and how commits become mapped pages. */
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/text.h>

struct space kernel_space;

static struct space *active;

/* -- Pages ------------------------------------------------------------------------------------- */

void space_unmap(struct space *space, va32_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t frame = port_unmap(space->tables, va + (i << LA_PAGE_SHIFT));

        if (frame == PORT_NO_FRAME)
            continue;
        memory_give(frame);
        space->pages--;
    }
}

enum la_status space_map_zeroed(struct space *space, va32_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t frame = memory_take_zeroed(FRAMES_HIGH);
        enum la_status status =
            frame == PORT_NO_FRAME
                ? LA_NO_MEMORY
                : port_map(space->tables, va + (i << LA_PAGE_SHIFT), frame, space->protection);

        if (status != LA_OK) {
            if (frame != PORT_NO_FRAME)
                memory_give(frame);
            space_unmap(space, va, i);
            return LA_NO_MEMORY;
        }
        space->pages++;
    }
    return LA_OK;
}

/* -- The core's port --------------------------------------------------------------------------- */

static enum la_status commit(void *context, va32_t va, uint32_t pages)
{
    struct space *space = context;

    if (space->lazy && vas_state(&space->vas, va) != VAS_STACK)
        return LA_OK;
    return space_map_zeroed(space, va, pages);
}

static void decommit(void *context, va32_t va, uint32_t pages)
{
    space_unmap(context, va, pages);
}

static void init(struct space *space, struct port_space *tables, uint32_t protection, bool lazy)
{
    space->tables = tables;
    space->port = (struct la_port){ .context = space, .commit = commit, .decommit = decommit };
    space->protection = protection;
    space->lazy = lazy;
    space->pages = 0;
    space->zero_faults = 0;
    space->grow_faults = 0;
    space->bad_faults = 0;
}

/* -- Life -------------------------------------------------------------------------------------- */

void space_start(void)
{
    init(&kernel_space, &port_kernel_space, PORT_WRITE, false);
    vas_init(&kernel_space.vas, la_segment_of(port_geometry->ranges_first),
             la_segment_of(port_geometry->ranges_end));
}

enum la_status space_create(struct space *space, uint32_t first_segment, uint32_t end_segment,
                            bool lazy)
{
    LA_ASSERT(first_segment >= la_segment_of(port_geometry->user_first) &&
              end_segment <= la_segment_of(port_geometry->user_end));

    enum la_status status = port_space_create(&space->own);

    if (status != LA_OK)
        return status;
    init(space, &space->own, PORT_WRITE | PORT_USER, lazy);
    vas_init(&space->vas, first_segment, end_segment);
    return LA_OK;
}

/* Give back whatever is mapped, whoever mapped it. */
static bool give_page(void *context, va32_t va, const struct port_page *page)
{
    struct space *space = context;

    (void)page;
    memory_give(port_unmap(space->tables, va));
    return true;
}

void space_destroy(struct space *space)
{
    LA_ASSERT(space != active && space != &kernel_space);
    port_walk(space->tables, port_geometry->user_first & ~(LA_PAGE_BYTES - 1u),
              port_geometry->user_end - LA_PAGE_BYTES, give_page, space);
    port_space_destroy(&space->own);
    space->pages = 0;
}

void space_activate(struct space *space)
{
    uint32_t saved = port_irq_save();

    active = space;
    port_space_activate(space == NULL ? &port_kernel_space : space->tables);
    port_irq_restore(saved);
}

struct space *space_active(void)
{
    return active;
}

/* -- Check ------------------------------------------------------------------------------------- */

struct check {
    const struct space *space;
    const char *broken;
};

static bool check_page(void *context, va32_t va, const struct port_page *page)
{
    struct check *check = context;
    enum vas_state state = vas_state(&check->space->vas, va);

    if (state == VAS_FREE)
        check->broken = "a page is mapped in a free segment";
    else if (check->space == &kernel_space && (page->protection & PORT_USER) != 0)
        check->broken = "a page of the kernel's is open to user mode";
    return check->broken == NULL;
}

const char *space_check(const struct space *space)
{
    struct check check = { .space = space, .broken = vas_check(&space->vas) };

    if (check.broken == NULL)
        port_walk(space->tables, la_segment_va(space->vas.first_segment),
                  la_segment_va(space->vas.end_segment) - LA_PAGE_BYTES, check_page, &check);
    return check.broken;
}
