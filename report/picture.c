/* SPDX-License-Identifier: 0BSD */
/* Drawing. The one fact to know: every id in an SVG of the page begins with the picture's number,
 * because gnuplot uses the same ids in each of them.
 */
#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "gnuplot.h"
#include "html.h"
#include "plot_colours.h"

/* -- Script ------------------------------------------------------------------------------------ */

#define LABEL_CHARACTERS 24u /* more would leave the picture no room */
#define ELLIPSIS         "\xe2\x80\xa6"

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0u) != 0x80u;
}

/* A text between gnuplot's quotes, where two of them stand for one, cut to so many characters.
 * Escaping it for XML is gnuplot's business.
 */
static void quoted(FILE *out, const char *text, uint32_t characters_max)
{
    uint32_t characters = 0;

    fputc('\'', out);
    for (; *text != '\0'; text++) {
        characters += begins_character(*text);
        if (characters > characters_max)
            break;
        if (*text == '\'')
            fputc('\'', out);
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
    }
    fputs(*text != '\0' ? ELLIPSIS "'" : "'", out);
}

void picture_begin(struct picture *picture, uint32_t height, const char *x_title,
                   const char *y_title)
{
    memset(picture, 0, sizeof *picture);
    must_text_begin(&picture->script);
    picture->out = picture->script.out;
    fprintf(picture->out,
            "set terminal svg size %u,%u font 'sans-serif,13' background 'white' noenhanced\n"
            "set encoding utf8\nset border 3\nset tics nomirror\n"
            "set grid lc rgb '#dddddd' lw 1\n"
            "set key tmargin right horizontal samplen 1\n",
            PICTURE_WIDTH, height);
    fputs("set xlabel ", picture->out);
    quoted(picture->out, x_title, UINT32_MAX);
    fputs("\nset ylabel ", picture->out);
    quoted(picture->out, y_title, UINT32_MAX);
    fputc('\n', picture->out);
}

/* gnuplot takes the label of a tic as a format. */
void picture_tic(struct picture *picture, const char *axis, const char *label, double at)
{
    struct must_text format;
    char *text;

    must_text_begin(&format);
    for (; *label != '\0'; label++)
        fputs(*label == '%' ? "%%" : (char[]){ *label, '\0' }, format.out);
    text = must_text_end(&format);
    fprintf(picture->out, "set %stics add (", axis);
    quoted(picture->out, text, LABEL_CHARACTERS);
    free(text);
    fprintf(picture->out, " %.9g)\n", at);
}

void picture_series(struct picture *picture, const char *name, const char *style)
{
    uint32_t at = picture->series++;

    if (at > 0 && at <= PICTURE_SERIES_MAX)
        fputs("end\n", picture->out);
    if (at >= PICTURE_SERIES_MAX)
        return;
    picture->names[at] = must_copy(name);
    picture->styles[at] = style;
    fprintf(picture->out, "$series%u << end\n", at);
}

void picture_point(struct picture *picture, double x, double y)
{
    if (picture->series > PICTURE_SERIES_MAX || !isfinite(x) || !isfinite(y))
        return;
    fprintf(picture->out, "%.9g %.9g\n", x, y);
    picture->points[picture->series - 1u]++;
}

/* The plot command. A series without points would be an error to gnuplot. NULL: all are so. */
static char *finish_script(struct picture *picture)
{
    static const char *const colours[] = { PLOT_BLUE,   PLOT_VERMILION, PLOT_GREEN, PLOT_ORANGE,
                                           PLOT_PURPLE, PLOT_SKY,       PLOT_BLACK, "#888888" };
    static const uint32_t signs[] = { 7, 5, 9, 11, 13, 4, 6, 8, 10, 12, 1, 2, 3 };
    uint32_t count = picture->series < PICTURE_SERIES_MAX ? picture->series : PICTURE_SERIES_MAX;
    uint32_t plotted = 0;
    char *script;

    if (picture->series > 0 && picture->series <= PICTURE_SERIES_MAX)
        fputs("end\n", picture->out);
    for (uint32_t i = 0; i < count; i++) {
        if (picture->points[i] == 0) {
            free(picture->names[i]);
            continue;
        }
        fprintf(picture->out, "%s$series%u using 1:2 with %s lc rgb '%s' lw 2 ",
                plotted++ == 0 ? "plot " : ", ", i, picture->styles[i],
                colours[i % (sizeof colours / sizeof colours[0])]);
        if (strcmp(picture->styles[i], "lines") != 0)
            fprintf(picture->out, "pt %u ps 0.7 ", signs[i % (sizeof signs / sizeof signs[0])]);
        fputs("title ", picture->out);
        quoted(picture->out, picture->names[i], LABEL_CHARACTERS);
        free(picture->names[i]);
    }
    fputc('\n', picture->out);
    script = must_text_end(&picture->script);
    if (plotted > 0)
        return script;
    free(script);
    return NULL;
}

/* -- SVG --------------------------------------------------------------------------------------- */

static char *read_all(int fd)
{
    struct must_text text;
    char buffer[8192];
    ssize_t got;

    must_text_begin(&text);
    if (lseek(fd, 0, SEEK_SET) == 0)
        while ((got = read(fd, buffer, sizeof buffer)) > 0)
            fwrite(buffer, 1, (size_t)got, text.out);
    return must_text_end(&text);
}

