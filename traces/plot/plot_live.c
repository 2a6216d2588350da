/* SPDX-License-Identifier: 0BSD */
/* The gnuplot script of levels over operations or time: memory on top, addresses below where a
 * trace has regions or stacks. A line is the highest value of a column, the band below it reaches
 * down to the lowest.
 */
#include "plot_draw.h"
#include "plot_script.h"

#include <inttypes.h>

#define ONE_PANEL_PIXELS  440u
#define TWO_PANELS_PIXELS 660u

/* A unit of an axis: how much is 1, and its name. */
struct unit {
    double size;
    const char *name;
};

/* The largest unit of which there are enough for numbers without many places. */
static struct unit x_unit(const struct plot_run *run)
{
    static const struct unit times[] = { { 1e9, "recorded time, seconds" },
                                         { 1e6, "recorded time, milliseconds" },
                                         { 1e3, "recorded time, microseconds" },
                                         { 1, "recorded time, nanoseconds" } };
    static const struct unit ops[] = { { 1e6, "operations, millions" },
                                       { 1e3, "operations, thousands" },
                                       { 1, "operations" } };
    const struct unit *unit = run->by_time ? times : ops;
    double enough = run->by_time ? 1 : 10;

    while (unit->size > 1 && (double)run->curve.length < enough * unit->size)
        unit++;
    return *unit;
}

bool plot_has_live(const struct plot_run *run)
{
    return run->curve.count > 0;
}

/* A walk along one edge of a level: the lowest or highest values, forwards or backwards. */
struct edge {
    enum plot_level level;
    bool high;
    bool backwards;
};

static uint32_t value_at(const struct plot_curve *curve, const struct edge *edge, uint32_t i)
{
    uint32_t column = edge->backwards ? curve->count - 1u - i : i;

    return (edge->high ? curve->column[column].high : curve->column[column].low)[edge->level];
}

/* Where column number `i` of the walk begins; i == count: where the last one ends. */
static uint64_t position_at(const struct plot_curve *curve, const struct edge *edge, uint32_t i)
{
    uint32_t column = edge->backwards ? curve->count - i : i;

    return column < curve->count ? column * curve->width : curve->length;
}

/* The corners of the steps, and nothing between. */
static void put_steps(FILE *out, const struct plot_curve *curve, struct edge edge)
{
    for (uint32_t i = 0; i < curve->count; i++) {
        uint32_t value = value_at(curve, &edge, i);

        if (i > 0 && value == value_at(curve, &edge, i - 1u))
            continue;
        if (i > 0)
            fprintf(out, "%" PRIu64 " %" PRIu32 "\n", position_at(curve, &edge, i),
                    value_at(curve, &edge, i - 1u));
        fprintf(out, "%" PRIu64 " %" PRIu32 "\n", position_at(curve, &edge, i), value);
    }
    fprintf(out, "%" PRIu64 " %" PRIu32 "\n", position_at(curve, &edge, curve->count),
            value_at(curve, &edge, curve->count - 1u));
}

/* Three data sets: the highest values, the lowest, and the outline of the band between them. */
static void put_data(FILE *out, const struct plot_curve *curve, enum plot_level level)
{
    fprintf(out, "$level%d << EOD\n", (int)level);
    put_steps(out, curve, (struct edge){ level, true, false });
    fprintf(out, "\n\n");
    put_steps(out, curve, (struct edge){ level, false, false });
    fprintf(out, "\n\n");
    put_steps(out, curve, (struct edge){ level, true, false });
    put_steps(out, curve, (struct edge){ level, false, true });
    fprintf(out, "EOD\n");
}

/* -- Panels ------------------------------------------------------------------------------------ */

/* One curve: a line over a band, over an area down to 0 if it has a colour. */
struct line {
    enum plot_level level;
    uint32_t unit_bytes;
    const char *name;
    const char *colour;
    const char *style; /* width and dashes of the line */
    bool area;
};

/* One panel's. */
struct chart {
    const char *name;
    const struct line *lines[3];
    uint32_t count;
};

static const struct line live_line = {
    PLOT_LIVE_BYTES, 1, "live bytes", PLOT_BLUE, "lw 1.5", true
};
static const struct line footprint_line = { PLOT_FOOTPRINT_PAGES, LA_PAGE_BYTES, "footprint",
                                            PLOT_VERMILION,       "lw 2",        false };
static const struct line stack_line = { PLOT_STACK_PAGES, LA_PAGE_BYTES,   "stacks",
                                        PLOT_GREEN,       "lw 2 dt (6,3)", false };
static const struct line used_line = { PLOT_USED_SEGMENTS, LA_SEGMENT_BYTES, "in use",
                                       PLOT_BLACK,         "lw 1.2",         false };
static const struct line committed_line = {
    PLOT_COMMITTED_SEGMENTS, LA_SEGMENT_BYTES, "committed", PLOT_ORANGE, "lw 1.5", true
};

