/* SPDX-License-Identifier: 0BSD */
/* The gnuplot script of the size histogram: requests above, bytes live on average below, both as
 * shares of their kind of object, over sizes that double. Light lines are the edges of the default
 * buckets.
 */
#include "plot_draw.h"
#include "plot_script.h"

#include <inttypes.h>

#define SIZES_PIXELS 660u

/* Kinds of objects, told apart by colour and by pattern. */
static const struct {
    const char *name;
    const char *colour;
    const char *fill;
} kinds[PLOT_OBJECTS] = {
    { "blocks", PLOT_BLUE, "solid 0.75 border" },
    { "regions", PLOT_ORANGE, "pattern 4 border" },
    { "stacks", PLOT_GREEN, "pattern 2 border" },
};

static uint64_t total(const struct plot_sizes *sizes, uint32_t object, bool requests)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < PLOT_BINS; i++)
        sum += requests ? sizes->bin[object][i].requests : sizes->bin[object][i].live_bytes_sum;
    return sum;
}

static double share(const struct plot_bin *bin, bool requests, uint64_t of)
{
    uint64_t part = requests ? bin->requests : bin->live_bytes_sum;

    return of ? 100.0 * (double)part / (double)of : 0.0;
}

bool plot_has_sizes(const struct plot_run *run)
{
    for (uint32_t object = 0; object < PLOT_OBJECTS; object++)
        if (total(&run->sizes, object, true) > 0)
            return true;
    return false;
}

/* -- Axes -------------------------------------------------------------------------------------- */

/* Where a bin begins on an axis that has no 0. */
static uint64_t left_edge(uint32_t bin)
{
    return bin == 0 ? plot_bin_last(0) / 2u : plot_bin_first(bin) - 1u;
}

/* Powers of two around everything there is, three doublings apart at least. */
static void find_range(const struct plot_sizes *sizes, uint32_t *ret_low_log2,
                       uint32_t *ret_high_log2)
{
    uint32_t low = 33;
    uint32_t high = 0;

    for (uint32_t object = 0; object < PLOT_OBJECTS; object++)
        for (uint32_t i = 0; i < PLOT_BINS; i++) {
            if (sizes->bin[object][i].requests == 0)
                continue;
            while (low > 0 && left_edge(i) < UINT64_C(1) << low)
                low--;
            while (plot_bin_last(i) > UINT64_C(1) << high)
                high++;
        }
    *ret_low_log2 = low;
    *ret_high_log2 = high < low + 3u ? low + 3u : high;
}

static void put_x_axis(FILE *out, uint32_t low_log2, uint32_t high_log2, bool labels)
{
    uint32_t step = high_log2 - low_log2 <= 8u ? 1u : high_log2 - low_log2 <= 16u ? 2u : 3u;
    char word[PLOT_WORD_BYTES];

    fprintf(out, "set logscale x 2\nset xrange [2**%" PRIu32 ".:2**%" PRIu32 ".]\nset xtics (",
            low_log2, high_log2);
    for (uint32_t at = low_log2; at <= high_log2; at++) {
        if (at > low_log2)
            fprintf(out, ", ");
        if (at % step != 0 || !labels)
            word[0] = '\0';
        else if (at < 10u)
            snprintf(word, sizeof word, "%u", 1u << at); /* the axis is in bytes */
        else
            plot_amount(word, UINT64_C(1) << at);
        fprintf(out, "'%s' 2**%" PRIu32 ". %u", word, at, at % step != 0); /* 1: a small tic */
    }
    fprintf(out, ")\n");
}

/* -- Panels ------------------------------------------------------------------------------------ */

