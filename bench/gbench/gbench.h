/* SPDX-License-Identifier: 0BSD */
/* Google Benchmark for C: everything a benchmark needs of it, behind opaque structs and functions.
 * One C++ file (gbench.cc) stands behind this header; whoever includes it is plain C.
 *
 *     static void fill(struct gb_state *state, void *context)
 *     {
 *         char *buffer = context;
 *         int64_t bytes = gb_range(state, 0);
 *
 *         while (gb_keep_running(state)) {
 *             memset(buffer, 0, (size_t)bytes);
 *             gb_clobber_memory();
 *         }
 *         gb_set_bytes_processed(state, gb_iterations(state) * bytes);
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct gb_case *one = gb_register("fill", fill, buffer);
 *         gb_ranges(one, 8, 4096);
 *         return gb_main(argc, argv);
 *     }
 *
 * Calls on a case answer that case, so that they can be written one in another. Strings are copied.
 * Needs Google Benchmark 1.7 or later. Not for use from several threads, except inside a benchmark
 * that runs on several (gb_threads).
 */
#ifndef LOOKASIDE_GBENCH_H
#define LOOKASIDE_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gb_case;  /* a registered benchmark; lives until gb_shutdown() */
struct gb_state; /* one run of it; only inside the function that got it */

/* A benchmark. It is called several times for each set of arguments, with more iterations each time
 * until the time is long enough; what it does before and after its loop is not timed. `context` is
 * what was registered; it stays the caller's.
 */
typedef void (*gb_function)(struct gb_state *state, void *context);

/* -- Registering ------------------------------------------------------------------------------- */

struct gb_case *gb_register(const char *name, gb_function function, void *context);

/* Sets of arguments: one run for each. gb_arg: {value}. gb_args: {values[0], ...}. gb_ranges: low,
 * high and the powers of the multiplier (8, or gb_range_multiplier before) between. gb_dense_range:
 * low, low + step, ... up to high. gb_product: every combination of the `lists`.
 */
struct gb_list {
    const int64_t *values;
    size_t count;
};

struct gb_case *gb_arg(struct gb_case *one, int64_t value);
struct gb_case *gb_args(struct gb_case *one, const int64_t *values, size_t count);
struct gb_case *gb_ranges(struct gb_case *one, int64_t low, int64_t high);
struct gb_case *gb_range_multiplier(struct gb_case *one, int multiplier);
struct gb_case *gb_dense_range(struct gb_case *one, int64_t low, int64_t high, int step);
struct gb_case *gb_product(struct gb_case *one, const struct gb_list *lists, size_t count);

/* What the arguments are called in reports: "fill/bytes:64". */
struct gb_case *gb_arg_names(struct gb_case *one, const char *const *names, size_t count);

/* How long and how often. Iterations fixed: exactly so many, and no search for them. */
struct gb_case *gb_iterations_fixed(struct gb_case *one, int64_t iterations);
struct gb_case *gb_min_time(struct gb_case *one, double seconds);
struct gb_case *gb_min_warm_up_time(struct gb_case *one, double seconds);
struct gb_case *gb_repetitions(struct gb_case *one, int repetitions);
struct gb_case *gb_threads(struct gb_case *one, int threads);

/* Report mean, median, deviation and what gb_statistic adds, not each repetition: everywhere, or
 * only where people look (a file then has all).
 */
struct gb_case *gb_aggregates_only(struct gb_case *one, bool everywhere);

/* One more aggregate over the repetitions. */
typedef double (*gb_statistic_function)(const double *values, size_t count);
struct gb_case *gb_statistic(struct gb_case *one, const char *name, gb_statistic_function function);

/* Which clock: CPU time of the thread if nothing is said. Manual: gb_set_iteration_time() says. */
struct gb_case *gb_use_real_time(struct gb_case *one);
struct gb_case *gb_use_process_time(struct gb_case *one);
struct gb_case *gb_use_manual_time(struct gb_case *one);

