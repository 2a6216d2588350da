/* SPDX-License-Identifier: 0BSD */
/* What a loader would have done: a memory map, a command line, and files in RAM. A word
 * KIND=NAME:FILE puts FILE there as the module KIND=NAME; all other words are the command line.
 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX 64u

static char line[512];
static const struct boot_memory memory[] = {
    { 0, RAM_LOW_FRAMES, BOOT_USABLE },
    { RAM_HIGH_FIRST, RAM_HIGH_FRAMES, BOOT_USABLE },
};
static struct boot_memory free_rows[] = {
    { 1, RAM_LOW_FRAMES - 1u, BOOT_USABLE }, /* modules take from its end */
    { RAM_HIGH_FIRST, RAM_HIGH_FRAMES, BOOT_USABLE },
};
static struct boot_module modules[MODULES_MAX];
static struct boot_info info = { .loader = "process",
                                 .command_line = line,
                                 .memory = memory,
                                 .memory_count = 2,
                                 .free = free_rows,
                                 .free_count = 2,
                                 .modules = modules };

static _Noreturn void give_up(const char *what, const char *about)
{
    (void)fprintf(stderr, "kernel-process: %s: %s\n", about, what);
    exit(2);
}

static void add_module(char *word, char *path)
{
    FILE *file = fopen(path, "rb");
    long bytes = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        bytes = ftell(file);
    if (bytes < 0 || fseek(file, 0, SEEK_SET) != 0)
        give_up("cannot be read", path);

    uint32_t pages = la_pages_up((uint32_t)bytes);
    if (info.module_count == MODULES_MAX || (unsigned long)bytes > UINT32_MAX / 2u ||
        pages > free_rows[0].count / 2u)
        give_up("does not fit into the RAM of this port", path);
    free_rows[0].count -= pages;

    struct boot_module *module = &modules[info.module_count++];
    *module = (struct boot_module){ .frame = free_rows[0].first + free_rows[0].count,
                                    .bytes = (uint32_t)bytes,
                                    .words = word };
    void *to = pointer(DIRECT_FIRST + (module->frame << LA_PAGE_SHIFT));
    if (fread(to, 1, (size_t)bytes, file) != (size_t)bytes)
        give_up("cannot be read", path);
    (void)fclose(file);
}

const struct boot_info *boot_read(int argc, char **argv)
{
    size_t length = 0;

    for (int i = 1; i < argc; i++) {
        char *path = strchr(argv[i], ':');

        if (path != NULL) {
            *path = '\0';
            add_module(argv[i], path + 1);
            continue;
        }
        length += (size_t)snprintf(line + length, sizeof line - length, "%s ", argv[i]);
        if (length >= sizeof line)
            give_up("the command line is too long", argv[i]);
    }
    return &info;
}
