/* SPDX-License-Identifier: 0BSD */
/* Memory events of the running kernel, read with the formats that it describes itself. */
#define _GNU_SOURCE
#include "kernel_events.h"

#include <event-parse.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tracefs.h>

struct source {
    enum kmem_kind kind;
    const char *system;
    const char *name;
    bool old; /* only kernels before 6.1 have it */
};

static const struct source sources[] = {
    { KMEM_KMALLOC, "kmem", "kmalloc", false },
    { KMEM_KMALLOC, "kmem", "kmalloc_node", true },
    { KMEM_CACHE_ALLOC, "kmem", "kmem_cache_alloc", false },
    { KMEM_CACHE_ALLOC, "kmem", "kmem_cache_alloc_node", true },
    { KMEM_KFREE, "kmem", "kfree", false },
    { KMEM_CACHE_FREE, "kmem", "kmem_cache_free", false },
    { KMEM_PAGE_ALLOC, "kmem", "mm_page_alloc", false },
    { KMEM_PAGE_FREE, "kmem", "mm_page_free", false },
    { KMEM_VMAP_ALLOC, "vmalloc", "alloc_vmap_area", false },
    { KMEM_VMAP_FREE, "vmalloc", "free_vmap_area_noflush", false },
    { KMEM_KINDS, "syscalls", "sys_enter_mmap", false }, /* no event of its own */
    { KMEM_STACK_MAP, "syscalls", "sys_exit_mmap", false },
    { KMEM_UNMAP, "syscalls", "sys_enter_munmap", false },
    { KMEM_FAULT, "exceptions", "page_fault_user", false },
    { KMEM_FAULT, "exceptions", "page_fault_kernel", false },
    { KMEM_FORK, "task", "task_newtask", false },
    { KMEM_EXEC_BEGIN, "syscalls", "sys_enter_execve", false },
    { KMEM_EXEC_BEGIN, "syscalls", "sys_enter_execveat", false },
    { KMEM_EXEC, "sched", "sched_process_exec", false },
    { KMEM_EXIT, "sched", "sched_process_exit", false },
};

#define ERRORS_FIRST (UINT64_MAX - 4094u) /* answers of a system call that failed */

/* Bits of a page fault's error code. Source: Intel SDM vol. 3A, 4.7. */
#define FAULT_PRESENT 1u /* the page is there: a write to a shared copy */
#define FAULT_WRITE   2u
#define FAULT_USER    4u

#define SOURCES (int)(sizeof sources / sizeof sources[0])

struct kernel_format {
    const struct source *source;
    struct tep_event *event;
};

/* -- Learning ---------------------------------------------------------------------------------- */

/* Source: Linux include/trace/events/mmflags.h, show_gfp_flags: either the flags themselves, or
 * "flags ? flags by name : none".
 */
static const struct tep_print_arg *flags_in(const struct tep_print_arg *argument)
{
    if (argument->type == TEP_PRINT_OP && strcmp(argument->op.op, "?") == 0 &&
        argument->op.right->type == TEP_PRINT_OP)
        argument = argument->op.right->op.left;
    return argument->type == TEP_PRINT_FLAGS ? argument : NULL;
}

/* Which bit it is differs between kernels; the event's own text says it. */
static uint64_t zero_flag_of(const struct tep_event *event)
{
    for (const struct tep_print_arg *at = event->print_fmt.args; at; at = at->next) {
        const struct tep_print_arg *found = flags_in(at);
        const struct tep_print_flag_sym *flag = found ? found->flags.flags : NULL;
        for (; flag; flag = flag->next)
            if (strstr(flag->str, "GFP_ZERO"))
                return strtoull(flag->value, NULL, 0);
    }
    return 0;
}

static bool add(struct kernel_events *events, const struct source *source, char *error,
                size_t error_size)
{
    struct tep_event *event = tep_find_event_by_name(events->tep, source->system, source->name);

    if (!event && !source->old)
        snprintf(error, error_size,
                 "this kernel has no event %s:%s (expected Linux 6.1 or later, on x86 for stack)",
                 source->system, source->name);
    if (!event)
        return source->old;
    events->formats[events->count++] = (struct kernel_format){ source, event };
    if (events->zero_flag == 0)
        events->zero_flag = zero_flag_of(event);
    return true;
}

