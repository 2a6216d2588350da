/* SPDX-License-Identifier: 0BSD */
/* Every sequence of operations up to a depth, in the tiny geometry: breadth first, so that what
 * fails is as short as it gets. A state that was seen before is not gone on from.
 *
 * usage: fuzz-exhaustive [--depth=N] [--seconds=S] [--shape=N] [--part=w|h|v|s] [--save=FILE]
 *
 * A state is kept as the one it came from and the number of the operation: its path is run again
 * for each operation that is tried on it. Runs are cheaper than copies of a world.
 */
#define _GNU_SOURCE
#include "exhaustive.h"

#include "../world/save.h"
#include "../world/watchdog.h"
#include "../world/world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WATCH_SECONDS 5u
#define DEPTH_MAX     16u
#define STATES_LOG2   25u /* states that fit; the search stops there */
#define SEEN_MAX      (UINT32_C(1) << STATES_LOG2)
#define STATES_MAX    (SEEN_MAX / 4u * 3u)

struct state {
    uint32_t from;
    uint8_t letter; /* number of the operation in the alphabet there */
    uint8_t depth;
};

static struct {
    uint32_t depth;
    double seconds;
    uint32_t shape;
    char part;
    const char *save;
} options = { .depth = 5, .part = 'w' };

static struct state *states;
static uint64_t *seen; /* fingerprints; 0: empty */
static uint32_t states_count;
static uint64_t transitions;
static struct trace_op path[DEPTH_MAX + 1u];
static uint32_t path_length;

/* Whether this state is new; it is not any more then. */
static bool is_new(uint64_t print)
{
    uint32_t at = (uint32_t)(print >> 20) % SEEN_MAX;

    print += print == 0;
    for (; seen[at] != 0; at = (at + 1u) % SEEN_MAX)
        if (seen[at] == print)
            return false;
    seen[at] = print;
    return true;
}

static void on_abort(int signal_number)
{
    signal(signal_number, SIG_DFL);
    fprintf(stderr, "fuzz-exhaustive: failed after %u operations, %" PRIu64 " transitions\n",
            path_length, transitions);
    if (options.save)
        save_trace(options.save, path, path_length);
    raise(signal_number);
}

static void go(const struct trace_op *op)
{
    path[path_length++] = *op;
    (void)world_step(op);
}

/* Begin a run and go to a state. */
static void go_to(uint32_t number)
{
    static struct trace_op letters[ALPHABET_MAX];
    uint8_t word[DEPTH_MAX];
    uint32_t depth = states[number].depth;

    for (uint32_t i = depth; i > 0; number = states[number].from)
        word[--i] = states[number].letter;
    path_length = 0;
    world_begin(options.shape, WORLD_BLOCK_SLOTS);
    for (uint32_t i = 0; i < depth; i++) {
        (void)alphabet(letters, options.part);
        go(&letters[word[i]]);
    }
}

/* Try every operation on a state. */
static void expand(uint32_t number)
{
    static struct trace_op letters[ALPHABET_MAX];
    uint32_t count;

    go_to(number);
    count = alphabet(letters, options.part);
    for (uint32_t i = 0; i < count; i++) {
        if (i != 0)
            go_to(number);
        go(&letters[i]);
        transitions++;
        if (is_new(fingerprint()) && states_count < STATES_MAX)
            states[states_count++] = (struct state){
                .from = number, .letter = (uint8_t)i, .depth = (uint8_t)(states[number].depth + 1u)
            };
        (void)world_end();
    }
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* States of the last depth are run and checked, but not gone on from. */
static int search(void)
{
    double begin = cpu_seconds();
    uint32_t next = 0;

    states[states_count++] = (struct state){ 0 };
    for (uint32_t depth = 1; depth <= options.depth; depth++) {
        uint32_t end = states_count;

        for (; next < end; next++) {
            expand(next);
            if (options.seconds > 0 && cpu_seconds() - begin >= options.seconds) {
                printf("depth %u: stopped after %.1f s with %u of %u states tried\n", depth,
                       cpu_seconds() - begin, next, end);
                return 0;
            }
        }
        printf("depth %u: %u states, %" PRIu64 " transitions, %.1f s, %.0f transitions a second\n",
               depth, states_count, transitions, cpu_seconds() - begin,
               (double)transitions / (cpu_seconds() - begin));
        fflush(stdout);
        if (states_count == STATES_MAX)
            printf("no room for more states\n");
    }
    return 0;
}

static bool parse(const char *argument)
{
    if (strncmp(argument, "--depth=", 8) == 0)
        options.depth = (uint32_t)strtoul(argument + 8, NULL, 10);
    else if (strncmp(argument, "--seconds=", 10) == 0)
        options.seconds = strtod(argument + 10, NULL);
    else if (strncmp(argument, "--shape=", 8) == 0)
        options.shape = (uint32_t)strtoul(argument + 8, NULL, 10);
    else if (strncmp(argument, "--part=", 7) == 0 && argument[7] && strchr("whvs", argument[7]))
        options.part = argument[7];
    else if (strncmp(argument, "--save=", 7) == 0)
        options.save = argument + 7;
    else
        return false;
    return options.depth >= 1 && options.depth <= DEPTH_MAX;
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        if (!parse(arguments[i])) {
            fprintf(stderr,
                    "usage: fuzz-exhaustive [--depth=1..%u] [--seconds=S] [--shape=0..4] "
                    "[--part=w|h|v|s] [--save=FILE]\n",
                    DEPTH_MAX);
            return 2;
        }
    states = malloc(STATES_MAX * sizeof *states);
    seen = calloc(SEEN_MAX, sizeof *seen);
    if (!states || !seen) {
        perror("fuzz-exhaustive");
        return 3;
    }
    world_setup();
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    watchdog_start(&world_totals.runs, WATCH_SECONDS);
    return search();
}
