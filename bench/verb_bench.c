/* SPDX-License-Identifier: 0BSD */
/* `lookaside bench`: which things to measure, in which order, and what to do with the figures. */
#define _GNU_SOURCE /* nftw() */
#include "bench.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "decode.h"
#include "options.h"
#include "report.h"
#include "run.h"

enum { EXIT_DONE = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

#define TRACES_MAX 1024u

/* Most recordings of address spaces have a dozen stacks: too little to take the time of. */
#define STACK_OPS_MIN 100u

/* -- Which traces ------------------------------------------------------------------------------ */

/* nftw() passes no context. */
static char *found[TRACES_MAX];
static uint32_t found_count;

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int take_file(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)place;
    if (kind != FTW_F || !(ends_with(path, ".lat") || ends_with(path, ".lat.zst")))
        return 0;
    if (found_count == TRACES_MAX)
        return 1;
    found[found_count] = strdup(path);
    return found[found_count++] == NULL;
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool find_corpus(const char *folder)
{
    if (nftw(folder, take_file, 16, 0) != 0)
        return false;
    qsort(found, found_count, sizeof found[0], compare_paths);
    return true;
}

/* The path below `folder` (NULL: the file's own name) without its extensions. */
static void name_of(const char *path, const char *folder, char *name, size_t size)
{
    static const char *const ends[] = { ".zst", ".lat" };
    const char *last = strrchr(path, '/');
    size_t skip = folder != NULL ? strlen(folder) : last != NULL ? (size_t)(last + 1 - path) : 0;

    while (folder != NULL && path[skip] == '/')
        skip++;
    snprintf(name, size, "%s", path + skip);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i]))
            name[strlen(name) - strlen(ends[i])] = '\0';
}

static bool is_quick_path(const char *path, const char *folder)
{
    char name[PLAN_NAME_BYTES / 2u];

    name_of(path, folder, name, sizeof name);
    return plan_is_quick(name);
}

/* -- Measuring --------------------------------------------------------------------------------- */

static bool fail(const struct run *run, const char *message)
{
    run_progress_end(run);
    fprintf(stderr, "lookaside bench: %s\n", message);
    return false;
}

/* False: no more can be measured. */
static bool measure(struct run *run, const struct plan *plan, const char *what, uint32_t abi)
{
    if (plan->count == 0)
        return true;
    run_progress(run, what, abi);
    if ((run->options->count ? run_plan_counting : run_plan)(run, plan))
        return true;
    return fail(run, run->message);
}

/* What to plan for something, and what is exact about it. */
typedef void (*plan_fn)(struct plan *plan, const struct bench_options *options,
                        const struct inventory *inventory, const struct plan_thing *thing);

static void plan_vas_ops(struct plan *plan, const struct bench_options *options,
                         const struct inventory *inventory, const struct plan_thing *thing)
{
    plan_vas(plan, options, inventory, thing, true);
}

static void plan_vas_work(struct plan *plan, const struct bench_options *options,
                          const struct inventory *inventory, const struct plan_thing *thing)
{
    plan_vas(plan, options, inventory, thing, false);
}

static void plan_stack_ops(struct plan *plan, const struct bench_options *options,
                           const struct inventory *inventory, const struct plan_thing *thing)
{
    plan_stack(plan, options, inventory, thing, true);
}

static void plan_stack_work(struct plan *plan, const struct bench_options *options,
                            const struct inventory *inventory, const struct plan_thing *thing)
{
    plan_stack(plan, options, inventory, thing, false);
}

static bool measure_thing(struct run *run, const char *name, const char *work, plan_fn make)
{
    static struct plan plan;

    for (uint32_t abi = 0; abi < BENCH_ABIS && !run->options->space; abi++) {
        const struct plan_thing thing = { .name = name, .work = work, .abi = abi };

        make(&plan, run->options, &run->inventory, &thing);
        if (!measure(run, &plan, name, abi))
            return false;
    }
    return true;
}

