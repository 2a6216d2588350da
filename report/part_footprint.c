/* SPDX-License-Identifier: 0BSD */
/* Footprint over time, on the trace the recommended table is worst on. */
#include <math.h>

#include "html.h"
#include "parts.h"
#include "picture.h"

static void draw(struct page *page, const struct tune_file *tune)
{
    static const char *const names[] = { "footprint, Linux kmalloc's classes",
                                         "footprint, recommended", "live bytes" };
    struct picture picture;

    picture_begin(&picture, 320, "heap operation", "MiB");
    fputs("set yrange [0:*]\nset key maxcols 1\n", picture.out);
    for (uint32_t series = 0; series < 3; series++) {
        picture_series(&picture, names[series], "lines");
        for (uint32_t i = 0; i < tune->moment_count; i++) {
            const struct tune_moment *moment = &tune->moments[i];
            double mib = series == 0   ? moment->kmalloc_mib
                         : series == 1 ? moment->judged_mib
                                       : moment->live_mib;

            picture_point(&picture, moment->op, mib);
        }
    }
    picture_end(page, &picture,
                "Footprint over time: pages of the heap and its metadata, and the bytes that were "
                "live.");
}

void part_footprint(struct page *page, const struct part_inputs *inputs)
{
    const struct tune_file *tune = inputs->tune;
    struct tune_moment peak = { .op = 0 };
    char live[HTML_WORD_BYTES];
    char judged[HTML_WORD_BYTES];
    char kmalloc[HTML_WORD_BYTES];

    if (tune == NULL || tune->trace == NULL) {
        page_absent(page, "footprint", "footprint over time (footprint.dat beside tune.json)",
                    PART_TUNE_COMMAND);
        return;
    }
    for (uint32_t i = 0; i < tune->moment_count; i++) {
        peak.live_mib = fmax(peak.live_mib, tune->moments[i].live_mib);
        peak.judged_mib = fmax(peak.judged_mib, tune->moments[i].judged_mib);
        peak.kmalloc_mib = fmax(peak.kmalloc_mib, tune->moments[i].kmalloc_mib);
    }
    page_section(page, "footprint",
                 html_format("Footprint over time on %s, our hardest trace: %s MiB at the peak for "
                             "%s MiB live; Linux kmalloc's classes take %s",
                             tune->trace, html_number(judged, peak.judged_mib),
                             html_number(live, peak.live_mib),
                             html_number(kmalloc, peak.kmalloc_mib)));
    draw(page, tune);
    page_source(page, tune->command, tune->trace_path);
    page_section_end(page);
}
