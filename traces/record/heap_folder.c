/* SPDX-License-Identifier: 0BSD */
/* The folder of a heap recording. */
#define _GNU_SOURCE
#include "heap_folder.h"

#include "../file/aside.h"
#include "heap_library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_BYTES_MAX (UINT64_C(1) << 40) /* as the library would like them */
#define OPEN_FILES    1                   /* that nftw() may use: there may be no more left */

/* -- A place for it ---------------------------------------------------------------------------- */

/* LD_PRELOAD is cut at blanks and colons, and the loader expands what begins with a dollar. */
static bool loader_likes(const char *path)
{
    return strpbrk(path, " \t:;$") == NULL;
}

/* Whether a server that has become another user could still open what is in here. */
static bool everyone_may_pass(const char *path)
{
    char part[PATH_MAX];
    struct stat status;

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s/", (int)(slash - path), path);
        if (stat(part, &status) != 0 || (status.st_mode & S_IXOTH) == 0)
            return false;
    }
    return stat(path, &status) == 0 && (status.st_mode & S_IXOTH) != 0;
}

/* Whether files here can be sparse, huge and mapped by several processes. */
static bool suits(int fd)
{
    struct rlimit limit;
    struct stat status;
    uint64_t bytes = RAW_BYTES_MAX;
    void *mapped;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes)
        bytes = limit.rlim_cur;
    if (ftruncate(fd, (off_t)bytes) != 0 || fstat(fd, &status) != 0 || status.st_blocks > 1024)
        return false;
    mapped = mmap(NULL, sizeof(struct raw_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return false;
    munmap(mapped, sizeof(struct raw_control));
    return ftruncate(fd, sizeof(struct raw_control)) == 0;
}

/* Written before it is mapped: on a full disk the first touch of a hole would be SIGBUS. */
static bool map_control(struct heap_folder *folder, const struct record_job *job)
{
    const struct raw_control control = {
        .version = RAW_VERSION,
        .all = strstr(job->output, "%p") != NULL,
        .with_time = job->with_time,
    };
    char path[4096];
    void *mapped = MAP_FAILED;
    int fd;

    snprintf(path, sizeof path, "%s/" RAW_CONTROL, folder->path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && suits(fd) && pwrite(fd, &control, sizeof control, 0) == sizeof control)
        mapped = mmap(NULL, sizeof *folder->control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0 && geteuid() == 0) /* a server may be another user by the time it forks */
        fchmod(fd, 0666);
    if (fd >= 0)
        close(fd);
    if (mapped == MAP_FAILED)
        return false;
    folder->control = mapped;
    return true;
}

/* A new folder FOLDER/NAMEXXXXXX with its control file. */
static bool make_in(const struct record_job *job, const char *parent, const char *name,
                    struct heap_folder *ret_folder)
{
    char *whole = realpath(parent, NULL);

    if (!whole || !loader_likes(whole) || !loader_likes(name) ||
        (strstr(job->output, "%p") && geteuid() == 0 && !everyone_may_pass(whole)) ||
        asprintf(&ret_folder->path, "%s/%sXXXXXX", whole, name) < 0)
        ret_folder->path = NULL;
    free(whole);
    if (!ret_folder->path)
        return false;
    if (!mkdtemp(ret_folder->path)) {
        free(ret_folder->path);
        ret_folder->path = NULL;
        return false;
    }
    if (geteuid() == 0)
        chmod(ret_folder->path, 01733);
    if (map_control(ret_folder, job))
        return true;
    heap_folder_remove(ret_folder);
    return false;
}

static bool make_somewhere(const struct record_job *job, const char *beside,
                           struct heap_folder *ret_folder)
{
    const char *temporary = getenv("TMPDIR");
    char *copy = strdup(job->output);
    char *name = NULL;
    bool good = false;

    if (copy && strcmp(job->output, "-") != 0 && asprintf(&name, "%s.raw.", basename(copy)) >= 0)
        good = make_in(job, beside, name, ret_folder);
    if (!good && temporary && temporary[0] != '\0')
        good = make_in(job, temporary, "lookaside-record.", ret_folder);
    if (!good)
        good = make_in(job, P_tmpdir, "lookaside-record.", ret_folder);
    free(name);
    free(copy);
    return good;
}

int heap_folder_make(const struct record_job *job, struct heap_folder *ret_folder)
{
    char *beside = aside_folder(job->output);
    int code = 1;

    *ret_folder = (struct heap_folder){ NULL, NULL, NULL };
    if (!beside || (strcmp(job->output, "-") != 0 && access(beside, W_OK | X_OK) != 0)) {
        fprintf(stderr, "%s: %s: cannot write: %s\n", job->name, job->output, strerror(errno));
    } else if (!make_somewhere(job, beside, ret_folder)) {
        fprintf(stderr,
                "%s: no folder for the recording in %s, TMPDIR or " P_tmpdir
                " (expected one where files can be sparse and mapped)\n",
                job->name, beside);
    } else if (!heap_library_link(job, ret_folder->path, &ret_folder->preload)) {
        heap_folder_remove(ret_folder);
        code = 3;
    } else {
        code = 0;
    }
    free(beside);
    return code;
}

/* -- Its end ----------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

static void forget(struct heap_folder *folder)
{
    if (folder->control)
        munmap(folder->control, sizeof *folder->control);
    free(folder->preload);
    free(folder->path);
    *folder = (struct heap_folder){ NULL, NULL, NULL };
}

void heap_folder_remove(struct heap_folder *folder)
{
    nftw(folder->path, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    forget(folder);
}

static void cut_raw(const char *path)
{
    struct raw_header header;
    uint64_t records;

    if (!heap_folder_header(path, &header))
        return;
    records = header.next < header.stop ? header.next : header.stop;
    if (truncate(path, (off_t)(RAW_HEADER_BYTES + records * header.record_bytes)) != 0)
        return; /* it only looks large */
}

void heap_folder_leave(struct heap_folder *folder, bool cut)
{
    char path[4096];
    DIR *all = cut ? opendir(folder->path) : NULL;

    for (struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all)) {
        snprintf(path, sizeof path, "%s/%s", folder->path, one->d_name);
        cut_raw(path);
    }
    if (all)
        closedir(all);
    snprintf(path, sizeof path, "%s/" RAW_PRELOAD, folder->path);
    nftw(path, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    snprintf(path, sizeof path, "%s/" RAW_CONTROL, folder->path);
    unlink(path);
    chmod(folder->path, 0700);
    forget(folder);
}

/* -- Raw files --------------------------------------------------------------------------------- */

char *heap_folder_raw(const struct heap_folder *folder, unsigned long process,
                      unsigned long program)
{
    char *path;

    if (asprintf(&path, "%s/%lu-%lu.raw", folder->path, process, program) < 0)
        return NULL;
    return path;
}

bool heap_folder_header(const char *path, struct raw_header *ret_header)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && pread(fd, ret_header, sizeof *ret_header, 0) == sizeof *ret_header &&
                memcmp(ret_header->magic, RAW_MAGIC, sizeof ret_header->magic) == 0;

    if (fd >= 0)
        close(fd);
    return good;
}
