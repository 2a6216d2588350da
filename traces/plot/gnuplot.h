/* SPDX-License-Identifier: 0BSD */
/* Running gnuplot, for every verb that draws. It starts without the user's own settings (-d), so
 * that the same script gives the same picture everywhere.
 */
#ifndef LOOKASIDE_GNUPLOT_H
#define LOOKASIDE_GNUPLOT_H

enum gnuplot_end {
    GNUPLOT_DONE,
    GNUPLOT_MISSING, /* there is none in PATH */
    GNUPLOT_FAILED,
};

/* What a user who has none must install. */
#define GNUPLOT_PACKAGE "gnuplot-nox"

/* Run the script file `script` inside `directory`. What gnuplot says is thrown away. */
enum gnuplot_end gnuplot_run(const char *directory, const char *script);

/* Run the script that `script_fd` reads; the picture goes to `picture_fd`, what gnuplot says to
 * standard error.
 */
enum gnuplot_end gnuplot_draw(int script_fd, int picture_fd);

#endif
