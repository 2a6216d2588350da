/* SPDX-License-Identifier: 0BSD */
/* Windows: managed addresses as part of a process's own. All memory is mapped MAP_NORESERVE, so
 * only what is touched counts against the machine; what is committed counts against the window's
 * limit.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise() */
#include <lookaside/host.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPACE_PAGES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)

/* Unit of knowing what was used: 4 MiB with 4 KiB pages. */
#define CHUNK_PAGES 1024u
#define CHUNKS      ((SPACE_PAGES + CHUNK_PAGES - 1u) / CHUNK_PAGES)

/* From this many pages on, a cheap window asks the system for zeroes: one call costs about as much
 * as zeroing a few pages, and memory is really given back.
 */
#define FLUSH_PAGES_MIN 16u

/* A cheap window that may hold more zeroed memory than this gives it back when reset: 64 MiB. */
#define KEPT_PAGES_MAX 16384u

/* -- Bitmaps ----------------------------------------------------------------------------------- */

static size_t map_bytes(uint32_t bits)
{
    return ((size_t)bits + 31u) / 32u * sizeof(uint32_t);
}

/* The bits [bit, end) that lie in the same word as `bit`. */
static uint32_t map_mask(uint32_t bit, uint32_t end)
{
    uint32_t mask = UINT32_MAX << (bit % 32u);

    if (bit / 32u == end / 32u)
        mask &= ~(UINT32_MAX << (end % 32u));
    return mask;
}

static uint32_t map_next_word(uint32_t bit)
{
    return (bit | 31u) + 1u;
}

static bool map_get(const uint32_t *map, uint32_t bit)
{
    return ((map[bit / 32u] >> (bit % 32u)) & 1u) != 0;
}

/* Whether all bits of [first, end) equal `value`. */
static bool map_is(const uint32_t *map, uint32_t first, uint32_t end, bool value)
{
    for (uint32_t bit = first; bit < end; bit = map_next_word(bit))
        if (((value ? ~map[bit / 32u] : map[bit / 32u]) & map_mask(bit, end)) != 0)
            return false;
    return true;
}

static void map_set(uint32_t *map, uint32_t first, uint32_t end, bool value)
{
    for (uint32_t bit = first; bit < end; bit = map_next_word(bit)) {
        if (value)
            map[bit / 32u] |= map_mask(bit, end);
        else
            map[bit / 32u] &= ~map_mask(bit, end);
    }
}

/* The first bit from `bit` on that equals `value`; `end` if there is none before. */
static uint32_t map_find(const uint32_t *map, uint32_t bit, uint32_t end, bool value)
{
    for (; bit < end; bit = map_next_word(bit)) {
        uint32_t word = (value ? map[bit / 32u] : ~map[bit / 32u]) & map_mask(bit, end);

        if (word != 0)
            return bit / 32u * 32u + (uint32_t)__builtin_ctz(word);
    }
    return end;
}

/* -- Memory of one window ---------------------------------------------------------------------- */

static void *page_host(const struct host_window *window, uint32_t page)
{
    return la_host(window->port.host_base, page << LA_PAGE_SHIFT);
}

static size_t pages_bytes(uint32_t pages)
{
    return (size_t)pages << LA_PAGE_SHIFT;
}

/* Give the memory of a range back; it reads as zero if it is accessible. Ranges of pages smaller
 * than the system's are zeroed by hand.
 */
static void flush_pages(const struct host_window *window, uint32_t page, uint32_t pages)
{
    void *from = page_host(window, page);
    size_t system_mask = (size_t)sysconf(_SC_PAGESIZE) - 1u;

    if ((((uintptr_t)from | pages_bytes(pages)) & system_mask) != 0)
        memset(from, 0, pages_bytes(pages));
    else if (madvise(from, pages_bytes(pages), MADV_DONTNEED) != 0)
        la_panic("the system refuses to take memory back", __FILE__, __LINE__);
}

