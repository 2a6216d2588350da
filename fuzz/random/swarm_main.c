/* SPDX-License-Identifier: 0BSD */
/* fuzz-swarm-PART-GEOMETRY [--seed=N] [--first=N] [--runs=N] [--seconds=S] [--ops=N] [--save=FILE]
 *
 * Runs of random operations until one fails, `runs` are done or `seconds` of CPU time are used up.
 * Run N of a seed is the same everywhere. When a run fails its number is told, and its operations
 * are saved as a trace.
 */
#define _GNU_SOURCE
#include "options.h"
#include "swarm.h"

#include "../world/save.h"
#include "../world/watchdog.h"
#include "../world/world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLOCK_EVERY_RUNS 16u
#define WATCH_SECONDS    2u /* of CPU time a run may take at most */

static struct run_options options = RUN_OPTIONS_DEFAULT;
static uint32_t ops_max = 1024;

static struct trace_op ops[WORLD_OPS_MAX];
static uint32_t ops_count;
static uint64_t run_now;
static uint32_t shape_now;

/* The world has told what broke and aborts: nothing of it is used any more. */
static void on_abort(int signal_number)
{
    signal(signal_number, SIG_DFL);
    fprintf(stderr,
            "fuzz-swarm: seed %" PRIu64 " run %" PRIu64 " shape %u failed after %u "
            "operations, %.3f CPU seconds, %" PRIu64 " runs\n",
            options.seed, run_now, shape_now, ops_count, cpu_seconds(),
            run_now - options.first + 1u);
    if (options.save)
        save_trace(options.save, ops, ops_count < WORLD_OPS_MAX ? ops_count + 1u : ops_count);
    raise(signal_number);
}

static uint64_t one_run(void)
{
    struct swarm swarm;

    swarm_begin(&swarm, options.seed, run_now, ops_max, FUZZ_PART);
    shape_now = swarm.shape;
    world_begin(swarm.shape, WORLD_BLOCK_SLOTS);
    for (ops_count = 0; ops_count < swarm.ops; ops_count++) {
        swarm_next(&swarm, &ops[ops_count]);
        if (!world_step(&ops[ops_count]))
            break;
    }
    return world_end();
}

/* Some of the runs are made again elsewhere: nothing may depend on where they were. */
static void one_run_or_two(void)
{
    uint64_t digest = one_run();

    if (!world_is_made_again(digest))
        return;
    world_move(true);
    uint64_t again = one_run();

    world_move(false);
    world_compare_digests(digest, again, "in other memory");
}

static bool parse(const char *argument)
{
    if (strncmp(argument, "--ops=", 6) != 0)
        return run_options_take(&options, argument);
    ops_max = (uint32_t)strtoul(argument + 6, NULL, 10);
    return true;
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        if (!parse(arguments[i])) {
            fprintf(stderr, "usage: fuzz-swarm [--seed=N] [--first=N] [--runs=N] [--seconds=S] "
                            "[--ops=N] [--save=FILE]\n");
            return 2;
        }
    if (ops_max == 0 || ops_max > WORLD_OPS_MAX) {
        fprintf(stderr, "fuzz-swarm: --ops: expected 1 to %u\n", WORLD_OPS_MAX);
        return 2;
    }
    world_setup();
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    watchdog_start(&world_totals.runs, WATCH_SECONDS);
    double before = cpu_seconds();
    double used = 0;
    uint64_t runs = 0;

    for (; runs < options.runs; runs++) {
        run_now = options.first + runs;
        one_run_or_two();
        if (runs % CLOCK_EVERY_RUNS == 0) {
            used = cpu_seconds() - before;
            if (options.seconds > 0 && used >= options.seconds)
                break;
        }
    }
    used = cpu_seconds() - before;
    printf("%" PRIu64 " runs, %" PRIu64 " operations, %.0f runs and %.0f operations a CPU second\n",
           world_totals.runs, world_totals.ops, (double)world_totals.runs / used,
           (double)world_totals.ops / used);
    return 0;
}
