/* SPDX-License-Identifier: 0BSD */
/* The library of ring-3 programs: calls of the kernel by name, threads, a mutex, and any number of
 * heaps. A program defines user_main(); what it answers is the process's status.
 */
#ifndef KERNEL_USERLAND_USER_H
#define KERNEL_USERLAND_USER_H

#include <kernel/print.h>
#include <kernel/text.h>
#include <kernel/user_abi.h>
#include <lookaside/heap.h>

uint32_t user_main(const char *argument);

/* -- What the port knows (ports/i386/user) ----------------------------------------------------- */

uint32_t user_call(uint32_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);
uint32_t user_cycles(void);
uint32_t user_ring(void);
uint32_t user_registers_kept(uint32_t seed, uint32_t rounds);
void user_frame(uint32_t bytes);
uint32_t user_edges(uint32_t edge);
void user_cli(void);
void user_hlt(void);
void user_in(void);
void user_ud2(void);
void user_divide(void);
void user_load_segment(void);
void user_read_cr3(void);
void user_interrupt(void);

/* -- Calls ------------------------------------------------------------------------------------- */

static inline bool user_is_error(uint32_t answer)
{
    return answer >= UABI_ERROR_FIRST;
}

static inline uint32_t user_address(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static inline uint32_t user_reserve(uint32_t bytes, uint32_t flags)
{
    return user_call(UABI_RESERVE, 0, bytes, flags, 0, 0);
}

static inline uint32_t user_reserve_at(uint32_t va, uint32_t bytes)
{
    return user_call(UABI_RESERVE, va, bytes, UABI_PLACE_FIXED, 0, 0);
}

static inline int user_commit(uint32_t va, uint32_t bytes, uint32_t access)
{
    return (int)user_call(UABI_COMMIT, va, bytes, access, 0, 0);
}

static inline int user_decommit(uint32_t va, uint32_t bytes)
{
    return (int)user_call(UABI_DECOMMIT, va, bytes, 0, 0, 0);
}

static inline int user_release(uint32_t va)
{
    return (int)user_call(UABI_RELEASE, va, 0, 0, 0, 0);
}

static inline int user_query(uint32_t va, struct uabi_region *ret_region)
{
    return (int)user_call(UABI_QUERY, va, user_address(ret_region), 0, 0, 0);
}

_Noreturn void user_exit(uint32_t status);

static inline uint32_t user_spawn(const char *name, const char *argument)
{
    return user_call(UABI_SPAWN, user_address(name), user_address(argument), 0, 0, 0);
}

static inline uint32_t user_wait_child(uint32_t number, struct uabi_exit *ret_end)
{
    return user_call(UABI_WAIT_CHILD, number, UABI_FOREVER, user_address(ret_end), 0, 0);
}

static inline void user_sleep(uint32_t milliseconds)
{
    (void)user_call(UABI_SLEEP, milliseconds, 0, 0, 0, 0);
}

static inline uint32_t user_time_ms(void)
{
    return user_call(UABI_TIME, 0, 0, 0, 0, 0);
}

static inline struct uabi_stats user_stats(void)
{
    struct uabi_stats stats = { .frames = 0 };

    (void)user_call(UABI_STATS, user_address(&stats), 0, 0, 0, 0);
    return stats;
}

void user_write(const char *text, uint32_t bytes);

#define SAY_BYTES 200u

/* printf() to the console, as one write: lines of several threads do not mix. */
#define say(...)                                                                                   \
    do {                                                                                           \
        char say_[SAY_BYTES];                                                                      \
        uint32_t say_bytes_ = print_to(say_, sizeof say_, __VA_ARGS__);                            \
        user_write(say_, say_bytes_ < SAY_BYTES ? say_bytes_ : SAY_BYTES - 1u);                    \
    } while (0)

/* -- Threads ----------------------------------------------------------------------------------- */

/* A thread's first function: its argument is in a register, and it ends by user_thread_exit(). */
#define USER_THREAD __attribute__((regparm(1), noreturn))

typedef USER_THREAD void (*user_thread_fn)(uint32_t argument);

/* -> its number, or an error; flags of enum uabi_thread. */
static inline uint32_t user_thread_start(user_thread_fn run, uint32_t argument, uint32_t flags)
{
    return user_call(UABI_THREAD_CREATE, (uint32_t)(uintptr_t)run, argument, flags, 0, 0);
}

_Noreturn void user_thread_exit(uint32_t status);

static inline int user_join(uint32_t number, struct uabi_exit *ret_end)
{
    return (int)user_call(UABI_THREAD_JOIN, number, user_address(ret_end), 0, 0, 0);
}

static inline uint32_t user_self(void)
{
    return user_call(UABI_THREAD_SELF, 0, 0, 0, 0, 0);
}

static inline int user_wait(const uint32_t *word, uint32_t expected, uint32_t milliseconds)
{
    return (int)user_call(UABI_WAIT, user_address(word), expected, milliseconds, 0, 0);
}

static inline uint32_t user_wake(const uint32_t *word, uint32_t count)
{
    return user_call(UABI_WAKE, user_address(word), count, 0, 0, 0);
}

/* Zero at first. */
struct user_mutex {
    uint32_t word; /* 0 free, 1 held, 2 held and somebody may wait */
};

void user_lock(struct user_mutex *mutex);
void user_unlock(struct user_mutex *mutex);

/* -- Heaps ------------------------------------------------------------------------------------- */

/* One of any number; the core's heap over the kernel's calls, one lock for all of a process. */
struct user_heap {
    struct heap heap;
    uint32_t label;
};

/* False: no address space or memory for the heaps' common table. */
bool user_heap_create(struct user_heap *heap);
void user_heap_destroy(struct user_heap *heap); /* with all its blocks */

void *user_heap_alloc(struct user_heap *heap, uint32_t bytes);
void *user_heap_realloc(struct user_heap *heap, void *block, uint32_t bytes);
enum la_status user_heap_free(struct user_heap *heap, void *block);

/* Pages of the table and maps that all heaps of the process share. */
uint32_t user_heap_metadata_pages(void);

/* Why the last call of a heap answered NULL. */
static inline enum la_status user_heap_error(const struct user_heap *heap)
{
    return heap->heap.error;
}

/* The family that everybody knows, on a heap of its own. A bad free ends the process. */
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *block, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes);
void free(void *block);

#endif
