/* SPDX-License-Identifier: 0BSD */
/* Page frames for the kernel: one pool of a strategy that knows zones, or one pool a zone; and, for
 * a strategy that gives out single frames only, a small pool of bitmap beside it for rows.
 */
#include <kernel/memory.h>
#include <kernel/text.h>

#define POOL_ROWS  FRAMES_ZONES /* index of the pool for rows */
#define POOLS      (FRAMES_ZONES + 1u)
#define ROWS_SHARE 16u /* of the frames in reach of devices go to the pool for rows */
#define ROWS_MIN   64u

struct pool {
    const struct frames_strategy *strategy; /* NULL: there is no such pool */
    struct frames_map map;
    struct frames_range ranges[BOOT_FREE_MAX + POOLS];
    void *state;
    uint32_t books; /* first frame of what `state` points to */
    uint32_t books_pages;
};

static struct pool pools[POOLS];
static struct frames_range rows[BOOT_FREE_MAX + POOLS]; /* not yet in a pool; ascending */
static uint32_t row_count;
static bool zoned; /* pools[0] has all zones */
static uint32_t all_frames;
static uint32_t free_frames;
static uint32_t fail_nth;
static bool fail_for_ever;
static uint32_t takes;

/* -- Start ------------------------------------------------------------------------------------- */

static enum frames_zone zone_of(uint32_t frame)
{
    if (frame < FRAMES_LOW_FIRST)
        return FRAMES_DMA;
    return frame < FRAMES_HIGH_FIRST ? FRAMES_LOW : FRAMES_HIGH;
}

/* The first and the exclusive last frame of a zone. */
static void zone_range(uint32_t zone, uint32_t *ret_first, uint32_t *ret_end)
{
    static const uint32_t edges[] = { 0, FRAMES_LOW_FIRST, FRAMES_HIGH_FIRST, FRAMES_MAX };

    *ret_first = edges[zone];
    *ret_end = edges[zone + 1u];
}

/* Free memory in rows that do not cross a zone. */
static void read_rows(const struct boot_info *boot)
{
    for (uint32_t i = 0; i < boot->free_count; i++) {
        uint32_t at = boot->free[i].first;
        uint32_t end = at + boot->free[i].count;

        while (at < end && row_count < BOOT_FREE_MAX + POOLS) {
            uint32_t first;
            uint32_t zone_end;

            zone_range(zone_of(at), &first, &zone_end);
            uint32_t stop = end < zone_end ? end : zone_end;
            rows[row_count++] = (struct frames_range){ .first = at, .count = stop - at };
            at = stop;
        }
    }
}

/* Take `count` frames off the end of the highest row that begins below zone_end and has so many, or
 * PORT_NO_FRAME.
 */
static uint32_t carve(uint32_t count, uint32_t zone_end)
{
    for (uint32_t i = row_count; i-- > 0;) {
        if (rows[i].first >= zone_end || rows[i].count < count)
            continue;
        rows[i].count -= count;
        uint32_t first = rows[i].first + rows[i].count;
        if (rows[i].count == 0) {
            for (uint32_t j = i; j + 1u < row_count; j++)
                rows[j] = rows[j + 1u];
            row_count--;
        }
        return first;
    }
    return PORT_NO_FRAME;
}

/* Rows of [first, end) become the pool's map; false if there are none. */
static bool fill_map(struct pool *pool, uint32_t first, uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < row_count; i++)
        if (rows[i].first >= first && rows[i].first < end)
            pool->ranges[count++] = rows[i];
    pool->map = (struct frames_map){
        .ranges = pool->ranges,
        .range_count = count,
        .low_first = FRAMES_LOW_FIRST,
        .high_first = FRAMES_HIGH_FIRST,
        .colours = 16, /* a cache of 512 KiB with 8 ways: 64 KiB a way are 16 pages */
        .nodes = 1,
    };
    return count > 0;
}

/* Set frames for the books of a strategy over [first, end) aside. False: there are none. */
static bool reserve_books(struct pool *pool, const struct frames_strategy *strategy, uint32_t first,
                          uint32_t end)
{
    if (!fill_map(pool, first, end))
        return true;
    pool->strategy = strategy;
    pool->books_pages = la_pages_up((uint32_t)strategy->bytes(&pool->map));
    pool->books = carve(pool->books_pages, FRAMES_HIGH_FIRST);
    return pool->books != PORT_NO_FRAME;
}

/* Start it over what is left of its rows once all books have been set aside. */
static bool start_pool(struct pool *pool, uint32_t first, uint32_t end)
{
    if (pool->strategy == NULL)
        return true;
    if (!fill_map(pool, first, end)) {
        pool->strategy = NULL; /* the books took the last of it */
        return true;
    }
    pool->state = port_window_open(pool->books); /* direct-mapped, so the books are one piece */
    return pool->strategy->init(pool->state, (size_t)pool->books_pages << LA_PAGE_SHIFT,
                                &pool->map);
}

