/* SPDX-License-Identifier: 0BSD */
/* Every call of gbench.h, judged by the JSON that Google Benchmark writes. Times are manual here,
 * so that every figure is known beforehand.
 */
#include <check.h>

#include "../gbench.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char json_path[] = "/tmp/gbench-test-XXXXXX";
static json_t *report;

/* -- The benchmarks ---------------------------------------------------------------------------- */

static int context_value = 7;
static bool context_arrived;

static void manual(struct gb_state *state, void *context)
{
    context_arrived = context == &context_value;
    while (gb_keep_running(state))
        gb_set_iteration_time(state, 1e-3 * (double)gb_range(state, 0));
    gb_set_bytes_processed(state, gb_iterations(state) * 1000);
    gb_set_items_processed(state, gb_iterations(state) * 10);
    gb_set_label(state, "by hand");
    gb_counter(state, "plain", 42, GB_COUNTER);
    gb_counter(state, "rate", 5, GB_COUNTER_RATE);
    gb_counter(state, "average", 40, GB_COUNTER_AVG_ITERATIONS);
    gb_counter(state, "each", 3, GB_COUNTER_PER_ITERATION);
    gb_counter(state, "inverse", 4, GB_COUNTER_INVERT);
}

static void nothing(struct gb_state *state, void *context)
{
    (void)context;
    while (gb_keep_running_batch(state, 10))
        gb_clobber_memory();
}

static void fails(struct gb_state *state, void *context)
{
    (void)context;
    gb_skip_with_error(state, "no such thing here");
    while (gb_keep_running(state))
        ;
}

static void sum(struct gb_state *state, void *context)
{
    (void)context;
    while (gb_keep_running(state)) {
        gb_pause(state);
        gb_resume(state);
        gb_set_iteration_time(state, 1e-6);
    }
    gb_counter(state, "sum", (double)(gb_range(state, 0) * 100 + gb_range(state, 1)), 0);
}

static void threaded(struct gb_state *state, void *context)
{
    (void)context;
    while (gb_keep_running(state))
        gb_set_iteration_time(state, 1e-6);
    gb_counter(state, "indices", gb_thread_index(state), GB_COUNTER);
    gb_counter(state, "threads", gb_thread_count(state), GB_COUNTER_AVG_THREADS);
}

static int repetition;

static void varied(struct gb_state *state, void *context)
{
    (void)context;
    while (gb_keep_running(state))
        gb_set_iteration_time(state, 1e-3 * (double)(repetition + 1));
    repetition++;
}

static void linear(struct gb_state *state, void *context)
{
    (void)context;
    while (gb_keep_running(state))
        gb_set_iteration_time(state, 1e-6 * (double)gb_range(state, 0));
    gb_set_complexity_n(state, gb_range(state, 0));
}

static double largest(const double *values, size_t count)
{
    double answer = values[0];

    for (size_t i = 1; i < count; i++)
        answer = values[i] > answer ? values[i] : answer;
    return answer;
}

