/* SPDX-License-Identifier: 0BSD */
/* Reading lists of block sizes, once for both programs. */
#include "buckets.h"

#include <stdlib.h>

bool buckets_parse(const char *text, struct target_buckets *ret_buckets)
{
    static struct bucket_table table;

    ret_buckets->count = 0;
    for (;;) {
        char *end;
        unsigned long bytes = strtoul(text, &end, 10);

        if (end == text || bytes > BUCKET_BYTES_MAX || ret_buckets->count == BUCKETS_MAX)
            return false;
        ret_buckets->bytes[ret_buckets->count++] = (uint16_t)bytes;
        if (*end != ',')
            return *end == '\0' &&
                   bucket_table_init(&table, ret_buckets->bytes, ret_buckets->count) == LA_OK;
        text = end + 1;
    }
}
