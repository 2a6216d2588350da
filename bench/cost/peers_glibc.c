/* SPDX-License-Identifier: 0BSD */
/* Peers in a process of glibc. A symbol counts only if it lies in the library itself: looked up
 * through its handle, malloc() is also found in the C library it needs, and one would measure that
 * without noticing.
 */
#define _GNU_SOURCE /* dladdr() */
#include "peers.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct peer_known peers_known[] = {
    { "glibc", "libc.so.6", "libc6" },
    { "jemalloc", "libjemalloc.so.2", "libjemalloc2" },
    { "mimalloc", "libmimalloc.so.2", "libmimalloc2.0" },
    { "tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4" },
    { NULL, NULL, NULL },
};

/* -- Settings ---------------------------------------------------------------------------------- */

/* "Nobody returns memory". Read when a library is loaded; what the user has set stays. mimalloc
 * calls the same thing one name up to 2.0 and another from 2.1 on.
 */
static void keep_by_environment(void)
{
    static const char *const settings[][2] = {
        { "MIMALLOC_PURGE_DELAY", "-1" },
        { "MIMALLOC_ALLOW_DECOMMIT", "0" },
        { "MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1" },
        { "TCMALLOC_RELEASE_RATE", "0" },
    };

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        setenv(settings[i][0], settings[i][1], 0);
}

/* Large blocks come from the heap too then, and the heap is never cut at its end. */
static bool keep_in_libc(void)
{
    return mallopt(M_MMAP_MAX, 0) != 0 && mallopt(M_TRIM_THRESHOLD, INT32_MAX) != 0;
}

/* -- Symbols ----------------------------------------------------------------------------------- */

/* The library's own symbol PREFIXname, or NULL. */
static void *own_symbol(const struct peer_library *library, const char *prefix, const char *name)
{
    char whole[64];
    Dl_info facts;
    void *symbol;

    snprintf(whole, sizeof whole, "%s%s", prefix, name);
    symbol = dlsym(library->handle, whole);
    if (symbol == NULL || dladdr(symbol, &facts) == 0 ||
        (uintptr_t)facts.dli_fbase != library->code)
        return NULL;
    return symbol;
}

/* A data pointer is no function pointer in C, but POSIX says that it is one here. */
#define TAKE(function, pointer)                                                                    \
    do {                                                                                           \
        void *take_pointer = (pointer);                                                            \
        memcpy(&(function), &take_pointer, sizeof(function));                                      \
    } while (0)

static bool take_calls(struct peer_library *library, const char *prefix)
{
    struct heap_libc_calls *calls = &library->calls;

    TAKE(calls->malloc, own_symbol(library, prefix, "malloc"));
    TAKE(calls->calloc, own_symbol(library, prefix, "calloc"));
    TAKE(calls->realloc, own_symbol(library, prefix, "realloc"));
    TAKE(calls->free, own_symbol(library, prefix, "free"));
    TAKE(calls->aligned_alloc, own_symbol(library, prefix, "aligned_alloc"));
    if (calls->aligned_alloc == NULL) /* its older brother takes the same arguments */
        TAKE(calls->aligned_alloc, own_symbol(library, prefix, "memalign"));
    TAKE(library->usable, own_symbol(library, prefix, "malloc_usable_size"));
    return calls->malloc != NULL && calls->calloc != NULL && calls->realloc != NULL &&
           calls->free != NULL && calls->aligned_alloc != NULL;
}

/* -- Giving memory back ------------------------------------------------------------------------ */

static bool trim_mimalloc(const struct peer_library *library)
{
    void (*collect)(bool force);

    TAKE(collect, own_symbol(library, "", "mi_collect"));
    collect(true);
    return true;
}

static bool trim_jemalloc(const struct peer_library *library)
{
    int (*control)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

    TAKE(control, own_symbol(library, "", "mallctl"));
    /* 4096: all arenas (MALLCTL_ARENAS_ALL) */
    return control("thread.tcache.flush", NULL, NULL, NULL, 0) == 0 &&
           control("arena.4096.purge", NULL, NULL, NULL, 0) == 0;
}

static bool trim_tcmalloc(const struct peer_library *library)
{
    void (*release)(void);
    void (*idle)(void);

    TAKE(idle, own_symbol(library, "", "MallocExtension_MarkThreadIdle"));
    TAKE(release, own_symbol(library, "", "MallocExtension_ReleaseFreeMemory"));
    if (idle != NULL)
        idle();
    release();
    return true;
}

static bool trim_plain(const struct peer_library *library)
{
    int (*trim)(size_t keep);

    TAKE(trim, own_symbol(library, "", "malloc_trim"));
    (void)trim(0);
    return true;
}

