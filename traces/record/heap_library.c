/* SPDX-License-Identifier: 0BSD */
/* The libraries to preload. A command may run programs of both ABIs, and the loader complains about
 * a library of the other one. So LD_PRELOAD holds one path with the loader's $LIB in it, which each
 * ABI's loader replaces by another name; links under all names that are in use lead to the library.
 */
#define _GNU_SOURCE
#include "heap_library.h"

#include "raw_layout.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY    RAW_LIBRARY /* for programs of our own ABI */
#define LIBRARY_32 "liblookaside-record32.so"

/* -- Finding them ------------------------------------------------------------------------------ */

/* FOLDER/PART/NAME if it can be read; else "". */
static bool look_in(const char *folder, const char *part, const char *name, char *ret_path,
                    size_t path_size)
{
    if (snprintf(ret_path, path_size, "%s/%s%s", folder, part, name) < (int)path_size &&
        access(ret_path, R_OK) == 0)
        return true;
    ret_path[0] = '\0';
    return false;
}

/* The program lies in cli/ of the build directory, or (a test's) beside the library or below. */
static bool find_library(const char *name, char *ret_path, size_t path_size)
{
    static const char *const parts[] = { "", "../traces/record/", "../" };
    const char *given = getenv("LOOKASIDE_RECORD_LIBRARIES");
    char self[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof self - 1u);

    if (given)
        return look_in(given, "", name, ret_path, path_size);
    if (bytes > 0) {
        self[bytes] = '\0';
        dirname(self);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            if (look_in(self, parts[i], name, ret_path, path_size))
                return true;
    }
    return look_in(RECORD_LIBRARY_FOLDER, "", name, ret_path, path_size);
}

bool heap_library_has_32(void)
{
    char path[PATH_MAX];

    return sizeof(void *) == 8 && find_library(LIBRARY_32, path, sizeof path);
}

/* -- Linking them ------------------------------------------------------------------------------ */

/* FOLDER/preload/NAME/LIBRARY -> target, with the folders above. */
static bool link_one(const char *folder, const char *name, const char *target)
{
    char path[PATH_MAX];
    size_t base = strlen(folder);

    if (snprintf(path, sizeof path, "%s/" RAW_PRELOAD "/%s/" RAW_LIBRARY, folder, name) >=
        (int)sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *slash = strchr(path + base + 1u, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return symlink(target, path) == 0;
}

/* "lib" is 64 bits wide where lib32 is there for the others (Arch), else 32 (Fedora, SUSE). */
static bool lib_is_64(void)
{
    return access("/usr/lib32/libc.so.6", F_OK) == 0 || access("/lib32/libc.so.6", F_OK) == 0;
}

static bool link_both(const char *folder, const char *library, const char *library_32)
{
    return link_one(folder, "lib/x86_64-linux-gnu", library) &&
           link_one(folder, "lib64", library) &&
           link_one(folder, "lib/i386-linux-gnu", library_32) &&
           link_one(folder, "lib32", library_32) &&
           link_one(folder, "lib", lib_is_64() ? library : library_32);
}

bool heap_library_link(const struct record_job *job, const char *folder, char **ret_preload)
{
    char library[PATH_MAX];
    char library_32[PATH_MAX];
    bool both;

    if (!find_library(LIBRARY, library, sizeof library)) {
        fprintf(stderr,
                "%s: no " LIBRARY " beside the program or in " RECORD_LIBRARY_FOLDER
                " (expected it there, or in LOOKASIDE_RECORD_LIBRARIES)\n",
                job->name);
        return false;
    }
    both = sizeof(void *) == 8 && find_library(LIBRARY_32, library_32, sizeof library_32);
    if (!(both ? link_both(folder, library, library_32) : link_one(folder, "lib", library)) ||
        asprintf(ret_preload, "%s/" RAW_PRELOAD "/%s/" RAW_LIBRARY, folder, both ? "$LIB" : "lib") <
            0) {
        fprintf(stderr, "%s: %s: cannot write: %s\n", job->name, folder, strerror(errno));
        return false;
    }
    return true;
}
