/* SPDX-License-Identifier: 0BSD */
/* The map as SVG, written here: gnuplot would put a PNG into it. On top all 65,536 segments, 256 a
 * row; where only a few rows of 64 hold anything, these again below, large enough to see each
 * segment. A row's equal neighbours are one piece of a path, so that the file stays small.
 */
#include "plot_svg.h"

#include "plot_colours.h"

#include <inttypes.h>

/* Pixels. */
#define SIDE          256u /* segments a row, and rows */
#define MARGIN        16u
#define MAP_LEFT      92u /* behind the addresses */
#define MAP_TOP       112u
#define LEGEND_LINE   20u
#define LEGEND_COLUMN 274u
#define SWATCH        13u
#define FACT_LINE     19u

#define SMALL_GREY "font-size=\"14\" fill=\"" PLOT_GREY "\""

struct drawing {
    FILE *out;
    const struct plot_picture *picture;
    struct plot_looks looks;
    struct plot_rows rows;
    uint32_t pixel; /* a segment's side */
    uint32_t fact_count;
    char facts[PLOT_FACTS_MAX][PLOT_FACT_BYTES];
};

/* -- Text -------------------------------------------------------------------------------------- */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else
            fputc(*text, out);
    }
}

void plot_svg_text(FILE *out, uint32_t x, uint32_t y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%" PRIu32 "\" y=\"%" PRIu32 "\"%s%s>", x, y, *style ? " " : "", style);
    put_escaped(out, text);
    fputs("</text>\n", out);
}

/* -- The map of all ---------------------------------------------------------------------------- */

/* All segments of one look, as rows of strokes one unit thick, relative to each other. */
static void put_look(const struct drawing *d, enum plot_look look)
{
    uint32_t x = 0; /* where the path is */
    uint32_t y = 0;
    bool begun = false;

    for (uint32_t segment = 0; segment < LA_SEGMENTS;) {
        uint32_t end = segment;

        while (end / SIDE == segment / SIDE && plot_look_of(&d->looks, end) == look)
            end++;
        if (end == segment) {
            segment++;
            continue;
        }
        if (!begun)
            fprintf(d->out, "<path stroke=\"%s\" d=\"", plot_look_colour(&d->looks, look));
        begun = true;
        fprintf(d->out, "m%d %uh%u", (int)(segment % SIDE) - (int)x, segment / SIDE - y,
                end - segment);
        x = segment % SIDE + end - segment;
        y = segment / SIDE;
        segment = end;
    }
    if (begun)
        fputs("\"/>\n", d->out);
}

static void put_axes(const struct drawing *d)
{
    uint32_t step = d->pixel == 1 ? 32u : 16u; /* rows between addresses: 512 or 256 MiB */
    char address[16];

    fprintf(d->out, "<g font-family=\"monospace\" font-size=\"12\" text-anchor=\"end\">\n");
    for (uint32_t row = 0; row < SIDE; row += step) {
        snprintf(address, sizeof address, "%08" PRIx32, la_segment_va(row * SIDE));
        plot_svg_text(d->out, MAP_LEFT - 9u, MAP_TOP + row * d->pixel + 4u, "", address);
    }
    fprintf(d->out, "</g>\n<path stroke=\"" PLOT_BLACK "\" d=\"");
    for (uint32_t row = 0; row < SIDE; row += step)
        fprintf(d->out, "M%u %u.5h5", MAP_LEFT - 6u, MAP_TOP + row * d->pixel);
    fprintf(d->out, "\"/>\n");
    plot_svg_text(d->out, MAP_LEFT, MAP_TOP - 8u, SMALL_GREY,
                  "a cell is a segment of 64 KiB, a row 16 MiB");
}

/* Beside the map: which rows are in use, for those too thin to be seen. */
static void put_used_rows(const struct drawing *d)
{
    fprintf(d->out, "<path fill=\"" PLOT_GREY "\" d=\"");
    for (uint32_t row = 0; row < SIDE; row++) {
        bool used = false;

        for (uint32_t i = row * SIDE; i < (row + 1u) * SIDE; i++)
            used |= d->looks.map->segment[i].state != PLOT_FREE &&
                    d->looks.map->segment[i].state != PLOT_OUTSIDE;
        if (used)
            fprintf(d->out, "M%u %uh5v%uh-5z", MAP_LEFT + SIDE * d->pixel + 4u,
                    MAP_TOP + row * d->pixel, d->pixel);
    }
    fputs("\"/>\n", d->out);
}

static void put_map(const struct drawing *d)
{
    uint32_t side = SIDE * d->pixel;

    put_axes(d);
    fprintf(d->out,
            "<g transform=\"translate(%u %u) scale(%u)\" fill=\"none\" "
            "shape-rendering=\"crispEdges\"><g transform=\"translate(0 .5)\">\n",
            MAP_LEFT, MAP_TOP, d->pixel);
    for (int look = PLOT_LOOK_OUTSIDE; look < PLOT_LOOKS; look++)
        put_look(d, (enum plot_look)look);
    fprintf(d->out, "</g></g>\n");
    fprintf(d->out,
            "<rect x=\"%u.5\" y=\"%u.5\" width=\"%u\" height=\"%u\" fill=\"none\" "
            "stroke=\"" PLOT_BLACK "\"/>\n",
            MAP_LEFT - 1u, MAP_TOP - 1u, side + 1u, side + 1u);
    put_used_rows(d);
}

