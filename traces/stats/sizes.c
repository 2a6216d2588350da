/* SPDX-License-Identifier: 0BSD */
/* Counting requests by exact size. */
#include "sizes.h"

#include "figures.h"
#include "top.h"

#include <stdlib.h>

void stats_sizes_init(struct stats_sizes *sizes)
{
    sizes->large.item_bytes = sizeof(struct size_count);
}

void stats_sizes_free(struct stats_sizes *sizes)
{
    numbers_free(&sizes->large);
    free(sizes->sizes);
}

bool stats_sizes_request(struct stats_sizes *sizes, const struct trace_op *op, bool creates)
{
    struct size_count *count = &sizes->plain[op->bytes <= SIZES_PLAIN ? op->bytes : 0];
    uint32_t index;

    if (op->bytes > SIZES_PLAIN) {
        if (!numbers_index(&sizes->large, op->bytes, &index))
            return false;
        count = numbers_item(&sizes->large, index);
    }
    count->requests++;
    sizes->requests++;
    sizes->request_bytes = stats_sum(sizes->request_bytes, op->bytes);
    if (!creates)
        return true;
    sizes->creations++;
    sizes->creation_bytes = stats_sum(sizes->creation_bytes, op->bytes);
    if (op->kind == TRACE_ALLOC_ZEROED) {
        sizes->zeroed++;
        sizes->zeroed_bytes = stats_sum(sizes->zeroed_bytes, op->bytes);
    } else if (op->kind == TRACE_ALLOC_ALIGNED) {
        sizes->aligned[op->align_log2]++;
    }
    return true;
}

void stats_sizes_lived(struct stats_sizes *sizes, uint32_t bytes, uint64_t ticks)
{
    struct size_count *count = &sizes->plain[bytes <= SIZES_PLAIN ? bytes : 0];
    uint64_t area = stats_product(bytes, ticks);
    uint32_t index;

    if (bytes > SIZES_PLAIN) {
        if (!numbers_index(&sizes->large, bytes, &index))
            return; /* cannot be: it was requested, so it is there */
        count = numbers_item(&sizes->large, index);
    }
    count->area = stats_sum(count->area, area);
    sizes->area = stats_sum(sizes->area, area);
}

static int by_bytes(const void *a, const void *b)
{
    const struct size_count *x = a;
    const struct size_count *y = b;

    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

bool stats_sizes_finish(struct stats_sizes *sizes)
{
    uint32_t count = sizes->large.count;

    for (uint32_t bytes = 0; bytes <= SIZES_PLAIN; bytes++)
        count += sizes->plain[bytes].requests > 0;
    if (count == 0)
        return true;
    sizes->sizes = malloc(count * sizeof *sizes->sizes);
    if (!sizes->sizes)
        return false;
    for (uint32_t bytes = 0; bytes <= SIZES_PLAIN; bytes++) {
        if (sizes->plain[bytes].requests == 0)
            continue;
        sizes->sizes[sizes->size_count] = sizes->plain[bytes];
        sizes->sizes[sizes->size_count++].bytes = bytes;
    }
    for (uint32_t i = 0; i < sizes->large.count; i++) {
        const struct size_count *large = numbers_item(&sizes->large, i);
        sizes->sizes[sizes->size_count] = *large;
        sizes->sizes[sizes->size_count++].bytes = sizes->large.number[i];
    }
    qsort(sizes->sizes, sizes->size_count, sizeof *sizes->sizes, by_bytes);
    return true;
}

/* The share of `whole` to reach: rounded up, so that one request of three is p25, p33 and p34. */
static uint64_t wanted_of(uint64_t whole, uint32_t permille)
{
    uint64_t rest = whole % 1000u * permille;

    return whole / 1000u * permille + rest / 1000u + (rest % 1000u != 0);
}

uint32_t stats_sizes_at(const struct stats_sizes *sizes, uint32_t permille)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < sizes->size_count; i++) {
        seen += sizes->sizes[i].requests;
        if (seen >= wanted_of(sizes->requests, permille))
            return sizes->sizes[i].bytes;
    }
    return 0;
}

uint32_t stats_sizes_live_at(const struct stats_sizes *sizes, uint32_t permille)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < sizes->size_count && sizes->area > 0; i++) {
        seen += sizes->sizes[i].area;
        if (seen >= wanted_of(sizes->area, permille) && sizes->sizes[i].area > 0)
            return sizes->sizes[i].bytes;
    }
    return 0;
}

static bool more_frequent(const void *context, uint32_t a, uint32_t b)
{
    const struct stats_sizes *sizes = context;

    return sizes->sizes[a].requests > sizes->sizes[b].requests;
}

uint32_t stats_sizes_top(const struct stats_sizes *sizes, uint32_t *ret_index, uint32_t count)
{
    return stats_top(more_frequent, sizes, sizes->size_count, ret_index, count);
}

uint64_t stats_size_class(uint32_t bytes, uint32_t steps)
{
    uint64_t base;
    uint64_t step;

    if (bytes <= 1u)
        return bytes;
    base = UINT64_C(1) << (stats_log2_up(bytes) - 1u); /* base < bytes <= 2 * base */
    step = base > steps ? base / steps : 1u;
    return base + (bytes - base + step - 1u) / step * step;
}
