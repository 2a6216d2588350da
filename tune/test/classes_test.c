/* SPDX-License-Identifier: 0BSD */
/* Today's size classes against the rules their authors publish, written down here a second time and
 * in another way: as functions from a request to its class.
 */
#include "../classes.h"

#include "../../tests/check.h"

static const struct class_set *set_named(const char *name)
{
    for (uint32_t i = 0; i < class_set_count; i++) {
        if (strcmp(class_sets[i].name, name) == 0)
            return &class_sets[i];
    }
    CHECK_FAIL("no class set is called %s", name);
    return NULL;
}

/* The class of every request up to `limit` must be what the rule says. */
static void check_rule(const char *name, uint32_t (*rule)(uint32_t bytes), uint32_t limit)
{
    const struct class_set *set = set_named(name);
    uint32_t at = 0;

    for (uint32_t bytes = 1; bytes <= limit; bytes++) {
        while (at < set->count && set->bytes[at] < bytes)
            at++;
        CHECK(at < set->count);
        if (set->bytes[at] != rule(bytes))
            CHECK_FAIL("%s: a request of %u bytes gets %u, its rule says %u", name, bytes,
                       set->bytes[at], rule(bytes));
    }
    CHECK_EQ(set->bytes[set->count - 1], limit);
}

static uint32_t next_power_of_two(uint32_t bytes)
{
    uint32_t power = 8;
    while (power < bytes)
        power *= 2;
    return power;
}

/* __kmalloc_index() of include/linux/slab.h with KMALLOC_MIN_SIZE 8. */
static uint32_t kmalloc_rule(uint32_t bytes)
{
    if (bytes > 64 && bytes <= 96)
        return 96;
    if (bytes > 128 && bytes <= 192)
        return 192;
    return next_power_of_two(bytes);
}

/* sz_s2u_compute(): the delta of a group is a quarter of its base, at least the quantum. */
static uint32_t grouped_rule(uint32_t bytes, uint32_t quantum, uint32_t groups_log2)
{
    uint32_t base = next_power_of_two(bytes);
    uint32_t delta = base >> (groups_log2 + 1);
    if (bytes <= 8)
        return 8;
    if (delta < quantum)
        delta = quantum;
    return (bytes + delta - 1) / delta * delta;
}

static uint32_t jemalloc_rule(uint32_t bytes)
{
    return grouped_rule(bytes, 16, 2);
}

static uint32_t eighths_rule(uint32_t bytes)
{
    return grouped_rule(bytes, 8, 3);
}

/* mi_bin() without minimal alignment: requests of one bin share its largest size. */
static uint32_t mi_bin(uint32_t bytes)
{
    uint32_t words = (bytes + 7) / 8;
    uint32_t bits = 0;
    if (words <= 8)
        return words;
    words--;
    while (words >> (bits + 1))
        bits++;
    return (bits << 2) + ((words >> (bits - 2)) & 3) - 3;
}

static uint32_t mimalloc_rule(uint32_t bytes)
{
    uint32_t bin = mi_bin(bytes);
    while (mi_bin(bytes + 1) == bin)
        bytes++;
    return bytes;
}

static void powers_of_two_follow_the_seed(void)
{
    check_rule("powers of two", next_power_of_two, 32768);
}

static void kmalloc_follows_slab_h_and_ends_at_two_pages(void)
{
    check_rule("Linux kmalloc", kmalloc_rule, 8192);
    CHECK(class_sets[CLASS_SET_KMALLOC].large_power_of_two);
    CHECK_STR(class_sets[CLASS_SET_KMALLOC].name, "Linux kmalloc");
}

static void jemalloc_follows_sc_h(void)
{
    check_rule("jemalloc", jemalloc_rule, 32768);
}

static void mimalloc_follows_mi_bin(void)
{
    check_rule("mimalloc", mimalloc_rule, 32768);
}

static void eight_a_doubling_follows_its_name(void)
{
    check_rule("8 a doubling", eighths_rule, 32768);
}

/* tcmalloc's list is tuned, not computed, but its lookup table only works for some sizes: multiples
 * of 8 up to 1,024 bytes and of 128 above (SizeMap::ClassIndexMaybe), and every power of two is a
 * class, so that aligned requests find one.
 */
static void tcmalloc_keeps_to_its_lookup_table(void)
{
    const struct class_set *set = set_named("tcmalloc");
    uint32_t powers = 0;

    for (uint32_t i = 0; i < set->count; i++) {
        CHECK_EQ(set->bytes[i] % (set->bytes[i] <= 1024 ? 8 : 128), 0);
        powers += (set->bytes[i] & (set->bytes[i] - 1)) == 0;
    }
    CHECK_EQ(powers, 13); /* 8 to 32,768 */
    CHECK_EQ(set->bytes[set->count - 1], 32768);
}

static void every_set_is_a_valid_bucket_table(void)
{
    static struct bucket_table table;

    for (uint32_t i = 0; i < class_set_count; i++)
        CHECK_EQ(bucket_table_init(&table, class_sets[i].bytes, class_sets[i].count), LA_OK);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(powers_of_two_follow_the_seed),
        CASE(kmalloc_follows_slab_h_and_ends_at_two_pages),
        CASE(jemalloc_follows_sc_h),
        CASE(mimalloc_follows_mi_bin),
        CASE(eight_a_doubling_follows_its_name),
        CASE(tcmalloc_keeps_to_its_lookup_table),
        CASE(every_set_is_a_valid_bucket_table),
    };
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