/* Copy from <svg on; in its tags, ids and what refers to them with the picture's own prefix. */
static void embed(struct page *page, const char *svg)
{
    static const char *const marks[] = { " id='", " id=\"", "href='#", "href=\"#", "url(#" };

    for (bool in_tag = true; *svg != '\0';) {
        size_t mark = in_tag ? 0 : sizeof marks / sizeof marks[0];

        if (*svg == '<' || *svg == '>')
            in_tag = *svg == '<';
        while (mark < sizeof marks / sizeof marks[0] &&
               strncmp(svg, marks[mark], strlen(marks[mark])) != 0)
            mark++;
        if (mark == sizeof marks / sizeof marks[0]) {
            fputc(*svg++, page->out);
            continue;
        }
        fprintf(page->out, "%sp%u-", marks[mark], page->pictures);
        svg += strlen(marks[mark]);
    }
}

/* gnuplot's own <title> would be shown as a tooltip over the whole picture. */
static void drop_title(char *svg)
{
    static const char own[] = "<title>Gnuplot</title>";
    char *title = strstr(svg, own);

    if (title != NULL)
        memmove(title, title + sizeof own - 1u, strlen(title + sizeof own - 1u) + 1u);
}

static enum gnuplot_end draw(const char *script, char **ret_svg)
{
    int script_fd = aside_unnamed("-");
    int picture_fd = aside_unnamed("-");
    size_t length = strlen(script);
    enum gnuplot_end end = GNUPLOT_FAILED;

    if (script_fd >= 0 && picture_fd >= 0 && write(script_fd, script, length) == (ssize_t)length &&
        lseek(script_fd, 0, SEEK_SET) == 0)
        end = gnuplot_draw(script_fd, picture_fd);
    if (end == GNUPLOT_DONE) {
        *ret_svg = read_all(picture_fd);
        if (strstr(*ret_svg, "<svg") == NULL || strstr(*ret_svg, "</svg>") == NULL) {
            free(*ret_svg);
            end = GNUPLOT_FAILED;
        }
    }
    if (script_fd >= 0)
        close(script_fd);
    if (picture_fd >= 0)
        close(picture_fd);
    return end;
}

static void figure(struct page *page, const char *svg, const char *caption)
{
    fputs("<figure role=\"img\" aria-label=\"", page->out);
    html_text(page->out, caption);
    fputs("\">\n", page->out);
    embed(page, svg);
    fputs("<figcaption>", page->out);
    html_text(page->out, caption);
    fputs("</figcaption>\n</figure>\n", page->out);
}

void picture_end(struct page *page, struct picture *picture, const char *caption)
{
    char *script = finish_script(picture);
    char *svg = NULL;
    enum gnuplot_end end = GNUPLOT_MISSING;

    if (script == NULL)
        return;
    page->pictures++;
    if (!page->without_gnuplot)
        end = draw(script, &svg);
    if (end == GNUPLOT_DONE) {
        drop_title(svg);
        figure(page, strstr(svg, "<svg"), caption);
        free(svg);
    } else if (end == GNUPLOT_MISSING) {
        page->without_gnuplot = true;
        page_words(page, "No picture here: gnuplot was missing.");
    } else {
        page->bad = true;
    }
    free(script);
}

/* -- Dots -------------------------------------------------------------------------------------- */

#define DOTS_ROW_PIXELS   17u
#define DOTS_FRAME_PIXELS 120u

/* A line a row, its names on the left. */
static void begin_dots(struct picture *picture, const struct matrix *matrix, const char *x_title)
{
    picture_begin(picture, DOTS_FRAME_PIXELS + matrix->row_count * DOTS_ROW_PIXELS, x_title, "");
    fprintf(picture->out, "set yrange [%u.5:-0.5]\nset ytics ()\n", matrix->row_count - 1u);
    for (uint32_t i = 0; i < matrix->row_count; i++)
        picture_tic(picture, "y", matrix->rows[i].name, i);
}

void picture_ratios(struct page *page, const struct matrix *matrix, uint32_t ours,
                    const char *caption)
{
    struct picture picture;
    uint32_t order[MATRIX_COLUMNS_MAX];

    if (matrix->row_count == 0)
        return;
    matrix_order(matrix, ours, order);
    begin_dots(&picture, matrix, "ours / theirs; left of the line ours is less");
    fputs("set logscale x\n"
          "set arrow from 1, graph 0 to 1, graph 1 nohead lw 1.5 lc rgb '" PLOT_BLACK "'\n",
          picture.out);
    for (uint32_t j = 1; j < matrix->column_count; j++) {
        picture_series(&picture, matrix->columns[order[j]], "points");
        for (uint32_t i = 0; i < matrix->row_count; i++) {
            double our = matrix->rows[i].cells[ours];
            double their = matrix->rows[i].cells[order[j]];

            if (our > 0 && their > 0)
                picture_point(&picture, our / their, i);
        }
    }
    picture_end(page, &picture, caption);
}

void picture_values(struct page *page, const struct matrix *matrix, uint32_t ours,
                    const char *x_title, const char *caption)
{
    struct picture picture;
    uint32_t order[MATRIX_COLUMNS_MAX];

    if (matrix->row_count == 0)
        return;
    matrix_order(matrix, ours, order);
    begin_dots(&picture, matrix, x_title);
    fputs("set xrange [0:*]\n", picture.out);
    for (uint32_t j = 0; j < matrix->column_count; j++) {
        picture_series(&picture, matrix->columns[order[j]], "points");
        for (uint32_t i = 0; i < matrix->row_count; i++)
            picture_point(&picture, matrix->rows[i].cells[order[j]], i);
    }
    picture_end(page, &picture, caption);
}
