/* SPDX-License-Identifier: 0BSD */
/* Which matrices there are, and how their figures are made. */
#include "report.h"

#include <string.h>

#define OURS "lookaside"

/* -- Figures ----------------------------------------------------------------------------------- */

/* Of a floor the median itself. */
static bool net(const struct results *results, const struct result *result, const char *key,
                double *ret_figure)
{
    (void)key;
    if (result_is_floor(result)) {
        *ret_figure = result->spread.median;
        return result->count > 0;
    }
    return result_net(results, result, ret_figure);
}

/* Ours over theirs. */
static bool ratio(const struct results *results, const struct result *result, const char *key,
                  double *ret_figure)
{
    const struct result *ours = results_find(results, result, key);
    double our_net;
    double their_net;

    if (ours == NULL || strncmp(result->about.target, OURS, strlen(OURS)) == 0 ||
        !result_net(results, ours, &our_net) || !result_net(results, result, &their_net) ||
        our_net <= 0 || their_net <= 0)
        return false;
    *ret_figure = our_net / their_net;
    return true;
}

/* Theirs over ours. */
static bool times(const struct results *results, const struct result *result, const char *key,
                  double *ret_figure)
{
    if (!ratio(results, result, key, ret_figure))
        return false;
    *ret_figure = 1.0 / *ret_figure;
    return true;
}

/* Half the distance of the quartiles, in percent of the net figure. */
static bool spread(const struct results *results, const struct result *result, const char *key,
                   double *ret_figure)
{
    double figure;

    (void)key;
    if (result->count < 3u || !result_net(results, result, &figure) || figure <= 0)
        return false;
    *ret_figure = 50.0 * (result->spread.upper - result->spread.lower) / figure;
    return true;
}

static bool counter(const struct results *results, const struct result *result, const char *key,
                    double *ret_figure)
{
    (void)results;
    return result_figure(result, key, ret_figure);
}

static bool kib(const struct results *results, const struct result *result, const char *key,
                double *ret_figure)
{
    (void)results;
    if (!result_figure(result, key, ret_figure))
        return false;
    *ret_figure /= 1024.0;
    return true;
}

/* KEY_bytes over live_KEY_bytes: "peak", "mean", and what a trim leaves at the end. */
static bool over_live(const struct results *results, const struct result *result, const char *key,
                      double *ret_figure)
{
    static const struct {
        const char *key;
        const char *live;
    } pairs[] = {
        { "peak_bytes", "live_peak_bytes" },        { "mean_bytes", "live_mean_bytes" },
        { "usable_mean_bytes", "live_mean_bytes" }, { "addresses_bytes", "live_peak_bytes" },
        { "end_bytes", "live_end_bytes" },          { "trimmed_bytes", "live_end_bytes" },
    };
    double live;

    (void)results;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(pairs[i].key, key) != 0)
            continue;
        if (!result_figure(result, key, ret_figure) ||
            !result_figure(result, pairs[i].live, &live) || live <= 0)
            return false;
        *ret_figure /= live;
        return true;
    }
    return false;
}

/* A time, in us. */
static bool microseconds(const struct results *results, const struct result *result,
                         const char *key, double *ret_figure)
{
    (void)results;
    return result_figure(result, key, ret_figure) && (*ret_figure /= 1000.0) > 0;
}

static bool refused_percent(const struct results *results, const struct result *result,
                            const char *key, double *ret_figure)
{
    double reserves;

    (void)results;
    (void)key;
    if (!result_figure(result, "failed", ret_figure) ||
        !result_figure(result, "reserves", &reserves) || reserves <= 0)
        return false;
    *ret_figure *= 100.0 / reserves;
    return true;
}

/* Refused requests, where there are any. */
static bool refused(const struct results *results, const struct result *result, const char *key,
                    double *ret_figure)
{
    (void)results;
    (void)key;
    return result_figure(result, "failed", ret_figure) && *ret_figure > 0;
}

