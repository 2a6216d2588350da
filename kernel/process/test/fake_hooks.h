/* SPDX-License-Identifier: 0BSD */
/* Hooks of a space without a machine: a table of pages, a number of frames, and a k-th request that
 * fails. Everything is counted, so that a test can ask for the last frame back.
 */
#ifndef LOOKASIDE_KERNEL_TEST_FAKE_HOOKS_H
#define LOOKASIDE_KERNEL_TEST_FAKE_HOOKS_H

#include <stdlib.h>
#include <string.h>

#include "../uspace.h"
#include "check.h"

#define FAKE_PAGES (LA_SEGMENTS * LA_PAGES_PER_SEGMENT)

static struct {
    uint8_t *page[FAKE_PAGES]; /* NULL: no frame */
    uint8_t access[FAKE_PAGES];
    bool table[LA_SEGMENTS / 64u]; /* of 4 MiB */
    uint32_t frames;               /* in all */
    uint32_t used;                 /* pages, tables and memory taken */
    uint32_t tables;
    uint32_t fail_in; /* 0: never; else so many requests from now */
} fake;

static bool fake_refuses(uint32_t frames)
{
    if (fake.fail_in > 0 && --fake.fail_in == 0)
        return true;
    return fake.frames - fake.used < frames;
}

static enum la_status fake_prepare(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    for (uint32_t i = va >> 22; i <= (va + (pages - 1u) * LA_PAGE_BYTES) >> 22; i++)
        if (!fake.table[i]) {
            if (fake_refuses(1))
                return LA_NO_MEMORY;
            fake.table[i] = true;
            fake.tables++;
            fake.used++;
        }
    return LA_OK;
}

static enum la_status fake_map(void *context, va32_t va, enum uabi_access access)
{
    uint32_t page = va >> LA_PAGE_SHIFT;

    (void)context;
    CHECK_EQ(va % LA_PAGE_BYTES, 0);
    CHECK(va >= UABI_USER_FIRST && va < UABI_USER_END);
    CHECK(fake.table[va >> 22]); /* prepare() came first */
    if (fake.page[page] != NULL)
        return LA_IN_USE;
    if (fake_refuses(1))
        return LA_NO_MEMORY;
    fake.page[page] = calloc(1, LA_PAGE_BYTES);
    fake.access[page] = (uint8_t)access;
    fake.used++;
    return LA_OK;
}

static bool fake_unmap(void *context, va32_t va)
{
    uint32_t page = va >> LA_PAGE_SHIFT;

    (void)context;
    CHECK_EQ(va % LA_PAGE_BYTES, 0);
    if (fake.page[page] == NULL)
        return false;
    free(fake.page[page]);
    fake.page[page] = NULL;
    fake.used--;
    return true;
}

static void fake_protect(void *context, va32_t va, enum uabi_access access)
{
    (void)context;
    fake.access[va >> LA_PAGE_SHIFT] = (uint8_t)access;
}

static void fake_write(void *context, va32_t va, const void *from, uint32_t bytes)
{
    (void)context;
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t *page = fake.page[(va + i) >> LA_PAGE_SHIFT];

        CHECK(page != NULL);
        page[(va + i) % LA_PAGE_BYTES] = ((const uint8_t *)from)[i];
    }
}

static uint32_t fake_frames_free(void *context)
{
    (void)context;
    return fake.frames - fake.used;
}

static void *fake_take(void *context, uint32_t bytes)
{
    (void)context;
    if (fake_refuses(1))
        return NULL;
    fake.used++;
    return calloc(1, bytes);
}

static void fake_give(void *context, void *memory)
{
    (void)context;
    fake.used--;
    free(memory);
}

static const struct uspace_hooks fake_hooks = {
    .prepare = fake_prepare,
    .map = fake_map,
    .unmap = fake_unmap,
    .protect = fake_protect,
    .write = fake_write,
    .frames_free = fake_frames_free,
    .take = fake_take,
    .give = fake_give,
};

/* A machine with so many frames, all of them free. */
static void fake_start(uint32_t frames)
{
    for (uint32_t i = 0; i < FAKE_PAGES; i++) {
        free(fake.page[i]);
        fake.page[i] = NULL;
    }
    memset(fake.table, 0, sizeof fake.table);
    fake.frames = frames;
    fake.used = 0;
    fake.tables = 0;
    fake.fail_in = 0;
}

/* A process's page tables go with it. */
static void fake_drop_tables(void)
{
    memset(fake.table, 0, sizeof fake.table);
    fake.used -= fake.tables;
    fake.tables = 0;
}

#endif
