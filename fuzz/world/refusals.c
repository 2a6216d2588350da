/* SPDX-License-Identifier: 0BSD */
/* Every shape of a world is a good one; here are those that are not. */
#include "refusals.h"

#include "../model/oracle.h"

#include <lookaside/heap.h>

#include <string.h>

static void check_tables(void)
{
    static const struct {
        const char *what;
        uint16_t bytes[3];
        uint32_t count;
    } tables[] = {
        { "no bucket", { 8 }, 0 },
        { "too many buckets", { 8, 16, 24 }, BUCKETS_MAX + 1u },
        { "half a grain", { 8, 12, 24 }, 3 },
        { "too large a bucket", { 8, 16, BUCKET_BYTES_MAX + 8u }, 3 },
        { "a bucket of nothing", { 0, 8, 16 }, 3 },
        { "the same bucket twice", { 8, 16, 16 }, 3 },
        { "a smaller bucket behind a larger", { 8, 24, 16 }, 3 },
    };
    static struct bucket_table table;
    static const struct bucket_table untouched;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        enum la_status status = bucket_table_init(&table, tables[i].bytes, tables[i].count);

        ORACLE(I25_REFUSAL, status == LA_BAD_ARGUMENT, "bucket_table_init() with %s answers %d",
               tables[i].what, status);
        ORACLE(I20_STRONG, memcmp(&table, &untouched, sizeof table) == 0,
               "bucket_table_init() failed and wrote its table");
    }
}

/* Of a range that is segment 0 alone, which is never given out, nothing is left. */
static void check_empty_space(void)
{
    static struct vas vas;
    static struct heap_space space;
    static const struct heap_space untouched;
    const struct la_port port = { .host_base = 0 }; /* whose hooks nobody may call */

    vas_init(&vas, 0, 1);
    const char *broken = vas_check(&vas);
    enum la_status status = heap_space_init(&space, &vas, &port);

    ORACLE(I15_SOUND, !broken, "an empty address space: %s", broken);
    ORACLE(I05_FREE_SEGMENTS, vas.free_segments == 0, "an empty address space has %u free segments",
           vas.free_segments);
    ORACLE(I25_REFUSAL, status == LA_NO_SPACE,
           "heap_space_init() in an empty address space answers %d", status);
    ORACLE(I20_STRONG, memcmp(&space, &untouched, sizeof space) == 0,
           "heap_space_init() failed and wrote its space");
}

void refusals_check(void)
{
    check_tables();
    check_empty_space();
}
