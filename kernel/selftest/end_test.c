/* SPDX-License-Identifier: 0BSD */
/* After all the others: every book of the kernel is still right. */
#include "groups.h"

#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/space.h>

static void all_books_are_right(void)
{
    struct {
        const char *of;
        const char *broken;
    } books[] = {
        { "frames", memory_check() },
        { "kernel space", space_check(&kernel_space) },
        { "kernel heap", heap_check(&kernel_heap) },
        { "device heap", heap_check(&dma_heap) },
    };

    for (uint32_t i = 0; i < sizeof books / sizeof books[0]; i++)
        if (books[i].broken != NULL)
            selftest_fail(__FILE__, __LINE__, "%s: %s", books[i].of, books[i].broken);
}

const struct selftest end_tests[] = {
    { "all_books_are_right", all_books_are_right },
    { NULL, NULL },
};