enum gb_unit { GB_NANOSECONDS, GB_MICROSECONDS, GB_MILLISECONDS, GB_SECONDS };
struct gb_case *gb_time_unit(struct gb_case *one, enum gb_unit unit);

/* Fit the time to O(1), O(n), ... of gb_set_complexity_n(); the best fit is reported. */
struct gb_case *gb_complexity(struct gb_case *one);

/* -- Inside a benchmark ------------------------------------------------------------------------ */

/* The loop's condition: true as many times as there are iterations. About 2 ns a turn; where that
 * shows, do `batch` iterations a turn (the last turn may go past the end).
 */
bool gb_keep_running(struct gb_state *state);
bool gb_keep_running_batch(struct gb_state *state, int64_t batch);

/* Take the time of what stands between out. About 200 ns a pair: not for every iteration. */
void gb_pause(struct gb_state *state);
void gb_resume(struct gb_state *state);

/* With gb_use_manual_time(): what the iteration (or turn of a batch) just done took. */
void gb_set_iteration_time(struct gb_state *state, double seconds);

/* Argument `index`, from 0. It must be there. */
int64_t gb_range(const struct gb_state *state, size_t index);

/* Iterations done so far; after the loop all of them. */
int64_t gb_iterations(const struct gb_state *state);

int gb_thread_index(const struct gb_state *state);
int gb_thread_count(const struct gb_state *state);

/* The benchmark cannot go on: it is reported as failed with `message`. Leave the loop then. */
void gb_skip_with_error(struct gb_state *state, const char *message);

/* Rates and remarks in the report. Totals over all iterations. */
void gb_set_bytes_processed(struct gb_state *state, int64_t bytes);
void gb_set_items_processed(struct gb_state *state, int64_t items);
void gb_set_complexity_n(struct gb_state *state, int64_t n);
void gb_set_label(struct gb_state *state, const char *label);

/* A figure of one's own: the value as it is, or ... (flags may be combined; over threads a counter
 * is a sum, unless averaged).
 */
enum gb_counter_flags {
    GB_COUNTER = 0,
    GB_COUNTER_RATE = 1,           /* divided by the time */
    GB_COUNTER_AVG_THREADS = 2,    /* divided by the number of threads */
    GB_COUNTER_AVG_ITERATIONS = 4, /* divided by the number of iterations */
    GB_COUNTER_PER_ITERATION = 8,  /* the value is of one iteration; multiplied by their number */
    GB_COUNTER_INVERT = 16,        /* 1 / what the others make of it */
    GB_COUNTER_1024 = 32,          /* Ki, Mi, ... for people instead of k, M, ... */
};
void gb_counter(struct gb_state *state, const char *name, double value, unsigned flags);

/* -- Running ----------------------------------------------------------------------------------- */

/* gb_initialize(), gb_run() and gb_shutdown() in one: 0 done, 1 a benchmark failed or none matched,
 * 2 an unknown argument (it is named on stderr).
 */
int gb_main(int argc, char **argv);

/* Take the --benchmark_... arguments out of argv (README.md lists them) and the environment's. */
void gb_initialize(int *argc, char **argv);

/* Name what is left in argv on stderr; whether there is something. */
bool gb_report_unrecognized(int argc, char **argv);

/* A line of the report's head, and of "context" in JSON. Before gb_run_matching(). */
void gb_add_context(const char *key, const char *value);

struct gb_run {
    size_t matched; /* benchmarks, counted once for each set of arguments */
    size_t failed;  /* of their runs: gb_skip_with_error() */
};

/* Run what matches --benchmark_filter, or `filter` if it is not NULL. Once a process: Google
 * Benchmark 1.7 does not outlive its first run. A second call aborts and says so.
 */
struct gb_run gb_run_matching(const char *filter);

void gb_shutdown(void);

/* -- Against the optimiser --------------------------------------------------------------------- */

/* What `value` points to is used, as far as the compiler knows. */
static inline void gb_do_not_optimize(const void *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

/* All memory was written. */
static inline void gb_clobber_memory(void)
{
    __asm__ volatile("" : : : "memory");
}

#ifdef __cplusplus
}
#endif

#endif
