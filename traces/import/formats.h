/* SPDX-License-Identifier: 0BSD */
/* The formats that can be imported: their names, how each is told by its first bytes, and who reads
 * it. A new one is a row of the table in formats.c and a file of its own. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_FORMATS_H
#define LOOKASIDE_IMPORT_FORMATS_H

#include "import.h"

struct format {
    const char *name;
    const char *what;  /* for --help: the program that writes it */
    const char *magic; /* it begins with these bytes; NULL: `looks` decides */
    size_t magic_bytes;
    bool (*looks)(const char *first, size_t bytes); /* the first bytes, not terminated */
    bool (*read)(struct import *import);
};

/* The format of that name, or the one whose recordings begin like `first`; NULL if there is none.
 */
const struct format *format_named(const char *name);
const struct format *format_of(const char *first, size_t bytes);

/* Entry `index` of the table, NULL behind the last; a name may come twice. */
const struct format *format_at(size_t index);

/* Ours. */
bool import_ntr_user(struct import *import);
bool import_ntr_kernel(struct import *import);
bool import_ntr_vas(struct import *import);
bool import_ntr_stack(struct import *import);
bool import_vas_trace(struct import *import);
bool import_mtrace1(struct import *import);
bool import_raw(struct import *import);
bool import_trace(struct import *import); /* as it is, text and all */

/* Other people's. */
bool import_rep(struct import *import);
bool looks_rep(const char *first, size_t bytes);
bool import_android(struct import *import);
bool looks_android(const char *first, size_t bytes);
bool import_mtrace(struct import *import);
bool looks_mtrace(const char *first, size_t bytes);
bool import_ltrace(struct import *import);
bool looks_ltrace(const char *first, size_t bytes);
bool import_valgrind(struct import *import);
bool looks_valgrind(const char *first, size_t bytes);
bool import_heaptrack(struct import *import);
bool looks_heaptrack(const char *first, size_t bytes);
bool import_logalloc(struct import *import);
bool looks_logalloc(const char *first, size_t bytes);
bool import_babeltrace(struct import *import);
bool looks_babeltrace(const char *first, size_t bytes);
bool import_bpftrace(struct import *import);
bool looks_bpftrace(const char *first, size_t bytes);
bool import_ftrace(struct import *import);
bool looks_ftrace(const char *first, size_t bytes);
bool import_strace(struct import *import);
bool looks_strace(const char *first, size_t bytes);

/* Aggregates: they have no order of events, so all that can be done is to say so. */
bool import_aggregate(struct import *import);
bool looks_aggregate(const char *first, size_t bytes);

#endif
