// SPDX-License-Identifier: 0BSD
// The only C++ of the house: hands the calls of gbench.h on to Google Benchmark. A gb_case is a
// benchmark::internal::Benchmark, a gb_state a benchmark::State; nothing is kept here but a count
// of failures.
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace
{

std::atomic<size_t> failures{ 0 };

benchmark::internal::Benchmark *of(gb_case *one)
{
    return reinterpret_cast<benchmark::internal::Benchmark *>(one);
}

benchmark::State &of(gb_state *state)
{
    return *reinterpret_cast<benchmark::State *>(state);
}

const benchmark::State &of(const gb_state *state)
{
    return *reinterpret_cast<const benchmark::State *>(state);
}

gb_case *back(benchmark::internal::Benchmark *one)
{
    return reinterpret_cast<gb_case *>(one);
}

benchmark::Counter::Flags counter_flags(unsigned flags)
{
    using Counter = benchmark::Counter;
    unsigned answer = Counter::kDefaults;

    if (flags & GB_COUNTER_RATE)
        answer |= Counter::kIsRate;
    if (flags & GB_COUNTER_AVG_THREADS)
        answer |= Counter::kAvgThreads;
    if (flags & GB_COUNTER_AVG_ITERATIONS)
        answer |= Counter::kAvgIterations;
    if (flags & GB_COUNTER_PER_ITERATION)
        answer |= Counter::kIsIterationInvariant;
    if (flags & GB_COUNTER_INVERT)
        answer |= static_cast<unsigned>(Counter::kInvert);
    return static_cast<Counter::Flags>(answer);
}

} // namespace

// -- Registering --------------------------------------------------------------------------------

gb_case *gb_register(const char *name, gb_function function, void *context)
{
    return back(benchmark::RegisterBenchmark(name, [function, context](benchmark::State &state) {
        function(reinterpret_cast<gb_state *>(&state), context);
    }));
}

gb_case *gb_arg(gb_case *one, int64_t value)
{
    return back(of(one)->Arg(value));
}

gb_case *gb_args(gb_case *one, const int64_t *values, size_t count)
{
    return back(of(one)->Args(std::vector<int64_t>(values, values + count)));
}

gb_case *gb_ranges(gb_case *one, int64_t low, int64_t high)
{
    return back(of(one)->Range(low, high));
}

gb_case *gb_range_multiplier(gb_case *one, int multiplier)
{
    return back(of(one)->RangeMultiplier(multiplier));
}

gb_case *gb_dense_range(gb_case *one, int64_t low, int64_t high, int step)
{
    return back(of(one)->DenseRange(low, high, step));
}

gb_case *gb_product(gb_case *one, const gb_list *lists, size_t count)
{
    std::vector<std::vector<int64_t>> all;

    for (size_t i = 0; i < count; i++)
        all.emplace_back(lists[i].values, lists[i].values + lists[i].count);
    return back(of(one)->ArgsProduct(all));
}

gb_case *gb_arg_names(gb_case *one, const char *const *names, size_t count)
{
    return back(of(one)->ArgNames(std::vector<std::string>(names, names + count)));
}

gb_case *gb_iterations_fixed(gb_case *one, int64_t iterations)
{
    return back(of(one)->Iterations(iterations));
}

gb_case *gb_min_time(gb_case *one, double seconds)
{
    return back(of(one)->MinTime(seconds));
}

gb_case *gb_min_warm_up_time(gb_case *one, double seconds)
{
    return back(of(one)->MinWarmUpTime(seconds));
}

gb_case *gb_repetitions(gb_case *one, int repetitions)
{
    return back(of(one)->Repetitions(repetitions));
}

gb_case *gb_threads(gb_case *one, int threads)
{
    return back(of(one)->Threads(threads));
}

gb_case *gb_aggregates_only(gb_case *one, bool everywhere)
{
    return back(everywhere ? of(one)->ReportAggregatesOnly(true)
                           : of(one)->DisplayAggregatesOnly(true));
}