/* Make accessible pages of a cheap window zero. */
static void zero_pages(struct host_window *window, uint32_t page, uint32_t pages)
{
    if (pages >= FLUSH_PAGES_MIN) {
        flush_pages(window, page, pages);
    } else {
        memset(page_host(window, page), 0, pages_bytes(pages));
        window->kept_pages += pages;
    }
}

/* Real window: readable and writable, zero. The system may refuse another mapping. */
static bool open_pages(const struct host_window *window, uint32_t page, uint32_t pages)
{
    void *from = page_host(window, page);

    if (mprotect(from, pages_bytes(pages), PROT_READ | PROT_WRITE) == 0)
        return true;
    /* It may have got some way through; without new mappings the way back is free. */
    (void)mprotect(from, pages_bytes(pages), PROT_NONE);
    return false;
}

/* Real window: inaccessible, memory gone. A fresh mapping merges with its neighbours, so the number
 * of mappings follows what is committed now. At the system's limit of mappings the pages stay
 * accessible, but their memory goes back and they read as zero.
 */
static void close_pages(const struct host_window *window, uint32_t page, uint32_t pages)
{
    if (mmap(page_host(window, page), pages_bytes(pages), PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        flush_pages(window, page, pages);
}

/* -- The port's hooks -------------------------------------------------------------------------- */

static void check_range(const struct host_window *window, va32_t va, uint32_t pages)
{
    uint32_t page = va >> LA_PAGE_SHIFT;
    uint32_t end_page = window->end_segment * LA_PAGES_PER_SEGMENT;

    LA_ASSERT(pages > 0);
    LA_ASSERT((va & (LA_PAGE_BYTES - 1u)) == 0);
    LA_ASSERT(page >= window->first_segment * LA_PAGES_PER_SEGMENT);
    LA_ASSERT(page < end_page);
    LA_ASSERT(pages <= end_page - page);
}

static bool is_refused(struct host_window *window, uint32_t pages)
{
    bool refused = false;

    if (window->fail_commit_at > 0 && --window->fail_commit_at == 0)
        refused = true;
    if (window->fail_commit_from > 1)
        window->fail_commit_from--;
    else if (window->fail_commit_from == 1)
        refused = true;
    if (window->limit_pages > 0 && (window->stats.committed_pages > window->limit_pages ||
                                    pages > window->limit_pages - window->stats.committed_pages))
        refused = true;
    return refused;
}

static enum la_status window_commit(void *context, va32_t va, uint32_t pages)
{
    struct host_window *window = context;
    uint32_t page = va >> LA_PAGE_SHIFT;
    struct host_window_stats *stats = &window->stats;

    check_range(window, va, pages);
    if (window->checked && !map_is(window->committed, page, page + pages, false))
        la_panic("commit of a page that is committed already", __FILE__, __LINE__);
    if (is_refused(window, pages) || (!window->cheap && !open_pages(window, page, pages))) {
        stats->refusals++;
        return LA_NO_MEMORY;
    }
    if (window->checked)
        map_set(window->committed, page, page + pages, true);
    map_set(window->used_chunks, page / CHUNK_PAGES, (page + pages - 1u) / CHUNK_PAGES + 1u, true);
    stats->commits++;
    stats->committed_pages += pages;
    if (stats->committed_pages_peak < stats->committed_pages)
        stats->committed_pages_peak = stats->committed_pages;
    return LA_OK;
}

static void window_decommit(void *context, va32_t va, uint32_t pages)
{
    struct host_window *window = context;
    uint32_t page = va >> LA_PAGE_SHIFT;

    check_range(window, va, pages);
    if (window->checked && !map_is(window->committed, page, page + pages, true))
        la_panic("decommit of a page that is not committed", __FILE__, __LINE__);
    LA_ASSERT(pages <= window->stats.committed_pages);
    if (window->cheap)
        zero_pages(window, page, pages);
    else
        close_pages(window, page, pages);
    if (window->checked)
        map_set(window->committed, page, page + pages, false);
    window->stats.decommits++;
    window->stats.committed_pages -= pages;
}

/* -- Open, reset, close ------------------------------------------------------------------------ */

/* `bytes` inaccessible bytes aligned to `align`, or NULL. The surplus goes back. In integers,
 * because 2 GiB are more than a 32-bit pointer may be moved by.
 */
static void *map_aligned(size_t bytes, size_t align)
{
    if (bytes > SIZE_MAX - align)
        return NULL;

    void *raw =
        mmap(NULL, bytes + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (raw == MAP_FAILED)
        return NULL;

    size_t before = (size_t)(-(uintptr_t)raw & (align - 1u));
    uintptr_t base = (uintptr_t)raw + before;

    if (before > 0)
        (void)munmap(raw, before);
    (void)munmap((void *)(base + bytes), align - before);
    return (void *)base;
}

#if UINTPTR_MAX > UINT32_MAX

/* Find addresses: all 4 GiB exist whatever the managed range is, and with a guard of another 4 GiB
 * any host address of the window plus any 32-bit offset is ours.
 */
static enum la_status map_window(struct host_window *window)
{
    const size_t space_bytes = (size_t)1 << 32;

    window->mapping_bytes = 2u * space_bytes;
    window->mapping = map_aligned(window->mapping_bytes, space_bytes);
    window->port.host_base = (uintptr_t)window->mapping;
    return window->mapping != NULL ? LA_OK : LA_NO_SPACE;
}

#else

/* Find addresses for the managed range and a guard, no more. */
static enum la_status map_window(struct host_window *window)
{
    uint64_t range_bytes = (uint64_t)(window->end_segment - window->first_segment)
                           << LA_SEGMENT_SHIFT;

    if (range_bytes > SIZE_MAX - LA_SEGMENT_BYTES)
        return LA_NO_SPACE;
    window->mapping_bytes = (size_t)range_bytes + LA_SEGMENT_BYTES;
    window->mapping = map_aligned(window->mapping_bytes, LA_SEGMENT_BYTES);
    window->port.host_base = (uintptr_t)window->mapping - la_segment_va(window->first_segment);
    return window->mapping != NULL ? LA_OK : LA_NO_SPACE;
}

#endif

/* A cheap window is open from the start. */
static bool open_range(const struct host_window *window)
{
    uint32_t page = window->first_segment * LA_PAGES_PER_SEGMENT;
    size_t bytes = (size_t)(window->end_segment - window->first_segment) << LA_SEGMENT_SHIFT;

    if (mprotect(page_host(window, page), bytes, PROT_READ | PROT_WRITE) != 0)
        return false;
    /* Touching one page shall cost one page; a system without huge pages may say no. */
    (void)madvise(page_host(window, page), bytes, MADV_NOHUGEPAGE);
    return true;
}

static enum la_status map_maps(struct host_window *window)
{
    size_t committed_bytes = map_bytes(SPACE_PAGES);

    window->maps_bytes = committed_bytes + map_bytes(CHUNKS);
    window->maps =
        mmap(NULL, window->maps_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (window->maps == MAP_FAILED)
        return LA_NO_MEMORY;
    window->committed = window->maps;
    window->used_chunks = window->committed + committed_bytes / sizeof(uint32_t);
    return LA_OK;
}

enum la_status host_window_open(struct host_window *window,
                                const struct host_window_options *options)
{
    static const struct host_window_options defaults;
    const struct host_window_options *wish = options != NULL ? options : &defaults;
    struct host_window fresh = { .limit_pages = wish->limit_pages,
                                 .cheap = wish->cheap,
                                 .checked = !wish->unchecked,
                                 .first_segment = wish->first_segment,
                                 .end_segment = wish->end_segment };

    if (fresh.end_segment == 0 && fresh.first_segment == 0)
        fresh.end_segment = UINTPTR_MAX > UINT32_MAX ? LA_SEGMENTS : LA_SEGMENTS / 2u;
    if (fresh.first_segment >= fresh.end_segment || fresh.end_segment > LA_SEGMENTS)
        return LA_BAD_ARGUMENT;
    if (!fresh.cheap && (long)LA_PAGE_BYTES % sysconf(_SC_PAGESIZE) != 0)
        return LA_BAD_ARGUMENT;

    enum la_status status = map_window(&fresh);

    if (status != LA_OK)
        return status;
    if (fresh.cheap && !open_range(&fresh))
        status = LA_NO_SPACE;
    else
        status = map_maps(&fresh);
    if (status != LA_OK) {
        (void)munmap(fresh.mapping, fresh.mapping_bytes);
        return status;
    }
    fresh.port.context = window;
    fresh.port.commit = window_commit;
    fresh.port.decommit = window_decommit;
    *window = fresh;
    return LA_OK;
}

void host_window_close(struct host_window *window)
{
    host_window_detach(window);
    (void)munmap(window->mapping, window->mapping_bytes);
    (void)munmap(window->maps, window->maps_bytes);
    free(window->stacks);
    *window = (struct host_window){ .cheap = false };
}

/* Empty the chunks [first, end), a part of the window that was used. */
static void reset_chunks(struct host_window *window, uint32_t first, uint32_t end)
{
    uint32_t range_end = window->end_segment * LA_PAGES_PER_SEGMENT;
    uint32_t page = first * CHUNK_PAGES;
    uint32_t page_end = end * CHUNK_PAGES;

    /* The managed range need not begin or end with a chunk. */
    if (page < window->first_segment * LA_PAGES_PER_SEGMENT)
        page = window->first_segment * LA_PAGES_PER_SEGMENT;
    if (page_end > range_end)
        page_end = range_end;
    if (!window->cheap) {
        close_pages(window, page, page_end - page);
    } else if (!window->checked) {
        flush_pages(window, page, page_end - page);
    } else {
        for (uint32_t from = page, to; from < page_end; from = to) {
            from = map_find(window->committed, from, page_end, true);
            to = map_find(window->committed, from, page_end, false);
            if (from < to)
                zero_pages(window, from, to - from);
        }
    }
    if (window->checked)
        map_set(window->committed, page, page_end, false);
}

void host_window_reset(struct host_window *window)
{
    for (uint32_t first = 0, end; first < CHUNKS; first = end) {
        first = map_find(window->used_chunks, first, CHUNKS, true);
        end = map_find(window->used_chunks, first, CHUNKS, false);
        if (first < end)
            reset_chunks(window, first, end);
    }
    if (window->kept_pages > KEPT_PAGES_MAX) {
        flush_pages(window, window->first_segment * LA_PAGES_PER_SEGMENT,
                    (window->end_segment - window->first_segment) * LA_PAGES_PER_SEGMENT);
        window->kept_pages = 0;
    }
    map_set(window->used_chunks, 0, CHUNKS, false);
    window->stats = (struct host_window_stats){ .commits = 0 };
    window->fail_commit_at = 0;
    window->fail_commit_from = 0;
    window->stack_count = 0;
    window->running = NULL;
}

/* -- Looking inside ---------------------------------------------------------------------------- */

bool host_window_is_committed(const struct host_window *window, va32_t va)
{
    LA_ASSERT(window->checked);
    return (va >> LA_PAGE_SHIFT) < SPACE_PAGES && map_get(window->committed, va >> LA_PAGE_SHIFT);
}

bool host_window_va(const struct host_window *window, const void *address, va32_t *ret_va)
{
    uintptr_t offset = (uintptr_t)address - window->port.host_base;

    if (offset > UINT32_MAX)
        return false;

    uint32_t segment = la_segment_of((va32_t)offset);

    if (segment < window->first_segment || segment >= window->end_segment)
        return false;
    *ret_va = (va32_t)offset;
    return true;
}