static bool start_rows_pool(void)
{
    struct frames_range row = { 0 };
    uint32_t reach = 0;

    for (uint32_t i = 0; i < row_count; i++)
        if (rows[i].first < FRAMES_LOW_FIRST)
            reach += rows[i].count;
    row.count = reach / ROWS_SHARE > ROWS_MIN ? reach / ROWS_SHARE : ROWS_MIN;
    row.first = carve(row.count, FRAMES_LOW_FIRST);
    if (row.first == PORT_NO_FRAME)
        return false;

    struct pool *pool = &pools[POOL_ROWS];
    uint32_t frame;

    pool->ranges[0] = row;
    pool->map = (struct frames_map){ .ranges = pool->ranges,
                                     .range_count = 1,
                                     .low_first = FRAMES_LOW_FIRST,
                                     .high_first = FRAMES_HIGH_FIRST,
                                     .colours = 1,
                                     .nodes = 1 };
    uint32_t pages = la_pages_up((uint32_t)frames_bitmap.bytes(&pool->map));
    frame = carve(pages, FRAMES_HIGH_FIRST);
    if (frame == PORT_NO_FRAME)
        return false;
    pool->strategy = &frames_bitmap;
    pool->state = port_window_open(frame);
    return frames_bitmap.init(pool->state, (size_t)pages << LA_PAGE_SHIFT, &pool->map);
}

static const struct frames_strategy *find_strategy(const char *name, uint32_t length)
{
    for (uint32_t i = 0; frames_strategies[i] != NULL; i++)
        if (name != NULL && text_is(name, length, frames_strategies[i]->name))
            return frames_strategies[i];
    return frames_strategies[0];
}

static bool start_pools(const struct frames_strategy *strategy)
{
    if ((strategy->can & FRAMES_ROWS) == 0 && !start_rows_pool())
        return false;

    uint32_t count = zoned ? 1u : FRAMES_ZONES;
    uint32_t first[FRAMES_ZONES] = { 0 };
    uint32_t end[FRAMES_ZONES] = { FRAMES_MAX };

    for (uint32_t zone = 0; !zoned && zone < FRAMES_ZONES; zone++)
        zone_range(zone, &first[zone], &end[zone]);
    for (uint32_t i = 0; i < count; i++)
        if (!reserve_books(&pools[i], strategy, first[i], end[i]))
            return false;
    for (uint32_t i = 0; i < count; i++)
        if (!start_pool(&pools[i], first[i], end[i]))
            return false;
    return true;
}

bool memory_start(const struct boot_info *boot, const char *name, uint32_t length)
{
    const struct frames_strategy *strategy = find_strategy(name, length);
    struct frames_counts counts;

    zoned = (strategy->can & FRAMES_ZONED) != 0;
    read_rows(boot);
    if (!start_pools(strategy))
        return false;
    memory_counts(&counts);
    all_frames = counts.frames;
    free_frames = counts.free;
    return true;
}

/* -- Taking and giving ------------------------------------------------------------------------- */

const struct frames_strategy *memory_strategy(void)
{
    for (uint32_t i = 0; i < FRAMES_ZONES; i++)
        if (pools[i].strategy != NULL)
            return pools[i].strategy;
    return NULL;
}

static uint32_t take_from(const struct pool *pool, uint32_t count, enum frames_zone zone)
{
    const struct frames_request request = {
        .count = count, .zone = zone, .colour = FRAMES_ANY, .node = FRAMES_ANY
    };

    if (pool->strategy == NULL)
        return FRAMES_NONE;
    return pool->strategy->alloc(pool->state, &request);
}

/* From the pools of single frames; the pool for rows helps out when they are empty. */
static uint32_t take_single(enum frames_zone zone)
{
    uint32_t frame = FRAMES_NONE;

    if (zoned)
        frame = take_from(&pools[0], 1, zone);
    for (uint32_t z = (uint32_t)zone + 1u; !zoned && frame == FRAMES_NONE && z-- > 0;)
        frame = take_from(&pools[z], 1, FRAMES_HIGH); /* an unzoned strategy serves any or none */
    if (frame == FRAMES_NONE)
        frame = take_from(&pools[POOL_ROWS], 1, zone);
    return frame;
}

/* Whether this take is one of those that were asked to fail. */
static bool fails(void)
{
    takes++;
    if (fail_nth == 0)
        return false;
    if (takes == fail_nth)
        return true;
    return fail_for_ever && takes > fail_nth;
}