static void take_trim(struct peer_library *library)
{
    static const struct {
        const char *symbol;
        bool (*trim)(const struct peer_library *library);
    } ways[] = {
        { "mi_collect", trim_mimalloc },
        { "mallctl", trim_jemalloc },
        { "MallocExtension_ReleaseFreeMemory", trim_tcmalloc },
        { "malloc_trim", trim_plain },
    };

    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && library->trim == NULL; i++)
        if (own_symbol(library, "", ways[i].symbol) != NULL)
            library->trim = ways[i].trim;
}

/* -- Versions ---------------------------------------------------------------------------------- */

/* 209 is 2.0.9, 30405 is 3.4.5. */
static void print_mimalloc(struct peer_library *library, int version)
{
    int step = version < 10000 ? 10 : 100;

    snprintf(library->version, sizeof library->version, "%d.%d.%d", version / step / step,
             version / step % step, version % step);
}

static void take_version(struct peer_library *library, const struct link_map *map)
{
    int (*mimalloc)(void);
    const char *(*tcmalloc)(int *major, int *minor, const char **patch);
    int (*jemalloc)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
    const char *slash = strrchr(map->l_name, '/');
    const char *text = slash != NULL ? slash + 1 : map->l_name;
    size_t text_bytes = sizeof text;

    TAKE(mimalloc, own_symbol(library, "", "mi_version"));
    TAKE(tcmalloc, own_symbol(library, "", "tc_version"));
    TAKE(jemalloc, own_symbol(library, "", "mallctl"));
    snprintf(library->version, sizeof library->version, "%s", text);
    if (library->is_libc) {
        snprintf(library->version, sizeof library->version, "%s", gnu_get_libc_version());
    } else if (mimalloc != NULL) {
        print_mimalloc(library, mimalloc());
    } else if (tcmalloc != NULL) {
        text = tcmalloc(NULL, NULL, NULL); /* "gperftools 2.10" */
        snprintf(library->version, sizeof library->version, "%s",
                 strrchr(text, ' ') != NULL ? strrchr(text, ' ') + 1 : text);
    } else if (jemalloc != NULL && jemalloc("version", &text, &text_bytes, NULL, 0) == 0) {
        /* "5.3.0-0-g54eaed1d..." */
        snprintf(library->version, sizeof library->version, "%.*s", (int)strcspn(text, "-"), text);
    }
}

/* -- Opening ----------------------------------------------------------------------------------- */

const struct peer_known *peer_find(const char *name)
{
    for (const struct peer_known *known = peers_known; known->name != NULL; known++)
        if (strcmp(known->name, name) == 0)
            return known;
    return NULL;
}

const char *peer_open(struct peer_library *ret_library, const char *name, const char *file,
                      bool keeps, char *message, size_t message_size)
{
    static const char *const prefixes[] = { "", "mi_", "je_", "tc_" };
    const struct peer_known *known = peer_find(name);
    struct peer_library library = { .name = name };
    struct link_map *map;

    if (file == NULL && known != NULL)
        file = known->file;
    if (file == NULL) {
        snprintf(message, message_size, "no peer is called %s", name);
        return message;
    }
    if (keeps)
        keep_by_environment();
    library.handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library.handle == NULL || dlinfo(library.handle, RTLD_DI_LINKMAP, &map) != 0) {
        snprintf(message, message_size, "%s", dlerror());
        return message;
    }
    library.code = (uintptr_t)map->l_addr;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (!take_calls(&library, prefixes[i]))
            continue;
        library.is_libc = own_symbol(&library, "", "gnu_get_libc_version") != NULL;
        if (library.is_libc && keeps && !keep_in_libc())
            return "glibc does not take its settings";
        take_trim(&library);
        take_version(&library, map);
        *ret_library = library;
        return NULL;
    }
    snprintf(message, message_size,
             "%s: has no malloc, calloc, realloc, free and aligned_alloc of its own", file);
    return message;
}

bool peer_heaps(const struct peer_library *library, struct peer_heap_calls *ret_calls)
{
    TAKE(ret_calls->create, own_symbol(library, "", "mi_heap_new"));
    TAKE(ret_calls->alloc, own_symbol(library, "", "mi_heap_malloc"));
    TAKE(ret_calls->free, own_symbol(library, "", "mi_free"));
    TAKE(ret_calls->destroy, own_symbol(library, "", "mi_heap_destroy"));
    return ret_calls->create != NULL && ret_calls->alloc != NULL && ret_calls->free != NULL &&
           ret_calls->destroy != NULL;
}

size_t peer_libc_bytes(void)
{
#if __GLIBC_PREREQ(2, 33)
    struct mallinfo2 facts = mallinfo2();
#else
    struct mallinfo facts = mallinfo();
#endif

    return (size_t)facts.uordblks + (size_t)facts.hblkhd;
}