static void put_data(FILE *out, const struct plot_sizes *sizes)
{
    for (uint32_t object = 0; object < PLOT_OBJECTS; object++) {
        uint64_t requests = total(sizes, object, true);
        uint64_t live = total(sizes, object, false);

        if (requests == 0)
            continue;
        fprintf(out, "$%s << EOD\n", kinds[object].name);
        for (uint32_t i = 0; i < PLOT_BINS; i++)
            if (sizes->bin[object][i].requests > 0)
                fprintf(out, "%" PRIu64 " %" PRIu64 " %.5f %.5f\n", left_edge(i), plot_bin_last(i),
                        share(&sizes->bin[object][i], true, requests),
                        share(&sizes->bin[object][i], false, live));
        fprintf(out, "EOD\n");
    }
    fprintf(out, "$edges << EOD\n");
    for (uint32_t i = 0; i < bucket_default_count; i++)
        fprintf(out, "%u\n", bucket_default_bytes[i]);
    fprintf(out, "EOD\n");
}

static double highest_share(const struct plot_sizes *sizes, bool requests)
{
    double highest = 0;

    for (uint32_t object = 0; object < PLOT_OBJECTS; object++) {
        uint64_t of = total(sizes, object, requests);

        for (uint32_t i = 0; i < PLOT_BINS; i++)
            if (share(&sizes->bin[object][i], requests, of) > highest)
                highest = share(&sizes->bin[object][i], requests, of);
    }
    return highest;
}

static void put_panel(FILE *out, const struct plot_sizes *sizes, bool requests)
{
    double highest = highest_share(sizes, requests);
    double top = highest > 0 ? 1.08 * highest : 1.0;
    char word[PLOT_WORD_BYTES];

    fprintf(out, "set yrange [0:%.5f]\nset label 4 '%s, %%'\nplot ", top,
            requests ? "requests" : "live bytes, mean");
    if (total(sizes, PLOT_BLOCKS, true) > 0)
        fprintf(out,
                "$edges using 1:(0):(0):(%.5f) with vectors nohead lw 0.7 lc '#c8c8c8' "
                "title 'edges of buckets', \\\n  ",
                top);
    for (uint32_t object = 0; object < PLOT_OBJECTS; object++) {
        uint64_t of = total(sizes, object, true);

        if (of == 0)
            continue;
        fprintf(out, "$%s using 1:%d:1:2:(0):%d with boxxyerror fs %s lw 0.8 lc '%s' title '%s: ",
                kinds[object].name, requests ? 3 : 4, requests ? 3 : 4, kinds[object].fill,
                kinds[object].colour, kinds[object].name);
        if (requests)
            fprintf(out, "%s request%s', ", plot_grouped(word, of), of == 1 ? "" : "s");
        else
            fprintf(out, "%s live', ",
                    plot_amount(word,
                                total(sizes, object, false) / (sizes->ticks ? sizes->ticks : 1u)));
    }
    fprintf(out, "NaN notitle\n");
}

/* Lines of the legend: a kind each, and the edges. */
static uint32_t legend_lines(const struct plot_sizes *sizes)
{
    uint32_t lines = total(sizes, PLOT_BLOCKS, true) > 0;

    for (uint32_t object = 0; object < PLOT_OBJECTS; object++)
        lines += total(sizes, object, true) > 0;
    return lines;
}

void plot_script_sizes(FILE *out, const struct plot_picture *picture)
{
    const struct plot_sizes *sizes = &picture->run->sizes;
    struct plot_panel panel = { .count = 2,
                                .lines = legend_lines(sizes),
                                .x_name = "size asked for, bytes" };
    uint32_t low_log2;
    uint32_t high_log2;

    find_range(sizes, &low_log2, &high_log2);
    plot_script_begin(out, picture, SIZES_PIXELS);
    put_data(out, sizes);
    fprintf(out, "set multiplot\n");
    for (; panel.number < panel.count; panel.number++) {
        plot_script_panel(out, SIZES_PIXELS, &panel);
        put_x_axis(out, low_log2, high_log2, panel.number + 1u == panel.count);
        put_panel(out, sizes, panel.number == 0);
    }
    fprintf(out, "unset multiplot\n");
}