/* Exact figures come with time, and alone. */
static bool space_of(struct run *run, enum ops_kind kind, const struct plan_thing *thing,
                     bool recorded)
{
    bool good = true;

    if (run->options->count)
        return true;
    run_progress(run, thing->name, 0);
    if (kind == OPS_HEAP)
        good = run_space_heap(run, thing);
    else if (kind == OPS_VAS)
        good = run_space_vas(run, thing, recorded);
    return good || fail(run, run->message);
}

/* Whether something of a trace could be wanted: decoding takes longer than asking. */
static bool may_want(const struct run *run, const char *name)
{
    static const plan_fn plans[] = { plan_heap, plan_vas_ops, plan_stack_ops };
    static struct plan plan;
    char exact[PLAN_NAME_BYTES];

    if (run->options->quick && run->options->path_count == 0 && !plan_is_quick(name))
        return false;
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        const struct plan_thing thing = { .name = name, .abi = abi };

        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            plans[i](&plan, run->options, &run->inventory, &thing);
            if (plan.count > 0)
                return true;
        }
    }
    snprintf(exact, sizeof exact, "heap/%s/lookaside", name);
    if (options_want(run->options, exact))
        return true;
    snprintf(exact, sizeof exact, "vas/%s/lookaside", name);
    return options_want(run->options, exact);
}

/* Whether the trace is good; *ret_go_on: whether others can still be measured. */
static bool measure_trace(struct run *run, const char *path, const char *folder, bool *ret_go_on)
{
    static const plan_fn plans[OPS_KINDS] = { plan_heap, plan_vas_ops, plan_stack_ops };
    const char *const paths[OPS_KINDS] = { run->ops_paths[0], run->ops_paths[1],
                                           run->ops_paths[2] };
    struct ops_facts facts[OPS_KINDS] = { { .count = 0 } };
    char name[PLAN_NAME_BYTES / 2u];

    *ret_go_on = true;
    run->thing++;
    name_of(path, folder, name, sizeof name);
    if (!may_want(run, name))
        return true;
    if (!decode_trace(path, paths, facts, run->message, sizeof run->message))
        return fail(run, run->message);
    for (uint32_t kind = 0; kind < OPS_KINDS && *ret_go_on; kind++) {
        const struct plan_thing thing = { .name = name, .work = paths[kind] };

        if (facts[kind].count > (kind == OPS_STACK ? STACK_OPS_MIN : 0u))
            *ret_go_on = space_of(run, (enum ops_kind)kind, &thing, true) &&
                         measure_thing(run, name, paths[kind], plans[kind]);
    }
    return *ret_go_on;
}

static bool measure_works(struct run *run, const struct bench_names *works, plan_fn make,
                          enum ops_kind kind)
{
    for (uint32_t i = 0; i < works->count; i++) {
        const char *name = works->names[i];
        const struct plan_thing thing = { .name = name, .work = name };

        run->thing++;
        if (run->options->quick && !plan_is_quick(name))
            continue;
        if (!space_of(run, kind, &thing, false) || !measure_thing(run, name, name, make))
            return false;
    }
    return true;
}

static bool measure_faults(struct run *run)
{
    static struct plan plan;

    run->thing++;
    for (uint32_t abi = 0; abi < BENCH_ABIS && !run->options->space; abi++) {
        plan_fault(&plan, run->options, &run->inventory, abi);
        if (!measure(run, &plan, "fault", abi))
            return false;
    }
    return true;
}

/* The traces of the corpus that a quick look has, or the others. */
static bool measure_corpus(struct run *run, bool quick, bool *go_on)
{
    bool good = true;

    for (uint32_t i = 0; i < found_count && *go_on; i++)
        if (is_quick_path(found[i], run->options->corpus) == quick)
            good = measure_trace(run, found[i], run->options->corpus, go_on) && good;
    return good;
}

