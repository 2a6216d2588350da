/* SPDX-License-Identifier: 0BSD */
/* Events of a Linux kernel's memory as ops of a trace. */
#include "kmem.h"

#include <stdio.h>

#define ZERO_SIZE_ADDRESS 16u /* what kmalloc(0) answers. Source: Linux include/linux/slab.h */

void kmem_free(struct kmem *kmem)
{
    objects_free_all(&kmem->slab);
    objects_free_all(&kmem->areas);
    kmem_pages_free_all(&kmem->pages);
    kmem_stacks_free(&kmem->stacks);
    threads_free(&kmem->threads);
}

bool kmem_wants(enum import_kernel what, enum kmem_kind kind)
{
    switch (kind) {
    case KMEM_KMALLOC:
    case KMEM_CACHE_ALLOC:
    case KMEM_KFREE:
    case KMEM_CACHE_FREE: return what == IMPORT_KMALLOC || what == IMPORT_SLAB;
    case KMEM_PAGE_ALLOC:
    case KMEM_PAGE_FREE: return what == IMPORT_PAGES;
    case KMEM_VMAP_ALLOC:
    case KMEM_VMAP_FREE: return what == IMPORT_VMAP;
    default: return what == IMPORT_STACK;
    }
}

/* -- Who, when, where -------------------------------------------------------------------------- */

/* Time that goes back a little is that of two CPUs: then none has passed. */
static void pass_time(struct kmem *kmem, uint64_t time_ns)
{
    if (kmem->started && time_ns > kmem->time_ns)
        kmem->import->time_ns += time_ns - kmem->time_ns;
    if (!kmem->started || time_ns > kmem->time_ns)
        kmem->time_ns = time_ns;
    kmem->started = true;
}

static bool begin(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;

    pass_time(kmem, event->time_ns);
    import->cpu = event->cpu;
    import->has_label = false;
    return event->own || /* a trace does without that thread */
           threads_number(import, &kmem->threads, event->pid, &import->thread);
}

/* "call site, cache", as far as they are known, for the creation that comes. */
static bool set_label(struct import *import, const struct kmem_event *event)
{
    const char *site = event->site ? event->site : "";
    const char *cache = event->cache ? event->cache : "";
    char text[LABEL_BYTES_MAX + 1u];

    if (!import->with_labels || (site[0] == '\0' && cache[0] == '\0'))
        return true;
    snprintf(text, sizeof text, "%s%s%s", site, site[0] && cache[0] ? " " : "", cache);
    import->has_label = true;
    return labels_number(import, text, &import->label);
}

/* -- kmalloc and caches ------------------------------------------------------------------------ */

/* What lives at an address that is handed out again must be gone. */
static bool imply_free(struct import *import, struct objects *objects, uint64_t address)
{
    struct object old;

    if (!objects_take(objects, 0, address, &old) || old.slot >= KMEM_OWN)
        return true;
    import->notes[NOTE_IMPLIED_FREE]++;
    return import_emit(import, (struct trace_op){ .kind = TRACE_FREE, .slot = old.slot }) &&
           slot_give(import, TRACE_BLOCK, old.slot);
}

static bool slab_alloc(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;
    bool asked = event->kind == KMEM_KMALLOC || import->kernel == IMPORT_SLAB;
    uint64_t taken = event->bytes_taken < UINT32_MAX ? event->bytes_taken : UINT32_MAX;
    struct trace_op op = { .kind = event->zeroed ? TRACE_ALLOC_ZEROED : TRACE_ALLOC,
                           .recorded_bytes = (uint32_t)taken };

    if (event->address == ZERO_SIZE_ADDRESS)
        return true;
    if (asked && !event->own)
        return imply_free(import, &kmem->slab, event->address) && set_label(import, event) &&
               objects_create(import, &kmem->slab, 0, event->address, event->bytes, op);
    import->notes[event->own ? NOTE_OWN : NOTE_NOT_SELECTED]++;
    return event->address == 0 ||
           (imply_free(import, &kmem->slab, event->address) &&
            objects_put(
                import, &kmem->slab,
                (struct object){ event->address, 0, event->own ? KMEM_OWN : KMEM_UNASKED }));
}

static bool slab_free(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;
    bool asked = event->kind == KMEM_KFREE || import->kernel == IMPORT_SLAB;
    const struct object *found = objects_find(&kmem->slab, 0, event->address);
    struct object old;

    if (event->address == ZERO_SIZE_ADDRESS)
        return true;
    if (found && found->slot >= KMEM_OWN) {
        objects_take(&kmem->slab, 0, event->address, &old);
        import->notes[old.slot == KMEM_OWN ? NOTE_OWN : NOTE_NOT_SELECTED]++;
        return true;
    }
    if (!found && (event->own || !asked) && event->address != 0) {
        import->notes[event->own ? NOTE_OWN : NOTE_NOT_SELECTED]++;
        return true;
    }
    return objects_end(import, &kmem->slab, 0, event->address);
}

