/* SPDX-License-Identifier: 0BSD */
/* The window, its pages, and the patterns in those that are not committed. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "memory.h"

#include "../model/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(host, bytes)   __asan_poison_memory_region(host, bytes)
#define UNPOISON(host, bytes) __asan_unpoison_memory_region(host, bytes)
#else
#define POISON(host, bytes)   ((void)(host))
#define UNPOISON(host, bytes) ((void)(host))
#endif

#define MARKS_PER_PAGE 8u
#define MARK_STEP      (LA_PAGE_BYTES / MARKS_PER_PAGE)
#define GONE_MAX       8192u /* pages given back in a run whose patterns are looked at in the end */
#define DIRTY_MAX      32768u /* of pages that were ever used: from there on they are dropped */

enum page_content { CLEAN, DIRTY, MARKED };

uint8_t memory_committed[MEMORY_PAGES];
uint32_t memory_committed_pages;
uintptr_t memory_base;

/* Beside the largest range there is room for some short ones. */
#define RANGES_MAX      8u
#define WINDOW_SEGMENTS (MEMORY_SEGMENTS_MAX + 256u)
#define WINDOW_PAGES    (WINDOW_SEGMENTS * LA_PAGES_PER_SEGMENT)

/* A range of segments with a part of the window. */
static struct range {
    uint32_t first_segment;
    uint32_t end_segment;
    uint32_t window_segment;
} ranges[RANGES_MAX];
static uint32_t ranges_count;

static uint8_t content[WINDOW_PAGES]; /* enum page_content; DIRTY while committed */
static uint8_t *window;
static uint8_t *windows[2]; /* to be at another address at times; the second may be missing */
static size_t window_bytes;
static bool protects;
static uint32_t dirty_pages; /* not CLEAN */
static uint32_t frames_left;
static uint32_t shift_pages; /* page 0 of the space is this page of the window, modulo 2^32 */
static uint32_t gone[GONE_MAX];
static uint32_t gone_count;

static uint8_t *page_at(uint32_t page)
{
    return window + ((size_t)(page + shift_pages) << LA_PAGE_SHIFT);
}

/* What the page holds. */
static uint8_t *content_of(uint32_t page)
{
    return &content[page + shift_pages];
}

