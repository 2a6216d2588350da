/* SPDX-License-Identifier: 0BSD */
/* Events of a running kernel as a recorder gives them: stacks of user programs, what the recorder
 * did itself, marks. No text has these.
 */
#include "converted.h"

#include "../kmem.h"

/* Threads and programs; MAIN is a page where a main stack can begin. */
enum { SHELL = 10, CHILD, THREAD, OTHER };
#define MAIN          UINT64_C(0x7ffc12345000)
#define THREADS_STACK UINT64_C(0x7f0000000000)
#define MIB           (UINT64_C(1) << 20)

struct events {
    const struct kmem_event *at;
    size_t count;
    uint64_t mark_ns; /* of mark 1; 0: none */
};

static bool give(struct import *import, void *context)
{
    const struct events *events = context;
    struct kmem kmem = { .import = import, .page_bytes = 4096 };
    bool good = events->mark_ns == 0 || kmem_mark(&kmem, events->mark_ns, 1);

    for (size_t i = 0; good && i < events->count; i++)
        good = kmem_event(&kmem, &events->at[i]);
    kmem_free(&kmem);
    return good;
}

static const char *given(enum import_kernel kernel, const struct kmem_event *at, size_t count)
{
    struct events events = { at, count, 0 };

    return converted_job(
        (struct import_job){ .input = "in", .kernel = kernel, .read = give, .context = &events });
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void threads_stacks_are_touched_and_unmapped(void)
{
    static const struct kmem_event events[] = {
        { .kind = KMEM_STACK_MAP, .pid = SHELL, .address = THREADS_STACK, .bytes = 8 * MIB },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = THREADS_STACK + 8 * MIB - 8 },
        { .kind = KMEM_FORK, .pid = SHELL, .other_pid = THREAD, .shared = true },
        { .kind = KMEM_FAULT, .pid = THREAD, .address = THREADS_STACK + 8 * MIB - 4097 },
        { .kind = KMEM_FAULT,
          .kernel_wrote = true,
          .pid = THREAD,
          .address = THREADS_STACK + 8 * MIB - 40960 },
        { .kind = KMEM_FAULT, .pid = THREAD, .address = THREADS_STACK + 8 * MIB },
        { .kind = KMEM_FAULT, .pid = OTHER, .address = THREADS_STACK },
        { .kind = KMEM_EXIT, .pid = THREAD },
        { .kind = KMEM_UNMAP, .pid = SHELL, .address = THREADS_STACK, .bytes = 4 * MIB },
        { .kind = KMEM_UNMAP, .pid = OTHER, .address = THREADS_STACK, .bytes = 8 * MIB },
        { .kind = KMEM_UNMAP, .pid = SHELL, .address = THREADS_STACK, .bytes = UINT64_MAX },
        { .kind = KMEM_STACK_MAP, .pid = SHELL, .address = THREADS_STACK, .bytes = 9 * 4096 },
        { .kind = KMEM_STACK_MAP, .pid = SHELL, .address = THREADS_STACK, .bytes = 4096 },
        { .kind = KMEM_STACK_MAP, .pid = SHELL, .address = THREADS_STACK + 4096, .bytes = 8192 },
    };

    CHECK_STR(given(IMPORT_STACK, events, COUNT(events)),
              "# dropped: 2 partial unmaps of stacks\n"
              "stack-create 0 2048 2 16\nstack-touch 0 0\n"
              "thread 1\nstack-touch 0 1\nstack-touch 0 9\n"
              "thread 0\nstack-destroy 0\nstack-create 0 9 2 1\n"
              "stack-create 1 2 1 1\n");
}

/* The page that the kernel wrote to last is the stack's first one, or else the one above the first
 * touch. A forked child's copy is nobody's.
 */
