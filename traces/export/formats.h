/* SPDX-License-Identifier: 0BSD */
/* The formats that a trace can be told in, and what each cannot tell. Private to traces/export. */
#ifndef LOOKASIDE_EXPORT_FORMATS_H
#define LOOKASIDE_EXPORT_FORMATS_H

#include "walk.h"

#include <stdio.h>

struct export_format {
    const char *name;
    const char *what;     /* for --help */
    uint32_t kinds;       /* a bit for each kind of op that it tells in full */
    uint32_t kinds_plain; /* and for each that it tells as a plain allocation */
    bool tells_recorded;  /* the recorded size of a block */

    /* Either the trace as it is, or its heap ops. False if `file` cannot be written. */
    bool (*whole)(FILE *file, const struct trace_loaded *trace);
    bool (*begin)(FILE *file, const struct walk_totals *totals);
    bool (*event)(FILE *file, const struct walk_totals *totals, const struct walk_event *event);
};

const struct export_format *export_format_named(const char *name);

/* Entry `index`, NULL behind the last. */
const struct export_format *export_format_at(size_t index);

#endif
