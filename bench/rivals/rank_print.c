/* SPDX-License-Identifier: 0BSD */
/* The ranks as tables, best first. Ratios are made here and nowhere else. */
#include "rank.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL_BYTES 24u

bool rank_wants(const struct rank_options *options, const char *name)
{
    const char *at = options->rivals;
    size_t length = strlen(name);

    while (at != NULL) {
        if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ','))
            return true;
        at = strchr(at, ',');
        at += at != NULL;
    }
    return options->rivals == NULL;
}

/* "1.234", or "-" without a denominator. */
static const char *ratio(char *cell, double value, double of)
{
    if (of > 0)
        snprintf(cell, CELL_BYTES, "%.3f", value / of);
    else
        snprintf(cell, CELL_BYTES, "-");
    return cell;
}

static const char *steps(char *cell, uint64_t probes, uint64_t ops)
{
    if (probes == RIVAL_NOT_COUNTED || ops == 0)
        snprintf(cell, CELL_BYTES, "-");
    else
        snprintf(cell, CELL_BYTES, "%.1f", (double)probes / (double)ops);
    return cell;
}

static void print_given_up(bool gave_up, uint64_t ops)
{
    if (gave_up)
        printf("  gave up at op %" PRIu64, ops);
    printf("\n");
}

void rank_print_heap(const char *path, const struct rank_heap *rank)
{
    char peak[CELL_BYTES];
    char mean[CELL_BYTES];
    char step[CELL_BYTES];

    printf("%s: heaps\n", path);
    printf("  %" PRIu64 " ops, %" PRIu64 " requests, live peak %" PRIu64 " bytes\n", rank->ops,
           rank->requests, rank->live_bytes_peak);
    printf("  %-14s %7s %8s %9s %9s %7s %8s %7s %8s\n", "rival", "refused", "peak", "peak/live",
           "mean/live", "left", "calls", "static", "steps/op");
    for (uint32_t i = 0; i < rank->count; i++) {
        const struct rank_heap_row *row = &rank->rows[i];

        printf("  %-14s %7" PRIu64 " %8" PRIu32 " %9s %9s %7" PRIu32 " %8" PRIu64 " %7zu %8s",
               row->rival->name, row->refused, row->pages_peak,
               ratio(peak, 4096.0 * row->pages_peak, (double)rank->live_bytes_peak),
               ratio(mean, 4096.0 * (double)row->pages_sum, (double)row->live_bytes_sum),
               row->pages_left, row->calls, row->static_bytes, steps(step, row->probes, row->ops));
        print_given_up(row->gave_up, row->ops);
    }
}

void rank_print_vas(const char *path, const struct rank_vas *rank)
{
    char window[CELL_BYTES];
    char largest[CELL_BYTES];
    char step[CELL_BYTES];

    printf("%s: address spaces\n", path);
    printf("  %" PRIu64 " ops, %" PRIu64 " reservations, live peak %" PRIu32 " pages of %" PRIu32
           " bytes\n",
           rank->ops, rank->requests, rank->live_pages_peak, rank->page_bytes);
    printf("  %-14s %7s %6s %8s %9s %9s %12s %9s %9s\n", "rival", "refused", "moved", "reach",
           "smallest", "/live", "largest/free", "metadata", "steps/op");
    for (uint32_t i = 0; i < rank->count; i++) {
        const struct rank_vas_row *row = &rank->rows[i];

        printf("  %-14s %7" PRIu64 " %6" PRIu64 " %8" PRIu32 " %9" PRIu32 " %9s %12s %9zu %9s",
               row->rival->name, row->no_space + row->no_metadata, row->moved, row->reach_pages,
               row->smallest_pages,
               row->smallest_pages ? ratio(window, row->smallest_pages, rank->live_pages_peak)
                                   : "-",
               ratio(largest, row->largest_pages, row->free_pages), row->metadata_bytes_peak,
               steps(step, row->probes, row->ops));
        print_given_up(row->gave_up, row->ops);
    }
}
