/* SPDX-License-Identifier: 0BSD */
/* The allocator's calls, recorded and passed on to the next library that has them: the C library,
 * jemalloc, or whatever the program is linked to. Preloaded into every program of a recording.
 *
 * A call may come before this library could look around (the loader's own, or from dlsym() while
 * we ask it for the real functions). Such early blocks are cut from a small array and never freed.
 */
#define _GNU_SOURCE
#include "session.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void free_sized(void *block, size_t bytes);
EXPORT void free_aligned_sized(void *block, size_t align, size_t bytes);

static struct {
    void *(*malloc)(size_t bytes);
    void *(*calloc)(size_t count, size_t bytes);
    void *(*realloc)(void *block, size_t bytes);
    void (*free)(void *block);
    void *(*memalign)(size_t align, size_t bytes);
    void *(*aligned_alloc)(size_t align, size_t bytes);
    int (*posix_memalign)(void **ret_block, size_t align, size_t bytes);
    void *(*valloc)(size_t bytes);
    void *(*pvalloc)(size_t bytes);
} real;

static bool ready; /* all of `real` is there; before, none is used */

/* -- Early blocks ------------------------------------------------------------------------------ */

#define EARLY_BYTES 32768u
#define EARLY_ALIGN 16u

static struct {
    size_t used;
    char bytes[EARLY_BYTES] __attribute__((aligned(EARLY_ALIGN)));
} early;

/* Zeroed, with its size in front; NULL when there is no more. */
static void *early_take(size_t bytes)
{
    size_t whole = EARLY_ALIGN + (bytes + EARLY_ALIGN - 1u) / EARLY_ALIGN * EARLY_ALIGN;
    size_t at;

    if (bytes > EARLY_BYTES - EARLY_ALIGN)
        return NULL;
    at = __atomic_fetch_add(&early.used, whole, __ATOMIC_RELAXED);
    if (at > EARLY_BYTES - whole)
        return NULL;
    memcpy(early.bytes + at, &bytes, sizeof bytes);
    return early.bytes + at + EARLY_ALIGN;
}

static bool is_early(const void *block)
{
    return (uintptr_t)block - (uintptr_t)early.bytes < EARLY_BYTES;
}

static size_t early_bytes(const void *block)
{
    size_t bytes;

    memcpy(&bytes, (const char *)block - EARLY_ALIGN, sizeof bytes);
    return bytes;
}

/* -- Starting ---------------------------------------------------------------------------------- */

/* jemalloc and its kind bring operator new along, which does not come by here. */
static void look_for_own_new(const void *malloc_function)
{
    void *new_function = dlsym(RTLD_NEXT, sizeof(size_t) == sizeof(int) ? "_Znwj" : "_Znwm");
    Dl_info of_malloc;
    Dl_info of_new;

    if (new_function && dladdr(malloc_function, &of_malloc) && dladdr(new_function, &of_new) &&
        of_malloc.dli_fbase == of_new.dli_fbase)
        session_own_new(of_new.dli_fname);
}

/* Blocks that the loader takes meanwhile (for the text of an error, say) are early ones: they may
 * be freed at any time later, when a recorded free would be one too many. So `real` is set last.
 */
static void start(void)
{
    __typeof__(real) found;

    session_thread.inside = UINTPTR_MAX; /* everything lies below */
    *(void **)&found.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&found.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&found.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&found.free = dlsym(RTLD_NEXT, "free");
    *(void **)&found.memalign = dlsym(RTLD_NEXT, "memalign");
    *(void **)&found.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    *(void **)&found.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    *(void **)&found.valloc = dlsym(RTLD_NEXT, "valloc");
    *(void **)&found.pvalloc = dlsym(RTLD_NEXT, "pvalloc");
    look_for_own_new(*(void **)&found.malloc);
    session_start();
    real = found;
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    session_thread.inside = 0;
}

__attribute__((constructor(101))) static void start_early(void)
{
    if (!ready)
        start();
}

/* Whether the call at hand is to be recorded. It is not when the real allocator makes it to serve
 * another one, which is told by the stack: such a call lies below the one it serves. A flag alone
 * would stay up for ever after a siglongjmp() out of an allocator.
 */
static inline bool is_outermost(void)
{
    if (__builtin_expect(!__atomic_load_n(&ready, __ATOMIC_ACQUIRE), 0) && !session_thread.inside)
        start();
    return (uintptr_t)__builtin_frame_address(0) >= session_thread.inside;
}

