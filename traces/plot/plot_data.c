/* SPDX-License-Identifier: 0BSD */
/* The figures behind the pictures, for other programs. Everything is an exact integer. */
#include "plot_draw.h"

#include <inttypes.h>

void plot_data_live(FILE *out, const struct plot_picture *picture)
{
    const struct plot_run *run = picture->run;
    const struct plot_curve *curve = &run->curve;

    fprintf(out,
            "# a column from %s to %s, then lowest and highest: live bytes, footprint pages,\n"
            "# stack pages, segments in use, segments committed\n",
            run->by_time ? "ns" : "op", run->by_time ? "ns" : "op");
    for (uint32_t i = 0; i < curve->count; i++) {
        fprintf(out, "%" PRIu64 " %" PRIu64, i * curve->width, plot_curve_end(curve, i));
        for (int level = 0; level < PLOT_LEVELS; level++)
            fprintf(out, " %" PRIu32 " %" PRIu32, curve->column[i].low[level],
                    curve->column[i].high[level]);
        fputc('\n', out);
    }
}

void plot_data_sizes(FILE *out, const struct plot_picture *picture)
{
    static const char *const names[PLOT_OBJECTS] = { "blocks", "regions", "stacks" };
    const struct plot_sizes *sizes = &picture->run->sizes;

    fprintf(out,
            "# object, bytes from, bytes to, requests, live bytes summed over %" PRIu64
            " operations\n",
            sizes->ticks);
    for (uint32_t object = 0; object < PLOT_OBJECTS; object++)
        for (uint32_t i = 0; i < PLOT_BINS; i++) {
            const struct plot_bin *bin = &sizes->bin[object][i];

            if (bin->requests > 0 || bin->live_bytes_sum > 0)
                fprintf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", names[object],
                        plot_bin_first(i), plot_bin_last(i), bin->requests, bin->live_bytes_sum);
        }
}

/* Whether two neighbours are one line. A region's beginning always is a line of its own. */
static bool goes_on(const struct plot_segment *a, const struct plot_segment *b)
{
    return a->state == b->state && !b->first && a->pages == b->pages && a->bucket == b->bucket &&
           a->live_blocks == b->live_blocks && a->blocks == b->blocks && a->heap == b->heap;
}

void plot_data_map(FILE *out, const struct plot_picture *picture)
{
    const struct plot_map *map = &picture->run->map;
    uint32_t end;

    fprintf(out, "# segment, segments, state, backed pages in each; of a heap: heap, block bytes\n"
                 "# (0: a large block, -: none live), live blocks, blocks that fit\n");
    for (uint32_t first = 0; first < LA_SEGMENTS; first = end) {
        const struct plot_segment *at = &map->segment[first];

        for (end = first + 1u; end < LA_SEGMENTS && goes_on(at, &map->segment[end]);)
            end++;
        fprintf(out, "%" PRIu32 " %" PRIu32 " %s %u", first, end - first,
                plot_state_name((enum plot_state)at->state), at->pages);
        if (at->state == PLOT_HEAP && at->bucket == PLOT_BUCKET_NONE)
            fprintf(out, " %" PRIu32 " - 0 0", at->heap);
        else if (at->state == PLOT_HEAP)
            fprintf(out, " %" PRIu32 " %" PRIu32 " %u %u", at->heap, map->block_bytes[at->bucket],
                    at->live_blocks, at->blocks);
        fputc('\n', out);
    }
}