static uint8_t *map_window(int access)
{
    void *at = mmap(NULL, window_bytes, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        return NULL;
    if (window_bytes <= 64u << 20) /* the shadow of 4 GiB would cost half a gigabyte */
        POISON(at, window_bytes);
    return at;
}

void memory_setup(void)
{
    const char *protect = getenv("LOOKASIDE_FUZZ_PROTECT");
    int access;

    protects = protect && strcmp(protect, "1") == 0;
    if (protects && LA_PAGE_BYTES < 4096u) {
        fprintf(stderr, "fuzz: LOOKASIDE_FUZZ_PROTECT needs a geometry with pages of 4 KiB\n");
        exit(2);
    }
    access = protects ? PROT_NONE : PROT_READ | PROT_WRITE;
    window_bytes = (size_t)WINDOW_SEGMENTS << LA_SEGMENT_SHIFT;
    windows[0] = window = map_window(access);
    windows[1] = map_window(access);
    if (!window) {
        perror("fuzz: no room for the window of the managed space");
        exit(3);
    }
    memory_base = (uintptr_t)window;
}

/* Pages of a range that no later run may use again are not kept. */
static void drop_everything(void)
{
    (void)madvise(window, window_bytes, MADV_DONTNEED);
    memset(content, CLEAN, sizeof content);
    dirty_pages = 0;
}

void memory_move(bool elsewhere)
{
    uint8_t *to = windows[elsewhere ? 1 : 0];

    if (!to || to == window)
        return;
    drop_everything();
    window = to;
}

/* The part of the window for a range; a new one if no other range has it. */
static const struct range *range_for(uint32_t first_segment, uint32_t end_segment)
{
    uint32_t window_segment = 0;

    for (uint32_t i = 0; i < ranges_count; i++) {
        if (first_segment >= ranges[i].first_segment && end_segment <= ranges[i].end_segment)
            return &ranges[i];
        window_segment = ranges[i].window_segment + ranges[i].end_segment - ranges[i].first_segment;
    }
    if (ranges_count == RANGES_MAX ||
        end_segment - first_segment > WINDOW_SEGMENTS - window_segment) {
        fprintf(stderr, "fuzz: the window has no room for segments %u to %u\n", first_segment,
                end_segment);
        exit(3);
    }
    ranges[ranges_count] = (struct range){ first_segment, end_segment, window_segment };
    return &ranges[ranges_count++];
}

void memory_begin(uint32_t first_segment, uint32_t end_segment, uint32_t frames)
{
    const struct range *range = range_for(first_segment, end_segment);

    if (dirty_pages > DIRTY_MAX)
        drop_everything();
    shift_pages = (range->window_segment - range->first_segment) * LA_PAGES_PER_SEGMENT;
    memory_base =
        (uintptr_t)window + (uintptr_t)((intptr_t)(int32_t)shift_pages * (intptr_t)LA_PAGE_BYTES);
    frames_left = frames;
    gone_count = 0;
}

void memory_forget(void)
{
    memset(memory_committed, 0, sizeof memory_committed);
    memory_committed_pages = 0;
    if (protects)
        (void)mprotect(window, window_bytes, PROT_NONE);
    drop_everything();
}

uint32_t memory_frames_left(void)
{
    return frames_left;
}

/* -- Patterns ---------------------------------------------------------------------------------- */

static uint64_t mark_of(uint32_t page)
{
    return (page + 1u) * UINT64_C(0x9e3779b97f4a7c15);
}

static void mark(uint32_t page)
{
    uint8_t *host = page_at(page);
    uint64_t value = mark_of(page);

    for (uint32_t i = 0; i < MARKS_PER_PAGE; i++)
        memcpy(host + i * MARK_STEP, &value, sizeof value);
}

static void verify(uint32_t page)
{
    const uint8_t *host = page_at(page);
    uint64_t value = mark_of(page);
    bool intact = true;

    for (uint32_t i = 0; i < MARKS_PER_PAGE; i++)
        intact &= memcmp(host + i * MARK_STEP, &value, sizeof value) == 0;
    ORACLE(I11_MEMORY, intact, "page 0x%x was written after it was given back",
           page << LA_PAGE_SHIFT);
}

void memory_verify_gone(void)
{
    for (uint32_t i = 0; i < gone_count && !protects; i++) {
        uint32_t page = gone[i];

        if (*content_of(page) != MARKED)
            continue;
        UNPOISON(page_at(page), LA_PAGE_BYTES);
        verify(page);
        POISON(page_at(page), LA_PAGE_BYTES);
    }
}

/* -- The port ---------------------------------------------------------------------------------- */

static void set_access(uint32_t page, uint32_t pages, int access)
{
    if (mprotect(page_at(page), (size_t)pages << LA_PAGE_SHIFT, access) != 0) {
        perror("fuzz: mprotect");
        exit(3);
    }
}

enum la_status memory_commit(void *context, va32_t va, uint32_t pages)
{
    uint32_t page = va >> LA_PAGE_SHIFT;

    (void)context;
    if (pages > frames_left)
        return LA_NO_MEMORY;
    frames_left -= pages;
    memory_committed_pages += pages;
    memset(&memory_committed[page], 1, pages);
    if (protects)
        set_access(page, pages, PROT_READ | PROT_WRITE);
    UNPOISON(page_at(page), (size_t)pages << LA_PAGE_SHIFT);
    for (uint32_t end = page + pages; page < end; page++) {
        if (*content_of(page) == MARKED && !protects)
            verify(page);
        if (*content_of(page) != CLEAN)
            memset(page_at(page), 0, LA_PAGE_BYTES);
        else
            dirty_pages++;
        *content_of(page) = DIRTY;
    }
    return LA_OK;
}

void memory_decommit(void *context, va32_t va, uint32_t pages)
{
    uint32_t first = va >> LA_PAGE_SHIFT;

    (void)context;
    frames_left += pages;
    memory_committed_pages -= pages;
    memset(&memory_committed[first], 0, pages);
    for (uint32_t page = first; page < first + pages; page++) {
        mark(page);
        *content_of(page) = MARKED;
        if (gone_count < GONE_MAX)
            gone[gone_count++] = page;
    }
    POISON(page_at(first), (size_t)pages << LA_PAGE_SHIFT);
    if (protects)
        set_access(first, pages, PROT_NONE);
}