static void register_all(void)
{
    static const int64_t pair[] = { 3, 4 };
    static const int64_t ones[] = { 1, 2 };
    static const int64_t tens[] = { 5, 6 };
    static const struct gb_list lists[] = { { ones, 2 }, { tens, 2 } };
    static const char *const names[] = { "a", "b" };
    struct gb_case *one = gb_register("manual", manual, &context_value);

    gb_time_unit(gb_use_manual_time(gb_iterations_fixed(gb_arg(one, 2), 8)), GB_MILLISECONDS);
    gb_iterations_fixed(gb_register("batch", nothing, NULL), 100);
    gb_register("fails", fails, NULL);
    one = gb_use_manual_time(gb_iterations_fixed(gb_register("sum", sum, NULL), 1));
    gb_product(gb_args(gb_arg_names(one, names, 2), pair, 2), lists, 2);
    one = gb_use_manual_time(gb_iterations_fixed(gb_register("ranges", linear, NULL), 1));
    gb_complexity(gb_ranges(gb_range_multiplier(one, 4), 4, 256));
    one = gb_use_manual_time(gb_iterations_fixed(gb_register("dense", linear, NULL), 1));
    gb_dense_range(one, 10, 20, 5);
    one = gb_use_manual_time(gb_iterations_fixed(gb_register("threads", threaded, NULL), 1));
    gb_threads(one, 3);
    one = gb_use_manual_time(gb_iterations_fixed(gb_register("varied", varied, NULL), 1));
    gb_statistic(gb_aggregates_only(gb_repetitions(one, 3), true), "largest", largest);
    gb_time_unit(one, GB_MILLISECONDS);
    gb_min_warm_up_time(gb_min_time(gb_register("timed", nothing, NULL), 0.001), 0.0);
    gb_use_real_time(gb_iterations_fixed(gb_register("real", nothing, NULL), 10));
    gb_use_process_time(gb_iterations_fixed(gb_register("process", nothing, NULL), 10));
}

/* -- What the report says ---------------------------------------------------------------------- */

static json_t *row(const char *name)
{
    json_t *rows = json_object_get(report, "benchmarks");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *one = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
            return one;
    }
    return NULL;
}

/* A number of a row in thousandths; -1 without one. */
static long thousandths(const char *name, const char *key)
{
    json_t *value = json_object_get(row(name), key);

    return json_is_number(value) ? (long)(json_number_value(value) * 1000.0 + 0.5) : -1;
}

static void times_and_rates(void)
{
    const char *name = "manual/2/iterations:8/manual_time";

    CHECK(context_arrived);
    CHECK_EQ(thousandths(name, "iterations"), 8000);
    CHECK_EQ(thousandths(name, "real_time"), 2000); /* ms */
    CHECK_STR(json_string_value(json_object_get(row(name), "time_unit")), "ms");
    CHECK_EQ(thousandths(name, "bytes_per_second"), 500000L * 1000);
    CHECK_EQ(thousandths(name, "items_per_second"), 5000L * 1000);
    CHECK_STR(json_string_value(json_object_get(row(name), "label")), "by hand");
}

static void counters(void)
{
    const char *name = "manual/2/iterations:8/manual_time";

    CHECK_EQ(thousandths(name, "plain"), 42000);
    CHECK_EQ(thousandths(name, "rate"), 312500); /* 5 in 8 x 2 ms */
    CHECK_EQ(thousandths(name, "average"), 5000);
    CHECK_EQ(thousandths(name, "each"), 24000);
    CHECK_EQ(thousandths(name, "inverse"), 250);
}

static void arguments_and_their_names(void)
{
    CHECK_EQ(thousandths("sum/a:3/b:4/iterations:1/manual_time", "sum"), 304000);
    CHECK_EQ(thousandths("sum/a:1/b:5/iterations:1/manual_time", "sum"), 105000);
    CHECK_EQ(thousandths("sum/a:2/b:6/iterations:1/manual_time", "sum"), 206000);
    CHECK(row("ranges/4/iterations:1/manual_time"));
    CHECK(row("ranges/64/iterations:1/manual_time"));
    CHECK(row("ranges/256/iterations:1/manual_time"));
    CHECK(!row("ranges/8/iterations:1/manual_time")); /* the multiplier is 4 */
    CHECK(row("dense/10/iterations:1/manual_time"));
    CHECK(row("dense/15/iterations:1/manual_time"));
    CHECK(row("dense/20/iterations:1/manual_time"));
}

static void the_cost_is_fitted(void)
{
    /* Which fit is best is decided by CPU time, so only that there is one is known. */
    CHECK(json_object_get(row("ranges/iterations:1/manual_time_BigO"), "big_o"));
    CHECK(json_object_get(row("ranges/iterations:1/manual_time_RMS"), "rms"));
}

