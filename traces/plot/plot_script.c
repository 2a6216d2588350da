/* SPDX-License-Identifier: 0BSD */
/* What the gnuplot scripts have in common. */
#include "plot_script.h"

#include <inttypes.h>
#include <string.h>

/* Pixels. */
#define LEFT_MARGIN   80u /* of axis name and numbers */
#define RIGHT_MARGIN  24u
#define TOP_MARGIN    62u /* of the heading */
#define KEY_LINE      19u /* of the legend above a panel */
#define PANEL_SPACE   14u
#define BOTTOM_MARGIN 64u /* of the x axis's numbers and name */

/* Inside gnuplot's single quotes, and nothing in it a sign of its markup. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputc('\'', out);
        else if (strchr("{}^_@&~\\", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static double from_top(uint32_t pixels, uint32_t y)
{
    return 1.0 - (double)y / pixels;
}

void plot_script_begin(FILE *out, const struct plot_picture *picture, uint32_t pixels)
{
    fprintf(out,
            "set encoding utf8\n"
            "set terminal svg size %u,%" PRIu32 " font 'sans-serif,15' background 'white'\n",
            PLOT_WIDTH_PIXELS, pixels);
    fprintf(out, "set label 1 '{/:Bold ");
    put_plain(out, picture->heading.title);
    fprintf(out, "}' at screen %.5f,%.5f left font ',19'\nset label 2 '", 16.0 / PLOT_WIDTH_PIXELS,
            from_top(pixels, 24));
    put_plain(out, picture->heading.subtitle);
    fprintf(out, "' at screen %.5f,%.5f left font ',14' tc '%s'\n", 16.0 / PLOT_WIDTH_PIXELS,
            from_top(pixels, 46), PLOT_GREY);
    fprintf(out,
            "set border 3 lw 1 lc '%s'\nset tics nomirror out scale 0.6\n"
            "set grid lw 0.6 lc '#dddddd'\nset lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set label 4 at screen %.5f, graph 0.5 center rotate\n"
            "set key at graph 0, graph 1 left bottom Left reverse samplen 2.5 width -2 font ',14' "
            "noenhanced\n",
            PLOT_BLACK, (double)LEFT_MARGIN / PLOT_WIDTH_PIXELS,
            1.0 - (double)RIGHT_MARGIN / PLOT_WIDTH_PIXELS, 20.0 / PLOT_WIDTH_PIXELS);
}

void plot_script_panel(FILE *out, uint32_t pixels, const struct plot_panel *panel)
{
    uint32_t height = (pixels - TOP_MARGIN - BOTTOM_MARGIN) / panel->count;
    uint32_t key_lines = (panel->lines + 1u) / 2u;
    uint32_t top = TOP_MARGIN + panel->number * height + key_lines * KEY_LINE + 6u;
    bool last = panel->number + 1u == panel->count;
    uint32_t bottom = TOP_MARGIN + (panel->number + 1u) * height - (last ? 0u : PANEL_SPACE);

    if (panel->number > 0) /* the heading is drawn once */
        fprintf(out, "unset label 1\nunset label 2\n");
    fprintf(out,
            "set key maxrows %" PRIu32 "\nset tmargin at screen %.5f\nset bmargin at screen %.5f\n",
            key_lines, from_top(pixels, top), from_top(pixels, bottom));
    if (last)
        fprintf(out, "set format x\nset xlabel '%s' offset 0,0.4\n", panel->x_name);
    else
        fprintf(out, "set format x ''\nunset xlabel\n");
}
