/* SPDX-License-Identifier: 0BSD */
/* The structures of a multiboot 1 loader, in physical memory.
 * Source: Multiboot Specification 0.6.96, 3.3.
 */
#ifndef I386_MULTIBOOT_H
#define I386_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_LOADED 0x2BADB002u

/* multiboot_facts.flags: which fields are good */
#define MULTIBOOT_COMMAND 0x004u
#define MULTIBOOT_MODULES 0x008u
#define MULTIBOOT_MAP     0x040u
#define MULTIBOOT_LOADER  0x200u

struct multiboot_facts {
    uint32_t flags;
    uint32_t lower_kib, upper_kib;
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count, modules;
    uint32_t symbols[4];
    uint32_t map_bytes, map;
    uint32_t drives_bytes, drives;
    uint32_t config;
    uint32_t loader;
};

struct multiboot_module {
    uint32_t start, end; /* the end is exclusive */
    uint32_t words;
    uint32_t reserved;
};

#define MULTIBOOT_USABLE 1u

struct __attribute__((packed)) multiboot_memory {
    uint32_t size; /* of what follows */
    uint64_t base;
    uint64_t bytes;
    uint32_t type;
};

#endif