static void a_batch_counts_as_many(void)
{
    CHECK_EQ(thousandths("batch/iterations:100", "iterations"), 100000);
}

static void a_failure_is_reported(void)
{
    CHECK(json_is_true(json_object_get(row("fails"), "error_occurred")));
    CHECK_STR(json_string_value(json_object_get(row("fails"), "error_message")),
              "no such thing here");
}

static void threads_have_numbers(void)
{
    const char *name = "threads/iterations:1/manual_time/threads:3";

    CHECK_EQ(thousandths(name, "indices"), 3000); /* 0 + 1 + 2 */
    CHECK_EQ(thousandths(name, "threads"), 3000);
}

static void repetitions_are_summed_up(void)
{
    const char *mean = "varied/iterations:1/repeats:3/manual_time_mean";

    CHECK(!row("varied/iterations:1/repeats:3/manual_time")); /* aggregates only */
    CHECK_EQ(thousandths(mean, "real_time"), 2000);
    CHECK_EQ(thousandths("varied/iterations:1/repeats:3/manual_time_largest", "real_time"), 3000);
}

static void clocks_are_told_apart(void)
{
    CHECK(row("real/iterations:10/real_time"));
    CHECK(row("process/iterations:10/process_time"));
    CHECK(row("timed/min_time:0.001") || row("timed/min_time:0.001/min_warmup_time:0.000"));
}

static void the_head_has_our_lines(void)
{
    CHECK_STR(json_string_value(json_object_get(json_object_get(report, "context"), "commit")),
              "none");
}

static struct gb_run run;
static int nothing_matched; /* exit code of a process where nothing did */
static int second_run;      /* wait status of one that ran twice */
static int arguments_left;

static void a_run_counts_what_it_did(void)
{
    char name[] = "gbench-test";
    char extra[] = "--odd";
    char *odd[] = { name, extra, NULL };

    CHECK(report);
    CHECK_EQ(arguments_left, 1); /* all were taken */
    CHECK_EQ(run.failed, 1);
    CHECK(run.matched > 10);
    CHECK_EQ(nothing_matched, 0);
    CHECK(WIFSIGNALED(second_run) && WTERMSIG(second_run) == SIGABRT);
    CHECK(gb_report_unrecognized(2, odd));
    CHECK(!gb_report_unrecognized(1, odd));
}

/* What a process answers that runs nothing, and (twice) once more. */
static int run_nothing(bool twice)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct gb_run none = gb_run_matching("matches nothing");
        if (twice)
            gb_run_matching(NULL);
        _exit(none.matched == 0 && none.failed == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status;
}

/* Run everything, the report into a file and nowhere else. */
static void run_all(void)
{
    char out[64];
    char format[] = "--benchmark_out_format=json";
    char name[] = "gbench-test";
    char *argv[] = { name, out, format, NULL };
    int terminal = dup(STDOUT_FILENO);
    int errors = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY);

    close(mkstemp(json_path));
    snprintf(out, sizeof out, "--benchmark_out=%s", json_path);
    arguments_left = 3;
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    gb_add_context("commit", "none");
    gb_initialize(&arguments_left, argv);
    nothing_matched = run_nothing(false);
    second_run = run_nothing(true);
    run = gb_run_matching(NULL);
    report = json_load_file(json_path, 0, NULL);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    unlink(json_path);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_run_counts_what_it_did),
        CASE(times_and_rates),
        CASE(counters),
        CASE(arguments_and_their_names),
        CASE(the_cost_is_fitted),
        CASE(a_batch_counts_as_many),
        CASE(a_failure_is_reported),
        CASE(threads_have_numbers),
        CASE(repetitions_are_summed_up),
        CASE(clocks_are_told_apart),
        CASE(the_head_has_our_lines),
    };
    int status;

    register_all();
    run_all();
    status = check_run(cases, sizeof cases / sizeof cases[0]);
    json_decref(report);
    gb_shutdown();
    return status;
}