static void a_main_stack_begins_with_an_exec(void)
{
    static const struct kmem_event events[] = {
        { .kind = KMEM_FAULT,
          .kernel_wrote = true,
          .pid = SHELL,
          .address = THREADS_STACK + 8 * MIB },
        { .kind = KMEM_FAULT, .kernel_wrote = true, .pid = SHELL, .address = MAIN + 4000 },
        { .kind = KMEM_EXEC, .pid = SHELL, .other_pid = SHELL },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN - 1 },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN + 8192 },
        { .kind = KMEM_FORK, .pid = SHELL, .other_pid = CHILD },
        { .kind = KMEM_FAULT, .pid = CHILD, .address = MAIN - 4097 },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN - 4097 },
        /* vfork: the child is on its parent's stack until its exec */
        { .kind = KMEM_FORK, .pid = SHELL, .other_pid = THREAD, .shared = true },
        { .kind = KMEM_FAULT, .pid = THREAD, .address = MAIN - 8193 },
        { .kind = KMEM_FAULT, .kernel_wrote = true, .pid = THREAD, .address = MAIN + MIB },
        { .kind = KMEM_EXEC, .pid = THREAD, .other_pid = THREAD },
        { .kind = KMEM_EXIT, .pid = THREAD },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN - 12289 },
        /* what the kernel wrote to before has nothing to do with this one */
        { .kind = KMEM_FAULT, .kernel_wrote = true, .pid = SHELL, .address = MAIN + MIB },
        { .kind = KMEM_EXEC_BEGIN, .pid = SHELL },
        { .kind = KMEM_EXEC, .pid = SHELL, .other_pid = SHELL },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN - 1 },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN + 4096 },
        { .kind = KMEM_EXIT, .pid = SHELL },
    };

    CHECK_STR(given(IMPORT_STACK, events, COUNT(events)),
              "# changed: 1 main stacks taken to begin above the first touch\n"
              "stack-create 0 2048 2 16\nstack-touch 0 0\nstack-touch 0 1\nstack-touch 0 2\n"
              "thread 2\nstack-touch 0 3\n"
              "stack-create 1 2048 2 16\nstack-touch 1 0\nstack-destroy 1\n"
              "thread 0\nstack-touch 0 4\nstack-destroy 0\n"
              "stack-create 0 2048 2 16\nstack-touch 0 0\nstack-touch 0 1\nstack-destroy 0\n");
}

/* A thread other than the first one takes the number of its process when it execs. */
static void an_exec_by_a_thread_ends_the_stacks_of_all(void)
{
    static const struct kmem_event events[] = {
        { .kind = KMEM_STACK_MAP, .pid = SHELL, .address = THREADS_STACK, .bytes = MIB },
        { .kind = KMEM_FORK, .pid = SHELL, .other_pid = THREAD, .shared = true },
        { .kind = KMEM_FAULT, .kernel_wrote = true, .pid = THREAD, .address = MAIN },
        { .kind = KMEM_EXIT, .pid = SHELL },
        { .kind = KMEM_EXEC, .pid = SHELL, .other_pid = THREAD },
        { .kind = KMEM_FAULT, .pid = SHELL, .address = MAIN - 1 },
    };

    CHECK_STR(given(IMPORT_STACK, events, COUNT(events)),
              "stack-create 0 256 2 16\nstack-destroy 0\n"
              "stack-create 0 2048 2 16\nstack-touch 0 0\nstack-touch 0 1\n");
}

