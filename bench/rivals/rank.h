/* SPDX-License-Identifier: 0BSD */
/* Every rival over the same trace: exact figures of space, and how many steps it took. Times are
 * the benchmark's business.
 *
 * The trace's blocks go to every heap, its regions and stacks to every address space. All heaps of
 * a trace are one here, commits are the page tables' business and are left out, and placements are
 * the rival's. What a rival cannot do is done for it the way its user would have to:
 *   alignment   it is asked for so much more, and the aligned part is used
 *   resize      a region or block that cannot grow where it is moves; one that cannot shrink stays
 */
#ifndef LOOKASIDE_RIVALS_RANK_H
#define LOOKASIDE_RIVALS_RANK_H

#include "heap_rival.h"
#include "trace_file.h"
#include "vas_rival.h"

#define RANK_ROWS_MAX      16u
#define RANK_MESSAGE_BYTES 256u

struct rank_options {
    uint32_t window_mib; /* addresses: of a VAS from the first 64 KiB on, of a heap the same */
    bool segments;       /* of a VAS: everything is asked for in pages of 64 KiB */
    bool moves;          /* of a VAS: nothing is resized in place, whoever could */
    bool no_smallest;    /* of a VAS: do not look for the smallest window */
    uint64_t steps_max;  /* a rival that takes more on one trace gives up; 0: no limit */
    const char *rivals;  /* names with commas, or NULL: all */
};

struct rank_heap_row {
    const struct heap_rival *rival;
    uint64_t ops;            /* done: fewer than the trace's when it gave up */
    uint64_t refused;        /* requests without an answer, for want of space or memory */
    uint64_t over_asked;     /* aligned requests that were made larger instead */
    uint64_t live_bytes_sum; /* over ops */
    uint64_t pages_sum;      /* over ops: committed */
    uint32_t pages_peak;     /* committed */
    uint32_t pages_left;     /* committed after everything was freed */
    uint64_t calls;          /* of the port: commits and decommits */
    size_t static_bytes;     /* outside of the window */
    uint64_t probes;
    bool gave_up;
};

struct rank_heap {
    uint64_t ops;
    uint64_t requests;
    uint64_t live_bytes_peak;
    struct rank_heap_row rows[RANK_ROWS_MAX]; /* best first */
    uint32_t count;
};

struct rank_vas_row {
    const struct vas_rival *rival;
    uint64_t ops;
    uint64_t no_space;
    uint64_t no_metadata;
    uint64_t over_asked;
    uint64_t moved;
    uint32_t reach_pages;    /* of the window's start: the highest page ever given out */
    uint32_t free_pages;     /* at the trace's peak of live pages */
    uint32_t largest_pages;  /* the longest request it would have served then */
    uint32_t smallest_pages; /* the smallest window found in which it refuses nothing; 0: none */
    size_t metadata_bytes_peak;
    uint64_t probes;
    bool gave_up;
};

struct rank_vas {
    uint64_t ops;
    uint64_t requests;
    uint32_t page_bytes;
    uint32_t live_pages_peak;
    struct rank_vas_row rows[RANK_ROWS_MAX]; /* best first */
    uint32_t count;
};

/* Whether a rival's name is among the options'. */
bool rank_wants(const struct rank_options *options, const char *name);

/* Fill `ret_rank`. False and one line in `message` if a rival broke a promise or there is no memory
 * for it. A trace without such ops gives no requests and no rows.
 */
bool rank_heaps(const struct trace_loaded *trace, const struct rank_options *options,
                struct rank_heap *ret_rank, char *message);
bool rank_spaces(const struct trace_loaded *trace, const struct rank_options *options,
                 struct rank_vas *ret_rank, char *message);

/* Tables on stdout. */
void rank_print_heap(const char *path, const struct rank_heap *rank);
void rank_print_vas(const char *path, const struct rank_vas *rank);

/* The same as JSON objects; NULL: no memory. */
struct json_t;
struct json_t *rank_heap_json(const char *path, const struct rank_heap *rank);
struct json_t *rank_vas_json(const char *path, const struct rank_vas *rank);

#endif
