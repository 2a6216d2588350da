/* SPDX-License-Identifier: 0BSD */
/* Pictures: figures go to .dat files, one gnuplot script draws three SVG files from them. The one
 * fact to know: gnuplot draws to .part files, which are renamed when it ended well.
 */
#include "report.h"

#include "gnuplot.h"

#include <stdlib.h>
#include <unistd.h>

#define SAMPLES 1000u

/* -- Data -------------------------------------------------------------------------------------- */

static bool write_front(FILE *out, const void *context)
{
    const struct tuning *tuning = context;

    fprintf(out, "# tables: buckets, waste %% trained and judged, footprint trained and judged\n");
    for (uint32_t i = 0; i < tuning->front_count; i++) {
        const struct outcome *row = &tuning->front[i];
        fprintf(out, "%u %.4f %.4f %.6f %.6f\n", row->buckets,
                ((double)row->trained_waste_ppm - 1e6) / 1e4,
                ((double)row->judged_waste_ppm - 1e6) / 1e4, (double)row->trained_ppm / 1e6,
                (double)row->judged_ppm / 1e6);
    }
    fprintf(out, "\n\n# classes of today: buckets, waste %%, footprint, name\n");
    for (uint32_t i = 0; i + 1u < tuning->peer_count; i++) /* the last is our own default */
        fprintf(out, "%u %.4f %.6f \"%s\"\n", tuning->peers[i].table.count,
                ((double)tuning->peers[i].waste_ppm - 1e6) / 1e4,
                (double)tuning->peers[i].ppm / 1e6, tuning->peers[i].name);
    return !ferror(out);
}

/* A size's share of live bytes over time, each training trace weighing the same. */
static bool write_sizes(FILE *out, const void *context)
{
    const struct tuning *tuning = context;
    const struct corpus *corpus = tuning->corpus;
    const struct judge_table *table = outcome_table(tuning_answer(tuning), corpus);
    uint32_t traces = 0;

    for (uint32_t i = 0; i < corpus->count; i++)
        traces += corpus->traces[i]->training;
    fprintf(out, "# bytes, share of live small bytes in %%\n");
    for (uint32_t grain = 1; grain <= HISTOGRAM_GRAINS; grain++) {
        double share = 0;
        for (uint32_t i = 0; i < corpus->count; i++) {
            const struct histogram *histogram = &corpus->traces[i]->histogram;
            if (corpus->traces[i]->training && histogram->small_bytes_time)
                share += (double)histogram->count_time[grain] * grain * BUCKET_GRAIN_BYTES /
                         (double)histogram->small_bytes_time / traces * 100.0;
        }
        if (share > 0)
            fprintf(out, "%u %.6f\n", grain * BUCKET_GRAIN_BYTES, share);
    }
    fprintf(out, "\n\n# bucket edges\n");
    for (uint32_t i = 0; i < table->count; i++)
        fprintf(out, "%u 0.001\n", table->bytes[i]);
    return !ferror(out);
}

/* Of the traces that count, the one the judged table does worst on. */
static uint32_t worst_trace(const struct tuning *tuning)
{
    const struct outcome *answer = tuning_answer(tuning);
    uint32_t worst = 0;
    uint64_t worst_ppm = 0;

    for (uint32_t i = 0; i < tuning->corpus->count; i++) {
        uint64_t ppm = score_ppm(&answer->judged[i], tuning->rules.objective);
        if (score_counts(tuning->corpus, i) && ppm != UINT64_MAX && ppm > worst_ppm) {
            worst = i;
            worst_ppm = ppm;
        }
    }
    return worst;
}

static bool write_footprint(FILE *out, const void *context)
{
    const struct tuning *tuning = context;
    uint32_t trace = worst_trace(tuning);
    const struct tune_trace *ops = &tuning->corpus->traces[trace]->ops;
    const struct judge_table *tables[2] = {
        outcome_judging(tuning_answer(tuning), tuning->corpus, trace),
        &tuning->peers[tuning->kmalloc].table,
    };
    struct judge_sample *samples = calloc(2u * SAMPLES, sizeof *samples);
    struct judge *judge = judge_new();
    struct judge_result result;
    bool good = samples && judge;

    for (uint32_t i = 0; good && i < 2; i++)
        good = judge_run(judge, ops, tuning->op_limit, tables[i], &result, samples + i * SAMPLES,
                         SAMPLES);
    fprintf(out, "# %s: op, live MiB, footprint MiB judged, footprint MiB with kmalloc's classes\n",
            ops->name);
    for (uint32_t i = 0; good && i < SAMPLES; i++)
        fprintf(out, "%u %.6f %.6f %.6f\n", samples[i].tick,
                (double)samples[i].live_bytes / 1048576.0, samples[i].footprint_pages / 256.0,
                samples[SAMPLES + i].footprint_pages / 256.0);
    judge_free(judge);
    free(samples);
    return good && !ferror(out);
}

