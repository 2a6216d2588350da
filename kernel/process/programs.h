/* SPDX-License-Identifier: 0BSD */
/* Files there are without a file system: boot modules whose string ends in KIND=NAME, and the
 * programs that are part of the kernel's image.
 */
#ifndef KERNEL_PROGRAMS_H
#define KERNEL_PROGRAMS_H

#include <kernel/port.h>

struct program {
    const uint8_t *image;
    uint32_t bytes;
};

/* One that is part of the image; a table of them, made by the port, ends with a NULL name. */
struct built_in_program {
    const char *name;
    const uint8_t *image;
    const uint8_t *end;
};

extern const struct built_in_program built_in_programs[];

void programs_start(const struct boot_info *boot);

/* A program by name: a module program=NAME, else a built-in one. */
bool program_find(const char *name, struct program *ret_program);

/* A module by its NAME, of whatever kind. */
bool module_find(const char *name, struct program *ret_module);

#endif
