/* SPDX-License-Identifier: 0BSD */
/* Tables of 100 columns. A row of a table is one thing on one ABI, all targets side by side. */
#include "results.h"

#include <lookaside/vas.h>

#include <math.h>
#include <string.h>

#include "vas_naive.h"

/* A geometric mean of ratios in the making. */
struct mean {
    double logs;
    uint32_t count;
};

static void mean_add(struct mean *mean, double ratio)
{
    if (ratio > 0) {
        mean->logs += log(ratio);
        mean->count++;
    }
}

static double mean_of(const struct mean *mean)
{
    return mean->count > 0 ? exp(mean->logs / mean->count) : 0;
}

/* A figure in `width` columns, "-" if there is none. */
static void print_figure(FILE *to, int width, int digits, double value, bool known)
{
    if (known)
        fprintf(to, " %*.*f", width, digits, value);
    else
        fprintf(to, " %*s", width, "-");
}

/* -- Heaps ------------------------------------------------------------------------------------- */

/* What two targets cost, and their ratio; 0 where there is none. */
struct pair {
    double lookaside;
    double glibc;
    double ratio;
    double spread_percent; /* half the distance of the quartiles, of the wider one */
    bool known;
};

static double half_spread_percent(const struct result *row, double net)
{
    return net > 0 ? 50.0 * (row->cost.upper - row->cost.lower) / net : 0;
}

static struct pair pair_of(const struct results *results, const struct result *like,
                           const char *lookaside, const char *glibc)
{
    const struct result *ours = results_find(results, like, lookaside);
    const struct result *theirs = results_find(results, like, glibc);
    struct pair pair = { .known = ours != NULL && theirs != NULL };

    if (!pair.known)
        return pair;
    pair.lookaside = result_net(results, ours);
    pair.glibc = result_net(results, theirs);
    if (pair.lookaside > 0 && pair.glibc > 0)
        pair.ratio = pair.lookaside / pair.glibc;
    pair.spread_percent =
        fmax(half_spread_percent(ours, pair.lookaside), half_spread_percent(theirs, pair.glibc));
    return pair;
}

struct means {
    struct mean quiet;
    struct mean calls;
    struct mean footprint;
};

static void print_heap_means(FILE *to, const char *name, const struct means *means)
{
    if (means->quiet.count == 0)
        return;
    fprintf(to, "%-22s %9s %5s %8s %8s", name, "", "", "", "");
    print_figure(to, 6, 3, mean_of(&means->quiet), true);
    fprintf(to, " %4s %7s %7s", "", "", "");
    print_figure(to, 6, 3, mean_of(&means->calls), means->calls.count > 0);
    print_figure(to, 7, 3, mean_of(&means->footprint), means->footprint.count > 0);
    fprintf(to, "\n");
}

static void print_heap_row(FILE *to, const struct results *results, const struct result *row,
                           struct means *folder, struct means *all)
{
    const struct result *ours = results_find(results, row, "lookaside");
    struct pair quiet = pair_of(results, row, "lookaside", "glibc");
    struct pair calls = pair_of(results, row, "lookaside+mmap", "glibc+mmap");
    double footprint = ours != NULL ? result_footprint_ratio(ours) : 0;

    fprintf(to, "%-22.22s %9u %5.1f", row->name + strlen("heap/"), row->ops, row->cost.median);
    print_figure(to, 8, 2, quiet.lookaside, quiet.known);
    print_figure(to, 8, 2, quiet.glibc, quiet.known);
    print_figure(to, 6, 3, quiet.ratio, quiet.ratio > 0);
    print_figure(to, 3, 0, quiet.spread_percent, quiet.known && !row->counted);
    fprintf(to, row->counted ? " " : "%%");
    print_figure(to, 7, 2, calls.lookaside, calls.known);
    print_figure(to, 7, 2, calls.glibc, calls.known);
    print_figure(to, 6, 3, calls.ratio, calls.ratio > 0);
    print_figure(to, 7, 3, footprint, footprint > 0);
    fprintf(to, "%s\n", ours != NULL && ours->refused > 0 ? "!" : "");
    for (struct means *means = folder; means != NULL; means = means == folder ? all : NULL) {
        mean_add(&means->quiet, quiet.ratio);
        mean_add(&means->calls, calls.ratio);
        mean_add(&means->footprint, footprint);
    }
}

/* "heap/user32/perl32" to "user32: mean". */
static void folder_of(const struct result *row, char *folder, size_t size)
{
    const char *name = row->name + strlen("heap/");
    const char *slash = strrchr(name, '/');

    snprintf(folder, size, "%.*s: mean ratio", slash != NULL ? (int)(slash - name) : 0, name);
}

static bool is_row_of(const struct result *row, uint32_t abi, bool vas)
{
    return row->abi == abi && result_is_vas(row) == vas &&
           strcmp(row->target, vas ? "empty" : "empty-lookaside") == 0;
}

