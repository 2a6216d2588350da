/* SPDX-License-Identifier: 0BSD */
/* A replayed trace's figures for eyes and for programs. */
#ifndef LOOKASIDE_REPLAY_PRINT_H
#define LOOKASIDE_REPLAY_PRINT_H

#include <jansson.h>

#include "replay_run.h"

/* A readable summary on stdout. */
void replay_print_summary(const char *path, const struct replay_run *run);

/* One line a bucket on stdout: what it holds at the end of the trace. */
void replay_print_buckets(const struct replay_run *run, const struct bucket_table *buckets);

/* Every figure under its name in struct replay_result, and the buckets; the digest as text of 16
 * hex digits. NULL if there is no memory. The caller owns it.
 */
json_t *replay_to_json(const char *path, const struct replay_run *run,
                       const struct bucket_table *buckets);

#endif
