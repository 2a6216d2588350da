/* SPDX-License-Identifier: 0BSD */
/* The protocol between a measuring process and whoever asks it. A process opens one thing to
 * measure and says "ok" or "problem WHAT"; from then on each line on standard input is a command,
 * each line on standard output its answer:
 *
 *   ok KEY=NUMBER KEY=NUMBER ...    "ns", if it is there, is CPU time per op, harness included
 *   slow WHAT                       it could be measured, but would take too long
 *   problem WHAT                    it cannot be measured, or a proof failed
 *
 * The process ends at "quit" or the end of its input. Commands given as arguments are carried out
 * instead, one after the other.
 */
#ifndef LOOKASIDE_BENCH_SERVE_H
#define LOOKASIDE_BENCH_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_BYTES 4096u

/* Passes are repeated until a command took this long: the clock itself costs up to 1 us. */
#define SERVE_ROUND_NS UINT64_C(10000000)

/* What takes longer than this before it can be timed is called slow: 2 s. */
#define SERVE_SLOW_NS UINT64_C(2000000000)

struct answer {
    char text[ANSWER_BYTES]; /* " KEY=NUMBER ..." */
    size_t length;
    bool slow;
};

/* Append a figure. Keys are words. */
void answer_add(struct answer *answer, const char *key, double value);
void answer_add_count(struct answer *answer, const char *key, uint64_t value);

/* 64 bits in hexadecimal, as "KEY=0x..." */
void answer_add_digest(struct answer *answer, const char *key, uint64_t value);

/* Carry a command out on `subject`. NULL, or what is wrong. */
typedef const char *(*serve_fn)(void *subject, struct answer *answer);

struct serve_command {
    const char *name; /* NULL ends a list of them */
    serve_fn run;
};

/* Say whether opening worked (`problem` NULL), then serve. Answers the process's exit status: 0, or
 * 1 after a problem.
 */
int serve(const char *problem, const struct serve_command *commands, void *subject,
          char *const *arguments, int argument_count);

/* Serve something that takes too long: every command is answered so. */
int serve_slow(const char *why, char *const *arguments, int argument_count);

/* Something a profiler finds by name: callgrind counts what happens inside. */
void counted_pass(void (*run)(void *context), void *context);

/* -- Single operations ------------------------------------------------------------------------- */

/* How often the ops of a latency figure are repeated. Of each op the fastest repetition counts, so
 * that what remains is the algorithm and not the scheduler.
 */
#define LATENCY_REPEATS 5u
#define LATENCY_OPS_MAX UINT32_C(1000000)

/* Append p50_ns, p99_ns, p999_ns and max_ns of `count` single operations given in ticks, minus
 * `overhead_ticks`; and "ns", their mean with it. Sorts `ticks`.
 */
void answer_add_latency(struct answer *answer, uint32_t *ticks, uint32_t count,
                        uint32_t overhead_ticks);

/* The middle one. Sorts `ticks`. */
uint32_t latency_median(uint32_t *ticks, uint32_t count);

#endif