/* Names are good to have; where the kernel hides its addresses a label is a number. */
static void learn_functions(struct tep_handle *tep)
{
    FILE *file = fopen("/proc/kallsyms", "re");
    char *text = NULL;
    size_t room = 0;

    if (file && getdelim(&text, &room, '\0', file) > 0)
        tep_parse_kallsyms(tep, text);
    free(text);
    if (file)
        fclose(file);
}

bool kernel_events_open(struct kernel_events *ret_events, enum import_kernel what, bool labels,
                        char *error, size_t error_size)
{
    static const char *const systems[] = { "kmem", "vmalloc", "syscalls", "exceptions",
                                           "task", "sched",   NULL };
    struct kernel_events events = { .labels = labels };
    bool good;

    events.tep = tracefs_local_events_system(tracefs_tracing_dir(), systems);
    events.formats = calloc(SOURCES, sizeof *events.formats);
    good = events.tep && events.formats;
    if (!good)
        snprintf(error, error_size, "the kernel's events cannot be read (expected %s/events)",
                 tracefs_tracing_dir());
    for (int i = 0; good && i < SOURCES; i++)
        if (kmem_wants(what, sources[i].kind)) /* KMEM_KINDS is as good as any of stacks */
            good = add(&events, &sources[i], error, error_size);
    if (good && labels)
        learn_functions(events.tep);
    if (good)
        *ret_events = events;
    else
        kernel_events_close(&events);
    return good;
}

void kernel_events_close(struct kernel_events *events)
{
    tep_free(events->tep);
    kernel_calls_free(&events->maps);
    free(events->formats);
    *events = (struct kernel_events){ .count = 0 };
}

bool kernel_events_enable(const struct kernel_events *events, struct kernel_instance *instance,
                          char *error, size_t error_size)
{
    for (int i = 0; i < events->count; i++) {
        const struct source *source = events->formats[i].source;
        if (tracefs_event_enable(instance->tracefs, source->system, source->name) == 0)
            continue;
        snprintf(error, error_size, "%s:%s cannot be switched on (expected root)", source->system,
                 source->name);
        return false;
    }
    return true;
}

/* -- Reading ----------------------------------------------------------------------------------- */

/* A field as a number; 0 if this kernel's event has none of that name. */
static uint64_t field(const struct kernel_format *format, const struct kernel_raw *raw,
                      const char *name)
{
    struct tep_format_field *found = tep_find_any_field(format->event, name);
    unsigned long long value = 0;

    if (found && found->offset + found->size <= raw->bytes)
        tep_read_number_field(found, raw->data, &value);
    return value;
}

static void read_site(struct kernel_events *events, uint64_t address)
{
    const char *name = tep_find_function(events->tep, address);

    if (name)
        snprintf(events->site, sizeof events->site, "%s+0x%llx", name,
                 address - tep_find_function_address(events->tep, address));
    else
        snprintf(events->site, sizeof events->site, "0x%" PRIx64, address);
}

static void read_cache(struct kernel_events *events, const struct kernel_format *format,
                       const struct kernel_raw *raw)
{
    struct tep_record record = { .data = raw->data, .size = raw->bytes };
    int bytes = 0;
    const char *name = tep_get_field_raw(NULL, format->event, "name", &record, &bytes, 0);

    if (name && bytes > 0)
        snprintf(events->cache, sizeof events->cache, "%.*s", bytes, name);
}

/* What has to do with stacks. An mmap() counts when its answer is there, a munmap() before the
 * addresses can be handed out again. False if nothing happened that counts.
 */
