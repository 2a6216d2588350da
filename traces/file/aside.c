/* SPDX-License-Identifier: 0BSD */
/* Writing aside. The name of the file being written is kept where a signal handler finds it. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int fatal_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define FATAL_SIGNALS (sizeof fatal_signals / sizeof fatal_signals[0])

static struct sigaction old_actions[FATAL_SIGNALS];
static char doomed[PATH_MAX]; /* written only while the signals are blocked */

static void remove_and_die(int number)
{
    int saved = errno;

    unlink(doomed);
    errno = saved;
    signal(number, SIG_DFL);
    raise(number);
}

static void block_signals(sigset_t *ret_old)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaddset(&set, fatal_signals[i]);
    sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* An ignored signal (nohup) and a program's own handler stay as they are. */
static void watch_signals(const char *path)
{
    struct sigaction action = { .sa_handler = remove_and_die };

    snprintf(doomed, sizeof doomed, "%s", path);
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        sigaction(fatal_signals[i], NULL, &old_actions[i]);
        if (old_actions[i].sa_handler == SIG_DFL)
            sigaction(fatal_signals[i], &action, NULL);
    }
}

static void unwatch_signals(void)
{
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (old_actions[i].sa_handler == SIG_DFL)
            sigaction(fatal_signals[i], &old_actions[i], NULL);
}

/* Where the data must end up: behind a symbolic link, and never in the place of a device. A pipe
 * behind /dev/stdout has no real path.
 */
static char *final_name(const char *path, bool *ret_in_place)
{
    struct stat status;

    *ret_in_place = false;
    if (stat(path, &status) != 0)
        return strdup(path);
    *ret_in_place = !S_ISREG(status.st_mode);
    return *ret_in_place ? strdup(path) : realpath(path, NULL);
}

static mode_t current_umask(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

static bool open_temp(struct aside *aside)
{
    sigset_t old;

    if (asprintf(&aside->temp, "%s.XXXXXX", aside->target) < 0) {
        aside->temp = NULL;
        return false;
    }
    if (strlen(aside->temp) >= sizeof doomed) {
        errno = ENAMETOOLONG;
        return false;
    }
    block_signals(&old);
    aside->fd = mkostemp(aside->temp, O_CLOEXEC);
    if (aside->fd >= 0) {
        fchmod(aside->fd, 0666 & ~current_umask());
        watch_signals(aside->temp);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    return aside->fd >= 0;
}

static void forget(struct aside *aside)
{
    free(aside->target);
    free(aside->temp);
    *aside = (struct aside){ .fd = -1 };
}

bool aside_open(struct aside *ret_aside, const char *path)
{
    struct aside aside = { .fd = -1 };
    bool in_place = false;
    bool good;

    if (strcmp(path, "-") == 0) {
        aside.fd = dup(STDOUT_FILENO);
        good = aside.fd >= 0;
    } else {
        aside.target = final_name(path, &in_place);
        good = aside.target != NULL;
        if (good && in_place) {
            aside.fd = open(path, O_WRONLY | O_CLOEXEC);
            good = aside.fd >= 0;
            free(aside.target);
            aside.target = NULL;
        } else if (good) {
            good = open_temp(&aside);
        }
    }
    if (!good) {
        int saved = errno;
        forget(&aside);
        errno = saved;
        return false;
    }
    *ret_aside = aside;
    return true;
}

/* Close and, unless it was renamed, remove. The signals are blocked so that none of them comes
 * between the two and removes a name that is somebody else's by then.
 */
static void end(struct aside *aside, bool remove)
{
    int saved = errno;

    close(aside->fd);
    if (aside->target) {
        if (remove)
            unlink(aside->temp);
        unwatch_signals();
    }
    forget(aside);
    errno = saved;
}

/* The rename itself should survive a power cut; a file system that cannot do it is no reason to
 * fail.
 */
static void sync_folder(const char *target)
{
    char *copy = strdup(target);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

bool aside_commit(struct aside *aside)
{
    sigset_t old;
    bool good = true;

    if (aside->target && fsync(aside->fd) != 0)
        good = false;
    block_signals(&old);
    if (good && aside->target && rename(aside->temp, aside->target) != 0)
        good = false;
    if (good && aside->target)
        sync_folder(aside->target);
    end(aside, !good);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return good;
}

void aside_abandon(struct aside *aside)
{
    sigset_t old;

    block_signals(&old);
    end(aside, true);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && access(folder, W_OK | X_OK) == 0 ? folder : P_tmpdir;
}

char *aside_folder(const char *path)
{
    bool is_stdout = strcmp(path, "-") == 0;
    struct stat status;
    bool there = !is_stdout && stat(path, &status) == 0;
    char *target;
    char *folder;

    if (there && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return NULL;
    }
    if (is_stdout || (there && !S_ISREG(status.st_mode)))
        return strdup(temporary_folder());
    target = there ? realpath(path, NULL) : strdup(path);
    folder = target ? strdup(dirname(target)) : NULL;
    free(target);
    return folder;
}

int aside_unnamed(const char *path)
{
    char *folder = aside_folder(path);
    char *name = NULL;
    sigset_t old;
    int fd = folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

    if (fd < 0 && folder && asprintf(&name, "%s/.lookaside.XXXXXX", folder) >= 0) {
        /* A file system without unnamed files: it has a name for a moment nobody can interrupt. */
        block_signals(&old);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
        sigprocmask(SIG_SETMASK, &old, NULL);
        free(name);
    }
    free(folder);
    return fd;
}