/* -- vmap areas -------------------------------------------------------------------------------- */

static bool end_area(struct import *import, uint32_t slot)
{
    return import_emit(import, (struct trace_op){ .kind = TRACE_RELEASE, .slot = slot }) &&
           slot_give(import, TRACE_REGION, slot);
}

static bool area_alloc(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;
    struct trace_op op = { .kind = TRACE_RESERVE, .pages = import_pages(event->bytes) };
    struct object area = { event->address, 0, KMEM_OWN };
    struct object old;

    if (event->failed || event->address == 0 || op.pages == 0) {
        import->notes[NOTE_FAILED]++;
        return true;
    }
    if (objects_take(&kmem->areas, 0, event->address, &old) && old.slot < KMEM_OWN) {
        import->notes[NOTE_IMPLIED_FREE]++;
        if (!end_area(import, old.slot))
            return false;
    }
    import->notes[NOTE_OWN] += event->own;
    if (event->own)
        return objects_put(import, &kmem->areas, area);
    for (uint64_t align = event->align_bytes / 4096u; align > 1 && op.align_log2 < 31u; align >>= 1)
        op.align_log2++;
    if (!slot_take(import, TRACE_REGION, &area.slot))
        return false;
    op.slot = area.slot;
    return objects_put(import, &kmem->areas, area) && set_label(import, event) &&
           import_emit(import, op);
}

static bool area_free(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;
    struct object old;

    if (!objects_take(&kmem->areas, 0, event->address, &old)) {
        import->notes[event->own ? NOTE_OWN : NOTE_UNKNOWN_FREE]++;
        return true;
    }
    import->notes[NOTE_OWN] += old.slot == KMEM_OWN;
    return old.slot == KMEM_OWN || end_area(import, old.slot);
}

/* -- All of them ------------------------------------------------------------------------------- */

static bool page_alloc(struct kmem *kmem, const struct kmem_event *event)
{
    if (event->failed) {
        kmem->import->notes[NOTE_FAILED]++;
        return true;
    }
    return set_label(kmem->import, event) &&
           kmem_pages_create(kmem->import, &kmem->pages, event->address, event->order,
                             kmem->page_bytes, event->own);
}

static bool stack_event(struct kmem *kmem, const struct kmem_event *event)
{
    struct import *import = kmem->import;
    struct kmem_stacks *stacks = &kmem->stacks;

    switch (event->kind) {
    case KMEM_STACK_MAP:
        return kmem_stacks_map(import, stacks, event->pid, event->address, event->bytes);
    case KMEM_UNMAP:
        return kmem_stacks_unmap(import, stacks, event->pid, event->address, event->bytes);
    case KMEM_FORK:
        return kmem_stacks_fork(import, stacks, event->pid, event->other_pid, event->shared);
    case KMEM_EXEC: return kmem_stacks_exec(import, stacks, event->pid, event->other_pid);
    case KMEM_EXIT: return kmem_stacks_exit(import, stacks, event->pid);
    case KMEM_EXEC_BEGIN: kmem_stacks_exec_begin(stacks, event->pid); return true;
    default:
        return kmem_stacks_fault(import, stacks, event->pid, event->address, event->kernel_wrote);
    }
}

bool kmem_event(struct kmem *kmem, const struct kmem_event *event)
{
    if (!kmem_wants(kmem->import->kernel, event->kind)) {
        kmem->import->notes[NOTE_NOT_SELECTED]++;
        return true;
    }
    if (!begin(kmem, event))
        return false;
    switch (event->kind) {
    case KMEM_KMALLOC:
    case KMEM_CACHE_ALLOC: return slab_alloc(kmem, event);
    case KMEM_KFREE:
    case KMEM_CACHE_FREE: return slab_free(kmem, event);
    case KMEM_PAGE_ALLOC: return page_alloc(kmem, event);
    case KMEM_PAGE_FREE:
        return kmem_pages_end(kmem->import, &kmem->pages, event->address, event->order, event->own);
    case KMEM_VMAP_ALLOC: return area_alloc(kmem, event);
    case KMEM_VMAP_FREE: return area_free(kmem, event);
    default: return stack_event(kmem, event);
    }
}

bool kmem_mark(struct kmem *kmem, uint64_t time_ns, uint32_t number)
{
    pass_time(kmem, time_ns);
    return import_emit(kmem->import, (struct trace_op){ .kind = TRACE_MARK, .mark = number });
}
