/* SPDX-License-Identifier: 0BSD */
/* The kinds of windows that every test of windows runs on, because the core must not be able to
 * tell them apart while it keeps its promises.
 */
#ifndef LOOKASIDE_HOST_TEST_WINDOW_KINDS_H
#define LOOKASIDE_HOST_TEST_WINDOW_KINDS_H

#include "check.h"

#include <lookaside/host.h>

static const struct {
    const char *name;
    struct host_window_options options;
} kinds[] = {
    { "real", { .cheap = false } },
    { "cheap", { .cheap = true } },
    { "real, unchecked", { .unchecked = true } },
    { "cheap, unchecked", { .cheap = true, .unchecked = true } },
};

#define KINDS         (sizeof kinds / sizeof kinds[0])
#define KINDS_CHECKED 2u

static struct host_window window;

/* 1,024 segments: small enough for a 32-bit process that is full of a sanitizer's shadow. */
#define FIRST_SEGMENT 256u
#define END_SEGMENT   1280u
#define FIRST_VA      (FIRST_SEGMENT << LA_SEGMENT_SHIFT)
#define PAGES         ((END_SEGMENT - FIRST_SEGMENT) * LA_PAGES_PER_SEGMENT)

static inline void open_kind(size_t kind)
{
    struct host_window_options options = kinds[kind].options;

    options.first_segment = FIRST_SEGMENT;
    options.end_segment = END_SEGMENT;
    CHECK_EQ(host_window_open(&window, &options), LA_OK);
}

static inline va32_t page_va(uint32_t page)
{
    return FIRST_VA + page * LA_PAGE_BYTES;
}

static inline uint8_t *host(va32_t va)
{
    return la_host(window.port.host_base, va);
}

static inline enum la_status commit(uint32_t page, uint32_t pages)
{
    return window.port.commit(window.port.context, page_va(page), pages);
}

static inline void decommit(uint32_t page, uint32_t pages)
{
    window.port.decommit(window.port.context, page_va(page), pages);
}

static inline void check_zero(uint32_t page, uint32_t pages)
{
    const uint8_t *bytes = host(page_va(page));

    for (size_t i = 0; i < (size_t)pages * LA_PAGE_BYTES; i++)
        if (bytes[i] != 0)
            CHECK_FAIL("byte %zu of page %u is %u, expected 0", i % LA_PAGE_BYTES,
                       page + (uint32_t)(i / LA_PAGE_BYTES), bytes[i]);
}

static inline void dirty(uint32_t page, uint32_t pages)
{
    memset(host(page_va(page)), 0xa5, (size_t)pages * LA_PAGE_BYTES);
}

#endif
