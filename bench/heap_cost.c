/* SPDX-License-Identifier: 0BSD */
/* Rounds. Each target lives in a child process of its own and runs when it is told to, so that all
 * see the same minutes of a shared machine, each with the heap and the settings of its own. The
 * first pass of each is the proof; it also warms, so that no first touch of a page is in the
 * figures.
 */
#include "heap_cost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "statistics.h"

/* Passes are repeated until a round took this long: the clock itself costs up to 1 us. */
#define ROUND_NS_MIN UINT64_C(5000000)

/* What a child says when its proof is done. */
struct proof {
    char problem[128]; /* "": none */
    uint32_t refused;
    uint32_t committed_pages_peak;
};

struct child {
    pid_t pid;
    int orders;  /* a byte: run one round */
    int answers; /* a proof, then one double a round */
    struct proof proof;
    double ns[COST_ROUNDS_MAX];
};

static bool read_whole(int file, void *to, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t got = read(file, (char *)to + at, bytes - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

/* Shorter than a pipe's atomic size. */
static bool write_whole(int file, const void *from, size_t bytes)
{
    return write(file, from, bytes) == (ssize_t)bytes;
}

/* -- In the child ------------------------------------------------------------------------------ */

static double round_ns(struct target_world *opened, const struct lean_trace *trace)
{
    uint64_t ns = 0;
    uint64_t ops = 0;

    do {
        uint64_t before = clock_cpu_ns();

        opened->target->pass(&opened->world, trace->ops, trace->ops + trace->count);
        ns += clock_cpu_ns() - before;
        ops += trace->count;
        target_release(opened, trace);
    } while (ns < ROUND_NS_MIN);
    return (double)ns / (double)ops;
}

static int serve(const struct target *target, const struct lean_trace *trace,
                 const struct cost_options *options, int orders, int answers)
{
    static struct target_world opened;
    struct proof proof = { .refused = 0 };
    const char *problem =
        target_open(&opened, target, trace, &options->buckets, options->window_segments);
    char order;

    if (problem == NULL)
        problem = target_prove(&opened, trace);
    if (problem == NULL)
        target_release(&opened, trace);
    snprintf(proof.problem, sizeof proof.problem, "%s", problem != NULL ? problem : "");
    proof.refused = opened.world.failed;
    proof.committed_pages_peak = opened.committed_pages_peak;
    if (!write_whole(answers, &proof, sizeof proof) || problem != NULL)
        return EXIT_FAILURE;
    while (read_whole(orders, &order, 1)) {
        double ns = round_ns(&opened, trace);

        if (!write_whole(answers, &ns, sizeof ns))
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* -- In the parent ----------------------------------------------------------------------------- */

static bool start(struct child *child, const struct target *target, const struct lean_trace *trace,
                  const struct cost_options *options)
{
    int orders[2];
    int answers[2];

    if (pipe(orders) != 0)
        return false;
    if (pipe(answers) != 0) {
        close(orders[0]);
        close(orders[1]);
        return false;
    }
    child->pid = fork();
    if (child->pid == 0) {
        close(orders[1]);
        close(answers[0]);
        _exit(serve(target, trace, options, orders[0], answers[1]));
    }
    close(orders[0]);
    close(answers[1]);
    child->orders = orders[1];
    child->answers = answers[0];
    return child->pid > 0;
}

/* The end of its orders ends it. */
static void stop(struct child *child)
{
    close(child->orders);
    close(child->answers);
    if (child->pid > 0)
        waitpid(child->pid, NULL, 0);
}

static bool measure(struct child *children, const struct cost_options *options)
{
    const char order = 1;

    for (uint32_t round = 0; round < options->rounds; round++) {
        for (uint32_t i = 0; i < TARGETS; i++) {
            struct child *child = &children[(i + round) % TARGETS]; /* nobody is always first */

            if (!write_whole(child->orders, &order, 1) ||
                !read_whole(child->answers, &child->ns[round], sizeof child->ns[round])) {
                fprintf(stderr, "lookaside-cost: %s died\n", targets[child - children].name);
                return false;
            }
        }
    }
    return true;
}

/* One after the other: a proof reads the same memory as its neighbour's. */
static bool start_all(struct child *children, const struct lean_trace *trace,
                      const struct cost_options *options)
{
    for (uint32_t i = 0; i < TARGETS; i++) {
        struct child *child = &children[i];

        if (!start(child, &targets[i], trace, options) ||
            !read_whole(child->answers, &child->proof, sizeof child->proof)) {
            fprintf(stderr, "lookaside-cost: %s does not start\n", targets[i].name);
            return false;
        }
        if (child->proof.problem[0] != '\0') {
            fprintf(stderr, "lookaside-cost: %s: %s\n", targets[i].name, child->proof.problem);
            return false;
        }
    }
    return true;
}

static void print_costs(struct child *children, const struct lean_trace *trace, uint32_t rounds)
{
    for (uint32_t i = 0; i < TARGETS; i++) {
        struct spread ns = spread_of(children[i].ns, rounds);

        printf("heap %s %u %u %u %llu %.4f %.4f %.4f %.4f %.4f\n", targets[i].name, trace->count,
               children[i].proof.refused, children[i].proof.committed_pages_peak,
               (unsigned long long)trace->live_bytes_peak, ns.median, ns.lower, ns.upper, ns.min,
               ns.max);
    }
}

bool heap_cost(const struct lean_trace *trace, const struct cost_options *options)
{
    struct child *children = calloc(TARGETS, sizeof *children);
    bool good;

    if (children == NULL)
        return false;
    for (uint32_t i = 0; i < TARGETS; i++)
        children[i].orders = children[i].answers = -1;
    fflush(stdout);
    good = start_all(children, trace, options) && measure(children, options);
    /* The last one first: those started later hold the earlier ones' pipes open. */
    for (uint32_t i = TARGETS; i-- > 0;)
        stop(&children[i]);
    if (good)
        print_costs(children, trace, options->rounds);
    free(children);
    return good;
}

__attribute__((noinline)) void counted_heap_pass(struct target_world *opened,
                                                 const struct lean_trace *trace)
{
    opened->target->pass(&opened->world, trace->ops, trace->ops + trace->count);
}

bool heap_cost_once(const struct lean_trace *trace, const struct cost_options *options,
                    const struct target *target)
{
    static struct target_world opened;
    const char *problem =
        target_open(&opened, target, trace, &options->buckets, options->window_segments);

    if (problem != NULL) {
        fprintf(stderr, "lookaside-cost: %s: %s\n", target->name, problem);
        return false;
    }
    counted_heap_pass(&opened, trace);
    printf("once %s %u %u\n", target->name, trace->count, opened.world.failed);
    target_close(&opened);
    return true;
}