/* -- Drawing ----------------------------------------------------------------------------------- */

/* A trace's name is whatever a file is called: keep it inside gnuplot's quotes. */
static void plain_name(const char *name, char *plain, size_t size)
{
    size_t at = 0;

    for (; *name && at + 1u < size; name++) {
        bool safe = (unsigned char)*name >= ' ' && *name != '\'' && *name != '\\';
        plain[at++] = safe ? *name : '_';
    }
    plain[at] = '\0';
}

static bool write_script(FILE *out, const void *context)
{
    const struct tuning *tuning = context;
    char name[128];

    plain_name(tuning->corpus->traces[worst_trace(tuning)]->ops.name, name, sizeof name);

    fprintf(out,
            "set terminal svg size 900,540 font 'sans,12' background 'white'\n"
            "set key top right\nset grid\n"
            "set output 'waste.svg.part'\n"
            "set title 'Buckets against rounding waste'\nset xrange [10:90]\n"
            "set xlabel 'buckets'\nset ylabel 'waste, %% of bytes asked for'\n"
            "plot 'front.dat' index 0 using 1:2 with linespoints title 'tuned, trained', \\\n"
            "     'front.dat' index 0 using 1:3 with linespoints title 'tuned, judged', \\\n"
            "     'front.dat' index 1 using 1:2 with points pt 7 title 'classes of today', \\\n"
            "     'front.dat' index 1 using 1:2:4 with labels offset 0,0.8 notitle\n"
            "set xrange [*:*]\nset output 'sizes.svg.part'\n"
            "set title 'What is live, and the recommended buckets'\n"
            "set logscale x 2\nset logscale y\nset yrange [0.001:*]\n"
            "set xlabel 'bytes'\nset ylabel 'share of live bytes, %%'\n"
            "plot 'sizes.dat' index 0 using 1:2 with impulses title 'live bytes of this size', \\\n"
            "     'sizes.dat' index 1 using 1:2 with points pt 9 title 'bucket'\n"
            "unset logscale\nset yrange [0:*]\n"
            "set output 'footprint.svg.part'\n"
            "set title 'The hardest trace: %s' noenhanced\n"
            "set xlabel 'heap operation'\nset ylabel 'MiB'\nset key top left\n"
            "plot 'footprint.dat' using 1:4 with lines title 'footprint, kmalloc classes', \\\n"
            "     'footprint.dat' using 1:3 with lines title 'footprint, judged table', \\\n"
            "     'footprint.dat' using 1:2 with lines title 'live bytes'\n",
            name);
    return !ferror(out);
}

/* Give the drawn files their names, or remove what there is of them. */
static bool finish_svgs(const char *directory, bool drawn)
{
    static const char *const names[] = { "waste.svg", "sizes.svg", "footprint.svg" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char part[4096], whole[4096];
        snprintf(part, sizeof part, "%s/%s.part", directory, names[i]);
        snprintf(whole, sizeof whole, "%s/%s", directory, names[i]);
        if (drawn)
            drawn = rename(part, whole) == 0;
        else
            (void)unlink(part);
    }
    return drawn;
}

bool report_plots(const char *directory, const struct tuning *tuning, bool *ret_drawn,
                  char *message, size_t message_size)
{
    static const struct {
        const char *name;
        report_write_fn write;
    } files[] = { { "front.dat", write_front },
                  { "sizes.dat", write_sizes },
                  { "footprint.dat", write_footprint },
                  { "plots.gp", write_script } };

    *ret_drawn = false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        if (!report_file(path, files[i].write, tuning, message, message_size))
            return false;
    }
    *ret_drawn = finish_svgs(directory, gnuplot_run(directory, "plots.gp") == GNUPLOT_DONE);
    return true;
}