/* -- Legend and figures ------------------------------------------------------------------------ */

static void put_legend_line(const struct drawing *d, enum plot_look look, uint32_t x, uint32_t y)
{
    char word[PLOT_WORD_BYTES];
    char count[PLOT_WORD_BYTES];
    char line[2u * PLOT_WORD_BYTES + 4u];

    fprintf(d->out,
            "<rect x=\"%u.5\" y=\"%u.5\" width=\"%u\" height=\"%u\" fill=\"%s\" "
            "stroke=\"" PLOT_BLACK "\" stroke-width=\".6\"/>\n",
            x, y - 11u, SWATCH, SWATCH, plot_look_colour(&d->looks, look));
    plot_look_words(&d->looks, look, word);
    snprintf(line, sizeof line, "%s: %s", word, plot_grouped(count, d->looks.segments[look]));
    plot_svg_text(d->out, x + SWATCH + 8u, y, "", line);
}

static void put_legend(const struct drawing *d, uint32_t x, uint32_t y, uint32_t columns)
{
    uint32_t count = 0;

    for (int look = 0; look < PLOT_LOOKS; look++) {
        if (d->looks.segments[look] == 0)
            continue;
        put_legend_line(d, (enum plot_look)look, x + count % columns * LEGEND_COLUMN,
                        y + count / columns * LEGEND_LINE);
        count++;
    }
}

static void put_facts(const struct drawing *d, uint32_t y)
{
    for (uint32_t i = 0; i < d->fact_count; i++)
        plot_svg_text(d->out, MARGIN, y + i * FACT_LINE, "", d->facts[i]);
}

/* -- All --------------------------------------------------------------------------------------- */

static void put_heading(const struct drawing *d)
{
    char fact[PLOT_FACT_BYTES];

    plot_svg_text(d->out, MARGIN, 30, "font-size=\"19\" font-weight=\"bold\"",
                  d->picture->heading.title);
    plot_svg_text(d->out, MARGIN, 51, SMALL_GREY, d->picture->heading.subtitle);
    plot_moment_words(fact, d->picture->run);
    plot_svg_text(d->out, MARGIN, 75, "font-size=\"15\"", fact);
}

static void put_begin(const struct drawing *d, uint32_t height)
{
    fprintf(d->out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%" PRIu32
            "\" viewBox=\"0 0 %u %" PRIu32
            "\" font-family=\"sans-serif\" font-size=\"14\">\n<title>",
            PLOT_WIDTH_PIXELS, height, PLOT_WIDTH_PIXELS, height);
    put_escaped(d->out, d->picture->heading.title);
    fprintf(d->out,
            ": address space</title>\n<rect width=\"%u\" height=\"%" PRIu32
            "\" fill=\"#ffffff\"/>\n",
            PLOT_WIDTH_PIXELS, height);
}

static uint32_t looks_shown(const struct plot_looks *looks)
{
    uint32_t count = 0;

    for (int look = 0; look < PLOT_LOOKS; look++)
        count += looks->segments[look] > 0;
    return count;
}

/* All segments large, the legend below. */
static void put_large(struct drawing *d)
{
    uint32_t legend = MAP_TOP + 2u * SIDE + 30u;
    uint32_t facts = legend + (looks_shown(&d->looks) + 1u) / 2u * LEGEND_LINE + 12u;

    d->pixel = 2;
    put_begin(d, facts + d->fact_count * FACT_LINE);
    put_heading(d);
    put_map(d);
    put_legend(d, MAP_LEFT, legend, 2);
    put_facts(d, facts);
}

/* All segments small, the legend beside them, and the rows in use below. */
static void put_small_and_rows(struct drawing *d)
{
    uint32_t facts = MAP_TOP + SIDE + 34u;
    bool heap = d->looks.map->states[PLOT_HEAP] > 0;
    uint32_t caption = facts + d->fact_count * FACT_LINE + 14u;
    uint32_t rows = caption + (heap ? 26u : 8u);

    d->pixel = 1;
    put_begin(d, rows + plot_svg_rows_height(&d->rows) + MARGIN);
    put_heading(d);
    put_map(d);
    put_legend(d, MAP_LEFT + SIDE + 34u, MAP_TOP + 12u, 1);
    put_facts(d, facts);
    plot_svg_text(d->out, MAP_LEFT, caption, SMALL_GREY,
                  "what is in use, larger: a cell is a segment of 64 KiB, a row 4 MiB");
    if (heap)
        plot_svg_text(d->out, MAP_LEFT, caption + 18u, SMALL_GREY,
                      "heaps: dark as far as blocks are live, light as far as pages have memory");
    plot_svg_rows(d->out, &d->looks, &d->rows, MAP_LEFT, rows);
}

void plot_svg_map(FILE *out, const struct plot_picture *picture)
{
    struct drawing d = { .out = out, .picture = picture };

    plot_looks_find(&d.looks, &picture->run->map, picture->by);
    plot_rows_find(&d.rows, &picture->run->map);
    d.fact_count = plot_facts(d.facts, picture->run);
    if (d.rows.scale == 1)
        put_small_and_rows(&d);
    else
        put_large(&d);
    fputs("</svg>\n", out);
}
