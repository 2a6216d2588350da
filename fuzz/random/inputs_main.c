/* SPDX-License-Identifier: 0BSD */
/* fuzz-swarm-TARGET [--seed=N] [--first=N] [--runs=N] [--seconds=S] [--save=FILE]
 *
 * Random inputs for a target that takes bytes, until one fails, `runs` are done or `seconds` of CPU
 * time are used up. Input N of a seed is the same everywhere; the one that fails is told and saved.
 */
#define _GNU_SOURCE
#include "../targets/target.h"
#include "../world/watchdog.h"
#include "inputs.h"
#include "options.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#define WATCH_SECONDS 2u /* of CPU time an input may take at most */

static struct run_options options = RUN_OPTIONS_DEFAULT;

static uint8_t bytes[INPUTS_BYTES_MAX];
static size_t count;
static uint64_t run_now;

static void save(const char *path)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0)
        perror(path);
}

/* The target has told what broke and aborts: nothing of it is used any more. */
static void on_abort(int signal_number)
{
    signal(signal_number, SIG_DFL);
    fprintf(stderr,
            "fuzz-swarm: seed %" PRIu64 " run %" PRIu64 " failed: %zu bytes, %.3f CPU seconds\n",
            options.seed, run_now, count, cpu_seconds());
    if (options.save)
        save(options.save);
    raise(signal_number);
}

int main(int argument_count, char **arguments)
{
    uint64_t runs = 0;

    for (int i = 1; i < argument_count; i++)
        if (!run_options_take(&options, arguments[i])) {
            fprintf(stderr, "usage: fuzz-swarm [--seed=N] [--first=N] [--runs=N] [--seconds=S] "
                            "[--save=FILE]\n");
            return 2;
        }
    (void)LLVMFuzzerInitialize(&argument_count, &arguments);
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    watchdog_start(&run_now, WATCH_SECONDS);
    double before = cpu_seconds();

    for (; runs < options.runs; runs++) {
        if (options.seconds > 0 && runs % 16u == 0 && cpu_seconds() - before >= options.seconds)
            break;
        run_now = options.first + runs;
        count = inputs_make(options.seed, run_now, bytes);
        (void)LLVMFuzzerTestOneInput(bytes, count);
    }
    printf("%" PRIu64 " inputs, %.0f a CPU second\n", runs,
           (double)runs / (cpu_seconds() - before));
    return 0;
}
