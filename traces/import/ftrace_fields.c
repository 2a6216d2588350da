/* SPDX-License-Identifier: 0BSD */
/* The fields of a memory event in text. */
#include "ftrace_fields.h"

#include "scan.h"

#include <stdio.h>
#include <string.h>

#define FRAME_MAX (UINT64_C(1) << 52) /* of 4 KiB: all 64 bits */

struct kind_name {
    const char *name;
    enum kmem_kind kind;
};

bool ftrace_kind(const char *name, size_t bytes, enum kmem_kind *ret_kind)
{
    static const struct kind_name kinds[] = {
        { "kmalloc", KMEM_KMALLOC },
        { "kmalloc_node", KMEM_KMALLOC }, /* until Linux 6.0 */
        { "kmem_cache_alloc", KMEM_CACHE_ALLOC },
        { "kmem_cache_alloc_node", KMEM_CACHE_ALLOC }, /* until Linux 6.0 */
        { "kfree", KMEM_KFREE },
        { "kmem_cache_free", KMEM_CACHE_FREE },
        { "mm_page_alloc", KMEM_PAGE_ALLOC },
        { "mm_page_free", KMEM_PAGE_FREE },
        { "alloc_vmap_area", KMEM_VMAP_ALLOC },
        { "free_vmap_area_noflush", KMEM_VMAP_FREE },
    };
    const char *colon = memchr(name, ':', bytes);

    if (colon) {
        bytes -= (size_t)(colon + 1 - name);
        name = colon + 1;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i].name) == bytes && memcmp(kinds[i].name, name, bytes) == 0) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    return false;
}

/* -- Finding a field --------------------------------------------------------------------------- */

/* The value of "NAME=" or "NAME: " at the beginning of a word; NULL if it is not there. */
static const char *find(const char *fields, const char *name)
{
    size_t bytes = strlen(name);

    for (const char *at = strstr(fields, name); at; at = strstr(at + 1, name)) {
        if (at != fields && at[-1] != ' ')
            continue;
        if (at[bytes] == '=')
            return at + bytes + 1u;
        if (at[bytes] == ':' && at[bytes + 1u] == ' ')
            return at + bytes + 2u;
    }
    return NULL;
}

static bool need(struct import *import, const char *fields, const char *name, const char **ret_at)
{
    *ret_at = find(fields, name);
    return *ret_at || import_fail(import, "the event has no %s= (expected one)", name);
}

/* Behind a number: the next field. */
static bool need_gap(struct import *import, const char *at)
{
    return *at == '\0' || *at == ' ' || *at == '\t' || scan_fail(import, at, "a blank");
}

/* Decimal, or hexadecimal behind "0x": kernels have changed their mind about frames and areas. */
static bool need_number(struct import *import, const char *fields, const char *name,
                        uint64_t *ret_value)
{
    const char *at;

    if (!need(import, fields, name, &at))
        return false;
    return (strncmp(at, "0x", 2) == 0 ? scan_need_hex(import, &at, name, ret_value)
                                      : scan_need_decimal(import, &at, name, ret_value)) &&
           need_gap(import, at);
}

/* %p: real, or hashed, which is as good because it stays the same; NULL has words of its own. */
static bool need_pointer(struct import *import, const char *fields, uint64_t *ret_address)
{
    const char *at;

    if (!need(import, fields, "ptr", &at))
        return false;
    if (scan_text(&at, "(nil)") || scan_text(&at, "(null)")) {
        *ret_address = 0;
        return need_gap(import, at);
    }
    if (strncmp(at, "(____ptrval____)", 16) == 0)
        return import_fail(import, "the kernel hid all addresses as (____ptrval____) (expected "
                                   "them: record with the tracing option hash-ptr off)");
    return scan_need_hex(import, &at, "an address", ret_address) && need_gap(import, at);
}

/* -- Words ------------------------------------------------------------------------------------- */

/* A field's word; "" if it is not there. */
static void copy_word(const char *fields, const char *name, char *word, size_t room)
{
    const char *at = find(fields, name);

    snprintf(word, room, "%.*s", at ? (int)strcspn(at, " \t") : 0, at ? at : "");
}

/* "vm_area_dup+0x1e/0x90 [module]": the function's length tells nothing, the module does. */
static void copy_site(const char *fields, char *site, size_t room)
{
    const char *at = find(fields, "call_site");
    size_t bytes = at ? strcspn(at, " \t") : 0;
    const char *module = at && at[bytes] == ' ' && at[bytes + 1u] == '[' ? at + bytes : "";

    snprintf(site, room, "%.*s%.*s", at ? (int)strcspn(at, " \t/") : 0, at ? at : "",
             (int)strcspn(module, "]") + (*module != '\0'), module);
}

/* gfp_flags=GFP_KERNEL|__GFP_ZERO; older kernels leave out the underscores. */
static bool asks_for_zeroes(const char *fields)
{
    const char *at = find(fields, "gfp_flags");
    const char *zero = at ? strstr(at, "GFP_ZERO") : NULL;

    return zero && (size_t)(zero - at) < strcspn(at, " \t");
}

/* -- Events ------------------------------------------------------------------------------------ */

static bool slab_alloc(struct import *import, const char *fields, struct kmem_event *event,
                       struct ftrace_words *words)
{
    copy_site(fields, words->site, sizeof words->site);
    copy_word(fields, "name", words->cache, sizeof words->cache);
    event->zeroed = asks_for_zeroes(fields);
    return need_pointer(import, fields, &event->address) &&
           need_number(import, fields, "bytes_req", &event->bytes) &&
           need_number(import, fields, "bytes_alloc", &event->bytes_taken);
}

/* An allocation that failed has frame 0, which no kernel hands out. */
static bool pages(struct import *import, const char *fields, struct kmem_event *event)
{
    uint64_t order;

    if (!need_number(import, fields, "order", &order) ||
        !need_number(import, fields, "pfn", &event->address))
        return false;
    if (order > KMEM_ORDER_MAX)
        return import_fail(import, "found order=%llu, expected 0 to %u", (unsigned long long)order,
                           KMEM_ORDER_MAX);
    event->order = (uint32_t)order;
    event->failed = event->address == 0;
    if (event->address >= FRAME_MAX || event->address % (UINT64_C(1) << order) != 0)
        return import_fail(import, "found pfn=0x%llx, expected a multiple of 2^%u below 2^52",
                           (unsigned long long)event->address, event->order);
    return true;
}

static bool area_alloc(struct import *import, const char *fields, struct kmem_event *event)
{
    uint64_t failed;

    if (!need_number(import, fields, "va_start", &event->address) ||
        !need_number(import, fields, "size", &event->bytes) ||
        !need_number(import, fields, "align", &event->align_bytes) ||
        !need_number(import, fields, "failed", &failed))
        return false;
    event->failed = failed != 0;
    return true;
}

bool ftrace_fields(struct import *import, const char *fields, struct kmem_event *event,
                   struct ftrace_words *words)
{
    *words = (struct ftrace_words){ .site = "" };
    event->site = words->site;
    event->cache = words->cache;
    switch (event->kind) {
    case KMEM_KMALLOC:
    case KMEM_CACHE_ALLOC: return slab_alloc(import, fields, event, words);
    case KMEM_KFREE:
    case KMEM_CACHE_FREE: return need_pointer(import, fields, &event->address);
    case KMEM_PAGE_ALLOC:
    case KMEM_PAGE_FREE: return pages(import, fields, event);
    case KMEM_VMAP_ALLOC: return area_alloc(import, fields, event);
    default: return need_number(import, fields, "va_start", &event->address);
    }
}