static bool any_row_of(const struct results *results, uint32_t abi, bool vas)
{
    for (uint32_t i = 0; i < results->count; i++)
        if (is_row_of(&results->rows[i], abi, vas))
            return true;
    return false;
}

static void print_heaps(FILE *to, const struct results *results, uint32_t abi)
{
    struct means folder = { .quiet.count = 0 };
    struct means all = { .quiet.count = 0 };
    char name[RESULT_NAME_BYTES + 16u] = "";
    uint32_t folders = 0;

    if (!any_row_of(results, abi, false))
        return;
    fprintf(to, "\n%-36s %28s     %22s %7s\n%-22s %9s %5s %8s %8s %6s %4s %7s %7s %6s %7s\n",
            bench_abi_names[abi], "no system calls for memory", "with system calls", "peak /",
            "heap replay", "ops", "empty", "ours", "glibc", "ratio", "+-", "ours", "glibc", "ratio",
            "live");
    for (uint32_t i = 0; i < results->count; i++) {
        const struct result *row = &results->rows[i];
        char its_folder[sizeof name];

        if (!is_row_of(row, abi, false))
            continue;
        folder_of(row, its_folder, sizeof its_folder);
        if (strcmp(its_folder, name) != 0) {
            print_heap_means(to, name, &folder);
            folder = (struct means){ .quiet.count = 0 };
            memcpy(name, its_folder, sizeof name);
            folders++;
        }
        print_heap_row(to, results, row, &folder, &all);
    }
    print_heap_means(to, name, &folder);
    if (folders > 1)
        print_heap_means(to, "all: mean ratio", &all);
}

/* -- Address spaces ---------------------------------------------------------------------------- */

static double refused_percent(const struct result *row)
{
    uint32_t reserves = row->ops - row->releases;

    return reserves > 0 ? 100.0 * row->refused / reserves : 0;
}

static void print_vas_row(FILE *to, const struct results *results, const struct result *row)
{
    const struct result *ours = results_find(results, row, "lookaside");
    const struct result *naive = results_find(results, row, "naive");

    if (ours == NULL)
        return;

    double net = result_net(results, ours);
    bool timed = !ours->counted;

    fprintf(to, "%-36.36s %5.1f %7.1f", row->name + strlen("vas/"), row->cost.median, net);
    print_figure(to, 7, 1, ours->releases > 0 ? net * ours->ops / ours->releases : 0,
                 ours->releases > 0);
    print_figure(to, 8, 0, naive != NULL ? result_net(results, naive) : 0, naive != NULL);
    print_figure(to, 6, 0, naive != NULL && net > 0 ? result_net(results, naive) / net : 0,
                 naive != NULL && net > 0);
    print_figure(to, 6, 0, ours->p999_ns, timed);
    print_figure(to, 6, 0, ours->longest_ns, timed);
    print_figure(to, 5, 1, refused_percent(ours), timed);
    print_figure(to, 5, 1, naive != NULL ? refused_percent(naive) : 0, naive != NULL);
    fprintf(to, "\n");
}

static void print_vas(FILE *to, const struct results *results, uint32_t abi)
{
    if (!any_row_of(results, abi, true))
        return;
    fprintf(to,
            "\n%-36s %5s %7s %7s %8s %6s %6s %6s %11s\n%-36s %5s %7s %7s %8s %6s %6s %6s %5s %5s\n",
            bench_abi_names[abi], "", "", "reserve", "naive", "naive", "99.9%", "", "refused %",
            "address space", "empty", "per op", "release", "scan", "times", "within", "max", "ours",
            "naive");
    for (uint32_t i = 0; i < results->count; i++)
        if (is_row_of(&results->rows[i], abi, true))
            print_vas_row(to, results, &results->rows[i]);
}

static void print_refused(FILE *to, const struct results *results)
{
    for (uint32_t i = 0; i < results->count; i++) {
        const struct result *row = &results->rows[i];

        if (!result_is_vas(row) && row->refused > 0)
            fprintf(to, "! %s, %s, %s: %u requests refused\n", row->name, bench_abi_names[row->abi],
                    row->target, row->refused);
    }
}

void bench_print_text(FILE *to, const struct results *results, const struct bench_facts *facts)
{
    bool counted = results->count > 0 && results->rows[0].counted;
    bool vas = false;

    if (counted)
        fprintf(
            to,
            "instructions per op, minus those of an empty replay; one pass of a fresh target\n");
    else
        fprintf(to,
                "ns of CPU time per op, minus those of an empty replay; median of %u rounds, "
                "+- half the quartiles\n",
                facts->rounds);
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++)
        print_heaps(to, results, abi);
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        print_vas(to, results, abi);
        vas = vas || any_row_of(results, abi, true);
    }
    print_refused(to, results);
    if (vas)
        fprintf(to, "\nbytes: struct vas %zu, of them state %zu; naive scan %zu\n",
                sizeof(struct vas), 3u * sizeof(uint32_t) * VAS_CHUNKS, sizeof(struct vas_naive));
}
