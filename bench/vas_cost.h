/* SPDX-License-Identifier: 0BSD */
/* The cost of reserving and releasing addresses. */
#ifndef LOOKASIDE_BENCH_VAS_COST_H
#define LOOKASIDE_BENCH_VAS_COST_H

#include "vas_work.h"

/* Measure work `number` on every target and print a line each:
 *   vas TARGET OPS FAILED RELEASES MEDIAN LOWER UPPER MIN MAX P999 LONGEST
 * the last seven in ns: CPU time per op over `rounds` rounds, harness included; then 99.9 % and the
 * longest of single ops, each the fastest of five repeats, without the harness. False and one line
 * on stderr if the work cannot be made.
 */
bool vas_cost(uint32_t number, uint32_t rounds);

/* One pass of one target, inside counted_vas_pass(): callgrind collects by that name. */
void counted_vas_pass(vas_pass_fn pass, struct vas_work *work);
bool vas_cost_once(uint32_t number, enum vas_target_id target);

#endif
