/* SPDX-License-Identifier: 0BSD */
/* A process's pages on the real machine; see machine.h. */
#include "machine.h"

#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/text.h>

static struct port_space *tables_of(void *context)
{
    struct process *process = context;

    return &process->tables;
}

static uint32_t protection_of(enum uabi_access access)
{
    switch (access) {
    case UABI_READ_WRITE: return PORT_USER | PORT_WRITE | PORT_EXECUTE;
    case UABI_READ_ONLY: return PORT_USER | PORT_EXECUTE;
    case UABI_NO_ACCESS:
    default: return PORT_READ; /* mapped, for the kernel alone */
    }
}

static enum la_status prepare(void *context, va32_t va, uint32_t pages)
{
    return port_tables_prepare(tables_of(context), va, pages);
}

static enum la_status map(void *context, va32_t va, enum uabi_access access)
{
    struct port_space *tables = tables_of(context);
    uint32_t frame;

    if (port_query(tables, va, NULL))
        return LA_IN_USE;
    frame = memory_take_zeroed(FRAMES_HIGH);
    if (frame == PORT_NO_FRAME)
        return LA_NO_MEMORY;
    if (port_map(tables, va, frame, protection_of(access)) != LA_OK) {
        memory_give(frame);
        return LA_NO_MEMORY;
    }
    return LA_OK;
}

static bool unmap(void *context, va32_t va)
{
    uint32_t frame = port_unmap(tables_of(context), va);

    if (frame == PORT_NO_FRAME)
        return false;
    memory_give(frame);
    return true;
}

static void protect(void *context, va32_t va, enum uabi_access access)
{
    (void)port_protect(tables_of(context), va, protection_of(access));
}

/* The bytes of [va, va + bytes) that lie on its page. */
static uint32_t on_page(va32_t va, uint32_t bytes)
{
    uint32_t room = LA_PAGE_BYTES - va % LA_PAGE_BYTES;

    return bytes < room ? bytes : room;
}

static void write(void *context, va32_t va, const void *from, uint32_t bytes)
{
    const uint8_t *source = from;

    while (bytes > 0) {
        uint32_t here = on_page(va, bytes);
        struct port_page page;
        bool mapped = port_query(tables_of(context), va, &page);

        LA_ASSERT(mapped);
        uint8_t *window = port_window_open(page.frame);
        memcpy(window + va % LA_PAGE_BYTES, source, here);
        port_window_close(window);
        va += here;
        source += here;
        bytes -= here;
    }
}

bool machine_read(const struct process *process, va32_t va, void *to, uint32_t bytes)
{
    uint8_t *target = to;

    while (bytes > 0) {
        uint32_t here = on_page(va, bytes);
        struct port_page page;

        if (!port_query(&process->tables, va, &page))
            return false;
        uint8_t *window = port_window_open(page.frame);
        memcpy(target, window + va % LA_PAGE_BYTES, here);
        port_window_close(window);
        va += here;
        target += here;
        bytes -= here;
    }
    return true;
}

static uint32_t frames_free(void *context)
{
    (void)context;
    return memory_free_frames();
}

static void *take(void *context, uint32_t bytes)
{
    (void)context;
    return kernel_alloc_zeroed(bytes);
}

static void give(void *context, void *memory)
{
    (void)context;
    kernel_free(memory);
}

void machine_hooks(struct process *process)
{
    process->hooks = (struct uspace_hooks){
        .context = process,
        .prepare = prepare,
        .map = map,
        .unmap = unmap,
        .protect = protect,
        .write = write,
        .frames_free = frames_free,
        .take = take,
        .give = give,
    };
}