/* How many of a trace's ops a slow rival got through. */
static bool part_percent(const struct results *results, const struct result *result,
                         const char *key, double *ret_figure)
{
    const struct result *whole = results_find(results, result, key);
    double all;

    if (whole == NULL || !result_figure(whole, "ops", &all) ||
        !result_figure(result, "ops", ret_figure) || *ret_figure >= all)
        return false;
    *ret_figure *= 100.0 / all;
    return true;
}

static bool millions_a_second(const struct results *results, const struct result *result,
                              const char *key, double *ret_figure)
{
    double figure;

    (void)key;
    if (!result_net(results, result, &figure) || figure <= 0)
        return false;
    *ret_figure = 1000.0 / figure;
    return true;
}

/* -- Matrices ---------------------------------------------------------------------------------- */

const struct matrix report_matrices[] = {
    { .title = "heaps, warm",
      .kind = "heap",
      .variant = "",
      .figure = net,
      .digits = 2,
      .floors = true },
    { .title = "heaps, warm: ours / theirs",
      .kind = "heap",
      .variant = "",
      .figure = ratio,
      .key = OURS,
      .digits = 3,
      .means = true },
    { .title = "heaps, warm: ours-keeps / theirs",
      .kind = "heap",
      .variant = "",
      .figure = ratio,
      .key = OURS "-keeps",
      .digits = 3,
      .means = true },
    { .title = "heaps, warm: +- % of that (half the distance of the quartiles)",
      .kind = "heap",
      .variant = "",
      .figure = spread,
      .digits = 1 },
    { .title = "heaps, first pass of a process",
      .kind = "heap",
      .variant = "cold",
      .figure = net,
      .digits = 2,
      .floors = true },
    { .title = "heaps, first pass: ours / theirs",
      .kind = "heap",
      .variant = "cold",
      .figure = ratio,
      .key = OURS,
      .digits = 3,
      .means = true },
    { .title = "heaps, all as shipped, ours with a system call a commit",
      .kind = "heap",
      .variant = "shipped",
      .figure = net,
      .digits = 2,
      .floors = true },
    { .title = "heaps, all as shipped: ours / theirs",
      .kind = "heap",
      .variant = "shipped",
      .figure = ratio,
      .key = OURS,
      .digits = 3,
      .means = true },
    { .title = "heaps of the rivals",
      .kind = "heap",
      .variant = "",
      .figure = net,
      .digits = 1,
      .floors = true,
      .rivals = true,
      .means = true },
    { .title = "heaps of the rivals: refused requests",
      .kind = "heap",
      .variant = "",
      .figure = refused,
      .rivals = true },
    { .title = "heaps of the rivals: % of the trace, where the rest would take too long",
      .kind = "heap",
      .variant = "",
      .figure = part_percent,
      .key = "floor-rival",
      .digits = 1,
      .rivals = true },
    { .title = "resident memory, peak / peak live",
      .kind = "heap",
      .variant = "memory",
      .figure = over_live,
      .key = "peak_bytes",
      .digits = 3,
      .means = true },
    { .title = "resident memory, mean / mean live",
      .kind = "heap",
      .variant = "memory",
      .figure = over_live,
      .key = "mean_bytes",
      .digits = 3,
      .means = true },
    { .title = "blocks as long as they are / as was asked for, mean",
      .kind = "heap",
      .variant = "memory",
      .figure = over_live,
      .key = "usable_mean_bytes",
      .digits = 3,
      .means = true },
    { .title = "addresses, peak / peak live",
      .kind = "heap",
      .variant = "memory",
      .figure = over_live,
      .key = "addresses_bytes",
      .digits = 2,
      .means = true },
    { .title = "resident after a trim at the end of the trace / live",
      .kind = "heap",
      .variant = "memory",
      .figure = over_live,
      .key = "trimmed_bytes",
      .digits = 3,
      .means = true },
    { .title = "that trim, us",
      .kind = "heap",
      .variant = "memory",
      .figure = microseconds,
      .key = "trim_ns",
      .digits = 0 },
    { .title = "resident after all was freed, KiB",
      .kind = "heap",
      .variant = "memory",
      .figure = kib,
      .key = "freed_bytes",
      .digits = 0 },
    { .title = "resident after a trim then, KiB",
      .kind = "heap",
      .variant = "memory",
      .figure = kib,
      .key = "empty_bytes",
      .digits = 0 },
    { .title = "heaps, single ops: half within ns",
      .kind = "heap",
      .variant = "latency",
      .figure = counter,
      .key = "p50_ns",
      .digits = 0 },
    { .title = "heaps, single ops: 99.9 % within ns",
      .kind = "heap",
      .variant = "latency",
      .figure = counter,
      .key = "p999_ns",
      .digits = 0 },
    { .title = "heaps, single ops: the longest, ns",
      .kind = "heap",
      .variant = "latency",
      .figure = counter,
      .key = "max_ns",
      .digits = 0 },
    { .title = "address spaces",
      .kind = "vas",
      .variant = "",
      .figure = net,
      .digits = 1,
      .floors = true },
    { .title = "address spaces: theirs / ours",
      .kind = "vas",
      .variant = "",
      .figure = times,
      .key = OURS,
      .digits = 1,
      .means = true },
    { .title = "address spaces: refused reservations, %",
      .kind = "vas",
      .variant = "",
      .figure = refused_percent,
      .digits = 2 },
    { .title = "address spaces, single ops: half within ns",
      .kind = "vas",
      .variant = "latency",
      .figure = counter,
      .key = "p50_ns",
      .digits = 0 },
    { .title = "address spaces, single ops: 99.9 % within ns",
      .kind = "vas",
      .variant = "latency",
      .figure = counter,
      .key = "p999_ns",
      .digits = 0 },
    { .title = "address spaces, single ops: the longest, ns",
      .kind = "vas",
      .variant = "latency",
      .figure = counter,
      .key = "max_ns",
      .digits = 0 },
    { .title = "stacks: create, touch, destroy",
      .kind = "stack",
      .variant = "",
      .figure = net,
      .digits = 1,
      .floors = true },
    { .title = "stacks, single ops: half within ns",
      .kind = "stack",
      .variant = "latency",
      .figure = counter,
      .key = "p50_ns",
      .digits = 0 },
    { .title = "stacks, single ops: 99.9 % within ns",
      .kind = "stack",
      .variant = "latency",
      .figure = counter,
      .key = "p999_ns",
      .digits = 0 },
    { .title = "stacks, single ops: the longest, ns",
      .kind = "stack",
      .variant = "latency",
      .figure = counter,
      .key = "max_ns",
      .digits = 0 },
    { .title = "several heaps",
      .kind = "heaps",
      .variant = "",
      .figure = net,
      .digits = 2,
      .floors = true },
    { .title = "page frames of 256 MiB",
      .kind = "frames",
      .variant = "",
      .figure = net,
      .digits = 1,
      .floors = true },
    { .title = "page frames: refused requests",
      .kind = "frames",
      .variant = "",
      .figure = refused },
    { .title = "page frames, single ops: half within ns",
      .kind = "frames",
      .variant = "latency",
      .figure = counter,
      .key = "p50_ns",
      .digits = 0 },
    { .title = "page frames, single ops: 99.9 % within ns",
      .kind = "frames",
      .variant = "latency",
      .figure = counter,
      .key = "p999_ns",
      .digits = 0 },
    { .title = "fault verdicts",
      .kind = "fault",
      .variant = "",
      .figure = net,
      .digits = 2,
      .floors = true },
    { .title = "fault verdicts, millions a second",
      .kind = "fault",
      .variant = "",
      .figure = millions_a_second,
      .digits = 1 },
    { .title = NULL },
};
