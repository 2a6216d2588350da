/* SPDX-License-Identifier: 0BSD */
/* What realloc is used for. */
#include "reallocs.h"

#include "figures.h"

void stats_reallocs_init(struct stats_reallocs *reallocs)
{
    /* The default table is valid: it is what every heap without one of its own uses. */
    (void)bucket_table_init(&reallocs->buckets, bucket_default_bytes, bucket_default_count);
}

static bool share_bucket(const struct bucket_table *buckets, uint32_t old_bytes, uint32_t bytes)
{
    return old_bytes <= buckets->bytes_max && bytes <= buckets->bytes_max &&
           bucket_for(buckets, old_bytes) == bucket_for(buckets, bytes);
}

void stats_reallocs_resized(struct stats_reallocs *reallocs, uint32_t old_bytes, uint32_t bytes)
{
    if (bytes > old_bytes) {
        reallocs->grew++;
        reallocs->grown_bytes = stats_sum(reallocs->grown_bytes, bytes - old_bytes);
        if (old_bytes > 0)
            spread_add(&reallocs->growth_percent, (uint64_t)bytes * 100u / old_bytes);
    } else if (bytes < old_bytes) {
        reallocs->shrank++;
        reallocs->shrunk_bytes = stats_sum(reallocs->shrunk_bytes, old_bytes - bytes);
    } else {
        reallocs->same++;
    }
    reallocs->kept_bytes = stats_sum(reallocs->kept_bytes, bytes < old_bytes ? bytes : old_bytes);
    reallocs->same_bucket += share_bucket(&reallocs->buckets, old_bytes, bytes);
}

void stats_reallocs_end(struct stats_reallocs *reallocs, uint32_t times)
{
    if (times > 0)
        spread_add(&reallocs->chain, times);
}
