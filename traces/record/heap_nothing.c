/* SPDX-License-Identifier: 0BSD */
/* Why nothing was recorded, as far as the command's file tells. */
#define _GNU_SOURCE
#include "heap_nothing.h"

#include "heap_library.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HINT "`record --vas` sees what it maps"

/* As execvp() finds it. "" if it is nowhere. */
static void find_command(const char *name, char *ret_path, size_t path_size)
{
    const char *path = getenv("PATH");

    snprintf(ret_path, path_size, "%s", name);
    if (strchr(name, '/'))
        return;
    for (path = path ? path : "/bin:/usr/bin"; *path != '\0'; path += *path == ':') {
        size_t bytes = strcspn(path, ":");
        snprintf(ret_path, path_size, "%.*s/%s", bytes ? (int)bytes : 1, bytes ? path : ".", name);
        if (access(ret_path, X_OK) == 0)
            return;
        path += bytes;
    }
    ret_path[0] = '\0';
}

/* "#!/bin/sh -e" is /bin/sh. */
static bool is_script(const char *first, size_t bytes, char *ret_path, size_t path_size)
{
    if (bytes < 4 || first[0] != '#' || first[1] != '!')
        return false;
    first += 2 + strspn(first + 2, " \t");
    snprintf(ret_path, path_size, "%.*s", (int)strcspn(first, " \t\n"), first);
    return true;
}

/* Whether a dynamic loader is asked for. Both classes have the same fields in another layout. */
static bool has_loader(int fd, bool is_64, const char *first)
{
    uint64_t at =
        is_64 ? ((const Elf64_Ehdr *)first)->e_phoff : ((const Elf32_Ehdr *)first)->e_phoff;
    size_t count =
        is_64 ? ((const Elf64_Ehdr *)first)->e_phnum : ((const Elf32_Ehdr *)first)->e_phnum;
    size_t bytes = is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    uint32_t type;

    for (size_t i = 0; i < count; i++)
        if (pread(fd, &type, sizeof type, (off_t)(at + i * bytes)) == sizeof type &&
            type == PT_INTERP)
            return true;
    return false;
}

/* What the file says about itself; NULL: nothing in particular. */
static const char *look_at(const char *path, char *ret_interpreter, size_t interpreter_size)
{
    char first[4096] __attribute__((aligned(8))) = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? -1 : read(fd, first, sizeof first - 1u);
    bool is_elf = bytes >= (ssize_t)sizeof(Elf64_Ehdr) && memcmp(first, ELFMAG, SELFMAG) == 0;
    bool is_64 = is_elf && first[EI_CLASS] == ELFCLASS64;
    const char *reason = NULL;
    struct stat status;

    ret_interpreter[0] = '\0';
    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
        reason = "is set-user-id or set-group-id, so the loader preloads nothing; " HINT;
    else if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
        reason = "has file capabilities, so the loader preloads nothing; " HINT;
    else if (is_script(first, bytes > 0 ? (size_t)bytes : 0, ret_interpreter, interpreter_size))
        reason = NULL;
    else if (is_elf && !has_loader(fd, is_64, first))
        reason = "is linked statically, so nothing can be preloaded; " HINT;
    else if (is_elf && is_64 != (sizeof(void *) == 8) && !heap_library_has_32())
        reason = "is of another ABI, and Lookaside was built without a library for it (on x86-64 "
                 "it needs a compiler that builds 32-bit programs)";
    close(fd);
    return reason;
}

void heap_nothing_explain(const struct record_job *job, bool was_there)
{
    char path[PATH_MAX];
    char interpreter[PATH_MAX];
    const char *reason;

    find_command(job->command[0], path, sizeof path);
    reason = look_at(path, interpreter, sizeof interpreter);
    if (interpreter[0] != '\0') {
        snprintf(path, sizeof path, "%s", interpreter);
        reason = look_at(path, interpreter, sizeof interpreter);
    }
    if (reason)
        fprintf(stderr, "%s: nothing recorded: %s %s\n", job->name, path, reason);
    else if (was_there)
        fprintf(stderr,
                "%s: nothing recorded: %s made no call of malloc() that can be seen from outside; "
                "an allocator that is linked into the program itself cannot; " HINT "\n",
                job->name, path);
    else
        fprintf(stderr,
                "%s: nothing recorded: the preloaded library was not in %s (did it clear its "
                "environment, or end at once?); " HINT "\n",
                job->name, path);
}
