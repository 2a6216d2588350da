/* SPDX-License-Identifier: 0BSD */
/* Files of the pictures. */
#include "plot_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"

void plot_name_of(char name[PLOT_PATH_BYTES], const char *path)
{
    static const char *const endings[] = { ".zst", ".gz", ".xz", ".lat", ".txt" };
    const char *slash = strrchr(path, '/');
    size_t length;

    snprintf(name, PLOT_PATH_BYTES, "%s",
             strcmp(path, "-") == 0 ? "stdin"
             : slash                ? slash + 1
                                    : path);
    length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t bytes = strlen(endings[i]);

        if (length > bytes && strcmp(name + length - bytes, endings[i]) == 0)
            name[length -= bytes] = '\0';
    }
}

bool plot_make_folder(const char *path)
{
    char part[PLOT_PATH_BYTES];
    struct stat status;

    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 0; path[i]; i++) {
        part[i] = path[i];
        part[i + 1u] = '\0';
        if ((path[i + 1u] == '/' || path[i + 1u] == '\0') && mkdir(part, 0777) != 0 &&
            errno != EEXIST)
            return false;
    }
    if (stat(path, &status) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

/* A stream of its own to the same file: fclose() must not close what is flushed later. */
static FILE *stream_to(int fd)
{
    int copy = dup(fd);
    FILE *stream = copy >= 0 ? fdopen(copy, "w") : NULL;

    if (!stream && copy >= 0)
        close(copy);
    return stream;
}

/* Append `picture` to `out` if it is a whole one: gnuplot does not notice a full disk. */
static bool copy_picture(FILE *picture, FILE *out)
{
    char bytes[4096] = "";
    char tail[16] = ""; /* some blank lines may follow the end */
    size_t count;

    if (fseek(picture, -(long)(sizeof tail - 1u), SEEK_END) != 0 ||
        fread(tail, 1, sizeof tail - 1u, picture) == 0 || strstr(tail, "</svg>") == NULL) {
        errno = 0; /* no file is to blame */
        return false;
    }
    rewind(picture);
    while ((count = fread(bytes, 1, sizeof bytes, picture)) > 0)
        if (fwrite(bytes, 1, count, out) != count)
            return false;
    return !ferror(picture);
}

static enum gnuplot_end draw(FILE *out, plot_write_fn write, const struct plot_picture *picture)
{
    FILE *script = tmpfile();
    FILE *drawn = tmpfile();
    enum gnuplot_end end = GNUPLOT_FAILED;

    if (script && drawn) {
        write(script, picture);
        if (fflush(script) == 0 && !ferror(script) && lseek(fileno(script), 0, SEEK_SET) == 0)
            end = gnuplot_draw(fileno(script), fileno(drawn));
        errno = 0; /* gnuplot says itself what is wrong */
        if (end == GNUPLOT_DONE && !copy_picture(drawn, out))
            end = GNUPLOT_FAILED;
    }
    if (script)
        fclose(script);
    if (drawn)
        fclose(drawn);
    return end;
}

static enum gnuplot_end write_stream(int fd, plot_write_fn write, bool drawn,
                                     const struct plot_picture *picture)
{
    FILE *out = stream_to(fd);
    enum gnuplot_end end = GNUPLOT_DONE;

    if (!out)
        return GNUPLOT_FAILED;
    if (drawn)
        end = draw(out, write, picture);
    else
        write(out, picture);
    if (end == GNUPLOT_DONE && (fflush(out) != 0 || ferror(out)))
        end = GNUPLOT_FAILED;
    fclose(out);
    return end;
}

enum gnuplot_end plot_file(const char *path, plot_write_fn write, bool drawn,
                           const struct plot_picture *picture, char *message, size_t message_size)
{
    const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
    struct aside aside;
    enum gnuplot_end end;

    if (!aside_open(&aside, path)) {
        snprintf(message, message_size, "%s: %s", name, strerror(errno));
        return GNUPLOT_FAILED;
    }
    end = write_stream(aside.fd, write, drawn, picture);
    if (end != GNUPLOT_DONE)
        aside_abandon(&aside);
    else if (!aside_commit(&aside))
        end = GNUPLOT_FAILED;
    if (end == GNUPLOT_FAILED)
        snprintf(message, message_size, "%s: %s", name, errno ? strerror(errno) : "gnuplot failed");
    return end;
}
