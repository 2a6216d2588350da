/* SPDX-License-Identifier: 0BSD */
/* Running gnuplot. The one fact to know: a child that cannot even start it ends with 127, as a
 * shell does.
 */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127

/* The child's part: in `directory`, with standard input, output and error as given; -1 and NULL
 * leave things as they are.
 */
_Noreturn static void become_gnuplot(const char *directory, const char *script, const int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0 && dup2(fds[i], i) < 0)
            _exit(EXIT_FAILURE);
    if (directory && chdir(directory) != 0)
        _exit(EXIT_FAILURE);
    execlp("gnuplot", "gnuplot", "-d", script, (char *)NULL);
    _exit(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? EXIT_NOT_STARTED : EXIT_FAILURE);
}

static enum gnuplot_end run(const char *directory, const char *script, const int fds[3])
{
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    if (child < 0)
        return GNUPLOT_FAILED;
    if (child == 0)
        become_gnuplot(directory, script, fds);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return GNUPLOT_FAILED;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_STARTED)
        return GNUPLOT_MISSING;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? GNUPLOT_DONE : GNUPLOT_FAILED;
}

enum gnuplot_end gnuplot_run(const char *directory, const char *script)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int fds[3] = { -1, -1, null };
    enum gnuplot_end end = run(directory, script, fds);

    if (null >= 0)
        close(null);
    return end;
}

enum gnuplot_end gnuplot_draw(int script_fd, int picture_fd)
{
    const int fds[3] = { script_fd, picture_fd, -1 };

    return run(NULL, "-", fds);
}