static bool read_stack(struct kernel_events *events, const struct kernel_format *format,
                       const struct kernel_raw *raw, struct kmem_event *event)
{
    uint64_t error;

    switch (event->kind) {
    case KMEM_KINDS:
        if (field(format, raw, "flags") & MAP_STACK)
            kernel_calls_begin(&events->maps, event->pid, field(format, raw, "len"));
        return false;
    case KMEM_STACK_MAP:
        event->bytes = kernel_calls_end(&events->maps, event->pid);
        event->address = field(format, raw, "ret");
        return event->bytes != 0 && event->address < ERRORS_FIRST;
    case KMEM_UNMAP:
        event->address = field(format, raw, "addr");
        event->bytes = field(format, raw, "len");
        return true;
    case KMEM_FORK:
        event->other_pid = (uint32_t)field(format, raw, "pid");
        event->shared = (field(format, raw, "clone_flags") & CLONE_VM) != 0;
        return true;
    case KMEM_EXEC: event->other_pid = (uint32_t)field(format, raw, "old_pid"); return true;
    case KMEM_FAULT:
        error = field(format, raw, "error_code");
        event->address = field(format, raw, "address");
        event->kernel_wrote = (error & (FAULT_WRITE | FAULT_USER)) == FAULT_WRITE;
        return (error & FAULT_PRESENT) == 0;
    default: return true;
    }
}

/* The parts that only some kinds have. */
static bool read_details(struct kernel_events *events, const struct kernel_format *format,
                         const struct kernel_raw *raw, struct kmem_event *event)
{
    switch (event->kind) {
    case KMEM_KMALLOC:
    case KMEM_CACHE_ALLOC:
        event->bytes = field(format, raw, "bytes_req");
        event->bytes_taken = field(format, raw, "bytes_alloc");
        event->zeroed = (field(format, raw, "gfp_flags") & events->zero_flag) != 0;
        /* fall through */
    case KMEM_KFREE:
    case KMEM_CACHE_FREE: event->address = field(format, raw, "ptr"); break;
    case KMEM_PAGE_ALLOC:
    case KMEM_PAGE_FREE:
        event->address = field(format, raw, "pfn");
        event->order = (uint32_t)field(format, raw, "order");
        event->failed = event->address == UINT64_MAX;
        break;
    case KMEM_VMAP_ALLOC:
        event->address = field(format, raw, "addr");
        event->bytes = field(format, raw, "size");
        event->align_bytes = field(format, raw, "align");
        event->failed = field(format, raw, "failed") != 0;
        break;
    case KMEM_VMAP_FREE: event->address = field(format, raw, "va_start"); break;
    default: return read_stack(events, format, raw, event);
    }
    return event->order <= KMEM_ORDER_MAX;
}

bool kernel_events_read(struct kernel_events *events, const struct kernel_raw *raw, uint32_t own,
                        struct kmem_event *ret_event)
{
    const struct kernel_format *format = NULL;
    struct kmem_event event = { .site = events->site, .cache = events->cache };
    struct tep_record record = { .data = raw->data, .size = raw->bytes };
    int type = raw->bytes >= 8 ? tep_data_type(events->tep, &record) : -1;
    bool interrupted;

    for (int i = 0; !format && i < events->count; i++)
        if (events->formats[i].event->id == type)
            format = &events->formats[i];
    if (!format)
        return false;
    event.kind = format->source->kind;
    event.cpu = (uint32_t)raw->cpu;
    event.time_ns = raw->time_ns;
    event.pid = (uint32_t)tep_data_pid(events->tep, &record);
    interrupted =
        (tep_data_flags(events->tep, &record) & (TRACE_FLAG_HARDIRQ | TRACE_FLAG_SOFTIRQ)) != 0;
    event.own = event.pid == own && !interrupted;
    if (!read_details(events, format, raw, &event))
        return false;
    events->site[0] = '\0';
    events->cache[0] = '\0';
    if (events->labels && (event.kind == KMEM_KMALLOC || event.kind == KMEM_CACHE_ALLOC)) {
        read_site(events, field(format, raw, "call_site"));
        read_cache(events, format, raw);
    }
    *ret_event = event;
    return true;
}
