/* SPDX-License-Identifier: 0BSD */
/* The kernel from its first function to its verdict. */
#include <kernel/books.h>
#include <kernel/endings.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/monitor.h>
#include <kernel/port.h>
#include <kernel/print.h>
#include <kernel/selftest.h>
#include <kernel/space.h>
#include <kernel/text.h>

/* What cannot be started cannot be tested either: say so in the tests' language and leave. */
static _Noreturn void give_up(const char *why)
{
    print("TAP version 13\nBail out! %s\n", why);
    port_exit(PORT_FAILED);
}

static void start(const struct boot_info *boot)
{
    uint32_t length = 0;
    const char *strategy = text_option(boot->command_line, "frames", &length);

    if (!memory_start(boot, strategy, length))
        give_up("out of memory at boot");
    space_start();
    books_start(boot->command_line);
    if (!heaps_start())
        give_up("out of memory at boot");
}

_Noreturn void kernel_main(const struct boot_info *boot)
{
    endings_early(boot->command_line);
    start(boot);
    endings_started(boot->command_line);
    if (text_option_number(boot->command_line, "monitor", 0) != 0) {
        uint32_t length;
        bool tests = text_option(boot->command_line, "only", &length) != NULL;

        if (tests && !selftest_run_all(boot))
            print("# the monitor begins after failed tests\n");
        monitor_run(boot);
        port_exit(PORT_PASSED);
    }
    port_exit(selftest_run_all(boot) ? PORT_PASSED : PORT_FAILED);
}

/* -- What page tables are made of -------------------------------------------------------------- */

uint32_t kernel_table_frame_take(void)
{
    return memory_take(FRAMES_LOW);
}

void kernel_table_frame_give(uint32_t frame)
{
    memory_give(frame);
}