static double peak_bytes(const struct plot_run *run, const struct line *line)
{
    return (double)run->curve.peak[line->level] * line->unit_bytes;
}

static void put_line(FILE *out, const struct plot_run *run, const struct line *line,
                     const struct unit *x, double y_bytes, const char *separator)
{
    char peak[PLOT_WORD_BYTES];
    char axes[64];

    snprintf(axes, sizeof axes, "using ($1/%g):($2*%.9g)", x->size, line->unit_bytes / y_bytes);
    fprintf(out, "%s", separator);
    if (line->area)
        fprintf(out,
                "$level%d index 1 %s with filledcurves y1=0 "
                "fs transparent solid 0.18 noborder lc '%s' notitle, \\\n  ",
                (int)line->level, axes, line->colour);
    fprintf(out,
            "$level%d index 2 %s with filledcurves closed "
            "fs transparent solid 0.35 noborder lc '%s' notitle, \\\n  "
            "$level%d index 0 %s with lines %s lc '%s' title '%s, peak %s'",
            (int)line->level, axes, line->colour, (int)line->level, axes, line->style, line->colour,
            line->name, plot_amount(peak, (uint64_t)peak_bytes(run, line)));
}

/* Where the map was taken. */
static void put_moment(FILE *out, const struct plot_run *run, const struct unit *x)
{
    double at = (double)(run->by_time ? run->at.ns : run->at.ops);
    bool right = at > 0.9 * (double)run->curve.length;

    fprintf(out,
            "set arrow 1 from %.9g, graph 0 to %.9g, graph 1 nohead lw 1 dt (2,3) lc '%s' front\n"
            "set label 3 'map' at %.9g, graph 1 %s offset %s,-0.6 font ',13' tc '%s' front\n",
            at / x->size, at / x->size, PLOT_GREY, at / x->size, right ? "right" : "left",
            right ? "-0.5" : "0.5", PLOT_GREY);
}

static void put_panel(FILE *out, const struct plot_run *run, const struct chart *chart)
{
    static const struct unit bytes[] = {
        { 1024.0, "KiB" }, { 1048576.0, "MiB" }, { 1073741824.0, "GiB" }, { 0, NULL }
    };
    const struct unit *y = bytes;
    const struct unit x = x_unit(run);
    double highest = 0;

    for (uint32_t i = 0; i < chart->count; i++) {
        if (peak_bytes(run, chart->lines[i]) > highest)
            highest = peak_bytes(run, chart->lines[i]);
        put_data(out, &run->curve, chart->lines[i]->level);
    }
    while (highest >= 1024.0 * y->size && y[1].name)
        y++;
    fprintf(out, "set label 4 '%s, %s'\nset xrange [0:%.9g]\nset yrange [0:%.9g]\n", chart->name,
            y->name, (double)run->curve.length / x.size,
            highest > 0 ? 1.13 * highest / y->size : 1.0);
    put_moment(out, run, &x);
    for (uint32_t i = 0; i < chart->count; i++)
        put_line(out, run, chart->lines[i], &x, y->size, i == 0 ? "plot " : ", \\\n  ");
    fputc('\n', out);
}

/* Memory on top if there is any, addresses below if somebody asks for them. Answers how many. */
static uint32_t choose_charts(const struct plot_run *run, struct chart charts[2])
{
    bool stacks = run->kinds[TRACE_STACK_CREATE] > 0;
    bool addresses = stacks || run->kinds[TRACE_RESERVE] > 0;
    bool heap = run->curve.peak[PLOT_FOOTPRINT_PAGES] > 0 || !addresses;
    struct chart memory = { .name = "memory" };
    uint32_t count = 0;

    if (heap) {
        memory.lines[memory.count++] = &live_line;
        memory.lines[memory.count++] = &footprint_line;
    }
    if (stacks)
        memory.lines[memory.count++] = &stack_line;
    if (memory.count > 0)
        charts[count++] = memory;
    if (addresses)
        charts[count++] = (struct chart){ "addresses", { &committed_line, &used_line }, 2 };
    return count;
}

void plot_script_live(FILE *out, const struct plot_picture *picture)
{
    const struct plot_run *run = picture->run;
    struct chart charts[2];
    uint32_t count = choose_charts(run, charts);
    uint32_t pixels = count == 2 ? TWO_PANELS_PIXELS : ONE_PANEL_PIXELS;

    plot_script_begin(out, picture, pixels);
    fprintf(out, "set multiplot\n");
    for (uint32_t i = 0; i < count; i++) {
        const struct plot_panel panel = { i, count, charts[i].count, x_unit(run).name };

        plot_script_panel(out, pixels, &panel);
        put_panel(out, run, &charts[i]);
    }
    fprintf(out, "unset multiplot\n");
}
