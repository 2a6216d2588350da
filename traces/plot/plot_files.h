/* SPDX-License-Identifier: 0BSD */
/* Files of the pictures: where they go, and writing them aside. */
#ifndef LOOKASIDE_PLOT_FILES_H
#define LOOKASIDE_PLOT_FILES_H

#include <stddef.h>

#include "gnuplot.h"
#include "plot_draw.h"

#define PLOT_PATH_BYTES 4096u

typedef void (*plot_write_fn)(FILE *out, const struct plot_picture *picture);

/* "cc1" of "traces/data/user/cc1.lat.zst"; "stdin" of "-". */
void plot_name_of(char name[PLOT_PATH_BYTES], const char *path);

/* mkdir -p. False and errno if that fails. */
bool plot_make_folder(const char *path);

/* Write a file aside and rename it; "-" is standard output. With `drawn`, what `write` writes is a
 * gnuplot script and the file its picture. GNUPLOT_FAILED and a message: it cannot be written, or
 * gnuplot fails; there is no new file then.
 */
enum gnuplot_end plot_file(const char *path, plot_write_fn write, bool drawn,
                           const struct plot_picture *picture, char *message, size_t message_size);

#endif