/* Traces given: those and nothing else. False if something was wrong. */
static bool measure_all(struct run *run)
{
    const struct bench_options *options = run->options;
    const struct inventory *inventory = &run->inventory;
    bool good = true;
    bool go_on = true;

    run->things = options->path_count > 0
                      ? (uint32_t)options->path_count
                      : found_count + inventory->vas_works.count + inventory->stack_works.count +
                            inventory->heaps_works.count + inventory->frames_works.count + 1u;
    for (int i = 0; i < options->path_count && go_on; i++)
        good = measure_trace(run, options->paths[i], NULL, &go_on) && good;
    good = measure_corpus(run, true, &go_on) && good;
    if (options->path_count > 0 || !go_on)
        return good && go_on;
    go_on = measure_works(run, &inventory->vas_works, plan_vas_work, OPS_VAS) &&
            measure_works(run, &inventory->stack_works, plan_stack_work, OPS_STACK) &&
            measure_works(run, &inventory->heaps_works, plan_heaps, OPS_KINDS) &&
            measure_works(run, &inventory->frames_works, plan_frames, OPS_KINDS) &&
            measure_faults(run);
    good = measure_corpus(run, false, &go_on) && good;
    run_progress_end(run);
    return good && go_on;
}

/* -- Set-up ------------------------------------------------------------------------------------ */

static int set_up(struct run *run, const struct bench_options *options)
{
    const struct inventory *inventory = &run->inventory;

    if (options->count && !run_can_count()) {
        fail(run, "--instructions needs valgrind (package valgrind)");
        return EXIT_SETUP;
    }
    if (!options->count && !options->space && inventory->driver == NULL) {
        fail(run, "times need Google Benchmark (packages libbenchmark-dev and g++); without them "
                  "there are --space and --instructions");
        return EXIT_SETUP;
    }
    if (inventory->programs[1] == NULL)
        fail(run, "no figures for i386: lookaside-cost-i386 is not built (package gcc-multilib)");
    for (uint32_t i = 0; i < options->peer_count; i++) {
        if (!inventory_add_peer(&run->inventory, options->peers[i])) {
            fail(run, inventory->message);
            return EXIT_BAD;
        }
    }
    if (options->path_count == 0 && !find_corpus(options->corpus)) {
        fprintf(stderr, "lookaside bench: %s: %s\n", options->corpus, strerror(errno));
        return EXIT_SETUP;
    }
    return EXIT_DONE;
}

/* What was measured until a signal came is reported too. */
static int report(struct run *run, bool good)
{
    const struct bench_options *options = run->options;

    if (run->done == 0 && json_object_size(run->results.space) == 0) {
        if (good)
            fail(run, "nothing was measured: no name matches, or no trace has such ops");
        return good ? EXIT_USAGE : EXIT_BAD;
    }
    if (child_ran_out())
        good = true; /* as it was asked for */
    results_finish(&run->results);
    report_describe(run);
    if (options->json == NULL || strcmp(options->json, "-") != 0)
        report_print(stdout, run);
    if (options->json != NULL &&
        !results_write(&run->results, options->json, run->message, sizeof run->message)) {
        fail(run, run->message);
        return EXIT_BAD;
    }
    if (fflush(stdout) != 0 || json_array_size(run->results.problems) > 0)
        return EXIT_BAD;
    return good ? EXIT_DONE : EXIT_BAD;
}

static int bench(struct run *run, const struct bench_options *options)
{
    int status = EXIT_SETUP;

    if (!run_begin(run, options))
        fail(run, run->message);
    else
        status = set_up(run, options);
    if (status != EXIT_DONE)
        return status;
    run->results.counted = options->count;
    run->results.brief = options->brief;
    child_stop_after(60u * options->minutes);
    return report(run, measure_all(run));
}

int verb_bench(int argc, char **argv)
{
    static struct run run;
    static struct bench_options options;
    int status = options_parse(&options, argc, argv);

    if (status == 0) {
        child_catch_signals();
        status = bench(&run, &options);
        run_end(&run);
    }
    while (found_count > 0)
        free(found[--found_count]);
    options_free(&options);
    return status;
}