/* What the recorder allocates is not in the trace, nor are frees of it by others. */
static void the_recorder_is_left_out(void)
{
    static const struct kmem_event slab[] = {
        { .kind = KMEM_KMALLOC, .pid = 1, .own = true, .address = 32, .bytes = 5 },
        { .kind = KMEM_KMALLOC, .pid = 2, .address = 64, .bytes = 6 },
        { .kind = KMEM_KFREE, .pid = 2, .address = 32 },
        { .kind = KMEM_KFREE, .pid = 1, .own = true, .address = 96 },
        { .kind = KMEM_KFREE, .pid = 1, .own = true, .address = 64 },
        { .kind = KMEM_KMALLOC, .pid = 2, .address = 64, .bytes = 7 },
        { .kind = KMEM_KMALLOC, .pid = 1, .own = true, .address = 64, .bytes = 8 },
    };
    static const struct kmem_event pages[] = {
        { .kind = KMEM_PAGE_ALLOC, .pid = 1, .own = true, .address = 4, .order = 2 },
        { .kind = KMEM_PAGE_FREE, .pid = 2, .address = 5, .order = 0 },
        { .kind = KMEM_PAGE_FREE, .pid = 1, .own = true, .address = 8, .order = 0 },
        { .kind = KMEM_PAGE_ALLOC, .pid = 2, .address = 4, .order = 0 },
        { .kind = KMEM_PAGE_FREE, .pid = 2, .address = 4, .order = 2 },
    };
    static const struct kmem_event areas[] = {
        { .kind = KMEM_VMAP_ALLOC, .pid = 1, .own = true, .address = 4096, .bytes = 4096 },
        { .kind = KMEM_VMAP_FREE, .pid = 2, .address = 4096 },
        { .kind = KMEM_VMAP_ALLOC, .pid = 2, .address = 4096, .bytes = 4096, .align_bytes = 8192 },
    };

    CHECK_STR(given(IMPORT_SLAB, slab, COUNT(slab)),
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 4 ops of the recorder itself\n"
              "alloc 0 6\nfree 0\nalloc 0 7\nfree 0\n");
    CHECK_STR(given(IMPORT_PAGES, pages, COUNT(pages)),
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 2 ops of the recorder itself\n"
              "alloc-aligned 0 4096 4096\nfree 0\n");
    CHECK_STR(given(IMPORT_VMAP, areas, COUNT(areas)), "# dropped: 2 ops of the recorder itself\n"
                                                       "reserve 0 1 align 2\n");
}

static void time_counts_from_the_mark(void)
{
    static const struct kmem_event at[] = {
        { .kind = KMEM_KMALLOC, .time_ns = 1700, .address = 32, .bytes = 5 },
        { .kind = KMEM_KFREE, .time_ns = 2000, .address = 32 },
    };
    struct events events = { at, COUNT(at), 1000 };

    CHECK_STR(converted_job((struct import_job){
                  .input = "in", .with_time = true, .read = give, .context = &events }),
              "mark 1\ntime 700\nalloc 0 5\ntime 300\nfree 0\n");
}

static bool give_too_much(struct import *import, void *context)
{
    (void)context;
    return import_fail(import, "more than it can hold");
}

/* A recorder's failure has the name that it gave, and leaves no file. */
static void failures_name_what_is_recorded(void)
{
    CHECK_STR(converted_job((struct import_job){ .input = "the kernel", .read = give_too_much }),
              "the kernel: more than it can hold");
}

/* Any events in any order: an answer, and no more. */
static void nonsense_never_does_more_than_fail(void)
{
    static struct kmem_event events[300];
    uint64_t random = 5;

    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < COUNT(events); i++) {
            uint64_t bits = random = random * UINT64_C(6364136223846793005) + 1u;
            events[i] = (struct kmem_event){ .kind = (bits >> 60) % KMEM_KINDS,
                                             .pid = (uint32_t)(bits >> 57) % 8u,
                                             .other_pid = (uint32_t)(bits >> 52) % 8u,
                                             .bytes = (bits >> 48) % 8u * 4096u,
                                             .order = (uint32_t)(bits >> 45) % 8u,
                                             .own = (bits >> 44) % 16u == 0,
                                             .shared = (bits >> 43) % 2u != 0,
                                             .address = MAIN + (bits >> 38) % 32u * 4096u };
            if (events[i].kind == KMEM_PAGE_ALLOC || events[i].kind == KMEM_PAGE_FREE)
                events[i].address = (bits >> 32) % 256u >> events[i].order << events[i].order;
        }
        CHECK(given((enum import_kernel)(round % IMPORT_KERNELS), events, COUNT(events)) != NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(threads_stacks_are_touched_and_unmapped),
        CASE(a_main_stack_begins_with_an_exec),
        CASE(an_exec_by_a_thread_ends_the_stacks_of_all),
        CASE(the_recorder_is_left_out),
        CASE(time_counts_from_the_mark),
        CASE(failures_name_what_is_recorded),
        CASE(nonsense_never_does_more_than_fail),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
