/* SPDX-License-Identifier: 0BSD */
/* The end after a broken promise: say where, then leave with the number for it. */
#include <kernel/port.h>
#include <kernel/print.h>

static bool panicking;

_Noreturn void la_panic(const char *what, const char *file, int line)
{
    if (!panicking) {
        panicking = true;
        print("\n# panic: %s (%s:%d)\nBail out! panic: %s\n", what, file, line, what);
    }
    port_exit(PORT_PANICKED);
}