uint32_t memory_take(enum frames_zone zone)
{
    uint32_t saved = port_irq_save();
    uint32_t frame = fails() ? FRAMES_NONE : take_single(zone);

    if (frame != FRAMES_NONE)
        free_frames--;
    port_irq_restore(saved);
    return frame == FRAMES_NONE ? PORT_NO_FRAME : frame;
}

uint32_t memory_take_zeroed(enum frames_zone zone)
{
    uint32_t frame = memory_take(zone);

    if (frame != PORT_NO_FRAME) {
        void *bytes = port_window_open(frame);

        memset(bytes, 0, LA_PAGE_BYTES);
        port_window_close(bytes);
    }
    return frame;
}

static const struct pool *pool_of(uint32_t frame)
{
    const struct pool *for_rows = &pools[POOL_ROWS];

    if (for_rows->strategy != NULL && frame - for_rows->ranges[0].first < for_rows->ranges[0].count)
        return for_rows;
    return zoned ? &pools[0] : &pools[zone_of(frame)];
}

/* The pool that serves rows. */
static const struct pool *rows_pool(void)
{
    return &pools[pools[POOL_ROWS].strategy != NULL ? (uint32_t)POOL_ROWS : 0u];
}

/* An aligned row of `count` frames, a power of two. A buddy's rows are aligned; of others take
 * nearly twice as much, and give what is too much at both ends back.
 */
static uint32_t take_aligned(const struct pool *pool, uint32_t count, enum frames_zone zone)
{
    if ((pool->strategy->can & FRAMES_POWERS) != 0)
        return take_from(pool, count, zone);

    uint32_t taken = 2u * count - 1u;
    uint32_t row = take_from(pool, taken, zone);
    uint32_t first = (row + count - 1u) & ~(count - 1u);

    for (uint32_t frame = row; row != FRAMES_NONE && frame < row + taken; frame++)
        if (frame < first || frame >= first + count)
            LA_ASSERT(pool->strategy->free(pool->state, frame, 1));
    return row == FRAMES_NONE ? FRAMES_NONE : first;
}

uint32_t memory_take_row(uint32_t order, enum frames_zone zone)
{
    uint32_t saved = port_irq_save();
    uint32_t row = FRAMES_NONE;

    LA_ASSERT(order < 20u);
    if (!fails())
        row = take_aligned(rows_pool(), UINT32_C(1) << order, zone);
    if (row != FRAMES_NONE)
        free_frames -= UINT32_C(1) << order;
    port_irq_restore(saved);
    return row == FRAMES_NONE ? PORT_NO_FRAME : row;
}

void memory_give_row(uint32_t first, uint32_t order)
{
    uint32_t saved = port_irq_save();
    const struct pool *pool = rows_pool();

    LA_ASSERT(pool->strategy->free(pool->state, first, UINT32_C(1) << order));
    free_frames += UINT32_C(1) << order;
    port_irq_restore(saved);
}

bool memory_try_give(uint32_t frame)
{
    uint32_t saved = port_irq_save();
    const struct pool *pool = pool_of(frame);
    bool good = pool->strategy != NULL && pool->strategy->free(pool->state, frame, 1);

    free_frames += good;
    port_irq_restore(saved);
    return good;
}

void memory_give(uint32_t frame)
{
    LA_ASSERT(memory_try_give(frame));
}

/* -- Looking ----------------------------------------------------------------------------------- */

uint32_t memory_free_frames(void)
{
    return free_frames;
}

uint32_t memory_all_frames(void)
{
    return all_frames;
}

void memory_counts(struct frames_counts *ret_counts)
{
    *ret_counts = (struct frames_counts){ 0 };
    for (uint32_t i = 0; i < POOLS; i++) {
        struct frames_counts counts;

        if (pools[i].strategy == NULL)
            continue;
        pools[i].strategy->counts(pools[i].state, &counts);
        ret_counts->frames += counts.frames;
        ret_counts->free += counts.free;
        for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++)
            ret_counts->free_of_zone[zone] += counts.free_of_zone[zone];
        if (counts.largest_row > ret_counts->largest_row)
            ret_counts->largest_row = counts.largest_row;
        ret_counts->metadata_bytes += counts.metadata_bytes;
        ret_counts->probes += counts.probes;
    }
}

const char *memory_check(void)
{
    struct frames_counts counts;

    for (uint32_t i = 0; i < POOLS; i++) {
        const char *broken =
            pools[i].strategy == NULL ? NULL : pools[i].strategy->check(pools[i].state);

        if (broken != NULL)
            return broken;
    }
    memory_counts(&counts);
    return counts.free == free_frames ? NULL : "the count of free frames is wrong";
}

void memory_fail(uint32_t nth, bool for_ever)
{
    takes = 0;
    fail_nth = nth;
    fail_for_ever = for_ever;
}

uint32_t memory_takes(void)
{
    return takes;
}
