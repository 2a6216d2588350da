/* SPDX-License-Identifier: 0BSD */
/* Many independent jobs on all processors. The parent works too; children are forked, so that a job
 * may panic without taking the results of the others along, and write their results to shared
 * memory.
 */
#ifndef LOOKASIDE_TUNE_PARALLEL_H
#define LOOKASIDE_TUNE_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Memory that children write and the parent reads; zeroed. NULL: none. */
void *shared_alloc(size_t bytes);
void shared_free(void *memory, size_t bytes);

/* Do job `index`, writing only to shared memory. False: give up. */
typedef bool (*parallel_fn)(void *context, uint32_t index);

/* Run jobs 0 to count - 1, in no order. `label` names them in the progress line on stderr (only if
 * that is a terminal); NULL: none. True when all are done; false when one gave up or died, or after
 * SIGINT, with those done before left in place.
 */
bool parallel_run(uint32_t count, parallel_fn job, void *context, const char *label);

/* At most this many processes; 0: as many as processors. */
extern uint32_t parallel_processes;

/* From now on SIGINT sets a flag instead of ending the process: the running jobs end, no new ones
 * begin, and what is there can still be written.
 */
void interrupt_watch(void);
bool interrupted(void);

#endif
