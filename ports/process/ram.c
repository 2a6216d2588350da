/* SPDX-License-Identifier: 0BSD */
/* RAM as a memory file, and the process's mappings of it. */
#define _GNU_SOURCE /* memfd_create, MAP_FIXED_NOREPLACE */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory = -1;

static void give_up(const char *what)
{
    perror(what);
    exit(3);
}

static off_t offset_of(uint32_t frame)
{
    return (off_t)frame << LA_PAGE_SHIFT;
}

void ram_start(void)
{
    memory = memfd_create("lookaside-ram", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, offset_of(RAM_FRAMES)) != 0)
        give_up("kernel-process: no memory file");

    void *managed = mmap(pointer(USER_FIRST), MANAGED_END - USER_FIRST, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (managed != pointer(USER_FIRST))
        give_up("kernel-process: the addresses below 4 GiB are taken");
    if (mmap(pointer(DIRECT_FIRST), offset_of(RAM_LOW_FRAMES), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, memory, 0) == MAP_FAILED)
        give_up("kernel-process: no direct map");
}

void ram_map(va32_t va, uint32_t frame, bool write)
{
    int protection = write ? PROT_READ | PROT_WRITE : PROT_READ;

    if (mmap(pointer(va), LA_PAGE_BYTES, protection, MAP_SHARED | MAP_FIXED, memory,
             offset_of(frame)) == MAP_FAILED)
        la_panic("the process cannot map a page (vm.max_map_count?)", __FILE__, __LINE__);
}

void ram_unmap(va32_t va, uint32_t pages)
{
    if (pages == 1u) /* not a whole user half, where no stack of the kernel's is */
        forget_frames(pointer(va), LA_PAGE_BYTES);
    if (mmap(pointer(va), (size_t)pages << LA_PAGE_SHIFT, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        la_panic("the process cannot unmap pages", __FILE__, __LINE__);
}

/* -- Windows ----------------------------------------------------------------------------------- */

static bool window_used[PORT_WINDOWS];

void *port_window_open(uint32_t frame)
{
    if (frame < RAM_LOW_FRAMES)
        return pointer(DIRECT_FIRST + (frame << LA_PAGE_SHIFT));
    for (uint32_t i = 0; i < PORT_WINDOWS; i++) {
        if (window_used[i])
            continue;
        window_used[i] = true;
        ram_map(WINDOWS_FIRST + (i << LA_PAGE_SHIFT), frame, true);
        return pointer(WINDOWS_FIRST + (i << LA_PAGE_SHIFT));
    }
    la_panic("too many windows are open", __FILE__, __LINE__);
}

void port_window_close(void *window)
{
    va32_t va = (va32_t)(uintptr_t)window;

    if (va < WINDOWS_FIRST)
        return;

    uint32_t slot = (va - WINDOWS_FIRST) >> LA_PAGE_SHIFT;

    LA_ASSERT(slot < PORT_WINDOWS && window_used[slot]);
    window_used[slot] = false;
    ram_unmap(WINDOWS_FIRST + (slot << LA_PAGE_SHIFT), 1);
}
