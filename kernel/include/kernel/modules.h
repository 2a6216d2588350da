/* SPDX-License-Identifier: 0BSD */
/* Files that the loader put into memory. The last word of a module's text says what it is:
 * "trace=NAME" a binary trace, "pack=NAME" fuzz inputs; others are others' business.
 */
#ifndef KERNEL_MODULES_H
#define KERNEL_MODULES_H

#include <kernel/port.h>

/* NAME if the module is of this kind ("trace"), else NULL. It is terminated. */
const char *module_name(const struct boot_module *module, const char *kind);

/* The module's bytes as one piece: in the direct map, or mapped into the kernel's ranges. NULL: no
 * addresses for it.
 */
const uint8_t *module_open(const struct boot_module *module);
void module_close(const struct boot_module *module, const uint8_t *bytes);

#endif
