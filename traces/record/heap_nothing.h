/* SPDX-License-Identifier: 0BSD */
/* Why a command may have made no call that we saw. Private to traces/record. */
#ifndef LOOKASIDE_RECORD_HEAP_NOTHING_H
#define LOOKASIDE_RECORD_HEAP_NOTHING_H

#include <stdbool.h>

#include "record.h"

/* Print why nothing was recorded, and what helps. `was_there`: the library was in the process. */
void heap_nothing_explain(const struct record_job *job, bool was_there);

#endif