gb_case *gb_statistic(gb_case *one, const char *name, gb_statistic_function function)
{
    // Google Benchmark takes a plain function here, which can bind nothing: one trampoline a slot.
    static gb_statistic_function slots[8];
    static size_t used = 0;
    using Values = const std::vector<double> &;
    static double (*const trampolines[8])(Values) = {
        [](Values v) { return slots[0](v.data(), v.size()); },
        [](Values v) { return slots[1](v.data(), v.size()); },
        [](Values v) { return slots[2](v.data(), v.size()); },
        [](Values v) { return slots[3](v.data(), v.size()); },
        [](Values v) { return slots[4](v.data(), v.size()); },
        [](Values v) { return slots[5](v.data(), v.size()); },
        [](Values v) { return slots[6](v.data(), v.size()); },
        [](Values v) { return slots[7](v.data(), v.size()); },
    };
    size_t slot = 0;

    while (slot < used && slots[slot] != function)
        slot++;
    if (slot == 8) {
        std::cerr << "gbench: more than 8 different statistics\n";
        std::abort();
    }
    slots[slot] = function;
    used = slot == used ? used + 1 : used;
    return back(of(one)->ComputeStatistics(name, trampolines[slot]));
}

gb_case *gb_use_real_time(gb_case *one)
{
    return back(of(one)->UseRealTime());
}

gb_case *gb_use_process_time(gb_case *one)
{
    return back(of(one)->MeasureProcessCPUTime());
}

gb_case *gb_use_manual_time(gb_case *one)
{
    return back(of(one)->UseManualTime());
}

gb_case *gb_time_unit(gb_case *one, gb_unit unit)
{
    static const benchmark::TimeUnit units[] = { benchmark::kNanosecond, benchmark::kMicrosecond,
                                                 benchmark::kMillisecond, benchmark::kSecond };

    return back(of(one)->Unit(units[unit]));
}

gb_case *gb_complexity(gb_case *one)
{
    return back(of(one)->Complexity(benchmark::oAuto));
}

// -- Inside a benchmark --------------------------------------------------------------------------

bool gb_keep_running(gb_state *state)
{
    return of(state).KeepRunning();
}

bool gb_keep_running_batch(gb_state *state, int64_t batch)
{
    return of(state).KeepRunningBatch(batch);
}

void gb_pause(gb_state *state)
{
    of(state).PauseTiming();
}

void gb_resume(gb_state *state)
{
    of(state).ResumeTiming();
}

void gb_set_iteration_time(gb_state *state, double seconds)
{
    of(state).SetIterationTime(seconds);
}

int64_t gb_range(const gb_state *state, size_t index)
{
    return of(state).range(index);
}

int64_t gb_iterations(const gb_state *state)
{
    return of(state).iterations();
}

int gb_thread_index(const gb_state *state)
{
    return of(state).thread_index();
}

int gb_thread_count(const gb_state *state)
{
    return of(state).threads();
}

void gb_skip_with_error(gb_state *state, const char *message)
{
    failures++;
    of(state).SkipWithError(message);
}

void gb_set_bytes_processed(gb_state *state, int64_t bytes)
{
    of(state).SetBytesProcessed(bytes);
}

void gb_set_items_processed(gb_state *state, int64_t items)
{
    of(state).SetItemsProcessed(items);
}

void gb_set_complexity_n(gb_state *state, int64_t n)
{
    of(state).SetComplexityN(n);
}

void gb_set_label(gb_state *state, const char *label)
{
    of(state).SetLabel(label);
}

void gb_counter(gb_state *state, const char *name, double value, unsigned flags)
{
    of(state).counters[name] = benchmark::Counter(
        value, counter_flags(flags),
        flags & GB_COUNTER_1024 ? benchmark::Counter::kIs1024 : benchmark::Counter::kIs1000);
}

// -- Running -------------------------------------------------------------------------------------

void gb_initialize(int *argc, char **argv)
{
    benchmark::Initialize(argc, argv);
}

bool gb_report_unrecognized(int argc, char **argv)
{
    return benchmark::ReportUnrecognizedArguments(argc, argv);
}

void gb_add_context(const char *key, const char *value)
{
    benchmark::AddCustomContext(key, value);
}

struct gb_run gb_run_matching(const char *filter)
{
    static bool done = false;
    struct gb_run run = { 0, 0 };

    if (done) {
        std::cerr << "gbench: a second run in one process\n";
        std::abort();
    }
    done = true;
    run.matched = filter ? benchmark::RunSpecifiedBenchmarks(std::string(filter))
                         : benchmark::RunSpecifiedBenchmarks();
    run.failed = failures;
    return run;
}

void gb_shutdown(void)
{
    benchmark::ClearRegisteredBenchmarks();
    benchmark::Shutdown();
}

int gb_main(int argc, char **argv)
{
    gb_initialize(&argc, argv);
    if (gb_report_unrecognized(argc, argv))
        return 2;

    struct gb_run run = gb_run_matching(nullptr);

    gb_shutdown();
    return run.matched > 0 && run.failed == 0 ? 0 : 1;
}