static inline void enter(void)
{
    session_thread.inside = (uintptr_t)__builtin_frame_address(0);
}

static inline void leave(void)
{
    session_thread.inside = 0;
}

/* -- Allocation -------------------------------------------------------------------------------- */

EXPORT void *malloc(size_t bytes)
{
    void *block;

    if (!is_outermost())
        return ready ? real.malloc(bytes) : early_take(bytes);
    enter();
    block = real.malloc(bytes);
    leave();
    session_put(RAW_ALLOC, 0, block, bytes);
    return block;
}

EXPORT void *calloc(size_t count, size_t bytes)
{
    size_t all;
    void *block;

    if (__builtin_mul_overflow(count, bytes, &all))
        all = SIZE_MAX;
    if (!is_outermost())
        return ready ? real.calloc(count, bytes) : early_take(all);
    enter();
    block = real.calloc(count, bytes);
    leave();
    session_put(RAW_ALLOC_ZEROED, 0, block, all);
    return block;
}

/* log2, rounded up: what is no power of two, memalign() takes for the next one. */
static unsigned align_log2(size_t align)
{
    unsigned log2 = 0;

    while (log2 < RAW_ALIGN_MASK && (size_t)1 << log2 < align)
        log2++;
    return log2;
}

static void *put_aligned(void *block, size_t align, size_t bytes)
{
    leave();
    session_put(RAW_ALLOC_ALIGNED, align_log2(align), block, bytes);
    return block;
}

EXPORT void *memalign(size_t align, size_t bytes)
{
    if (!is_outermost())
        return ready ? real.memalign(align, bytes) : NULL;
    enter();
    return put_aligned(real.memalign(align, bytes), align, bytes);
}

EXPORT void *aligned_alloc(size_t align, size_t bytes)
{
    if (!is_outermost())
        return ready ? real.aligned_alloc(align, bytes) : NULL;
    enter();
    return put_aligned(real.aligned_alloc(align, bytes), align, bytes);
}

EXPORT int posix_memalign(void **ret_block, size_t align, size_t bytes)
{
    int status;

    if (!is_outermost())
        return ready ? real.posix_memalign(ret_block, align, bytes) : ENOMEM;
    enter();
    status = real.posix_memalign(ret_block, align, bytes);
    put_aligned(status == 0 ? *ret_block : NULL, align, bytes);
    return status;
}

EXPORT void *valloc(size_t bytes)
{
    if (!is_outermost())
        return ready ? real.valloc(bytes) : NULL;
    enter();
    return put_aligned(real.valloc(bytes), (size_t)sysconf(_SC_PAGESIZE), bytes);
}

/* Recorded as what it gives: whole pages. */
EXPORT void *pvalloc(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = bytes > SIZE_MAX - page ? SIZE_MAX : (bytes + page - 1u) / page * page;

    if (!is_outermost())
        return ready ? real.pvalloc(bytes) : NULL;
    enter();
    return put_aligned(real.pvalloc(bytes), page, whole);
}

/* -- Realloc and free -------------------------------------------------------------------------- */

EXPORT void free(void *block)
{
    if (!block || is_early(block))
        return;
    if (!is_outermost()) {
        real.free(block);
        return;
    }
    session_put(RAW_FREE, 0, block, 0);
    enter();
    real.free(block);
    leave();
}

static void *move_early(const void *block, size_t bytes)
{
    size_t old = early_bytes(block);
    void *moved = malloc(bytes);

    if (moved)
        memcpy(moved, block, old < bytes ? old : bytes);
    return moved;
}

EXPORT void *realloc(void *block, size_t bytes)
{
    void *moved;

    if (!block)
        return malloc(bytes);
    if (is_early(block))
        return move_early(block, bytes);
    if (!is_outermost())
        return real.realloc(block, bytes);
    session_put(RAW_REALLOC_BEGIN, 0, block, 0);
    enter();
    moved = real.realloc(block, bytes);
    leave();
    session_put(RAW_REALLOC_END, 0, moved, bytes);
    return moved;
}

EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
    size_t all;

    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, all);
}

/* The C23 ones. */
EXPORT void free_sized(void *block, size_t bytes)
{
    (void)bytes;
    free(block);
}

EXPORT void free_aligned_sized(void *block, size_t align, size_t bytes)
{
    (void)align;
    (void)bytes;
    free(block);
}
