/* SPDX-License-Identifier: 0BSD */
/* A folder of its own for a test, with small helpers around whole files; removed by folder_end().
 */
#ifndef LOOKASIDE_TRACES_TEST_FOLDER_H
#define LOOKASIDE_TRACES_TEST_FOLDER_H

#include "check.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX];

static inline void folder_begin(void)
{
    const char *base = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/lookaside-test.XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
}

/* How many files there are, hidden ones too. */
static inline int folder_files(void)
{
    DIR *dir = opendir(folder);
    int files = 0;

    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        files += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return files;
}

static inline void folder_empty(void)
{
    DIR *dir = opendir(folder);
    char path[2 * PATH_MAX];

    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
}

static inline void folder_end(void)
{
    folder_empty();
    rmdir(folder);
}

/* The path of `name` in the folder; four at a time. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][2 * PATH_MAX];
    static int next;

    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static inline const char *put_file(const char *name, const void *bytes, size_t count)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0)
        CHECK_FAIL("%s cannot be written", path);
    return path;
}

static inline const char *put_text(const char *name, const char *text)
{
    return put_file(name, text, strlen(text));
}

/* A whole file, terminated; the caller frees it. */
static inline char *get_file(const char *path, size_t *ret_count)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    char *bytes;

    if (!file || fstat(fileno(file), &status) != 0)
        CHECK_FAIL("%s is not there", path);
    bytes = calloc(1, (size_t)status.st_size + 1u);
    *ret_count = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

/* "FOLDER" in front of a message would differ at every run: the part behind it. */
static inline const char *without_folder(const char *message)
{
    size_t bytes = strlen(folder) + 1u;

    return strncmp(message, folder, bytes - 1u) == 0 ? message + bytes : message;
}

/* check_run(), with an empty folder for each case. */
static inline int folder_run(const struct check_case *cases, size_t count)
{
    static size_t failed;
    static size_t at;

    printf("1..%zu\n", count);
    for (at = 0; at < count; at++) {
        folder_begin();
        if (setjmp(check_failed) == 0) {
            cases[at].run();
        } else {
            failed++;
            printf("not ");
        }
        printf("ok %zu - %s\n", at + 1, cases[at].name);
        fflush(stdout);
        folder_end();
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
